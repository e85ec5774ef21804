//! A file of a bill: one page, a list of pages, pages one after the other, or the table that the
//! dashboard exports.

use std::io::Read;

use imgcost_core::Error;

use super::pages::Page;
use super::table;
use crate::input::{self, bad_input};

/// The most bytes of a file.
const FILE_MAX: u64 = 64 << 20;

/// Reads a file of pages.
pub(super) fn read(field: &str, name: &str, input: impl Read) -> Result<Vec<Page>, Error> {
    let bytes = input::bytes(field, name, input, FILE_MAX)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let bad = |why: String| {
        let accepted = "pages of OpenAI's usage or costs API (JSON), or the CSV or TSV file that its \
                        dashboard exports";
        bad_input(field, format!("{name} is no bill ({why}): expected {accepted}"))
    };
    let json = |error: serde_json::Error| bad(error.to_string());
    let pages: Vec<Page> = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(bytes).map_err(json)?,
        Some(b'{') => {
            let pages = serde_json::Deserializer::from_slice(bytes).into_iter::<Page>();
            pages.collect::<Result<_, _>>().map_err(json)?
        }
        None => return Err(bad("it is empty".to_owned())),
        Some(_) => match table::read(field, name, bytes)? {
            Some(page) => vec![page],
            None => return Err(bad("neither JSON nor a table with start_time".to_owned())),
        },
    };
    if pages.is_empty() {
        return Err(bad("it has no page".to_owned()));
    }
    Ok(pages)
}
