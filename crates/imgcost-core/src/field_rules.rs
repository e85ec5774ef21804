//! Checks a request against the rules for single fields, of its model and of its provider.

use crate::book::{FieldCost, FieldRule, Offer, printable};
use crate::error::{Code, Error};
use crate::params::Param;
use crate::request::Request;

/// The rules of an offer that may concern a request: the model's, and then the provider's.
fn rules<'b>(offer: &Offer<'b>, request: &Request) -> impl Iterator<Item = &'b FieldRule> + use<'b> {
    offer.family.limits.rule.fields.of(request).chain(offer.provider.fields.of(request))
}

/// The first field that a rule refuses.
pub(crate) fn check(request: &Request, offer: &Offer<'_>) -> Result<(), Error> {
    let (provider, model) = (offer.provider.id.as_str(), offer.model.id.as_str());
    for rule in rules(offer, request).filter(|rule| rule.holds(request, provider, model)) {
        for given in rule.all_given(request) {
            value(rule, &given, model, provider)?;
        }
    }
    Ok(())
}

/// The fields of a request whose price is not known, with how.
pub(crate) fn unpriced<'b>(request: &Request, offer: &Offer<'b>) -> impl Iterator<Item = &'b FieldRule> {
    let (provider, model) = (offer.provider.id.as_str(), offer.model.id.as_str());
    rules(offer, request).filter(move |rule| {
        rule.cost != FieldCost::Free && rule.holds(request, provider, model) && rule.given(request).is_some()
    })
}

/// Fields of which every API says that they choose how an image is returned, or whether it is made.
const FREE: [&str; 3] = ["moderation", "response_format", "style"];

/// The fields of a request that neither model nor provider has a rule for, and that may cost
/// something: they are as good as unknown.
pub(crate) fn without_rule<'r>(request: &'r Request, offer: &Offer<'r>) -> impl Iterator<Item = &'r str> {
    let offer = *offer;
    let names = request.options.iter().map(|(name, _)| name.as_str());
    names.filter(move |name| !FREE.contains(name) && !rules(&offer, request).any(|rule| rule.field == *name))
}

/// The conditions of a rule: ` with stream = true`, ` at openai`.
fn conditions(rule: &FieldRule) -> String {
    let words = rule.with.iter().map(|(param, value)| match param {
        Param::Model => String::new(),
        Param::Provider => format!(" at {value}"),
        param => format!(" with {param} = {value}"),
    });
    words.collect()
}

/// Whether a rule that holds accepts a value.
fn value(rule: &FieldRule, given: &str, model: &str, provider: &str) -> Result<(), Error> {
    let (field, with, shown) = (rule.field.as_str(), conditions(rule), printable(given));
    let code = if with.is_empty() { Code::IllegalValue } else { Code::IllegalCombination };
    let refused = |code, message: String| Error::new(code, message).field(field);
    if rule.refuses_all() {
        return Err(match rule.unless.first() {
            Some((param, value)) => {
                refused(Code::IllegalCombination, format!("{field} needs {param} = {value}"))
            }
            None => refused(code, format!("{model} does not take {field}{with}")),
        });
    }
    if rule.refused.iter().any(|refused| refused == given) {
        let message = format!("{provider} does not take {field} = {shown}{with}: leave it out");
        return Err(refused(Code::IllegalValue, message));
    }
    if !rule.allowed.is_empty() && !rule.allowed.iter().any(|allowed| allowed == given) {
        let error = refused(Code::IllegalValue, format!("{field} '{shown}' is not one of {model}'s"));
        return Err(error.allowed(&rule.allowed).nearest_name(given));
    }
    let (least, most) = (rule.least.unwrap_or(0), rule.most.unwrap_or(u64::MAX));
    let bounded = rule.least.is_some() || rule.most.is_some();
    let count = given.parse::<u64>().ok();
    if !bounded || count.is_some_and(|count| (least..=most).contains(&count)) {
        return Ok(());
    }
    let first = rule.least.unwrap_or(1);
    let allowed = match rule.most {
        Some(most) if most == first => most.to_string(),
        Some(most) => format!("{first} to {most}"),
        None => format!("{first} or more"),
    };
    let message = format!("{model} takes {field} = {allowed}{with} (got {shown})");
    let nearest = if count.is_some_and(|count| count < least) { least } else { most };
    Err(refused(code, message).allowed([allowed]).nearest(nearest))
}
