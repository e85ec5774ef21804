//! The APIs behind the proxy.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// An API behind the proxy.
///
/// A request whose path begins with `path` goes to `url` with the rest of its path. Of several with
/// the same path, the one that names the body's model takes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Where it is, such as `https://api.openai.com/v1`.
    pub url: String,
    /// The beginning of the paths that go there; where nothing is said, the path of `url`, so that a
    /// client only changes the host of its base URL.
    #[serde(default)]
    pub path: Option<String>,
    /// Whose prices count, as `imgcost models` names it. It may be left out where the price book knows
    /// whose host it is; on this machine it then is `openai`.
    #[serde(default)]
    pub provider: Option<String>,
    /// The models that go there, where several have the same path; a name that ends in `*` stands
    /// for all that begin so. Without any, it takes what the others do not.
    #[serde(default)]
    pub models: Vec<String>,
    /// The environment variable with the API's key. Without a key here, the client's own is sent.
    #[serde(default)]
    pub key_env: Option<String>,
    /// The file with the API's key.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Where the key goes; where a client has its own, if nothing is said.
    #[serde(default)]
    pub key_in: Option<Credential>,
    /// The model of requests that name none.
    #[serde(default)]
    pub default_model: Option<String>,
    /// Deployments, as Azure has them, and the models that they stand for.
    #[serde(default)]
    pub deployments: BTreeMap<String, String>,
    /// Takes `http://` to another machine too, where everybody on the way reads keys and prompts.
    #[serde(default)]
    pub plain_http: bool,
}

/// The header in which an API takes its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// `Authorization: Bearer KEY`.
    Authorization,
    /// `api-key: KEY`, as Azure has it.
    ApiKey,
    /// `x-goog-api-key: KEY`, as Gemini has it.
    XGoogApiKey,
    /// `x-key: KEY`, as BFL has it.
    XKey,
    /// `x-api-key: KEY`.
    XApiKey,
}
