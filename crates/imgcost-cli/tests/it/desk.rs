//! What a desk needs of tables and files, by the numbers of the trial that found it missing.

use crate::common::{file, folder, imgcost};

#[test]
fn row_3_13_prices_that_are_new_are_not_called_changed() {
    let ran = imgcost("diff --from 2026-06-01 --to 2026-11-21 -p openai");
    let heading = ran.stdout.lines().next().unwrap();
    assert!(heading.starts_with("0 prices changed from 2026-06-01 to 2026-11-21, 30 new, 0 gone"), "{ran:?}");
}

#[test]
fn row_3_14_amounts_of_an_explanation_are_numbers_for_a_spreadsheet() {
    let ran = imgcost("explain gpt-image-2 high 1024x1024 -f csv");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("quantity_floor,quantity_expected,quantity_ceiling"), "{ran:?}");
    assert!(
        lines[1].starts_with("image_output,,7024,7024,7024,")
            && lines[1].contains(",0.21072,0.21072,0.21072,")
    );
}

#[test]
fn row_5_13_the_provider_of_a_row_is_shown_where_there_is_room() {
    let jobs = "model,provider,quality,size,prompt\n\
        gpt-image-2,openai,low,1024x1024,a fox\ngpt-image-2,azure-openai,low,1024x1024,a fox\n";
    let path = file(&folder("row_5_13"), "jobs.csv", jobs);
    let ran = imgcost(&format!("batch {path} -f markdown"));
    assert!(ran.stdout.contains("| openai |") && ran.stdout.contains("| azure-openai |"), "{ran:?}");
}

#[test]
fn row_6_6_only_what_is_named_must_have_a_price() {
    let line = "-q high -s 1024x1024 --prompt-tokens 9";
    assert_eq!(imgcost(&format!("compare -p all -m gpt-image-2 {line}")).code, 0);
    assert_eq!(imgcost(&format!("compare -p new-api -m gpt-image-2 {line}")).code, 4);
    assert_eq!(imgcost(&format!("compare -p openai,new-api -m gpt-image-2 {line}")).code, 4);
}

#[test]
fn row_7_4_long_lists_are_folded_unless_they_are_asked_for() {
    let folded = imgcost("solve -p all -s 1024x1024");
    assert!(
        folded.stdout.contains("left out retired: ")
            && folded.stdout.contains("models (--verbose lists them)")
    );
    let listed = imgcost("solve -p all -s 1024x1024 --verbose");
    assert!(
        listed.stdout.contains("dall-e-3 at openai") && !listed.stdout.contains("--verbose"),
        "{listed:?}"
    );
    let folded = imgcost("compare -m gpt-image-2* -q all");
    assert!(folded.stdout.contains(" more like it: --verbose)"), "{folded:?}");
    let listed = imgcost("compare -m gpt-image-2* -q all --verbose");
    let notes = |text: &str| text.lines().filter(|line| line.starts_with(" note:")).count();
    assert!(
        notes(&listed.stdout) > notes(&folded.stdout) && !listed.stdout.contains("--verbose"),
        "{listed:?}"
    );
}
