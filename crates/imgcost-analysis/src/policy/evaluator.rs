//! The evaluator: one row after another, then what all of them come to.

use std::collections::BTreeMap;

use imgcost_core::{Book, Date, Error, Quote, Request};

use super::read::{Exception, Name, Policy, nearest};
use super::report::{Excepted, Finding, KEPT_MAX, Report, Verdict};
use super::row::{self, QuotedRow, dollars};
use super::rule::{FindingScope, Level, Rule};
use crate::selector::Pattern;
use crate::{RowSum, Volume};

/// Which row it is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Subject<'r> {
    /// Its line, counted from 1.
    pub line: u64,
    /// Its id; empty: none.
    pub id: &'r str,
    /// Its tags, each a name and a value.
    pub tags: &'r [(String, String)],
    /// How often its call is made.
    pub calls: Volume,
}

impl<'r> Subject<'r> {
    /// The row on this line, with its id and its tags.
    #[must_use]
    pub const fn new(line: u64, id: &'r str, tags: &'r [(String, String)]) -> Subject<'r> {
        Subject { line, id, tags, calls: Volume::ONCE }
    }

    /// The same, its call made so often.
    #[must_use]
    pub const fn times(self, calls: Volume) -> Subject<'r> {
        Subject { calls, ..self }
    }
}

/// Checks rows against a policy, of one file or of several. Keeps findings and sums, and no rows.
#[derive(Debug)]
pub struct Evaluator<'p> {
    policy: &'p Policy,
    book: &'p Book,
    day: Date,
    on_money: bool,
    used: Vec<bool>,
    kept: BTreeMap<Rule, usize>,
    first: Vec<Finding>,
    /// The file whose rows are checked, as it was named.
    file: Option<String>,
    /// What its rows come to.
    of_file: RowSum,
    report: Report,
}

impl Policy {
    /// An evaluator for the rows of a file, on a day: exceptions end by it. The book tells which names
    /// in the policy are none of its own.
    #[must_use]
    pub fn evaluator<'p>(&'p self, book: &'p Book, day: Date) -> Evaluator<'p> {
        Evaluator { first: self.slips(book), ..self.evaluator_of_rows(book, day) }
    }

    /// What forbids one call: the findings of level error that no exception covers. A call that is
    /// dearer than what all rows of a file may cost is forbidden too.
    #[must_use]
    pub fn forbids(
        &self,
        day: Date,
        subject: &Subject<'_>,
        request: &Request,
        quote: &Quote<'_>,
    ) -> Vec<Finding> {
        let mut evaluator = self.evaluator_of_rows(quote.offer().book, day);
        evaluator.row(subject, request, Ok(quote));
        evaluator.end_of_file();
        let mut findings = evaluator.report.findings;
        findings.retain(|finding| finding.level == Level::Error);
        findings
    }

    fn evaluator_of_rows<'p>(&'p self, book: &'p Book, day: Date) -> Evaluator<'p> {
        Evaluator {
            policy: self,
            book,
            day,
            on_money: self.is_on_money(),
            used: vec![false; self.exceptions.len()],
            kept: BTreeMap::new(),
            first: Vec::new(),
            file: None,
            of_file: RowSum::default(),
            report: Report {
                findings: Vec::new(),
                more: BTreeMap::new(),
                errors: 0,
                warnings: 0,
                excepted: 0,
                sum: RowSum::default(),
                verdict: Verdict::Passed,
            },
        }
    }

    /// What is most likely a slip in the policy itself.
    fn slips(&self, book: &Book) -> Vec<Finding> {
        let mut findings = self.names_unknown_to(book);
        if !self.sets_rules() {
            findings.push(Finding::new(Rule::NoRules, "the policy sets no rule"));
        }
        findings
    }

    /// Patterns that match nothing in the book: most likely slips, and a slip in a list of what
    /// is denied would deny nothing.
    fn names_unknown_to(&self, book: &Book) -> Vec<Finding> {
        let providers = book.providers();
        let models: Vec<&str> = providers
            .clone()
            .flat_map(|provider| &provider.models)
            .flat_map(|model| std::iter::once(&model.id).chain(&model.aliases))
            .map(String::as_str)
            .collect();
        let providers: Vec<&str> = providers
            .flat_map(|provider| std::iter::once(&provider.id).chain(&provider.aliases))
            .map(String::as_str)
            .collect();
        let qualities: Vec<&str> = book
            .families()
            .flat_map(|family| &family.limits.rule.qualities)
            .map(|quality| quality.as_str())
            .chain(std::iter::once("auto"))
            .collect();
        let lists = [
            ("allowed_models", "model", &self.allowed_models, &models),
            ("denied_models", "model", &self.denied_models, &models),
            ("allowed_providers", "provider", &self.allowed_providers, &providers),
            ("allowed_qualities", "quality", &self.allowed_qualities, &qualities),
        ];
        let mut findings = Vec::new();
        for (key, what, patterns, names) in lists {
            for Name { pattern, line } in patterns.iter().flatten() {
                if names.iter().any(|name| pattern.fits(name)) {
                    continue;
                }
                let text = super::read::shown(pattern.text());
                let message = format!("{key}: '{text}' matches no {what} of the price book");
                let mut finding = Finding::new(Rule::MatchesNothing, message).field(key);
                finding.line = Some((*line).into());
                finding.nearest = nearest(pattern.text(), names);
                findings.push(finding);
            }
        }
        findings
    }
}

impl<'p> Evaluator<'p> {
    /// Begins a file: the rows that come are its rows, and what all rows of a file may cost is
    /// judged of each by itself.
    pub fn begin(&mut self, file: &str) {
        if self.file.is_some() {
            self.end_of_file();
        }
        self.file = Some(file.to_owned());
        self.of_file = RowSum::default();
    }

    /// Checks a row against the policy: its request with its quote, or with why there is none.
    pub fn row(&mut self, subject: &Subject<'_>, request: &Request, quoted: Result<&Quote<'_>, &Error>) {
        match quoted {
            Err(error) => {
                self.report.sum.add_error(false);
                self.of_file.add_error(false);
                let asked = request.model.as_str();
                let offered =
                    self.book.provider(&request.provider).ok().and_then(|provider| provider.model(asked));
                let names = offered.map_or_else(|| vec![asked], row::names);
                self.add(subject, &names, Rule::RowError, || row::in_error(error));
            }
            Ok(quote) => {
                self.report.sum.add(quote, subject.calls);
                self.of_file.add(quote, subject.calls);
                let open = crate::lacks_prompt(quote);
                let policy = self.policy;
                let row = QuotedRow { policy, quote };
                let model = &row::names(quote.offer().model);
                if open && self.on_money {
                    self.add(subject, model, Rule::PromptMissing, row::prompt_missing);
                }
                for (rule, finding) in row::RULES {
                    if policy.level(*rule) != Level::Off
                        && let Some(make) = finding(&row)
                    {
                        self.add(subject, model, *rule, make);
                    }
                }
            }
        }
    }

    /// Takes a finding of a row, whose model has these names; its words are made only where it is
    /// kept.
    fn add(&mut self, subject: &Subject<'_>, model: &[&str], rule: Rule, make: impl FnOnce() -> Finding) {
        let level = self.policy.level(rule);
        if level == Level::Off {
            return;
        }
        let excepted = self.exception(subject, model, rule);
        match (excepted, level) {
            (Some(_), _) => self.report.excepted += 1,
            (None, Level::Error) => {
                self.report.errors += 1;
                self.report.verdict = self.report.verdict.max(Verdict::of(rule));
            }
            (None, _) => self.report.warnings += 1,
        }
        if !self.has_room(rule) {
            return;
        }
        let exception = excepted.map(|exception| Excepted {
            reason: exception.reason.clone(),
            until: exception.until,
            policy_line: exception.line,
        });
        let (line, id) = (Some(subject.line), subject.id.to_owned());
        let level = if exception.is_some() { Level::Excepted } else { level };
        let (policy_line, file) = (self.policy.line(rule), self.file.clone().unwrap_or_default());
        self.report.findings.push(Finding { rule, level, file, line, id, policy_line, exception, ..make() });
    }

    fn has_room(&mut self, rule: Rule) -> bool {
        let kept = self.kept.entry(rule).or_default();
        if *kept < KEPT_MAX {
            *kept += 1;
            return true;
        }
        *self.report.more.entry(rule).or_default() += 1;
        false
    }

    /// The first exception that holds for a finding. One whose last day is over never does, yet
    /// what it would except counts as its use: it is told of as expired, once.
    fn exception(&mut self, subject: &Subject<'_>, model: &[&str], rule: Rule) -> Option<&'p Exception> {
        let policy = self.policy;
        let mut found = None;
        for (exception, used) in policy.exceptions.iter().zip(&mut self.used) {
            if exception.rule == rule && exception.covers(subject, model) {
                *used = true;
                if found.is_none() && !exception.is_over(self.day) {
                    found = Some(exception);
                }
            }
        }
        found
    }

    /// What all rows come to, and what is wrong with the policy itself.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.end_of_file();
        for finding in std::mem::take(&mut self.first) {
            self.add_other(finding);
        }
        let exceptions = self.policy.exceptions.iter().zip(std::mem::take(&mut self.used));
        for (exception, used) in exceptions {
            let finding = if exception.is_over(self.day) {
                let until = exception.until.map(|day| day.to_string()).unwrap_or_default();
                let message = format!(
                    "the exception from {} ended on {until} and no longer counts: \"{}\"",
                    exception.rule,
                    super::read::shown(&exception.reason)
                );
                Finding::new(Rule::ExceptionExpired, message).field("exception")
            } else if !used {
                let message = format!(
                    "the exception from {} matches no finding: \"{}\"",
                    exception.rule,
                    super::read::shown(&exception.reason)
                );
                Finding::new(Rule::ExceptionUnused, message).field("exception")
            } else {
                continue;
            };
            self.add_other(Finding { line: Some(exception.line.into()), ..finding });
        }
        self.report
    }

    /// Takes a finding that is not of a row.
    fn add_other(&mut self, finding: Finding) {
        let level = self.policy.level(finding.rule);
        match level {
            Level::Off | Level::Excepted => return,
            Level::Warning => self.report.warnings += 1,
            Level::Error => {
                self.report.errors += 1;
                self.report.verdict = self.report.verdict.max(Verdict::of(finding.rule));
            }
        }
        if self.has_room(finding.rule) {
            let policy_line = self.policy.line(finding.rule);
            let file = match finding.rule.scope() {
                FindingScope::Policy => self.policy.name().to_owned(),
                FindingScope::Row | FindingScope::File => self.file.clone().unwrap_or_default(),
            };
            self.report.findings.push(Finding { level, policy_line, file, ..finding });
        }
    }

    fn end_of_file(&mut self) {
        let sum = self.of_file;
        if sum.rows == 0 {
            self.add_other(Finding::new(Rule::NoRows, "the file has no rows: nothing was checked"));
        }
        let Some(limit) = self.policy.max_per_file else { return };
        let finding = match (sum.ceiling_of_quoted(), sum.total().floor) {
            (Some(ceiling), _) if ceiling <= limit => return,
            (Some(ceiling), _) => {
                let message =
                    format!("all rows may cost up to {}, over {}", dollars(ceiling), dollars(limit));
                let over = ceiling.checked_sub(limit);
                Finding { ceiling: Some(ceiling), over, ..Finding::new(Rule::MaxPerFile, message) }
            }
            (None, floor) => {
                let least = floor.map_or_else(String::new, |floor| format!("at least ${floor}, "));
                let message = format!(
                    "all rows have no known ceiling to compare with {}: {least}{} unpriced",
                    dollars(limit),
                    sum.unpriced
                );
                Finding::new(Rule::MaxPerFile, message)
            }
        };
        let allowed = vec![format!("up to ${limit}")];
        self.add_other(Finding { limit: Some(limit), allowed, ..finding.field("max_per_file") });
    }
}

impl Exception {
    fn covers(&self, subject: &Subject<'_>, model: &[&str]) -> bool {
        let tagged = |(name, pattern): &(String, Pattern)| {
            subject.tags.iter().any(|(known, value)| known == name && pattern.fits(value))
        };
        self.id.as_ref().is_none_or(|id| id.fits(subject.id))
            && self.model.as_ref().is_none_or(|pattern| model.iter().any(|name| pattern.fits(name)))
            && self.tag.as_ref().is_none_or(tagged)
    }

    /// Whether its last day is before a day.
    fn is_over(&self, day: Date) -> bool {
        self.until.is_some_and(|until| until < day)
    }
}
