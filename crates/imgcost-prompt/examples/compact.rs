//! Writes the compact form of the vocabulary, which `imgcost_prompt::Loading` takes: `compact FILE`.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let path = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: compact FILE"))?;
    fs::write(path, include_bytes!(concat!(env!("OUT_DIR"), "/compact")))
}
