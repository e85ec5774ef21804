//! `imgcost prices init`: a commented file of prices of one's own, to fill in.

use std::collections::BTreeSet;

use imgcost_core::{
    Basis, Book, Code, Date, Error, ImagePrice, Item, Model, Offer, Provider, RateCard, Tier,
};

use crate::args::PricesInitArgs;
use crate::book::Names;
use crate::request;
use crate::settings::Settings;

/// What stands for a value that only the user knows: `prices lint` refuses it.
const FILL: &str = "FILL";
/// The family of a model of which only the price is known.
const UNKNOWN_FAMILY: &str = "images-any-size-both";
/// The column of comments.
const COMMENT_AT: usize = 40;

/// The items of a rate card, with their keys and what they are.
const RATED: [(Item, &str, &str); 6] = [
    (Item::TextInput, "text_input", "USD per million prompt tokens"),
    (Item::TextInputCached, "text_input_cached", "the same, cached"),
    (Item::ImageInput, "image_input", "USD per million tokens of input images"),
    (Item::ImageInputCached, "image_input_cached", "the same, cached"),
    (Item::TextOutput, "text_output", "USD per million text tokens in the output"),
    (Item::ImageOutput, "image_output", "USD per million tokens of the images made"),
];

/// What the file is made from.
struct Draft {
    text: String,
    day: Date,
}

/// The text of the file: the prices of today of a model that the book has, or of the one that
/// `--like` names, else a price per image to fill in.
pub(crate) fn file(args: &PricesInitArgs, settings: &Settings) -> Result<String, Error> {
    let book = request::book(&args.book, settings)?;
    let day = request::as_of(&args.book, settings)?;
    let provider = args.provider.as_deref().map(|name| (name, book.provider(name).ok()));
    let at = provider.and_then(|(_, known)| known);
    if let Some((name, None)) = provider
        && let Some(near) = imgcost_core::nearest_name(name, book.provider_names())
    {
        let shown = crate::fields::shown(name);
        crate::failure::say_note(&format!("no provider '{shown}' in the book; nearest: {near}"));
    }
    let own = match provider {
        Some((_, known)) => known.and_then(|provider| offered(&book, provider, &args.model)),
        None => anywhere(&book, &args.model),
    };
    let like = match &args.like {
        None => own,
        Some(name) => {
            let found = at.and_then(|provider| offered(&book, provider, name));
            Some(found.or_else(|| anywhere(&book, name)).ok_or_else(|| unknown(&book, name))?)
        }
    };
    let id = own.map_or(args.model.as_str(), |(_, model)| &model.id);
    let biller = match provider {
        Some((name, known)) => known.map_or(name, |provider| &provider.id),
        None => own.or(like).map_or(FILL, |(provider, _)| &provider.id),
    };
    let mut draft = Draft { text: String::new(), day };
    draft.head(id, biller, like.map(|(_, model)| model.id.as_str()));
    draft.model(id, own.is_some(), like.map(|(_, model)| model));
    match like.map(|(provider, model)| book.offer(&provider.id, &model.id, day)).transpose()? {
        Some(offer) => draft.rows_of(&offer)?,
        None => draft.image(None),
    }
    Ok(draft.text)
}

fn offered<'b>(book: &'b Book, provider: &'b Provider, name: &str) -> Option<(&'b Provider, &'b Model)> {
    let name = Names::of(book).model(name)?;
    Some((provider, provider.model(name)?))
}

/// A model at its usual provider, else at the first that has it.
fn anywhere<'b>(book: &'b Book, name: &str) -> Option<(&'b Provider, &'b Model)> {
    let name = Names::of(book).model(name)?;
    let first = || book.providers().find(|provider| provider.model(name).is_some());
    let provider = book.usual_provider(name).ok().or_else(first)?;
    Some((provider, provider.model(name)?))
}

fn unknown(book: &Book, name: &str) -> Error {
    let message = format!("no model '{}' in the price book", crate::fields::shown(name));
    let models: BTreeSet<&str> = Names::of(book).models().collect();
    Error::new(Code::UnknownModel, message).field("like").allowed(models).nearest_name(name)
}

impl Draft {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A key, and what it is.
    fn key(&mut self, key: &str, value: &str, comment: &str) {
        let pair = format!("{key} = \"{value}\"");
        self.line(&format!("{pair:<COMMENT_AT$}# {comment}"));
    }

    fn head(&mut self, id: &str, provider: &str, like: Option<&str>) {
        self.line(&format!("# Prices of your own for {id}, laid over the price book."));
        match like {
            Some(like) => {
                self.line(&format!(
                    "# The rows are those of {like} on {}: change what your provider asks.",
                    self.day
                ));
            }
            None => {
                self.line(&format!("# {id} is not in the price book: fill in what is marked {FILL}."));
                self.line("# Billed by tokens? Start from a model that counts alike:");
                let at = if provider == FILL { String::new() } else { format!(" -p {provider}") };
                self.line(&format!("#   imgcost prices init {id}{at} --like gpt-image-2"));
            }
        }
        self.line("# Check the file:  imgcost prices lint FILE");
        self.line(&format!("# Quote with it:   imgcost {id} --prices FILE   (or IMGCOST_PRICES=FILE)"));
        self.line("");
        self.line("schema = \"imgcost.prices/1\"");
        self.key("provider", provider, "who sends the bill; imgcost models lists those of the book");
        if like.is_some() {
            self.key("# discount", "20%", "off every built-in price of this provider, in place of rows");
        }
        self.line("");
    }

    fn model(&mut self, id: &str, is_known: bool, like: Option<&Model>) {
        self.line("[[model]]");
        self.key("id", id, "the name that requests use");
        if !is_known {
            let family = like.map_or(UNKNOWN_FAMILY, |model| &model.family);
            let basis = like.map_or(Basis::PerImage, |model| model.basis);
            let about =
                if like.is_some() { "whose limits and token rules it has" } else { "no limits are known" };
            self.key("family", family, about);
            self.key("basis", basis.as_str(), "what is billed: tokens, per-image or per-call");
        } else {
            self.key("# discount", "20%", "off every built-in price of this model, in place of rows");
        }
    }

    fn rows_of(&mut self, offer: &Offer<'_>) -> Result<(), Error> {
        match offer.model.basis {
            Basis::Tokens => {
                for &tier in Tier::ALL {
                    let cards: Vec<&RateCard> = offer.rates(tier).collect();
                    if !cards.is_empty() {
                        self.rates(tier, &cards);
                    }
                }
            }
            Basis::PerImage => offer.image_prices().for_each(|price| self.image(Some(price))),
            Basis::PerCall => {
                self.table("call");
                let usd = offer.call_price().map_or_else(|| FILL.to_owned(), |price| price.usd.to_string());
                self.key("usd", &usd, "USD for one call");
                self.dated();
            }
            Basis::Ratio => {
                let message = format!(
                    "{} bills {} by ratios of its gateway: give yours with --group-ratio, or its prices with --like MODEL",
                    offer.provider.id, offer.model.id
                );
                return Err(Error::new(Code::BadInput, message).field("model"));
            }
        }
        Ok(())
    }

    fn table(&mut self, name: &str) {
        self.line(&format!("\n[[model.{name}]]"));
    }

    fn rates(&mut self, tier: Tier, cards: &[&RateCard]) {
        self.table("rates");
        self.key("tier", tier.as_str(), &format!("one table for each of {}", Tier::NAMES.join(", ")));
        for (item, key, about) in RATED {
            if let Some(rate) = cards.iter().find_map(|card| card.rate(item)) {
                self.key(key, &rate.to_string(), about);
            }
        }
        self.dated();
    }

    fn image(&mut self, price: Option<&ImagePrice>) {
        self.table("image");
        let usd = price.map_or_else(|| FILL.to_owned(), |price| price.usd.to_string());
        let Some(price) = price else {
            self.key("usd", &usd, "USD for one image; one table for each price");
            self.key("# size", "1024x1024", "the only size that it is for");
            return self.dated();
        };
        let first = if price.further_megapixel.is_some() {
            "USD for the first megapixel"
        } else {
            "USD for one image"
        };
        self.key("usd", &usd, first);
        let quality = price.quality.as_ref().map(ToString::to_string);
        let optional = [
            ("quality", quality, "the quality that it is for"),
            ("size", price.size.map(|size| size.to_string()), "the size that it is for"),
            ("class", price.class.clone(), "the class of sizes that it is for"),
            (
                "further_megapixel",
                price.further_megapixel.map(|usd| usd.to_string()),
                "each further megapixel begun",
            ),
            (
                "input_megapixel",
                price.input_megapixel.map(|usd| usd.to_string()),
                "each megapixel of input images",
            ),
            ("input_image", price.input_image.map(|usd| usd.to_string()), "each input image"),
        ];
        for (key, value, about) in optional {
            if let Some(value) = value {
                self.key(key, &value, about);
            }
        }
        if price.further_megapixel.or(price.input_megapixel).is_some() {
            self.line(&format!("megapixel = {}", price.megapixel));
            if price.rounding_assumed {
                self.line("rounding_assumed = true");
            }
        }
        self.dated();
    }

    /// What every row ends with.
    fn dated(&mut self) {
        let day = self.day.to_string();
        self.key("from", &day, "the first day that it holds");
        self.key("reason", &format!("our prices, {day}"), "why yours differ; every quote shows it");
    }
}
