//! What is to be done: how many images or for how much money, and within which constraints.

use imgcost_core::{Offer, Quality, Request, Tier, Usd};

use super::Shape;
use crate::selector::Pattern;

/// What plans are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// Expected cost; the ceiling where there is no expected value.
    #[default]
    Expected,
    /// The most that it may cost.
    Ceiling,
}

impl By {
    /// Every name.
    pub const NAMES: [&'static str; 2] = ["expected", "ceiling"];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            By::Expected => "expected",
            By::Ceiling => "ceiling",
        }
    }

    /// The value of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<By> {
        match name {
            "expected" => Some(By::Expected),
            "ceiling" => Some(By::Ceiling),
            _ => None,
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// So many images, as cheaply as possible.
    Images(u64),
    /// As many images as this much money, in USD, surely pays for: counted by ceilings.
    Budget(Usd),
}

/// A step of the ladder low, medium, high, xhigh, max, or of standard, hd. Steps of different
/// ladders can't be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    ladder: u8,
    step: u8,
}

impl Level {
    /// The qualities that have a level, from the lowest of each ladder up.
    pub const NAMES: [&'static str; 7] = ["low", "medium", "high", "xhigh", "max", "standard", "hd"];

    /// The level of a quality; none for one that is on no ladder.
    #[must_use]
    pub fn of(quality: &Quality) -> Option<Level> {
        let (ladder, step) = match quality {
            Quality::Low => (0, 0),
            Quality::Medium => (0, 1),
            Quality::High => (0, 2),
            Quality::Xhigh => (0, 3),
            Quality::Max => (0, 4),
            Quality::Standard => (1, 0),
            Quality::Hd => (1, 1),
            _ => return None,
        };
        Some(Level { ladder, step })
    }

    /// Whether a quality is known to be at least this good; none where that is not known.
    #[must_use]
    pub fn reached_by(self, quality: &Quality) -> Option<bool> {
        let other = Level::of(quality).filter(|other| other.ladder == self.ladder)?;
        Some(other.step >= self.step)
    }
}

/// A job with its constraints.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Job {
    /// What is wanted.
    pub goal: Goal,
    /// Which providers; empty: all.
    pub providers: Vec<Pattern>,
    /// Which models; empty: all that are not retired.
    pub models: Vec<Pattern>,
    /// Which qualities; empty: all.
    pub qualities: Vec<Pattern>,
    /// The least quality.
    pub min_quality: Option<Quality>,
    /// Which sizes.
    pub shape: Shape,
    /// Whether the Batch API may be used beside the ordinary one.
    pub allow_batch: bool,
    /// What plans are compared by; a budget always counts ceilings.
    pub by: By,
    /// The rest of the call: day, prompt, input images and so on. Its provider, model, quality,
    /// size and n are not looked at; a tier of Batch means the Batch API only.
    pub base: Request,
}

impl Job {
    /// One image from any model, without constraints.
    #[must_use]
    pub fn new(base: Request) -> Job {
        Job {
            goal: Goal::Images(1),
            providers: vec![Pattern::new(&base.provider)],
            models: Vec::new(),
            qualities: Vec::new(),
            min_quality: None,
            shape: Shape::default(),
            allow_batch: false,
            by: By::Expected,
            base,
        }
    }

    /// What costs are counted by.
    pub(super) fn counts(&self) -> By {
        match self.goal {
            Goal::Images(_) => self.by,
            Goal::Budget(_) => By::Ceiling,
        }
    }

    pub(super) fn tiers(&self) -> impl Iterator<Item = Tier> + use<> {
        let other = (self.allow_batch && self.base.tier == Tier::Standard).then_some(Tier::Batch);
        std::iter::once(self.base.tier).chain(other)
    }

    /// The qualities of an offer that the job takes, or why it takes none.
    pub(super) fn qualities_of(&self, offer: &Offer<'_>) -> Result<Vec<Option<Quality>>, String> {
        let own = &offer.family.limits.rule.qualities;
        if own.is_empty() {
            if self.min_quality.is_some() || self.qualities.iter().any(|pattern| pattern.text() != "*") {
                return Err("has no quality parameter: what quality it draws is not known".to_owned());
            }
            return Ok(vec![None]);
        }
        let asked = |quality: &&Quality| {
            self.qualities.is_empty() || self.qualities.iter().any(|pattern| pattern.fits(quality.as_str()))
        };
        let level = self.min_quality.as_ref().and_then(Level::of);
        let enough = |quality: &&Quality| level.is_none_or(|level| level.reached_by(quality) == Some(true));
        let names = || own.iter().map(Quality::as_str).collect::<Vec<_>>().join(", ");
        let taken: Vec<_> = own.iter().filter(asked).filter(enough).cloned().map(Some).collect();
        if !taken.is_empty() {
            return Ok(taken);
        }
        match (&self.min_quality, level) {
            (Some(least), Some(level)) if own.iter().all(|quality| level.reached_by(quality).is_none()) => {
                Err(format!("its qualities ({}) can't be compared with {least}", names()))
            }
            _ => Err(format!("none of its qualities ({}) is asked for", names())),
        }
    }
}
