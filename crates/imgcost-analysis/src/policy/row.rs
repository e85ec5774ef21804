//! The rules over one row's quote. Each finds whether it is broken; the words are made by what it
//! gives, only where they are kept.

use imgcost_core::{
    Alternative, CeilingBasis, Confidence, Date, Error, Evidence, Model, Quality, Quote, Size, Tier, Usd,
};

use super::read::{Name, Policy, nearest, shown};
use super::report::Finding;
use super::rule::Rule;
use crate::selector::Pattern;

/// A row's quote as the rules meet it.
#[derive(Clone, Copy)]
pub(super) struct QuotedRow<'m, 'q> {
    pub(super) policy: &'m Policy,
    pub(super) quote: &'m Quote<'q>,
}

/// Makes a finding.
type Make<'m> = Box<dyn FnOnce() -> Finding + 'm>;
/// A rule: nothing where it is kept.
type Check = for<'m, 'q> fn(&QuotedRow<'m, 'q>) -> Option<Make<'m>>;

/// Every rule over a quote.
pub(super) const RULES: &[(Rule, Check)] = &[
    (Rule::MaxPerCall, max_per_call),
    (Rule::MaxPerImage, max_per_image),
    (Rule::ModelNotAllowed, model_not_allowed),
    (Rule::ModelDenied, model_denied),
    (Rule::ProviderNotAllowed, provider_not_allowed),
    (Rule::QualityNotAllowed, quality_not_allowed),
    (Rule::MaxPixels, max_pixels),
    (Rule::MaxN, max_n),
    (Rule::Auto, auto),
    (Rule::Retired, retired),
    (Rule::RetiresSoon, retires_soon),
    (Rule::BatchRequired, batch_required),
    (Rule::Unverified, unverified),
    (Rule::Unpriced, unpriced),
    (Rule::PricesOld, prices_old),
    (Rule::NotProven, not_proven),
];

/// A row without a quote.
pub(super) fn in_error(error: &Error) -> Finding {
    let mut finding = Finding::new(Rule::RowError, error.message());
    finding.field = error.field_name().map(str::to_owned);
    finding.allowed = error.allowed_values().to_vec();
    finding.nearest = error.nearest_value().map(str::to_owned);
    finding
}

/// A row whose prompt is not known, though a rule on money needs it.
pub(super) fn prompt_missing() -> Finding {
    let message = "there is no prompt, and its tokens cost too";
    let mut finding = Finding::new(Rule::PromptMissing, message).field("prompt");
    finding.allowed = ["a column prompt or prompt_tokens", "--assume-prompt-tokens N for all rows"]
        .map(str::to_owned)
        .to_vec();
    finding
}

/// An exact amount with its cents.
pub(super) fn dollars(usd: Usd) -> String {
    format!("${}", usd.rounded(usd.places().max(2)))
}

fn max_per_call<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let limit = row.policy.max_per_call?;
    let ceiling = row.quote.total().ceiling;
    if ceiling.is_some_and(|ceiling| ceiling <= limit) {
        return None;
    }
    let quote = row.quote;
    Some(Box::new(move || over(Rule::MaxPerCall, "the call", quote, ceiling, limit, limit)))
}

fn max_per_image<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let limit = row.policy.max_per_image?;
    let quote = row.quote;
    let n = quote.request().n;
    let ceiling = quote.total().ceiling;
    // Compared with the whole call, as a share of a call may have no end.
    let whole = limit.checked_mul(n.into()).unwrap_or(limit);
    if ceiling.is_some_and(|ceiling| ceiling <= whole) {
        return None;
    }
    let what = if n == 1 { "the image".to_owned() } else { format!("{n} images") };
    Some(Box::new(move || over(Rule::MaxPerImage, &what, quote, ceiling, whole, limit)))
}

/// Over a limit on money, or without a ceiling to compare with it.
fn over(rule: Rule, what: &str, quote: &Quote<'_>, ceiling: Option<Usd>, bound: Usd, limit: Usd) -> Finding {
    let message = match ceiling {
        Some(ceiling) => format!("{what} may cost up to {}, over {}", dollars(ceiling), dollars(bound)),
        None => {
            let floor = quote.total().floor.map_or_else(String::new, |floor| format!(", at least ${floor}"));
            let unpriced: Vec<&str> = quote.unpriced().map(|item| item.as_str()).collect();
            format!(
                "there is no known ceiling to compare with {}{floor}: no price for {}",
                dollars(bound),
                unpriced.join(", ")
            )
        }
    };
    // Fewer images do not make each of them cheaper.
    let fits = quote.alternatives_under(bound);
    let useful = |fit: &&Alternative| rule == Rule::MaxPerCall || !matches!(fit, Alternative::Images { .. });
    let nearest = fits.iter().find(useful);
    let fewer = rule == Rule::MaxPerCall && quote.request().n > 1;
    let field = match nearest {
        Some(Alternative::Size { .. }) => "size",
        _ if fewer => "n",
        _ => "quality",
    };
    let mut finding = Finding::new(rule, message).field(field);
    finding.nearest = nearest.map(ToString::to_string);
    finding.allowed =
        vec![format!("up to ${limit}{}", if rule == Rule::MaxPerCall { "" } else { " an image" })];
    finding.ceiling = ceiling;
    finding.limit = Some(limit);
    finding.over = ceiling.and_then(|ceiling| ceiling.checked_sub(bound));
    finding
}

/// All names of a model: its id and what else it is called.
pub(super) fn names(model: &Model) -> Vec<&str> {
    std::iter::once(&model.id).chain(&model.aliases).map(String::as_str).collect()
}

fn patterns(names: &[Name]) -> impl Iterator<Item = &Pattern> {
    names.iter().map(|name| &name.pattern)
}

/// A name that is none of a list.
fn not_allowed(rule: Rule, field: &str, name: &str, allowed: &[Name]) -> Finding {
    // A model's name says what it is.
    let what = if field == "model" { String::new() } else { format!("{field} ") };
    let message = format!("{what}{} is not allowed", shown(name));
    let mut finding = Finding::new(rule, message).field(field);
    finding.allowed = patterns(allowed).map(|pattern| pattern.text().to_owned()).collect();
    finding.nearest = nearest(name, &finding.allowed).filter(|near| !near.contains(['*', '?']));
    finding
}

fn model_not_allowed<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let allowed = row.policy.allowed_models.as_deref()?;
    let offered = row.quote.offer().model;
    let fits = patterns(allowed).any(|pattern| names(offered).iter().any(|name| pattern.fits(name)));
    let model: &'m str = &offered.id;
    (!fits).then(|| -> Make<'m> {
        Box::new(move || not_allowed(Rule::ModelNotAllowed, "model", model, allowed))
    })
}

fn model_denied<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let denied = row.policy.denied_models.as_deref()?;
    let offered = row.quote.offer().model;
    let asked: &'m str = &row.quote.request().model;
    let pattern = patterns(denied).find(|pattern| names(offered).iter().any(|name| pattern.fits(name)))?;
    Some(Box::new(move || {
        let message = format!("{} is denied by '{}'", shown(asked), shown(pattern.text()));
        Finding::new(Rule::ModelDenied, message).field("model")
    }))
}

fn provider_not_allowed<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let allowed = row.policy.allowed_providers.as_deref()?;
    let provider = row.quote.offer().provider;
    let names = || std::iter::once(&provider.id).chain(&provider.aliases);
    let fits = patterns(allowed).any(|pattern| names().any(|name| pattern.fits(name)));
    let id: &'m str = &provider.id;
    (!fits).then(|| -> Make<'m> {
        Box::new(move || not_allowed(Rule::ProviderNotAllowed, "provider", id, allowed))
    })
}

fn quality_not_allowed<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let allowed = row.policy.allowed_qualities.as_deref()?;
    // A model that has no such parameter breaks no rule on it.
    let quality: &'m str = row.quote.quality()?.as_str();
    let fits = patterns(allowed).any(|pattern| pattern.fits(quality));
    (!fits).then(|| -> Make<'m> {
        Box::new(move || not_allowed(Rule::QualityNotAllowed, "quality", quality, allowed))
    })
}

fn max_pixels<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let limit = row.policy.max_pixels?;
    let size = row.quote.size();
    if size.is_some_and(|size| size.area() <= limit) {
        return None;
    }
    Some(Box::new(move || {
        let message = match size {
            Some(size) => format!("size {size} has {} pixels, over {limit}", size.area()),
            None => format!("size is left to the model, so that {limit} pixels are no bound"),
        };
        let mut finding = Finding::new(Rule::MaxPixels, message).field("size");
        finding.allowed = vec![format!("up to {limit} pixels")];
        finding
    }))
}

fn max_n<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let limit = row.policy.max_n?;
    let n = row.quote.request().n;
    (u64::from(n) > limit).then(|| -> Make<'m> {
        Box::new(move || {
            let mut finding = Finding::new(Rule::MaxN, format!("n is {n}, over {limit}")).field("n");
            finding.allowed = vec![format!("1 to {limit}")];
            finding.nearest = Some(limit.to_string());
            finding
        })
    })
}

fn auto<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    if !row.policy.forbid_auto {
        return None;
    }
    let quote = row.quote;
    let limits = &quote.offer().family.limits.rule;
    let quality = quote.quality() == Some(&Quality::Auto) && limits.qualities.len() > 1;
    // A model without such a parameter leaves nothing to be said.
    let size = quote.chosen_size() == Size::Auto && (limits.size_auto || quote.request().size.is_some());
    let (what, field) = match (quality, size) {
        (false, false) => return None,
        (true, true) => ("quality and size are auto", "quality"),
        (true, false) => ("quality is auto", "quality"),
        (false, true) => ("size is auto", "size"),
    };
    Some(Box::new(move || {
        let costs = if crate::lacks_prompt(quote) { "images" } else { "call" };
        let most =
            quote.total().ceiling.map(|most| format!("; the {costs} may cost up to {}", dollars(most)));
        let mut finding = Finding::new(Rule::Auto, what.to_owned() + &most.unwrap_or_default()).field(field);
        if field == "quality" {
            finding.allowed = limits.qualities.iter().map(ToString::to_string).collect();
        }
        finding
    }))
}

fn retired<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let offer = row.quote.offer();
    let day = offer.model.retired.filter(|day| *day <= offer.as_of)?;
    let quote = row.quote;
    Some(Box::new(move || shut_down(Rule::Retired, quote, &format!("was shut down on {day}"))))
}

fn retires_soon<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let within = row.policy.warn_before_days?;
    let offer = row.quote.offer();
    let day = offer.model.retired.filter(|day| *day > offer.as_of)?;
    let quote = row.quote;
    (days_between(offer.as_of, day) <= within).then(|| -> Make<'m> {
        Box::new(move || shut_down(Rule::RetiresSoon, quote, &format!("will be shut down on {day}")))
    })
}

fn shut_down(rule: Rule, quote: &Quote<'_>, words: &str) -> Finding {
    let model = quote.offer().model;
    let mut finding = Finding::new(rule, format!("{} {words}", model.id)).field("model");
    finding.nearest.clone_from(&model.replacement);
    finding
}

/// Whole days from one to the other; zero where the second is not after the first.
fn days_between(from: Date, to: Date) -> u64 {
    from.until(to).map_or(u64::MAX, |span| u64::try_from(span.get_days()).unwrap_or(0))
}

fn batch_required<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let broken = row.policy.require_batch && row.quote.request().tier != Tier::Batch;
    broken.then(|| -> Make<'m> {
        Box::new(|| {
            let message = "the call does not go through the Batch API";
            let mut finding = Finding::new(Rule::BatchRequired, message).field("tier");
            finding.allowed = vec!["batch".to_owned()];
            finding
        })
    })
}

fn unverified<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    if !row.policy.warn_unverified {
        return None;
    }
    let quote = row.quote;
    let guess = quote.lines().iter().find(|line| {
        line.evidence == Evidence::Assumed
            || line.price.is_some_and(|price| price.row.evidence == Evidence::Assumed)
    });
    let second = quote
        .lines()
        .iter()
        .find(|line| line.price.is_some_and(|price| price.row.confidence != Confidence::High));
    let open = quote.total().ceiling.is_some() && quote.total().basis == CeilingBasis::Assumed;
    if guess.is_none() && second.is_none() && !open {
        return None;
    }
    let (guess, second) = (guess.map(|line| line.item), second.map(|line| line.item));
    Some(Box::new(move || {
        let mut reasons = Vec::new();
        reasons.extend(guess.map(|item| format!("{item} rests on a guess")));
        reasons.extend(
            second.map(|item| format!("the price of {item} was read at a third party, or is contested")),
        );
        reasons.extend(open.then(|| "the ceiling is assumed, not proven".to_owned()));
        Finding::new(Rule::Unverified, reasons.join("; ")).field("model")
    }))
}

fn not_proven<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    if !row.policy.require_proven || row.quote.total().is_proven() {
        return None;
    }
    let message = match row.quote.total().ceiling {
        Some(_) => "the ceiling is assumed, not proven",
        None => "the call has no known ceiling",
    };
    Some(Box::new(move || Finding::new(Rule::NotProven, message)))
}

fn unpriced<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let quote = row.quote;
    (!quote.is_complete()).then(|| -> Make<'m> {
        Box::new(move || {
            let items: Vec<&str> = quote.unpriced().map(|item| item.as_str()).collect();
            let offer = quote.offer();
            let floor = quote.total().floor.map_or_else(String::new, |floor| format!(": at least ${floor}"));
            let message = format!(
                "{} has no price for {} of {}{floor}",
                offer.provider.id,
                items.join(", "),
                offer.model.id
            );
            Finding::new(Rule::Unpriced, message).field("model")
        })
    })
}

fn prices_old<'m>(row: &QuotedRow<'m, '_>) -> Option<Make<'m>> {
    let most = row.policy.max_price_age_days?;
    let offer = row.quote.offer();
    let (checked, provider) = (offer.provider.checked, &offer.provider.id);
    let age = days_between(checked, offer.as_of);
    (age > most).then(|| -> Make<'m> {
        Box::new(move || {
            let message = format!(
                "{provider}'s prices were last checked on {checked}, {age} days before: more than {most}"
            );
            Finding::new(Rule::PricesOld, message).field("provider")
        })
    })
}
