//! The parts of a `multipart/form-data` body that is in memory.
//!
//! A strict reader: what it takes for a part, every server takes for one, and whatever is
//! unusual or read differently by any of them is refused. A guard that reads a body otherwise
//! than the API does would quote another call. What clients send passes: names in quotes or
//! without, quotes in file names as `%22` or `\"`, a backslash in them as itself, and
//! `filename*` beside `filename`.

use std::fmt;

use imgcost_core::printable;
use memchr::memmem;

/// The most parts of a body: twice what any image call has.
const MOST_PARTS: usize = 128;
/// The most bytes of a part's headers.
const MOST_HEADERS: usize = 16 << 10;

/// One field of a form.
#[derive(PartialEq, Eq)]
pub(crate) struct Part<'b> {
    pub(crate) name: String,
    pub(crate) is_file: bool,
    pub(crate) content: &'b [u8],
}

/// Without the content, which may be the prompt.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = (&self.name, self.content.len());
        f.debug_struct("Part").field("name", name).field("bytes", &bytes).finish_non_exhaustive()
    }
}

/// The parts of a body with this content type.
pub(crate) fn parts<'b>(content_type: &str, body: &'b [u8]) -> Result<Vec<Part<'b>>, String> {
    let boundary = boundary(content_type)?;
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    let finder = memmem::Finder::new(&delimiter);
    let mut rest = body
        .strip_prefix(delimiter.get(2..).unwrap_or_default())
        .ok_or("it does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(b"--") {
            return match after {
                b"" | b"\r\n" => Ok(parts),
                _ => Err("something follows its last boundary".to_owned()),
            };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line's end")?;
        let end = finder.find(rest).ok_or("it breaks off inside a part")?;
        let part = rest.get(..end).unwrap_or_default();
        // Some servers take a lone line feed before a boundary for a line's end.
        if memmem::find(part, delimiter.get(2..).unwrap_or_default()).is_some() {
            return Err("a part contains the boundary".to_owned());
        }
        parts.push(one(part)?);
        if parts.len() > MOST_PARTS {
            return Err(format!("it has more than {MOST_PARTS} parts"));
        }
        rest = rest.get(end + delimiter.len()..).unwrap_or_default();
    }
}

/// The boundary that a content type names: 1 to 70 characters.
fn boundary(content_type: &str) -> Result<String, String> {
    let parameters = parameters(content_type.split_once(';').map_or("", |(_, parameters)| parameters))?;
    let boundary = value(&parameters, "boundary").ok_or("its content type names no boundary")?;
    match boundary.len() {
        1..=70 => Ok(boundary.to_owned()),
        length => Err(format!("its boundary has {length} characters; allowed: 1 to 70")),
    }
}

fn one(part: &[u8]) -> Result<Part<'_>, String> {
    let end = memmem::find(part, b"\r\n\r\n").ok_or("a part has no headers")?;
    if end > MOST_HEADERS {
        return Err(format!("the headers of a part have more than {MOST_HEADERS} bytes"));
    }
    let headers = part.get(..end).unwrap_or_default();
    let headers = std::str::from_utf8(headers).map_err(|_| "the headers of a part are not UTF-8")?;
    let content = part.get(end + 4..).unwrap_or_default();
    let mut found = None;
    for line in headers.split("\r\n") {
        // A lone line feed ends a header for some servers, and a leading space goes on with it.
        if line.starts_with([' ', '\t']) || line.contains(['\r', '\n', '\0']) {
            return Err("a header of a part is broken over lines".to_owned());
        }
        let (header, value) = line.split_once(':').ok_or("a part has a header without a colon")?;
        if header.eq_ignore_ascii_case("content-disposition") {
            let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
            if !kind.trim().eq_ignore_ascii_case("form-data") || found.is_some() {
                return Err("a part is no field of a form".to_owned());
            }
            found = Some(named(parameters)?);
        } else if header.eq_ignore_ascii_case("content-transfer-encoding") {
            let value = value.trim().to_ascii_lowercase();
            if !matches!(value.as_str(), "binary" | "8bit" | "7bit") {
                return Err("a part has a transfer encoding".to_owned());
            }
        } else if header.contains([' ', '\t']) {
            return Err("a header of a part has a space in its name".to_owned());
        }
    }
    let (name, is_file) = found.ok_or("a part has no name")?;
    Ok(Part { name, is_file, content })
}

/// The name of a part, and whether it is a file.
fn named(text: &str) -> Result<(String, bool), String> {
    let parameters = parameters(text)?;
    let plain = value(&parameters, "name");
    let name = match (plain, value(&parameters, "name*")) {
        (Some(_), Some(_)) => return Err("a part has both a name and a name*".to_owned()),
        (Some(plain), None) => plain.to_owned(),
        // Servers that know no extended notation do not see such a field. It can matter to none
        // if the name is one that could not be written plainly.
        (None, Some(name)) => extended(name)
            .filter(|name| !name.is_ascii())
            .ok_or("a part has a name* that is no name outside of ASCII in UTF-8")?,
        (None, None) => return Err("a part has no name".to_owned()),
    };
    let is_file = value(&parameters, "filename").or(value(&parameters, "filename*")).is_some();
    Ok((name, is_file))
}

fn value<'p>(parameters: &'p [(String, String)], wanted: &str) -> Option<&'p str> {
    parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The parameters of a header, by their names in lower case: each once, plain or in quotes.
fn parameters(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim_matches([' ', '\t', ';']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("a header has a parameter without a value")?;
        let name = name.to_ascii_lowercase();
        // Of `name*0=` and the like, some servers make one value.
        let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !is_plain(&name) && !matches!(name.as_str(), "name*" | "filename*") {
            return Err(format!("a header has the parameter '{}'", printable(&name)));
        }
        if found.iter().any(|(met, _)| *met == name) {
            return Err(format!("a header gives the parameter {name} twice"));
        }
        let (value, after) = value_of(after, name == "filename")?;
        found.push((name, value));
        rest = after.trim_start_matches([' ', '\t', ';']);
    }
    Ok(found)
}

/// A parameter's value, and what follows it.
fn value_of(text: &str, is_filename: bool) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) =
            text.split_at_checked(text.find(';').unwrap_or(text.len())).unwrap_or((text, ""));
        let value = value.trim_end();
        return match value.is_empty() || value.contains(['"', '\\', ' ', '\t']) {
            true => Err("a parameter of a header has a value that needs quotes".to_owned()),
            false => Ok((value.to_owned(), after)),
        };
    };
    let (value, after) = unquoted(quoted, is_filename)?;
    let after = after.trim_start_matches([' ', '\t']);
    if !after.is_empty() && !after.starts_with(';') {
        return Err("something stands between two parameters of a header".to_owned());
    }
    Ok((value, after))
}

/// A value up to its closing quote, and what follows that.
fn unquoted(quoted: &str, is_filename: bool) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        let after = quoted.get(at + 1..).unwrap_or_default();
        match (letter, after.chars().next()) {
            ('"', _) => return Ok((value, after)),
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                // Browsers send a backslash as itself, and some servers undo only the one
                // before a quote: so they may differ in where the value ends.
                let next = after.get(1..).unwrap_or_default();
                let ends = match escaped {
                    '"' => next.trim_start_matches([' ', '\t']).starts_with(';'),
                    _ => next.starts_with('"'),
                };
                if ends {
                    return Err("some servers read a parameter of a header as two".to_owned());
                }
                value.push(escaped);
                letters.next();
            }
            // Some servers drop it. A file's name is of no consequence.
            ('\\', _) if !is_filename => {
                return Err("some servers drop a backslash in a parameter of a header".to_owned());
            }
            (letter, _) => value.push(letter),
        }
    }
    Err("a parameter of a header has no closing quote".to_owned())
}

/// `utf-8''` and percent-encoded text.
fn extended(value: &str) -> Option<String> {
    let (charset, text) = value.split_once('\'')?;
    let (_language, text) = text.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut body = String::new();
        for (headers, content) in parts {
            body.push_str(&format!("--XX\r\n{headers}\r\n\r\n{content}\r\n"));
        }
        body.push_str("--XX--\r\n");
        body.into_bytes()
    }

    #[test]
    fn names_files_and_contents_are_read() {
        let body = form(&[
            ("Content-Disposition: form-data; name=\"prompt\"", "a fox\r\n--X"),
            (
                "content-type: image/png\r\ncontent-disposition: form-data; filename=\"a;b\\\"c.png\"; name=image[]",
                "\u{1}\r\n\r\n",
            ),
            ("Content-Disposition: form-data; name*=utf-8''m%C3%A4sk; filename*=UTF-8''%20", ""),
        ]);
        let parts = parts(TYPE, &body).unwrap();
        let seen: Vec<_> = parts.iter().map(|p| (p.name.as_str(), p.is_file, p.content)).collect();
        assert_eq!(
            seen,
            [
                ("prompt", false, &b"a fox\r\n--X"[..]),
                ("image[]", true, b"\x01\r\n\r\n"),
                ("mäsk", true, b"")
            ]
        );
    }

    #[test]
    fn a_quoted_boundary_and_an_empty_form_are_read() {
        assert_eq!(parts("multipart/form-data; charset=utf-8; Boundary=\"a b\"", b"--a b--"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_unusual_is_refused() {
        let whole = form(&[("Content-Disposition: form-data; name=\"a\"", "b")]);
        for end in 0..whole.len() - 4 {
            assert!(parts(TYPE, whole.get(..end).unwrap()).is_err(), "{end}");
        }
        for (headers, why) in [
            ("Content-Disposition: form-data", "no name"),
            ("Content-Disposition: attachment; name=a", "no field"),
            ("Content-Type: text/plain", "no name"),
            ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "transfer"),
            ("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "no field"),
            ("nonsense", "colon"),
        ] {
            let error = parts(TYPE, &form(&[(headers, "x")])).unwrap_err();
            assert!(error.contains(why), "{headers}: {error}");
        }
        for after in ["--", "\r\n--XX\r\nContent-Disposition: form-data; name=n\r\n\r\n10\r\n--XX--"] {
            assert!(parts(TYPE, &[whole.as_slice(), after.as_bytes()].concat()).is_err(), "{after}");
        }
        assert!(parts("multipart/form-data", b"--XX--").is_err());
        assert!(parts("multipart/form-data; boundary=", b"----").is_err());
        assert!(parts(TYPE, b"preamble\r\n--XX--").is_err());
    }
}
