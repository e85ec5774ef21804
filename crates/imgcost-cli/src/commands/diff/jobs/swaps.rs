//! Jobs of which only the model's name was changed: the same quality word may spend another
//! amount then, which the rows do not show.

use imgcost_analysis::diff::{Entry, Job, JobDiff};
use imgcost_analysis::equivalent::swap;
use imgcost_core::{Note, Offer, Quality, Size};

use super::super::Side;

/// The most notes: each is of other models, qualities or sizes.
const NOTES_MAX: usize = 10;

/// A note for each change of a model's name that changes the spend, said once.
pub(super) fn notes(diff: &JobDiff, old: &Side, new: &Side) -> Vec<Note> {
    let mut seen = Vec::new();
    let mut notes = Vec::new();
    for entry in &diff.entries {
        let Some(key) = swapped(entry).filter(|key| !seen.contains(key)) else { continue };
        notes.extend(note(&key, old, new));
        seen.push(key);
        if notes.len() >= NOTES_MAX {
            break;
        }
    }
    notes
}

/// Provider and model of both sides, and the quality and size that they share.
type Key<'d> = ([&'d str; 2], [&'d str; 2], &'d str, &'d str);

fn swapped(entry: &Entry) -> Option<Key<'_>> {
    let only_the_model =
        entry.fields.iter().all(|change| matches!(change.field.as_str(), "model" | "provider"));
    if !only_the_model || !entry.fields.iter().any(|change| change.field == "model") {
        return None;
    }
    let (before, after) = (entry.before.as_ref()?, entry.after.as_ref()?);
    let provider = |job| Some([term(job, "provider")?, term(job, "model")?]);
    Some((provider(before)?, provider(after)?, term(after, "quality")?, term(after, "size")?))
}

fn term<'d>(job: &'d Job, name: &str) -> Option<&'d str> {
    job.terms().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn note((before, after, quality, size): &Key<'_>, old: &Side, new: &Side) -> Option<Note> {
    let from: Offer<'_> = old.book.offer(before[0], before[1], old.day).ok()?;
    let to = new.book.offer(after[0], after[1], new.day).ok()?;
    let quality: Quality = quality.parse().ok()?;
    let size: Size = size.parse().ok()?;
    swap(&from, &to, &quality, size).map(|swap| swap.note())
}
