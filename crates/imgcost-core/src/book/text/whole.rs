//! A whole book as one file: its parts one after the other, each below a line with its name.

use super::{Book, BookErrors, File, Problem};

/// How a line begins that names the part below it. A comment in TOML, so that editors like it.
const PART: &str = "#:file ";

const HEAD: &str = "\
# A whole price book for imgcost, in USD: imgcost --book THIS-FILE, or IMGCOST_BOOK.
# Each part begins with a line '#:file NAME'. `imgcost prices pack` writes it.
";

/// A part and the line of the whole file above its first.
struct Part<'a> {
    file: File<'a>,
    above: u32,
}

/// One file of the files of a book: what [`Book::read_whole`] reads.
#[must_use]
pub fn pack(files: &[File<'_>]) -> String {
    let mut whole = HEAD.to_owned();
    for file in files {
        let end = if file.text.is_empty() || file.text.ends_with('\n') { "" } else { "\n" };
        whole.extend(["\n", PART, file.name, "\n", file.text, end]);
    }
    whole
}

impl Book {
    /// Reads and checks a whole book in one file, as [`pack`] writes it. It has the same digest and
    /// quotes the same as one that is read from its parts.
    ///
    /// # Errors
    /// Everything that is wrong in it, as [`Book::read`] has it, with the lines of the one file.
    pub fn read_whole(file: File<'_>) -> Result<Book, BookErrors> {
        let parts = parts(file)?;
        let files: Vec<File<'_>> = parts.iter().map(|part| part.file).collect();
        let book = Book::read(&files).map_err(|errors| placed(file.name, &parts, &errors))?;
        if book.providers.is_empty() {
            return Err(BookErrors::new(vec![Problem::new(file.name, 1, "the book has no provider")]));
        }
        Ok(book)
    }

    /// Reads a whole book, in one file, that takes the place of this one.
    ///
    /// # Errors
    /// As [`Book::read_whole`], and where its prices were last checked on an earlier day than this
    /// book's. [`Book::read_whole`] takes an older one.
    pub fn replaced_by(&self, file: File<'_>) -> Result<Book, BookErrors> {
        let book = Book::read_whole(file)?;
        let Some(newest) = book.providers().max_by_key(|provider| provider.checked) else { return Ok(book) };
        let own = self.checked();
        if newest.checked >= own {
            return Ok(book);
        }
        let part = book.files.get(usize::from(newest.location.file)).map_or("", String::as_str);
        let above =
            parts(file)?.into_iter().find(|other| other.file.name == part).map_or(0, |part| part.above);
        let message = format!(
            "its prices were last checked on {}, those of the built-in book on {own}: \
             take a newer one, or allow an older one",
            newest.checked
        );
        Err(BookErrors::new(vec![Problem::new(file.name, above + newest.location.line, message)]))
    }
}

/// The parts of a whole book.
fn parts(file: File<'_>) -> Result<Vec<Part<'_>>, BookErrors> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    let (mut offset, mut line) = (0_usize, 0_u32);
    for text in file.text.split_inclusive('\n') {
        line = line.saturating_add(1);
        if let Some(name) = text.strip_prefix(PART) {
            ends.push(offset);
            starts.push(offset + text.len());
            parts.push(Part { file: File::new(name.trim(), ""), above: line });
        }
        offset += text.len();
    }
    ends.push(file.text.len());
    for ((part, start), end) in parts.iter_mut().zip(starts).zip(ends.into_iter().skip(1)) {
        // The empty line above the next part is not of this one.
        let text = file.text.get(start..end).unwrap_or_default();
        part.file.text = if end < file.text.len() { text.strip_suffix('\n').unwrap_or(text) } else { text };
    }
    if !parts.is_empty() {
        return Ok(parts);
    }
    let message = match file.text.contains("\"imgcost.prices/1\"") {
        true => {
            "these are prices of one provider, to lay over a book: give the file with --prices; \
             a whole book is what `imgcost prices pack` writes"
        }
        false => "this is no price book: a whole book is one file, which `imgcost prices pack FOLDER` writes",
    };
    Err(BookErrors::new(vec![Problem::new(file.name, 1, message)]))
}

/// The problems of parts, with the lines of the one file.
fn placed(name: &str, parts: &[Part<'_>], errors: &BookErrors) -> BookErrors {
    let placed = errors.problems().iter().map(|problem| {
        let part = parts.iter().find(|part| part.file.name == problem.file);
        let line = problem.line.saturating_add(part.map_or(0, |part| part.above));
        let of = part.map_or_else(String::new, |part| format!(" ({})", part.file.name));
        Problem::new(name, line, format!("{}{of}", problem.message))
    });
    BookErrors::new(placed.collect())
}
