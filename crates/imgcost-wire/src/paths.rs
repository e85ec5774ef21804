//! Which requests may be image calls, by their path.
//!
//! Servers differ in how strictly they read a path. One that reads it more loosely than here would
//! answer a call that nobody held money for, so a path is read as the loosest of them does: without
//! case, percent signs (even doubled), parameters, dots, backslashes and doubled slashes.

use std::borrow::Cow;

use imgcost_core::{Code, Endpoint, Error, printable};

use crate::body::bad;
use crate::dialect::Dialect;

/// Where a request goes that may be an image call: of the Images API always, of the Responses
/// API if the body has the image tool, of chat completions if the model draws.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The dialect of the call's body.
    pub dialect: Dialect,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// The model, if the path names one, or the deployment as Azure has it.
    pub model: Option<String>,
}

/// How the paths of image calls end in OpenAI's dialects.
fn ends() -> impl Iterator<Item = (&'static str, Endpoint)> {
    Dialect::OPENAI.into_iter().rev().flat_map(|dialect| dialect.paths()).copied()
}

impl Route {
    /// The route of a path or an address in one of these dialects, or else in one of OpenAI's; none
    /// if it is no image call whatever its body.
    ///
    /// ```
    /// use imgcost_wire::{Dialect, Route};
    /// let path = "/v1beta/models/gemini-3-pro-image:generateContent";
    /// let route = Route::of(&[Dialect::Gemini], path).ok_or("no route")?;
    /// assert_eq!(route.model.as_deref(), Some("gemini-3-pro-image"));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn of(taken: &[Dialect], path: &str) -> Option<Route> {
        let path = plain(path);
        let all = || taken.iter().copied().chain(Dialect::OPENAI.into_iter().rev());
        // OpenAI's paths say what they are; some others are whatever names a model.
        let ending = all().find_map(|dialect| {
            let mut ends = dialect.paths().iter();
            let (before, endpoint) =
                ends.find_map(|(end, endpoint)| Some((without_end(&path, end)?, endpoint)))?;
            let (parent, last) = before.rsplit_once('/').unwrap_or(("", before));
            let model = without_end(parent, "/deployments").map(|_| last.to_owned());
            Some(Route { dialect, endpoint: *endpoint, model })
        });
        ending.or_else(|| {
            all().filter(|dialect| dialect.paths().is_empty()).find_map(|dialect| {
                let model = Some(dialect.model_in(&path)?.to_owned()).filter(|model| !model.is_empty());
                Some(Route { dialect, endpoint: Endpoint::Generations, model })
            })
        })
    }
}

/// The host of an address; none of a path.
///
/// ```
/// use imgcost_wire::host;
/// assert_eq!(host("https://me:key@api.openai.com:443/v1/images/edits"), Some("api.openai.com"));
/// assert_eq!(host("/v1/images/edits"), None);
/// ```
#[must_use]
pub fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://").filter(|(scheme, _)| !scheme.contains('/'))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next()?;
    // An address of IPv6 stands in brackets.
    let host = place.split_once(']').map_or_else(|| place.split(':').next(), |(host, _)| host.get(1..))?;
    Some(host).filter(|host| !host.is_empty())
}

/// The path of an address without its query; a path as it is.
fn without_host(address: &str) -> &str {
    let scheme = address.split_once("://").filter(|(scheme, _)| !scheme.contains('/'));
    let Some((_, rest)) = scheme else { return address };
    rest.find(['/', '\\']).and_then(|at| rest.get(at..)).unwrap_or_default()
}

/// How often percent signs are undone: a gateway and the server behind it may each do so.
const DECODINGS: usize = 3;

/// A path or the path of an address as the loosest server understands it, without a slash at its
/// end.
pub(crate) fn plain(path: &str) -> Cow<'_, str> {
    let path = without_host(without_query(path));
    if is_plain(path) { Cow::Borrowed(path) } else { Cow::Owned(loosest(path)) }
}

/// Whether every server understands a path as it is, as it does most.
fn is_plain(path: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_part))
}

fn loosest(path: &str) -> String {
    let mut path = Cow::Borrowed(path);
    for _ in 0..DECODINGS {
        match decoded(&path) {
            Cow::Owned(decoded) if *decoded != *path => path = Cow::Owned(decoded),
            _ => break,
        }
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        // `generations;v=1`, as servers of Java read parameters; a space or a zero at an end is cut
        // off by some, and by servers on Windows the dots.
        let part = part.split(';').next().unwrap_or_default();
        let part = part.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control());
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part.trim_end_matches('.')),
        }
    }
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .fold(String::with_capacity(path.len()), |path, part| path + "/" + part)
}

/// The endpoint of a path or an address; `field` is what errors call it.
pub(crate) fn endpoint_of_path(field: &str, path: &str) -> Result<Endpoint, Error> {
    Route::of(&[], path).map(|route| route.endpoint).ok_or_else(|| {
        bad(field, format!("'{}' is no image endpoint", printable(path))).allowed(ends().map(|(end, _)| end))
    })
}

/// Where a call went, by an endpoint's name, a path or an address.
///
/// # Errors
/// It is none of them.
pub fn endpoint(text: &str) -> Result<Endpoint, Error> {
    let last = without_query(text).trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let ends_so = |end: &str| end.rsplit('/').next() == Some(last);
    let by_path = ends().find(|(end, _)| ends_so(end)).map(|(_, endpoint)| endpoint);
    by_path.or_else(|| last.parse().ok()).ok_or_else(|| {
        Error::new(Code::IllegalValue, format!("endpoint '{}' is no image endpoint", printable(last)))
            .field("endpoint")
            .allowed(Endpoint::NAMES)
            .nearest_name(last)
    })
}

/// A text without this end, whatever its case.
fn without_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let (before, found) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    found.eq_ignore_ascii_case(end).then_some(before)
}

/// A path with its percent signs undone; as it is where they stand for no text.
fn decoded(path: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// A path or an address without its query, which may hold a key.
fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The most characters of a path that are shown.
const LONGEST_SHOWN: usize = 128;

/// A path as an error may show it: without the query, and without the host of an address, since
/// a name and a password may stand before that.
#[must_use]
pub fn shown_path(path: &str) -> String {
    let path = without_query(path);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = path.find('/').and_then(|at| path.get(at..)).unwrap_or_default();
    path.chars().take(LONGEST_SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_endpoints_are_known_by_the_end_of_the_path() {
        for (path, endpoint, deployment) in [
            ("/v1/images/generations", Endpoint::Generations, None),
            ("/images/edits/", Endpoint::Edits, None),
            ("https://api.example.com/v1/images/variations?x=1", Endpoint::Variations, None),
            ("/v1/responses", Endpoint::Responses, None),
            ("/v1/chat/completions", Endpoint::Chat, None),
            (
                "/openai/deployments/images/images/generations?api-version=2025-04-01-preview",
                Endpoint::Generations,
                Some("images"),
            ),
            ("/openai/Deployments/my%20Talk/chat/completions", Endpoint::Chat, Some("my Talk")),
            ("/openai/v1/images/edits?api-version=preview", Endpoint::Edits, None),
            ("/v1/images/%67enerations", Endpoint::Generations, None),
            ("/v1/Images/Generations", Endpoint::Generations, None),
            ("/v1//images%2Fgenerations//", Endpoint::Generations, None),
            // A callback's address is not the call's.
            ("/v1/images/generations?callback=https://example.com/v1/files", Endpoint::Generations, None),
            ("https://api.example.com/v1/responses?next=https://example.com/", Endpoint::Responses, None),
        ] {
            let deployment = deployment.map(str::to_owned);
            let route = Route::of(&[], path).map(|route| (route.endpoint, route.model));
            assert_eq!(route, Some((endpoint, deployment)), "{path}");
        }
    }

    #[test]
    fn a_path_is_read_as_the_loosest_server_reads_it() {
        for path in [
            "/v1/images/./generations",
            "/v1/x/../images/generations",
            "/v1/x/%2e%2E/images/generations",
            "/v1/x/..;a=b/images/generations",
            "/v1/files//../../images/generations",
            "/../../v1/images/generations/.",
            "/v1/images/generations;v=1",
            "/v1/images;a/generations;b=c",
            "/v1/images/generations%20",
            "/v1/images/generations%00",
            "/v1/images/%2567enerations",
            "/v1/images/%252567enerations",
            "/v1/images%252fgenerations",
            "/v1/images/generations.",
            "/v1/images./generations...",
            "\\v1\\images\\generations",
            "/v1/images%5Cgenerations",
            "https://api.example.com\\v1\\images\\generations",
            "https://api.example.com/v1/x/../images/generations?a=b",
        ] {
            let endpoint = Route::of(&[], path).map(|route| route.endpoint);
            assert_eq!(endpoint, Some(Endpoint::Generations), "{path}");
        }
        assert_eq!(plain("https://host"), "");
        assert_eq!(plain("/v1/../.."), "");
        // A server that does without dots reads another call, and so does the guard.
        assert_eq!(plain("/v1/images/generations/../../files"), "/v1/files");
    }

    #[test]
    fn the_paths_of_other_apis_name_the_model() {
        for (dialect, path, model) in [
            (
                Dialect::Gemini,
                "/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse",
                "gemini-3-pro-image",
            ),
            (
                Dialect::Imagen,
                "/v1/projects/p/locations/l/publishers/google/models/imagen-3.0:predict",
                "imagen-3.0",
            ),
            (Dialect::Bedrock, "/model/amazon.nova-canvas-v1%3A0/invoke", "amazon.nova-canvas-v1:0"),
            (Dialect::Bfl, "/v1/flux-2-pro", "flux-2-pro"),
            (Dialect::Fal, "https://queue.fal.run/fal-ai/flux/dev", "fal-ai/flux/dev"),
            (
                Dialect::Replicate,
                "/v1/models/black-forest-labs/flux-schnell/predictions",
                "black-forest-labs/flux-schnell",
            ),
            (Dialect::Stability, "/v2beta/stable-image/generate/core", "core"),
        ] {
            let route = Route::of(&[dialect], path).unwrap();
            assert_eq!((route.dialect, route.model.as_deref()), (dialect, Some(model)), "{path}");
        }
        for (dialect, path) in [
            (Dialect::Gemini, "/v1beta/models/gemini-3-pro-image:countTokens"),
            (Dialect::Fal, "/fal-ai/flux/requests/1/cancel"),
            (Dialect::Bfl, "/v2/flux"),
        ] {
            assert_eq!(Route::of(&[dialect], path), None, "{path}");
        }
    }

    #[test]
    fn of_an_address_only_the_path_is_shown() {
        for address in
            ["https://user:key@host/v1/images/edits?k=1", "user:key@host/v1/images/edits", "/v1/images/edits"]
        {
            assert_eq!(shown_path(address), "/v1/images/edits");
        }
        assert_eq!(shown_path("https://user:k?y@host/v1"), "");
    }

    #[test]
    fn everything_else_is_not_ours() {
        for path in [
            "/v1/files",
            "/v1/batches",
            "/v1/images",
            "/v1/images/generations/more",
            "/v1/embeddings",
            "/v1/responses/resp_1",
            "/v1/responses/resp_1/cancel",
            "/v1/models?next=/images/generations",
            "/v1/images/%zz",
            "/v1/images/%ff/generations",
            "",
        ] {
            assert_eq!(Route::of(&[], path), None, "{path}");
        }
    }

    #[test]
    fn a_call_is_placed_by_a_name_a_path_or_an_address() {
        for (text, known) in [
            ("edits", Endpoint::Edits),
            ("chat", Endpoint::Chat),
            ("/v1/chat/completions", Endpoint::Chat),
            ("https://api.example.com/v1/images/variations/?x=1", Endpoint::Variations),
            ("responses", Endpoint::Responses),
        ] {
            assert_eq!(endpoint(text), Ok(known), "{text}");
        }
        assert_eq!(endpoint("/v1/edit").unwrap_err().nearest_value(), Some("edits"));
    }
}
