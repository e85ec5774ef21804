//! Whether published price maps have the same figure as a price of the quote.

use imgcost_core::{Item, Quote, QuoteLine, Tier};
use imgcost_pricing::Agreement;
use serde::Serialize;

/// What price maps have for a price.
#[derive(Serialize)]
pub(super) struct Maps {
    /// The day of the comparison.
    compared: &'static str,
    /// Maps with the same figure, which the book has from elsewhere.
    independent: Vec<&'static str>,
    /// Maps with the same figure that the book's row was taken from, or read in.
    inherited: Vec<&'static str>,
    /// Maps with another figure.
    differ: Vec<Other>,
}

#[derive(Serialize)]
struct Other {
    map: &'static str,
    usd: &'static str,
}

/// What price maps have for the price of a line; none where no map has it.
pub(super) fn of(quote: &Quote<'_>, line: &QuoteLine<'_>) -> Option<Maps> {
    let (model, row) = (quote.offer().model, line.price?.row);
    // A rate of one's own is nothing that a map could know.
    if row.reason.is_some() {
        return None;
    }
    let named = |item: &str| {
        let mut rows = model.price_rows().into_iter();
        rows.find(|listed| std::ptr::eq(listed.row, row) && listed.item == item)
    };
    let listed = match (line.item, quote.image_price()) {
        (Item::Image, Some(price)) => {
            let image = price.what_for();
            named(&image).or_else(|| named(&format!("{image}, first megapixel")))
        }
        _ => named(&format!("{}{}", tier(quote), words(line.item)?)),
    }?;
    let Agreement { compared, independent, inherited, differ, .. } =
        imgcost_pricing::agreement(&quote.offer().provider.id, &model.id, &listed.item, &listed.value)?;
    let differ = differ.into_iter().map(|(map, usd)| Other { map, usd }).collect();
    Some(Maps { compared, independent, inherited, differ })
}

/// How a list of prices begins the items of the quote's tier.
fn tier(quote: &Quote<'_>) -> String {
    match quote.request().tier {
        Tier::Standard => String::new(),
        tier => format!("{tier}: "),
    }
}

/// How a list of prices has an item.
fn words(item: Item) -> Option<&'static str> {
    Some(match item {
        Item::TextInput => "text input",
        Item::TextInputCached => "text input, cached",
        Item::ImageInput => "image input",
        Item::ImageInputCached => "image input, cached",
        Item::TextOutput => "text output",
        Item::ImageOutput | Item::PartialImages => "image output",
        Item::Call => "call",
        Item::Image | Item::ResponsesModel => return None,
    })
}

impl Maps {
    /// `agrees with 3 price maps, 2 of them independent (genai-prices, models.dev); compared 2026-11-30`
    pub(super) fn words(&self) -> String {
        let Maps { compared, independent, inherited, differ } = self;
        let mut parts = Vec::new();
        let all = independent.len() + inherited.len();
        let maps = if all == 1 { "price map" } else { "price maps" };
        match (independent.as_slice(), inherited.as_slice()) {
            ([], []) => {}
            ([], own) => parts.push(format!("agrees with no price map but its source ({})", own.join(", "))),
            (free, []) => parts.push(format!("agrees with {all} independent {maps} ({})", free.join(", "))),
            (free, _) => parts.push(format!(
                "agrees with {all} {maps}, {} of them independent ({})",
                free.len(),
                free.join(", ")
            )),
        }
        parts.extend(differ.iter().map(|other| format!("{} has {}", other.map, other.usd)));
        format!("{}; compared {compared}", parts.join("; "))
    }
}
