//! What people type first: it does what they mean, or names the command that does.

use crate::common::{Ran, finish, imgcost, program, run, snapshot};

/// Lines that are accepted.
const RIGHT: &[&str] = &[
    "",
    "--json",
    "gpt-image-2",
    "gpt-image-2 high",
    "gpt-image-2 high 1024",
    "gpt-image-2 high 1024x1024 x4",
    "x4 1536x1024 high gpt-image-2",
    "GPT-Image-2 HIGH 1024X1024",
    "gpt-image-2 low 1024×1536",
    "gpt-image-2 low 1024*1536",
    "gpt-image-2 2k low",
    "openai gpt-image-2 high",
    "quote gpt-image-2 low",
    "-m gpt-image-2 high",
    "-m GPT-Image-2 -q High -s 1024",
    "--model gpt-image-2 --quality high --size 1024x1024 --n=4",
    "--quality high --size 1536x1024 -n 4",
    "flux-2-pro",
    "gemini-3-pro-image 2k",
    "gpt-image-2 high --json",
    "--json gpt-image-2 high",
    "--color never gpt-image-2 high",
    "--quiet gpt-image-2 high 1024",
    "-f json models gpt-image-2",
    "models",
    "models gpt-image-2.5",
    "models openai",
    "--json models",
    "explain gpt-image-2 high 1024",
    "compare gpt-image-2 gpt-image-2.5-flare",
    "compare gpt-image-2 low high 1024 1536x1024",
    "compare",
    "compare gpt-image-2",
    "compare gpt-image-2 flux-2-pro gemini-3-pro-image",
    "compare flux-2-pro",
    "compare gpt-image-2* high 1024",
    "compare gpt-image-2 -q HIGH -s 1024,1536x1024",
    "solve 1024x1024 high x4",
    "solve x100 1024 -m gpt-image-*",
    "solve gpt-image-2 gpt-image-2.5-flare low high 1024 --top 3",
    "help",
    "help compare",
    "compare help",
    "budget help hold",
    "budget hold help",
    "budget",
    "prices",
    "-h",
    "--help",
    "--version",
    "config",
    "config --json",
    "man",
    "man budget hold",
    "completions bash",
];

/// Lines that are refused, and the command that their message names.
const MENDED: &[(&str, &str)] = &[
    ("gpt-image-2 high 1024 4", "imgcost gpt-image-2 high 1024 x4"),
    ("gpt-imag-2 high", "imgcost gpt-image-2 high"),
    ("gpt-image-2 hgih 1000x1000 x12", "imgcost gpt-image-2 high 1008x1008 x10"),
    ("gpt-image-2 gpt-image-1.5 high 1024", "imgcost compare gpt-image-2 gpt-image-1.5 high 1024"),
    ("-m gpt-image-2,gpt-image-1.5 -q low", "imgcost compare -m gpt-image-2,gpt-image-1.5 -q low"),
    ("gpt-image-2 -q low,high", "imgcost compare gpt-image-2 -q low,high"),
    ("gpt-image-2 high -q low", "imgcost gpt-image-2 -q low"),
    ("-m gpt-image-2 --count 4", "imgcost -m gpt-image-2 --n 4"),
    ("gpt-image-2 --output json", "imgcost gpt-image-2 --format json"),
    ("gpt-image-2 --qualty high", "imgcost gpt-image-2 --quality high"),
    ("gpt-image-2 -v", "imgcost gpt-image-2 --verbose"),
    ("gpt-image-2 square", "imgcost gpt-image-2 1024x1024"),
    ("gpt-image-2 16:9", "imgcost gpt-image-2"),
    ("gpt-image-2 high --cap 1", "imgcost gpt-image-2 high --cap 1 --prompt 'your prompt'"),
    ("high --cap 1 --prompt x", "imgcost gpt-image-2 high --cap 1 --prompt x"),
    ("-p openai -m flux-2-pro", "imgcost -m flux-2-pro --provider bfl"),
    ("-n 0 gpt-image-2", "imgcost gpt-image-2 x1"),
    ("dall-e-3 x2", "imgcost dall-e-3 x1"),
    ("explain gpt-image-2x", "imgcost explain gpt-image-2"),
    ("compare gpt-imag-2 high", "imgcost compare gpt-image-2 high"),
    ("compare -m gpt-imge-2 -q hgh -s 1023x1024", "imgcost compare gpt-image-2 high 1024x1024"),
    ("compare -m gpt-imge-2,gpt-image-1.5 -q low", "imgcost compare gpt-image-2 gpt-image-1.5 -q low"),
    ("compare gpt-image-2 hgh 1000x1000", "imgcost compare gpt-image-2 high 1008x1008"),
    ("gpt-image-2 high 1.5K", "imgcost gpt-image-2 high"),
    ("gpt-image-2 turbo", "imgcost gpt-image-2"),
    ("gpt-image-2 default", "imgcost gpt-image-2"),
    ("solve gpt-imag-2 hgih 1024 4", "imgcost solve gpt-image-2 high 1024 x4"),
    ("gpt-imgae", "imgcost gpt-image-2"),
    ("-m gpt-imgae", "imgcost gpt-image-2"),
    ("models xyz", "imgcost models"),
    ("models gpt-imgae", "imgcost models gpt-image-2"),
    ("models gpt-image-2 -p opnai", "imgcost models gpt-image-2 --provider openai"),
    ("models gpt-image-2 --proivder openai", "imgcost models gpt-image-2 --provider openai"),
    ("gpt-image-2 high --batch-api x4", "imgcost gpt-image-2 high x4 --tier batch"),
    ("compare gpt-image-2 --batch-api", "imgcost compare gpt-image-2 --tier batch"),
    ("config --colour never", "imgcost config --color never"),
    ("modles gpt-image-2", "imgcost models gpt-image-2"),
    ("hepl", "imgcost help"),
    ("list", "imgcost models"),
    ("ls", "imgcost models"),
    ("version", "imgcost --version"),
    ("price", "imgcost models"),
    ("price dall-e-3", "imgcost models dall-e-3"),
    ("list models", "imgcost models"),
    ("search flux", "imgcost models flux"),
    ("flux", "imgcost models flux"),
    ("cost gpt-image-2 high", "imgcost gpt-image-2 high"),
    ("estimate gpt-image-2 hgih 1024", "imgcost gpt-image-2 high 1024"),
    ("cheapest high 1024", "imgcost solve high 1024"),
    ("breakdown --path jobs", "imgcost help batch"),
    ("init", "imgcost check --init"),
    ("usgae", "imgcost help usage"),
    ("prices gpt-image-2", "imgcost prices show gpt-image-2"),
    ("prices list", "imgcost prices show"),
    ("config get model", "imgcost config"),
    ("gpt-image-2 --format yaml", "imgcost gpt-image-2"),
    ("gpt-image-2 --no-color", "imgcost gpt-image-2 --color never"),
    ("gpt-image-2 high --max-cost 1", "imgcost gpt-image-2 high --cap 1 --prompt 'your prompt'"),
    ("gpt-image-2 high --batch x3", "imgcost gpt-image-2 high x3 --tier batch"),
    ("gpt-image-2 high --frobnicate zzz", "imgcost gpt-image-2 high"),
    ("-m gpt-image-2 -m gpt-image-1.5 -q low", "imgcost compare gpt-image-2 gpt-image-1.5 -q low"),
    ("compare -m gpt-image-2 -m gpt-image-1.5", "imgcost compare gpt-image-2 gpt-image-1.5"),
    ("compare gpt-image-2 vs gpt-image-1.5", "imgcost compare gpt-image-2 gpt-image-1.5"),
    ("gpt-image-2 -s landscape", "imgcost gpt-image-2 --size 1536x1024"),
    ("gpt-image-2 high --price", "imgcost gpt-image-2 high"),
    ("gpt-image-2 -o json", "imgcost gpt-image-2 --format json"),
    ("providers", "imgcost models --support"),
    ("compare gpt-image-2 --sort price", "imgcost compare gpt-image-2 --sort per-image"),
    ("solve --budget 10", "imgcost solve --budget 10 --how-many"),
];

/// The words of a line as a shell takes them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn command_of(ran: &Ran) -> Option<&str> {
    ran.stderr.lines().find_map(|line| line.strip_prefix("  try: "))
}

#[test]
fn what_is_typed_first_is_accepted() {
    for line in RIGHT {
        let ran = imgcost(line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        assert!(!ran.stdout.is_empty(), "{line}");
    }
}

#[test]
fn what_is_refused_names_a_command_that_works() {
    for (line, expected) in MENDED {
        let ran = imgcost(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
        assert_eq!(command_of(&ran), Some(*expected), "{line}: {ran:?}");
        assert!(ran.stderr.contains("\n  see: imgcost help"), "{line}: {ran:?}");
        let mended = words(expected.strip_prefix("imgcost ").unwrap());
        let again = run(&mended);
        assert_eq!(again.code, 0, "{expected}: {again:?}");
    }
}

#[test]
fn a_text_among_the_words_is_a_prompt() {
    let ran = run(&["gpt-image-2", "high", "a red fox"]);
    assert_eq!((ran.code, command_of(&ran)), (2, Some("imgcost gpt-image-2 high --prompt 'a red fox'")));
}

#[test]
fn a_renamed_flag_is_answered_with_the_whole_command() {
    for (line, expected) in [
        ("batch jobs.csv --totals model --cap 5", "imgcost batch jobs.csv --by model --cap 5"),
        ("check jobs.csv --sarif=out --policy p.toml", "imgcost check jobs.csv -o out.sarif --policy p.toml"),
        ("check jobs.csv --sarif out.sarif", "imgcost check jobs.csv -o out.sarif"),
        ("usage log.jsonl --usage-export a.json -m x", "imgcost usage log.jsonl --bill a.json -m x"),
        ("budget set team 1 --proven-only --per day", "imgcost budget set team 1 --require-proven --per day"),
        ("budget hold team --batch-api -q low", "imgcost budget hold team --tier batch -q low"),
        ("jobs.csv --cap 5", "imgcost batch jobs.csv --cap 5"),
        ("gpt-image-2 --output out.json", "imgcost gpt-image-2 --out out.json"),
        ("budget list", "imgcost budget show"),
        ("budget shwo team", "imgcost budget show team"),
        ("budget set 100", "imgcost budget set team 100"),
        ("budget set team 100/month", "imgcost budget set team 100 --per month"),
        ("batch jobs.csv --sumary", "imgcost batch jobs.csv --summary"),
    ] {
        let ran = imgcost(line);
        assert_eq!((ran.code, command_of(&ran)), (2, Some(expected)), "{line}: {ran:?}");
    }
}

#[test]
fn an_unknown_name_offers_the_nearest_models_first() {
    let ran = imgcost("models gpt-image-2.5-flair");
    assert!(ran.stderr.contains("allowed: gpt-image-2.5-flare, "), "{ran:?}");
    // What is like none of them is offered those to begin with.
    let ran = imgcost("models xyz");
    assert!(ran.stderr.contains("allowed: gpt-image-2, gpt-image-2.5-flare, "), "{ran:?}");
    assert_eq!(ran.stderr.matches(", ").count(), 7, "{ran:?}");
}

#[test]
fn words_and_flags_ask_for_the_same() {
    let of = |line: &str| {
        let ran = imgcost(&format!("{line} --json"));
        (ran.code, ran.stdout)
    };
    let flags = of("-m gpt-image-2 -q high -s 1536x1024 -n 4");
    for line in [
        "gpt-image-2 high 1536x1024 x4",
        "x4 1536*1024 HIGH gpt-image-2",
        "quote 1536X1024 -m gpt-image-2 high -n 4",
        "openai gpt-image-2 high 1536x1024 x4",
    ] {
        assert_eq!(of(line), flags, "{line}");
    }
}

#[test]
fn a_provider_that_was_not_named_is_told() {
    let ran = imgcost("flux-2-pro");
    assert!(ran.stderr.contains("provider bfl") && ran.stdout.contains("bfl"), "{ran:?}");
    let quiet = imgcost("--quiet flux-2-pro");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert!(!quiet.stdout.contains("note:"), "{quiet:?}");
}

#[test]
fn the_first_screens_are_these() {
    for (name, line) in [
        ("front-prices.txt", ""),
        ("front-prices.json", "--json"),
        ("front-no-model.txt", "--quality high --size 1536x1024 -n 4"),
        ("front-choices.txt", "gpt-image-2 x2 --prompt-tokens 20"),
        ("front-choices-size.txt", "gpt-image-2.6-flare high"),
        ("front-help.txt", "-h"),
        ("front-help-quote.txt", "quote -h"),
        ("front-config.txt", "config"),
        ("front-mended.txt", "gpt-imag-2 hgih 1000 x12"),
        ("front-foreign.txt", "edit"),
    ] {
        let ran = finish(program().env("IMGCOST_AS_OF", "2026-11-30").args(line.split_whitespace()), b"");
        snapshot(name, &format!("{}{}", ran.stdout, ran.stderr));
    }
}

#[test]
fn the_grid_of_a_quote_left_open_has_the_quotes_of_its_choices() {
    let open = imgcost("gpt-image-2 x2 --prompt-tokens 20").stdout;
    for (quality, size) in [("low", "1024x1024"), ("high", "1024x1024"), ("medium", "1536x1024")] {
        let quote = imgcost(&format!("gpt-image-2 x2 {quality} {size} --prompt-tokens 20 --json")).json();
        let usd: f64 = quote["total"]["ceiling"].as_str().unwrap().parse().unwrap();
        let shown = format!("{:.4}", (usd * 10_000.0 - 1e-6).ceil() / 10_000.0);
        let row = open.lines().find(|line| line.contains(size)).unwrap();
        assert!(row.split_whitespace().any(|cell| cell == shown), "{shown}: {open}");
    }
    // What nothing is left open in, or what costs the same whatever is chosen, has none.
    for line in ["gpt-image-2 low 1024", "gpt-4o-image", "dall-e-3"] {
        assert!(!imgcost(line).stdout.contains("each choice"), "{line}");
    }
}

#[test]
fn the_first_screens_fit_the_terminal() {
    let lines = [
        "",
        "gpt-image-2",
        "-q high -s 1536x1024 -n 4",
        "models",
        "compare",
        "compare gpt-image-2 flux-2-pro",
        "solve high 1024 x100",
        "config",
        "gemini-3-pro-image x2",
    ];
    for width in [60, 80, 140] {
        for line in lines {
            let ran = finish(program().env("COLUMNS", width.to_string()).args(line.split_whitespace()), b"");
            let wide = ran.stdout.lines().find(|line| line.chars().count() > width);
            assert_eq!((ran.code, wide), (0, None), "{width}: {line}");
        }
    }
    // In a pipe nothing is wrapped: every row of a table is one line.
    let ran = finish(program().env_remove("COLUMNS").args(["compare", "--sort", "per-image"]), b"");
    assert!(
        ran.stdout.lines().filter(|line| line.contains("gpt-image-2.6-sunburst")).count() >= 10,
        "{ran:?}"
    );
}

#[test]
fn the_first_screen_of_help_is_short() {
    for command in ["", "quote", "explain", "models", "budget", "budget set", "config", "usage"] {
        let ran = imgcost(&format!("{command} -h"));
        assert!(ran.stdout.lines().count() <= 40, "{command}: {} lines", ran.stdout.lines().count());
    }
}

#[test]
fn colour_is_asked_for() {
    let is_coloured = |line: &str, variable: &str| {
        let ran = finish(program().env(variable, "1").args(line.split_whitespace()), b"");
        (ran.stdout.clone() + &ran.stderr).contains('\u{1b}')
    };
    assert!(!is_coloured("gpt-image-2", "OTHER"));
    assert!(is_coloured("gpt-image-2 --color always", "OTHER"));
    assert!(is_coloured("--color always gpt-imag-2", "OTHER"));
    assert!(is_coloured("gpt-image-2", "CLICOLOR_FORCE"));
    assert!(!is_coloured("gpt-image-2 --color auto", "NO_COLOR"));
    assert!(!is_coloured("gpt-image-2 --color never", "CLICOLOR_FORCE"));
}

#[test]
fn a_value_from_the_environment_names_its_variable() {
    let ran = finish(program().env("IMGCOST_MODEL", "gpt-imag-2").args(["-q", "high"]), b"");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("(from IMGCOST_MODEL)"), "{ran:?}");
}

#[test]
fn a_cap_of_the_environment_judges_the_images_and_says_so() {
    let with = |cap: &str| {
        let line = ["gpt-image-2", "high", "1024x1024"];
        finish(program().env("IMGCOST_CAP", cap).args(line), b"")
    };
    let under = with("0.22");
    assert_eq!(under.code, 0, "{under:?}");
    assert!(under.stderr.contains("images only"), "{under:?}");
    assert_eq!(with("0.21").code, 3);
}

#[test]
fn completions_know_the_names_of_the_book() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = imgcost(&format!("completions {shell}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        for name in ["gpt-image-2", "flux-2-pro", "azure-openai", "xhigh", "1536x1024", "generations"] {
            assert!(ran.stdout.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn a_command_to_type_loses_nothing_of_the_call() {
    let tried = |line: &str| {
        let ran = run(&words(line));
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        ran.stderr.lines().find_map(|line| Some(line.trim().strip_prefix("try: ")?.to_owned()))
    };
    assert_eq!(
        tried("gpt-image-2 high 1024x1024 batch").unwrap(),
        "imgcost gpt-image-2 high 1024x1024 --tier batch"
    );
    assert_eq!(tried("gpt-image-2 high 2x").unwrap(), "imgcost gpt-image-2 high x2");
    for line in [
        "gpt-image-2 high --image nope.png",
        "gpt-image-2 high --prompt fox --cap abc",
        "gpt-image-2 high --prompt-file nope.txt",
        "gpt-image-2 high --prompt-tokens -5",
        "gpt-image-2 high --prices a.toml --prices b.toml",
    ] {
        let tried = tried(line);
        assert!(tried.is_none(), "{line}: {tried:?}");
    }
}

#[test]
fn openai_is_listed_first_then_makers_of_models_then_those_who_resell_them() {
    let listed = imgcost("models").stdout;
    let place = |provider: &str| listed.find(&format!("\n{provider}: ")).unwrap_or(0);
    assert!(listed.starts_with("openai: "), "{listed}");
    assert!(0 < place("bfl") && place("xai") < place("aihubmix"), "{listed}");
    assert!(place("google-gemini-api") < place("replicate"), "{listed}");
}
