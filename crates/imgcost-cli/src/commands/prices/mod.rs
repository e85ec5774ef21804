//! `imgcost prices`: what the price book says, where from, and whether it is sound.

pub(super) mod init;
mod lint;
pub(super) mod pack;
mod row;
mod show;
mod sources;

use std::io::{self, Write};

use imgcost_core::{Code, Error};
use serde_json::{Map, Value};

use crate::args::{PricesCommand, PricesSchemaArgs};
use crate::failure::{End, Failure};
use crate::report::Output;
use crate::settings::Settings;

pub(super) use row::Dated;
pub(super) use sources::{Cited, cited, table as sources_table};

/// Runs a subcommand of `prices`.
pub(crate) fn prices(command: &PricesCommand, settings: &Settings, output: &Output) -> Result<End, Failure> {
    match command {
        PricesCommand::Show(args) => show::show(args, settings, output),
        PricesCommand::Lint(args) => lint::lint(args, output),
        PricesCommand::Sources(args) => sources::sources(args, settings, output),
        PricesCommand::Schema(args) => schema(args),
        // They write a text, and have done so by now.
        PricesCommand::Init(_) | PricesCommand::Pack(_) => Ok(End::Done),
    }
}

/// Prints a JSON Schema, or all of them by file name.
fn schema(args: &PricesSchemaArgs) -> Result<End, Failure> {
    let mut schemas: Map<String, Value> = imgcost_core::schemas().into_iter().collect();
    let document = match &args.name {
        None => Value::Object(schemas),
        Some(name) => {
            let file =
                if name.ends_with(".schema.json") { name.clone() } else { format!("{name}.schema.json") };
            schemas.remove(&file).ok_or_else(|| {
                let names = schemas.keys().map(|known| known.trim_end_matches(".schema.json").to_owned());
                Error::new(Code::BadInput, format!("there is no schema '{}'", crate::fields::shown(name)))
                    .field("name")
                    .allowed(names)
                    .nearest_name(name)
            })?
        }
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(End::Done)
}
