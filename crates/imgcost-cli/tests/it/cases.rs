//! What reports of people who pay for images came to: each case with the amount that is right,
//! worked out apart from this program. The inputs are in `tests/cases`.

use crate::common::{self, Ran, folder, run, words};

/// Runs a line in which `@` stands for the folder of the cases.
fn ran(line: &str) -> Ran {
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/");
    let line = line.replace('@', cases);
    run(&words(&line))
}

/// A ledger of its own with $5 for the scope `t`; `--ledger` with its path.
fn ledger(name: &str) -> String {
    let path = folder(name).join("l.db");
    let option = format!("--ledger {}", path.display());
    assert_eq!(ran(&format!("budget set t 5 {option}")).code, 0);
    option
}

/// Holds a call; the hold's id.
fn held(line: &str, ledger: &str) -> String {
    let hold = ran(&format!("budget hold t {line} {ledger} -f json"));
    assert_eq!(hold.code, 0, "{hold:?}");
    hold.json()["hold"].as_str().unwrap().to_owned()
}

/// Settles a hold by a response: exit code, state, and what it is booked at.
fn settled(hold: &str, response: &str, ledger: &str) -> (i32, String, String) {
    let ran = ran(&format!("budget settle {hold} --usage @{response} {ledger} -f json"));
    let json = ran.json();
    let booked = if json["cost"].is_null() { &json["ceiling"] } else { &json["cost"] };
    (ran.code, json["state"].as_str().unwrap().to_owned(), booked.as_str().unwrap().to_owned())
}

/// What a response cost: exit code, floor and ceiling of the total.
fn charged(line: &str) -> (i32, String, String) {
    let ran = ran(&format!("usage @{line} -f json"));
    assert!(!ran.stdout.is_empty(), "{ran:?}");
    let total = &ran.json()["total"];
    let text = |key: &str| total[key].as_str().unwrap_or("-").to_owned();
    (ran.code, text("floor"), text("ceiling"))
}

fn exactly(amount: &str) -> (i32, String, String) {
    (0, amount.to_owned(), amount.to_owned())
}

/// What a call may cost: exit code, floor, expected and ceiling of the total.
fn quoted(line: &str) -> (i32, [String; 3]) {
    let ran = ran(&format!("{line} -f json"));
    assert!(!ran.stdout.is_empty(), "{line}: {ran:?}");
    let total = &ran.json()["total"];
    (ran.code, ["floor", "expected", "ceiling"].map(|key| total[key].as_str().unwrap_or("-").to_owned()))
}

fn all(amount: &str) -> (i32, [String; 3]) {
    (0, [amount; 3].map(str::to_owned))
}

#[test]
fn b01_fal_sells_by_image_size_and_num_images() {
    let gpt = "--request @b01-fal-body/body.json -p fal -m openai/gpt-image-2";
    assert_eq!(quoted(gpt), all("1.71279"));
    assert_eq!(ran(&format!("{gpt} --cap 0.20")).code, 3);
    assert_eq!(quoted("--request @b01-fal-body/flux-dev.json -p fal -m fal-ai/flux/dev"), all("0.4"));
    // Read as a body of OpenAI's, it would be one image of the default size.
    let ran = ran("--request @b01-fal-body/body.json -p openai -m gpt-image-2");
    assert_eq!((ran.code, ran.stderr.contains("in dialect fal")), (2, true), "{ran:?}");
}

#[test]
fn b03_the_class_of_a_gemini_image_is_read_in_both_dialects() {
    for line in [
        "--request @b03-gemini-native-body/body.json -p google -m gemini-3-pro-image",
        "--request @b03-gemini-native-body/chat.json -p google",
    ] {
        let (code, [floor, expected, _]) = quoted(line);
        assert_eq!((code, floor.as_str(), expected.as_str()), (0, "0.24", "0.249606"), "{line}");
    }
}

#[test]
fn a_body_that_two_apis_take_needs_its_provider_or_a_model_that_tells_it() {
    let unknown = br#"{"model":"qwen-image-99","input":{"prompt":"a red apple"}}"#;
    let ran = common::run_with(&words("--request -"), unknown);
    assert_eq!((ran.code, ran.stderr.contains("dashscope or replicate")), (2, true), "{ran:?}");
    let body = br#"{"model":"qwen-image-2.0","input":{"prompt":"a red apple"}}"#;
    for more in ["", "-p alibaba-dashscope"] {
        let named = common::run_with(&words(&format!("--request - -f json {more}")), body);
        assert_eq!((named.code, named.json()["total"]["ceiling"].as_str()), (0, Some("0.035")), "{named:?}");
    }
}

#[test]
fn b04_an_imagen_call_without_a_count_is_a_range() {
    let line = |file: &str| format!("--request @b04-imagen-body/{file} -p google -m imagen-3.0-generate-001");
    assert_eq!(quoted(&line("body.json")), all("0.16"));
    assert_eq!(quoted(&line("default.json")), (0, ["0.04", "-", "0.16"].map(str::to_owned)));
}

#[test]
fn b06_bedrock_counts_images_in_its_own_config() {
    let line = "--request @b06-bedrock-body/body.json -p aws-bedrock -m amazon.titan-image-generator-v1";
    assert_eq!(quoted(line), all("0.04"));
}

#[test]
fn b06_nova_canvas_costs_more_above_1024_pixels_a_side() {
    let line = |size: &str| format!("-p aws-bedrock -m amazon.nova-canvas-v1:0 -s {size} --as-of 2026-11-22");
    assert_eq!(quoted(&line("1024x1024")), all("0.04"));
    assert_eq!(quoted(&line("1008x1040")), all("0.06"));
}

#[test]
fn b07_grok_imagine_is_sold_by_quality_class_and_source_image() {
    assert_eq!(quoted("--request @b07-xai-2k/body.json -p xai"), all("0.16"));
    let new = |rest: &str| quoted(&format!("-p xai -m grok-imagine-image-2.0 {rest}"));
    for (rest, usd) in [
        ("-q low -s 1024x1024", "0.04"),
        ("-q low -s 2048x2048", "0.06"),
        ("-q medium -s 1024x1024", "0.06"),
        ("-q medium -s 2048x2048", "0.08"),
        ("-q medium -s 2048x2048 -n 2", "0.16"),
        ("-s 2048x2048", "0.08"),
        ("-q low -s 1K --image 1024x1024 --endpoint edits", "0.05"),
        ("-q medium -s 2K --image 1024x1024 --image 64x64 --endpoint edits", "0.1"),
    ] {
        assert_eq!(new(rest), all(usd), "{rest}");
    }
    let old = |rest: &str| quoted(&format!("-p xai -m grok-imagine-image-quality {rest} --as-of 2026-10-15"));
    for (rest, usd) in [
        ("-s 1024x1024", "0.05"),
        ("-s 2048x2048", "0.07"),
        ("-s 1024x1024 --image 64x64 --image 64x64 --endpoint edits", "0.07"),
    ] {
        assert_eq!(old(rest), all(usd), "{rest}");
    }
}

#[test]
fn b08_context_that_the_body_does_not_show_leaves_no_ceiling() {
    let quote = ran("--request @b08-responses-multiturn/body.json -f json");
    assert_eq!(quote.code, 4);
    assert!(quote.json()["total"]["ceiling"].is_null(), "{quote:?}");
    for what in ["previous_response_id", "instructions", "image_generation_call", "tier priority"] {
        assert!(quote.stdout.contains(what), "{what}: {quote:?}");
    }
    let ledger = ledger("b08");
    let hold = ran(&format!("budget hold t --request @b08-responses-multiturn/body.json {ledger}"));
    assert_ne!(hold.code, 0, "{hold:?}");
    assert!(hold.stderr.contains("previous_response_id"), "{hold:?}");
}

#[test]
fn b09_what_a_response_proves_is_booked_also_above_the_ceiling() {
    let ledger = ledger("b09");
    let hold = held("--request @b09-partial-usage/request.json", &ledger);
    let over = (3, "settled".to_owned(), "0.22612".to_owned());
    assert_eq!(settled(&hold, "b09-partial-usage/response.json", &ledger), over);

    let hold = held("-m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 3", &ledger);
    let over = (3, "settled".to_owned(), "0.21072".to_owned());
    assert_eq!(settled(&hold, "b09-partial-usage/images-response.json", &ledger), over);
}

#[test]
fn b10_a_stream_that_is_not_whole_is_not_settled_below_its_ceiling() {
    let ledger = ledger("b10");
    let call = "-m gpt-image-2 -q high -s 1024x1024 -n 2 --prompt-tokens 3 --stream --partial-images 1";
    for (response, outcome) in [
        ("stream", (4, "presumed", "0.42753")),
        ("error-event", (4, "presumed", "0.42753")),
        // One of two images: the other may have been billed.
        ("crlf", (4, "presumed", "0.42753")),
        ("multiline", (0, "settled", "0.42153")),
    ] {
        let hold = held(call, &ledger);
        let (code, state, booked) = settled(&hold, &format!("b10-sse-truncated/{response}.txt"), &ledger);
        assert_eq!((code, state.as_str(), booked.as_str()), outcome, "{response}");
    }
    assert_eq!(charged("b10-sse-truncated/multiline.txt -m gpt-image-2"), exactly("0.42153"));
    assert_eq!(charged("b10-sse-truncated/crlf.txt -m gpt-image-2"), exactly("0.210765"));
}

#[test]
fn b11_the_model_that_answered_is_priced() {
    let ledger = ledger("b11");
    let hold = held("-m gpt-image-1-mini -q medium -s 1024x1024 --prompt-tokens 3", &ledger);
    let over = (3, "settled".to_owned(), "0.052725".to_owned());
    assert_eq!(settled(&hold, "b11-fallback-model/response.json", &ledger), over);

    assert_eq!(charged("b11-fallback-model/response.json -m gpt-image-1"), exactly("0.052725"));
    let said = ran("usage @b11-fallback-model/response.json -m gpt-image-1");
    assert!(said.stdout.contains("names gpt-image-2, not gpt-image-1"), "{said:?}");
}

#[test]
fn b12_b15_a_response_that_names_no_model_is_not_priced_by_a_guess() {
    for case in ["b12-no-model-in-response", "b15-responses-unknown-model"] {
        let ran = ran(&format!("usage @{case}/response.json -f json"));
        assert_eq!(ran.code, 2, "{ran:?}");
        let error = &ran.json()["error"];
        assert_eq!(error["code"], "no-model");
        let named: Vec<&str> =
            error["allowed"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
        assert!(named.contains(&"gpt-image-2"), "{named:?}");
        assert!(!named.contains(&"gpt-image-1"), "shut down: {named:?}");
    }
    assert_eq!(charged("b12-no-model-in-response/response.json -m gpt-image-2"), exactly("0.052725"));
}

#[test]
fn b14_a_tier_without_a_price_has_none() {
    let (code, floor, ceiling) = charged("b14-service-tier/response.json -m gpt-image-2");
    // The image's tokens have none; the calling model's 2,288 and 75 do, at 1.50 and 9 a million.
    assert_eq!((code, floor.as_str(), ceiling.as_str()), (4, "0.004107", "-"));
    let said = ran("usage @b14-service-tier/response.json -m gpt-image-2");
    assert!(said.stdout.contains("priority"), "{said:?}");
}

#[test]
fn b18_cached_tokens_have_their_own_rate() {
    assert_eq!(charged("b18-cached-images/response.json"), exactly("0.05643"));
}

#[test]
fn b20_a_response_is_priced_on_its_own_day() {
    let own = common::finish(
        common::program().env_remove("IMGCOST_AS_OF").args(words(
            &"usage @b20-luna-date/response.json -m gpt-image-2 -f json"
                .replace('@', concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/")),
        )),
        b"",
    );
    assert_eq!(own.json()["total"]["ceiling"], "0.02211", "{own:?}");
    // A day that is given goes before it.
    let later = charged("b20-luna-date/response.json -m gpt-image-2 --as-of 2026-11-21");
    assert_eq!(later, exactly("0.00931"));
}

#[test]
fn b21_counts_that_contradict_each_other_are_a_range() {
    let (code, floor, ceiling) = charged(
        "b21-details-contradict/response.json -p google -m gemini-2.5-flash-image --as-of 2026-09-01",
    );
    assert_eq!((code, floor.as_str(), ceiling.as_str()), (0, "0.0387303", "0.0391173"));
    let said = ran("usage @b21-details-contradict/response.json -m gpt-image-2");
    assert!(said.stdout.contains("contradict"), "{said:?}");
}

#[test]
fn b23_reasoning_is_billed_as_text() {
    let line = "b23-reasoning-tokens/response.json -p google -m gemini-3-pro-image";
    assert_eq!(charged(line), exactly("0.13712"));
}

/// What a log cost: exit code, calls, floor and ceiling of the total.
fn charged_log(line: &str) -> (i32, u64, String, String) {
    let ran = ran(&format!("usage @{line} -f json"));
    let json = ran.json();
    let text = |key: &str| json["charged"]["total"][key].as_str().unwrap_or("-").to_owned();
    (ran.code, json["charged"]["calls"].as_u64().unwrap(), text("floor"), text("ceiling"))
}

#[test]
fn b17_the_output_of_a_batch_is_charged_at_its_price() {
    let all = charged_log("b17-batch-output/batch_output.jsonl");
    // A line without a bill is in error, and named.
    assert_eq!(all, (4, 2, "0.210785".to_owned(), "0.210785".to_owned()));
    let said = ran("usage @b17-batch-output/batch_output.jsonl");
    assert!(said.stderr.contains("a-3: the response is an error"), "{said:?}");
    let one = charged_log("b17-batch-output/one.jsonl");
    assert_eq!(one, (0, 1, "0.1053925".to_owned(), "0.1053925".to_owned()));
}

#[test]
fn b44_the_rows_of_a_gateway_are_read_with_their_spend() {
    let (_, calls, floor, ceiling) = charged_log("b44-spend-logs/spend.jsonl");
    assert_eq!((calls, floor.as_str(), ceiling.as_str()), (1, "0.210785", "0.210785"));
    let spend = ran("usage @b44-spend-logs/spend.jsonl -f json").json();
    assert_eq!(spend["charged"]["billed"], "0.21072");
    let texts = charged_log("b44-spend-logs/string-body.jsonl");
    assert_eq!(texts, (0, 1, "0.210765".to_owned(), "0.210765".to_owned()));
}

#[test]
fn b24_b30_the_bill_that_a_provider_states_is_the_total() {
    let xai = "b24-xai-ticks/response.json -p xai -m grok-imagine-image-quality --as-of 2026-10-15";
    assert_eq!(charged(xai), exactly("0.02"));
    let said = ran(&format!("usage @{xai}"));
    assert!(said.stdout.contains("which is the total; by its rates"), "{said:?}");
    assert_eq!(charged("b30-openrouter-images/response.json -p openrouter"), exactly("0.04"));
}

#[test]
fn b27_gemini_counts_images_text_and_thoughts_apart() {
    let image = "b27-gemini-usagemetadata/response.json -p google -m gemini-3-pro-image";
    assert_eq!(charged(image), exactly("0.248776"));
    let none = "b27-gemini-usagemetadata/no-image.json -p google -m gemini-3.1-flash-lite-image";
    assert_eq!(charged(none), exactly("0.00000375"));
}

#[test]
fn b28_b37_a_chat_tells_images_from_text() {
    for file in ["response.json", "usage-only.json"] {
        let line = format!("b28-chat-details/{file} -p google -m gemini-3-pro-image");
        assert_eq!(charged(&line), exactly("0.13712"), "{file}");
    }
    let edit = "b37-gemini-edit/response.json -p google -m gemini-3-pro-image";
    assert_eq!(charged(edit), exactly("0.135976"));
}

#[test]
fn b32_b35_text_of_the_output_has_its_own_rate_in_every_spelling() {
    for file in ["openai.json", "litellm.json"] {
        let line = format!("b32-litellm-1.5-edit/{file} -p azure -m gpt-image-1.5");
        assert_eq!(charged(&line), exactly("0.20476"), "{file}");
    }
    let (code, floor, ceiling) = charged("b35-litellm-dump/response.json -m gpt-image-1.5");
    assert_eq!((code, floor.as_str(), ceiling.as_str()), (0, "0.010675", "0.033907"));
}

#[test]
fn b34_responses_without_usage_are_counted() {
    for (file, provider, model, usd) in [
        ("fal", "fal", "fal-ai/flux/dev", "0.05"),
        ("bfl", "bfl", "flux-2-pro", "0.075"),
        ("bedrock", "aws-bedrock", "amazon.titan-image-generator-v1", "0.024"),
        ("imagen", "google", "imagen-3.0-generate-001", "0.08"),
        ("dashscope", "alibaba-dashscope", "qwen-image-2.0", "0.07"),
    ] {
        let line = format!("b34-providers-responses/{file}.json -p {provider} -m {model}");
        assert_eq!(charged(&line), exactly(usd), "{file}");
    }
}

#[test]
fn b38_a_saved_form_is_read_and_a_count_that_is_text_refused() {
    let form = ran("--request @b38-multipart-n/form.bin -f json");
    let request = &form.json()["request"];
    assert_eq!((form.code, request["n"].as_u64(), request["endpoint"].as_str()), (0, Some(2), Some("edits")));
    for file in ["body.json", "form-strings.json"] {
        let ran = ran(&format!("--request @b38-multipart-n/{file}"));
        assert_eq!((ran.code, ran.stderr.contains("n: expected a whole number")), (2, true), "{ran:?}");
    }
}

/// A log against bills: exit code, the codes of what was found, and standing and bill of a measure.
fn billed(case: &str, bills: &[&str], measure: &str) -> (i32, Vec<String>, [String; 2]) {
    let bills: String = bills.iter().map(|bill| format!(" --bill @{case}/{bill}")).collect();
    let ran = ran(&format!("usage @{case}/calls.jsonl{bills} -f json"));
    assert!(!ran.stdout.is_empty(), "{ran:?}");
    let json = ran.json();
    let rows = json["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["measure"] == measure).unwrap_or_else(|| panic!("{json:#}"));
    let findings = json["findings"].as_array().unwrap().iter();
    let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    let text = |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
    (ran.code, codes, [text("standing"), text("export")])
}

fn matched(amount: &str) -> [String; 2] {
    ["matched".to_owned(), amount.to_owned()]
}

#[test]
fn b39_amounts_may_be_text_long_and_equal() {
    let billed = |bill: &str| billed("b39-costs-strings", &[bill], "usd");
    assert_eq!(billed("costs.json"), (0, vec![], matched("0.45342")));
    let cut = vec!["amount-cut".to_owned()];
    assert_eq!(billed("digits.json"), (0, cut, matched("0.45342000000000000123")));
    assert_eq!(billed("same-page-twins.json"), (0, vec![], matched("0.45342")));
}

#[test]
fn b39_only_another_page_repeats_a_result() {
    let twins = "@b39-costs-strings/same-page-twins.json";
    let ran = ran(&format!("usage @b39-costs-strings/calls.jsonl --bill {twins} --bill {twins} -f json"));
    let json = ran.json();
    assert_eq!((ran.code, json["rows"][0]["export"].as_str()), (4, Some("0.45342")), "{json:#}");
    let said = json["findings"].to_string();
    assert!(said.contains("duplicate-result") && said.contains("(2 times)"), "{said}");
}

#[test]
fn b40_the_dashboards_own_export_is_a_bill() {
    let case = "b40-dashboard-export";
    assert_eq!(billed(case, &["costs.tsv"], "usd"), (0, vec![], matched("0.45342")));
    for (measure, count) in [("input_tokens", "54"), ("output_tokens", "15105")] {
        assert_eq!(billed(case, &["usage.tsv"], measure), (0, vec![], matched(count)));
        assert_eq!(billed(case, &["usage.tsv", "costs.tsv"], measure), (0, vec![], matched(count)));
    }
    // As CSV, its cells quoted where they have commas, by Windows.
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/b40-dashboard-export/");
    for (file, key) in [("costs", "usd"), ("usage", "output_tokens")] {
        let text = std::fs::read_to_string(format!("{cases}{file}.tsv")).unwrap();
        let csv: String = text
            .lines()
            .map(|line| {
                let cells = line.split('\t').map(|cell| match cell.contains(',') {
                    true => format!("\"{cell}\""),
                    false => cell.to_owned(),
                });
                cells.collect::<Vec<_>>().join(",") + "\r\n"
            })
            .collect();
        let path = common::file(&folder("b40"), &format!("{file}.csv"), format!("\u{feff}{csv}"));
        let ran = ran(&format!("usage @{case}/calls.jsonl --bill {path} -f json"));
        let rows = ran.json()["rows"].as_array().unwrap().clone();
        let row = rows.iter().find(|row| row["measure"] == key).unwrap();
        assert_eq!((ran.code, row["standing"].as_str()), (0, Some("matched")), "{ran:?}");
    }
}

#[test]
fn b40_days_without_results_and_what_is_no_bill() {
    let folder = folder("b40-odd");
    let log = "usage @b40-dashboard-export/calls.jsonl --bill";
    let times = "start_time,end_time,start_time_iso,end_time_iso";
    let day = "1795132800,1795219200,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00";
    // An export without any result has times alone: of what it is, its name tells.
    for (name, code) in [("completions_usage_2026-11-20.csv", "requests"), ("cost_2026-11-20.csv", "usd")] {
        let path = common::file(&folder, name, format!("{times}\n{day}\n"));
        let json = ran(&format!("{log} {path} -f json")).json();
        assert_eq!(json["rows"][0]["measure"], code, "{json:#}");
        assert_eq!(json["rows"][0]["standing"], "only-in-log", "{json:#}");
    }
    // A day without costs among others is a row of times.
    let empty = "1795046400,1795132800,2026-11-19T00:00:00+00:00,2026-11-20T00:00:00+00:00,,,";
    let rows =
        format!("{times},amount_value,amount_currency,line_item\n{empty}\n{day},0.45342,usd,gpt-image-2\n");
    assert_eq!(ran(&format!("{log} {}", common::file(&folder, "days.csv", rows))).code, 0);
    for (content, what) in [
        ("", "it is empty"),
        ("model,size\n", "neither JSON nor a table with start_time"),
        ("{\"charges\":[]}", "missing field `data`"),
        ("start_time,num_model_requests,model\n1795132800,1.5,a\n", "row 1: num_model_requests = 1.5"),
        ("start_time,amount_value\nyesterday,1\n", "row 1: start_time = yesterday"),
        ("start_time,amount_value\n1795132800,1,2\n", "found record with 3 fields"),
        ("start_time,amount_value\n1795132800,\"1\n1795132800,2\n", "row 1: a quote is not closed"),
    ] {
        let ran = ran(&format!("{log} {}", common::file(&folder, "bad.csv", content)));
        assert_eq!((ran.code, ran.stderr.contains(what)), (2, true), "{content}: {ran:?}");
    }
    let ran = ran(&format!("{log} {}", common::file(&folder, "no.txt", "hello")));
    assert!(ran.stderr.contains("pages of OpenAI's usage or costs API (JSON), or the CSV or TSV"), "{ran:?}");
}

#[test]
fn b41_buckets_of_an_hour_add_up_to_days() {
    let billed = |measure: &str| billed("b41-hourly-buckets", &["usage.json"], measure);
    let codes = vec!["no-token-usage".to_owned()];
    assert_eq!(billed("requests"), (4, codes.clone(), matched("3")));
    // The log has no images: they are open.
    assert_eq!(billed("images"), (4, codes, ["open".to_owned(), "6".to_owned()]));
}

#[test]
fn the_model_that_writes_an_svg_is_charged_beside_its_image() {
    let response = r#"{"created":1795900000,"model":"gpt-image-2.6-flare","data":[{"b64_json":"x"}],
        "usage":{"input_tokens":24,"output_tokens":1756,"input_tokens_details":{"text_tokens":24,"image_tokens":0}},
        "svg_usage":{"model":"gpt-6.1-sol","input_tokens":2000,"output_tokens":9000,"total_tokens":11000}}"#;
    let usage = common::run_with(&words("usage - -f json"), response.as_bytes());
    // 0.0528 of the image, and 2,000 x 2 and 9,000 x 10 a million.
    assert_eq!((usage.code, usage.json()["total"]["ceiling"].as_str()), (0, Some("0.1468")), "{usage:?}");
}

#[test]
fn b45_files_of_other_programs_are_read() {
    for file in ["base.csv", "bom-crlf.csv", "semicolon.csv", "floats.csv", "array.json"] {
        let batch = ran(&format!("batch @b45-csv/{file}"));
        assert_eq!((batch.code, batch.stderr.contains("1 row: $0.4219")), (0, true), "{file}: {batch:?}");
    }
    let tabs = common::run_with(
        &words("batch - --input-format csv"),
        b"sep=\t\nid\tmodel\tquality\tsize\tn\tprompt_tokens\na\tgpt-image-2\thigh\t1024x1024\t2\t40\n",
    );
    assert_eq!((tabs.code, tabs.stderr.contains("$0.4219")), (0, true), "{tabs:?}");
}

#[test]
fn b48_a_settled_hold_stays_as_it_is() {
    let ledger = ledger("b48");
    let hold =
        held("-m gpt-image-2 -q medium -s 1024x1024 -n 5 --image 1024x1024 --prompt-tokens 3", &ledger);
    for _ in 0..2 {
        let (code, state, booked) = settled(&hold, "b48-edit-n5-got-1/response.json", &ledger);
        assert_eq!((code, state.as_str(), booked.as_str()), (0, "settled", "0.065038"));
    }
    assert_eq!(ran(&format!("budget release {hold} --reason x {ledger}")).code, 2);
}

#[test]
fn b54_partial_images_of_the_tool_are_in_the_ceiling_alone() {
    let json = ran("--request @b54-partial-stream/body.json --as-of 2025-06-16 -f json").json();
    let lines = json["lines"].as_array().unwrap();
    let partial = lines.iter().find(|line| line["item"] == "partial_images").unwrap();
    let quantity = &partial["quantity"];
    assert_eq!((quantity["floor"].as_u64(), quantity["ceiling"].as_u64()), (Some(0), Some(800)));
}

#[test]
fn b55_images_without_usage_are_not_free() {
    let (code, floor, _) = charged("b55-no-usage-compat/response.json -p google --as-of 2026-09-01");
    assert_eq!((code, floor.as_str()), (4, "-"));
}

#[test]
fn b56_a_deployment_is_priced_as_the_model_that_is_named() {
    assert_eq!(ran("--request @b56-azure-deployment/body.json -p azure").code, 2);
    assert_eq!(quoted("--request @b56-azure-deployment/body.json -p azure -m gpt-image-2"), all("0.210765"));
    assert_eq!(charged("b56-azure-deployment/response.json -p azure -m gpt-image-2"), exactly("0.210765"));
    let batch = ran("batch @b56-azure-deployment/batch.jsonl");
    assert_eq!(batch.code, 4, "{batch:?}");
    assert!(batch.stderr.contains("num_images is not a known field of the Images API"), "{batch:?}");
}

#[test]
fn a_body_that_gives_a_member_twice_is_refused_wherever_it_is_read() {
    let twice = r#"{"model":"gpt-image-2","prompt":"x","quality":"low","size":"1024x1024","n":10,"n":1}"#;
    let quote = common::run_with(&words("--request - --cap 0.01"), twice.as_bytes());
    assert_eq!((quote.code, quote.stderr.contains("n is given twice")), (2, true), "{quote:?}");
    let tool = r#"{"model":"gpt-5","input":"x","tools":[{"type":"image_generation","quality":"high","quality":"low"}]}"#;
    let quote = common::run_with(&words("--request - -m gpt-image-2 --cap 1"), tool.as_bytes());
    assert_eq!((quote.code, quote.stderr.contains("quality is given twice")), (2, true), "{quote:?}");
    let line =
        format!(r#"{{"custom_id":"a","method":"POST","url":"/v1/images/generations","body":{twice}}}"#);
    let batch = common::run_with(&words("batch - --cap 0.01"), line.as_bytes());
    assert_ne!(batch.code, 0, "{batch:?}");
}

#[test]
fn b60_fal_rounds_gpt_image_1_up_to_the_cent() {
    let call = |rest: &str| format!("-p fal -m fal-ai/gpt-image-1 -q low -s 1024x1024 {rest}");
    assert_eq!(quoted(&call("--prompt-tokens 10")), all("0.02"));
    assert_eq!(quoted(&call("--prompt-tokens 10 -n 3")), all("0.04"));
    assert_eq!(ran(&call("--prompt-tokens 10 --cap 0.015")).code, 3);
}

#[test]
fn b26_own_prices_in_the_wrong_unit_are_refused() {
    let lint = ran("prices lint @b26-own-prices-unit/own.toml");
    assert_eq!(lint.code, 2, "{lint:?}");
    let told = lint.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for (line, item, slip, rate) in [
        (10, "text_input", "0.000005", "5"),
        (11, "image_input", "0.000008", "8"),
        (12, "image_output", "0.00003", "30"),
    ] {
        let slip = format!(
            "own.toml:{line}: {item} = \"{slip}\" is 1000000 times less than the built-in {rate}: it looks like \
             USD per token"
        );
        assert!(told.contains(&slip), "{slip}: {lint:?}");
    }
    let call = "-p azure -m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 3 --prices @b26-own-prices-unit";
    for (book, why) in
        [("own.toml --cap 0.01", "own.toml:10: text_input"), ("litellm.json", "a price book is TOML")]
    {
        let quote = ran(&format!("{call}/{book}"));
        assert_eq!((quote.code, quote.stdout.as_str()), (2, ""), "{quote:?}");
        assert!(quote.stderr.contains(why), "{quote:?}");
    }
}

#[test]
fn b36_an_image_that_a_response_does_not_count_is_not_free() {
    let call = "b36-responses-no-image-usage/response.json --as-of 2025-09-13";
    let asked = "--request @b36-responses-no-image-usage/request.json";
    let unnamed = ran(&format!("usage @{call} {asked}"));
    assert_eq!(unnamed.code, 2, "{unnamed:?}");
    assert!(unnamed.stderr.contains("no model is named"), "{unnamed:?}");
    // The calling model alone is counted: 2,352 at $0.4 and 109 at $1.6 a million.
    for line in [format!("{call} -m gpt-image-1 {asked}"), format!("{call} -m gpt-image-1")] {
        assert_eq!(charged(&line), (4, "0.0011152".to_owned(), "-".to_owned()), "{line}");
    }
}

#[test]
fn b46_an_error_in_a_gate_is_no_agreement() {
    let missing = ran("diff nope.csv @b46-ci/new.csv --fail-above 10%");
    assert_eq!(missing.code, 2, "{missing:?}");
    let diff = |before: &str, after: &str| {
        ran(&format!("diff @b46-ci/{before} @b46-ci/{after} --fail-above 10% --as-of 2026-11-21"))
    };
    let grown = diff("empty.csv", "new.csv");
    assert_eq!(grown.code, 3, "{grown:?}");
    assert!(grown.stdout.starts_with("+$0.4219: $0.00 → $0.4219\n"), "{grown:?}");
    let in_error = diff("new.csv", "unknown.csv");
    assert_eq!(in_error.code, 4, "{in_error:?}");
    let policy = ran("check @b46-ci/new.csv --policy @b46-ci/typo.toml");
    assert_eq!(policy.code, 2, "{policy:?}");
    assert!(policy.stderr.contains("typo.toml:1: there is no key 'max_per_cal'"), "{policy:?}");
}

#[test]
fn b47_a_row_without_a_price_is_not_within_a_cap() {
    let batch = ran("batch @b47-unpriced-row/jobs.csv --summary --cap 1");
    assert_eq!(batch.code, 3, "{batch:?}");
    assert!(batch.stderr.contains("the rows have no known ceiling"), "{batch:?}");
    let ledger = ledger("b47");
    let hold = ran(&format!("budget hold t -p openrouter -m openai/gpt-5-image --prompt-tokens 3 {ledger}"));
    assert_eq!(hold.code, 3, "{hold:?}");
    assert!(hold.stderr.contains("no known ceiling"), "{hold:?}");
}

#[test]
fn b49_forty_at_once_share_one_cap() {
    let ledger = ledger("b49");
    assert_eq!(ran(&format!("budget set t 1 {ledger}")).code, 0);
    let hold = |number: u32| {
        ran(&format!(
            "budget hold t/u{number} -m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 3 {ledger}"
        ))
        .code
    };
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let hold = &hold;
        let calls: Vec<_> = (0..40).map(|number| scope.spawn(move || hold(number))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    // Each may cost $0.210765: four are $0.84306.
    let count = |wanted: i32| codes.iter().filter(|code| **code == wanted).count();
    assert_eq!((count(0), count(3)), (4, 36), "{codes:?}");
    let budget = &ran(&format!("budget show {ledger} -f json")).json()["budgets"][0];
    assert_eq!((&budget["held"], &budget["used"]), (&"0.84306".into(), &"0.84306".into()), "{budget}");
    assert_eq!(ran(&format!("budget doctor {ledger}")).code, 0);
}

/// Tokens of a call: floor and ceiling.
fn tokens(line: &str, item: &str) -> [u64; 2] {
    let ran = ran(&format!("{line} -f json"));
    let json = ran.json();
    let tokens = &json["tokens"][item];
    ["floor", "ceiling"].map(|key| tokens[key].as_u64().unwrap_or_else(|| panic!("{line}: {json}")))
}

#[test]
fn b50_tiles_of_input_images_near_the_square() {
    for (size, count) in [("1024x1025", 194), ("1025x1024", 194), ("1023x1024", 194), ("512x513", 323)] {
        let call = "-m gpt-image-1 -q low -s 1024x1024 --prompt-tokens 10 --as-of 2025-06-01";
        assert_eq!(tokens(&format!("{call} --image {size}"), "image_input"), [count; 2], "{size}");
    }
}

#[test]
fn b51_edits_add_text_tokens_by_their_images() {
    for (images, size, prompt, count) in [
        ("--image 1024x1024", "1024x1536", 13, 35),
        ("--image 1024x1024 --image 1024x1024", "1024x1024", 12, 50),
        ("--image 480x1408", "1024x1536", 13, 57),
        ("--image 480x1408 --image 480x1408", "1024x1536", 12, 94),
    ] {
        let call = format!("-m gpt-image-1.5 -q low -s {size} {images} --prompt-tokens {prompt}");
        assert_eq!(tokens(&format!("{call} --as-of 2026-06-25"), "text_input"), [count; 2], "{call}");
    }
}

#[test]
fn b52_all_cells_of_gpt_image_1_and_its_previews() {
    const SIZES: [&str; 3] = ["1024x1024", "1024x1536", "1536x1024"];
    for (quality, cells) in [
        ("low", [(272, "0.01088"), (408, "0.01632"), (400, "0.016")]),
        ("medium", [(1056, "0.04224"), (1584, "0.06336"), (1568, "0.06272")]),
        ("high", [(4160, "0.1664"), (6240, "0.2496"), (6208, "0.24832")]),
    ] {
        for (size, (count, amount)) in SIZES.iter().zip(cells) {
            let call = format!("-m gpt-image-1 -q {quality} -s {size} --as-of 2025-06-01");
            assert_eq!(tokens(&call, "image_output"), [count; 2], "{call}");
            assert_eq!(quoted(&call).1, all(amount).1, "{call}");
        }
    }
    let previews = "-m gpt-image-1 -q low -s 1024x1024 --stream --partial-images 3 --as-of 2025-06-01";
    let [floor, _, ceiling] = quoted(previews).1;
    assert_eq!((floor.as_str(), ceiling.as_str()), ("0.01088", "0.02288"));
}

#[test]
fn b53_half_a_cent_and_a_tie() {
    for (size, amount) in [("976x704", "0.00497"), ("960x720", "0.005")] {
        let call = format!("-m gpt-image-2 -q low -s {size} --prompt-tokens 214");
        assert_eq!(quoted(&call), all(amount), "{size}");
    }
    // Which way a half is rounded is not known.
    assert_eq!(tokens("-m gpt-image-2 -q low -s 2560x1040 --prompt-tokens 214", "image_output"), [112, 131]);
}

#[test]
fn b59_source_images_are_sold_by_the_megapixel() {
    for (images, amount) in [(1, "0.1"), (2, "0.13"), (3, "0.16")] {
        let call = format!("-p bfl -m flux-2-max -s 1024x1024{}", " --image 1024x1024".repeat(images));
        assert_eq!(quoted(&call), all(amount), "{call}");
    }
    assert_eq!(quoted("-p bfl -m flux-2-max -s 1440x1440"), all("0.1"));
}

/// The groups of a log's charges, by provider and model, and what they cost at most.
fn groups(log: &str, flags: &str) -> Vec<(String, String, String)> {
    let ran =
        common::run_with(&words(&format!("usage - --by provider,model -f json {flags}")), log.as_bytes());
    let json = ran.json();
    let groups = json["charges"].as_array().unwrap_or_else(|| panic!("{ran:?}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let group = |row: &serde_json::Value| {
        let keys = &row["group"];
        (text(&keys["provider"]), text(&keys["model"]), text(&row["total"]["ceiling"]))
    };
    groups.iter().map(group).collect()
}

#[test]
fn an_address_tells_provider_dialect_and_model() {
    let usage = r#""usage":{"input_tokens":9,"output_tokens":196,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}"#;
    let asked = r#""prompt":"x","quality":"low","size":"1024x1024""#;
    for (url, body, response, provider, model) in [
        (
            "https://api.openai.com/v1/images/generations",
            format!(r#""model":"gpt-image-2",{asked}"#),
            usage,
            "openai",
            "gpt-image-2",
        ),
        (
            "https://a.openai.azure.com/openai/v1/images/generations",
            format!(r#""model":"gpt-image-2",{asked}"#),
            usage,
            "azure-openai",
            "gpt-image-2",
        ),
        (
            "https://a.openai.azure.com/openai/deployments/gpt-image-2/images/generations?api-version=1",
            asked.to_owned(),
            usage,
            "azure-openai",
            "gpt-image-2",
        ),
        (
            "https://queue.fal.run/fal-ai/flux/dev",
            r#""prompt":"x","image_size":{"width":1024,"height":1024}"#.to_owned(),
            r#""images":[{"url":"u"}]"#,
            "fal",
            "fal-ai/flux/dev",
        ),
    ] {
        let line = format!(r#"{{"url":"{url}","request":{{{body}}},"response":{{{response}}}}}"#);
        let found = groups(&line, "--as-of 2026-11-21");
        let [(at, of, ceiling)] = found.as_slice() else { panic!("{url}: {found:?}") };
        assert_eq!((at.as_str(), of.as_str()), (provider, model), "{url}");
        assert_ne!(ceiling, "-", "{url}");
    }
}

#[test]
fn b56_a_deployment_that_an_own_book_names_needs_no_flag() {
    let own = folder("b56").join("own.toml");
    let book = "schema = \"imgcost.prices/1\"\nprovider = \"azure-openai\"\n[[model]]\nid = \"gpt-image-2\"\n\
                aliases = [\"img-prod-eastus\"]\n";
    std::fs::write(&own, book).unwrap();
    let prices = format!("-p azure --prices {}", own.display());
    assert_eq!(quoted(&format!("--request @b56-azure-deployment/body.json {prices}")), all("0.210765"));
    assert_eq!(charged(&format!("b56-azure-deployment/response.json {prices}")), exactly("0.210765"));
    let line = r#"{"response":{"model":"img-prod-eastus","data":[{"b64_json":""}],"usage":{"input_tokens":9,"output_tokens":7024,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}}}"#;
    let group = ("azure-openai".to_owned(), "gpt-image-2".to_owned(), "0.210765".to_owned());
    assert_eq!(groups(line, &prices), [group]);
}
