//! What stands below a quote: what the model may choose, and the same call on current models.

use imgcost_core::{NoteKind, Quality, Quote, Size};

use super::lines;
use crate::commands::price_list;
use crate::report::{Column, Only, Report, Table, Value};

/// Adds what the call costs at each quality and usual size that it leaves to the model.
pub(super) fn choices(report: &mut Report<'_>, quote: &Quote<'_>) {
    let is_open = quote.quality() == Some(&Quality::Auto) || quote.chosen_size() == Size::Auto;
    if !is_open || quote.total().is_exact() {
        return;
    }
    let prices = price_list::choices(quote.offer().book, quote.request());
    if prices.len() > 1 {
        report.line("The same call with each choice, in USD, rounded up:");
        report.table(price_list::grid(&[(String::new(), prices.as_slice())]));
    }
}

/// Adds what the call costs on each current model of the provider, and what its best quality costs
/// where that is beyond the one asked for.
pub(super) fn current_models(report: &mut Report<'_>, quote: &Quote<'_>) {
    let (offer, request) = (quote.offer(), quote.request());
    let priced = price_list::current(offer.provider, offer.as_of).into_iter().filter_map(|model| {
        let limits = &offer.book.family_of(model)?.limits.rule;
        let price = |quality: Option<&Quality>| {
            let mut request = request.clone();
            request.model.clone_from(&model.id);
            request.quality = quality.cloned();
            let quote = offer.book.quote(&request).ok()?;
            let has_no_rule = |note: &NoteKind<'_>| matches!(note, NoteKind::RuleUnverified(_));
            let is_assumed = quote.note_kinds().iter().any(has_no_rule);
            let (amount, range) = lines::amount(&quote.total().into());
            Some((amount, if is_assumed { Some("no published formula".to_owned()) } else { range }))
        };
        let (amount, remark) = price(request.quality.as_ref())?;
        let best = limits.qualities.last().filter(|best| {
            request.quality.as_ref().is_some_and(|asked| asked != *best) && limits.qualities.len() > 3
        });
        let best = || best.and_then(|best| Some(format!("quality {best}: {}", price(Some(best))?.0)));
        Some((model.id.as_str(), [amount, remark.or_else(best).unwrap_or_default()]))
    });
    let rows = price_list::grouped(priced);
    if rows.is_empty() {
        return;
    }
    report.heading("The same request on models you can call today:");
    let columns = [Column::name("model"), Column::name("USD"), Column::text("remark").label("")];
    let mut table = Table::new("Current models", columns).only(Only::People);
    table.headless = true;
    let mut amounts: Vec<String> = rows.iter().map(|(_, [amount, _])| amount.clone()).collect();
    lines::align(&mut amounts);
    for ((name, [_, remark]), amount) in rows.into_iter().zip(amounts) {
        table.row([name, amount, remark].map(Value::from));
    }
    report.table(table);
}
