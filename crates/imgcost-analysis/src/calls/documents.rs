//! The documents of a log, one after the other: a line each, or, where they go on over several
//! lines or stand in a list, an object each.

use std::io::{self, BufRead, Read as _};

/// A document that was read.
pub(super) enum Next {
    /// It is in the buffer.
    Document,
    /// It has more bytes than are kept.
    TooLong,
    /// There is none left.
    End,
}

/// How documents are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Objects,
    /// All of it is one.
    Whole,
}

/// Reads documents, each bounded.
#[derive(Debug)]
pub(super) struct Documents<R> {
    reader: R,
    form: Option<Form>,
    most: usize,
    /// The line on which the last document began.
    pub(super) line: u64,
    /// The line that is read next.
    next_line: u64,
}

impl<R: BufRead> Documents<R> {
    pub(super) fn new(reader: R, most: usize) -> Documents<R> {
        Documents { reader, form: None, most, line: 0, next_line: 1 }
    }

    /// The same, where all of it is one document.
    pub(super) fn whole(self) -> Documents<R> {
        Documents { form: Some(Form::Whole), ..self }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.form == Some(Form::Whole)
    }

    /// Reads the next document into the buffer; of one that is too long nothing is kept.
    pub(super) fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Next> {
        buffer.clear();
        let form = match self.form {
            Some(form) => form,
            None => self.recognise()?,
        };
        self.form = Some(form);
        match form {
            Form::Lines => self.next_line(buffer),
            Form::Objects => self.next_object(buffer),
            Form::Whole => self.all(buffer),
        }
    }

    fn all(&mut self, buffer: &mut Vec<u8>) -> io::Result<Next> {
        self.line = 1;
        let most = u64::try_from(self.most).unwrap_or(u64::MAX);
        self.reader.by_ref().take(most.saturating_add(1)).read_to_end(buffer)?;
        match buffer.len() {
            0 => Ok(Next::End),
            length if length > self.most => {
                *buffer = Vec::new();
                io::copy(&mut self.reader, &mut io::sink())?;
                Ok(Next::TooLong)
            }
            _ => Ok(Next::Document),
        }
    }

    /// A list, or a first line that is the beginning of an object only, goes by objects.
    fn recognise(&mut self) -> io::Result<Form> {
        if self.reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.reader.consume(3);
        }
        loop {
            let head = self.reader.fill_buf()?;
            let Some(first) = head.iter().position(|byte| !byte.is_ascii_whitespace()) else {
                let blank = head.len();
                self.next_line += newlines(head);
                if blank == 0 {
                    return Ok(Form::Lines);
                }
                self.reader.consume(blank);
                continue;
            };
            let rest = head.get(first..).unwrap_or_default();
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
            let by_objects = rest.starts_with(b"[") || line == b"{";
            return Ok(if by_objects { Form::Objects } else { Form::Lines });
        }
    }

    fn next_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<Next> {
        self.line = self.next_line;
        self.next_line += 1;
        let most = u64::try_from(self.most).unwrap_or(u64::MAX).saturating_add(1);
        if self.reader.by_ref().take(most).read_until(b'\n', buffer)? == 0 {
            return Ok(Next::End);
        }
        if buffer.len() > self.most && buffer.last() != Some(&b'\n') {
            *buffer = Vec::new();
            self.reader.skip_until(b'\n')?;
            return Ok(Next::TooLong);
        }
        Ok(Next::Document)
    }

    /// An object, from its brace to the one that closes it. Between two of them is a comma, or a
    /// bracket of the list; anything else there is a document that is none.
    fn next_object(&mut self, buffer: &mut Vec<u8>) -> io::Result<Next> {
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        let mut too_long = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                // An object that is not closed is told as what it is: no JSON.
                return Ok(if buffer.is_empty() { Next::End } else { Next::Document });
            }
            let mut taken = 0;
            let mut closed = false;
            for byte in chunk {
                taken += 1;
                self.next_line += u64::from(*byte == b'\n');
                if depth == 0 && *byte != b'{' {
                    let is_between = byte.is_ascii_whitespace() || b",[]".contains(byte);
                    match (is_between, buffer.is_empty()) {
                        (true, true) => {}
                        (true, false) => closed = true,
                        (false, is_first) => {
                            if is_first {
                                self.line = self.next_line;
                            }
                            buffer.extend((buffer.len() < self.most).then_some(*byte));
                        }
                    }
                    if closed {
                        break;
                    }
                    continue;
                }
                if depth == 0 {
                    self.line = self.next_line;
                }
                if buffer.len() < self.most {
                    buffer.push(*byte);
                } else {
                    too_long = true;
                }
                match *byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_text => escaped = true,
                    b'"' => in_text = !in_text,
                    b'{' if !in_text => depth += 1,
                    b'}' if !in_text => {
                        depth -= 1;
                        closed = depth == 0;
                    }
                    _ => {}
                }
                if closed {
                    break;
                }
            }
            self.reader.consume(taken);
            if closed {
                if too_long {
                    *buffer = Vec::new();
                    return Ok(Next::TooLong);
                }
                return Ok(Next::Document);
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, most: usize) -> Vec<(u64, Option<String>)> {
        let reader = io::BufReader::with_capacity(3, text.as_bytes());
        let mut documents = Documents::new(reader, most);
        let (mut buffer, mut all) = (Vec::new(), Vec::new());
        loop {
            match documents.next(&mut buffer).unwrap() {
                Next::End => return all,
                Next::TooLong => all.push((documents.line, None)),
                Next::Document => {
                    let text = String::from_utf8(buffer.clone()).unwrap().trim().to_owned();
                    all.push((documents.line, Some(text)));
                }
            }
        }
    }

    #[test]
    fn lines_lists_and_objects_over_lines_are_the_same_documents() {
        let expected = [r#"{"a":"}\"{"}"#, r#"{"b":[{}]}"#];
        let [one, two] = expected;
        for (text, lines) in [
            (format!("{one}\n{two}\n"), [1, 2]),
            (format!("\u{feff}[{one},\n\n {two}]\n"), [1, 3]),
            (format!("\n[\n{one}\n,{two}"), [3, 4]),
        ] {
            let read = read(&text, 100);
            let found: Vec<_> = read.iter().filter(|(_, text)| text.as_deref() != Some("")).collect();
            let texts: Vec<&str> = found.iter().filter_map(|(_, text)| text.as_deref()).collect();
            assert_eq!(texts, expected, "{text}");
            assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines, "{text}");
        }
        let pretty = "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n";
        assert_eq!(read(pretty, 100).len(), 2);
    }

    #[test]
    fn a_long_document_is_passed_over_alone() {
        let long = "x".repeat(50);
        for text in [format!("{{\"a\":\"{long}\"}}\n{{}}\n"), format!("[{{\"a\":\"{long}\"}},{{}}]")] {
            assert_eq!(
                read(&text, 20).iter().map(|(_, text)| text.is_some()).collect::<Vec<_>>(),
                [false, true]
            );
        }
        assert_eq!(read("[{\"a\":", 20), [(1, Some("{\"a\":".to_owned()))]);
    }

    #[test]
    fn what_is_no_object_in_a_list_is_not_passed_over() {
        let found = read("[7,\n\"x\", {}]", 20);
        let texts: Vec<&str> = found.iter().filter_map(|(_, text)| text.as_deref()).collect();
        assert_eq!(texts, ["7", "\"x\"", "{}"]);
    }
}
