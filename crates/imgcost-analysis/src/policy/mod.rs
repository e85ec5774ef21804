//! Rules that a file of jobs must keep, and what breaks them: the logic of a CI check.
//!
//! A [`Policy`] is read from TOML ([`Policy::read`]), with every problem named at once by file
//! and line. An [`Evaluator`] takes one row after another, its quote or its error, and gives a
//! [`Report`]: findings with stable codes ([`Rule`]), sums, and a [`Verdict`]. It keeps findings,
//! up to [`KEPT_MAX`] of a code, and no rows.
//!
//! ```
//! use imgcost_core::{Date, Prompt, Request};
//! use imgcost_analysis::policy::{Policy, Subject, Verdict};
//! let book = imgcost_pricing::book();
//! let day = Date::constant(2026, 11, 21);
//! let policy = Policy::read("policy.toml", "max_per_call = \"0.10\"\n").map_err(|problems| problems[0].to_string())?;
//! let mut request = Request::new("openai", "gpt-image-2", day);
//! request.quality = Some("high".parse()?);
//! request.size = Some("1024x1024".parse()?);
//! request.prompt = Some(Prompt::of_tokens(9));
//! let mut evaluator = policy.evaluator(book, day);
//! evaluator.row(&Subject::new(2, "hero", &[]), &request, book.quote(&request).as_ref());
//! let report = evaluator.finish();
//! assert_eq!(report.verdict, Verdict::Broken);
//! assert_eq!(report.findings[0].rule.code(), "IC001");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod evaluator;
mod read;
mod reader;
mod report;
mod row;
mod rule;

pub use evaluator::{Evaluator, Subject};
pub use read::Policy;
pub use report::{Excepted, Finding, KEPT_MAX, Report, Verdict};
pub use rule::{FindingScope, Level, Rule};
