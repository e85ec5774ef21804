//! Usage objects: what their counts may mean, which is more than one thing where they contradict
//! each other.

use imgcost_core::{Code, Error, MAX_TOKENS, Usage, Usd};

use crate::tree::Tree;

/// What is read of a usage object in every dialect.
pub(crate) const MEMBERS: [&str; 24] = [
    "cached_tokens",
    "cached_tokens_details",
    "completion_tokens",
    "completion_tokens_details",
    "cost",
    "cost_details",
    "cost_in_usd_ticks",
    "image_tokens",
    "inputTokens",
    "input_token_details",
    "input_tokens",
    "input_tokens_details",
    "is_byok",
    "outputTokens",
    "output_token_details",
    "output_tokens",
    "output_tokens_details",
    "prompt_tokens",
    "prompt_tokens_details",
    "reasoning_tokens",
    "text_tokens",
    "totalTokens",
    "total_tokens",
    "upstream_inference_cost",
];

/// A usage object, and what else its counts may mean where they contradict each other.
#[derive(Default)]
pub(crate) struct Readings {
    /// As the parts have them.
    pub(crate) usage: Usage,
    /// As their totals have them.
    pub(crate) others: Vec<Usage>,
    /// How they contradict each other, in words.
    pub(crate) contradiction: Option<&'static str>,
}

impl Readings {
    pub(crate) fn of(object: &Tree<'_>) -> Result<Readings, Error> {
        if !object.is_object() {
            return Err(Error::new(Code::BadInput, "usage is not an object").field("usage"));
        }
        let details = |names: [&str; 3]| names.iter().find_map(|name| object.get(name)).unwrap_or(Tree::NULL);
        let input = details(["input_tokens_details", "input_token_details", "prompt_tokens_details"]);
        let output = details(["output_tokens_details", "output_token_details", "completion_tokens_details"]);
        // Chat completions have names of their own for the same counts, and so has Vercel's AI SDK.
        let side = |names: [&str; 3]| {
            names
                .iter()
                .try_fold(None, |found: Option<u64>, name| Ok::<_, Error>(found.or(count(object, name)?)))
        };
        let cached = input.get("cached_tokens_details").unwrap_or(Tree::NULL);
        let reasoning = count(output, "reasoning_tokens")?.unwrap_or(0);
        let mut usage = Usage::default();
        usage.input = side(["input_tokens", "prompt_tokens", "inputTokens"])?;
        usage.text_input = count(input, "text_tokens")?;
        usage.image_input = count(input, "image_tokens")?;
        usage.output = side(["output_tokens", "completion_tokens", "outputTokens"])?;
        usage.text_output = count(output, "text_tokens")?;
        usage.image_output = count(output, "image_tokens")?;
        usage.cached_input = count(input, "cached_tokens")?.filter(|count| *count > 0);
        usage.cached_image_input = count(cached, "image_tokens")?;
        let total = side(["total_tokens", "totalTokens", "total_tokens"])?.filter(|total| *total > 0);
        complete(&mut usage, total);
        // Where the images are told, the rest is text: so are the bills of OpenRouter.
        if usage.text_output.is_none() {
            usage.text_output = unsplit_output(&usage).filter(|rest| *rest > 0);
        }
        // Reasoning is billed as text. Some count it among the text tokens, some beside them.
        let fits = reasoning == 0 || usage.text_output >= Some(reasoning);
        let beside = unsplit_output(&usage) == Some(reasoning);
        if reasoning > 0 && beside {
            usage.text_output = Some(usage.text_output.unwrap_or(0).saturating_add(reasoning));
        }
        let mut readings = Readings { usage, ..Readings::default() };
        if !fits && !beside && (unsplit_output(&usage).is_some() || usage.output < Some(reasoning)) {
            let text = usage.text_output.or(usage.image_output.map(|_| 0));
            let mut more = usage;
            more.output = usage.output.map(|output| output.saturating_add(reasoning));
            more.text_output = text.map(|text| text.saturating_add(reasoning));
            readings.other(more, "reasoning_tokens are not among the output");
        }
        if usage.cached_image_input.is_none() && usage.image_input > Some(0) {
            let cached_image_input = usage.cached_input.min(usage.image_input);
            if cached_image_input.is_some() {
                let mut images_first = usage;
                images_first.cached_image_input = cached_image_input;
                readings.other(images_first, "cached text and cached images are not told apart");
            }
        }
        readings.contradict(total);
        Ok(readings)
    }

    /// Adds a reading for each way in which the counts contradict each other.
    fn contradict(&mut self, total: Option<u64>) {
        let usage = self.usage;
        if exceeds(usage.text_input, usage.image_input, usage.input) {
            let mut whole = usage;
            (whole.text_input, whole.image_input) = (None, None);
            self.other(whole, "the parts of the input are more than the input");
        }
        if exceeds(usage.text_output, usage.image_output, usage.output) {
            let mut whole = usage;
            (whole.text_output, whole.image_output) = (None, None);
            self.other(whole, "the parts of the output are more than the output");
        }
        if usage.cached_input > usage.input.max(usage.input_parts()) {
            let mut uncached = usage;
            uncached.cached_input = None;
            self.other(uncached, "more input is cached than there is input");
        }
        if let (Some(total), None, None) = (total, usage.all_input(), usage.all_output()) {
            // Nothing contradicts it; it is not told apart.
            self.usage.output = Some(total);
            let mut all_input = usage;
            all_input.input = Some(total);
            self.others.push(all_input);
        }
        if let (Some(total), Some(input), Some(output)) = (total, usage.all_input(), usage.all_output()) {
            let sum = input.saturating_add(output);
            if total > sum {
                // What only the total has was thought, which is billed as text where text is told
                // from images.
                let thought = total - sum;
                let text = usage.text_output.or(usage.image_output.map(|_| 0));
                let mut all = usage;
                all.output = Some(output.saturating_add(thought));
                all.text_output = text.map(|text| text.saturating_add(thought));
                self.other(all, "total_tokens is more than input and output");
            } else if total < sum {
                let mut less = usage;
                less.output = Some(total.saturating_sub(input));
                (less.text_output, less.image_output) = (None, None);
                self.other(less, "total_tokens is less than input and output");
            }
        }
    }

    fn other(&mut self, usage: Usage, contradiction: &'static str) {
        self.others.push(usage);
        self.contradiction.get_or_insert(contradiction);
    }
}

/// Whether two parts are more than their sum; what is not reported contradicts nothing.
fn exceeds(text: Option<u64>, image: Option<u64>, all: Option<u64>) -> bool {
    let parts = text.unwrap_or(0).saturating_add(image.unwrap_or(0));
    (text.is_some() || image.is_some()) && all.is_some_and(|all| parts > all)
}

/// What of a total is not input is output, and the other way round.
fn complete(usage: &mut Usage, total: Option<u64>) {
    match (total, usage.all_input(), usage.all_output()) {
        (Some(total), Some(input), None) => usage.output = total.checked_sub(input),
        (Some(total), None, Some(output)) => usage.input = total.checked_sub(output),
        _ => {}
    }
}

/// Output tokens that are neither text nor image, where the details name any.
fn unsplit_output(usage: &Usage) -> Option<u64> {
    let parts = usage.text_output.unwrap_or(0).checked_add(usage.image_output?)?;
    usage.output?.checked_sub(parts)
}

/// The bill that a provider states in its usage, in USD: `cost_in_usd_ticks` of xAI, 10^10 a
/// dollar, and `cost` of OpenRouter.
///
/// # Errors
/// It states one that is no amount.
pub(crate) fn stated(usage: &Tree<'_>) -> Result<Option<Usd>, ()> {
    let reported = |name: &str| usage.get(name).filter(|value| !value.is_null());
    if let Some(ticks) = reported("cost_in_usd_ticks") {
        // Rounded up to the nano-dollar.
        return Ok(Some(Usd::from_nanos(whole(ticks).ok_or(())?.div_ceil(10))));
    }
    let Some(cost) = reported("cost") else { return Ok(None) };
    let cost = usd(cost)?;
    let upstream = usage.get("cost_details").and_then(|details| details.get("upstream_inference_cost"));
    let Some(upstream) = upstream.filter(|upstream| !upstream.is_null()) else { return Ok(Some(cost)) };
    // With a key of one's own the relay states its fee alone, and the provider's bill beside it.
    match (usd(upstream)?, reported("is_byok")) {
        (upstream, Some(Tree::Bool(true))) => cost.checked_add(upstream).map(Some).ok_or(()),
        (upstream, _) => Ok(Some(cost.max(upstream))),
    }
}

/// An amount in USD, as a number or a text; rounded up to what amounts can be.
pub(crate) fn usd(value: &Tree<'_>) -> Result<Usd, ()> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().map_err(|_| ())
}

/// A whole number, which some write with a decimal point.
pub(crate) fn whole(value: &Tree<'_>) -> Option<u64> {
    let exact = |float: &f64| float.fract() == 0.0 && (0.0..9e15).contains(float);
    value.as_u64().or_else(|| format!("{:.0}", value.as_f64().filter(exact)?).parse().ok())
}

/// A count that is reported; none where it is left out or null.
pub(crate) fn count(object: &Tree<'_>, name: &str) -> Result<Option<u64>, Error> {
    match object.get(name) {
        None | Some(Tree::Null) => Ok(None),
        Some(value) => match whole(value).filter(|count| *count <= MAX_TOKENS) {
            Some(count) => Ok(Some(count)),
            None => {
                let message = format!("{name} is {value}: expected a whole number up to {MAX_TOKENS}");
                Err(Error::new(Code::BadInput, message).field(format!("usage.{name}")))
            }
        },
    }
}
