//! Why a hold was refused.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::budget::Sums;
use crate::money::NanoUsd;
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::Window;

/// Why a hold was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No scope on the path has a budget, so that a mistyped scope never spends freely.
    NoBudget {
        /// The requested scope.
        scope: Scope,
        /// The scope with a budget whose spelling is nearest.
        nearest: Option<Scope>,
    },
    /// Budgets on the path have no room for it.
    Full {
        /// The requested scope.
        scope: Scope,
        /// The requested amount.
        ceiling: NanoUsd,
        /// What is left on the tightest budget.
        left: NanoUsd,
        /// The budgets without room, topmost scope first.
        budgets: Vec<Block>,
    },
    /// A scope on the path is paused.
    Paused {
        /// The requested scope.
        scope: Scope,
        /// The pause, with who and why; the topmost if there are several.
        pause: Pause,
    },
    /// The ceiling is assumed, and a budget on the path requires proven ones.
    AssumedCeiling {
        /// The requested scope.
        scope: Scope,
        /// The scope of that budget.
        budget: Scope,
    },
}

/// A budget without room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Block {
    /// Its scope.
    pub scope: Scope,
    /// Its window.
    pub window: Window,
    /// Its cap.
    pub cap: NanoUsd,
    /// What is left of it.
    pub left: NanoUsd,
    /// How much more the call needs.
    pub short: NanoUsd,
    /// What is held and booked.
    #[serde(flatten)]
    pub sums: Sums,
    /// When the next period begins; none for all time.
    pub resets_at: Option<Timestamp>,
}

impl Refusal {
    /// The stable name of the kind.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::NoBudget { .. } => "no-budget",
            Refusal::Full { .. } => "over-budget",
            Refusal::AssumedCeiling { .. } => "assumed-ceiling",
            Refusal::Paused { .. } => "paused",
        }
    }

    /// What is left on the tightest budget, if a full budget is the reason.
    #[must_use]
    pub const fn left(&self) -> Option<NanoUsd> {
        match self {
            Refusal::Full { left, .. } => Some(*left),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoBudget { scope, nearest } => {
                write!(f, "no budget is set for {scope} or above it")?;
                match nearest {
                    Some(nearest) => write!(f, "; nearest: {nearest}"),
                    None => Ok(()),
                }
            }
            Refusal::Full { scope, ceiling, budgets, .. } => {
                write!(f, "over budget: a call for {scope} may cost up to ${ceiling}")?;
                for Block { scope, window, cap, left, sums, resets_at, .. } in budgets {
                    let per = if *window == Window::Total { String::new() } else { format!(" per {window}") };
                    write!(f, "; {scope} has ${left} left of ${cap}{per}")?;
                    let Sums { held, held_over, held_assumed, .. } = *sums;
                    if held > NanoUsd::ZERO {
                        write!(f, " (${held} held by open calls")?;
                        if held_over > NanoUsd::ZERO {
                            write!(f, ", ${held_over} of it above what they are expected to cost")?;
                        }
                        if held_assumed > NanoUsd::ZERO {
                            write!(f, ", ${held_assumed} of it at assumed ceilings")?;
                        }
                        f.write_str(")")?;
                    }
                    if let Some(at) = resets_at {
                        write!(f, ", resets at {at}")?;
                    }
                }
                Ok(())
            }
            Refusal::Paused { scope, pause } => {
                write!(f, "{scope} is not served: {pause}")
            }
            Refusal::AssumedCeiling { scope, budget } => write!(
                f,
                "the ceiling of this call for {scope} is assumed, not proven, and the budget of {budget} requires proven ones"
            ),
        }
    }
}

impl std::error::Error for Refusal {}
