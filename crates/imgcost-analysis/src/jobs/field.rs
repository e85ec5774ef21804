//! What a column or key of a row may be: a parameter, or one of the ways to give its value that
//! only rows have.

use imgcost_core::read::shown;
use imgcost_core::{Code, Error, Param};

/// A column or key of a row, apart from its id and tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// A parameter.
    Param(Param),
    /// The prompt's text.
    Prompt,
    /// A file that holds the prompt.
    PromptFile,
    /// Prompt tokens for a row without a prompt.
    AssumePromptTokens,
    /// How often the call is made.
    Calls,
    /// The same as a share of all calls.
    Share,
}

impl Field {
    /// Those that are not parameters.
    const OTHERS: [Field; 5] =
        [Field::Prompt, Field::PromptFile, Field::AssumePromptTokens, Field::Calls, Field::Share];

    /// The field of a name. `image` is taken for `images`.
    #[must_use]
    pub fn named(name: &str) -> Option<Field> {
        Field::exactly(name).or_else(|| Field::exactly(&plain(name)))
    }

    fn exactly(name: &str) -> Option<Field> {
        Some(match name {
            "prompt" => Field::Prompt,
            "prompt_file" => Field::PromptFile,
            "assume_prompt_tokens" => Field::AssumePromptTokens,
            "calls" => Field::Calls,
            "share" => Field::Share,
            "image" => Field::Param(Param::Images),
            name => Field::Param(name.parse().ok()?),
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Field::Param(param) => param.as_str(),
            Field::Prompt => "prompt",
            Field::PromptFile => "prompt_file",
            Field::AssumePromptTokens => "assume_prompt_tokens",
            Field::Calls => "calls",
            Field::Share => "share",
        }
    }

    /// Its bit in a set of fields.
    pub(super) const fn bit(self) -> u64 {
        // A parameter more than these bits would share one with the prompt's.
        const { assert!(Param::NAMES.len() <= 59) };
        1 << match self {
            Field::Param(param) => param as u32,
            Field::Calls => 59,
            Field::Share => 60,
            Field::Prompt => 61,
            Field::PromptFile => 62,
            Field::AssumePromptTokens => 63,
        }
    }

    /// Whether it gives the prompt: a row has one of them.
    pub(super) const fn is_prompt(self) -> bool {
        matches!(self, Field::Prompt | Field::PromptFile | Field::Param(Param::PromptTokens))
    }
}

/// A name without what spreadsheets make of it: capitals, and blanks or hyphens in it.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Names of fewer letters are short.
const SHORT: usize = 6;

/// What people call a field that has another name, or that may be either of two.
const SYNONYMS: &[(&[&str], &[&str])] = &[
    (&["count", "number", "quantity", "qty", "volume"], &["calls", "n"]),
    (&["repeat", "requests", "times"], &["calls"]),
    (&["dimensions", "resolution"], &["size"]),
    (&["seller", "vendor"], &["provider"]),
    // Its former name is not like it.
    (&["batch_api"], &["tier"]),
];

/// A key or column that is no field, and what was probably meant; none where nothing is near: it is
/// a tag then.
pub(super) fn near(what: &str, named: &str) -> Option<Error> {
    let plain = plain(named);
    if let Some((_, fields)) = SYNONYMS.iter().find(|(names, _)| names.contains(&plain.as_str())) {
        let message = format!("there is no {what} '{}'; as a tag it is tag:{}", shown(named), shown(named));
        let error = Error::new(Code::BadInput, message).field(shown(named)).allowed(*fields);
        return Some(match fields.first() {
            Some(first) => error.nearest(*first),
            None => error,
        });
    }
    let error = unknown(what, named);
    let nearest = error.nearest_value()?;
    // A short word is a slip only of one that is as long: team is not stream.
    let is_short = plain.len() < SHORT && plain.len().abs_diff(nearest.len()) > 1;
    (!is_short).then_some(error)
}

/// A key or column that is no field, with the nearest one.
pub(crate) fn unknown(what: &str, named: &str) -> Error {
    let others = Field::OTHERS.map(Field::name);
    let known = Param::NAMES.iter().copied().chain(others).chain(["id", "tags"]);
    let as_tag =
        if what == "column" { format!("; as a tag it is tag:{}", shown(named)) } else { String::new() };
    let error = Error::new(Code::BadInput, format!("there is no {what} '{}'{as_tag}", shown(named)))
        .field(shown(named))
        .allowed(known);
    error.nearest_name(named)
}
