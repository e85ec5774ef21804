//! The rules against recorded usage of real calls. The counts stand in docs/accuracy.md,
//! which a test keeps current: run it with `IMGCOST_UPDATE=1` to write it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::support::{BOOK, Recorded, TODAY, recorded};
use imgcost_core::{CeilingBasis, Estimate, Item, LinePart};

/// How a recorded count lies to its quote, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Exact,
    Expected,
    Within,
    Outside,
}

fn verdict(range: Estimate<u64>, actual: u64) -> Verdict {
    if range.is_exact() && range.floor == actual {
        Verdict::Exact
    } else if range.expected == Some(actual) {
        Verdict::Expected
    } else if range.contains(actual) {
        Verdict::Within
    } else {
        Verdict::Outside
    }
}

/// The counts of a record that can be compared, by item.
fn actual(record: &Recorded) -> Vec<(Item, u64)> {
    let count = |name: &str| record.usage.get(name).copied();
    let images_known = !record.images.is_empty() || record.endpoint == "generations";
    let mut items = Vec::new();
    if record.prompt_tokens.is_some() && images_known {
        let alone = count("input_tokens").filter(|_| record.endpoint == "generations");
        items.extend(count("text_tokens").or(alone).map(|tokens| (Item::TextInput, tokens)));
    }
    if !record.images.is_empty() || record.unsized_images > 0 {
        items.extend(count("image_tokens").map(|tokens| (Item::ImageInput, tokens)));
    }
    let has_text_output = record.model.as_deref() == Some("gpt-image-1.5");
    let whole = count("output_tokens").filter(|_| !has_text_output);
    items.extend(count("output_image_tokens").or(whole).map(|tokens| (Item::ImageOutput, tokens)));
    items.extend(count("output_text_tokens").map(|tokens| (Item::TextOutput, tokens)));
    items
}

fn verdicts(record: &Recorded) -> Option<Vec<(Item, Verdict)>> {
    let request = record.request()?;
    let quote = BOOK.quote(&request).unwrap_or_else(|error| panic!("{}: {error}", record.id));
    let range = |item| quote.tokens(item).unwrap_or(Estimate::exact(0));
    Some(actual(record).into_iter().map(|(item, tokens)| (item, verdict(range(item), tokens))).collect())
}

/// Items whose count is random or depends on what was delivered: within, never exact.
fn is_random(record: &Recorded, item: Item) -> bool {
    item == Item::TextOutput
        || (item == Item::ImageOutput && record.partial_images.is_some_and(|asked| asked > 0))
}

#[test]
fn explicit_real_calls_are_exact() {
    let mut checked = 0;
    for record in recorded().iter().filter(|record| record.grade == "real" && record.is_explicit()) {
        for (item, verdict) in verdicts(record).into_iter().flatten() {
            let worst = if is_random(record, item) { Verdict::Within } else { Verdict::Expected };
            // The one slip of a source: 584 is the sum of 544 output and 40 input tokens.
            let slip = record.id == "u007" && item == Item::ImageOutput;
            assert!(verdict <= worst || slip, "{} {item}: {verdict:?}", record.id);
            checked += 1;
        }
    }
    assert!(checked > 120, "only {checked} counts were compared");
}

#[test]
fn all_comparable_calls_lie_within_their_quotes_or_say_why_not() {
    for record in recorded().iter().filter(|record| record.grade != "illustrative") {
        let Some(verdicts) = verdicts(record) else { continue };
        let missed: Vec<_> = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Outside).collect();
        let expected = record.expect.is_some();
        assert_eq!(!missed.is_empty(), expected, "{}: {missed:?}; note: {:?}", record.id, record.note);
        assert!(!expected || record.note.is_some(), "{} is a miss without a note", record.id);
    }
}

#[test]
fn no_ceiling_is_below_what_a_real_call_was_billed() {
    let mut checked = 0;
    // The one slip of a source: 584 is the sum of 544 output and 40 input tokens.
    for record in recorded().iter().filter(|record| record.grade == "real" && record.id != "u007") {
        let Some(request) = record.as_sent() else { continue };
        let quote = BOOK.quote(&request).unwrap();
        let ceiling = |item| quote.tokens(item).map_or(0, |range| range.ceiling);
        for (item, tokens) in actual(record) {
            assert!(tokens <= ceiling(item), "{} {item}: {tokens} > {}", record.id, ceiling(item));
        }
        if let Some(tokens) = record.usage.get("output_tokens") {
            let most = ceiling(Item::TextOutput) + ceiling(Item::ImageOutput);
            assert!(*tokens <= most, "{} output: {tokens} > {most}", record.id);
            checked += 1;
        }
    }
    assert!(checked > 60, "only {checked} calls were compared");
}

#[test]
fn no_ceiling_is_below_what_a_calling_model_was_recorded_to_take() {
    let mut checked = 0;
    for record in recorded().iter().filter(|record| record.responses_model.is_some()) {
        let request = record.request().unwrap();
        let quote = BOOK.quote(&request).unwrap();
        for (part, name) in [(LinePart::Input, "responses_input"), (LinePart::Output, "responses_output")] {
            let line = quote.lines().iter().find(|line| line.part == Some(part)).unwrap();
            let (tokens, range) = (record.usage[name], line.quantity);
            assert!(range.contains(tokens), "{} {name}: {tokens} outside {range:?}", record.id);
            assert_eq!(range.basis, CeilingBasis::Assumed);
            checked += 1;
        }
    }
    assert!(checked >= 34, "only {checked} counts were compared");
}

/// What kind of call a record is, by how near its ceiling can be to its bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Explicit,
    Responses,
    SeveralCalls,
    Auto,
    Gemini,
    PerImage,
}

impl Class {
    /// In words, and the most that the middle ratio may be.
    const fn bound(self) -> (&'static str, f64) {
        match self {
            Class::Explicit => ("explicit quality and size", 1.02),
            Class::Responses => ("Responses API, `max_tool_calls` 1", 2.0),
            Class::SeveralCalls => ("Responses API, `max_tool_calls` above 1, as many as came", 2.0),
            Class::Auto => ("quality or size left out (auto)", 4.0),
            Class::Gemini => ("Gemini, with text and thoughts", 4.0),
            Class::PerImage => ("billed by the image", 1.02),
        }
    }
}

/// Ceiling over actual in US dollars, of what the record reports; none where nothing of it has
/// a price. A Responses API call that reports no image tokens drew what its quality and size take.
fn sharpness(record: &Recorded) -> Option<(Class, f64)> {
    let usd = |amount: imgcost_core::Usd| amount.to_string().parse::<f64>().unwrap();
    if let Some(billed) = &record.billed {
        let mut request = record.request()?;
        request.as_of = record.date.as_deref()?.parse().unwrap();
        let ceiling = BOOK.quote(&request).ok()?.total().ceiling?;
        return Some((Class::PerImage, usd(ceiling) / billed.parse::<f64>().unwrap()));
    }
    let is_responses = record.endpoint == "responses";
    let known = record.is_explicit() || (is_responses && record.returned_size.is_some());
    // What a Gemini model may write is far more than it usually does.
    let is_gemini = record.model.as_deref()?.contains("gemini");
    let class = match (is_responses, known) {
        _ if is_gemini => Class::Gemini,
        (true, true) if record.n.unwrap_or(1) > 1 => Class::SeveralCalls,
        (true, true) => Class::Responses,
        (false, true) => Class::Explicit,
        _ => Class::Auto,
    };
    let request = if class == Class::Auto { record.as_sent()? } else { record.request()? };
    let quote = BOOK.quote(&request).ok()?;
    let (mut ceiling, mut bill) = (0.0, 0.0);
    let mut add = |line: &imgcost_core::QuoteLine<'_>, tokens: u64| {
        let Some(price) = line.price else { return };
        ceiling += usd(price.amount.ceiling);
        bill += usd(price.rate.checked_mul(tokens).unwrap());
    };
    let reported = actual(record);
    for line in quote.lines() {
        let own = match line.part {
            Some(LinePart::Input) => record.usage.get("responses_input").copied(),
            Some(LinePart::Output) => record.usage.get("responses_output").copied(),
            // Partial images are reported among the image output.
            None if line.item == Item::PartialImages => Some(0),
            None => reported.iter().find(|(item, _)| *item == line.item).map(|(_, tokens)| *tokens),
        };
        let drawn = || line.quantity.expected.map(|one| one * u64::from(record.n.unwrap_or(1)));
        let inferred = is_responses && line.item == Item::ImageOutput;
        if let Some(tokens) = own.or_else(|| drawn().filter(|_| inferred)) {
            add(line, tokens);
        }
    }
    (bill > 0.0).then(|| (class, ceiling / bill))
}

#[test]
fn what_was_seen_of_auto_is_in_the_book() {
    let mut seen: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    for record in recorded() {
        let is_image_call = ["generations", "edits"].contains(&record.endpoint.as_str());
        let whole = record.partial_images.is_none() && !record.stream && record.expect.is_none();
        if !is_image_call || !whole || record.grade == "illustrative" || record.is_explicit() {
            continue;
        }
        let Some(offer) = record.model.as_deref().and_then(|id| BOOK.offer(&record.provider, id, TODAY).ok())
        else {
            continue;
        };
        let tokens = actual(&record).into_iter().find(|(item, _)| *item == Item::ImageOutput);
        let (Some((_, tokens)), false) = (tokens, offer.family.limits.rule.qualities.is_empty()) else {
            continue;
        };
        let each = tokens.div_ceil(record.n.unwrap_or(1).into());
        let family = seen.entry(offer.family.id.clone()).or_insert((0, each, each));
        *family = (family.0 + 1, family.1.min(each), family.2.max(each));
    }
    let book: BTreeMap<String, (u64, u64, u64)> = (BOOK.families())
        .filter_map(|family| Some((family.id.clone(), family.auto_seen?)))
        .map(|(id, seen)| (id, (seen.calls, seen.least, seen.greatest)))
        .collect();
    assert_eq!(book, seen);
}

#[test]
fn ceilings_are_near_the_bills() {
    let mut classes: BTreeMap<Class, Vec<f64>> = BTreeMap::new();
    for record in recorded().iter().filter(|record| record.grade != "illustrative" && record.expect.is_none())
    {
        if let Some((class, ratio)) = sharpness(record).filter(|_| record.id != "u007") {
            assert!(ratio > 0.999_999, "{}: the ceiling is {ratio} of the bill", record.id);
            classes.entry(class).or_default().push(ratio);
        }
    }
    let mut text = "| calls | recorded | least | median | greatest |\n|---|--:|--:|--:|--:|\n".to_owned();
    for (class, ratios) in &mut classes {
        ratios.sort_by(f64::total_cmp);
        let (least, median, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        let (words, bound) = class.bound();
        writeln!(text, "| {words} | {} | {least:.2} | {median:.2} | {most:.2} |", ratios.len()).unwrap();
        assert!(median <= bound, "{class:?}: {median} > {bound}: {ratios:?}");
    }
    assert_eq!(classes.len(), 6);
    check_block("../../docs/accuracy.md", "<!-- sharpness -->", "<!-- end of sharpness -->", &text);
}

#[test]
fn the_document_counts_them() {
    let mut rows: BTreeMap<(String, Item), [u32; 4]> = BTreeMap::new();
    let (mut compared, mut alone, mut misses) = (0, 0, String::new());
    for record in recorded() {
        let Some(verdicts) =
            verdicts(&record).filter(|verdicts| record.grade != "illustrative" && !verdicts.is_empty())
        else {
            alone += 1;
            continue;
        };
        compared += 1;
        for (item, verdict) in &verdicts {
            let model = record.model.clone().unwrap();
            rows.entry((model, *item)).or_default()[*verdict as usize] += 1;
        }
        if verdicts.iter().any(|(_, verdict)| *verdict == Verdict::Outside) {
            writeln!(misses, "- `{}`: {}", record.id, record.note.as_deref().unwrap_or("")).unwrap();
        }
    }
    let of = |first: char| recorded().iter().filter(|record| record.id.starts_with(first)).count();
    let mut text = format!(
        "{} calls of the first collection (`u`) and {} of the second (`v`) are recorded. The tokens of {compared} can be compared; those of {alone} cannot (no model, a relay that is not a provider in the book, billed by the image, or figures that are only illustrative).\n\n\
         | model | item | exact | expected | within | outside |\n|---|---|--:|--:|--:|--:|\n",
        of('u'),
        of('v'),
    );
    let mut sum = [0; 4];
    for ((model, item), counts) in &rows {
        let [exact, expected, within, outside] = counts;
        writeln!(text, "| {model} | {item} | {exact} | {expected} | {within} | {outside} |").unwrap();
        for (all, count) in sum.iter_mut().zip(counts) {
            *all += count;
        }
    }
    let [exact, expected, within, outside] = sum;
    writeln!(
        text,
        "| **all** | | **{exact}** | **{expected}** | **{within}** | **{outside}** |\n\nOutside:\n\n{misses}"
    )
    .unwrap();
    check_block("../../docs/accuracy.md", "<!-- counts -->", "<!-- end of counts -->", &text);
}

/// Compares the part of a document between two marks, or writes it.
fn check_block(path: &str, start: &str, end: &str, block: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = document.split_once(start).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    let wanted = format!("{head}{start}\n{block}{end}{tail}");
    if std::env::var_os("IMGCOST_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        document == wanted || std::env::var_os("IMGCOST_UPDATE").is_some(),
        "docs/accuracy.md is not current: run with IMGCOST_UPDATE=1"
    );
}
