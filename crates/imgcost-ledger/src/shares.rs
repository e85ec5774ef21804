//! What a hold adds to the sums of its scopes and windows, by its state.

use crate::adjustment::Correction;
use crate::budget::Sums;
use crate::hold::{Hold, State};
use crate::money::NanoUsd;

/// Why a hold's share can't be added to sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShareError {
    /// They are less than what the hold added before, so they are wrong.
    Short,
    /// They would exceed what a ledger can book.
    TooMuch,
}

/// What a hold adds, by its state.
struct Share {
    held: NanoUsd,
    held_assumed: NanoUsd,
    held_over: NanoUsd,
    presumed: NanoUsd,
    settled: NanoUsd,
    overrun: NanoUsd,
    open: u64,
}

impl Share {
    fn of(hold: Option<&Hold>) -> Share {
        let zero = NanoUsd::ZERO;
        let mut share = Share {
            held: zero,
            held_assumed: zero,
            held_over: zero,
            presumed: zero,
            settled: zero,
            overrun: zero,
            open: 0,
        };
        let Some(hold) = hold else { return share };
        match hold.state {
            State::Held => {
                share.held = hold.ceiling;
                share.held_assumed = if hold.assumed { hold.ceiling } else { zero };
                share.held_over = hold.expected.map_or(zero, |expected| hold.ceiling.less(expected));
                share.open = 1;
            }
            State::Presumed => share.presumed = hold.ceiling,
            State::Settled => {
                share.settled = hold.cost.unwrap_or(zero);
                share.overrun = hold.overrun();
            }
            State::Released => {}
        }
        share
    }
}

/// Sums with the share of a hold before a change replaced by its share after it.
pub(crate) fn adjusted(sums: Sums, before: Option<&Hold>, after: Option<&Hold>) -> Result<Sums, ShareError> {
    let (out, into) = (Share::of(before), Share::of(after));
    let adjust = |sum: NanoUsd, out: NanoUsd, into: NanoUsd| {
        sum.checked_sub(out).ok_or(ShareError::Short)?.checked_add(into).ok_or(ShareError::TooMuch)
    };
    let adjusted = Sums {
        held: adjust(sums.held, out.held, into.held)?,
        held_assumed: adjust(sums.held_assumed, out.held_assumed, into.held_assumed)?,
        held_over: adjust(sums.held_over, out.held_over, into.held_over)?,
        presumed: adjust(sums.presumed, out.presumed, into.presumed)?,
        settled: adjust(sums.settled, out.settled, into.settled)?,
        overrun: adjust(sums.overrun, out.overrun, into.overrun)?,
        open: sums.open.checked_sub(out.open).ok_or(ShareError::Short)?.saturating_add(into.open),
        alerted: sums.alerted,
    };
    bounded(adjusted)
}

/// Sums with a correction.
pub(crate) fn corrected(sums: Sums, correction: Correction, amount: NanoUsd) -> Result<Sums, ShareError> {
    let settled = match correction {
        Correction::Charge => sums.settled.checked_add(amount).ok_or(ShareError::TooMuch)?,
        Correction::Credit => sums.settled.checked_sub(amount).ok_or(ShareError::Short)?,
    };
    bounded(Sums { settled, ..sums })
}

/// The total must not overflow either, or a full scope could seem to have room.
fn bounded(sums: Sums) -> Result<Sums, ShareError> {
    let whole = sums.held.checked_add(sums.presumed).and_then(|sum| sum.checked_add(sums.settled));
    whole.map(|_| sums).ok_or(ShareError::TooMuch)
}

/// The message for a scope whose sums would overflow.
pub(crate) fn too_much(scope: &str) -> String {
    format!("with it, {scope} would exceed the most that can be booked, ${}", NanoUsd::MAX)
}
