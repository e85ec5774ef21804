//! The status page: budgets, the last calls, refusals, and what passes unmetered.

use std::fmt::{Display, Write};
use std::sync::Arc;

use imgcost_ledger::{NanoUsd, State, Status, Timestamp};
use tokio::task::spawn_blocking;

use super::escape::Escaped;
use crate::proxy::Proxy;
use crate::telemetry::{shown, span};

const CSS: &str = include_str!("status.css");

/// The most rows of a table. The command shows all.
const ROWS: usize = 200;

/// A cell: what it is for those who see no column heads, its class, and what it shows.
type Cell<'c> = (&'c str, &'c str, String);

pub(crate) async fn page(proxy: &Proxy) -> String {
    let ledger = Arc::clone(&proxy.ledger);
    // One at a time, however many are asked for: the ledger has calls to hold.
    let _one = proxy.asks_ledger.lock().await;
    let budgets = spawn_blocking(move || ledger.status(None)).await;
    let now = Timestamp::now();
    let mut page = Html(String::new());
    head(&mut page, proxy, now);
    page.add("<h2>Budgets</h2>");
    match budgets {
        Ok(Ok(budgets)) => budgets_table(&mut page, &budgets, now),
        _ => page.add("<p class=\"bad\">The ledger does not answer.</p>"),
    }
    calls(&mut page, proxy);
    refusals(&mut page, proxy);
    unmetered(&mut page, proxy);
    page.add("</main></body></html>\n");
    page.0
}

fn head(page: &mut Html, proxy: &Proxy, now: Timestamp) {
    page.add(format_args!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>imgcost-proxy</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{CSS}</style></head>\
         <body><main><h1>imgcost-proxy {}</h1>",
        Escaped(env!("CARGO_PKG_VERSION"))
    ));
    let (checked, _) = proxy.book();
    let (open, life) = (proxy.life.requests(), &proxy.life);
    let stopping = if life.is_stopping() { " · stopping: no new calls are taken" } else { "" };
    page.add(format_args!(
        "<p>up {} · {open} {} open · prices checked {checked} · {} UTC{stopping}</p>",
        span(proxy.telemetry.since, now),
        if open == 1 { "request" } else { "requests" },
        to_second(now),
    ));
}

fn budgets_table(page: &mut Html, budgets: &[Status], now: Timestamp) {
    if budgets.is_empty() {
        return page.add("<p>There are none: every call is refused. imgcost budget set makes one.</p>");
    }
    page.begin(&["Scope", "Per", "Cap, USD", "Used", "Held", "Left", "", "Resets"]);
    for status in budgets.iter().take(ROWS) {
        let used = status.sums.used();
        let left = status.left();
        let cap = status.budget.cap.limit();
        let is_full = left.is_some_and(|left| left == NanoUsd::ZERO);
        page.row(&[
            ("Scope", "", Escaped(status.budget.scope.as_str()).to_string()),
            ("Per", "", status.budget.window.as_str().to_owned()),
            ("Cap, USD", "n", cap.map_or("no limit".to_owned(), |cap| cap.to_string())),
            ("Used", "n", used.to_string()),
            ("Held", "n", status.sums.held.to_string()),
            (
                "Left",
                if is_full { "n bad" } else { "n" },
                left.map_or(String::new(), |left| left.to_string()),
            ),
            ("Share", "", cap.map_or(String::new(), |cap| meter(used, cap))),
            (
                "Resets",
                "t",
                status.resets_at().map_or("never".to_owned(), |at| format!("in {}", span(now, at))),
            ),
        ]);
    }
    page.end();
    page.more(budgets.len(), "imgcost budget show");
}

fn calls(page: &mut Html, proxy: &Proxy) {
    page.add("<h2>Last calls through this proxy</h2>");
    let calls = proxy.telemetry.recent.calls();
    if calls.is_empty() {
        return page.add("<p>There were none since it was started.</p>");
    }
    page.begin(&["Time", "Model", "Scope", "Held, USD", "Booked, USD", "State"]);
    for call in &calls {
        let class = if call.state == State::Presumed { "bad" } else { "" };
        page.row(&[
            ("Time", "t", to_second(call.at)),
            ("Model", "", Escaped(&call.model).to_string()),
            ("Scope", "", Escaped(call.scope.as_str()).to_string()),
            ("Held, USD", "n", call.held.map_or(String::new(), |held| held.to_string())),
            ("Booked, USD", "n", call.booked.to_string()),
            ("State", class, call.state.as_str().to_owned()),
        ]);
    }
    page.end();
}

fn refusals(page: &mut Html, proxy: &Proxy) {
    page.add("<h2>Last refusals and errors</h2>");
    let refusals = proxy.telemetry.recent.refusals();
    if refusals.is_empty() {
        return page.add("<p>There were none since it was started.</p>");
    }
    page.begin(&["Time", "Path", "Scope", "Code", "Reason"]);
    for refused in &refusals {
        page.row(&[
            ("Time", "t", to_second(refused.at)),
            ("Path", "", Escaped(&refused.path).to_string()),
            ("Scope", "", Escaped(&refused.scope).to_string()),
            ("Code", "", Escaped(refused.code).to_string()),
            ("Reason", "", Escaped(&refused.reason).to_string()),
        ]);
    }
    page.end();
}

fn unmetered(page: &mut Html, proxy: &Proxy) {
    page.add("<h2>Passed unmetered</h2>");
    let paths = proxy.telemetry.unmetered();
    if paths.is_empty() {
        return page.add("<p>Nothing: every request was held or refused.</p>");
    }
    page.add("<p>Nothing was held for these requests, and nothing is booked.</p>");
    page.begin(&["Path", "Requests"]);
    for (path, count) in paths.iter().take(ROWS) {
        page.row(&[("Path", "", Escaped(path).to_string()), ("Requests", "n", count.to_string())]);
    }
    page.end();
    page.more(paths.len(), "/metrics");
}

/// How much of a cap is used, as a bar.
fn meter(used: NanoUsd, cap: NanoUsd) -> String {
    let (used, cap) = (u128::from(used.nano()), u128::from(cap.nano().max(1)));
    let percent = used * 100 / cap;
    format!(
        "<span><meter min=\"0\" max=\"100\" high=\"80\" value=\"{}\">{percent} %</meter> {percent} %</span>",
        percent.min(100)
    )
}

fn to_second(time: Timestamp) -> String {
    let time = shown(time);
    let to_second = time.get(..19).unwrap_or(&time);
    to_second.replace('T', " ")
}

/// A page that grows. What is added is HTML: texts of others are [`Escaped`].
struct Html(String);

impl Html {
    fn add(&mut self, html: impl Display) {
        // A text takes everything.
        let _ = write!(self.0, "{html}");
    }

    fn begin(&mut self, columns: &[&str]) {
        self.add("<table><thead><tr>");
        for column in columns {
            let is_number = matches!(
                *column,
                "Cap, USD" | "Used" | "Held" | "Left" | "Held, USD" | "Booked, USD" | "Requests"
            );
            self.add(format_args!("<th{}>{column}</th>", if is_number { " class=\"n\"" } else { "" }));
        }
        self.add("</tr></thead><tbody>");
    }

    fn row(&mut self, cells: &[Cell<'_>]) {
        self.add("<tr>");
        for (is, class, html) in cells {
            self.add(format_args!("<td data-is=\"{is}\" class=\"{class}\">{html}</td>"));
        }
        self.add("</tr>\n");
    }

    fn end(&mut self) {
        self.add("</tbody></table>");
    }

    fn more(&mut self, all: usize, shows: &str) {
        if let Some(more) = all.checked_sub(ROWS).filter(|more| *more > 0) {
            self.add(format_args!("<p>{more} more: {shows}</p>"));
        }
    }
}
