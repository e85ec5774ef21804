//! A quote as one row: the columns of csv and tsv, for one quote and for a batch alike.
//!
//! A cell is empty where its value is unknown or does not apply, never zero.

use imgcost_core::{CeilingBasis, Estimate, InputImage, Item, Pixels, Size, Usd};

use super::Priced;

/// The columns, by the names of the JSON document.
pub(crate) const COLUMNS: &[&str] = &[
    "provider",
    "model",
    "as_of",
    "endpoint",
    "quality",
    "size",
    "n",
    "prompt_tokens",
    "images",
    "tier",
    "text_input_tokens_floor",
    "text_input_tokens_expected",
    "text_input_tokens_ceiling",
    "image_input_tokens_floor",
    "image_input_tokens_expected",
    "image_input_tokens_ceiling",
    "text_output_tokens_floor",
    "text_output_tokens_expected",
    "text_output_tokens_ceiling",
    "image_output_tokens_floor",
    "image_output_tokens_expected",
    "image_output_tokens_ceiling",
    "total_floor",
    "total_expected",
    "total_ceiling",
    "ceiling_basis",
    "currency",
    "per_image_list_price",
    "complete",
    "unpriced",
    "notes",
];

/// Takes the cells of a row, one after the other.
pub(crate) trait Row {
    /// A cell that needs no quotes: a number, or a word of the API or the price book.
    fn plain(&mut self, cell: &str);
    /// A cell of any text: names that a user's own price book may have brought.
    fn text(&mut self, cell: &str);
    /// Cells that are empty.
    fn empty(&mut self, count: usize);
}

impl Row for Vec<String> {
    fn plain(&mut self, cell: &str) {
        self.push(cell.to_owned());
    }

    fn text(&mut self, cell: &str) {
        self.plain(cell);
    }

    fn empty(&mut self, count: usize) {
        self.resize(self.len() + count, String::new());
    }
}

/// Writes the row of a quote, in the order of [`COLUMNS`]. `scratch` is used again from row
/// to row.
pub(crate) fn cells(priced: &Priced<'_>, scratch: &mut Scratch, row: &mut impl Row) {
    let Priced { quote, remarks } = priced;
    let (offer, request) = (quote.offer(), quote.request());
    row.text(&offer.provider.id);
    row.text(&offer.model.id);
    row.plain(scratch.date(offer.as_of));
    row.plain(request.endpoint.as_str());
    row.text(quote.quality().map_or("", |quality| quality.as_str()));
    row.plain(scratch.size(quote.chosen_size()));
    row.plain(scratch.count(u64::from(request.n)));
    match request.prompt {
        Some(prompt) => row.plain(scratch.count(prompt.tokens)),
        None => row.empty(1),
    }
    row.plain(scratch.images(&request.images));
    row.plain(request.tier.as_str());
    for item in [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput] {
        match quote.tokens(item) {
            Some(range) => tokens(&range, scratch, row),
            None => row.empty(3),
        }
    }
    let total = quote.total();
    for usd in [total.floor, total.expected, total.ceiling] {
        amount(usd, scratch, row);
    }
    row.plain(match total.basis {
        CeilingBasis::Proven => "proven",
        CeilingBasis::Assumed => "assumed",
    });
    row.plain("USD");
    amount(quote.per_image_list_price(), scratch, row);
    row.plain(if quote.is_complete() { "true" } else { "false" });
    row.plain(scratch.joined(quote.unpriced().map(Item::as_str)));
    row.plain(scratch.joined(quote.note_codes().chain(remarks.iter().map(|note| note.code))));
}

fn tokens(range: &Estimate<u64>, scratch: &mut Scratch, row: &mut impl Row) {
    row.plain(scratch.count(range.floor));
    match range.expected {
        Some(expected) => row.plain(scratch.count(expected)),
        None => row.empty(1),
    }
    row.plain(scratch.count(range.ceiling));
}

fn amount(usd: Option<Usd>, scratch: &mut Scratch, row: &mut impl Row) {
    match usd {
        Some(usd) => row.plain(scratch.usd(usd)),
        None => row.empty(1),
    }
}

/// Buffers for the cells that have to be written out, kept from row to row. The last amount
/// is remembered: most totals are exact, and then all three are the same.
#[derive(Default)]
pub(crate) struct Scratch {
    text: String,
    digits: itoa::Buffer,
    date: Option<imgcost_core::Date>,
    date_text: String,
    usd: Option<Usd>,
    usd_text: String,
}

impl Scratch {
    fn count(&mut self, value: u64) -> &str {
        self.digits.format(value)
    }

    fn date(&mut self, date: imgcost_core::Date) -> &str {
        if self.date != Some(date) {
            self.date = Some(date);
            self.date_text = date.to_string();
        }
        &self.date_text
    }

    fn usd(&mut self, usd: Usd) -> &str {
        if self.usd != Some(usd) {
            self.usd = Some(usd);
            self.usd_text.clear();
            write_usd(&mut self.usd_text, usd, &mut self.digits);
        }
        &self.usd_text
    }

    fn size(&mut self, size: Size) -> &str {
        match size {
            Size::Auto => "auto",
            Size::Exact(pixels) => {
                self.text.clear();
                self.pixels(pixels);
                &self.text
            }
        }
    }

    fn pixels(&mut self, pixels: Pixels) {
        self.text.push_str(self.digits.format(pixels.width()));
        self.text.push('x');
        self.text.push_str(self.digits.format(pixels.height()));
    }

    fn images(&mut self, images: &[InputImage]) -> &str {
        self.text.clear();
        for image in images {
            if !self.text.is_empty() {
                self.text.push(';');
            }
            match image {
                InputImage::Sized(size) => self.pixels(*size),
                InputImage::Unsized => self.text.push_str("unknown"),
            }
        }
        &self.text
    }

    fn joined<'w>(&mut self, words: impl Iterator<Item = &'w str>) -> &str {
        self.text.clear();
        for word in words {
            if !self.text.is_empty() {
                self.text.push(';');
            }
            self.text.push_str(word);
        }
        &self.text
    }
}

/// Writes an amount as its `Display` does, without the formatting machinery: a batch writes
/// millions of them.
fn write_usd(text: &mut String, usd: Usd, digits: &mut itoa::Buffer) {
    let decimal = usd.decimal();
    let (Ok(mut mantissa), mut scale) = (u64::try_from(decimal.mantissa()), decimal.scale()) else {
        // Larger than any call costs: the long way.
        text.push_str(&usd.to_string());
        return;
    };
    while scale > 0 && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        scale -= 1;
    }
    let written = digits.format(mantissa);
    let scale = usize::try_from(scale).unwrap_or(0);
    match written.len().checked_sub(scale).filter(|whole| *whole > 0) {
        Some(whole) => {
            let (whole, fraction) = written.split_at(whole);
            text.push_str(whole);
            if !fraction.is_empty() {
                text.push('.');
                text.push_str(fraction);
            }
        }
        None => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', scale - written.len()));
            text.push_str(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_they_display() {
        for text in [
            "0",
            "0.000000001",
            "0.10",
            "1",
            "10",
            "100.50",
            "999999.999999999",
            "0.065847",
            "1000000",
            "12.3456789",
        ] {
            let usd: Usd = text.parse().unwrap();
            for amount in [usd, usd.checked_mul(7).unwrap(), usd.checked_mul(1_000_000_000_000).unwrap()] {
                let mut written = String::new();
                write_usd(&mut written, amount, &mut itoa::Buffer::new());
                assert_eq!(written, amount.to_string());
            }
        }
    }
}
