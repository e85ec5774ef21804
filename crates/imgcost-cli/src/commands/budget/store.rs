//! Where the ledger is: `--ledger`, then `IMGCOST_LEDGER`, then the settings file, then a file
//! in the user's data folder. Only `set` makes a ledger; elsewhere a missing one is an error.

use std::env;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use imgcost_core::Error;
use imgcost_ledger::{Ledger, SqliteLedger};

use super::Context;
use crate::args::LedgerArgs;
use crate::failure::{Failure, bad_input};
use crate::fields::shown;
use crate::settings::Key;
use crate::{clock, inputs};

/// Which ledger was asked for.
enum Place {
    /// A file; whether its folder is ours to make.
    File { path: PathBuf, is_default: bool },
    /// The address of a PostgreSQL server, which may hold a password.
    PostgreSql(String),
}

/// Opens the ledger that is there.
pub(super) fn open(args: &LedgerArgs, context: Context<'_>) -> Result<Box<dyn Ledger>, Failure> {
    there(place(args, context)?)
}

/// Opens the ledger that is there to look into it, which needs no right to write.
pub(super) fn open_to_read(args: &LedgerArgs, context: Context<'_>) -> Result<Box<dyn Ledger>, Failure> {
    read(place(args, context)?)
}

/// Opens the ledger that a flag names to look into it, if it is there.
pub(super) fn open_named(ledger: &Path) -> Result<Box<dyn Ledger>, Failure> {
    read(named(ledger.to_owned())?)
}

fn read(place: Place) -> Result<Box<dyn Ledger>, Failure> {
    match place {
        Place::File { path, .. } => Ok(Box::new(existing_to_read(&path)?)),
        Place::PostgreSql(address) => postgresql(&address),
    }
}

fn existing_to_read(path: &Path) -> Result<SqliteLedger, Failure> {
    is_there(path)?;
    Ok(SqliteLedger::options().clock(clock::of_ledgers()).open_to_read(path)?)
}

/// Opens the ledger that is there, which must be a file.
pub(super) fn open_file(args: &LedgerArgs, context: Context<'_>) -> Result<SqliteLedger, Failure> {
    match place(args, context)? {
        Place::File { path, .. } => existing_to_read(&path),
        Place::PostgreSql(_) => {
            let message = "the ledger is on a PostgreSQL server: back it up with pg_dump";
            Err(bad_input("ledger", message).allowed(["a file"]).into())
        }
    }
}

fn there(place: Place) -> Result<Box<dyn Ledger>, Failure> {
    match place {
        Place::File { path, .. } => Ok(Box::new(existing(&path)?)),
        Place::PostgreSql(address) => postgresql(&address),
    }
}

fn existing(path: &Path) -> Result<SqliteLedger, Failure> {
    is_there(path)?;
    file(path, false)
}

fn is_there(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    Err(Failure::NoLedger(format!(
        "there is no ledger at {}; imgcost budget set SCOPE USD makes one",
        inputs::name(path)
    )))
}

fn file(path: &Path, make: bool) -> Result<SqliteLedger, Failure> {
    Ok(SqliteLedger::options().clock(clock::of_ledgers()).create(make).open(path)?)
}

/// Opens the ledger, created if there is none.
pub(super) fn open_or_make(args: &LedgerArgs, context: Context<'_>) -> Result<Box<dyn Ledger>, Failure> {
    match place(args, context)? {
        Place::File { path, is_default } => {
            if is_default {
                make_folder(&path)?;
            }
            Ok(Box::new(file(&path, true)?))
        }
        Place::PostgreSql(address) => postgresql(&address),
    }
}

fn place(args: &LedgerArgs, context: Context<'_>) -> Result<Place, Error> {
    let named = args.ledger.clone().or_else(|| context.settings.get(Key::Ledger).map(PathBuf::from));
    let Some(path) = named else {
        return Ok(Place::File { path: default_path()?, is_default: true });
    };
    self::named(path)
}

fn named(path: PathBuf) -> Result<Place, Error> {
    let text = path.to_string_lossy();
    let is_server = ["postgres://", "postgresql://"].iter().any(|start| text.starts_with(start));
    if !is_server && is_like_an_address(&text) {
        // It may hold a password and is not repeated.
        let message = "ledger looks like an address, but is none of a ledger";
        return Err(bad_input("ledger", message).allowed(["a file", "postgres://…"]));
    }
    let scheme = path.to_str().and_then(|text| text.split_once("://")).map(|(scheme, _)| scheme);
    match scheme {
        Some("postgres" | "postgresql") => Ok(Place::PostgreSql(path.to_string_lossy().into_owned())),
        // The rest of the address may hold a password and is not repeated.
        Some(scheme) => {
            let message = format!("there are no ledgers at {}://", shown(scheme));
            Err(bad_input("ledger", message).allowed(["a file", "postgres://…"]))
        }
        None if path.as_os_str().is_empty() => {
            Err(bad_input("ledger", "ledger needs a value").allowed(["a file", "postgres://…"]))
        }
        None => Ok(Place::File { path, is_default: false }),
    }
}

/// Whether a text is more likely a server's address than a file's name: `key=value` pairs with a
/// password, or a word and a colon with an `@` behind it, as in `user:password@host`.
fn is_like_an_address(text: &str) -> bool {
    let squeezed: String = text.to_lowercase().split_whitespace().collect();
    if squeezed.contains("password=") {
        return true;
    }
    let Some((word, rest)) = text.split_once(':') else { return false };
    // A drive is one letter, and a folder may have an @ in its name.
    let is_drive = cfg!(windows) && word.len() == 1;
    let is_word = word.chars().all(|c| c.is_ascii_alphanumeric() || "+-._%".contains(c));
    !is_drive && is_word && rest.contains('@')
}

fn default_path() -> Result<PathBuf, Error> {
    let base = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env::home_dir().filter(|home| home.is_absolute());
    let base = base.or_else(|| home().map(|home| home.join(".local").join("share")));
    base.map(|base| base.join("imgcost").join("ledger.db"))
        .ok_or_else(|| bad_input("ledger", "there is no home folder for a ledger: name one with --ledger"))
}

/// Makes the data folder, for its owner only.
fn make_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let (store, why) = (inputs::name(path), format!("its folder can't be made: {error}"));
        imgcost_ledger::Error::Unavailable { store, why }.into()
    })
}

#[cfg(feature = "postgres")]
fn postgresql(address: &str) -> Result<Box<dyn Ledger>, Failure> {
    // One step at a time needs one connection.
    let mut options = imgcost_ledger::PostgresOptions::new().pool_size(1);
    if let Some(clock) = clock::of_servers() {
        options = options.clock(clock);
    }
    Ok(Box::new(options.connect(address)?))
}

#[cfg(not(feature = "postgres"))]
fn postgresql(_address: &str) -> Result<Box<dyn Ledger>, Failure> {
    let message = "this imgcost was built without PostgreSQL: build it with --features postgres";
    Err(bad_input("ledger", message).into())
}
