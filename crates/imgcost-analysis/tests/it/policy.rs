//! Policies: what is wrong with one, and what breaks it.

use crate::common::BOOK;
use imgcost_analysis::policy::{Finding, KEPT_MAX, Level, Policy, Report, Rule, Subject, Verdict};
use imgcost_core::{Date, Prompt, Request, Size};
use proptest::prelude::*;

const TODAY: Date = Date::constant(2026, 11, 21);

fn policy(text: &str) -> Policy {
    Policy::read("policy.toml", text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(text: &str) -> Vec<String> {
    Policy::read("policy.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

/// `model quality size n`, `-` for what is left out.
fn request(words: &str) -> Request {
    let mut words = words.split(' ');
    let model = words.next().unwrap();
    let (provider, model) = model.split_once('/').unwrap_or(("openai", model));
    let mut request = Request::new(provider, model, TODAY);
    let mut next = || words.next().filter(|word| *word != "-");
    request.quality = next().map(|quality| quality.parse().unwrap());
    request.size = next().map(|size| size.parse::<Size>().unwrap());
    request.n = next().map_or(1, |n| n.parse().unwrap());
    request.prompt = Some(Prompt::of_tokens(20));
    request
}

fn check_all(policy: &Policy, rows: &[(&str, Request)]) -> Report {
    let tags = [("team".to_owned(), "art-2".to_owned())];
    let mut evaluator = policy.evaluator(&BOOK, TODAY);
    for (line, (id, request)) in (2..).zip(rows) {
        let quoted = BOOK.quote(request);
        evaluator.row(&Subject::new(line, id, &tags), request, quoted.as_ref());
    }
    evaluator.finish()
}

fn check(text: &str, words: &str) -> Report {
    check_all(&policy(text), &[("hero-1", request(words))])
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule.code()).collect()
}

fn only(report: &Report) -> &Finding {
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    &report.findings[0]
}

#[test]
fn all_problems_of_a_policy_are_named_with_their_lines() {
    let text = "max_per_cal = \"0.25\"\nmax_per_image = 0.25\nmax_n = 0\nallowed_models = []\n\
        forbid_auto = \"yes\"\nmax_pixels = 0x10\nschema = \"imgcost.policy/2\"\n[levels]\nunpriced = \"fatal\"\n\
        max-per-cal = \"off\"\n[[exception]]\nrule = \"max-per-file\"\nid = \"a\"\nreason = \" \"\n\
        [[exception]]\nrule = \"auto\"\nreason = \"x\"\ntag = \"team\"\nuntil = \"soon\"\ncolour = 1\n\
        [[exception]]\nid = \"b\"\nreason = \"y\"\n";
    let found = problems(text);
    for expected in [
        "policy.toml:1: there is no key 'max_per_cal'; did you mean 'max_per_call'?",
        "policy.toml:2: max_per_image: expected an amount in US dollars in quotes",
        "policy.toml:3: max_n: expected a whole number from 1",
        "policy.toml:4: allowed_models: the list is empty",
        "policy.toml:5: forbid_auto: expected true or false, found \"yes\"",
        "policy.toml:6: max_pixels: expected a whole number from 1",
        "policy.toml:7: schema: expected \"imgcost.policy/1\"",
        "policy.toml:9: unpriced: expected one of off, warning, error, found \"fatal\"",
        "policy.toml:10: there is no rule 'max-per-cal'; did you mean 'max-per-call'?",
        "policy.toml:11: exception: max-per-file is not about a row",
        "policy.toml:11: exception: 'reason' is missing",
        "policy.toml:18: tag: expected NAME=PATTERN",
        "policy.toml:19: until: expected the last day",
        "policy.toml:20: there is no key of an exception 'colour'",
        "policy.toml:21: exception: 'rule' is missing",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected} is not in {found:#?}");
    }
    assert_eq!(found.len(), 15, "{found:#?}");
    let mut sorted = Policy::read("p", text).unwrap_err();
    sorted.sort();
    assert_eq!(Policy::read("p", text).unwrap_err(), sorted);
}

#[test]
fn each_rule_finds_what_breaks_it_and_nothing_else() {
    for (text, row, code) in [
        ("max_per_call = \"0.1\"", "gpt-image-2 high 1024x1024", "IC001"),
        ("max_per_image = \"0.1\"", "gpt-image-2 high 1024x1024 2", "IC002"),
        ("max_per_file = \"0.1\"", "gpt-image-2 high 1024x1024", "IC003"),
        ("allowed_models = [\"gpt-image-1*\"]", "gpt-image-2 low 1024x1024", "IC004"),
        ("denied_models = [\"*-2\"]", "gpt-image-2 low 1024x1024", "IC005"),
        ("allowed_providers = [\"azure\"]", "gpt-image-2 low 1024x1024", "IC006"),
        ("allowed_qualities = [\"low\", \"medium\"]", "gpt-image-2 high 1024x1024", "IC007"),
        ("max_pixels = 1_048_576", "gpt-image-2 low 1536x1024", "IC008"),
        ("max_pixels = 1_048_576", "gpt-image-2 low auto", "IC008"),
        ("max_n = 2", "gpt-image-2 low 1024x1024 3", "IC009"),
        ("forbid_auto = true", "gpt-image-2 - 1024x1024", "IC010"),
        ("forbid_auto = true", "gpt-image-2 low auto", "IC010"),
        ("forbid_retired = true", "dall-e-3 hd 1024x1024", "IC011"),
        ("max_n = 9", "dall-e-3 hd 1024x1024", "IC011"),
        ("require_batch = true", "gpt-image-2 low 1024x1024", "IC013"),
        ("warn_unverified = true", "gpt-image-2.6-flare low 1024x1024", "IC014"),
        ("max_price_age_days = 0", "gpt-image-2 low 1024x1024", "IC016"),
        ("max_n = 9", "gpt-image-2 low 1000x1000", "IC017"),
        ("max_n = 9", "gpt-imagine-2 low", "IC017"),
    ] {
        let mut request = request(row);
        // Prices are old by the row's own day.
        request.as_of = if code == "IC016" { Date::constant(2026, 12, 22) } else { TODAY };
        let report = check_all(&policy(text), &[("a", request)]);
        assert_eq!(codes(&report), [code], "{text} {row}: {:?}", report.findings);
    }
}

#[test]
fn a_retired_model_is_a_warning_that_a_policy_turns_up_or_off() {
    let levels = |text: &str| {
        let report = check(text, "dall-e-3 hd 1024x1024");
        let levels: Vec<Level> = report.findings.iter().map(|finding| finding.level).collect();
        (levels, report.verdict)
    };
    for (text, level, verdict) in [
        ("max_n = 9", Some(Level::Warning), Verdict::Passed),
        ("forbid_retired = true", Some(Level::Error), Verdict::Broken),
        ("[levels]\nretired = \"error\"", Some(Level::Error), Verdict::Broken),
        ("[levels]\nretired = \"off\"", None, Verdict::Passed),
        ("forbid_retired = true\n[levels]\nretired = \"warning\"", Some(Level::Warning), Verdict::Passed),
    ] {
        assert_eq!(levels(text), (level.into_iter().collect(), verdict), "{text}");
    }
    let excepted = check(
        "[[exception]]\nrule = \"retired\"\nmodel = \"dall-e-*\"\nreason = \"an archive\"",
        "dall-e-3 hd 1024x1024",
    );
    assert_eq!((excepted.warnings, excepted.excepted), (0, 1));
}

#[test]
fn what_keeps_the_rules_passes() {
    let text = "max_per_call = \"0.5\"\nmax_per_image = \"0.25\"\nmax_per_file = \"0.5\"\n\
        allowed_models = [\"gpt-image-*\"]\ndenied_models = [\"dall-e-*\"]\nallowed_providers = [\"openai\"]\n\
        allowed_qualities = [\"high\"]\nmax_pixels = 1048576\nmax_n = 2\nforbid_auto = true\n\
        forbid_retired = true\nmax_price_age_days = 60\n";
    let report = check(text, "gpt-image-2 high 1024x1024 2");
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Passed, 0), "{:?}", report.findings);
    assert!(report.sum.is_complete());
}

#[test]
fn a_limit_on_money_says_what_it_may_cost_and_what_fits() {
    let report = check("max_per_call = \"0.25\"", "gpt-image-2 high 1024x1024 2");
    let finding = only(&report);
    assert_eq!((finding.level, finding.line, finding.id.as_str()), (Level::Error, Some(2), "hero-1"));
    assert_eq!(finding.message, "the call may cost up to $0.4217, over $0.25");
    assert_eq!(finding.nearest.as_deref(), Some("n = 1 ($0.21085)"));
    assert_eq!(finding.limit.unwrap().to_string(), "0.25");
}

#[test]
fn nothing_passes_a_limit_on_money_by_having_no_price() {
    let priceless = "new-api/gpt-image-2 low 1024x1024";
    assert!(!BOOK.quote(&request(priceless)).unwrap().is_complete());
    let report = check("max_n = 9", priceless);
    assert_eq!((codes(&report), report.verdict), (vec!["IC015"], Verdict::Incomplete));
    let report = check("max_per_call = \"1\"\nmax_per_image = \"1\"\nmax_per_file = \"1\"", priceless);
    assert_eq!(codes(&report), ["IC001", "IC002", "IC015", "IC003"]);
    assert_eq!(report.verdict, Verdict::Broken);
    let report = check("[levels]\nunpriced = \"off\"", priceless);
    assert_eq!((codes(&report), report.verdict), (vec![], Verdict::Passed));
    assert_eq!((report.sum.unpriced, report.sum.ceiling()), (1, None));
}

#[test]
fn a_rule_on_money_needs_the_prompt() {
    let mut open = request("gpt-image-2 low 1024x1024");
    open.prompt = None;
    let rows = [("a", open)];
    let report = check_all(&policy("max_per_file = \"1\""), &rows);
    assert_eq!((codes(&report), report.verdict), (vec!["IC018"], Verdict::PromptMissing));
    assert_eq!(check_all(&policy("max_n = 1"), &rows).verdict, Verdict::Passed);
    let told = check_all(&policy("max_per_file = \"1\"\n[levels]\nprompt-missing = \"warning\""), &rows);
    assert_eq!((told.warnings, told.verdict), (1, Verdict::Passed));
}

#[test]
fn exceptions_carry_reasons_and_end() {
    let broken = "gpt-image-2 high 1024x1024";
    let with = |exception: &str| {
        check(
            &format!(
                "max_per_call = \"0.1\"\n[[exception]]\nrule = \"max-per-call\"\nreason = \"the cover\"\n{exception}"
            ),
            broken,
        )
    };
    for matching in [
        "id = \"hero-*\"",
        "model = \"gpt-image-2\"",
        "tag = \"team=art-?\"",
        "id=\"*\"\nuntil=\"2026-11-21\"",
    ] {
        let report = with(matching);
        let finding = only(&report);
        assert_eq!(finding.exception.as_ref().unwrap().reason, "the cover", "{matching}");
        assert_eq!((report.verdict, report.excepted, report.errors), (Verdict::Passed, 1, 0));
    }
    for other in [
        "id = \"hero\"",
        "model = \"gpt-image-1\"",
        "tag = \"team=web\"",
        "tag = \"art=*\"",
        "id=\"hero-*\"\nmodel=\"x\"",
    ] {
        let report = with(other);
        assert_eq!(codes(&report), ["IC001", "IC019"], "{other}");
        assert_eq!((report.verdict, report.warnings), (Verdict::Broken, 1));
    }
    let report = with("id = \"hero-*\"\nuntil = 2026-11-20");
    assert_eq!(codes(&report), ["IC001", "IC020"]);
    assert_eq!(report.findings[1].line, Some(2));
    assert!(report.findings[1].message.contains("2026-11-20"));
}

#[test]
fn a_model_is_meant_by_any_of_its_names() {
    let (id, alias) = ("gpt-image-2", "gpt-image-2-2026-04-21");
    for said in [id, alias, "gpt-image-2-????-*"] {
        for asked in [id, alias] {
            let row = format!("{asked} low 1024x1024 3");
            let allowed = check(&format!("allowed_models = [\"{said}\"]"), &row);
            assert_eq!((codes(&allowed), allowed.verdict), (vec![], Verdict::Passed), "{said} {asked}");
            assert_eq!(
                codes(&check(&format!("denied_models = [\"{said}\"]"), &row)),
                ["IC005"],
                "{said} {asked}"
            );
            let exception =
                |rule: &str| format!("[[exception]]\nrule = \"{rule}\"\nreason = \"x\"\nmodel = \"{said}\"");
            let excepted = check(&format!("max_n = 2\n{}", exception("max-n")), &row);
            assert_eq!((excepted.excepted, excepted.verdict), (1, Verdict::Passed), "{said} {asked}");
            // A row in error has a model, too.
            let excepted = check(&exception("row-error"), &format!("{asked} low 1000x1000"));
            assert_eq!((excepted.excepted, excepted.verdict), (1, Verdict::Passed), "{said} {asked}");
        }
    }
    assert_eq!(
        codes(&check("allowed_models = [\"gpt-image-1-2025-04-23\"]", "gpt-image-2 low 1024x1024")),
        ["IC004"]
    );
    // `all` is a name here, not a word for everything.
    assert_eq!(codes(&check("allowed_models = [\"all\"]", "gpt-image-2 low 1024x1024")), ["IC004", "IC021"]);
}

#[test]
fn a_slip_in_a_list_of_names_is_told() {
    let report =
        check("denied_models = [\"dalle-3\"]\nallowed_qualities = [\"low\"]", "gpt-image-2 low 1024x1024");
    let finding = only(&report);
    assert_eq!((finding.rule, finding.line), (Rule::MatchesNothing, Some(1)));
    assert_eq!(finding.nearest.as_deref(), Some("dall-e-3"));
    assert_eq!(report.verdict, Verdict::Passed);
}

#[test]
fn levels_decide_how_a_check_ends() {
    let row = "gpt-image-2 low 1024x1024 3";
    assert_eq!(check("max_n = 1\n[levels]\nmax-n = \"warning\"", row).verdict, Verdict::Passed);
    assert_eq!(check("max_n = 1\n[levels]\nIC009 = \"off\"", row).findings.len(), 0);
    let bad = "gpt-image-2 low 1000x1000";
    assert_eq!(check("", bad).verdict, Verdict::Incomplete);
    assert_eq!(check("[levels]\nrow_error = \"warning\"", bad).verdict, Verdict::Passed);
    let both = [("a", request(bad)), ("b", request(row))];
    assert_eq!(check_all(&policy("max_n = 1"), &both).verdict, Verdict::Broken);
}

#[test]
fn findings_are_bounded_and_counted() {
    let policy = policy("max_n = 1");
    let request = request("gpt-image-2 low 1024x1024 2");
    let quote = BOOK.quote(&request).unwrap();
    let mut evaluator = policy.evaluator(&BOOK, TODAY);
    for line in 0..KEPT_MAX as u64 + 120 {
        evaluator.row(&Subject::new(line, "", &[]), &request, Ok(&quote));
    }
    let report = evaluator.finish();
    assert_eq!(report.findings.len(), KEPT_MAX);
    assert_eq!(report.more[&Rule::MaxN], 120);
    assert_eq!(report.errors, KEPT_MAX as u64 + 120);
}

proptest! {
    /// A limit at the exact ceiling is kept, and any lower one is broken.
    #[test]
    fn limits_are_exact(n in 1_u32..=10, quality in prop::sample::select(vec!["low", "medium", "high"])) {
        let row = request(&format!("gpt-image-2 {quality} 1024x1024 {n}"));
        let ceiling = BOOK.quote(&row).unwrap().total().ceiling.unwrap();
        let below = ceiling.checked_sub(imgcost_core::Usd::from_nanos(1)).unwrap();
        for key in ["max_per_call", "max_per_file"] {
            let at = check_all(&policy(&format!("{key} = \"{ceiling}\"")), &[("a", row.clone())]);
            let under = check_all(&policy(&format!("{key} = \"{below}\"")), &[("a", row.clone())]);
            prop_assert_eq!((at.verdict, under.verdict), (Verdict::Passed, Verdict::Broken));
        }
    }

    /// No text makes a policy panic.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}|([a-z_]{1,12} = (\\[\"[*?a]\"\\]|[0-9.]{1,5}|\"x\")\n){0,4}") {
        let _ = Policy::read("p", &text);
    }
}

#[test]
fn a_policy_without_rules_and_a_file_without_rows_are_warnings() {
    assert_eq!(codes(&check("", "gpt-image-2 low 1024x1024")), ["IC023"]);
    assert_eq!(codes(&check("schema = \"imgcost.policy/1\"", "gpt-image-2 low 1024x1024")), ["IC023"]);
    for text in ["max_n = 9", "[levels]\nunpriced = \"off\"", "forbid_auto = true"] {
        assert_eq!(codes(&check(text, "gpt-image-2 low 1024x1024")), [""; 0], "{text}");
    }
    let empty = check_all(&policy("max_n = 9"), &[]);
    assert_eq!((codes(&empty), empty.verdict), (vec!["IC024"], Verdict::Passed));
    let empty = check_all(&policy("max_n = 9\n[levels]\nno-rows = \"error\""), &[]);
    assert_eq!(empty.verdict, Verdict::Incomplete);
}

#[test]
fn each_of_several_files_is_judged_by_itself_and_an_exception_by_all() {
    let policy = policy(
        "max_per_file = \"0.3\"\n[[exception]]\nrule = \"max-n\"\nid = \"b\"\nreason = \"x\"\n[levels]\nmax-n = \"error\"",
    );
    let mut evaluator = policy.evaluator(&BOOK, TODAY);
    for (file, ids) in [("one.csv", vec!["a"]), ("none.csv", vec![]), ("two.csv", vec!["b", "c"])] {
        evaluator.begin(file);
        for (line, id) in (2..).zip(ids) {
            let request = request("gpt-image-2 high 1024x1024");
            evaluator.row(&Subject::new(line, id, &[]), &request, BOOK.quote(&request).as_ref());
        }
    }
    let report = evaluator.finish();
    let found: Vec<_> =
        report.findings.iter().map(|found| (found.rule.code(), found.file.as_str())).collect();
    assert_eq!(found, [("IC024", "none.csv"), ("IC003", "two.csv"), ("IC019", "policy.toml")]);
    assert_eq!((report.sum.rows, report.findings[1].over.unwrap().to_string().as_str()), (3, "0.1217"));
}
