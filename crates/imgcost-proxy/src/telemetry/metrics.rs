//! Prometheus' text format.

use std::fmt::{Display, Write};

use imgcost_ledger::{NanoUsd, State};

use super::Telemetry;
use super::counters::Histogram;

/// What is now, beside what was counted.
pub(crate) struct Gauges {
    pub(crate) open_requests: u64,
    pub(crate) open_connections: u64,
    pub(crate) is_stopping: bool,
    /// When the prices were last checked, in seconds since 1970, and the digest of the book.
    pub(crate) book_checked: i64,
    pub(crate) book: String,
}

impl Telemetry {
    /// All of it as a page.
    pub(crate) fn metrics(&self, now: &Gauges) -> String {
        let mut page = Page(String::new());
        page.begin("requests_total", "counter", "Requests that have ended, by what became of them.");
        for (ended, count) in self.requests.all() {
            let labels = [
                ("upstream", ended.named.upstream.as_str()),
                ("provider", ended.named.provider.as_str()),
                ("outcome", ended.outcome.as_str()),
                ("code", ended.code.as_str()),
            ];
            page.sample("requests_total", &labels, count);
        }
        page.begin("calls_total", "counter", "Image calls that were held, and what became of them.");
        for ((state, model), count) in self.calls.all() {
            page.sample("calls_total", &[("state", state.as_str()), ("model", &model)], count);
        }
        for (state, name, help) in [
            (State::Held, "held_usd_total", "What was held for image calls, in USD."),
            (State::Settled, "settled_usd_total", "What image calls have cost, in USD."),
            (
                State::Presumed,
                "presumed_usd_total",
                "What is booked for calls whose cost is not known, in USD.",
            ),
            (State::Released, "released_usd_total", "What was held for calls that were free, in USD."),
        ] {
            page.begin(name, "counter", help);
            for ((_, model), nano) in self.money.all().into_iter().filter(|((of, _), _)| *of == state) {
                page.sample(name, &[("model", &model)], usd(nano));
            }
        }
        page.single("overruns_total", "counter", "Bills above their ceilings.", self.overruns.get());
        let overrun = usd(self.overrun.get());
        page.single(
            "overrun_usd_total",
            "counter",
            "How far bills were above their ceilings, in USD.",
            overrun,
        );
        page.begin("warnings_total", "counter", "Events that somebody should look at, such as alerts.");
        for (event, count) in self.warnings.all() {
            page.sample("warnings_total", &[("event", event)], count);
        }
        let help = "The time that the proxy adds until the response begins.";
        page.histogram("added_seconds", help, &self.added);
        let help = "The time until the response of the upstream begins.";
        page.histogram("upstream_seconds", help, &self.upstream);
        page.single("open_requests", "gauge", "Requests that are open.", now.open_requests);
        page.single("open_connections", "gauge", "Connections of clients.", now.open_connections);
        page.single("stopping", "gauge", "1 while the proxy is about to end.", u8::from(now.is_stopping));
        page.begin("reloads_total", "counter", "How often the configuration was read again.");
        page.sample("reloads_total", &[("result", "taken")], self.reloads.get());
        page.sample("reloads_total", &[("result", "refused")], self.failed_reloads.get());
        let help = "Lines of the log that were lost since nobody took them.";
        page.single("log_lines_lost_total", "counter", help, self.log.lost());
        let help = "When the prices were last checked.";
        page.single("book_checked_timestamp_seconds", "gauge", help, now.book_checked);
        let help = "When the proxy was started.";
        page.single("start_timestamp_seconds", "gauge", help, self.since.as_second());
        page.begin("build_info", "gauge", "The version, and the digest of the price book.");
        page.sample("build_info", &[("version", env!("CARGO_PKG_VERSION")), ("book", &now.book)], 1);
        page.0
    }
}

/// An amount in nano-dollars as USD.
fn usd(nano: u64) -> String {
    NanoUsd::new(nano).unwrap_or(NanoUsd::MAX).to_string()
}

struct Page(String);

impl Page {
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP imgcost_proxy_{name} {help}"));
        self.line(format_args!("# TYPE imgcost_proxy_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        self.line(format_args!("imgcost_proxy_{name}{{{}}} {value}", labels.join(",")));
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.begin(name, kind, help);
        self.line(format_args!("imgcost_proxy_{name} {value}"));
    }

    fn histogram<const N: usize>(&mut self, name: &str, help: &str, histogram: &Histogram<N>) {
        self.begin(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        // First, since what is added meanwhile must not make the last bound larger than the count.
        let within: Vec<_> = histogram.within().collect();
        let count = within.last().map_or(0, |(_, last)| *last).max(histogram.count());
        for (bound, count) in within {
            self.sample(&bucket, &[("le", &bound.to_string())], count);
        }
        self.sample(&bucket, &[("le", "+Inf")], count);
        self.line(format_args!("imgcost_proxy_{name}_sum {}", histogram.sum()));
        self.line(format_args!("imgcost_proxy_{name}_count {count}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A text takes everything.
        let _ = writeln!(self.0, "{line}");
    }
}

/// A label's value.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
