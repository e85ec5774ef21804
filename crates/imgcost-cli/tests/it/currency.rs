//! Totals in another currency: `quote`, `explain` and `usage`.

use crate::common::{imgcost, run_with};

const CALL: &str = "-m gpt-image-1 --quality high --size 1536x1024 -n 4 --prompt-tokens 0";
const YEN: &str = "--currency JPY --fx 149.8@2026-11-20";

#[test]
fn the_total_is_converted_once_with_rate_and_day() {
    let plain = imgcost(&format!("{CALL} -f json")).json();
    let ran = imgcost(&format!("{CALL} {YEN} -f json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut document = ran.json();
    let converted = document.as_object_mut().unwrap().remove("converted").unwrap();
    // Nothing else changes.
    assert_eq!(document, plain);
    assert_eq!(converted["currency"], "JPY");
    assert_eq!((converted["rate"].as_str(), converted["date"].as_str()), (Some("149.8"), Some("2026-11-20")));
    assert_eq!(plain["total"]["expected"], "0.9934");
    // 0.9934 x 149.8.
    for name in ["floor", "expected", "ceiling"] {
        assert_eq!(converted[name], "148.81132", "{name}");
    }
}

#[test]
fn pages_and_columns_show_it_only_when_asked() {
    for format in ["table", "md", "csv"] {
        let plain = imgcost(&format!("{CALL} -f {format}"));
        assert!(!plain.stdout.contains("JPY") && !plain.stdout.contains("fx"), "{plain:?}");
    }
    for format in ["table", "md"] {
        let ran = imgcost(&format!("{CALL} {YEN} -f {format}"));
        assert!(ran.stdout.contains("in JPY: 148.81, at 1 USD = 149.8 JPY on 2026-11-20"), "{ran:?}");
    }
    let ran = imgcost(&format!("{CALL} {YEN} -f csv"));
    let mut lines = ran.stdout.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(names.len(), cells.len());
    let cell = |name: &str| cells[names.iter().position(|known| *known == name).unwrap()];
    assert_eq!((cell("currency"), cell("converted_currency")), ("USD", "JPY"));
    assert_eq!((cell("fx_rate"), cell("fx_date")), ("149.8", "2026-11-20"));
    assert_eq!(cell("converted_expected"), "148.81132");
}

#[test]
fn a_range_stays_a_range_and_the_unknown_unknown() {
    let open = imgcost(&format!("-m gpt-image-1 -q auto --prompt-tokens 9 {YEN} -f json")).json();
    assert_eq!(open["converted"]["expected"], serde_json::Value::Null);
    assert!(open["converted"]["floor"].is_string() && open["converted"]["ceiling"].is_string());
    let page = imgcost(&format!("-m gpt-image-1 -q auto --prompt-tokens 9 {YEN}")).stdout;
    assert!(page.contains(" to ") && page.contains("in JPY:"), "{page}");
}

#[test]
fn explain_shows_the_step() {
    let ran = imgcost(&format!("explain {CALL} {YEN}"));
    assert!(ran.stdout.contains("0.9934 x 149.8 = 148.81132 JPY"), "{ran:?}");
    let document = imgcost(&format!("explain {CALL} {YEN} -f json")).json();
    assert_eq!(document["converted"]["expected"], "148.81132");
}

#[test]
fn a_charge_is_converted_too() {
    let response = br#"{"usage":{"input_tokens":6,"output_tokens":24832,"input_tokens_details":{"text_tokens":6,"image_tokens":0}}}"#;
    let run = |format: &str| {
        run_with(
            &["usage", "-", "-m", "gpt-image-1", "--currency", "EUR", "--fx", "0.5@2026-11-20", "-f", format],
            response,
        )
    };
    let document = run("json").json();
    assert_eq!(document["total"]["expected"], "0.99331");
    assert_eq!(document["converted"]["expected"], "0.496655");
    assert!(run("table").stdout.contains("in EUR: 0.4967, at"), "{:?}", run("table"));
    assert!(
        run("csv").stdout.lines().last().unwrap().ends_with("EUR,0.5,2026-11-20,0.496655,0.496655,0.496655")
    );
}

#[test]
fn bad_rates_are_refused() {
    for flags in [
        "--currency JPY",
        "--fx 149.8@2026-11-20",
        "--currency YENS --fx 1@2026-11-20",
        "--currency USD --fx 1@2026-11-20",
        "--currency JPY --fx 149.8",
        "--currency JPY --fx 0@2026-11-20",
        "--currency JPY --fx -1@2026-11-20",
        "--currency JPY --fx 1e3@2026-11-20",
        "--currency JPY --fx 1@2026-02-30",
        "--currency JPY --fx 1@yesterday",
    ] {
        for command in ["quote", "explain"] {
            let ran = imgcost(&format!("{command} {CALL} {flags} -f json"));
            assert_eq!(ran.code, 2, "{command} {flags}: {ran:?}");
            assert_eq!(ran.json()["schema"], "imgcost.error/1");
        }
    }
}
