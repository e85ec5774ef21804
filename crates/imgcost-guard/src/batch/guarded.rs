//! The batches of a guard: held and settled by its price book, scope and policy.

use std::io::{BufRead, Read};

use imgcost_analysis::jobs::{Defaults, Format, JobFile, JobRow, NoFiles, Outside, RowResolver};
use imgcost_core::{Code, Quote, Request, Usd};
use imgcost_ledger::{Clock, Error as LedgerError, Held, HoldId, Job, NewHold, State, Timestamp};

use super::{BatchBill, BatchError, BatchHold, BatchSettlement, requests_of};
use crate::error::{Error, OverCallCap, Refused};
use crate::event::Event;
use crate::guard::Guard;
use crate::guard::quoting::{filled_in, is_old};

/// Files of OpenAI's Batch API: one hold for all requests of a file, kept under its id until the batch
/// has left its output files, maybe in another program.
///
/// All of it blocks until files are read and the ledger has answered: in async code, give it to a
/// thread that may.
impl Guard {
    /// Holds the money of a batch's input file, by its name in messages: the sum of its requests'
    /// ceilings at the batch price, as one hold with [`Spend`](crate::Spend)'s scope, key and tags.
    /// Upload the file only if this succeeds, and keep the hold's id.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use imgcost_guard::{Guard, built_in_book};
    /// use imgcost_ledger::{Cap, MemoryLedger};
    /// let guard = Guard::builder(built_in_book(), Arc::new(MemoryLedger::new()), "team/alice".parse()?)
    ///     .budget("team", Cap::usd("1")?.per_day())?
    ///     .build()?;
    /// let input = r#"{"custom_id":"fox","method":"POST","url":"/v1/images/generations","body":
    ///     {"model":"gpt-image-2","prompt":"a red fox","quality":"low","size":"1024x1024"}}"#.replace('\n', "");
    /// let held = guard.hold_batch("input.jsonl", input.as_bytes())?;
    /// guard.set_batch_job(&held.hold.id, "batch_68a1")?;
    /// // A day later, the batch's output file:
    /// let output = r#"{"id":"b","custom_id":"fox","response":{"status_code":200,"request_id":"r","body":
    ///     {"data":[{}],"usage":{"input_tokens":9,"output_tokens":196}}},"error":null}"#.replace('\n', "");
    /// let bill = guard.settle_batch(&held.hold.id, [("output.jsonl", output.as_bytes())])?;
    /// assert!(bill.counts.is_complete() && bill.cost <= held.hold.ceiling);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A field that the API does not have, a model without a price and a line without a ceiling refuse
    /// the file, whatever the policy says of single calls. Every request keeps to the policy's cap for
    /// one call and to its rules.
    ///
    /// # Errors
    /// [`Error::Batch`] and [`Error::BatchLine`] if a line or the file can't be held, [`Error::Refused`]
    /// if there is no room for all of it, and [`Error::Ledger`].
    pub fn hold_batch(&self, name: &str, input: impl Read) -> Result<Held, Error> {
        let held =
            self.read_batch(name, input).and_then(|(batch, overridden)| self.admit(&batch, overridden));
        held.inspect_err(|why| self.tell_denied(why))
    }

    /// A file with what would deny it, where the policy lets it pass all the same.
    fn read_batch(&self, name: &str, input: impl Read) -> Result<(BatchHold, Vec<Error>), Error> {
        // What a line leaves out.
        let request = self.request("");
        let outside = Outside::new(request.as_of, Box::new(NoFiles));
        let in_force = Defaults::new(request.clone(), "name one in the body");
        let unreadable = |error| Error::Batch(BatchError::File(error));
        let mut file = JobFile::new(name, input, Some(Format::BatchApi), outside).map_err(unreadable)?;
        let mut resolver = RowResolver::new(&self.shared.book, in_force);
        let (mut batch, mut row) = (BatchHold::empty(), JobRow::new(&request));
        let mut overridden = Vec::new();
        while file.next(&request, &mut row).map_err(unreadable)? {
            let line = row.line;
            let wrong = |error| Error::Batch(BatchError::Line { line, error });
            let offer = resolver.prepare(&mut row).map_err(wrong)?;
            let call = filled_in(&row.request, &self.shared.policy);
            let quote = offer.quote(&call).map_err(wrong)?;
            batch.add(line, &row.id, &quote, is_old(self, &quote)).map_err(Error::Batch)?;
            for why in self.limits(&call, &quote) {
                let passes = self.observes() || self.shared.policy.on_exceed.admits(&why);
                let error = Error::BatchLine { line, why: Box::new(why) };
                if !passes {
                    return Err(error);
                }
                overridden.push(error);
            }
        }
        batch.whole().map(|batch| (batch, overridden)).map_err(Error::Batch)
    }

    /// What the policy has against one request.
    fn limits(&self, request: &Request, quote: &Quote<'_>) -> Vec<Error> {
        let over = |(cap, ceiling): (Usd, Usd)| {
            let fits = quote.alternatives_under(cap);
            Error::OverCallCap(Box::new(OverCallCap { quote: quote.id(), ceiling, cap, fits }))
        };
        let cap = self.shared.policy.per_call_cap.zip(quote.total().ceiling);
        let over = cap.filter(|(cap, ceiling)| ceiling > cap).map(over);
        #[cfg(feature = "rules")]
        let forbidden = self.forbidden(request, Some(quote));
        #[cfg(not(feature = "rules"))]
        let forbidden = {
            let _ = request;
            None
        };
        over.into_iter().chain(forbidden).collect()
    }

    fn admit(&self, batch: &BatchHold, mut overridden: Vec<Error>) -> Result<Held, Error> {
        let shared = &self.shared;
        let new = batch.new_hold(self.scope().clone(), &shared.by).map_err(Error::Batch)?;
        let mut new = self.spend.name(new);
        let held = match self.ask(&new) {
            Err(LedgerError::Refused(refusal)) => {
                let error = Error::Refused(Box::new(Refused {
                    scope: self.scope().clone(),
                    quote: new.quote.clone(),
                    ceiling: new.ceiling,
                    left: refusal.left(),
                    fits: Vec::new(),
                    refusal: *refusal,
                }));
                if !self.observes() && !shared.policy.on_exceed.admits(&error) {
                    return Err(error);
                }
                let reason = if self.observes() {
                    "the guard observes only"
                } else {
                    shared.policy.on_exceed.reason()
                };
                new.override_reason = Some(reason.to_owned());
                overridden.push(error);
                self.ask(&new)
            }
            held => held,
        };
        let held = held.map_err(Error::Ledger)?;
        self.tell_batch(&held, overridden);
        Ok(held)
    }

    /// Asks once more where the ledger's answer was lost: the hold's id tells whether it was written.
    fn ask(&self, new: &NewHold) -> Result<Held, LedgerError> {
        match self.shared.ledger.hold(new) {
            Err(LedgerError::Unknown { .. }) => self.shared.ledger.hold(new),
            held => held,
        }
    }

    fn tell_batch(&self, held: &Held, overridden: Vec<Error>) {
        let listener = &self.shared.listener;
        let (hold, scope) = (held.hold.id.clone(), held.hold.scope.clone());
        if !held.repeated {
            listener.tell(&Event::Held {
                hold: hold.clone(),
                scope: scope.clone(),
                model: model_of(held.hold.calls),
                amount: held.hold.ceiling,
                expected: held.hold.expected.map(imgcost_ledger::NanoUsd::usd),
                is_assumed: held.hold.assumed,
                left: held.left,
            });
        }
        for alert in &held.alerts {
            listener.tell(&Event::Alert(alert.clone()));
        }
        for why in overridden {
            let (hold, scope) = (hold.clone(), scope.clone());
            listener.tell(&match self.observes() {
                true => Event::WouldDeny { hold: Some(hold), scope, why },
                false => Event::Overridden { hold, limit: why },
            });
        }
    }

    /// Records the id that the API has given the batch, so that
    /// [`Ledger::find_job`](imgcost_ledger::Ledger::find_job) finds its hold.
    ///
    /// # Errors
    /// [`Error::Ledger`]: another batch has the id, there is no such hold, or the ledger fails.
    pub fn set_batch_job(&self, hold: &HoldId, batch: &str) -> Result<(), Error> {
        let job = Job::new(self.shared.provider.as_str(), batch);
        self.shared.ledger.set_job(hold, &job, &self.shared.by).map(drop).map_err(Error::Ledger)
    }

    /// Settles the hold of a batch by the files that it has left, output and errors in any order: once,
    /// so give all of them. A request that failed counts by the provider's rules, one that no file has a
    /// line of at its ceiling.
    ///
    /// # Errors
    /// [`Error::Batch`] if a file can't be read or is none of the batch, and [`Error::Ledger`]. The
    /// hold stays as it was then.
    pub fn settle_batch<'n, R: BufRead>(
        &self,
        hold: &HoldId,
        files: impl IntoIterator<Item = (&'n str, R)>,
    ) -> Result<BatchBill, Error> {
        let shared = &self.shared;
        let wrong = |error| Error::Batch(BatchError::File(error));
        let row = shared.ledger.find(hold).map_err(Error::Ledger)?;
        let row = row.ok_or_else(|| Error::Ledger(LedgerError::NoHold(hold.clone())))?;
        if requests_of(&row).is_none() {
            let message = format!("hold {hold} is of one call and not of a batch file");
            return Err(wrong(imgcost_core::Error::new(Code::BadInput, message).field("hold")));
        }
        let mut settlement = BatchSettlement::of(&shared.book, &row).map_err(|error| {
            Error::Ledger(LedgerError::Damaged { store: hold.to_string(), why: error.to_string() })
        })?;
        for (name, file) in files {
            settlement.read(name, file).map_err(wrong)?;
        }
        let bill = settlement.end().map_err(wrong)?;
        let settle = || shared.ledger.settle(hold, bill.cost, Some(bill.usage.clone()), &shared.by);
        let changed = match settle() {
            Err(LedgerError::Unknown { .. }) => settle(),
            changed => changed,
        };
        let changed = changed.map_err(Error::Ledger)?;
        for alert in &changed.alerts {
            shared.listener.tell(&Event::Alert(alert.clone()));
        }
        if !changed.repeated {
            let since = |at: Timestamp| Clock::system().now().duration_since(at).unsigned_abs();
            shared.listener.tell(&Event::Booked {
                hold: hold.clone(),
                scope: row.scope.clone(),
                model: model_of(row.calls),
                state: State::Settled,
                amount: bill.cost,
                latency: since(row.made_at),
            });
            for note in &bill.notes {
                shared.listener.tell(&Event::Noted { hold: hold.clone(), note: note.clone() });
            }
        }
        Ok(bill)
    }
}

/// What events have in place of a model.
fn model_of(requests: u64) -> String {
    format!("batch of {requests} requests")
}
