//! A whole price book in place of the built-in one.

use std::fs;
use std::path::Path;

use crate::common::{self, file, finish, folder, imgcost, program, words};

const QUOTE: &str = "gpt-image-2 high 1024x1024 --prompt-tokens 3";

fn packed() -> String {
    let ran = imgcost("prices pack");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

/// The book with the day of every provider's last check before all of the built-in one's.
fn older(book: &str) -> String {
    let line = |line: &str| match line.starts_with("checked = ") && !line.contains("2025") {
        true => "checked = \"2026-01-01\"".to_owned(),
        false => line.to_owned(),
    };
    book.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_packed_book_is_the_same_book() {
    let folder = folder("book-same");
    let book = file(&folder, "book.toml", packed());
    for line in [
        format!("{QUOTE} --json"),
        "explain gpt-image-2.5-flare max 1024x1024".to_owned(),
        "models --json".to_owned(),
        "compare -q high -s 1024x1024 -p all --json".to_owned(),
        "config --json".to_owned(),
    ] {
        let built_in = imgcost(&line);
        let ran = finish(program().env("IMGCOST_BOOK", &book).args(words(&line)), b"");
        if line.starts_with("config") {
            assert_eq!(ran.json()["book"], built_in.json()["book"]);
            continue;
        }
        assert_eq!((ran.code, &ran.stdout), (built_in.code, &built_in.stdout), "{line}: {ran:?}");
    }
    assert_eq!(imgcost(&format!("prices lint {book}")).stdout, "1 file, no problems\n");
    // The sources of the book make the same file.
    let pricing = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pricing");
    let digest =
        |book: &str| imgcost(&format!("{QUOTE} --json --book {book}")).json()["book"]["digest"].clone();
    let again = common::run(&["prices", "pack", pricing.to_str().unwrap()]).stdout;
    assert_eq!(digest(&file(&folder, "again.toml", again)), digest(&book));
}

#[test]
fn a_newer_book_is_quoted_by_every_command_with_its_digest_and_prices_of_ones_own_over_it() {
    let folder = folder("book-newer");
    // gpt-image-2 at 24 in place of 30, at openai.
    let packed = packed();
    let of_openai = packed.find("#:file providers/openai.toml").unwrap();
    let at = of_openai + packed[of_openai..].find("\nid = \"gpt-image-2\"\n").unwrap();
    let (before, after) = packed.split_at(at);
    let newer = |table: &str| {
        let after = after.replacen("image_output = \"30.00\"", "image_output = \"24.00\"", 1);
        format!("{before}{}", after.replacen("[[model.table]]\n", &format!("[[model.table]]\n{table}"), 1))
    };
    // Its table is a view of the rate.
    let problems = imgcost(&format!("prices lint {}", file(&folder, "wrong.toml", newer(""))));
    let shown = problems.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(problems.code == 2 && shown.contains("wrong.toml:"), "{problems:?}");
    assert!(shown.contains("say why in 'differs' (providers/openai.toml)"), "{problems:?}");
    let newer = newer("differs = \"of the rate before\"\n");
    let book = file(&folder, "newer.toml", newer);
    let own = file(
        &folder,
        "own.toml",
        "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\ndiscount = \"50%\"\n",
    );
    let jobs = file(&folder, "jobs.csv", "model,quality,size\ngpt-image-2,high,1024x1024\n");
    let response = file(&folder, "response.json", r#"{"usage": {"input_tokens": 3, "output_tokens": 7024}}"#);
    for (line, amount) in [
        (format!("{QUOTE} --book {book}"), "0.168621"),
        (format!("{QUOTE} --book {book} --prices {own}"), "0.0843105"),
        (format!("explain {QUOTE} --book {book}"), "0.168621"),
        (format!("batch {jobs} --book {book} --prompt-tokens 3"), "0.168621"),
        (format!("compare {QUOTE} --book {book}"), "0.168621"),
        (format!("usage {response} -m gpt-image-2 --book {book}"), "0.16859"),
        (format!("diff --book-new {book}"), "24"),
        (format!("prices show gpt-image-2 --book {book}"), "24"),
    ] {
        let ran = imgcost(&line);
        assert!(ran.code == 0 && ran.stdout.contains(amount), "{line}: {ran:?}");
    }
    let digest = |more: &str| imgcost(&format!("{QUOTE} --json{more}")).json()["book"]["digest"].clone();
    let (built_in, newer) = (digest(""), digest(&format!(" --book {book}")));
    assert_ne!(built_in, newer);
    let config = file(&folder, "settings.toml", "book = \"newer.toml\"\n");
    let ran = finish(program().env("IMGCOST_CONFIG", &config).args(words(&format!("{QUOTE} --json"))), b"");
    assert_eq!(ran.json()["book"]["digest"], newer);
    let shown = finish(program().env("IMGCOST_CONFIG", &config).args(["config"]), b"");
    assert!(shown.stdout.contains(&newer.as_str().unwrap()[..19]), "{shown:?}");
}

#[test]
fn an_older_book_is_refused_unless_allowed() {
    let folder = folder("book-older");
    let book = file(&folder, "older.toml", older(&packed()));
    let refused = imgcost(&format!("{QUOTE} --book {book}"));
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    for said in [&*format!("{book}:"), "last checked on 2026-01-01", "--allow-older-book"] {
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    // The line is one of the file's that names the provider.
    let number = refused.stderr.split(&format!("{book}:")).nth(1).unwrap();
    let number: usize = number.split(':').next().unwrap().parse().unwrap();
    let text = fs::read_to_string(&book).unwrap();
    assert!(text.lines().nth(number - 1).unwrap().starts_with("provider = "), "{number}");
    assert_eq!(imgcost(&format!("{QUOTE} --book {book} --allow-older-book")).code, 0);
    let config = file(&folder, "settings.toml", "book = \"older.toml\"\nallow_older_book = true\n");
    assert_eq!(finish(program().env("IMGCOST_CONFIG", &config).args(words(QUOTE)), b"").code, 0);
    let ran = finish(program().env("IMGCOST_BOOK", &book).args(words(QUOTE)), b"");
    assert!(ran.code == 2 && ran.stderr.contains("IMGCOST_BOOK"), "{ran:?}");
}

#[test]
fn what_is_no_book_is_refused_with_what_to_do() {
    let folder = folder("book-none");
    let own = file(&folder, "own.toml", "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n");
    for (book, said) in [
        (own, "give the file with --prices"),
        (file(&folder, "none.toml", "hello\n"), "imgcost prices pack FOLDER"),
        (file(&folder, "cut.toml", &packed()[..20_000]), "cut.toml:"),
        (format!("{}/missing.toml", folder.display()), "missing.toml"),
    ] {
        let ran = imgcost(&format!("{QUOTE} --book {book}"));
        assert!(ran.code == 2 && ran.stdout.is_empty() && ran.stderr.contains(said), "{book}: {ran:?}");
    }
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).unwrap();
    let ran = common::run(&["prices", "pack", empty.to_str().unwrap()]);
    assert!(ran.code == 2 && ran.stderr.contains("has no provider's file"), "{ran:?}");
}

#[test]
fn a_whole_book_in_place_of_prices_is_told_in_one_line() {
    let book = file(&folder("book-as-prices"), "book.toml", packed());
    let ran = imgcost(&format!("gpt-image-2 high --prices {book}"));
    assert!(ran.code == 2 && ran.stderr.contains("is a whole price book: give it with --book"), "{ran:?}");
    assert!(ran.stderr.lines().count() <= 3, "{ran:?}");
}
