//! The script of docs/ledger.md, run with a curl that only pretends.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::common::ledger::Books;
use crate::common::{file, surroundings};

const BODY: &str = r#"{"model":"gpt-image-2","quality":"high","size":"1024x1024","prompt":"a red apple"}"#;

fn script() -> String {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ledger.md");
    let guide = fs::read_to_string(guide).unwrap();
    let script = guide.split("```bash\n").nth(1).unwrap();
    script.split("```").next().unwrap().to_owned()
}

/// Runs the script where curl answers with a status and a body, or not at all.
fn script_with(books: &Books, status: &str, response: &str) -> i32 {
    let folder = &books.folder;
    file(folder, "request.json", BODY);
    file(folder, "script.sh", script());
    file(folder, "prepared.json", response);
    let curl = format!(
        "#!/bin/sh\n[ {status} = none ] && exit 28\nwhile [ \"$1\" != --output ]; do shift; done\ncp prepared.json \"$2\"\necho {status}\n"
    );
    let path = file(folder, "bin/curl", curl);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_imgcost")).parent().unwrap();
    let output = Command::new("bash")
        .arg("script.sh")
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}/bin:{}:/usr/bin:/bin", folder.display(), program.display()))
        .envs(surroundings())
        .env("IMGCOST_LEDGER", books.path())
        .env("OPENAI_API_KEY", "none")
        .output()
        .unwrap();
    output.status.code().unwrap()
}

#[test]
fn the_script_closes_its_hold_whatever_happens() {
    let usage = r#"{"data":[{"b64_json":"AA"}],"usage":{"input_tokens":8,"output_tokens":7003}}"#;
    for (status, response, exit, state) in [
        ("200", usage, 0, "settled"),
        ("200", r#"{"data":[{"b64_json":"AA"}]}"#, 4, "presumed"),
        ("429", r#"{"error":{"message":"slow down"}}"#, 0, "released"),
        ("500", "", 0, "presumed"),
        ("none", "", 28, "presumed"),
    ] {
        let books = Books::with(&format!("script-{status}-{state}"), "team 1");
        assert_eq!(script_with(&books, status, response), exit, "{status}");
        let holds = books.run("export").lines();
        let states: Vec<_> =
            holds.iter().filter(|line| line["kind"] == "hold").map(|hold| &hold["state"]).collect();
        assert_eq!(states, [state], "{status}");
    }
    let books = Books::with("script-refused", "team 0.1");
    assert_eq!(script_with(&books, "200", usage), 3);
    assert_eq!(books.status()["open"], 0);
}
