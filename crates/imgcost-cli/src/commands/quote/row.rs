//! A quote as one row: the columns of csv and tsv, for one quote and for a batch alike.
//!
//! A cell is empty where its value is unknown or does not apply, never zero.

use std::borrow::Cow;

use imgcost_analysis::Volume;
use imgcost_analysis::currency::Exchange;
use imgcost_core::{InputImage, Item, Usd};

use super::noted::{NotedQuote, total_in};
use crate::report::{Bounds, Column, ConvertedTotal, Only, Table, Value};
use crate::volume::Per;

/// The columns, by the names of the JSON document.
pub(crate) fn columns() -> [Column; 21] {
    [
        Column::name("provider"),
        Column::name("model"),
        Column::name("as_of"),
        Column::text("endpoint"),
        Column::text("quality"),
        Column::name("size"),
        Column::number("n"),
        Column::number("prompt_tokens"),
        Column::text("images"),
        Column::text("tier"),
        Column::estimate("text_input_tokens"),
        Column::estimate("image_input_tokens"),
        Column::estimate("text_output_tokens"),
        Column::estimate("image_output_tokens"),
        Column::estimate("total"),
        Column::text("ceiling_basis"),
        Column::text("currency"),
        Column::number("per_image_list_price"),
        Column::text("complete"),
        Column::text("unpriced"),
        Column::text("notes"),
    ]
}

/// The cells of a quote, in the order of [`columns`].
pub(crate) fn cells<'q>(priced: &NotedQuote<'q>) -> [Value<'q>; 21] {
    let NotedQuote { quote, remarks } = priced;
    let (offer, request) = (quote.offer(), quote.request());
    let total = quote.total();
    [
        offer.provider.id.as_str().into(),
        offer.model.id.as_str().into(),
        offer.as_of.into(),
        request.endpoint.as_str().into(),
        quote.quality().map(|quality| quality.as_str()).into(),
        quote.chosen_size().into(),
        request.n.into(),
        request.prompt.map(|prompt| prompt.tokens).into(),
        images(&request.images).into(),
        request.tier.as_str().into(),
        quote.tokens(Item::TextInput).into(),
        quote.tokens(Item::ImageInput).into(),
        quote.tokens(Item::TextOutput).into(),
        quote.tokens(Item::ImageOutput).into(),
        total.into(),
        total.basis.as_str().into(),
        "USD".into(),
        quote.per_image_list_price().into(),
        quote.is_complete().into(),
        joined(quote.unpriced().map(Item::as_str)).into(),
        joined(quote.note_codes().chain(remarks.iter().map(|note| note.code))).into(),
    ]
}

/// One quote as a table for programs, with its id and in another currency.
pub(super) fn table<'q>(
    priced: &NotedQuote<'q>,
    bill: Option<(Volume, Option<Per>, Bounds<Usd>)>,
    exchange: Option<&Exchange>,
) -> Table<'q> {
    let mut table = Table::new("Quote", columns()).only(Only::Data);
    table.columns.push(Column::name("id"));
    let mut row = Vec::from(cells(priced));
    row.push(priced.quote.id().into());
    if let Some((calls, per, total)) = bill {
        table.columns.extend([Column::number("calls"), Column::text("per"), Column::estimate("bill")]);
        row.extend([calls.into(), per.map(Per::as_str).into(), total.into()]);
    }
    if let Some(exchange) = exchange {
        table.columns.extend(ConvertedTotal::columns());
        row.extend(total_in(priced.quote, exchange).cells());
    }
    table.row(row);
    table
}

fn images(images: &[InputImage]) -> String {
    let word = |image: &InputImage| match image {
        InputImage::Sized(size) => size.to_string(),
        InputImage::Unsized => "unknown".to_owned(),
    };
    images.iter().map(word).collect::<Vec<_>>().join(";")
}

fn joined<'w>(mut words: impl Iterator<Item = &'w str>) -> Cow<'w, str> {
    let Some(first) = words.next() else { return Cow::Borrowed("") };
    words.fold(Cow::Borrowed(first), |joined, word| Cow::Owned(format!("{joined};{word}")))
}
