//! `imgcost run`, `imgcost proxy` and `imgcost mcp`: a program of its own, beside this one.
//!
//! TLS, an async runtime and a PostgreSQL driver take longer to build, and to start, than all of this
//! command.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The commands that it has.
const COMMANDS: [&str; 3] = ["run", "proxy", "mcp"];
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

/// Becomes that program: the one beside this program, else one on the path.
pub(crate) fn become_it(words: &[OsString]) -> ExitCode {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name(name));
    let program = beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM));
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
