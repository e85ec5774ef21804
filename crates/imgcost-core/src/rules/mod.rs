//! The token rules: pure functions from pixels and counts to tokens.
//!
//! A rule's kind is code, here; its parameters are data, in the price book. Each rule says
//! where it comes from; `docs/token-rules.md` tells how it was established. Counts that a
//! rule cannot fix are [`Estimate`](crate::Estimate)s. No rule panics: what leaves the range of
//! exact counts is `None`.

pub mod area_grid;
pub mod megapixels;
pub mod partial_images;
pub mod patches;
pub mod row_grid;
pub mod tiles;
