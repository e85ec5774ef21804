//! The command that quotes a plan's calls, for the same amount.

use imgcost_analysis::solve::{Calls, Plan};
use imgcost_core::{InputImage, Param, TextInputRule, Value};

use crate::args::{RequestArgs, params};
use crate::book::DEFAULT_PROVIDER;
use crate::plain::{self, quoted};
use crate::settings::Settings;

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
        if let Some(path) = &args.book.book {
            prices.extend(["--book".to_owned(), path.to_string_lossy().into_owned()]);
        }
        if args.book.allow_older_book {
            prices.push("--allow-older-book".to_owned());
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
            provider: settings.get(Param::Provider).unwrap_or(DEFAULT_PROVIDER).to_owned(),
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
        for param in Param::ALL {
            let value = match param {
                Param::Provider => {
                    Some(&offer.provider.id).filter(|id| **id != self.provider).map(Value::text)
                }
                Param::Model => Some(Value::text(&offer.model.id)),
                Param::Quality => plan.quality.as_ref().map(|quality| Value::text(quality.as_str())),
                Param::N => Some(Value::Number(calls.images.into())).filter(|_| calls.images > 1),
                Param::Endpoint => {
                    let usual = offer.endpoint(request.usual_endpoint());
                    param.get(request).filter(|_| request.endpoint != usual)
                }
                // The flags that say which prices count follow below.
                Param::AsOf => None,
                param => param.get(request),
            };
            match (param, value) {
                (_, None) => {}
                (Param::PromptTokens, Some(value)) => words.extend(self.prompt(plan, &value)),
                (Param::Images, Some(_)) => {
                    for size in sizes(&request.images) {
                        words.extend(["--image".to_owned(), size]);
                    }
                }
                (Param::Mask, Some(_)) => {
                    let first = sizes(&request.images).next();
                    words.extend(first.into_iter().flat_map(|size| ["--mask".to_owned(), size]));
                }
                (param, Some(Value::Flag(_))) => words.push(params::flag_of(*param)),
                (param, Some(value)) => words.extend([params::flag_of(*param), value.to_string()]),
            }
        }
        words.extend(self.prices.iter().cloned());
        words
    }

    /// The flag of the prompt. A count of other tokens than the provider's own would be a wider range.
    fn prompt(&self, plan: &Plan<'_>, tokens: &Value<'_>) -> [String; 2] {
        let rule = plan.offer.family.text_input.as_ref().map(|rule| &rule.rule);
        let own = matches!(rule, Some(TextInputRule::OwnTokenizer));
        match self.prompt.as_slice() {
            [flag, value] if own && plan.request.prompt.is_some_and(|prompt| prompt.bytes.is_some()) => {
                [flag.clone(), value.clone()]
            }
            _ => [params::flag_of(Param::PromptTokens), tokens.to_string()],
        }
    }
}

/// The sizes of input images, as far as they are known.
fn sizes(images: &[InputImage]) -> impl Iterator<Item = String> {
    images.iter().filter_map(|image| match image {
        InputImage::Sized(size) => Some(size.to_string()),
        InputImage::Unsized => None,
    })
}
