//! The tools: their names, what they are for, and what they do.

use imgcost::analysis::compare::{Axes, Cell, Sort, State};
use imgcost::{Charged, Quote};
use rmcp::model::{Tool as Described, ToolAnnotations};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::failure::Failure;
use super::{Shared, money, schema};

/// What a tool answers: some words, and a document.
pub(super) type Answer = Result<(String, Json), Failure>;

/// How many combinations are shown where no number is asked for, and the most.
pub(super) const SHOWN: u64 = 40;
pub(super) const SHOWN_MAX: u64 = 1_000;

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Quote,
    Compare,
    Usage,
    BudgetStatus,
    Hold,
    Settle,
    Release,
}

impl Tool {
    pub(super) const ALL: [Tool; 7] = [
        Tool::Quote,
        Tool::Compare,
        Tool::Usage,
        Tool::BudgetStatus,
        Tool::Hold,
        Tool::Settle,
        Tool::Release,
    ];

    pub(super) fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Tool::Quote => "quote",
            Tool::Compare => "compare",
            Tool::Usage => "usage",
            Tool::BudgetStatus => "budget_status",
            Tool::Hold => "hold",
            Tool::Settle => "settle",
            Tool::Release => "release",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Tool::Quote => "Quote an image call",
            Tool::Compare => "Compare image calls",
            Tool::Usage => "Price a response",
            Tool::BudgetStatus => "Show the budget",
            Tool::Hold => "Hold a call's ceiling",
            Tool::Settle => "Book what a call cost",
            Tool::Release => "Give a hold's money back",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Tool::Quote => {
                "What an image-generation API call will cost, before it is made: floor, expected value and ceiling in \
                 USD, exact where the provider's rule is known. Parameters have the names of the API's."
            }
            Tool::Compare => {
                "What several ways to make a call cost, side by side. Each of model, provider, quality, size, n, tier \
                 and as_of takes a list, \"all\", or patterns such as gpt-image-*; without a model the current ones are \
                 compared."
            }
            Tool::Usage => {
                "What a call did cost, by the usage that its response reports. Give the model if the response does not \
                 name it."
            }
            Tool::BudgetStatus => "What is left of the budget, and what is held and spent.",
            Tool::Hold => {
                "Quotes a call and sets its ceiling aside in the budget. If it does not fit, nothing is held, the call \
                 must not be made, and the error says what would fit."
            }
            Tool::Settle => {
                "Books what a call cost that money is held for, by its response. A response without usage counts at the \
                 ceiling."
            }
            Tool::Release => "Gives back the money of a call that was not made.",
        }
    }

    /// The tool as clients list it.
    pub(super) fn described(self) -> Described {
        let is_reading = matches!(self, Tool::Quote | Tool::Compare | Tool::Usage | Tool::BudgetStatus);
        let hints =
            ToolAnnotations::from_raw(None, Some(is_reading), Some(false), Some(is_reading), Some(false));
        Described::new(self.name(), self.about(), schema::input(self))
            .with_title(self.title())
            .with_raw_output_schema(schema::output(self).into())
            .with_annotations(hints)
    }

    /// Does it.
    pub(super) fn call(self, shared: &Shared, arguments: Map<String, Json>) -> Answer {
        match self {
            Tool::Quote => quote(shared, &arguments),
            Tool::Compare => compare(shared, arguments),
            Tool::Usage => usage(shared, arguments),
            Tool::BudgetStatus => money::status(shared, arguments),
            Tool::Hold => money::hold(shared, arguments),
            Tool::Settle => money::settle(shared, arguments),
            Tool::Release => money::release(shared, arguments),
        }
    }
}

/// An argument that is a text, taken out.
pub(super) fn text(arguments: &mut Map<String, Json>, name: &'static str) -> Result<Option<String>, Failure> {
    match arguments.remove(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Failure::argument(name, "expected text")),
    }
}

fn document(document: &impl Serialize) -> Json {
    // Plain data always serialises.
    serde_json::to_value(document).unwrap_or_default()
}

fn quote(shared: &Shared, arguments: &Map<String, Json>) -> Answer {
    let quote = shared.estimator.quote(&shared.request(arguments)?)?;
    Ok((quote_words(&quote), document(&quote)))
}

fn quote_words(quote: &Quote) -> String {
    let (model, provider) = (quote.model(), quote.provider());
    let mut words = match quote.is_complete() {
        true => format!("{model} at {provider}: ${}", quote.total()),
        false => format!("{model} at {provider}: no ceiling, since something in it has no price"),
    };
    for note in quote.notes() {
        words.push('\n');
        words.push_str(&note.message);
    }
    words
}

fn compare(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let mut axes = Axes::default();
    let sort = text(&mut arguments, "sort")?.map(|sort| Sort::read(&sort)).transpose()?.unwrap_or_default();
    let limit = match arguments.remove("limit") {
        None | Some(Json::Null) => SHOWN,
        Some(limit) => limit.as_u64().filter(|limit| (1..=SHOWN_MAX).contains(limit)).ok_or_else(|| {
            Failure::argument("limit", format!("expected a whole number from 1 to {SHOWN_MAX}"))
        })?,
    };
    for param in Axes::PARAMS {
        let values = arguments.remove(param.as_str()).map(|value| values(&value)).unwrap_or_default();
        if !values.is_empty() {
            axes.take(param, &values)?;
        }
    }
    let comparison = shared.estimator.compare(&shared.request(&arguments)?, axes, &sort)?;
    let all = comparison.cells().len();
    let shown = comparison.first(usize::try_from(limit).unwrap_or(all));
    let mut words: Vec<String> =
        shown.cells().iter().map(|cell| line(cell, shown.is_cheapest(cell))).collect();
    if shown.cells().len() < all {
        words.push(format!("{} more: limit, up to {SHOWN_MAX}, shows them", all - shown.cells().len()));
    }
    Ok((words.join("\n"), document(&shown)))
}

/// A combination in a line.
fn line(cell: &Cell<'_>, is_cheapest: bool) -> String {
    let size = cell.size().map(|size| size.to_string());
    let of = [Some(cell.model()), Some(cell.provider()), cell.quality().map(|quality| quality.as_str())];
    let of: Vec<&str> = of.into_iter().flatten().chain(size.as_deref()).collect();
    let amount = match (cell.state(), cell.per_image()) {
        (State::Illegal(error), _) => error.message().to_owned(),
        (_, Some(total)) => format!("${total} an image"),
        (_, None) => cell.state().name().to_owned(),
    };
    format!("{}: {amount}{}", of.join(" "), if is_cheapest { ", the least" } else { "" })
}

/// One value or several, as text.
fn values(value: &Json) -> Vec<String> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(values) => values.iter().flat_map(self::values).collect(),
        Json::String(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        other => vec![other.to_string()],
    }
}

fn usage(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let body = money::response(&mut arguments)?;
    let charged: Charged = shared.estimator.charge(body, shared.request(&arguments)?)?;
    let mut words = format!("{} at {}: ${}", charged.model, charged.provider, charged.known_total());
    for note in &charged.notes {
        words.push('\n');
        words.push_str(&note.message);
    }
    Ok((words, document(&charged)))
}
