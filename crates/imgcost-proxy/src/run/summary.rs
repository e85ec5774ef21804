//! What a run spent, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use imgcost_ledger::{Ledger, NanoUsd, Scope};
use serde_json::{Value, json};

use super::Run;
use super::tally::{Sums, Tally, Told};
use crate::proxy::Proxy;

/// A call was refused.
const REFUSED: u8 = 3;
/// Nobody knows what a call cost, or no call passed through.
const UNKNOWN: u8 = 4;
/// The ledger failed.
const LEDGER: u8 = 5;

/// The code of a call that a dry run has no answer to.
const DRY_RUN: &str = "dry-run";

/// What a run spent.
pub(super) struct Summary {
    told: Told,
    scope: String,
    /// The cap and what is left of it, if the run has one of its own.
    cap: Option<(NanoUsd, NanoUsd)>,
    is_dry_run: bool,
    /// Calls that passed without a hold; in a dry run those that got no answer.
    unmetered: u64,
    /// Calls that got no further for other reasons than the guard's, by code.
    not_passed: BTreeMap<String, u64>,
}

impl Summary {
    pub(super) fn of(tally: &Tally, proxy: &Proxy, ledger: &dyn Ledger, scope: &Scope, run: &Run) -> Self {
        let mut not_passed = proxy.telemetry.refused();
        let unmetered = match run.dry_run {
            true => not_passed.remove(DRY_RUN).unwrap_or(0),
            false => proxy.telemetry.unmetered().iter().map(|(_, times)| times).sum(),
        };
        let mut told = tally.so_far();
        not_passed.retain(|code, _| !told.refused.contains_key(code.as_str()));
        let status = ledger.status(Some(scope)).unwrap_or_else(|error| {
            told.warnings.push(error.to_string());
            told.ledger_failed = true;
            Vec::new()
        });
        let own = status.iter().find(|status| run.cap.is_some() && status.budget.scope == *scope);
        let cap = own.and_then(|status| Some((status.budget.cap.limit()?, status.left()?)));
        Summary { told, scope: scope.to_string(), cap, is_dry_run: run.dry_run, unmetered, not_passed }
    }

    /// The exit code of a run whose command ended well.
    pub(super) fn code(&self) -> u8 {
        match &self.told {
            told if told.ledger_failed => LEDGER,
            told if !told.refused.is_empty() => REFUSED,
            _ if self.sums().presumed > 0 || self.is_empty() => UNKNOWN,
            _ => 0,
        }
    }

    /// Whether no call came by that an upstream or the guard had to do with.
    fn is_empty(&self) -> bool {
        let Told { models, refused, would_refuse, .. } = &self.told;
        models.is_empty() && refused.is_empty() && would_refuse.is_empty() && self.unmetered == 0
    }

    /// All models together.
    fn sums(&self) -> Sums {
        self.told.models.values().fold(Sums::default(), |all, sums| all.and(*sums))
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let sums = self.sums();
        let of_cap = self.cap.map(|(cap, left)| format!(" of ${cap}, ${left} left")).unwrap_or_default();
        let spent = sums.counted();
        // Writing to a text can't fail.
        let _ = match self.is_empty() {
            true => writeln!(
                text,
                "imgcost: no call passed through; does the program read OPENAI_BASE_URL or GOOGLE_GEMINI_BASE_URL, or \
                 has it an address of its own?"
            ),
            false if self.is_dry_run => {
                writeln!(text, "imgcost: dry run: {} would cost up to ${spent}{of_cap}", calls(sums.calls))
            }
            false => writeln!(text, "imgcost: {}, ${spent} spent{of_cap}", calls(sums.calls)),
        };
        self.write_models(&mut text);
        for (verb, reasons) in
            [("refused", &self.told.refused), ("would be refused", &self.told.would_refuse)]
        {
            for (times, why) in reasons.values() {
                let _ = writeln!(text, " {} {verb}: {why}", calls(*times));
            }
        }
        for (code, times) in &self.not_passed {
            let what = if code.starts_with("upstream-") || code == "interrupted" {
                "got no response"
            } else {
                "not passed on"
            };
            let _ = writeln!(text, " {} {what}: {code}", calls(*times));
        }
        if self.unmetered > 0 {
            let what =
                if self.is_dry_run { "not answered in a dry run" } else { "passed unmetered, nothing held" };
            let colon = if self.told.unmetered.is_empty() { "" } else { ": " };
            let _ =
                writeln!(text, " {} {what}{colon}{}", calls(self.unmetered), self.told.unmetered.join(", "));
        }
        for warning in &self.told.warnings {
            let _ = writeln!(text, " note: {warning}");
        }
        text
    }

    /// A line a model, in columns.
    fn write_models(&self, text: &mut String) {
        let models = || self.told.models.iter().map(|(model, sums)| (model, calls(sums.calls), sums));
        let first = models().map(|(model, ..)| model.chars().count()).max().unwrap_or_default();
        let second = models().map(|(_, calls, _)| calls.len()).max().unwrap_or_default();
        for (model, calls, sums) in models() {
            let (usd, remarks) = (sums.counted(), remarks(sums));
            let _ = writeln!(text, " {model:first$}  {calls:>second$}  ${usd}{remarks}");
        }
    }

    pub(super) fn json(&self) -> String {
        let models: Vec<Value> = self
            .told
            .models
            .iter()
            .map(|(model, sums)| {
                json!({
                    "model": model, "calls": sums.calls, "released": sums.released, "presumed": sums.presumed,
                    "settled_usd": sums.settled_usd, "presumed_usd": sums.presumed_usd,
                })
            })
            .collect();
        let reasons = |all: &BTreeMap<&'static str, (u64, String)>| -> Vec<Value> {
            all.iter()
                .map(|(code, (calls, why))| json!({"code": code, "calls": calls, "message": why}))
                .collect()
        };
        let document = json!({
            "schema": "imgcost.run/1", "scope": self.scope, "dry_run": self.is_dry_run,
            "cap": self.cap.map(|(cap, _)| cap), "left": self.cap.map(|(_, left)| left),
            "spent": self.sums().counted(), "models": models, "refused": reasons(&self.told.refused),
            "would_refuse": reasons(&self.told.would_refuse), "unmetered": {"calls": self.unmetered, "paths": self.told.unmetered},
            "not_passed": self.not_passed,
            "warnings": self.told.warnings,
        });
        format!("{document}\n")
    }
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

/// What of a model's calls did not simply cost what they cost.
fn remarks(sums: &Sums) -> String {
    let mut remarks = String::new();
    if sums.presumed > 0 {
        let _ = write!(remarks, ", ${} of it presumed for {}", sums.presumed_usd, calls(sums.presumed));
    }
    if sums.released > 0 {
        let _ = write!(remarks, ", {} free", calls(sums.released));
    }
    remarks
}
