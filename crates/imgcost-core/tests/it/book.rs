//! The built-in price book, what is said of broken ones, and a user's own over it.

use crate::support::{self, BOOK, TODAY, files, request};
use imgcost_core::{Availability, Basis, Book, Code, Date, File, Item, NativeApi, OutcomeResult, Tier};

fn problems(edit: impl Fn(&str, &str) -> String) -> Vec<String> {
    let texts: Vec<(&str, String)> =
        files().into_iter().map(|file| (file.name, edit(file.name, file.text))).collect();
    let files: Vec<File<'_>> = texts.iter().map(|(name, text)| File::new(name, text)).collect();
    Book::read(&files)
        .map_or_else(|errors| errors.problems().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// The problems after one replacement in openai.toml.
fn after(from: &str, to: &str) -> Vec<String> {
    problems(|name, text| {
        if name != "providers/openai.toml" {
            return text.to_owned();
        }
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

#[test]
fn the_built_in_book_and_the_recorded_calls_have_no_problems() {
    let measured = imgcost_pricing::MEASURED.iter().map(|&(name, text)| File::new(name, text));
    let all: Vec<File<'_>> = files().into_iter().chain(measured).collect();
    if let Err(errors) = Book::read(&all) {
        panic!("{errors}");
    }
}

#[test]
fn the_embedded_list_names_every_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pricing");
    let mut found: Vec<String> = ["providers", "measured"]
        .iter()
        .flat_map(|folder| {
            let names = std::fs::read_dir(root.join(folder)).unwrap();
            names.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()))
        })
        .collect();
    let beside = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name());
    let beside = beside.map(|name| name.to_string_lossy().into_owned());
    found.extend(beside.filter(|name| name.ends_with(".toml") && name != "Cargo.toml"));
    let mut listed: Vec<String> = imgcost_pricing::BOOK
        .iter()
        .chain(imgcost_pricing::MEASURED)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    found.sort();
    listed.sort();
    assert_eq!(listed, found);
}

#[test]
fn the_json_schemas_are_current() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pricing/schema");
    for (name, schema) in imgcost_core::schemas() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = folder.join(&name);
        if std::env::var_os("IMGCOST_UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).is_ok_and(|found| found == text),
            "{name} is not current: run with IMGCOST_UPDATE=1"
        );
    }
}

#[test]
fn a_float_where_a_string_belongs_is_found_with_its_line() {
    let found = after("text_input = \"5.00\"", "text_input = 5.00");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("providers/openai.toml:"), "{found:?}");
    assert!(
        found[0].contains("expected a decimal in quotes") && found[0].contains("found float"),
        "{found:?}"
    );
}

#[test]
fn all_problems_are_found_at_once() {
    let found = problems(|name, text| match name {
        "providers/openai.toml" => text
            .replacen("text_input = \"5.00\"", "text_imput = \"5.00\"", 1)
            .replacen("source = \"openai-pricing\"", "sauce = 7", 1),
        "providers/aihubmix.toml" => text.replacen("usd = \"0.009\"", "usd = \"cheap\"", 1),
        _ => text.to_owned(),
    });
    assert!(found.iter().any(|line| line.contains("did you mean 'text_input'")), "{found:?}");
    assert!(found.iter().any(|line| line.contains("unknown key 'sauce'")), "{found:?}");
    assert!(
        found.iter().any(|line| line.starts_with("providers/aihubmix.toml:") && line.contains("cheap")),
        "{found:?}"
    );
}

#[test]
fn an_unknown_source_is_found() {
    let found = after("source = \"openai-pricing\"", "source = \"openai-pricng\"");
    assert!(found.iter().any(|line| line.contains("'openai-pricng' is not in sources.toml")), "{found:?}");
}

#[test]
fn overlapping_days_are_found() {
    let block = "\n[[model.rates]]\nfrom = \"2026-06-01\"\nimage_output = \"31.00\"\nsource = \"openai-pricing\"\nevidence = \"published\"\n";
    let found = problems(|name, text| match name.ends_with("openai.toml") && !name.contains("azure") {
        true => {
            let (head, tail) = text.split_once("id = \"gpt-image-2\"\n").unwrap();
            let (model, rest) = tail.split_once("\n[[model.rates]]").unwrap();
            format!("{head}id = \"gpt-image-2\"\n{model}{block}\n[[model.rates]]{rest}")
        }
        false => text.to_owned(),
    });
    assert!(
        found.iter().any(|line| line.contains("overlaps the row at providers/openai.toml:")),
        "{found:?}"
    );
}

#[test]
fn a_table_that_contradicts_tokens_times_rate_needs_a_reason() {
    let found = after("high = { 1024x1024 = \"0.211\"", "high = { 1024x1024 = \"0.311\"");
    assert!(
        found.iter().any(|line| line.contains("7024 tokens x 30 are 0.21072: say why in 'differs'")),
        "{found:?}"
    );
}

#[test]
fn a_source_that_is_a_price_map_names_it_and_came_when_it_was_read_unless_it_says_more() {
    let found = problems(|name, text| match name {
        "sources.toml" => text.replacen("kind = \"vendor\"", "kind = \"map\"", 2),
        _ => text.to_owned(),
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("'maps' is missing"), "{found:?}");
    let source = BOOK.source("litellm-1-109-1").unwrap();
    assert_eq!((source.kind.as_str(), source.maps.as_slice()), ("map", ["litellm".to_owned()].as_slice()));
    let page = BOOK.source("openai-image-guide").unwrap();
    assert!(page.read < page.learned && page.maps.is_empty());
}

#[test]
fn broken_toml_is_a_problem_not_a_panic() {
    let found = after("schema = \"imgcost.prices/1\"", "schema = \"imgcost.prices/1");
    assert!(!found.is_empty());
    for text in ["", "[", "schema = 1", "\u{0}", "schema = \"imgcost.prices/1\"\nprovider = []", "a = { b = "]
    {
        assert!(Book::read(&[File::new("x.toml", text)]).is_err(), "{text:?}");
    }
}

#[test]
fn a_shutdown_never_ends_a_rate() {
    let offer = BOOK.offer("openai", "gpt-image-1", TODAY).unwrap();
    assert!(offer.model.is_retired_on(TODAY));
    assert!(offer.rates(Tier::Standard).next().is_some());
    let request = request("gpt-image-1 high 1536x1024 4");
    let quote = BOOK.quote(&request).unwrap();
    assert_eq!(quote.total().expected.unwrap().to_string(), "0.99328");
    let note = quote.notes().into_iter().find(|note| note.code == "model-retired").unwrap();
    assert!(note.message.contains("2026-10-23") && note.message.contains("costs $"), "{}", note.message);
}

#[test]
fn azure_has_its_own_retirement_days() {
    let retired =
        |provider: &str, model: &str| BOOK.offer(provider, model, TODAY).unwrap().model.retired.unwrap();
    assert_eq!(retired("openai", "gpt-image-1-mini"), Date::constant(2026, 12, 1));
    assert_eq!(retired("azure", "gpt-image-1-mini"), Date::constant(2027, 4, 7));
    assert_eq!(retired("azure", "gpt-image-1.5"), Date::constant(2026, 12, 16));
}

#[test]
fn a_shutdown_is_marked_from_30_days_before_it_on() {
    let model = BOOK.offer("openai", "gpt-image-1-mini", TODAY).unwrap().model;
    let shutdown = Date::constant(2026, 12, 1);
    for (day, expected, mark) in [
        (Date::constant(2026, 10, 31), Availability::Current, ""),
        (Date::constant(2026, 11, 1), Availability::Ends(shutdown), "ends 2026-12-01"),
        (Date::constant(2026, 11, 30), Availability::Ends(shutdown), "ends 2026-12-01"),
        (shutdown, Availability::Retired(shutdown), "retired"),
        (Date::constant(2031, 1, 1), Availability::Retired(shutdown), "retired"),
    ] {
        let found = model.availability(day);
        assert_eq!((found, found.to_string().as_str()), (expected, mark), "{day}");
        assert_eq!(found.is_retired(), model.is_retired_on(day), "{day}");
    }
}

#[test]
fn a_dated_snapshot_is_an_alias() {
    let offer = BOOK.offer("openai", "gpt-image-2-2026-04-21", TODAY).unwrap();
    assert_eq!(offer.model.id, "gpt-image-2");
}

#[test]
fn a_gateway_bills_by_ratios() {
    let mut halved = request("new-api/gpt-image-1 high 1024x1024");
    halved.group_ratio = Some("0.5".parse().unwrap());
    let request = request("new-api/gpt-image-1 high 1024x1024");
    let quote = BOOK.quote(&request).unwrap();
    assert_eq!(quote.offer().model.basis, Basis::Ratio);
    assert_eq!(quote.total().expected.unwrap().to_string(), "0.1664");
    assert_eq!(BOOK.quote(&halved).unwrap().total().expected.unwrap().to_string(), "0.0832");
    let dalle = |words: &str| {
        let request = support::request(words);
        BOOK.quote(&request).unwrap().total().expected.unwrap().to_string()
    };
    assert_eq!(dalle("new-api/dall-e-3 standard 1024x1024"), "0.04");
    assert_eq!(dalle("new-api/dall-e-3 hd 1024x1024"), "0.08");
    assert_eq!(dalle("new-api/dall-e-3 hd 1792x1024"), "0.12");
}

#[test]
fn a_model_without_a_price_is_unpriced_never_zero() {
    let request = request("new-api/gpt-image-2 high 1024x1024");
    let quote = BOOK.quote(&request).unwrap();
    assert!(!quote.is_complete());
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::ImageOutput]);
    assert_eq!((quote.total().floor, quote.total().expected, quote.total().ceiling), (None, None, None));
}

#[test]
fn names_and_days_that_do_not_exist_are_errors_with_a_way_out() {
    let error = |provider: &str, model: &str, day: Date| BOOK.offer(provider, model, day).unwrap_err();
    let typo = error("openai", "gpt-imgae-2", TODAY);
    assert_eq!((typo.code(), typo.nearest_value()), (Code::UnknownModel, Some("gpt-image-2")));
    let provider = error("opanai", "gpt-image-2", TODAY);
    assert_eq!((provider.code(), provider.nearest_value()), (Code::UnknownProvider, Some("openai")));
    let elsewhere = error("openai", "gpt-4o-image", TODAY);
    assert_eq!(elsewhere.code(), Code::NotOfferedHere);
    assert!(elsewhere.message().contains("aihubmix"));
    let early = error("openai", "gpt-image-2", Date::constant(2025, 1, 1));
    assert_eq!((early.code(), early.nearest_value()), (Code::BeforeFirstPrice, Some("2026-04-21")));
}

#[test]
fn outcomes_say_what_a_failed_call_costs() {
    use imgcost_core::{Event, Outcome};
    let result = |provider: &str, event, status, error_type, error_code| {
        let outcome = Outcome::new(event, status, error_type, error_code);
        BOOK.provider(provider).unwrap().outcome(&outcome).map(|rule| rule.result)
    };
    let response =
        |status, error_type, code| result("openai", Event::Response, Some(status), error_type, code);
    assert_eq!(result("openai", Event::NotSent, None, None, None), Some(OutcomeResult::Free));
    assert_eq!(response(429, None, None), Some(OutcomeResult::Free));
    assert_eq!(response(400, Some("invalid_request_error"), None), Some(OutcomeResult::Free));
    assert_eq!(response(400, Some("user_error"), Some("moderation_blocked")), Some(OutcomeResult::Unknown));
    assert_eq!(response(503, None, None), Some(OutcomeResult::Unknown));
    assert_eq!(result("openai", Event::NoResponse, None, None, None), Some(OutcomeResult::Unknown));
    assert_eq!(result("aihubmix", Event::Response, Some(400), None, None), Some(OutcomeResult::Billed));
}

const OWN: &str = r#"
schema = "imgcost.prices/1"
provider = "openai"
[[model]]
id = "gpt-image-2"
[[model.rates]]
from = "2026-10-01"
to = "2027-01-01"
text_input = "4.00"
image_input = "6.40"
image_output = "24.00"
reason = "our discount of 20%"
"#;

fn with_own(text: &str) -> Result<Book, Vec<String>> {
    let own = File::new("own.toml", text);
    BOOK.with_own(own, TODAY).map_err(|errors| errors.problems().iter().map(ToString::to_string).collect())
}

#[test]
fn a_users_own_price_stands_over_the_built_in_one_on_its_days_and_says_so() {
    let book = with_own(OWN).unwrap();
    assert_eq!(book.overrides(), 1);
    assert_ne!(book.digest(), BOOK.digest());
    let mut before = request("gpt-image-2 high 1024x1024");
    before.as_of = Date::constant(2026, 9, 1);
    let request = request("gpt-image-2 high 1024x1024");
    let quote = book.quote(&request).unwrap();
    assert_eq!(quote.total().expected.unwrap().to_string(), "0.168576");
    let note = quote.notes().into_iter().find(|note| note.code == "price-overridden").unwrap();
    assert!(note.message.contains("our discount of 20%"));
    assert_eq!(book.quote(&before).unwrap().total().expected.unwrap().to_string(), "0.21072");
}

#[test]
fn an_override_needs_a_reason() {
    let errors = with_own(&OWN.replace("reason = \"our discount of 20%\"\n", "")).unwrap_err();
    assert!(
        errors.iter().any(|line| line.starts_with("own.toml:6:") && line.contains("'reason' is missing")),
        "{errors:?}"
    );
}

#[test]
fn a_users_own_model_needs_a_family_and_a_basis() {
    let errors = with_own(&OWN.replace("gpt-image-2", "gpt-image-9")).unwrap_err();
    assert!(errors.iter().any(|line| line.contains("'family' is missing")), "{errors:?}");
    let text = OWN.replace(
        "id = \"gpt-image-2\"",
        "id = \"gpt-image-9\"\nfamily = \"gpt-image-2\"\nbasis = \"tokens\"",
    );
    let book = with_own(&text).unwrap();
    let request = request("gpt-image-9 high 1024x1024");
    assert!(book.quote(&request).is_ok());
}

#[test]
fn a_users_own_provider_may_be_added() {
    let text =
        OWN.replace("provider = \"openai\"", "provider = \"reseller\"\ntitle = \"Our reseller\"").replace(
            "id = \"gpt-image-2\"",
            "id = \"gpt-image-2\"\nfamily = \"gpt-image-2\"\nbasis = \"tokens\"",
        );
    let book = with_own(&text).unwrap();
    assert!(book.provider("reseller").is_ok());
}

#[test]
fn what_a_providers_own_api_is_stays_unless_a_users_book_says_otherwise() {
    let native = |text: &str| with_own(text).unwrap().provider("fal").unwrap().native_api;
    let own = OWN.replace("provider = \"openai\"", "provider = \"fal\"");
    let own =
        own.replace("id = \"gpt-image-2\"", "id = \"mine\"\nfamily = \"gpt-image-2\"\nbasis = \"tokens\"");
    let with = |word: &str| {
        own.replace("provider = \"fal\"", &format!("provider = \"fal\"\nnative_api = \"{word}\""))
    };
    assert_eq!(native(&own), Some(NativeApi::EveryPost));
    assert_eq!(native(&with("model-in-body")), Some(NativeApi::ModelInBody));
    let errors = with_own(&with("some-posts")).unwrap_err();
    assert!(errors.iter().any(|line| line.contains("model-in-path")), "{errors:?}");
    assert_eq!(BOOK.provider("openai").unwrap().native_api, None);
}

#[test]
fn a_book_survives_being_packed() {
    assert_eq!(Book::unpack(BOOK.pack().leak()), *BOOK);
}

#[test]
fn an_item_that_an_own_card_leaves_out_keeps_its_built_in_price() {
    let book = with_own(&OWN.replace("image_input = \"6.40\"\n", "")).unwrap();
    let offer = book.offer("openai", "gpt-image-2", TODAY).unwrap();
    let rate = |item| offer.token_rate(Tier::Standard, item).unwrap().0.to_string();
    assert_eq!((rate(Item::ImageInput), rate(Item::ImageOutput)), ("8".to_owned(), "24".to_owned()));
}

#[test]
fn a_long_prompt_is_read_by_the_calling_model_too() {
    let mut request = request("gpt-image-2 low 1024x1024");
    request.endpoint = imgcost_core::Endpoint::Responses;
    request.responses_model = Some("gpt-5".to_owned());
    request.prompt = Some(imgcost_core::Prompt::of_tokens(20_000));
    let quote = BOOK.quote(&request).unwrap();
    let input = quote.lines().iter().find(|line| line.item == Item::ResponsesModel).unwrap().quantity;
    // The prompt, 1,245 of output, 480 of context; at most twice the prompt, 2,600 of output, a view
    // of each of four images, and 600.
    assert_eq!((input.floor, input.expected, input.ceiling), (20_000, Some(21_725), 49_680));
}

#[test]
fn an_image_left_open_has_no_single_rate_and_its_notes_stand_once() {
    let request = request("aihubmix/gpt-image-1");
    let document = serde_json::to_value(BOOK.quote(&request).unwrap().document()).unwrap();
    assert!(document["lines"][0]["rate"].is_null());
    assert_eq!(document["lines"][0]["amount"]["floor"], "0.011");
    let codes: Vec<_> = BOOK.quote(&request).unwrap().note_codes().collect();
    let mut once = codes.clone();
    once.dedup();
    assert_eq!(codes, once);
}
