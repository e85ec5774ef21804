//! What a request asks for, read from its bytes.

use imgcost_core::{Endpoint, Request};
use imgcost_wire::{Body, Dialect, Meter, ParsedBody, Route, has_image_tool, shown_path};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::guard::Guard;

/// Reads a request; none if it is no image call after all.
pub(super) fn read(
    guard: &Guard,
    path: &str,
    route: &Route,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Option<Request>, Error> {
    let unreadable = |why: String| Error::Unreadable { path: shown_path(path), why };
    if body.len() > guard.shared.body_limit {
        return Err(Error::BodyTooLarge { limit: guard.shared.body_limit });
    }
    let Body { fields, files } = Body::read(content_type, body, &Meter).map_err(unreadable)?;
    let reader = Reader { guard, route };
    if !reader.is_image_call(&fields) {
        return Ok(None);
    }
    let mut request = reader.read(fields).map_err(|error| match error {
        Why::Fields(error) => Error::NotQuotable(error),
        Why::Words(why) => unreadable(why),
    })?;
    files.add_to(&mut request);
    Ok(Some(request))
}

/// How many models an error names.
const MODELS_SHOWN: usize = 8;

/// Why a body could not be read.
enum Why {
    Fields(imgcost_core::Error),
    Words(String),
}

struct Reader<'g> {
    guard: &'g Guard,
    route: &'g Route,
}

impl Reader<'_> {
    fn is_image_call(&self, body: &Map<String, Value>) -> bool {
        match self.route.dialect {
            Dialect::OpenAiResponses => has_image_tool(body),
            // Only their bodies tell which model is called.
            Dialect::DashScope | Dialect::Replicate => {
                let named = self.route.model.as_deref().or_else(|| body.get("model").and_then(Value::as_str));
                named.is_none_or(|model| self.guard.draws(model))
            }
            Dialect::OpenAiChat => {
                let deployment = self.route.model.as_deref();
                let named = deployment.or_else(|| body.get("model").and_then(Value::as_str));
                let Some(model) = named.map(|model| self.model_of(model)) else { return false };
                let shared = &self.guard.shared;
                let provider = shared.book.provider(&shared.provider).ok();
                let draws = provider.is_some_and(|provider| provider.model(model).is_some());
                draws || shared.policy.unpriced.contains_key(model)
            }
            _ => true,
        }
    }

    /// That a request names no model, with those that it is likely to be for.
    fn no_model(&self, request: &Request) -> String {
        let provider = self.guard.shared.book.provider(&request.provider);
        let current = provider.map(|provider| provider.current_models(request.as_of)).unwrap_or_default();
        let names: Vec<&str> = current.iter().take(MODELS_SHOWN).map(|model| model.id.as_str()).collect();
        let likely = if names.is_empty() { "" } else { "; it may be one of " };
        let names = names.join(", ");
        format!("it names no model, and the guard has no default_model for such requests{likely}{names}")
    }

    fn model_of<'m>(&'m self, name: &'m str) -> &'m str {
        self.guard.shared.deployments.get(name).map_or(name, String::as_str)
    }

    fn read(&self, mut body: Map<String, Value>) -> Result<Request, Why> {
        // No endpoint takes a line of the Batch API, which costs half.
        if body.contains_key("body") && body.contains_key("url") {
            return Err(Why::Words("it is a line of a Batch API file".to_owned()));
        }
        let Route { dialect, endpoint, .. } = *self.route;
        // A chat may have tools too, which would make it look like the Responses API.
        let mut apart = |name: &str| {
            endpoint == Endpoint::Chat && body.remove(name).is_some_and(|value| !value.is_null())
        };
        let (tools, input) = (apart("tools"), apart("input"));
        let deployment = self.route.model.as_deref();
        // Of the Responses API a path names the calling model, the tool the one that draws.
        let (calling, deployment) =
            if endpoint == Endpoint::Responses { (deployment, None) } else { (None, deployment) };
        let shared = &self.guard.shared;
        let of_provider = || shared.book.provider(&shared.provider).ok()?.default_model.as_deref();
        let default = deployment.or(shared.default_model.as_deref()).or_else(of_provider);
        let mut base = self.guard.request(default.unwrap_or_default());
        base.endpoint = endpoint;
        // What is in another dialect than its path would be read by nobody as it is meant.
        if Dialect::OPENAI.contains(&dialect)
            && let Some(other) = Dialect::among(&Dialect::OPENAI, &body).filter(|other| *other != dialect)
        {
            return Err(Why::Words(format!("its fields are those of {other}")));
        }
        let read = ParsedBody::read(dialect, &body, &base, &Meter).map_err(Why::Fields)?;
        let mut request = read.request;
        // Azure's path goes before the body's model.
        if let Some(deployment) = deployment {
            request.model = deployment.to_owned();
        } else if !read.names_model && default.is_none() {
            return Err(Why::Words(self.no_model(&request)));
        }
        request.model = match Dialect::OPENAI.contains(&dialect) {
            true => self.model_of(&request.model).to_owned(),
            false => self.guard.drawing(&request.model).unwrap_or(&request.model).to_owned(),
        };
        let calling = calling.or(request.responses_model.as_deref());
        request.responses_model = calling.map(|model| self.model_of(model).to_owned());
        request.unseen_context.extend(tools.then(|| "tools".to_owned()));
        request.unknown_fields.extend(input.then(|| "input".to_owned()));
        Ok(request)
    }
}
