//! How the price of an image is chosen, in words with the numbers.

use imgcost_core::rules::megapixels;
use imgcost_core::{ImagePrice, InputImage, Pixels, Quote, SizeClass};

use crate::report::grouped;

/// The images of a call at a price each.
pub(super) fn price(quote: &Quote<'_>) -> Vec<String> {
    let mut steps = match (quote.image_price(), quote.size()) {
        (Some(price), Some(size)) => chosen(quote, price, size),
        _ => Vec::new(),
    };
    steps.push(format!("n = {} images", quote.request().n));
    steps
}

/// Why a row is the price of a size, where that takes a word.
fn chosen(quote: &Quote<'_>, price: &ImagePrice, size: Pixels) -> Vec<String> {
    let mut steps = Vec::new();
    if price.class.is_some() {
        steps.extend(quote.offer().family.limits.rule.size_class(size).map(|class| class_words(size, class)));
    }
    if let (Some(further), Some(usd), Some(begun)) =
        (price.further_megapixel, price.of_area(size.area()), megapixels::begun(size.area(), price.megapixel))
    {
        let more = begun.saturating_sub(1);
        steps.push(format!(
            "{}: {} + {} × {further} = ${usd} each",
            begun_words(size, price),
            price.usd,
            grouped(more)
        ));
    }
    steps
}

/// Which class of sizes a size lies in.
pub(super) fn class_words(size: Pixels, class: &SizeClass) -> String {
    let (area, most) = (grouped(size.area()), grouped(class.max_pixels));
    format!("{size} has {area} pixels: size class {}, up to {most}", class.name)
}

fn begun_words(size: Pixels, price: &ImagePrice) -> String {
    let begun = megapixels::begun(size.area(), price.megapixel).unwrap_or(0);
    let (area, megapixel) = (grouped(size.area()), grouped(price.megapixel));
    format!("{size} has {area} pixels, {} begun of {megapixel} each", grouped(begun))
}

/// Input images that are billed by the megapixel.
pub(super) fn inputs(quote: &Quote<'_>) -> Vec<String> {
    let request = quote.request();
    let words = |image: &InputImage| match (image, quote.image_price()) {
        (InputImage::Sized(size), Some(price)) => begun_words(*size, price),
        (InputImage::Sized(size), None) => format!("{size}: by the megapixel begun"),
        (InputImage::Unsized, _) => "an image of unknown size: one megapixel at least".to_owned(),
    };
    let mut steps: Vec<String> = request.images.iter().map(words).collect();
    if request.n > 1 {
        steps.push(format!("once, or for each of n = {} images", request.n));
    }
    steps
}
