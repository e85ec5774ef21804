//! Quotes that lack their prompt.

use imgcost_core::{NoteKind, Quote};

/// Whether a quote lacks a prompt that costs: its total covers the images only, so that its
/// ceiling is none of the call.
#[must_use]
pub fn lacks_prompt(quote: &Quote<'_>) -> bool {
    // Asked of many rows: those with a prompt need no notes made for it.
    quote.request().prompt.is_none() && quote.note_kinds().contains(&NoteKind::PromptNotGiven)
}
