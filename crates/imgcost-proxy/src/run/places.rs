//! Where clients look for their APIs, and where these are.

use std::env;

use imgcost_guard::built_in_book;
use imgcost_wire::host;

use super::Run;
use crate::config::Upstream;
use crate::error::SetupError;
use crate::upstream::Base;

/// An API that clients find by environment variables.
pub(super) struct Place {
    /// What clients read. The first that is set says where the API is.
    pub(super) variables: &'static [&'static str],
    pub(super) path: String,
    /// Which of them is set.
    set: Option<&'static str>,
    url: String,
    provider: Option<&'static str>,
}

const OPENAI: &[&str] = &["OPENAI_BASE_URL", "OPENAI_API_BASE"];
const AZURE: &[&str] = &["AZURE_OPENAI_ENDPOINT"];

/// A kind of clients: the variables that they read, the provider where the host does not tell, and the
/// address where no variable is set.
struct Clients {
    name: &'static str,
    variables: &'static [&'static str],
    provider: Option<&'static str>,
    url: fn() -> Option<String>,
}

/// What the official SDKs read, for Python and for Node, and what earlier ones and their relatives read.
const CLIENTS: [Clients; 5] = [
    Clients {
        name: "openai",
        variables: OPENAI,
        provider: None,
        url: || Some("https://api.openai.com/v1".to_owned()),
    },
    Clients {
        name: "azure",
        variables: AZURE,
        provider: Some("azure-openai"),
        // Everybody has their own.
        url: || None,
    },
    Clients {
        // Node's AzureOpenAI goes by OPENAI_BASE_URL where that is set. Its calls, and its key, must not
        // reach OpenAI.
        name: "openai/deployments",
        variables: &[],
        provider: Some("azure-openai"),
        url: || match set(OPENAI) {
            Some(_) => None,
            None => Some(format!("{}/openai/deployments", set(AZURE)?.1.trim_end_matches('/'))),
        },
    },
    Clients {
        name: "gemini",
        variables: &["GOOGLE_GEMINI_BASE_URL"],
        provider: Some("gemini"),
        url: || Some("https://generativelanguage.googleapis.com".to_owned()),
    },
    Clients {
        name: "vertex",
        variables: &["GOOGLE_VERTEX_BASE_URL"],
        provider: Some("vertex-ai"),
        url: || match env::var("GOOGLE_CLOUD_LOCATION").ok()?.as_str() {
            "global" => Some("https://aiplatform.googleapis.com".to_owned()),
            location => Some(format!("https://{location}-aiplatform.googleapis.com")),
        },
    },
];

/// The first of these variables that is set, and the address in it.
fn set(variables: &[&'static str]) -> Option<(&'static str, String)> {
    variables.iter().find_map(|name| Some((*name, env::var(name).ok().filter(|url| !url.is_empty())?)))
}

impl Place {
    /// All that the environment leads to, each under a path that nobody can guess.
    pub(super) fn all(secret: &str) -> Vec<Place> {
        let places = CLIENTS.iter().filter_map(|clients| {
            let Clients { name, variables, provider, .. } = *clients;
            let (set, url) = match set(variables) {
                Some((variable, url)) => (Some(variable), url),
                None => (None, (clients.url)()?),
            };
            Some(Place { variables, path: format!("/{secret}/{name}"), set, url, provider })
        });
        places.collect()
    }

    /// Refuses a variable that holds no address.
    pub(super) fn check(&self) -> Result<(), SetupError> {
        let wrong = |error| match self.set {
            Some(variable) => SetupError::new(format!("{variable}: {error}")),
            None => error,
        };
        Base::of(&self.at(None)).map(drop).map_err(wrong)
    }

    /// Whose prices count: those that the run names for OpenAI's clients, else those of the clients' own API at
    /// a host that nobody knows.
    fn provider(&self, run: &Run) -> Option<String> {
        if let (OPENAI, Some(provider)) = (self.variables, &run.provider) {
            return Some(provider.clone());
        }
        let is_known = host(&self.url).is_some_and(|host| built_in_book().provider_at(host).is_some());
        let own = self.provider.or((!is_known).then_some(imgcost_core::DEFAULT_PROVIDER));
        own.map(str::to_owned)
    }

    pub(super) fn upstream(&self, run: &Run) -> Upstream {
        Upstream { deployments: run.deployments.clone(), ..self.at(self.provider(run)) }
    }

    fn at(&self, provider: Option<String>) -> Upstream {
        Upstream {
            url: self.url.clone(),
            path: Some(self.path.clone()),
            provider,
            // It is where the user's own environment sends it.
            plain_http: true,
            ..Upstream::default()
        }
    }
}
