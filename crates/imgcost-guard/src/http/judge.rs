//! What a response means for the hold of its call.

use imgcost_core::{Event, Outcome, Response};
use imgcost_wire::{End, Scan, Scanner};

use crate::error::Error;
use crate::hold::{Booked, Hold};
use crate::step::Step;

/// Why no more of a response comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The transport says that this was all.
    Whole,
    /// The response has said all it has to say; nobody waited for the transport.
    Said,
    /// The transport failed, or its reader went away.
    Broken,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The response says what it cost.
    Settle(Box<Response>),
    /// It went wrong: the provider's rules say what that costs.
    Failed { event: Event, status: Option<u16>, error_type: Option<String>, error_code: Option<String> },
    /// What it cost is not known.
    Presume(&'static str),
    /// The same, but at least what the part of a response says that came.
    AtLeast(Box<Response>, &'static str),
    /// The guard itself held it back.
    HeldBack,
}

impl Verdict {
    /// A call of which no byte of a response came.
    pub(crate) fn unanswered(event: Event) -> Self {
        Verdict::Failed { event, status: None, error_type: None, error_code: None }
    }

    /// Books it, and keeps and tells it if that failed: by then the call has been made.
    pub(crate) fn book(&self, hold: &Hold) -> Result<Booked, Error> {
        let is_result = matches!(self, Verdict::Settle(response) if !response.unfinished);
        if hold.is_poll() && !is_result {
            return Ok(hold.unchanged());
        }
        let step = match self {
            Verdict::Settle(response) => Step::of_response(hold.inner(), response),
            Verdict::Presume(why) => Step::presume(why),
            // It is settled only where what it reports is already more than the ceiling.
            Verdict::AtLeast(response, why) => match Step::of_response(hold.inner(), response) {
                step if step.settles() => step,
                _ => Step::presume(why),
            },
            Verdict::HeldBack => Step::release("not sent: it was given up before the guard let it go"),
            Verdict::Failed { event, status, error_type, error_code } => {
                let names = (error_type.as_deref(), error_code.as_deref());
                Step::of_failure(hold.inner(), &Outcome::new(*event, *status, names.0, names.1))
            }
        };
        hold.book_or_keep(step)
    }
}

/// Reads a response in passing, and judges it.
#[derive(Debug)]
pub(crate) struct Reader {
    status: u16,
    /// How many images were asked for.
    asked: u32,
    scanner: Scanner,
    /// Whether the body is one JSON document, once its first byte is known: an object, or Gemini's list.
    is_json: Option<bool>,
}

impl Reader {
    pub(crate) fn new(status: u16, asked: u32) -> Self {
        Reader { status, asked, scanner: Scanner::new(), is_json: None }
    }

    /// Takes the next bytes; says whether the response has now said all it has to say, so that it
    /// may be judged as [`Ended::Said`] without waiting for more.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> bool {
        if self.is_json.is_none() {
            self.is_json =
                chunk.iter().find(|byte| !byte.is_ascii_whitespace()).map(|byte| b"{[".contains(byte));
        }
        self.scanner.feed(chunk);
        // How a stream is cut into chunks must not decide which of its events count.
        self.scanner.is_over()
    }

    /// Whether the first document that completes the response is also the last, as far as the
    /// request tells: a stream of several images completes each of them.
    fn is_alone(&self) -> bool {
        self.is_json == Some(true) || self.asked <= 1
    }

    pub(crate) fn judge(self, ended: Ended) -> Verdict {
        let (status, asked, alone) = (self.status, self.asked, self.is_alone());
        let scan = self.scanner.finish();
        if !(200..300).contains(&status) {
            return failed(status, &scan);
        }
        let Scan { response, failure, end, .. } = scan;
        match (response, end) {
            // What it reports may be more than the ceiling.
            (Some(mut response), _) if failure.is_some() => {
                (response.failed, response.uncounted) = (true, true);
                Verdict::Settle(Box::new(response))
            }
            (None, _) if failure.is_some() => {
                let names = failure.unwrap_or_default();
                let (error_type, error_code) = (names.error_type, names.error_code);
                Verdict::Failed { event: Event::Response, status: Some(status), error_type, error_code }
            }
            (Some(response), End::Complete) => {
                let all = response.usage.images.is_some_and(|images| images >= u64::from(asked));
                match (alone || all, ended) {
                    (true, _) => Verdict::Settle(Box::new(response)),
                    (false, Ended::Broken) => {
                        at_least(response, "the stream was given up before its last image")
                    }
                    (false, _) => at_least(response, "the stream completed fewer images than were asked for"),
                }
            }
            (Some(response), end) => at_least(response, incomplete(end, ended)),
            (None, end) => Verdict::Presume(incomplete(end, ended)),
        }
    }
}

/// A response that is not whole: what was not seen may cost more.
fn at_least(mut response: Response, why: &'static str) -> Verdict {
    response.uncounted = true;
    Verdict::AtLeast(Box::new(response), why)
}

/// Why a response does not say what the call cost.
fn incomplete(end: End, ended: Ended) -> &'static str {
    match (end, ended) {
        (End::CutOff, Ended::Broken) => "the response broke off",
        (End::CutOff, _) => "the response ends before it is complete",
        (End::Empty, Ended::Broken) => "the response broke off before its first byte",
        (End::Empty, _) => "the response is empty",
        (End::TooLarge, _) => "the response reports more than can be read",
        (End::Unreadable | End::Complete, _) => "the response does not say what was used",
    }
}

/// A response that is no success: only the names in its error count.
fn failed(status: u16, scan: &Scan) -> Verdict {
    let failure = scan.failure.clone().unwrap_or_default();
    Verdict::Failed {
        event: Event::Response,
        status: Some(status),
        error_type: failure.error_type,
        error_code: failure.error_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str = r#"{"data":[{"b64_json":"x"}],"usage":{"input_tokens":9,"output_tokens":272}}"#;
    const EVENT: &str = "data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":272}}\n\n";
    const PARTIAL: &str = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"x\"}\n\n";
    const ERROR: &str = "data: {\"type\":\"error\",\"error\":{\"code\":\"moderation_blocked\"}}\n\n";

    fn judged(status: u16, asked: u32, body: &str, ended: Ended) -> Verdict {
        let mut reader = Reader::new(status, asked);
        for byte in body.as_bytes() {
            reader.feed(&[*byte]);
        }
        reader.judge(ended)
    }

    fn output(verdict: &Verdict) -> Option<u64> {
        match verdict {
            Verdict::Settle(response) => response.usage.output,
            _ => None,
        }
    }

    #[test]
    fn a_complete_response_settles_however_it_ended() {
        for ended in [Ended::Whole, Ended::Said, Ended::Broken] {
            assert_eq!(output(&judged(200, 1, DONE, ended)), Some(272));
            assert_eq!(output(&judged(200, 3, DONE, ended)), Some(272), "fewer images than asked for");
            assert_eq!(output(&judged(200, 1, &format!("{PARTIAL}{EVENT}"), ended)), Some(272));
            assert_eq!(output(&judged(200, 2, &format!("{EVENT}{EVENT}"), ended)), Some(544));
        }
    }

    #[test]
    fn a_stream_that_lacks_images_is_not_settled_below_its_ceiling() {
        for ended in [Ended::Whole, Ended::Said, Ended::Broken] {
            let Verdict::AtLeast(response, _) = judged(200, 2, EVENT, ended) else { panic!("{ended:?}") };
            assert!(response.uncounted && response.usage.output == Some(272), "{ended:?}");
        }
    }

    #[test]
    fn only_a_done_ends_a_stream_before_the_transport_does() {
        let mut reader = Reader::new(200, 1);
        assert!(!reader.feed(EVENT.as_bytes()) && !reader.feed(EVENT.as_bytes()));
        assert!(reader.feed(b"data: [DONE]\n\n"));
        assert_eq!(output(&reader.judge(Ended::Said)), Some(544));
        assert!(Reader::new(200, 1).feed(DONE.as_bytes()));
    }

    #[test]
    fn what_does_not_say_what_was_used_is_presumed() {
        for (body, ended) in [
            ("", Ended::Whole),
            ("", Ended::Broken),
            (r#"{"data":[{"b64_json":"x"#, Ended::Whole),
            (PARTIAL, Ended::Broken),
            (PARTIAL, Ended::Whole),
            ("<html>", Ended::Whole),
            ("{}", Ended::Whole),
        ] {
            let verdict = judged(200, 1, body, ended);
            assert!(matches!(verdict, Verdict::Presume(_)), "{body}: {verdict:?}");
        }
        // Of a stream with an error, what it reports is the least: the ledger decides by it.
        let Verdict::Settle(response) = judged(200, 2, &format!("{EVENT}{ERROR}"), Ended::Whole) else {
            panic!("the part that was reported is lost")
        };
        assert!(response.failed && response.uncounted);
    }

    #[test]
    fn errors_go_to_the_providers_rules_with_their_names() {
        let body = r#"{"error":{"type":"a","code":"b"}}"#;
        let Verdict::Failed { event, status, error_type, error_code } = judged(400, 1, body, Ended::Whole)
        else {
            panic!("not a failure")
        };
        assert_eq!((event, status), (Event::Response, Some(400)));
        assert_eq!((error_type.as_deref(), error_code.as_deref()), (Some("a"), Some("b")));
        for (status, body) in [(200, body), (200, ERROR), (500, ""), (429, "too many"), (400, DONE)] {
            let verdict = judged(status, 1, body, Ended::Whole);
            assert!(matches!(verdict, Verdict::Failed { .. }), "{status} {body}: {verdict:?}");
        }
    }
}
