//! The refusals, in the vendor's shape.

use super::behaviour::Behaviour;
use super::reply::Reply;

const INVALID: &str = "invalid_request_error";

/// The error that a behaviour stands for, if it is one.
pub(super) fn reply(behaviour: Behaviour) -> Option<Reply> {
    let (status, error_type, code, message) = match behaviour {
        Behaviour::InvalidRequest => (400, INVALID, "invalid_value", "A parameter has an invalid value."),
        Behaviour::ModerationBlocked => {
            (400, "image_generation_user_error", "moderation_blocked", "The safety system said no.")
        }
        Behaviour::Unauthorized => (401, INVALID, "invalid_api_key", "The API key is not valid."),
        Behaviour::Forbidden => {
            (403, "request_forbidden", "unsupported_country_region_territory", "Not from here.")
        }
        Behaviour::NotFound => (404, INVALID, "model_not_found", "There is no such model."),
        Behaviour::TooLarge => (413, INVALID, "request_too_large", "The request is too large."),
        Behaviour::RateLimited => (429, "requests", "rate_limit_exceeded", "Too many requests."),
        Behaviour::NoQuota => (429, "insufficient_quota", "insufficient_quota", "The quota is used up."),
        Behaviour::ServerError => (500, "server_error", "server_error", "Something went wrong."),
        Behaviour::Unavailable => return Some(Reply::page(503)),
        _ => return None,
    };
    let retry_after = (behaviour == Behaviour::RateLimited).then_some(1);
    Some(Reply { retry_after, ..Reply::error(status, error_type, Some(code), message) })
}

/// A request that the API does not understand.
pub(super) fn invalid(message: &str) -> Reply {
    Reply::error(400, INVALID, Some("invalid_value"), message)
}

/// A path that the API does not have.
pub(super) fn no_endpoint(path: &str) -> Reply {
    Reply::error(404, INVALID, None, &format!("There is no endpoint {path}."))
}
