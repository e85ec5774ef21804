//! `imgcost check`: what it finds, how it says it, how it ends.

use crate::common::{Ran, file, finish, folder, imgcost, program, run, run_with, snapshot};

const JOBS: &str = "id,model,quality,size,n,prompt_tokens,tag:team\n\
    hero-1,gpt-image-2,high,1024x1024,2,40,art\n\
    card,gpt-image-2,low,1024x1024,1,40,web\n\
    odd,gpt-image-2,low,1000x1000,1,40,web\n\
    old,dall-e-3,hd,1024x1024,1,40,web\n\
    any,gpt-image-2,,,1,40,web\n\
    new,gpt-image-2.6-flare,low,1024x1024,1,40,web\n";

const POLICY: &str = "max_per_call = \"0.25\"\nallowed_models = [\"gpt-image-*\"]\nforbid_auto = true\n\
    forbid_retired = true\nwarn_unverified = true\n\n[[exception]]\nrule = \"max-per-call\"\n\
    id = \"hero-*\"\nreason = \"the front page is printed too\"\nuntil = \"2027-03-31\"\n\n\
    [[exception]]\nrule = \"auto\"\nid = \"draft-*\"\nreason = \"drafts\"\n";

/// Runs a check in a folder of its own, so that names in the output are short.
fn check(name: &str, jobs: &str, policy: &str, more: &[&str]) -> Ran {
    let folder = folder(name);
    file(&folder, "jobs.csv", jobs);
    file(&folder, "policy.toml", policy);
    let mut command = program();
    command.current_dir(&folder).args(["check", "jobs.csv", "--policy", "policy.toml"]).args(more);
    finish(&mut command, b"")
}

#[test]
fn findings_in_every_format() {
    for format in ["table", "json", "csv", "markdown"] {
        let ran = check(&format!("check-{format}"), JOBS, POLICY, &["-f", format]);
        assert_eq!((ran.code, ran.stderr.as_str()), (3, ""), "{ran:?}");
        snapshot(&format!("check.{format}"), &ran.stdout);
    }
}

#[test]
fn how_a_check_ends() {
    let head = "model,quality,size,n,prompt_tokens,provider\n";
    let good = "gpt-image-2,low,1024x1024,1,40,openai\n";
    let bad = "gpt-image-2,low,1000x1000,1,40,openai\n";
    let unpriced = "gpt-image-2,low,1024x1024,1,40,new-api\n";
    let no_prompt = "gpt-image-2,low,1024x1024,1,,openai\n";
    for (rows, policy, code) in [
        (vec![good], "max_per_file = \"1\"", 0),
        (vec![good, bad], "max_per_file = \"1\"", 4),
        (vec![good, unpriced], "", 4),
        (vec![good, unpriced], "[levels]\nunpriced = \"warning\"", 0),
        (vec![good, bad], "max_per_call = \"0.001\"", 3),
        (vec![good], "max_per_file = \"0.001\"\n[levels]\nmax-per-file = \"warning\"", 0),
        (vec![good, no_prompt], "max_per_call = \"1\"", 2),
        (vec![good, no_prompt], "max_n = 1", 0),
        (vec![good], "max_per_cal = \"1\"", 2),
        (vec![], "max_n = 1", 0),
    ] {
        let ran = check("check-ends", &format!("{head}{}", rows.concat()), policy, &["-f", "json"]);
        assert_eq!(ran.code, code, "{policy} {rows:?}: {ran:?}");
        let schema = ran.json()["schema"].as_str().unwrap().to_owned();
        let refused = policy.starts_with("max_per_cal ");
        assert_eq!(schema, if refused { "imgcost.error/1" } else { "imgcost.check/1" });
    }
    let ran = check(
        "check-assumed",
        &format!("{head}{no_prompt}"),
        "max_per_call = \"1\"",
        &["--assume-prompt-tokens", "50"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(imgcost("check /no/such.csv --policy /no/policy.toml").code, 2);
    assert_eq!(imgcost("check").code, 2);
    assert_eq!(run_with(&["check", "-", "--policy", "-"], b"").code, 2);
}

#[test]
fn the_sum_is_converted_once_at_the_rate_that_is_given() {
    let jobs = "model,quality,size,n,prompt_tokens\ngpt-image-2,low,1024x1024,1,40\n";
    let fx = ["--currency", "JPY", "--fx", "149.8@2026-11-20"];
    let ran = check("check-fx", jobs, "max_n = 1", &[&fx[..], &["-f", "json"]].concat());
    let document = ran.json();
    assert_eq!(document["total"]["ceiling"], "0.00611");
    assert_eq!(document["converted"]["ceiling"], "0.915278");
    assert_eq!(document["converted"]["rate"], "149.8");
    let words = check("check-fx", jobs, "max_n = 1", &fx).stdout;
    assert!(
        words.contains(
            "at most $0.00611: 0 errors, 0 warnings; in JPY: 0.9153, at 1 USD = 149.8 JPY on 2026-11-20"
        ),
        "{words}"
    );
    // A small bound is no bound of nothing.
    let euro = ["--currency", "EUR", "--fx", "0.1@2026-11-20"];
    let words = check("check-fx", jobs, "max_n = 1", &euro).stdout;
    assert!(words.contains("; in EUR: 0.000611, at"), "{words}");
    // With a row in error the sum is a floor, in every currency.
    let ran = check("check-fx", &format!("{jobs}gpt-image-2,low,1000x1000,1,40\n"), "max_n = 1", &fx);
    assert!(
        ran.stdout
            .contains(", at least $0.00611, 1 in error: 1 error, 0 warnings; in JPY: at least 0.9152, at"),
        "{ran:?}"
    );
}

#[test]
fn all_that_is_wrong_with_a_policy_is_said_with_its_line() {
    let ran = check("check-policy", JOBS, "max_n = 0\n\nforbid_aut = true\n", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("policy.toml:1: max_n: expected a whole number from 1"), "{ran:?}");
    assert!(
        ran.stderr.contains("policy.toml:3: there is no key 'forbid_aut'; did you mean 'forbid_auto'?"),
        "{ran:?}"
    );
}

#[test]
fn without_a_policy_the_built_in_rules_apply() {
    let folder = folder("check-built-in");
    let check = |jobs: &str, more: &[&str]| {
        file(&folder, "jobs.csv", jobs);
        let mut command = program();
        finish(command.current_dir(&folder).args(["check", "jobs.csv"]).args(more), b"")
    };
    let ran = check(JOBS, &[]);
    assert_eq!(ran.code, 3);
    snapshot("check-built-in.txt", &format!("{}{}", ran.stdout, ran.stderr));
    let document = check(JOBS, &["--json"]).json();
    assert_eq!(document["policy"], "built-in rules");
    let mut codes: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, ["IC010", "IC011", "IC017"]);
    let head = "model,quality,size,provider\n";
    let ran = check(&format!("{head}gpt-image-2,low,1024x1024,new-api\n"), &["--quiet"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (4, ""), "{ran:?}");
    assert!(ran.stdout.contains("error[unpriced]: "), "{ran:?}");
    assert_eq!(check(&format!("{head}gpt-image-2,low,1024x1024,openai\n"), &[]).code, 0);
}

#[test]
fn the_starter_policy_is_written_to_a_new_file_only() {
    let folder = folder("check-init-file");
    let init = || {
        let mut command = program();
        finish(command.current_dir(&folder).args(["check", "--init", "-o", "policy.toml"]), b"")
    };
    let ran = init();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let written = std::fs::read_to_string(folder.join("policy.toml")).unwrap();
    assert_eq!(written, imgcost("check --init").stdout);
    std::fs::write(folder.join("policy.toml"), "max_n = 1").unwrap();
    let ran = init();
    assert!(ran.code == 2 && ran.stderr.contains("policy.toml exists"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(folder.join("policy.toml")).unwrap(), "max_n = 1");
    let ran = imgcost("check --init -o /no/such/folder/policy.toml");
    assert_eq!(ran.code, 5, "{ran:?}");
}

#[test]
fn the_example_policy_is_a_policy() {
    let example = imgcost("check --init");
    assert_eq!(example.code, 0);
    let jobs = "model,quality,size,n,prompt_tokens\ngpt-image-2,low,1024x1024,1,40\n";
    assert_eq!(check("check-init", jobs, &example.stdout, &[]).code, 0);
    // What is commented out in it, too.
    let all: Vec<&str> = example
        .stdout
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") || rest.starts_with("[["))
                .unwrap_or(line)
        })
        .collect();
    assert!(all.len() > 30 && all.contains(&"[[exception]]"));
    let ran = check("check-init-all", jobs, &all.join("\n"), &["-f", "json"]);
    assert_eq!(ran.json()["schema"], "imgcost.check/1", "{ran:?}");
}

/// The parts of SARIF 2.1.0 that readers rely on. The whole was held against the published JSON
/// Schema by hand.
#[test]
fn sarif_has_the_form_that_readers_expect() {
    let ran = check("check-sarif", JOBS, POLICY, &["-f", "sarif"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.starts_with("imgcost: 6 jobs, "), "{ran:?}");
    let sarif = ran.json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["invocations"][0]["exitCode"], 3);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(&names[..2], ["MaxPerCall", "MaxPerImage"]);
    let results = run["results"].as_array().unwrap();
    let lines: Vec<&str> = JOBS.lines().collect();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let own = result["properties"]["level"].as_str().unwrap();
        assert_eq!(result["level"], if own == "excepted" { "note" } else { own });
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        match uri {
            "jobs.csv" => assert!(lines[line - 1].starts_with(result["properties"]["id"].as_str().unwrap())),
            "policy.toml" => assert!(POLICY.lines().nth(line - 1).unwrap().starts_with("[[")),
            other => panic!("{other}"),
        }
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let suppressed: Vec<_> =
        results.iter().filter(|result| !result["suppressions"].as_array().unwrap().is_empty()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["ruleId"], "IC001");
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "the front page is printed too");
    assert!(suppressed[0]["properties"]["ceiling"].is_string(), "money is text");
    assert_eq!(suppressed[0]["properties"]["level"], "excepted");
}

#[test]
fn a_sarif_file_is_written_beside_the_output() {
    let folder = folder("check-sarif-file");
    let jobs = file(&folder, "jobs.csv", JOBS);
    let policy = file(&folder, "policy.toml", POLICY);
    let sarif = folder.join("out.sarif");
    let ran = run(&["check", &jobs, "--policy", &policy, "-o", sarif.to_str().unwrap(), "-f", "json"]);
    assert_eq!((ran.code, ran.json()["verdict"].as_str()), (3, Some("broken")));
    let document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&sarif).unwrap()).unwrap();
    assert_eq!(
        document["runs"][0]["results"].as_array().unwrap().len(),
        ran.json()["findings"].as_array().unwrap().len()
    );
    let nowhere = run(&["check", &jobs, "--policy", &policy, "-o", "/no/such/folder/x.sarif"]);
    assert_eq!(nowhere.code, 5, "{nowhere:?}");
    assert!(nowhere.stderr.contains("/no/such/folder/x.sarif"));
}

#[test]
fn hostile_ids_change_no_terminal_and_no_table() {
    let rows = "{\"id\":\"a\\u001b[2J|`x`@me <b>\",\"model\":\"gpt-image-2\",\"quality\":\"low\",\"size\":\"1024x1024\",\"n\":9,\"prompt_tokens\":1}\n";
    let folder = folder("check-hostile");
    let policy = file(&folder, "policy.toml", "max_n = 1");
    for format in ["table", "markdown"] {
        let ran = run_with(&["check", "-", "--policy", &policy, "-f", format], rows.as_bytes());
        assert_eq!(ran.code, 3);
        assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
    }
    let ran = run_with(&["check", "-", "--policy", &policy, "-f", "md"], rows.as_bytes());
    assert!(ran.stdout.contains("\\|&#96;x&#96;&#64;me &lt;b>"), "{}", ran.stdout);
}

#[test]
fn where_a_file_fails_nothing_else_is_lost() {
    let jobs = "model,n,prompt_tokens\ngpt-image-2,2,9\n";
    let ran = check("check-sarif-fails", jobs, "max_n = 1", &["-f", "json", "-o", "/nonexist/x.sarif"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(ran.json()["verdict"], "broken");
    assert!(ran.stderr.contains("/nonexist/x.sarif"), "{ran:?}");
}

#[test]
fn findings_are_workflow_commands_of_github() {
    let ran = check("check-github", JOBS, POLICY, &["-f", "github"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.starts_with("imgcost: 6 jobs, "), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    // One a finding, without the one that an exception lets pass.
    assert_eq!(lines.len(), 7, "{ran:?}");
    let retired = "::error file=jobs.csv,line=5,title=retired::dall-e-3 was shut down on 2026-05-12 (policy.toml:4) [old]";
    assert_eq!(lines[2], retired);
    assert!(lines[6].starts_with("::warning file=policy.toml,line=13,title=exception-unused::"), "{ran:?}");
    // What others wrote ends no line and begins no command.
    let hostile = "{\"id\":\"a\\n::error::b 5%\",\"model\":\"gpt-image-2\",\"n\":9,\"prompt_tokens\":1}\n";
    let policy = file(&folder("check-github-id"), "a,b:c.toml", "max_n = 1");
    let ran = run_with(&["check", "-", "--policy", &policy, "-f", "github"], hostile.as_bytes());
    assert!(ran.stdout.lines().all(|line| line.starts_with("::") && !line.contains("5%\"")), "{ran:?}");
    assert!(ran.stdout.contains("5%25]"), "{ran:?}");
}

#[test]
fn findings_formats_are_of_check_alone() {
    for line in
        ["quote gpt-image-2 -f sarif", "models -f github", "models -o x.sarif", "budget show -f sarif"]
    {
        let ran = imgcost(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
        assert!(ran.stderr.contains("only check writes sarif and github"), "{ran:?}");
    }
    let gone = imgcost("check jobs.csv --policy policy.toml --sarif out.sarif");
    assert!(gone.code == 2 && gone.stderr.contains("-o FILE.sarif"), "{gone:?}");
}

#[test]
fn a_retired_model_is_a_warning_without_a_rule() {
    let jobs = "id,model,quality,size,prompt_tokens\nold,gpt-image-1,low,1024x1024,9\n";
    let warned = check("check-retired", jobs, "max_n = 1\n", &[]);
    assert_eq!(warned.code, 0, "{warned:?}");
    let finding = "jobs.csv:2: warning[retired]: gpt-image-1 was shut down on 2026-10-23";
    assert!(warned.stdout.contains(finding), "{warned:?}");
    let raised = check("check-retired-error", jobs, "max_n = 1\n[levels]\nretired = \"error\"\n", &[]);
    assert_eq!(raised.code, 3, "{raised:?}");
    let off = check("check-retired-off", jobs, "max_n = 1\n[levels]\nretired = \"off\"\n", &[]);
    assert!(off.code == 0 && !off.stdout.contains("shut down"), "{off:?}");
}
