//! Checks as a pipeline uses them: what was missing when the command was tried by new users, each
//! with the number that it had there.

use std::path::Path;

use crate::common::{Ran, file, finish, folder, program, words};

const HEAD: &str = "id,model,quality,size,n,prompt_tokens\n";
const GOOD: &str = "card,gpt-image-2,low,1024x1024,1,40\n";
const DEAR: &str = "hero,gpt-image-2,high,1024x1024,2,40\n";

fn run_in(folder: &Path, line: &str) -> Ran {
    finish(program().current_dir(folder).args(words(line)), b"")
}

fn findings(ran: &Ran) -> Vec<serde_json::Value> {
    ran.json()["findings"].as_array().unwrap().clone()
}

#[test]
fn k4_1_a_contract_price_from_any_day_on_is_taken() {
    let folder = folder("k4-1");
    for from in ["2026-01-01", "2026-04-21", "2026-04-22"] {
        let own = format!(
            "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n[[model]]\nid = \"gpt-image-2\"\n\
             basis = \"tokens\"\n[[model.rates]]\nfrom = \"{from}\"\nimage_output = \"20\"\n\
             reason = \"our contract\"\n"
        );
        file(&folder, "own.toml", own);
        let ran = run_in(&folder, "gpt-image-2 high 1024x1024 --prompt-tokens 0 --prices own.toml --json");
        assert_eq!(ran.json()["total"]["ceiling"], "0.14051", "{from}: {ran:?}");
        assert!(ran.json().get("per_image_list_price").is_none(), "{ran:?}");
    }
}

#[test]
fn k4_2_a_file_for_prices_of_ones_own_is_written_and_accepted() {
    let folder = folder("k4-2");
    assert_eq!(run_in(&folder, "prices init gpt-image-2 -o mine.toml").code, 0);
    assert_eq!(run_in(&folder, "prices lint mine.toml").code, 0);
    assert_eq!(run_in(&folder, "gpt-image-2 low 1024 --prices mine.toml").code, 0);
}

#[test]
fn k4_3_a_newer_book_is_taken_without_a_build() {
    let folder = folder("k4-3");
    assert_eq!(run_in(&folder, "prices pack -o book.toml").code, 0);
    let ran = run_in(&folder, "gpt-image-2 low 1024 --book book.toml --json");
    assert_eq!(ran.json()["total"]["ceiling"], "0.00588");
}

#[test]
fn k6_1_findings_are_annotations() {
    let folder = folder("k6-1");
    file(&folder, "jobs.csv", [HEAD, GOOD, DEAR].concat());
    file(&folder, "policy.toml", "max_per_call = \"0.25\"\n");
    let ran = run_in(&folder, "check jobs.csv --policy policy.toml -f github");
    assert!(ran.stdout.starts_with("::error file=jobs.csv,line=3,title=max-per-call::"), "{ran:?}");
}

#[test]
fn k6_2_an_excepted_finding_has_a_level_of_its_own_in_every_format() {
    let folder = folder("k6-2");
    file(&folder, "jobs.csv", [HEAD, DEAR].concat());
    let exception = "[[exception]]\nrule = \"max-per-call\"\nid = \"hero\"\nreason = \"printed\"\n";
    file(&folder, "policy.toml", format!("max_per_call = \"0.25\"\n{exception}"));
    let check = |format: &str| run_in(&folder, &format!("check jobs.csv --policy policy.toml -f {format}"));
    let json = check("json");
    let found = findings(&json);
    assert_eq!(
        (found[0]["level"].as_str(), found[0]["exception"]["reason"].as_str()),
        (Some("excepted"), Some("printed"))
    );
    assert_eq!((json.code, json.json()["excepted"].as_u64()), (0, Some(1)));
    for format in ["table", "csv", "tsv", "markdown", "html", "sarif"] {
        let ran = check(format);
        assert!(ran.code == 0 && ran.stdout.contains("excepted"), "{format}: {ran:?}");
        assert!(!ran.stdout.contains(",error,") && !ran.stdout.contains("error["), "{format}: {ran:?}");
    }
    assert_eq!(check("github").stdout, "");
}

#[test]
fn k6_3_code_and_name_of_a_rule_are_in_every_document() {
    let folder = folder("k6-3");
    file(&folder, "jobs.csv", [HEAD, DEAR].concat());
    file(&folder, "policy.toml", "max_n = 1\n");
    let found = findings(&run_in(&folder, "check jobs.csv --policy policy.toml --json"));
    assert_eq!((found[0]["code"].as_str(), found[0]["rule"].as_str()), (Some("IC009"), Some("max-n")));
    let csv = run_in(&folder, "check jobs.csv --policy policy.toml -f csv").stdout;
    assert!(csv.contains(",IC009,max-n,"), "{csv}");
}

#[test]
fn k6_4_the_cap_the_excess_and_what_fits_are_in_the_document() {
    let folder = folder("k6-4");
    let quote = |more: &str| {
        run_in(&folder, &format!("gpt-image-2 high 1024x1024 x2 --prompt-tokens 40 --json {more}"))
    };
    let over = quote("--cap 0.3");
    assert_eq!(over.code, 3);
    let cap = &over.json()["cap"];
    assert_eq!((cap["limit"].as_str(), cap["holds"].as_bool()), (Some("0.3"), Some(false)));
    assert_eq!(cap["over"], "0.1219");
    assert_eq!(
        cap["fits"],
        serde_json::json!([{"n": 1, "ceiling": "0.21095"}, {"quality": "medium", "ceiling": "0.10582"}])
    );
    let under = quote("--cap 1").json();
    assert_eq!(under["cap"], serde_json::json!({"limit": "1", "holds": true}));
    assert!(quote("").json().get("cap").is_none());
    file(&folder, "jobs.csv", [HEAD, DEAR].concat());
    file(&folder, "policy.toml", "max_per_call = \"0.3\"\n");
    let found = findings(&run_in(&folder, "check jobs.csv --policy policy.toml --json"));
    assert_eq!((found[0]["limit"].as_str(), found[0]["over"].as_str()), (Some("0.3"), Some("0.1219")));
    assert_eq!(found[0]["nearest"], "n = 1 ($0.21095)");
}

#[test]
fn k6_5_a_policy_without_rules_and_a_file_without_rows_are_warned_of() {
    let folder = folder("k6-5");
    file(&folder, "jobs.csv", [HEAD, GOOD].concat());
    file(&folder, "none.csv", HEAD);
    file(&folder, "empty.toml", "");
    file(&folder, "strict.toml", "max_n = 1\n[levels]\nno-rows = \"error\"\n");
    let ran = run_in(&folder, "check jobs.csv --policy empty.toml");
    assert!(
        ran.code == 0 && ran.stdout.contains("empty.toml: warning[no-rules]: the policy sets no rule"),
        "{ran:?}"
    );
    let ran = run_in(&folder, "check none.csv");
    assert!(
        ran.code == 0 && ran.stdout.contains("none.csv: warning[no-rows]: the file has no rows"),
        "{ran:?}"
    );
    assert_eq!(run_in(&folder, "check none.csv --policy strict.toml").code, 4);
}

#[test]
fn k6_7_a_wrong_value_of_the_environment_or_of_a_file_names_its_place() {
    let folder = folder("k6-7");
    file(&folder, "jobs.csv", "size,prompt_tokens\n1024x1024,3\n");
    let settings = file(&folder, "config.toml", "# mine\nquality = \"hihg\"\n");
    for line in [
        "gpt-image-2 1024",
        "compare gpt-image-2 -s 1024x1024",
        "check jobs.csv -m gpt-image-2",
        "batch jobs.csv -m gpt-image-2",
    ] {
        let ran =
            finish(program().current_dir(&folder).env("IMGCOST_QUALITY", "hihg").args(words(line)), b"");
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(
            ran.stderr.contains("hihg") && ran.stderr.contains("(from IMGCOST_QUALITY)"),
            "{line}: {ran:?}"
        );
        let ran =
            finish(program().current_dir(&folder).env("IMGCOST_CONFIG", &settings).args(words(line)), b"");
        assert!(ran.stderr.contains(&format!("(from {settings}:2)")), "{line}: {ran:?}");
        // A flag is in its place.
        let flagged = format!("{line} -q low");
        let ran =
            finish(program().current_dir(&folder).env("IMGCOST_QUALITY", "hihg").args(words(&flagged)), b"");
        assert_eq!(ran.code, 0, "{flagged}: {ran:?}");
    }
    for (variable, value) in [("IMGCOST_MODEL", "gpt-imagine-2"), ("IMGCOST_PROVIDER", "opnai")] {
        for line in ["check jobs.csv", "batch jobs.csv", "compare -n 1"] {
            let ran = finish(program().current_dir(&folder).env(variable, value).args(words(line)), b"");
            assert!(ran.code == 2 && ran.stderr.contains(&format!("(from {variable})")), "{line}: {ran:?}");
        }
    }
    let ran = finish(program().env("IMGCOST_FORMAT", "xml").arg("models"), b"");
    assert!(ran.stderr.contains("(from IMGCOST_FORMAT)"), "{ran:?}");
}

#[test]
fn k6_8_a_cap_of_the_environment_judges_the_images_where_there_is_no_prompt() {
    let quote =
        |cap: &str| finish(program().env("IMGCOST_CAP", cap).args(words("gpt-image-2 high 1024x1024")), b"");
    let ran = quote("1");
    assert!(ran.code == 0 && ran.stderr.contains("compared with the images only"), "{ran:?}");
    assert_eq!(quote("0.2").code, 3);
}

#[test]
fn k6_9_the_settings_in_force_are_shown_with_where_they_come_from() {
    let folder = folder("k6-9");
    let settings = file(&folder, "config.toml", "model = \"gpt-image-2\"\n");
    let ran = finish(
        program()
            .env("IMGCOST_CONFIG", &settings)
            .env("IMGCOST_SIZE", "1024x1024")
            .args(["config", "--json"]),
        b"",
    );
    let of = |name: &str| {
        let all = ran.json()["settings"].as_array().unwrap().clone();
        let found = all.iter().find(|setting| setting["name"] == name).unwrap();
        found["from"].as_str().unwrap_or("-").to_owned()
    };
    assert_eq!(
        (of("model"), of("size"), of("cap")),
        (format!("{settings}:1"), "IMGCOST_SIZE".to_owned(), "-".to_owned())
    );
}

#[test]
fn k6_10_a_finding_keeps_its_fingerprint_where_lines_move() {
    let folder = folder("k6-10");
    file(&folder, "policy.toml", "max_n = 1\n");
    let prints = |rows: &[&str]| {
        file(&folder, "jobs.csv", rows.concat());
        let sarif = run_in(&folder, "check jobs.csv --policy policy.toml -f sarif").json();
        let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
        let print = |result: &serde_json::Value| {
            result["partialFingerprints"]["imgcostFinding/v1"].as_str().unwrap().to_owned()
        };
        results.iter().map(print).collect::<Vec<_>>()
    };
    let unnamed = ",gpt-image-2,low,1024x1024,2,40\n";
    let before = prints(&[HEAD, DEAR, unnamed, unnamed]);
    assert_eq!(before.len(), 3);
    assert!(before[1].ends_with(":1") && before[2].ends_with(":2") && before[1] != before[2]);
    assert_eq!(prints(&[HEAD, GOOD, GOOD, DEAR, unnamed, unnamed]), before);
}

#[test]
fn several_files_and_patterns_are_checked_at_once() {
    let folder = folder("check-several");
    for name in ["jobs/a.csv", "jobs/b.csv", "jobs/deep/er/c.csv", "jobs/.hidden.csv"] {
        file(&folder, name, [HEAD, GOOD].concat());
    }
    file(&folder, "jobs/b.csv", [HEAD, DEAR].concat());
    file(&folder, "policy.toml", "max_per_call = \"0.25\"\nmax_per_file = \"0.43\"\n");
    let check = |files: &str| run_in(&folder, &format!("check {files} --policy policy.toml"));
    let files = |line: &str| {
        let ran = check(&format!("{line} --json"));
        ran.json()["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(files("jobs/b.csv jobs/a.csv"), ["jobs/b.csv", "jobs/a.csv"]);
    assert_eq!(files("jobs/*.csv"), ["jobs/a.csv", "jobs/b.csv"]);
    assert_eq!(files("jobs/?.csv jobs/a.csv"), ["jobs/a.csv", "jobs/b.csv"]);
    assert_eq!(files("**/*.csv"), ["jobs/a.csv", "jobs/b.csv", "jobs/deep/er/c.csv"]);
    assert_eq!(files("jobs/**/c.csv"), ["jobs/deep/er/c.csv"]);
    let ran = check("jobs/*.csv");
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("jobs/b.csv:2: error[max-per-call]"), "{ran:?}");
    assert!(ran.stdout.contains("2 jobs in 2 files, 3 images, at most $0.43: 1 error"), "{ran:?}");
    let found = findings(&check("jobs/*.csv --json"));
    assert_eq!((found[0]["file"].as_str(), found[0]["line"].as_u64()), (Some("jobs/b.csv"), Some(2)));
    assert!(check("jobs/*.csv -f csv").stdout.contains("jobs/b.csv,2,hero,error,IC001"));
    let sarif = check("jobs/*.csv -f sarif").json();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "jobs/b.csv");
    let none = check("jobs/*.jsonl");
    assert!(none.code == 2 && none.stderr.contains("jobs/*.jsonl matches no file"), "{none:?}");
    let none = check("jobs/a.csv jobs/no.csv");
    assert!(none.code == 2 && none.stderr.contains("jobs/no.csv"), "{none:?}");
}
