//! Files of jobs, as a program reads them that has no files.

use std::io::{self, Read};

use imgcost_analysis::jobs::{
    Defaults, Files, Format, JobFile, JobRow, NoFiles, Outside, RowResolver, Splitter,
};
use imgcost_core::{Code, Date, Endpoint, Error, Prompt, Request};
use imgcost_wire::Measured;

const TODAY: Date = Date::constant(2026, 11, 21);

/// Files that are made up.
struct Made;

impl Files for Made {
    fn image(&self, _: &str, name: &str) -> Result<Measured, Error> {
        Ok(Measured { size: "640x480".parse().unwrap(), turned: name == "turned.jpg" })
    }

    fn prompt(&self, name: &str) -> Result<Prompt, Error> {
        Ok(imgcost_wire::counted(name))
    }
}

fn resolver() -> RowResolver<'static> {
    let defaults = Defaults::new(Request::new("openai", "", TODAY), "add the column model");
    RowResolver::new(imgcost_pricing::book(), defaults)
}

/// The rows of a text with what came of each.
fn rows(text: &str, format: Option<Format>, files: Box<dyn Files>) -> Vec<(Request, Result<(), Error>)> {
    let mut resolver = resolver();
    let outside = Outside::new(TODAY, files);
    let mut file = JobFile::new("jobs", text.as_bytes(), format, outside).unwrap();
    let (mut row, mut found) = (JobRow::new(resolver.defaults()), Vec::new());
    while file.next(resolver.defaults(), &mut row).unwrap() {
        let outcome = resolver.prepare(&mut row).map(|_| ());
        found.push((row.request.clone(), outcome));
    }
    found
}

#[test]
fn every_format_reads_the_same_job() {
    let texts = [
        ("model,quality,n,prompt\ngpt-image-2,low,2,hello world\n", None, Format::Csv),
        ("model\tquality\tn\tprompt\ngpt-image-2\tlow\t2\thello world\n", Some(Format::Tsv), Format::Tsv),
        (
            r#"{"model": "gpt-image-2", "quality": "low", "n": 2, "prompt": "hello world"}"#,
            None,
            Format::Jsonl,
        ),
        (
            "[defaults]\nmodel = 'gpt-image-2'\n[[job]]\nquality = 'low'\nn = 2\nprompt = 'hello world'\n",
            Some(Format::Toml),
            Format::Toml,
        ),
    ];
    for (text, told, format) in texts {
        let told = rows(text, told, Box::new(NoFiles));
        assert_eq!(told, rows(text, Some(format), Box::new(NoFiles)), "{text}");
        let [(request, Ok(()))] = told.as_slice() else { panic!("{text}: {told:?}") };
        assert_eq!((request.model.as_str(), request.n), ("gpt-image-2", 2), "{text}");
        assert_eq!(request.prompt.map(|prompt| prompt.tokens), Some(2), "{text}");
    }
}

#[test]
fn files_that_rows_name_are_opened_by_the_caller_alone() {
    let text = "model,images,prompt_file\ngpt-image-2,turned.jpg;32x32,p.txt\ngpt-image-2,32x32,\n";
    let made = rows(text, None, Box::new(Made));
    let (request, outcome) = &made[0];
    assert!(outcome.is_ok() && request.endpoint == Endpoint::Edits);
    assert_eq!((request.images.len(), request.prompt.is_some()), (2, true));

    let refused = rows(text, None, Box::new(NoFiles));
    assert_eq!(refused[0].1.as_ref().unwrap_err().field_name(), Some("images"));
    assert_eq!(refused[1], made[1], "a size is no file");
}

#[test]
fn today_is_the_caller_s() {
    let found = rows("model,as_of\ngpt-image-2,today\n", None, Box::new(NoFiles));
    assert_eq!(found[0].0.as_of, TODAY);
}

#[test]
fn a_row_without_a_model_is_told_how_to_name_one() {
    let found = rows("quality\nlow\n", None, Box::new(NoFiles));
    let error = found[0].1.as_ref().unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NoModel, "no model is named: add the column model"));
}

#[test]
fn an_input_that_fails_is_named() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut rows = Splitter::of_lines("jobs.csv", "a\nb".as_bytes().chain(Broken));
    assert_eq!(rows.next().unwrap().unwrap().bytes, b"a");
    let error = rows.next().unwrap_err();
    assert_eq!(error.message(), "can't read jobs.csv: the disk is gone");
}
