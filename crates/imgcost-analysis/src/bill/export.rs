//! Pages as sums: what counts, what is passed over, and what is reported of it.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use imgcost_core::read::shown;
use imgcost_core::{Code, Date, Error, SignedUsd};

use super::file;
use super::pages::{self, Item, Page, PagePosition, Piece};
use super::{BillComparison, CostResult, Finding, UsageKind, UsageResult, Weight};

/// The most decimals of an amount: so many can be added exactly.
const PLACES: usize = 20;

/// Takes what a file has.
type Take<'t> = dyn FnMut(&mut Export, PageEntry<'_>) -> Result<(), Error> + 't;

/// What a file has.
enum PageEntry<'i> {
    /// A day is covered.
    Day(Date),
    /// A result of a day.
    Result(Date, &'i Item),
    /// A result of a day that can't be told from those of others, and is not added.
    Untold(Date, &'i Item),
    /// A result of another project or key than was asked for.
    Other,
    /// Results of these days that are not added.
    Span(Date, Date),
}

/// Of what pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// What the provider counted.
    Usage,
    /// What it billed.
    Costs,
}

impl PageKind {
    /// What pages are of: by their results, else by their own names, else by that of their file.
    fn found(name: &str, pages: &[Page]) -> Option<PageKind> {
        if let Some(object) = pages.iter().find_map(Page::object) {
            return Some(if object.contains(".costs.") { PageKind::Costs } else { PageKind::Usage });
        }
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
        let mut names = pages.iter().filter_map(Page::own_object).chain([file.as_str()]);
        names.find_map(|name| match (name.contains("cost"), name.contains("usage")) {
            (true, _) => Some(PageKind::Costs),
            (_, true) => Some(PageKind::Usage),
            _ => None,
        })
    }
}

/// Whose a result is.
enum Owner {
    Asked,
    Other,
    Untold,
}

/// What was met in the pages.
#[derive(Debug)]
pub struct Export {
    project: Option<String>,
    api_key_id: Option<String>,
    seen: HashSet<String>,
    /// Pages by what they are of: their position, and their file.
    positions: BTreeMap<&'static str, (Vec<PagePosition>, Vec<String>)>,
    /// By code and words: how often.
    met: BTreeMap<(&'static str, Weight, String), u64>,
}

impl Export {
    /// Nothing yet; only the results of a project or key, if one is named.
    #[must_use]
    pub fn new(project: Option<&str>, api_key_id: Option<&str>) -> Export {
        Export {
            project: project.map(str::to_owned),
            api_key_id: api_key_id.map(str::to_owned),
            seen: HashSet::new(),
            positions: BTreeMap::new(),
            met: BTreeMap::new(),
        }
    }

    /// Adds a file of pages, by its name in messages, and tells of what they are: as it is said,
    /// else by their results and names.
    ///
    /// # Errors
    /// It can't be read, holds no pages, or has amounts that are none.
    pub fn add(
        &mut self,
        name: &str,
        input: impl Read,
        of: Option<PageKind>,
        sums: &mut BillComparison<'_>,
    ) -> Result<PageKind, Error> {
        let pages = file::read("bill", name, input)?;
        // Pages without any result are mostly the costs of another organization.
        let of = of.or_else(|| PageKind::found(name, &pages)).unwrap_or(PageKind::Costs);
        match of {
            PageKind::Usage => self.usage(name, &pages, sums)?,
            PageKind::Costs => self.costs(name, &pages, sums)?,
        }
        Ok(of)
    }

    fn usage(&mut self, name: &str, pages: &[Page], sums: &mut BillComparison<'_>) -> Result<(), Error> {
        self.file("usage", name, pages, &mut |export, got| {
            let (day, item) = match got {
                PageEntry::Result(day, item) => (day, item),
                PageEntry::Day(day) => {
                    sums.usage_day(day);
                    return Ok(());
                }
                PageEntry::Untold(day, _) => {
                    sums.usage_left_out(day, day);
                    return Ok(());
                }
                PageEntry::Span(first, last) => {
                    sums.usage_left_out(first, last);
                    return Ok(());
                }
                PageEntry::Other => return Ok(()),
            };
            let kind = match item.object.as_deref() {
                Some("organization.usage.images.result") => UsageKind::Images,
                Some("organization.usage.completions.result") => UsageKind::Completions,
                other => {
                    let words = format!("results of {} are not compared", shown(other.unwrap_or("no kind")));
                    export.meet("other-usage", Weight::Note, words);
                    sums.other_usage();
                    return Ok(());
                }
            };
            sums.usage(&UsageResult {
                kind,
                day,
                model: item.model.clone(),
                size: item.size.clone(),
                requests: item.num_model_requests,
                images: item.images,
                input: item.input_tokens,
                output: item.output_tokens,
            });
            Ok(())
        })
    }

    fn costs(&mut self, name: &str, pages: &[Page], sums: &mut BillComparison<'_>) -> Result<(), Error> {
        self.file("costs", name, pages, &mut |export, got| {
            match got {
                PageEntry::Day(day) => sums.cost_day(day),
                PageEntry::Other => sums.filtered(),
                PageEntry::Span(first, last) => sums.costs_left_out(first, last),
                // Nothing is nothing, whosever it is.
                PageEntry::Untold(day, item) => {
                    if amount(name, day, item)?.0 != SignedUsd::ZERO {
                        sums.costs_left_out(day, day);
                    }
                }
                PageEntry::Result(day, item) => {
                    let (usd, currency) = amount(name, day, item)?;
                    if item.amount.as_ref().is_some_and(|amount| cut(amount.digits()).is_some()) {
                        let words = format!("amounts with more than {PLACES} decimals are cut there");
                        export.meet("amount-cut", Weight::Note, words);
                    }
                    if currency.eq_ignore_ascii_case("usd") {
                        sums.cost(&CostResult { day, line_item: item.line_item.clone(), amount: usd });
                    } else if usd != SignedUsd::ZERO {
                        let words = format!("costs in {} are not added to US dollars", shown(currency));
                        export.meet("other-currency", Weight::Unmatched, words);
                        sums.costs_left_out(day, day);
                    }
                }
            }
            Ok(())
        })
    }

    fn file(
        &mut self,
        kind: &'static str,
        name: &str,
        pages: &[Page],
        take: &mut Take<'_>,
    ) -> Result<(), Error> {
        let (positions, names) = self.positions.entry(kind).or_default();
        positions.extend(pages.iter().map(Page::position));
        names.resize(positions.len(), name.to_owned());
        pages::pieces(pages, &mut |piece| {
            match piece {
                Piece::Day(day) => take(self, PageEntry::Day(day))?,
                Piece::Result(day, item, key) => {
                    if !self.seen.insert(format!("{kind} {key}")) {
                        let words = format!("{day}: a result is there twice and counts once");
                        self.meet("duplicate-result", Weight::Unmatched, words);
                        return Ok(());
                    }
                    let got = match self.whose(item) {
                        Owner::Asked => PageEntry::Result(day, item),
                        Owner::Other => PageEntry::Other,
                        Owner::Untold => PageEntry::Untold(day, item),
                    };
                    take(self, got)?;
                }
                Piece::Spanning(start, end) => {
                    let words = format!(
                        "the bucket from {} to {} is not of one day by UTC, and is not compared \
                         (bucket_width=1d is)",
                        moment(start),
                        moment(end)
                    );
                    self.meet("bucket-spans-days", Weight::Unmatched, words);
                    if let (Some(first), Some(last)) =
                        (crate::input::utc_day(start), crate::input::utc_day(end))
                    {
                        take(self, PageEntry::Span(first.min(last), last.max(first)))?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Whether a result is of the project and key that were asked for.
    fn whose(&mut self, item: &Item) -> Owner {
        let filters = [
            ("project", self.project.clone(), &item.project_id),
            ("api_key_id", self.api_key_id.clone(), &item.api_key_id),
        ];
        for (name, wanted, met) in filters {
            let Some(wanted) = wanted else { continue };
            match met {
                Some(met) if *met == wanted => {}
                Some(_) => {
                    self.meet(
                        "other-results",
                        Weight::Note,
                        format!("results of another {name} are left out"),
                    );
                    return Owner::Other;
                }
                None => {
                    let words = format!("results that are not grouped by {name} can't be told apart");
                    self.meet("not-grouped", Weight::Unmatched, words);
                    return Owner::Untold;
                }
            }
        }
        Owner::Asked
    }

    fn meet(&mut self, code: &'static str, weight: Weight, words: String) {
        // A bounded number of them: a hostile file may have many.
        let key = (code, weight, words);
        if self.met.len() < 200 || self.met.contains_key(&key) {
            *self.met.entry(key).or_default() += 1;
        } else {
            *self.met.entry((code, weight, "and more".to_owned())).or_default() += 1;
        }
    }

    /// What was met, as findings. Whether pages are missing is only known of all files together.
    #[must_use]
    pub fn findings(mut self) -> Vec<Finding> {
        for (positions, names) in std::mem::take(&mut self.positions).into_values() {
            if let Some(name) = PagePosition::first_open(&positions).and_then(|open| names.get(open)) {
                let words = format!("{name} has a page that says has_more, and the next one is not given");
                self.meet("incomplete-export", Weight::Unmatched, words);
            }
        }
        let finding = |((code, weight, words), count): (&(&'static str, Weight, String), &u64)| {
            let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
            Finding { code, weight: *weight, message: format!("{words}{times}") }
        };
        self.met.iter().map(finding).collect()
    }
}

/// The amount of a cost and its currency.
fn amount<'i>(file: &str, day: Date, item: &'i Item) -> Result<(SignedUsd, &'i str), Error> {
    let name = item.line_item.as_deref().map_or_else(|| "a cost".to_owned(), shown);
    let bad = |why: String| {
        let message = format!("{file}: {name} on {day}{why}");
        Error::new(Code::BadInput, message).field("bill")
    };
    let amount = item.amount.as_ref().ok_or_else(|| bad(" has no amount".to_owned()))?;
    let digits = cut(amount.digits()).unwrap_or(amount.digits());
    let usd = digits.parse().map_err(|error| bad(format!(": {} is {error}", shown(digits))))?;
    Ok((usd, amount.currency.as_deref().unwrap_or("no currency")))
}

/// Digits without the decimals that no sum could keep; none where all can be kept.
fn cut(digits: &str) -> Option<&str> {
    let (whole, fraction) = digits.split_once('.')?;
    let is_long = fraction.len() > PLACES && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.get(..whole.len() + 1 + PLACES).filter(|_| is_long)
}

/// A moment as people read it; its seconds where it is too far off.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}
