//! From a provider's price page to a model quoted and guarded, by a file of one's own.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;

use imgcost_guard::Guard;
use imgcost_ledger::{Budget, Cap, Filter, Ledger, MemoryLedger, Record, Window};

use crate::common::{file, folder, imgcost};

/// A guard by a file of one's own, on the day of the tests' prices.
fn guard(prices: &str, provider: &str) -> (Arc<MemoryLedger>, Guard) {
    let ledger = Arc::new(MemoryLedger::new());
    ledger.set_budget(&Budget::new("team".parse().unwrap(), Window::Total, Cap::Unlimited), "me").unwrap();
    let builder = Guard::builder(imgcost_pricing::book().clone(), ledger.clone(), "team".parse().unwrap());
    let builder = builder.provider(provider).day(|| "2026-11-21".parse().unwrap());
    (ledger, builder.prices(prices).unwrap().build().unwrap())
}

/// What a call of the model is held and settled at.
fn held_and_settled(prices: &str, provider: &str, model: &str, response: &[u8]) -> (String, String) {
    let (ledger, guard) = guard(prices, provider);
    let body = format!(r#"{{"model":"{model}","prompt":"a fox","size":"1024x1024","quality":"high"}}"#);
    let body = if provider == "openai" { body } else { body.replace(r#","quality":"high""#, "") };
    let call = guard.before("/v1/images/generations", Some("application/json"), body.as_bytes()).unwrap();
    let mut held = Vec::new();
    let mut see = |record| {
        if let Record::Hold(hold) = record {
            held.push(hold.ceiling.to_string());
        }
        ControlFlow::Continue(())
    };
    ledger.read(&Filter::default().holds(), &mut see).unwrap();
    let booked = call.unwrap().after(200, response).unwrap();
    (held.remove(0), booked.amount.to_string())
}

#[test]
fn a_new_model_is_quoted_guarded_and_settled_by_a_file_that_was_filled_in() {
    let folder = folder("init-new");
    let written = imgcost("prices init acme-image-1 -p acme");
    assert_eq!((written.code, written.stderr.as_str()), (0, ""));
    // Each line of it says what it is, and what is left to fill in is found.
    let path = file(&folder, "acme.toml", &written.stdout);
    let lint = imgcost(&format!("prices lint {path}"));
    assert!(lint.code == 2 && lint.stdout.contains("usd = \"FILL\""), "{lint:?}");
    let filled = written.stdout.replace("FILL", "0.04");
    let path = file(&folder, "acme.toml", &filled);
    assert_eq!(imgcost(&format!("prices lint {path}")).stdout, "1 file, no problems\n");
    let quote = imgcost(&format!("acme-image-1 1024x1024 x2 --prices {path} --json"));
    assert_eq!(quote.json()["total"]["ceiling"], "0.08", "{quote:?}");
    let response = br#"{"data":[{"url":"https://example.com/a.png"}]}"#;
    let (held, booked) = held_and_settled(&filled, "acme", "acme-image-1", response);
    assert_eq!((held.as_str(), booked.as_str()), ("0.04", "0.04"));
}

#[test]
fn a_model_like_another_has_its_rules_and_rows() {
    let folder = folder("init-like");
    let path = format!("{}/mine.toml", folder.display());
    let ran = imgcost(&format!("prices init gpt-image-3 --like gpt-image-2 -o {path}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let again = imgcost(&format!("prices init gpt-image-3 --like gpt-image-2 -o {path}"));
    assert!(again.code == 2 && again.stderr.contains("is not overwritten"), "{again:?}");
    assert_eq!(imgcost(&format!("prices lint {path}")).stdout, "1 file, no problems\n");
    let filled = fs::read_to_string(&path).unwrap().replace("image_output = \"30\"", "image_output = \"20\"");
    let path = file(&folder, "filled.toml", &filled);
    let quote = imgcost(&format!("gpt-image-3 high 1024x1024 --prompt-tokens 3 --prices {path} --json"));
    assert_eq!(quote.json()["total"]["ceiling"], "0.140525", "{quote:?}");
    let usage = br#"{"usage":{"input_tokens":9,"output_tokens":7024}}"#;
    let (_, booked) = held_and_settled(&filled, "openai", "gpt-image-3", usage);
    assert_eq!(booked, "0.140525");
}

#[test]
fn what_is_written_for_any_current_model_passes_lint_and_quotes_the_same() {
    let folder = folder("init-all");
    let models = imgcost("models --json").json();
    let listed = models["models"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for model in listed {
        let (provider, id) = (model["provider"].as_str().unwrap(), model["model"].as_str().unwrap());
        if !seen.insert((provider.to_owned(), model["basis"].as_str().unwrap_or_default().to_owned())) {
            continue;
        }
        let ran = imgcost(&format!("prices init {id} -p {provider}"));
        if ran.code == 2 {
            assert!(ran.stderr.contains("--group-ratio") || ran.stderr.contains("no price"), "{id}: {ran:?}");
            continue;
        }
        let path = file(&folder, "mine.toml", &ran.stdout);
        let lint = imgcost(&format!("prices lint {path}"));
        assert_eq!(lint.stdout, "1 file, no problems\n", "{provider} {id}: {}", ran.stdout);
        let total = |more: &str| {
            imgcost(&format!("{id} -p {provider} --json{more}")).json()["total"]["ceiling"].clone()
        };
        assert_eq!(total(""), total(&format!(" --prices {path}")), "{provider} {id}: {}", ran.stdout);
    }
    assert!(seen.len() > 15);
}

#[test]
fn a_discount_is_taken_off_every_built_in_price_and_said() {
    let folder = folder("discount");
    let head = "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n";
    let all = file(&folder, "all.toml", format!("{head}discount = \"20%\"\n"));
    let quote = "gpt-image-2 high 1024x1024 --prompt-tokens 3 --json";
    let total = |line: &str| imgcost(line).json()["total"]["ceiling"].as_str().map(str::to_owned);
    // 9 x 5 and 7,024 x 30 a million, less a fifth.
    assert_eq!(total(quote).as_deref(), Some("0.210765"));
    assert_eq!(total(&format!("{quote} --prices {all}")).as_deref(), Some("0.168612"));
    let batch = format!("{quote} --tier batch --prices {all}");
    assert_eq!(total(&batch).as_deref(), Some("0.084306"));
    let said = imgcost(&format!("gpt-image-2 high 1024x1024 --prompt-tokens 3 --prices {all}"));
    assert!(said.stdout.contains("discount of 20%") && !said.stdout.contains("list price"), "{said:?}");
    let explained = imgcost(&format!("explain gpt-image-2 high 1024x1024 --prices {all}"));
    assert!(explained.stdout.contains(&format!("discount of 20% ({all}:3)")), "{explained:?}");
    let line = &imgcost(&format!("{quote} --prices {all}")).json()["lines"][1];
    assert_eq!(
        (&line["rate"], &line["rate_reason"]),
        (&"24".into(), &format!("discount of 20% ({all}:3)").into())
    );
    // A model's own discount is in place of the provider's, and an own price in place of both.
    let model = "[[model]]\nid = \"gpt-image-2\"\ndiscount = \"50%\"\n";
    let own = file(&folder, "own.toml", format!("{head}discount = \"20%\"\n{model}"));
    assert_eq!(total(&format!("{quote} --prices {own}")).as_deref(), Some("0.1053825"));
    let rates = "[[model.rates]]\nfrom = \"2026-01-01\"\nimage_output = \"10\"\nreason = \"ours\"\n";
    let both = file(&folder, "both.toml", format!("{head}{model}{rates}"));
    assert_eq!(total(&format!("{quote} --prices {both}")).as_deref(), Some("0.0702625"));
    // From a day on, earlier quotes are the built-in ones.
    let later =
        file(&folder, "later.toml", format!("{head}discount = \"20%\"\ndiscount_from = \"2026-06-01\"\n"));
    let on = |day: &str| total(&format!("{quote} --prices {later} --as-of {day}"));
    assert_eq!(on("2026-05-31").as_deref(), Some("0.210765"));
    assert_eq!(on("2026-06-01").as_deref(), Some("0.168612"));
}

#[test]
fn discounts_that_mean_nothing_are_refused_with_their_lines() {
    let folder = folder("discount-wrong");
    for (text, said) in [
        ("provider = \"openai\"\ndiscount = \"0.2\"\n", ":3: discount = \"0.2\": expected a percentage"),
        ("provider = \"openai\"\ndiscount = \"100%\"\n", ":3: discount = \"100%\""),
        ("provider = \"nobody\"\ndiscount = \"20%\"\n", ":3: there is no built-in price of nobody"),
        (
            "provider = \"openai\"\ndiscount_from = \"2026-01-01\"\n",
            ":3: 'discount_from' goes with 'discount'",
        ),
        (
            "provider = \"openai\"\n[[model]]\nid = \"x\"\nfamily = \"gpt-image-2\"\nbasis = \"tokens\"\ndiscount = \"20%\"\n",
            ":7: there is no built-in price of x at openai",
        ),
    ] {
        let path = file(&folder, "wrong.toml", format!("schema = \"imgcost.prices/1\"\n{text}"));
        let ran = imgcost(&format!("prices lint {path}"));
        // Long lines are wrapped.
        let shown = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.code == 2 && shown.contains(said), "{said}: {ran:?}");
    }
}

#[test]
fn a_provider_that_is_misspelled_is_told_and_one_of_ones_own_is_not() {
    let near = imgcost("prices init gpt-image-2 -p opnai");
    assert!(near.code == 0 && near.stderr.contains("nearest: openai"), "{near:?}");
    assert_eq!(imgcost("prices init gpt-image-2 -p studio-gateway").stderr, "");
}
