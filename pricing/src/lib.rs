#![doc = include_str!("../README.md")]

use std::sync::LazyLock;

use imgcost_core::Book;

/// The price book, ready for use. A provider is read when it is first asked for, in some tens of
/// microseconds, and kept.
///
/// ```
/// let book = imgcost_pricing::book();
/// assert_eq!(book.provider("openai")?.title, "OpenAI");
/// # Ok::<(), imgcost_core::Error>(())
/// ```
#[must_use]
pub fn book() -> &'static Book {
    static UNPACKED: LazyLock<Book> = LazyLock::new(|| Book::unpack(include_bytes!("../book.bin")));
    &UNPACKED
}

/// A data file: its name below `pricing/`, and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../", $name)))),*] };
}

/// The files that the price book is made from: sources, families, and one for each provider.
pub const BOOK: &[File] = files![
    "sources.toml",
    "sources-providers.toml",
    "families.toml",
    "families-google.toml",
    "families-providers.toml",
    "providers/aihubmix.toml",
    "providers/alibaba-dashscope.toml",
    "providers/apimart.toml",
    "providers/apiyi.toml",
    "providers/aws-bedrock.toml",
    "providers/azure-foundry.toml",
    "providers/azure-openai.toml",
    "providers/bfl.toml",
    "providers/byteplus.toml",
    "providers/fal.toml",
    "providers/google-gemini-api.toml",
    "providers/google-vertex-ai.toml",
    "providers/ideogram.toml",
    "providers/laozhang.toml",
    "providers/new-api.toml",
    "providers/openai.toml",
    "providers/openrouter.toml",
    "providers/piapi.toml",
    "providers/replicate.toml",
    "providers/stability.toml",
    "providers/tencent.toml",
    "providers/wavespeed.toml",
    "providers/xai.toml",
];

/// Recorded usage of real calls.
pub const MEASURED: &[File] = files![
    "measured/azure-openai.toml",
    "measured/bills.toml",
    "measured/gpt-image-1.5.toml",
    "measured/gpt-image-1.toml",
    "measured/gpt-image-2.5.toml",
    "measured/gpt-image-2.toml",
    "measured/other-models.toml",
    "measured/relays-and-fixtures.toml",
    "measured/responses.toml",
];

/// How many calls of a provider were recorded, figures only, for tests of prices and dialects: those
/// of [`MEASURED`] that are real or probable, and the responses that `imgcost-wire` is tested with.
pub fn recorded_calls() -> impl Iterator<Item = (&'static str, u32)> {
    let rows = include_str!("../recorded.tsv").lines().filter_map(|line| line.split_once('\t'));
    rows.filter_map(|(provider, calls)| Some((provider, calls.parse().ok()?)))
}

/// What published price maps have for a price of the book, as `scripts/compare-price-maps` found it.
/// A map is left out where it does not have the price; maps that copy one another are one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreement {
    /// The day whose maps and prices were compared, `2026-11-30`.
    pub compared: &'static str,
    /// Maps with the same figure, which the book has from elsewhere.
    pub independent: Vec<&'static str>,
    /// Maps with the same figure, which the book has from them.
    pub inherited: Vec<&'static str>,
    /// Maps with another figure, and the figure.
    pub differ: Vec<(&'static str, &'static str)>,
}

/// What price maps have for a price by provider, model, what is paid for (as
/// [`PriceRow::item`](imgcost_core::PriceRow::item)) and amount.
///
/// ```
/// let agreement = imgcost_pricing::agreement("openai", "gpt-image-2", "image output", "30").unwrap();
/// assert!(agreement.independent.contains(&"litellm") && agreement.differ.is_empty());
/// ```
#[must_use]
pub fn agreement(provider: &str, model: &str, item: &str, usd: &str) -> Option<Agreement> {
    let mut lines = include_str!("../agreement.tsv").lines();
    let compared = lines.next()?.get(2..12)?;
    let cells = lines.find_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells.get(..4)? == [provider, model, item, usd]).then_some(cells)
    })?;
    let maps = |place: usize| cells.get(place).into_iter().flat_map(|cell| cell.split_whitespace());
    Some(Agreement {
        compared,
        independent: maps(4).collect(),
        inherited: maps(5).collect(),
        differ: maps(6).filter_map(|map| map.split_once('=')).collect(),
    })
}

/// The version of the data, which is the version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
