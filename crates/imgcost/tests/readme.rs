//! The transcripts of README.md, run: `TRYCMD=overwrite cargo test -p imgcost --test readme`
//! writes them anew.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

#[test]
fn the_transcripts_are_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    // Its budgets begin with an empty ledger.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    trycmd::TestCases::new()
        .env("IMGCOST_CONFIG", "")
        .env("IMGCOST_LEDGER", folder.join("ledger.db").to_str().unwrap())
        .env("NO_COLOR", "1")
        .case("../../README.md")
        .run();
}
