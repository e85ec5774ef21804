//! The command that quotes a plan's calls, for the same amount.

use imgcost_analysis::solve::{Calls, Plan};
use imgcost_core::{Endpoint, InputImage, TextInputRule, Tier};

use crate::args::RequestArgs;
use crate::plain;
use crate::request;
use crate::settings::{Key, Settings};

/// What the command has to repeat of how solve was called.
pub(super) struct Typed {
    /// The provider where none is named.
    provider: String,
    /// The flags that say which prices count.
    prices: Vec<String>,
    /// The prompt as it was given, where the provider counts it in a way of its own.
    prompt: Vec<String>,
}

impl Typed {
    pub(super) fn new(args: &RequestArgs, settings: &Settings, day: imgcost_core::Date) -> Typed {
        let mut prices = Vec::new();
        if let Some(path) = &args.book.prices {
            prices.extend(["--prices".to_owned(), path.to_string_lossy().into_owned()]);
        }
        if args.book.as_of.is_some() {
            prices.extend(["--as-of".to_owned(), day.to_string()]);
        }
        let file = args.prompt_file.as_ref().filter(|path| !crate::inputs::is_stdin(path));
        let prompt = match (&args.prompt, file) {
            (Some(text), _) => vec!["--prompt".to_owned(), text.clone()],
            (None, Some(path)) => vec!["--prompt-file".to_owned(), path.to_string_lossy().into_owned()],
            (None, None) => Vec::new(),
        };
        Typed {
            provider: settings.get(Key::Provider).unwrap_or("openai").to_owned(),
            prices,
            // What can't be shown as it was typed is left to the count of tokens.
            prompt: prompt.into_iter().take_while(|word| plain::line(word) == *word).collect(),
        }
    }

    /// The command for one of the plan's calls, in quotes where a shell needs them.
    pub(super) fn command(&self, plan: &Plan<'_>, calls: &Calls) -> String {
        let mut words = vec!["imgcost".to_owned()];
        words.extend(self.words(plan, calls));
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    fn words(&self, plan: &Plan<'_>, calls: &Calls) -> Vec<String> {
        let (request, offer) = (&plan.request, &plan.offer);
        let mut words: Vec<String> = Vec::new();
        let mut say = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([flag.to_owned(), value]);
            }
        };
        let provider = &offer.provider.id;
        say("-p", Some(provider.clone()).filter(|provider| *provider != self.provider));
        say("-m", Some(offer.model.id.clone()));
        say("-q", plan.quality.as_ref().map(ToString::to_string));
        say("-s", request.size.map(|size| size.to_string()));
        say("-n", Some(calls.images).filter(|n| *n > 1).map(|n| n.to_string()));
        let own = matches!(
            offer.family.text_input.as_ref().map(|rule| &rule.rule),
            Some(TextInputRule::OwnTokenizer)
        );
        match (request.prompt, self.prompt.as_slice()) {
            // A count of other tokens would be a wider range.
            (Some(prompt), [flag, value]) if own && prompt.bytes.is_some() => say(flag, Some(value.clone())),
            (prompt, _) => say("--prompt-tokens", prompt.map(|prompt| prompt.tokens.to_string())),
        }
        for image in &request.images {
            if let InputImage::Sized(size) = image {
                say("--image", Some(size.to_string()));
            }
        }
        let first = request.images.first();
        say(
            "--mask",
            first.filter(|_| request.mask).and_then(|image| match image {
                InputImage::Sized(size) => Some(size.to_string()),
                InputImage::Unsized => None,
            }),
        );
        say("--input-fidelity", request.input_fidelity.map(|fidelity| fidelity.to_string()));
        say("--partial-images", request.partial_images.map(|partials| partials.to_string()));
        say("--background", request.background.clone());
        say("--output-format", request.output_format.clone());
        say("--output-compression", request.output_compression.map(|percent| percent.to_string()));
        let usual: Endpoint = request::default_endpoint(offer, !request.images.is_empty());
        let endpoint = Some(request.endpoint).filter(|endpoint| *endpoint != usual);
        say("--endpoint", endpoint.map(|endpoint| endpoint.to_string()));
        say("--responses-model", request.responses_model.clone());
        say("--max-tool-calls", request.max_tool_calls.map(|calls| calls.to_string()));
        say("--group-ratio", request.group_ratio.map(|ratio| ratio.to_string()));
        words.extend(self.prices.iter().cloned());
        words.extend(request.stream.then(|| "--stream".to_owned()));
        words.extend((request.tier == Tier::Batch).then(|| "--batch-api".to_owned()));
        words
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, text) in [
            ("fal-ai/flux/dev", "fal-ai/flux/dev"),
            ("my prices.toml", "'my prices.toml'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }
}
