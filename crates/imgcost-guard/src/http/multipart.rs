//! The parts of a `multipart/form-data` body that is in memory.
//!
//! A strict reader: what it takes for a part, every server takes for one, and whatever is
//! unusual is refused. A guard that reads a body otherwise than the API does would quote
//! another call.

use std::fmt;

use memchr::memmem;

/// The most parts of a body: twice what any image call has.
const MOST_PARTS: usize = 128;
/// The most bytes of a part's headers.
const MOST_HEADERS: usize = 16 << 10;

/// One field of a form.
#[derive(PartialEq, Eq)]
pub(super) struct Part<'b> {
    pub(super) name: String,
    pub(super) is_file: bool,
    pub(super) content: &'b [u8],
}

/// Without the content, which may be the prompt.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = (&self.name, self.content.len());
        f.debug_struct("Part").field("name", name).field("bytes", &bytes).finish_non_exhaustive()
    }
}

/// The parts of a body with this content type.
pub(super) fn parts<'b>(content_type: &str, body: &'b [u8]) -> Result<Vec<Part<'b>>, String> {
    let boundary = boundary(content_type)?;
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    let finder = memmem::Finder::new(&delimiter);
    let mut rest = body
        .strip_prefix(delimiter.get(2..).unwrap_or_default())
        .ok_or("it does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line's end")?;
        let end = finder.find(rest).ok_or("it breaks off inside a part")?;
        let part = rest.get(..end).unwrap_or_default();
        parts.push(one(part)?);
        if parts.len() > MOST_PARTS {
            return Err(format!("it has more than {MOST_PARTS} parts"));
        }
        rest = rest.get(end + delimiter.len()..).unwrap_or_default();
    }
}

/// The boundary that a content type names: 1 to 70 characters.
fn boundary(content_type: &str) -> Result<String, String> {
    let parameters = content_type.split_once(';').map_or("", |(_, parameters)| parameters);
    let boundary = parameter(parameters, "boundary").ok_or("its content type names no boundary")?;
    match boundary.len() {
        1..=70 => Ok(boundary),
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
        let (header, value) = line.split_once(':').ok_or("a part has a header without a colon")?;
        if header.eq_ignore_ascii_case("content-disposition") {
            let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
            if !kind.trim().eq_ignore_ascii_case("form-data") || found.is_some() {
                return Err("a part is no field of a form".to_owned());
            }
            let name = parameter(parameters, "name").ok_or("a part has no name")?;
            let is_file = parameter(parameters, "filename").is_some();
            found = Some((name, is_file));
        } else if header.eq_ignore_ascii_case("content-transfer-encoding") {
            let value = value.trim().to_ascii_lowercase();
            if !matches!(value.as_str(), "binary" | "8bit" | "7bit") {
                return Err("a part has a transfer encoding".to_owned());
            }
        }
    }
    let (name, is_file) = found.ok_or("a part has no name")?;
    Ok(Part { name, is_file, content })
}

/// A parameter of a header, plain, in quotes, or in the extended notation.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (name, value) = rest.split_once('=')?;
        let (value, after) = value_of(value)?;
        let name = name.trim();
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        if name.strip_suffix('*').is_some_and(|name| name.eq_ignore_ascii_case(wanted)) {
            return extended(&value);
        }
        rest = after;
    }
}

/// A parameter's value, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end)?;
        return Some((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            // Browsers write a backslash as itself, mail programs escape by it.
            '\\' => match letters.clone().next() {
                Some((_, escaped @ ('"' | '\\'))) => {
                    value.push(escaped);
                    letters.next();
                }
                _ => value.push('\\'),
            },
            letter => value.push(letter),
        }
    }
    None
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
        assert!(parts("multipart/form-data", b"--XX--").is_err());
        assert!(parts("multipart/form-data; boundary=", b"----").is_err());
        assert!(parts(TYPE, b"preamble\r\n--XX--").is_err());
    }
}
