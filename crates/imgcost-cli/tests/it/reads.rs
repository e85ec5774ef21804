//! What a start reads of the book: a command about one provider doesn't read the others, which would
//! take longer than the rest of it.

use crate::common::{finish, program, words};

/// The providers that a command line reads.
fn read(line: &str) -> Vec<String> {
    let mut program = program();
    program.args(words(line)).env("IMGCOST_TELL_READ", "1");
    let ran = finish(&mut program, b"");
    let told = ran.stderr.lines().find_map(|line| line.strip_prefix("imgcost: read "));
    let told = told.unwrap_or_else(|| panic!("{line}: {}", ran.stderr));
    told.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_command_about_openai_reads_no_other_provider() {
    for line in [
        "",
        "--quality high --size 1536x1024 -n 4",
        "gpt-image-2 high 1024x1024 x4",
        "-m gpt-image-2 -q high --prompt fox --cap 1",
        "--endpoint responses --responses-model gpt-5 -m gpt-image-2",
        "explain gpt-image-2 high 1024",
        "models openai",
        "models gpt-image-2 -p openai",
        "compare",
        "compare gpt-image-2 high 1024",
    ] {
        let read = read(line);
        assert!(read.iter().all(|provider| provider == "openai"), "{line}: {read:?}");
    }
}

#[test]
fn a_command_about_another_reads_that_one() {
    for line in ["-m flux-2-pro -p bfl", "models bfl"] {
        let read = read(line);
        assert!(
            read.iter().all(|provider| ["bfl", "openai"].contains(&provider.as_str())),
            "{line}: {read:?}"
        );
    }
}

#[test]
fn what_was_read_is_told() {
    assert!(read("models").len() > 20);
}
