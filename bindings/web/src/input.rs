//! From an object's members to a request.

use imgcost::{Date, Error, Problem, Request};
use imgcost_core::{Code, read};
use serde_json::{Map, Value as Json};

/// What an object asks for.
pub(crate) struct Asked {
    request: Request,
    today: Date,
    /// Whether it names the day.
    pub(crate) day_given: bool,
}

impl Asked {
    /// Reads an object, whose null members are left out.
    pub(crate) fn read(json: &str, today: &str) -> Result<Asked, Error> {
        Asked::of(&members(json)?, today)
    }

    pub(crate) fn of(members: &Map<String, Json>, today: &str) -> Result<Asked, Error> {
        let mut request = Request::new("");
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            if name == "prompt" && !imgcost_prompt::is_ready() {
                let message =
                    "the vocabulary is not loaded: await loadVocabulary() first, or give prompt_tokens";
                return Err(Problem::new(Code::BadInput, message).field("prompt").into());
            }
            request.set_json(name, value)?;
        }
        let day_given = members.get("as_of").is_some_and(|day| !day.is_null());
        Ok(Asked { request, today: read::date("as_of", today)?, day_given })
    }

    /// The request, today where it names no day.
    pub(crate) fn request(self) -> Request {
        if self.day_given { self.request } else { self.request.on(self.today) }
    }

    /// The same on the day of a response, where that has one.
    pub(crate) fn on_day_of(self, response: &[u8]) -> Request {
        let day = imgcost_wire::response(response).ok().and_then(|response| response.day);
        let today = self.today;
        let dated = self.request.on(day.unwrap_or(today));
        // The model may have had no price then: today's, with the library's note, is the way out.
        if day.is_some() && imgcost::quote(&dated).is_err() { dated.on(today) } else { dated }
    }
}

/// The members of an object.
pub(crate) fn members(json: &str) -> Result<Map<String, Json>, Error> {
    serde_json::from_str(json)
        .map_err(|error| Problem::new(Code::BadInput, format!("no object of parameters: {error}")).into())
}
