//! Lines on stderr, written by a thread of their own: a terminal or a pipe that takes none keeps no
//! request waiting.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::counters::Counter;
use super::line::{RequestLine, now};
use crate::config::LogFormat;

/// How many lines may wait. More than that are lost, and counted.
const WAITING: usize = 8192;
/// How long to wait at the end until they are written.
const LAST: Duration = Duration::from_secs(2);

/// Where lines go, and what they look like.
pub(crate) struct Log {
    format: LogFormat,
    /// None where no thread could be had: then they are written where they come from.
    waiting: Option<SyncSender<Message>>,
    lost: Counter,
}

enum Message {
    Line(String),
    /// All lines before it are written when this is answered.
    Flush(SyncSender<()>),
}

/// What the proxy says of itself, or an event of a guard.
#[derive(Serialize)]
struct News<'n> {
    time: &'n str,
    kind: &'n str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'n str>,
    message: &'n str,
}

impl Log {
    pub(crate) fn new(format: LogFormat) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&receiver));
        Log { format, waiting: thread.is_ok().then_some(sender), lost: Counter::default() }
    }

    /// How many lines were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// Whether requests have lines.
    pub(crate) fn has_requests(&self) -> bool {
        self.format != LogFormat::Off
    }

    /// A request has ended.
    pub(crate) fn request(&self, line: &RequestLine<'_>) {
        match self.format {
            LogFormat::Off => {}
            LogFormat::Text => self.write(line.to_string()),
            LogFormat::Json => self.write(json(line)),
        }
    }

    /// A guard tells of something that somebody should look at.
    pub(crate) fn event(&self, name: &str, message: &str) {
        match self.format {
            LogFormat::Off => {}
            LogFormat::Text => self.write(format!("{} {name}: {message}", now())),
            LogFormat::Json => {
                self.write(json(&News { time: &now(), kind: "event", event: Some(name), message }))
            }
        }
    }

    /// The proxy tells of itself, whatever the format.
    pub(crate) fn tell(&self, message: &str) {
        self.write(match self.format {
            LogFormat::Off | LogFormat::Text => format!("imgcost: {message}"),
            LogFormat::Json => json(&News { time: &now(), kind: "proxy", event: None, message }),
        });
    }

    /// Waits until all lines are written, for a moment.
    pub(crate) fn flush(&self) {
        let Some(waiting) = &self.waiting else { return };
        let (done, is_done) = sync_channel(1);
        if waiting.try_send(Message::Flush(done)).is_ok() {
            // Past that, nobody reads them.
            let _ = is_done.recv_timeout(LAST);
        }
    }

    fn write(&self, mut line: String) {
        line.push('\n');
        match &self.waiting {
            Some(waiting) => {
                if waiting.try_send(Message::Line(line)).is_err() {
                    self.lost.add(1);
                }
            }
            None => write(&line),
        }
    }
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

fn write_all(waiting: &Receiver<Message>) {
    for message in waiting {
        match message {
            Message::Line(line) => write(&line),
            // Who asked may be gone.
            Message::Flush(done) => drop(done.try_send(())),
        }
    }
}

/// A line that can't be written has nowhere else to go.
fn write(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
