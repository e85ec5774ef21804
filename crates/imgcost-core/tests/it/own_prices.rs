//! A user's own prices over the built-in book: contracts of any day, and figures in the wrong unit.

use crate::support::{self, BOOK, TODAY, request};
use imgcost_core::{Book, Date, File};

fn with_own(text: &str) -> Result<Book, Vec<String>> {
    let own = File::new("own.toml", text);
    BOOK.with_own(own, TODAY).map_err(|errors| errors.problems().iter().map(ToString::to_string).collect())
}

/// A contract for image output alone, from a day on.
fn contract(from: &str) -> String {
    format!(
        r#"schema = "imgcost.prices/1"
provider = "openai"
[[model]]
id = "gpt-image-2"
basis = "tokens"
[[model.rates]]
from = "{from}"
image_output = "20"
reason = "our contract"
"#
    )
}

/// One row of one model at a provider, its lines from line 5 on.
fn own(provider: &str, model: &str, row: &str) -> String {
    format!("schema = \"imgcost.prices/1\"\nprovider = \"{provider}\"\n[[model]]\nid = \"{model}\"\n{row}\n")
}

fn rates(keys: &str) -> String {
    own(
        "openai",
        "gpt-image-2",
        &format!("[[model.rates]]\nfrom = \"2026-01-01\"\nreason = \"contract\"\n{keys}"),
    )
}

fn slips(text: &str) -> Vec<String> {
    with_own(text).err().unwrap_or_default()
}

#[test]
fn a_contract_quotes_from_any_day_whatever_the_published_table_says() {
    for from in ["2024-01-01", "2026-01-01", "2026-04-20", "2026-04-21", "2026-04-22", "2026-11-21"] {
        let book = with_own(&contract(from)).unwrap_or_else(|errors| panic!("{from}: {errors:?}"));
        let request = request("gpt-image-2 high 1024x1024");
        let quote = book.quote(&request).unwrap();
        assert_eq!(quote.total().expected.unwrap().to_string(), "0.14048", "{from}");
        assert_eq!(quote.per_image_list_price(), None, "{from}");
    }
}

#[test]
fn the_published_price_of_an_image_shows_on_days_and_for_items_without_a_contract() {
    let list_price = |book: &Book, day: Date| {
        let mut request = request("gpt-image-2 high 1024x1024");
        request.as_of = day;
        book.quote(&request).unwrap().per_image_list_price().map(|usd| usd.to_string())
    };
    let book = with_own(&contract("2026-11-01")).unwrap();
    assert_eq!(list_price(&book, Date::constant(2026, 10, 31)).as_deref(), Some("0.211"));
    assert_eq!(list_price(&book, TODAY), None);
    let prompts_only = with_own(&rates("text_input = \"4\"")).unwrap();
    assert_eq!(list_price(&prompts_only, TODAY).as_deref(), Some("0.211"));
}

#[test]
fn the_built_in_table_is_still_checked_against_the_built_in_rates() {
    let found = support::files().into_iter().map(|file| {
        let wrong = file.text.replacen("high = { 1024x1024 = \"0.211\"", "high = { 1024x1024 = \"0.311\"", 1);
        (file.name, wrong)
    });
    let texts: Vec<(&str, String)> = found.collect();
    let files: Vec<File<'_>> = texts.iter().map(|(name, text)| File::new(name, text)).collect();
    assert!(Book::read(&files).unwrap_err().to_string().contains("say why in 'differs'"));
}

#[test]
fn an_own_table_is_checked_against_the_own_rate() {
    let table = "[[model.table]]\nfrom = \"2026-06-01\"\nreason = \"contract\"\n[model.table.prices]\n";
    let with_table = |price: &str| {
        with_own(&format!("{}{table}high = {{ 1024x1024 = \"{price}\" }}\n", contract("2026-01-01")))
    };
    let book = with_table("0.140").unwrap();
    let request = request("gpt-image-2 high 1024x1024");
    assert_eq!(book.quote(&request).unwrap().per_image_list_price().unwrap().to_string(), "0.14");
    let errors = with_table("0.211").unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("own.toml:14: table says 0.211"), "{errors:?}");
}

#[test]
fn a_rate_in_another_unit_is_refused_with_both_figures_and_the_likely_one() {
    for (keys, expected) in [
        (
            "image_output = \"0.00003\"",
            "own.toml:8: image_output = \"0.00003\" is 1000000 times less than the built-in 30: it looks like USD per token, and the book takes USD per million tokens: \"30\"; if it is meant, say why in 'differs'",
        ),
        (
            "text_input = \"0.004\"",
            "own.toml:8: text_input = \"0.004\" is 1250 times less than the built-in 5: it looks like USD per 1,000 tokens, and the book takes USD per million tokens: \"4\"; if it is meant, say why in 'differs'",
        ),
        (
            "image_input = \"8000\"",
            "own.toml:8: image_input = \"8000\" is 1000 times more than the built-in 8: it looks like thousandths of a dollar, and the book takes USD per million tokens: \"8\"; if it is meant, say why in 'differs'",
        ),
        (
            "text_input_cached = \"1000000\"",
            "own.toml:8: text_input_cached = \"1000000\" is 800000 times more than the built-in 1.25: it looks like millionths of a dollar, and the book takes USD per million tokens: \"1\"; if it is meant, say why in 'differs'",
        ),
        (
            "image_output = \"900000\"",
            "own.toml:8: image_output = \"900000\" is 30000 times more than the built-in 30: the book takes USD per million tokens; if it is meant, say why in 'differs'",
        ),
    ] {
        assert_eq!(slips(&rates(keys)), [expected]);
    }
}

#[test]
fn what_is_less_than_a_thousand_times_off_or_free_or_meant_is_a_contract() {
    for keys in [
        "image_output = \"29999\"",
        "image_output = \"0.031\"",
        "image_output = \"0\"",
        "image_output = \"30000\"\ndiffers = \"a test of the budgets\"",
    ] {
        assert_eq!(slips(&rates(keys)), [""; 0], "{keys}");
    }
    assert_eq!(slips(&rates("image_output = \"30000\"")).len(), 1);
    assert_eq!(slips(&rates("image_output = \"0.03\"")).len(), 1);
}

#[test]
fn every_slip_of_a_book_is_found_at_once() {
    let keys = "text_input = \"0.000005\"\nimage_input = \"0.000008\"\nimage_output = \"0.00003\"";
    let found = slips(&rates(keys));
    assert_eq!(found.len(), 3, "{found:?}");
    for (line, slip) in (8..).zip(&found) {
        assert!(slip.starts_with(&format!("own.toml:{line}: ")), "{found:?}");
    }
}

#[test]
fn a_price_or_ratio_of_a_size_that_is_none_is_refused_on_its_line() {
    let table = "[[model.table]]\nfrom = \"2023-01-01\"\nreason = \"x\"\n[model.table.prices]\nhd = { \"1024\" = \"0.04\" }";
    assert_eq!(
        slips(&own("openai", "dall-e-3", table)),
        ["own.toml:9: hd: '1024': expected a size in quotes, such as \"1024x1024\""]
    );
    let fixed = "[[model.fixed]]\nfrom = \"2023-01-01\"\nreason = \"x\"\nusd = \"0.04\"\nsize_ratio = { 2K = \"2\" }\nquality_ratio = { \"hd@2K\" = \"2\", hd = \"2\" }";
    assert_eq!(
        slips(&own("new-api", "dall-e-3", fixed)),
        [
            "own.toml:9: size_ratio: '2K': expected a size in quotes, such as \"1024x1024\"",
            "own.toml:10: quality_ratio: 'hd@2K': expected a quality, or such as \"high@1024x1024\"",
        ]
    );
}

#[test]
fn a_tier_model_or_provider_that_the_book_lacks_is_compared_with_its_kin() {
    let card = |tier: &str| {
        format!(
            "[[model.rates]]\ntier = \"{tier}\"\nfrom = \"2026-01-01\"\nimage_output = \"0.00003\"\nreason = \"x\""
        )
    };
    // Azure has no batch rate in the book.
    assert_eq!(slips(&own("azure-openai", "gpt-image-2", &card("batch"))).len(), 1);
    let family = "family = \"gpt-image-2\"\nbasis = \"tokens\"\n";
    for provider in ["openai", "our-reseller"] {
        let text = own(provider, "gpt-image-9", &format!("{family}{}", card("standard")));
        let found = slips(&text);
        assert!(found.len() == 1 && found[0].contains("USD per token"), "{provider}: {found:?}");
    }
}

#[test]
fn a_price_of_an_image_or_of_the_calling_model_in_another_unit_is_refused() {
    let image = "[[model.table]]\nfrom = \"2023-01-01\"\nreason = \"x\"\n[model.table.prices]\nstandard = { 1024x1024 = \"40\" }";
    let found = slips(&own("openai", "dall-e-3", image));
    assert_eq!(
        found,
        [
            "own.toml:9: standard 1024x1024: usd = \"40\" is 1000 times more than the built-in 0.04: it looks like thousandths of a dollar, and the book takes USD per image: \"0.04\"; if it is meant, say why in 'differs'"
        ]
    );
    let calling = "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n[[text_model]]\nid = \"gpt-5\"\ninput = \"0.00000125\"\noutput = \"10\"\nfrom = \"2026-01-01\"\nreason = \"x\"\n";
    let found = slips(calling);
    assert!(found.len() == 1 && found[0].starts_with("own.toml:5: input = \"0.00000125\""), "{found:?}");
    assert_eq!(slips(&calling.replace("reason", "differs = \"a test\"\nreason")), [""; 0]);
}

#[test]
fn json_is_refused_as_json_and_litellms_map_by_name() {
    let map = r#"{"azure/gpt-image-2": {"input_cost_per_token": 5e-06, "litellm_provider": "azure"}}"#;
    for text in [map.to_owned(), format!("\u{feff}\n {map}")] {
        let found = slips(&text);
        assert!(found.len() == 1 && found[0].starts_with("own.toml:1: this is LiteLLM's map"), "{found:?}");
        assert!(found[0].contains("USD per million tokens"), "{found:?}");
    }
    for text in ["{}", "[{\"a\": 1}]", "[\n  \"a\"\n]", "{\"schema\": \"imgcost.prices/1\"}"] {
        let found = slips(text);
        assert!(found.len() == 1 && found[0].starts_with("own.toml:1: this is JSON"), "{found:?}");
    }
    // A table's heading is TOML.
    assert!(!slips("[model]").iter().any(|problem| problem.contains("JSON")));
}
