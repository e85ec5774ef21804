//! Bodies of requests, read in the dialect that they are in.

use imgcost_core::{Code, Error, Request, Tier, nearest_name};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad};
use crate::dialect::Dialect;
use crate::fields::Fields;
use crate::paths::endpoint_of_path;
use crate::{
    bedrock, bfl, dashscope, fal, gemini, ideogram, imagen, openai_chat, openai_images, openai_responses,
    openrouter_images, replicate, seedream, stability, vercel, xai,
};

impl ParsedBody {
    /// Reads a body of a dialect over the defaults in `base`: provider, day, and the model and
    /// endpoint where the body does not say.
    ///
    /// # Errors
    /// A field is not what the API takes.
    pub fn read(
        dialect: Dialect,
        body: &Map<String, Value>,
        base: &Request,
        measure: &dyn Measure,
    ) -> Result<ParsedBody, Error> {
        let mut read = ParsedBody { request: base.clone(), names_model: false, dialect };
        dialect.request(&mut read, body, measure)?;
        // Where nobody recorded what else an API takes, a field may be the size or the count.
        if !dialect.is_whole()
            && let Some(field) = read.request.unknown_fields.first()
        {
            let what = format!("{field}, which is not a known field of {dialect}");
            read.request.unseen_context.push(what);
        }
        Ok(read)
    }

    /// Reads a body in that of these dialects whose marks it bears.
    ///
    /// # Errors
    /// It is no object, it is in another dialect, or a field is not what the API takes.
    pub fn of_any(
        meant: &[Dialect],
        body: &Value,
        base: &Request,
        measure: &dyn Measure,
    ) -> Result<ParsedBody, Error> {
        let body = body.as_object().ok_or_else(|| bad("body", "a request body is a JSON object"))?;
        let dialect = Dialect::among(meant, body).ok_or_else(|| {
            let marked = Dialect::among(&Dialect::ALL, body).map_or("another", Dialect::name);
            let names: Vec<&str> = meant.iter().map(|dialect| dialect.name()).collect();
            let provider = &base.provider;
            let message =
                format!("the body is in dialect {marked}, and {provider} takes {}", names.join(", "));
            bad("dialect", message)
        })?;
        Self::read(dialect, body, base, measure)
    }

    /// Refuses a body with fields that are in no table of its API, but for those that `ignored`
    /// names: the API would refuse them, or charge for something that is not known here.
    ///
    /// # Errors
    /// Names the first such field and the nearest known one.
    pub fn refuse_unknown(&self, ignored: &[impl AsRef<str>]) -> Result<(), Error> {
        let is_ignored = |field: &&String| ignored.iter().any(|name| name.as_ref() == field.as_str());
        let Some(field) = self.request.unknown_fields.iter().find(|field| !is_ignored(field)) else {
            return Ok(());
        };
        let tables = self.dialect.fields();
        let within = tables
            .iter()
            .filter(|fields| !fields.path.is_empty())
            .find_map(|fields| Some((*fields, field.strip_prefix(fields.path)?)));
        let body = tables.first().copied().unwrap_or(&Fields::NONE);
        let (fields, name) = within.unwrap_or((body, field.as_str()));
        let message =
            format!("{field} is not a known field of {}, and what it costs is not known", fields.api);
        let error = Error::new(Code::UnknownField, message).field("request");
        Err(match nearest_name(name, fields.iter().map(|(name, _)| name)) {
            Some(near) => error.nearest(near),
            None => error,
        })
    }
}

impl Dialect {
    /// Reads a request over the defaults that `read` has.
    pub(crate) fn request(
        self,
        read: &mut ParsedBody,
        body: &Map<String, Value>,
        measure: &dyn Measure,
    ) -> Result<(), Error> {
        match self {
            Dialect::OpenAiImages => openai_images::request(read, body, measure),
            Dialect::OpenAiResponses => openai_responses::request(read, body, measure),
            Dialect::OpenAiChat => openai_chat::request(read, body, measure),
            Dialect::OpenAiBatch => batch_line(read, body, measure),
            Dialect::Gemini => gemini::request(read, body, measure),
            Dialect::Imagen => imagen::request(read, body, measure),
            Dialect::Xai => xai::request(read, body, measure),
            Dialect::OpenRouterImages => openrouter_images::request(read, body, measure),
            Dialect::Seedream => seedream::request(read, body, measure),
            Dialect::Ideogram => ideogram::request(read, body, measure),
            Dialect::Fal => fal::request(read, body, measure),
            Dialect::Bfl => bfl::request(read, body, measure),
            Dialect::Replicate => replicate::request(read, body, measure),
            Dialect::Bedrock => bedrock::request(read, body, measure),
            Dialect::Stability => stability::request(read, body, measure),
            Dialect::DashScope => dashscope::request(read, body, measure),
            Dialect::Vercel => vercel::request(),
        }
    }
}

/// Reads a line of a file for the Batch API, loosely: where it goes, and its body.
fn batch_line(read: &mut ParsedBody, line: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    let mut base = read.request.clone();
    base.tier = Tier::Batch;
    base.endpoint = endpoint_of_path("url", line.get("url").and_then(Value::as_str).unwrap_or_default())?;
    *read = ParsedBody::of_any(&Dialect::OPENAI, line.get("body").unwrap_or(&Value::Null), &base, measure)?;
    Ok(())
}
