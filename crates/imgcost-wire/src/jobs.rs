//! Calls that are accepted as a job, whose result is asked for later.

use crate::dialect::Dialect;

/// The job whose result a `GET` of this path or address asks for, in one of these dialects or in
/// OpenAI's Responses API.
///
/// ```
/// use imgcost_wire::{Dialect, job_in};
/// assert_eq!(job_in(&[Dialect::Replicate], "/v1/predictions/abc123"), Some("abc123"));
/// assert_eq!(job_in(&[Dialect::Bfl], "https://api.bfl.ai/v1/get_result?id=abc"), Some("abc"));
/// assert_eq!(job_in(&[Dialect::Fal], "/fal-ai/flux/dev/requests/abc/status"), None);
/// assert_eq!(job_in(&Dialect::OPENAI, "/v1/responses/resp_1"), Some("resp_1"));
/// assert_eq!(job_in(&Dialect::OPENAI, "/v1/files/file_1"), None);
/// ```
#[must_use]
pub fn job_in<'p>(taken: &[Dialect], address: &'p str) -> Option<&'p str> {
    let address = address.split('#').next().unwrap_or(address);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let (before, last) = path.trim_end_matches('/').rsplit_once('/')?;
    let collection = before.rsplit('/').next().unwrap_or(before);
    let job = taken.iter().find_map(|dialect| match dialect {
        Dialect::Bfl if last == "get_result" => query.split('&').find_map(|pair| pair.strip_prefix("id=")),
        Dialect::Fal if collection == "requests" => Some(last),
        Dialect::Replicate if collection == "predictions" => Some(last),
        Dialect::DashScope if collection == "tasks" => Some(last),
        Dialect::OpenAiResponses if collection == "responses" => Some(last),
        _ => None,
    });
    job.filter(|id| !id.is_empty())
}
