//! `imgcost batch`: a quote for every row of a file, in one pass and constant memory.

mod json;
mod lines;
mod paths;
mod row;
mod separated;
mod sums;
mod write;

use std::io::{self, BufWriter, Read, Write};

use imgcost_core::{Book, Code, Date, Error, Offer, Usd};

use self::lines::{Lines, Next, ROW_MAX};
use self::paths::Paths;
use self::row::Row;
use self::separated::{Cells, Header};
use self::sums::Sums;
use self::write::{Tags, Writer};
use crate::args::BatchArgs;
use crate::failure::{End, Failure, bad_input, say, unless_gone};
use crate::inputs;
use crate::render::{Format, Priced};
use crate::request::{self, Given, Later};
use crate::settings::Settings;

/// How many offers are kept at hand.
const OFFERS_MAX: usize = 64;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Jsonl,
    Csv,
    Tsv,
}

/// Quotes every row.
pub(crate) fn batch(args: &BatchArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    let others = [&args.request.request, &args.request.prompt_file];
    if inputs::is_stdin(&args.file) && others.into_iter().flatten().any(|path| inputs::is_stdin(path)) {
        return Err(bad_input("file", "standard input can be the rows or the request, not both").into());
    }
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let book = request::book(&args.request.book, settings)?;
    let given = request::given(&args.request, settings, &book, &|_| {})?;
    let job = Job {
        book: &book,
        later: Later::read(&args.request, settings)?,
        paths: Paths::new(&args.file, args.allow_paths),
        given,
        capped: cap.is_some(),
    };
    let mut lines = Lines::new(inputs::open("file", &args.file)?);
    let input = input_format(args, &mut lines)?;
    let reader = reader(&mut lines, input, args)?;
    let tags = match &reader {
        Reader::Json => Tags::Json,
        Reader::Separated(header) => Tags::Columns(header.tags().map(str::to_owned).collect()),
    };
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut writer = Writer::new(out, format, tags)?;
    let sums = job.run(&mut lines, &reader, &mut writer, args)?;
    // All rows are priced: how they end does not depend on who reads on.
    if args.summary {
        unless_gone(writer.summary(&sums))?;
    }
    unless_gone(writer.finish())?;
    say(&format!("imgcost: {}", sums.words()));
    let complete = if sums.is_complete() { End::Done } else { End::Incomplete };
    Ok(complete.and(cap.map_or(End::Done, |cap| hold_against(&sums, cap))))
}

fn hold_against(sums: &Sums, cap: Usd) -> End {
    match sums.ceiling() {
        None => {
            say(&format!(
                "imgcost: over the cap of ${cap}: the rows have no known ceiling, as one has no price or no prompt"
            ));
            End::Over
        }
        Some(ceiling) => match ceiling.minus(cap).filter(|excess| *excess > Usd::ZERO) {
            None => End::Done,
            Some(excess) => {
                say(&format!(
                    "imgcost: over the cap of ${cap}: the rows may cost up to ${ceiling}, ${excess} more"
                ));
                End::Over
            }
        },
    }
}

/// The format that was said, else the file name's, else what the first byte looks like.
fn input_format(args: &BatchArgs, lines: &mut Lines<impl Read>) -> Result<Input, Error> {
    let extension = args.file.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    Ok(match (args.input_format.as_deref(), extension.as_deref()) {
        (Some("csv"), _) | (None, Some("csv")) => Input::Csv,
        (Some("tsv"), _) | (None, Some("tsv")) => Input::Tsv,
        (Some(_), _) | (None, Some("jsonl" | "ndjson" | "json")) => Input::Jsonl,
        _ => match lines.peek().map_err(|error| inputs::unreadable("file", &args.file, &error))? {
            Some(b'{' | b'[') | None => Input::Jsonl,
            Some(_) => Input::Csv,
        },
    })
}

/// How a line becomes a row.
enum Reader {
    Json,
    Separated(Header),
}

fn reader(lines: &mut Lines<impl Read>, input: Input, args: &BatchArgs) -> Result<Reader, Error> {
    let failed = |error: io::Error| inputs::unreadable("file", &args.file, &error);
    // A byte order mark is taken, whatever the format.
    lines.peek().map_err(failed)?;
    if input == Input::Jsonl {
        return Ok(Reader::Json);
    }
    lines.quotes_count();
    loop {
        return match lines.next().map_err(failed)? {
            Next::Row(range) if range.is_empty() => continue,
            Next::Row(range) => {
                let separator = if input == Input::Tsv { b'\t' } else { b',' };
                Ok(Reader::Separated(Header::read(lines.bytes(range), separator)?))
            }
            Next::TooLong => Err(bad_input(
                "header",
                format!("the header has more than {}", inputs::size_words(ROW_MAX as u64)),
            )),
            Next::End => Err(bad_input("header", format!("{} has no header", inputs::name(&args.file)))),
        };
    }
}

/// What holds for all rows.
struct Job<'b> {
    book: &'b Book,
    given: Given,
    later: Later,
    paths: Paths,
    capped: bool,
}

impl<'b> Job<'b> {
    fn run<R: Read, W: Write>(
        &self,
        lines: &mut Lines<R>,
        reader: &Reader,
        writer: &mut Writer<W>,
        args: &BatchArgs,
    ) -> Result<Sums, Failure> {
        let mut sums = Sums::new();
        let mut row = Row::new(&self.given.request);
        let mut cells = Cells::default();
        let mut offers = Offers { book: self.book, kept: Vec::new(), last: 0 };
        loop {
            let next = lines.next().map_err(|error| inputs::unreadable("file", &args.file, &error))?;
            row.reset(&self.given.request, lines.line());
            match next {
                Next::End => return Ok(sums),
                Next::TooLong => {
                    row.fail(Error::new(
                        Code::TooLarge,
                        format!("the row has more than {}", inputs::size_words(ROW_MAX as u64)),
                    ));
                }
                Next::Row(range) => {
                    let line = lines.bytes(range.clone());
                    if line.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    match reader {
                        Reader::Json => json::read(line, &mut row, &self.paths),
                        Reader::Separated(header) => {
                            let mut fits = header.row(line, &mut cells, &mut row, &self.paths);
                            // A quote may be open by mistake: the lines behind it are rows of their own.
                            if !fits && let Some(first) = lines.back_to_second_line(range) {
                                row.reset(&self.given.request, lines.line());
                                fits = header.row(lines.bytes(first), &mut cells, &mut row, &self.paths);
                                if !fits {
                                    let message = "a quote that opens on this line is not closed on it";
                                    row.error = Some(Error::new(Code::BadInput, message));
                                }
                            }
                        }
                    }
                }
            }
            self.result(&mut row, &mut offers, writer, &mut sums)?;
        }
    }

    /// Quotes a row and writes what came of it.
    fn result<W: Write>(
        &self,
        row: &mut Row,
        offers: &mut Offers<'b>,
        writer: &mut Writer<W>,
        sums: &mut Sums,
    ) -> Result<(), Failure> {
        let quoted = self.prepare(row, offers).and_then(|offer| {
            let offer: Offer<'_> = offer;
            let quote = offer.quote(&row.request)?;
            if self.capped {
                super::quote::needs_prompt(&quote).inspect_err(|_| sums.no_prompt())?;
            }
            Ok(quote)
        });
        match quoted {
            Ok(quote) => {
                sums.add(&quote);
                writer.quote(row, &Priced { quote: &quote, remarks: &row.remarks })
            }
            Err(error) => {
                sums.error();
                writer.error(row, &error)
            }
        }
    }

    /// Finds the row's offer and fills in what depends on it.
    fn prepare(&self, row: &mut Row, offers: &mut Offers<'b>) -> Result<Offer<'b>, Error> {
        if let Some(error) = row.error.take() {
            let offer = offers.find(&row.request.provider, &row.request.model, row.request.as_of).ok();
            return Err(crate::fields::with_range(error, offer.as_ref()));
        }
        let offer = offers.find(&row.request.provider, &row.request.model, row.request.as_of)?;
        if !row.endpoint_known && !self.given.endpoint_known {
            row.request.endpoint = request::default_endpoint(&offer, !row.request.images.is_empty());
        }
        row.remarks.extend(row.assumed.and_then(|tokens| request::assume(tokens, &mut row.request)));
        row.remarks.extend(self.later.apply(&offer, &mut row.request));
        Ok(offer)
    }
}

/// Offers at hand: rows of a file are mostly of few models.
struct Offers<'b> {
    book: &'b Book,
    kept: Vec<(String, String, Date, Offer<'b>)>,
    last: usize,
}

impl<'b> Offers<'b> {
    fn find(&mut self, provider: &str, model: &str, day: Date) -> Result<Offer<'b>, Error> {
        let same =
            |kept: &(String, String, Date, Offer<'b>)| kept.1 == model && kept.0 == provider && kept.2 == day;
        if let Some(kept) = self.kept.get(self.last).filter(|kept| same(kept)) {
            return Ok(kept.3);
        }
        if let Some(index) = self.kept.iter().position(same) {
            self.last = index;
            return self
                .kept
                .get(index)
                .map(|kept| kept.3)
                .ok_or_else(|| Error::new(Code::BadInput, "no offer"));
        }
        let offer = self.book.offer(provider, model, day)?;
        if self.kept.len() >= OFFERS_MAX {
            self.kept.clear();
        }
        self.last = self.kept.len();
        self.kept.push((provider.to_owned(), model.to_owned(), day, offer));
        Ok(offer)
    }
}
