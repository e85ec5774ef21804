//! What happens to the spend where only the model's name is changed.

use imgcost_core::{Note, Offer, Quality, Request, Size};

use super::{Kinship, Match, Outcome, Spend, SpendUnit, nearest, quoted};
use crate::selector::suited;

/// A model's name was changed, and the same quality word spends a different amount.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Swap {
    /// The model before.
    pub from_model: String,
    /// The model after.
    pub to_model: String,
    /// The quality of both.
    pub quality: Quality,
    /// The size of both.
    pub size: Size,
    /// What one image spent before.
    pub from: Spend,
    /// What one image spends after.
    pub to: Spend,
    /// The other quality of the model after that is nearest to the spend before, if one is.
    pub keeps: Option<Match>,
}

/// What a change of the model's name does to the spend on one image of a quality and size.
/// None where it spends the same, where either model does not take the setting, or where the
/// spends can't be compared.
#[must_use]
pub fn swap(from: &Offer<'_>, to: &Offer<'_>, quality: &Quality, size: Size) -> Option<Swap> {
    if from.model.id == to.model.id {
        return None;
    }
    let asked = |offer: &Offer<'_>| {
        let mut request = suited(offer, &Request::new("", "", offer.as_of));
        request.quality = Some(quality.clone());
        request.size = Some(size);
        request
    };
    let (before, after) = (asked(from), asked(to));
    let (before_spend, after_spend) =
        (Spend::of(&quoted(from, &before).ok()?), Spend::of(&quoted(to, &after).ok()?));
    let tokens = SpendUnit::Tokens.compares(&before_spend, &after_spend);
    let measure = if tokens { SpendUnit::Tokens } else { SpendUnit::Money };
    let same = match measure {
        SpendUnit::Tokens => before_spend.tokens == after_spend.tokens,
        SpendUnit::Money => before_spend.usd == after_spend.usd,
    };
    if same || !measure.compares(&before_spend, &after_spend) {
        return None;
    }
    let keeps = match size {
        Size::Exact(pixels) => match nearest(to, &before, pixels, &before_spend) {
            Outcome::Found(found) if found.quality.as_ref() != Some(quality) => Some(found),
            _ => None,
        },
        Size::Auto => None,
    };
    Some(Swap {
        from_model: from.model.id.clone(),
        to_model: to.model.id.clone(),
        quality: quality.clone(),
        size,
        from: before_spend,
        to: after_spend,
        keeps,
    })
}

impl Swap {
    /// The change in words, as a note with code `swapped-model`.
    #[must_use]
    pub fn note(&self) -> Note {
        let mut message = format!(
            "at quality {} a {} image spends {} with {} where it spent {} with {}",
            self.quality,
            self.size,
            spend_words(&self.to),
            self.to_model,
            spend_words(&self.from),
            self.from_model,
        );
        if let Some(Match { quality: Some(quality), spend, kinship, .. }) = &self.keeps {
            message.push_str(&match kinship {
                Kinship::Same => format!("; quality {quality} keeps the spend"),
                _ => format!("; quality {quality} is nearest to that, with {}", spend_words(spend)),
            });
        }
        Note::new("swapped-model", message)
    }
}

fn spend_words(spend: &Spend) -> String {
    let Some(tokens) = spend.tokens else { return spend.usd_words() };
    let count = match tokens.expected {
        Some(expected) => format!("{expected} tokens"),
        None => format!("{} to {} tokens", tokens.floor, tokens.ceiling),
    };
    format!("{count} ({})", spend.usd_words())
}
