//! The project's file, `imgcost.toml`: found upward by `check` and `batch`, given to others by
//! `--config`.

use std::path::Path;

use crate::common::{Ran, file, finish, folder, program, words};

const PROJECT: &str = "\
[defaults]
model = \"draft\"
quality = \"low\"

[policy]
max_per_call = \"0.02\"

[policy.levels]
auto = \"off\"

[aliases]
draft = \"gpt-image-2\"
cover = \"gpt-image-1.5\"

[budgets]
team = \"200 per month\"
\"team/*\" = \"5 per day\"
lab = \"unlimited\"
";
const JOBS: &str =
    "model,size,n,prompt_tokens\n,1024x1024,1,40\ncover,1024x1024,1,40\ndraft,1024x1024,9,40\n";

fn run_in(folder: &Path, line: &str) -> Ran {
    finish(program().current_dir(folder).args(words(line)), b"")
}

#[test]
fn check_and_batch_find_it_in_a_folder_above_and_say_so() {
    let folder = folder("project-found");
    file(&folder, "imgcost.toml", PROJECT);
    file(&folder, "images/jobs.csv", JOBS);
    let images = folder.join("images");
    let ran = run_in(&images, "check jobs.csv");
    assert_eq!((ran.code, ran.stderr.as_str()), (3, "note: settings from ../imgcost.toml\n"), "{ran:?}");
    let finding =
        "jobs.csv:4: error[max-per-call]: the call may cost up to $0.05475, over $0.02 (../imgcost.toml:6)";
    assert!(ran.stdout.contains(finding), "{ran:?}");
    let document = run_in(&images, "check jobs.csv --json").json();
    assert_eq!(
        (document["policy"].as_str(), document["errors"].as_u64()),
        (Some("../imgcost.toml"), Some(1))
    );
    let ran = run_in(&images, "batch jobs.csv -f jsonl");
    let models: Vec<_> =
        ran.lines().iter().filter_map(|row| row["quote"]["model"].as_str().map(str::to_owned)).collect();
    assert_eq!(models, ["gpt-image-2", "gpt-image-1.5", "gpt-image-2"]);
    assert!(ran.stderr.contains("settings from ../imgcost.toml"), "{ran:?}");
    let verbose = run_in(&images, "check jobs.csv --verbose").stderr;
    assert!(verbose.contains("quality = low (from ../imgcost.toml:3)"), "{verbose}");
}

#[test]
fn no_other_command_looks_for_it() {
    let folder = folder("project-elsewhere");
    file(&folder, "imgcost.toml", PROJECT);
    let quote = run_in(&folder, "quote -s 1024x1024 --json").json();
    assert_eq!(quote["model"], "gpt-image-1");
    assert_eq!(run_in(&folder, "draft low 1024").code, 2);
    let named = run_in(&folder, "draft high 1024 --json --config imgcost.toml").json();
    assert_eq!(
        (named["model"].as_str(), named["total"]["ceiling"].as_str()),
        (Some("gpt-image-2"), Some("0.21072"))
    );
    let compared =
        run_in(&folder, "compare draft cover -q low -s 1024x1024 --config imgcost.toml --json").json();
    assert_eq!(
        compared["rows"].as_array().or(compared["cells"].as_array()).map(Vec::len),
        Some(2),
        "{compared}"
    );
    let config = run_in(&folder, "config --json").json();
    assert_eq!(
        (config["project"].as_str(), config["files"].as_array().map(Vec::len)),
        (Some("imgcost.toml"), Some(0))
    );
    let config = run_in(&folder, "config --config imgcost.toml").stdout;
    assert!(
        config.contains("alias cover: gpt-image-1.5") && config.contains("[policy] of imgcost.toml"),
        "{config}"
    );
}

#[test]
fn flags_and_the_environment_win_and_config_is_in_its_place() {
    let folder = folder("project-order");
    file(&folder, "imgcost.toml", PROJECT);
    file(&folder, "other.toml", "model = \"gpt-image-2\"\nquality = \"high\"\n");
    file(&folder, "strict.toml", "max_per_call = \"0.001\"\n");
    file(&folder, "jobs.csv", "size,prompt_tokens\n1024x1024,40\n");
    let quality = |line: &str, set: Option<&str>| {
        let mut command = program();
        command.current_dir(&folder).args(words(line)).envs(set.map(|value| ("IMGCOST_QUALITY", value)));
        finish(&mut command, b"").lines()[0]["quote"]["request"]["quality"].as_str().unwrap().to_owned()
    };
    let batch = "batch jobs.csv -f jsonl";
    assert_eq!(quality(batch, None), "low");
    assert_eq!(quality(batch, Some("medium")), "medium");
    assert_eq!(quality(&format!("{batch} -q high"), Some("medium")), "high");
    assert_eq!(quality(&format!("{batch} --config other.toml"), None), "high");
    let ran = run_in(&folder, "check jobs.csv --policy strict.toml");
    assert!(ran.code == 3 && ran.stdout.contains("(strict.toml:1)"), "{ran:?}");
    // The policy may be a file of its own, beside the project's.
    file(&folder, "imgcost.toml", "policy = \"strict.toml\"\nmodel = \"gpt-image-2\"\nquality = \"low\"\n");
    let ran = run_in(&folder, "check jobs.csv");
    assert!(ran.code == 3 && ran.stdout.contains("(strict.toml:1)"), "{ran:?}");
}

#[test]
fn what_is_wrong_in_it_is_named_with_its_line() {
    let folder = folder("project-wrong");
    file(&folder, "jobs.csv", JOBS);
    for (text, expected) in [
        ("[defaults]\nmodle = \"x\"\n", vec!["imgcost.toml:2: unknown setting 'modle'", "nearest: model"]),
        ("[polcy]\nmax_n = 1\n", vec!["imgcost.toml:1: unknown setting 'polcy'", "nearest: policy"]),
        ("[policy]\nmax_nn = 1\n", vec!["imgcost.toml:2: there is no key 'max_nn'"]),
        ("[prices]\nfiel = \"x\"\n", vec!["imgcost.toml:2: unknown setting 'fiel'", "nearest: file"]),
        (
            "[aliases]\ndraft = \"gpt-imag-2\"\n",
            vec!["imgcost.toml:2: no model 'gpt-imag-2'", "nearest: gpt-image-2"],
        ),
        (
            "[aliases]\ngpt-image-2 = \"gpt-image-1\"\n",
            vec!["imgcost.toml:2:", "is the name of a model already"],
        ),
        ("aliases = \"x\"\n", vec!["imgcost.toml:1: 'aliases' must be a table"]),
        ("[budgets]\nteam = [1]\n", vec!["imgcost.toml:2: 'team' must be text"]),
    ] {
        file(&folder, "imgcost.toml", text);
        let ran = run_in(&folder, "check jobs.csv");
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        for words in expected {
            assert!(ran.stderr.contains(words), "{text}: {words}: {ran:?}");
        }
    }
}

#[test]
fn its_prices_and_budgets_are_taken() {
    let folder = folder("project-budgets");
    file(&folder, "imgcost.toml", format!("{PROJECT}\n[prices]\nfile = \"own.toml\"\n"));
    assert_eq!(run_in(&folder, "prices init gpt-image-2 -o own.toml").code, 0);
    file(&folder, "jobs.csv", JOBS);
    let verbose = run_in(&folder, "batch jobs.csv --verbose").stderr;
    assert!(verbose.contains("prices = own.toml (from imgcost.toml:"), "{verbose}");
    let set = |line: &str| run_in(&folder, &format!("budget set {line} --ledger l.db"));
    let ran = set("--config imgcost.toml");
    assert_eq!(
        ran.stdout,
        " scope   per          cap\n lab     total  unlimited  in force\n team    month     200.00  in force\n team/*  day         5.00  in force\n",
        "{ran:?}"
    );
    file(&folder, "imgcost.toml", PROJECT.replace("200 per month", "100 per month"));
    let json = set("--config imgcost.toml --json").json();
    assert_eq!(
        (json["schema"].as_str(), json["budgets"][1]["outcome"].as_str()),
        (Some("imgcost.budgets-set/1"), Some("replaced"))
    );
    file(&folder, "imgcost.toml", "[budgets]\nteam = \"5 per fortnight\"\n");
    let wrong = set("--config imgcost.toml");
    assert!(
        wrong.code == 2 && wrong.stderr.contains("imgcost.toml:2: team: no window 'fortnight'"),
        "{wrong:?}"
    );
    let none = set("");
    assert!(none.code == 2 && none.stderr.contains("[budgets]"), "{none:?}");
    let none = set("team");
    assert!(none.code == 2 && none.stderr.contains("an amount is needed"), "{none:?}");
}
