//! What a hold adds to the sums of its scopes and windows, in each of its states.

use crate::budget::Sums;
use crate::hold::{Hold, State};
use crate::money::NanoUsd;

/// Why sums can't take a hold's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShareError {
    /// They are less than what the hold had added to them: they are not its sums.
    Short,
    /// They would be more than a ledger can book.
    TooMuch,
}

/// What a hold in its state adds.
struct Share {
    held: NanoUsd,
    held_assumed: NanoUsd,
    presumed: NanoUsd,
    settled: NanoUsd,
    overrun: NanoUsd,
    open: u64,
}

impl Share {
    fn of(hold: Option<&Hold>) -> Share {
        let zero = NanoUsd::ZERO;
        let mut share =
            Share { held: zero, held_assumed: zero, presumed: zero, settled: zero, overrun: zero, open: 0 };
        let Some(hold) = hold else { return share };
        match hold.state {
            State::Held => {
                share.held = hold.ceiling;
                share.held_assumed = if hold.assumed { hold.ceiling } else { zero };
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

/// Takes the share that a hold had out of the sums and puts the one that it has in.
pub(crate) fn shifted(sums: Sums, before: Option<&Hold>, after: Option<&Hold>) -> Result<Sums, ShareError> {
    let (out, into) = (Share::of(before), Share::of(after));
    let shift = |sum: NanoUsd, out: NanoUsd, into: NanoUsd| {
        sum.checked_sub(out).ok_or(ShareError::Short)?.checked_add(into).ok_or(ShareError::TooMuch)
    };
    let shifted = Sums {
        held: shift(sums.held, out.held, into.held)?,
        held_assumed: shift(sums.held_assumed, out.held_assumed, into.held_assumed)?,
        presumed: shift(sums.presumed, out.presumed, into.presumed)?,
        settled: shift(sums.settled, out.settled, into.settled)?,
        overrun: shift(sums.overrun, out.overrun, into.overrun)?,
        open: sums.open.checked_sub(out.open).ok_or(ShareError::Short)?.saturating_add(into.open),
        alerted: sums.alerted,
    };
    // The whole must be a number too, or a full scope could look as if it had room.
    let whole = shifted.held.checked_add(shifted.presumed).and_then(|sum| sum.checked_add(shifted.settled));
    whole.map(|_| shifted).ok_or(ShareError::TooMuch)
}
