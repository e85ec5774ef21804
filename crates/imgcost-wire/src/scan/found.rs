//! What a scanner found.

use imgcost_core::{Code, Error, Response};

use crate::failure::ApiFailure;

/// What a scanner found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// What the response reports. Of a stream that broke off, what it had reported until then,
    /// which may be less than the whole: look at [`Scan::end`].
    pub response: Option<Response>,
    /// The error that the API answered with, in the body or as an event.
    pub failure: Option<ApiFailure>,
    /// How the body ended.
    pub end: End,
    /// Why there is no response, where a document was read that is none.
    pub problem: Option<Error>,
}

impl Scan {
    /// The response, or why there is none, where the body was all that there is: one that breaks
    /// off, or has an error among its events, is not counted whole ([`Response::uncounted`]).
    /// `name` is what errors call the body.
    ///
    /// # Errors
    /// Nothing in it reports what was used.
    pub fn response_of(self, name: &str) -> Result<Response, Error> {
        let cut = matches!(self.end, End::CutOff | End::TooLarge);
        if let Some(mut response) = self.response {
            response.uncounted |= cut || self.failure.is_some();
            return Ok(response);
        }
        let why = match self.end {
            End::Empty => "is empty",
            _ if cut => "ends before the response is complete",
            _ => "is neither a JSON response nor a stream of events with usage",
        };
        let problem = self.problem.filter(|_| self.end != End::Empty && !cut);
        let error = || Error::new(Code::BadInput, format!("{name} {why}")).field("usage");
        Err(problem.unwrap_or_else(error))
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The JSON document is closed, or the stream has said that it is over.
    Complete,
    /// The body stops before its document, or its stream, is over.
    CutOff,
    /// There is no body, or only spaces.
    Empty,
    /// It is no JSON object and no stream of events that hold one, or it is broken.
    Unreadable,
    /// More of it would count than a scanner keeps.
    TooLarge,
}
