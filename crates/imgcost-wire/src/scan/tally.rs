//! What the documents of a body add up to.

use imgcost_core::{Error, Response};

use super::document::Document;
use super::found::{End, Scan};
use crate::failure::ApiFailure;
use crate::response::{each_reading, is_last, must_count, response_of_documents, sum};
use crate::tree::Tree;

/// The sum of the documents read so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    response: Option<Response>,
    failure: Option<ApiFailure>,
    problem: Option<Error>,
    /// Whether a document said that it is the last.
    over: bool,
    /// Whether a `[DONE]` said so.
    done: bool,
    /// Whether a document that should report an image's tokens could not be read.
    uncounted: bool,
    too_large: bool,
}

impl Tally {
    /// Reads a document that has ended; says whether it is JSON.
    pub(super) fn read(&mut self, document: &Document) -> bool {
        if document.is_too_large() {
            self.too_large = true;
        }
        self.uncounted |= document.is_broken();
        if !document.is_closed() || document.is_too_large() {
            return false;
        }
        if let Err(problem) = each_reading(document.skeleton(), |readings| self.take(readings)) {
            self.problem = Some(problem);
            self.uncounted = true;
            return false;
        }
        true
    }

    /// Notes that a document can't be read: it may have been one that reports tokens.
    pub(super) fn miss(&mut self) {
        self.uncounted = true;
    }

    /// Takes a document by each reading of it.
    pub(super) fn take(&mut self, documents: &[Tree<'_>]) {
        let value = documents.first().unwrap_or(Tree::NULL);
        if let Some(failure) = ApiFailure::of(value) {
            self.failure = Some(failure);
        }
        self.over |= is_last(value);
        match response_of_documents(documents) {
            Ok(response) => {
                // A response that names no event is not one of several, unless it is a part of a chat
                // or repeats the sum so far.
                self.over |= value.get("type").and_then(Tree::as_str).is_none()
                    && value.get("choices").is_none()
                    && !response.cumulative;
                self.add(response);
            }
            Err(problem) => {
                self.uncounted |= must_count(value);
                self.problem = Some(problem);
            }
        }
    }

    /// The counts of all, everything else of the last.
    fn add(&mut self, response: Response) {
        self.response = Some(match self.response.take() {
            Some(before) => sum(&before, response),
            None => response,
        });
    }

    /// Adds what came after.
    pub(super) fn merge(&mut self, later: Tally) {
        if let Some(response) = later.response {
            self.add(response);
        }
        self.failure = later.failure.or(self.failure.take());
        self.problem = later.problem.or(self.problem.take());
        self.over |= later.over;
        self.done |= later.done;
        self.uncounted |= later.uncounted;
        self.too_large |= later.too_large;
    }

    /// Takes note of a `[DONE]`.
    pub(super) fn end(&mut self) {
        self.over = true;
        self.done = true;
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.too_large
    }

    pub(super) fn scan(self, end: End) -> Scan {
        let problem = self.problem.filter(|_| self.response.is_none());
        let uncounted = self.uncounted;
        let response = self.response.map(|mut response| {
            response.uncounted |= uncounted;
            response
        });
        Scan { response, failure: self.failure, end, problem }
    }
}
