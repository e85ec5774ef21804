//! The transcripts of README.md, run: `TRYCMD=overwrite cargo test -p imgcost --test readme`
//! writes them anew.

#[test]
fn the_transcripts_are_what_the_program_prints() {
    trycmd::TestCases::new().env("IMGCOST_CONFIG", "").env("NO_COLOR", "1").case("../../README.md").run();
}
