//! `imgcost budget`: every subcommand, and what each change does to the sums.

use crate::common::ledger::{Books, CALL, CEILING};
use crate::common::{self, file, finish};

/// A response by which the call cost $0.21012.
const RESPONSE: &str = r#"{"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":8,"output_tokens":7003,"total_tokens":7011,
    "input_tokens_details":{"text_tokens":8,"image_tokens":0}}}"#;
const COST: &str = "0.21013";

#[test]
fn a_call_is_held_and_settled_by_its_response() {
    let books = Books::with("settled", "team/alice 1");
    let ran = books.run(&format!("hold team/alice {CALL} -f json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let held = ran.json();
    assert_eq!(held["schema"], "imgcost.hold/1");
    assert_eq!(held["ceiling"], CEILING);
    assert_eq!(held["ceiling_basis"], "proven");
    assert_eq!(held["left"], "0.789205");
    assert_eq!(held["repeated"], false);
    assert!(held["quote"].as_str().unwrap().starts_with("q_"));
    let hold = held["hold"].as_str().unwrap();
    assert_eq!(books.status()["held"], CEILING);

    let ran = books.run_with(&format!("settle {hold} --usage - -f json"), RESPONSE);
    assert_eq!(ran.code, 0, "{ran:?}");
    let settled = ran.json();
    assert_eq!((settled["cost"].as_str(), settled["state"].as_str()), (Some(COST), Some("settled")));
    assert_eq!(settled["given_back"], "0.000665");
    assert_eq!((settled["late"].as_bool(), settled["repeated"].as_bool()), (Some(false), Some(false)));
    let status = books.status();
    assert_eq!((status["held"].as_str(), status["settled"].as_str()), (Some("0"), Some(COST)));

    let path = file(&books.folder, "response.json", RESPONSE);
    let again = books.run(&format!("settle {hold} --usage {path} -f json"));
    assert_eq!((again.code, again.json()["repeated"].as_bool()), (0, Some(true)));
    let other = books.run(&format!("settle {hold} --cost 0.2 -f json"));
    assert_eq!((other.code, other.json()["error"]["code"].as_str()), (2, Some("conflict")));
    assert_eq!(books.status()["settled"], COST);
}

#[test]
fn a_stream_settles_too() {
    let books = Books::with("stream", "team 1");
    let hold = books.hold("team");
    let events = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA\"}\n\nevent: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":8,\"output_tokens\":7003}}\n\n";
    let ran = books.run_with(&format!("settle {hold} --usage - -f json"), events);
    assert_eq!((ran.code, ran.json()["cost"].as_str()), (0, Some(COST)), "{ran:?}");
}

#[test]
fn a_response_without_usage_is_presumed() {
    let books = Books::with("presumed", "team 1");
    let hold = books.hold("team");
    let bare = r#"{"created":1,"data":[{"b64_json":"AAAA"}]}"#;
    let ran = books.run_with(&format!("settle {hold} --usage -"), bare);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("presumed") && ran.stderr.contains("presumed"), "{ran:?}");
    assert_eq!(books.status()["presumed"], CEILING);
    let again = books.run_with(&format!("settle {hold} --usage - -f json"), bare);
    assert_eq!((again.code, again.json()["repeated"].as_bool()), (4, Some(true)), "{again:?}");
    // Its usage may still come.
    let ran = books.run_with(&format!("settle {hold} --usage - -f json"), RESPONSE);
    assert_eq!((ran.code, ran.json()["before"].as_str()), (0, Some("presumed")), "{ran:?}");
    assert_eq!(
        (books.status()["presumed"].as_str(), books.status()["settled"].as_str()),
        (Some("0"), Some(COST))
    );
}

#[test]
fn an_error_response_settles_nothing_and_tells_what_to_do() {
    let books = Books::with("error-response", "team 1");
    let hold = books.hold("team");
    for response in
        [r#"{"error":{"message":"blocked","type":"user_error"}}"#, "<html>502</html>", r#"{"created":1}"#]
    {
        let ran = books.run_with(&format!("settle {hold} --usage - -f json"), response);
        let error = ran.json()["error"].clone();
        assert_eq!((ran.code, error["field"].as_str()), (2, Some("usage")), "{ran:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("budget release") && message.contains("budget presume"), "{message}");
    }
    assert_eq!(books.status()["held"], CEILING);
}

#[test]
fn released_money_comes_back_and_late_usage_is_booked() {
    let books = Books::with("late", "team 1");
    let hold = books.hold("team");
    let ran = books.run(&format!("release {hold} --reason not-sent -f json"));
    assert_eq!((ran.code, ran.json()["given_back"].as_str()), (0, Some(CEILING)), "{ran:?}");
    assert_eq!(books.status()["left"], "1");
    assert_eq!(books.run(&format!("presume {hold} --reason lost")).code, 2);
    let ran = books.run_with(&format!("settle {hold} --usage -"), RESPONSE);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("late"), "{ran:?}");
    assert_eq!(books.status()["settled"], COST);
}

#[test]
fn a_bill_above_its_ceiling_is_booked_in_full_and_ends_with_3() {
    let books = Books::with("overrun", "team 0.5");
    let hold = books.hold("team");
    let ran = books.run(&format!("settle {hold} --cost 0.6"));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("$0.389205 above the ceiling"), "{ran:?}");
    let status = books.status();
    assert_eq!((status["settled"].as_str(), status["over"].as_str()), (Some("0.6"), Some("0.1")));
    assert_eq!(status["overrun"], "0.389205");
    let refused = books.run("hold team --ceiling 0");
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{refused:?}");
    assert!(books.run("show").stdout.contains("over its cap"));
}

#[test]
fn a_refusal_writes_nothing_and_shows_what_is_left_and_what_fits() {
    let books = Books::with("refusal", "team 0.3");
    books.hold("team");
    let call = CALL.replace("-q high", "-q high -n 2");
    let ran = books.run(&format!("hold team/bob {call} -f json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    let document = ran.json();
    assert_eq!(document["schema"], "imgcost.error/1");
    let error = &document["error"];
    assert_eq!(error["code"], "over-budget");
    assert_eq!((error["left"].as_str(), error["scope"].as_str()), (Some("0.089205"), Some("team/bob")));
    assert_eq!(error["budgets"][0]["scope"], "team");
    assert_eq!(error["fits"][0]["quality"], "low");
    let words = books.run(&format!("hold team/bob {call}"));
    assert_eq!((words.code, words.stdout.as_str()), (3, ""));
    assert!(words.stderr.contains("$0.089205 left") && words.stderr.contains("quality low"), "{words:?}");
    assert_eq!(books.status()["open"], 1);
    assert_eq!(books.run("export -f csv").stdout.lines().count(), 2);
}

#[test]
fn a_key_makes_a_hold_once() {
    let books = Books::with("key", "team 1");
    let line = format!("hold team {CALL} --key job-7 -f json");
    let (first, second) = (books.run(&line).json(), books.run(&line).json());
    assert_eq!(first["hold"], second["hold"]);
    assert_eq!((first["repeated"].as_bool(), second["repeated"].as_bool()), (Some(false), Some(true)));
    assert_eq!(books.status()["open"], 1);
    let other = books.run("hold team --ceiling 0.5 --key job-7 -f json");
    assert_eq!((other.code, other.json()["error"]["code"].as_str()), (2, Some("other-call")));
    // Nothing is set aside for the call any more: a second request must not go on.
    let hold = first["hold"].as_str().unwrap();
    assert_eq!(books.run(&format!("release {hold} --reason x")).code, 0);
    let ran = books.run(&line);
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (2, Some("conflict")), "{ran:?}");
    assert!(ran.stdout.contains("use a new key"), "{ran:?}");
    assert_eq!(books.status()["open"], 0);
}

#[test]
fn a_ceiling_of_your_own_settles_by_cost_alone() {
    let books = Books::with("ceiling", "team 1 --per day");
    let hold = books.hold_of("team --ceiling 0.25");
    let ran = books.run_with(&format!("settle {hold} --usage -"), RESPONSE);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--cost"), "{ran:?}");
    assert_eq!(books.status()["held_assumed"], "0.25");
    assert_eq!(books.run(&format!("settle {hold} --cost 0.2")).code, 0);
    assert_eq!(books.run("hold team --ceiling 0.1 -q high").code, 2);
    assert_eq!(books.run("set team 1 --per day --require-proven").code, 0);
    let ran = books.run("hold team --ceiling 0.1 -f json");
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (3, Some("assumed-ceiling")));
}

#[test]
fn the_expected_amount_can_be_held_instead() {
    let books = Books::with("expected", "team 1");
    let open = "-m gpt-image-1.5 -q low -s 1024x1024 --prompt-tokens 20";
    let ceiling = books.run(&format!("hold team {open} -f json")).json();
    let expected = books.run(&format!("hold team {open} --hold-expected -f json")).json();
    let usd = |value: &serde_json::Value| value["ceiling"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(usd(&expected) < usd(&ceiling), "{expected} {ceiling}");
    assert_eq!(expected["ceiling_basis"], "assumed");
}

#[test]
fn a_call_needs_a_prompt_and_a_price() {
    let books = Books::with("needs", "team 1");
    let ran = books.run("hold team -m gpt-image-2 -q high -s 1024x1024 -f json");
    assert_eq!((ran.code, ran.json()["error"]["field"].as_str()), (2, Some("prompt")), "{ran:?}");
    let ran = books.run("hold team -m gpt-image-2 -q low -s 1024x1024 --assume-prompt-tokens 50 -f json");
    assert_eq!(ran.code, 0);
    assert!(ran.json()["notes"].as_array().unwrap().iter().any(|note| note["code"] == "prompt-assumed"));
    let prompt = file(&books.folder, "prompt.txt", "a red apple");
    assert_eq!(
        books.run(&format!("hold team -m gpt-image-2 -q low -s 1024x1024 --prompt-file {prompt}")).code,
        0
    );
}

#[test]
fn expired_holds_count_until_they_are_presumed() {
    let books = Books::with("expired", "team 1");
    books.hold_of(&format!("team/a {CALL} --expires-in 0s"));
    books.hold_of(&format!("team/b {CALL} --expires-in 0s"));
    books.hold_of(&format!("team/b {CALL} --expires-in 1d"));
    let shown = books.run("show");
    assert!(shown.stdout.contains("3 calls open, 2 holds expired"), "{shown:?}");
    assert_eq!(books.run("show -f json").json()["expired"]["count"], 2);
    let ran = books.run("presume --expired --scope team/a -f json");
    assert_eq!((ran.code, ran.json()["presumed"].as_u64()), (0, Some(1)), "{ran:?}");
    let ran = books.run("presume --expired");
    assert!(ran.stdout.starts_with("1 hold presumed") && ran.stdout.contains("h_"), "{ran:?}");
    assert!(books.run("presume --expired").stdout.starts_with("no hold has expired"));
    let status = books.status();
    assert_eq!((status["presumed"].as_str(), status["held"].as_str()), (Some("0.42159"), Some(CEILING)));
}

#[test]
fn a_call_is_held_by_words_as_it_is_quoted() {
    let books = Books::with("words", "team 10");
    let ceiling = |line: &str| {
        let ran = books.run(&format!("hold {line} -f json"));
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        ran.json()["ceiling"].as_str().unwrap().to_owned()
    };
    let words = ceiling("team gpt-image-2 high 1024x1024 x2 --prompt-tokens 3");
    assert_eq!(words, ceiling("team -m gpt-image-2 -q high -s 1024x1024 -n 2 --prompt-tokens 3"));
    let ran = books.run("hold team gpt-image-2 hgih --prompt-tokens 3");
    assert!(ran.code == 2 && ran.stderr.contains("unknown word 'hgih'; nearest: high"), "{ran:?}");
    let ran = books.run("hold missing.jsonl team");
    assert!(ran.code == 2 && ran.stderr.contains("missing.jsonl"), "{ran:?}");
    let ran = books.run("hold team gpt-image-2 --ceiling 1");
    assert!(ran.code == 2 && ran.stderr.contains("leave it out, or the options of the call"), "{ran:?}");
}

#[test]
fn budgets_are_set_replaced_and_removed() {
    let books = Books::new("set");
    let ran = books.run("set team 25 --per month --alerts 50,80,100");
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("team: $25 per month, alerts at 50, 80, 100 %"), "{ran:?}");
    let ran = books.run("set team 20 --per month --require-proven --alerts none -f json");
    let document = ran.json();
    assert_eq!(
        (document["budget"]["cap"].as_str(), document["replaced"]["cap"].as_str()),
        (Some("20"), Some("25"))
    );
    assert_eq!(document["budget"]["allow_assumed_ceiling"], false);
    assert_eq!(books.run("set team/alice --unlimited -f json").json()["budget"]["unlimited"], true);
    assert_eq!(books.run("show -f json").json()["budgets"].as_array().unwrap().len(), 2);
    assert!(books.hold("team/alice").starts_with("h_"));
    let ran = books.run("remove team -f json");
    assert_eq!((ran.code, ran.json()["error"]["allowed"][0].as_str()), (2, Some("month")), "{ran:?}");
    assert_eq!(books.run("remove team --per month").code, 0);
    let ran = books.run("remove team/alice");
    assert!(ran.code == 0 && ran.stdout.contains("its calls are refused"), "{ran:?}");
    assert_eq!(books.run(&format!("hold team/alice {CALL}")).code, 3);
}

#[test]
fn a_cap_that_is_added_later_sees_what_was_spent() {
    let books = Books::with("later", "team --unlimited");
    books.hold("team/alice");
    let ran = books.run("set team/alice 0.2");
    assert!(ran.stdout.contains("more than the cap"), "{ran:?}");
    assert_eq!(books.run("show --fail-above 90").code, 3);
    assert_eq!(books.run("show team/bob --fail-above 90").code, 0);
}

#[test]
fn alerts_are_said_once() {
    let books = Books::with("alerts", "team 0.5 --alerts 40,80");
    let first = books.run(&format!("hold team {CALL}"));
    assert!(first.stderr.contains("has reached 40 %"), "{first:?}");
    let second = books.run(&format!("hold team {CALL} -f json"));
    assert_eq!(second.json()["alerts"][0]["percent"], 80, "{second:?}");
    assert_eq!(second.stderr, "");
}

#[test]
fn the_first_line_of_a_hold_is_its_name() {
    let books = Books::with("first-line", "team 1");
    let ran = books.run(&format!("hold team {CALL}"));
    let name = ran.stdout.lines().next().unwrap();
    assert_eq!(books.run(&format!("release {name} --reason unused")).code, 0);
}

#[test]
fn the_books_are_found_by_flag_settings_and_data_folder() {
    let books = Books::new("places");
    let mut command = common::program();
    command.env("XDG_DATA_HOME", &books.folder).args(["budget", "set", "team", "1"]);
    assert_eq!(finish(&mut command, b"").code, 0);
    assert!(books.folder.join("imgcost/ledger.db").exists());
    file(&books.folder, "config.toml", "ledger = \"mine.db\"\nby = \"me\"\n");
    let mut command = common::program();
    command.env("IMGCOST_CONFIG", books.folder.join("config.toml")).args(["budget", "set", "team", "1"]);
    assert_eq!(finish(&mut command, b"").code, 0);
    assert!(books.folder.join("mine.db").exists(), "beside the settings file");
    let other = books.folder.join("other.db");
    let ran = finish(books.program().args(["set", "team", "2", "--ledger"]).arg(&other), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(other.exists() && !books.path().exists());
}
