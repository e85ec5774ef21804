//! `imgcost run`, `imgcost proxy` and `imgcost mcp`: a program of its own, beside this one.
//!
//! TLS, an async runtime and a PostgreSQL driver take longer to build, and to start, than all of this
//! command.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The commands that it has.
pub(super) const COMMANDS: [&str; 3] = ["run", "proxy", "mcp"];
const PROGRAM: &str = "imgcost-proxy";
/// An input can't be read, or the arguments can't be accepted.
const USAGE: u8 = 2;

/// The words for that program, if it is meant: as they were typed, options before the command's name
/// behind it.
pub(crate) fn words(typed: &[OsString], at: usize) -> Option<Vec<OsString>> {
    let name = typed.get(at)?.to_str()?;
    let asked = || typed.get(at + 1)?.to_str().filter(|asked| COMMANDS.contains(asked));
    match name {
        "help" => return Some(vec![asked()?.into(), "--help".into()]),
        "man" => return Some(vec!["man".into(), asked()?.into()]),
        _ => {}
    }
    if !COMMANDS.contains(&name) {
        return None;
    }
    let (before, rest) = typed.split_at(at);
    let mut words = vec![OsString::from(name)];
    words.extend(before.iter().cloned());
    match rest.get(1..) {
        Some([help]) if help == "help" => words.push("--help".into()),
        rest => words.extend(rest.into_iter().flatten().cloned()),
    }
    Some(words)
}

/// An option of one of its commands.
pub(super) struct Flag {
    pub(super) long: String,
    pub(super) short: Option<char>,
    pub(super) takes_value: bool,
    pub(super) help: String,
}

/// The options of a command, as that program lists them; none where it is not there.
pub(super) fn flags(command: &str) -> Vec<Flag> {
    let Ok(output) = Command::new(program()).args(["options", command]).output() else { return Vec::new() };
    let read = |line: &str| {
        let mut fields = line.splitn(4, '\t').map(str::to_owned);
        Some(Flag {
            long: fields.next()?,
            short: fields.next()?.chars().next(),
            takes_value: fields.next()? == "true",
            help: fields.next()?,
        })
    };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(read).collect()
}

/// The program beside this one, else the one on the path.
fn program() -> PathBuf {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name(name));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM))
}

/// Becomes that program: the one beside this program, else one on the path.
pub(crate) fn become_it(words: &[OsString]) -> ExitCode {
    let program = program();
    let error = match replaced_by(Command::new(&program).args(words)) {
        Ok(code) => return code,
        Err(error) => error,
    };
    if error.kind() == io::ErrorKind::NotFound {
        let command = words.first().map_or_else(Default::default, |word| word.to_string_lossy());
        eprintln!(
            "imgcost: {command} needs the program {PROGRAM}, which is neither beside this one nor on the path\n  \
             try: cargo build --release -p {PROGRAM}"
        );
    } else {
        eprintln!("imgcost: {}: {error}", program.display());
    }
    ExitCode::from(USAGE)
}

/// Signals, terminal and exit code are then the other program's.
#[cfg(unix)]
fn replaced_by(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Its help names what was typed.
    Err(command.arg0("imgcost").exec())
}

#[cfg(not(unix))]
fn replaced_by(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
