//! `--fail-above`: by how much the total may grow.

use imgcost_analysis::diff::JobDiff;
use imgcost_core::{Error, Usd};

use crate::failure::{End, say};
use crate::fields;

/// The most growth that is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    /// So many US dollars.
    Usd(Usd),
    /// So many hundredths of the old total.
    Percent(imgcost_core::Ratio),
}

impl Limit {
    /// Reads `5`, `$5` or `10%`.
    pub(super) fn read(text: &str) -> Result<Limit, Error> {
        match text.strip_suffix('%') {
            None => fields::usd("fail_above", text).map(Limit::Usd),
            Some(percent) => fields::ratio("fail_above", percent).map(Limit::Percent),
        }
        .map_err(|error| error.allowed(["US dollars, such as 5 or 0.25", "a share, such as 10%"]))
    }

    /// Whether the ceiling of all rows grows by no more; if it does, or that is not known of all
    /// rows, it is noted on stderr.
    pub(super) fn hold(self, diff: &JobDiff) -> End {
        let no_prompt = diff.before.no_prompt + diff.after.no_prompt;
        if no_prompt > 0 {
            let (rows, whose) = if no_prompt == 1 { ("row", "its") } else { ("rows", "their") };
            say(&format!(
                "imgcost: {no_prompt} {rows} without a prompt: the limit is compared with {whose} images only"
            ));
        }
        let (before, after) = (diff.before.total().ceiling, diff.after.total().ceiling);
        let (Some(before), Some(after)) = (before, after) else {
            if diff.before.unpriced + diff.after.unpriced > 0 {
                say("imgcost: above the limit: a total has no known ceiling, as something has no price");
                return End::Over;
            }
            say("imgcost: nothing to compare with the limit: no row is free of errors on both sides");
            return End::Incomplete;
        };
        let (most, words) = match self {
            Limit::Usd(usd) => (before.checked_add(usd), format!("${usd}")),
            // after x 100 <= before x (100 + percent), without a division.
            Limit::Percent(percent) => {
                let share = before
                    .checked_scale(percent)
                    .and_then(|share| share.checked_add(before.checked_mul(100)?));
                (share, format!("{percent}%"))
            }
        };
        let held = if matches!(self, Limit::Usd(_)) { Some(after) } else { after.checked_mul(100) };
        let within = held.zip(most).is_some_and(|(held, most)| held <= most);
        if within {
            if diff.before.is_complete() && diff.after.is_complete() {
                return End::Done;
            }
            say(&format!("imgcost: within the limit of {words} only as far as is known: {}", unknown(diff)));
            return End::Incomplete;
        }
        let growth = after.checked_sub(before).unwrap_or(Usd::ZERO);
        say(&format!(
            "imgcost: above the limit of {words}: what all rows may cost at most grows by ${growth}, from ${before} to ${after}"
        ));
        End::Over
    }
}

/// Which rows the totals say nothing of.
fn unknown(diff: &JobDiff) -> String {
    let (before, after) = (&diff.before, &diff.after);
    format!("{} rows in error before, {} after", before.errors, after.errors)
}
