//! Where clients look for their APIs, and where these are.

use std::env;

use imgcost_guard::built_in_book;
use imgcost_wire::host;

use crate::config::Upstream;

/// An API that clients find by environment variables.
pub(super) struct Place {
    /// What clients read. The first that is set says where the API is.
    pub(super) variables: &'static [&'static str],
    pub(super) path: String,
    url: String,
    provider: Option<&'static str>,
}

/// A kind of clients: the variables that they read, the provider where the host does not tell, and the
/// address where no variable is set.
struct Clients {
    name: &'static str,
    variables: &'static [&'static str],
    provider: Option<&'static str>,
    url: fn() -> Option<String>,
}

/// What the official SDKs read, for Python and for Node, and what earlier ones and their relatives read.
const CLIENTS: [Clients; 4] = [
    Clients {
        name: "openai",
        variables: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        provider: None,
        url: || Some("https://api.openai.com/v1".to_owned()),
    },
    Clients {
        name: "azure",
        variables: &["AZURE_OPENAI_ENDPOINT"],
        provider: Some("azure-openai"),
        // Everybody has their own.
        url: || None,
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

impl Place {
    /// All that the environment leads to, each under a path that nobody can guess.
    pub(super) fn all(secret: &str) -> Vec<Place> {
        let places = CLIENTS.iter().filter_map(|clients| {
            let set =
                clients.variables.iter().find_map(|name| env::var(name).ok().filter(|url| !url.is_empty()));
            let url = set.or_else(clients.url)?;
            let path = format!("/{secret}/{}", clients.name);
            Some(Place { variables: clients.variables, path, url, provider: clients.provider })
        });
        places.collect()
    }

    /// Whose prices count: those of the clients' own API at a host that nobody knows.
    fn provider(&self) -> Option<String> {
        let is_known = host(&self.url).is_some_and(|host| built_in_book().provider_at(host).is_some());
        let own = self.provider.or((!is_known).then_some(imgcost_core::DEFAULT_PROVIDER));
        own.map(str::to_owned)
    }

    pub(super) fn upstream(&self) -> Upstream {
        Upstream {
            url: self.url.clone(),
            path: Some(self.path.clone()),
            provider: self.provider(),
            // It is where the user's own environment sends it.
            plain_http: true,
            ..Upstream::default()
        }
    }
}
