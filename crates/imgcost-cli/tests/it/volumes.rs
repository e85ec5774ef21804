//! How often calls are made: `calls`, `share`, `--calls` and `--per`.

use serde_json::json;

use crate::common::{imgcost, run_with};

const JOBS: &str = "id,model,quality,size,prompt_tokens,calls,tag:kind\n\
    a,gpt-image-2,low,1024x1024,10,1000,hero\n\
    b,gpt-image-2,high,1024x1024,10,200,hero\n\
    c,gpt-image-2,medium,1024x1024,10,,card\n";
const SHARES: &str = "id,model,quality,size,prompt_tokens,share\n\
    a,gpt-image-2,low,1024x1024,10,70\n\
    b,gpt-image-2,high,1024x1024,10,30\n";

fn piped(line: &str, input: &str) -> crate::common::Ran {
    let words: Vec<&str> = line.split(' ').collect();
    run_with(&words, input.as_bytes())
}

#[test]
fn calls_multiply_a_row_and_the_sum_is_of_all_calls() {
    let ran = piped("batch - -f jsonl --by tag:kind --per month", JOBS);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = ran.lines();
    // 0.00596 x 1000: one call of 196 and 16 tokens costs 0.00596.
    assert_eq!(rows[0]["row"]["calls"], 1000);
    assert_eq!(rows[0]["quote"]["total"]["expected"], "0.00596");
    assert_eq!(rows[0]["bill"], json!({"floor": "5.96", "expected": "5.96", "ceiling": "5.96"}));
    assert!(rows[2].get("bill").is_none() && rows[2]["row"].get("calls").is_none(), "{}", rows[2]);
    // 5.96 + 200 x 0.2108 + 0.05276.
    assert!(ran.stderr.contains("3 rows, 1,201 calls a month: $48.17276, expected and at most"), "{ran:?}");
}

#[test]
fn calls_of_the_command_are_those_of_rows_that_do_not_tell() {
    let ran = piped("batch - -f jsonl --calls 10", JOBS);
    assert_eq!(ran.lines()[2]["bill"]["ceiling"], "0.5276", "{ran:?}");
    assert_eq!(ran.lines()[0]["row"]["calls"], 1000, "{ran:?}");
    let ran = piped("batch - -f jsonl", &JOBS.replace(",1000,", ",0,").replace(",200,", ",2.0,"));
    assert_eq!(ran.lines()[0]["bill"]["ceiling"], "0", "{ran:?}");
    assert_eq!(ran.lines()[1]["row"]["calls"], 2, "{ran:?}");
    for bad in ["-1", "1.5", "many"] {
        let ran = piped("batch - -f jsonl", &JOBS.replace(",1000,", &format!(",{bad},")));
        assert_eq!(ran.code, 4, "{ran:?}");
        assert_eq!(ran.lines()[0]["error"]["field"], "calls", "{ran:?}");
        assert_eq!(imgcost(&format!("gpt-image-2 low 1024 --calls {bad}")).code, 2);
    }
}

#[test]
fn shares_are_of_all_calls_and_add_up_to_100() {
    let ran = piped("batch - -f jsonl --calls 1001", SHARES);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.lines()[0]["row"]["calls"], 700.7);
    assert_eq!(ran.lines()[0]["bill"]["expected"], "4.176172");
    assert!(ran.stderr.contains("2 rows, 1,001 calls: "), "{ran:?}");
    for command in ["batch - --calls 10", "check - --calls 10"] {
        for threads in ["", " --threads 2"] {
            let line =
                if command.starts_with("batch") { format!("{command}{threads}") } else { command.into() };
            let ran = piped(&line, &SHARES.replace(",30", ",29.5"));
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(ran.stderr.contains("the shares of the file add up to 99.5 %, not 100 %"), "{ran:?}");
        }
    }
    let ran = piped("batch -", SHARES);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("allowed: --calls N"), "{ran:?}");
}

#[test]
fn a_cap_is_for_all_calls() {
    let quote = "gpt-image-2 high 1024 --prompt-tokens 10 --calls 100 --cap";
    assert_eq!(imgcost(&format!("{quote} 21.08")).code, 0);
    let over = imgcost(&format!("{quote} 21"));
    assert_eq!(over.code, 3, "{over:?}");
    assert!(over.stderr.contains("100 calls may cost up to $21.08, $0.08 more"), "{over:?}");
    assert_eq!(piped("batch - --cap 48.17", JOBS).code, 3);
    assert_eq!(piped("batch - --cap 48.18", JOBS).code, 0);
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "max_per_file = \"48.17\"\n").unwrap();
    let line = format!("check - --policy {}", policy.path().display());
    assert_eq!(piped(&line, JOBS).code, 3, "{:?}", piped(&line, JOBS));
    std::fs::write(policy.path(), "max_per_file = \"48.18\"\n").unwrap();
    let ran = piped(&line, JOBS);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("3 jobs, 1,201 calls, 1,201 images, at most $48.18 of $48.18"), "{ran:?}");
}

#[test]
fn a_comparison_ranks_by_the_bill_with_what_is_expected_and_at_most() {
    let line =
        "compare gpt-image-2 gpt-image-2.5-flare gpt-image-2.6-flare high 1024 --calls 10000 --per month";
    let ran = imgcost(&format!("{line} --json"));
    let document = ran.json();
    assert_eq!((&document["calls"], &document["per"]), (&json!(10000), &json!("month")));
    let bills: Vec<_> = document["cells"].as_array().unwrap().iter().map(|cell| &cell["bill"]).collect();
    assert_eq!(bills[0]["ceiling"], "526.8");
    assert_eq!(
        (&bills[1]["floor"], &bills[1]["expected"], &bills[1]["ceiling"]),
        (&json!("474"), &json!(null), &json!("532.2"))
    );
    assert_eq!(bills[2]["expected"], "2107.2");
    let ran = imgcost(line);
    assert!(ran.stdout.contains("10,000 calls a month"), "{ran:?}");
    let row = |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let words = |name: &str| row(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert!(words(" gpt-image-2.6-flare").contains("— 532.20"), "{ran:?}");
    assert!(row(" gpt-image-2 ").contains("2,107.20 2,107.20"), "{ran:?}");
    let grid = imgcost(&format!("{line} --rows model --columns quality --show bill"));
    assert!(grid.stdout.contains("USD of all calls") && grid.stdout.contains("≤ 532.20"), "{grid:?}");
}

#[test]
fn a_difference_is_of_all_calls() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.csv"), folder.path().join("new.csv"));
    std::fs::write(&old, JOBS).unwrap();
    std::fs::write(&new, JOBS.replace(",200,", ",300,")).unwrap();
    let line = format!("diff {} {} --per week", old.display(), new.display());
    let ran = imgcost(&line);
    assert!(ran.stdout.starts_with("+$21.08 a week (+43.8%): $48.17276 → $69.25276"), "{ran:?}");
    assert!(ran.stdout.contains("calls 200 → 300"), "{ran:?}");
    let document = imgcost(&format!("{line} --json")).json();
    assert_eq!(document["entries"][0]["after"]["calls"], 300);
    assert_eq!(document["entries"][0]["fields"][0]["field"], "calls");
}
