//! Keys of the proxy's own: of clients, and of upstreams.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use imgcost_ledger::Scope;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Credential, Key};
use crate::error::SetupError;

/// Headers in which APIs take their keys.
const CREDENTIALS: [(Credential, HeaderName); 5] = [
    (Credential::Authorization, AUTHORIZATION),
    (Credential::ApiKey, HeaderName::from_static("api-key")),
    (Credential::XGoogApiKey, HeaderName::from_static("x-goog-api-key")),
    (Credential::XKey, HeaderName::from_static("x-key")),
    (Credential::XApiKey, HeaderName::from_static("x-api-key")),
];

/// What a new key begins with.
const PREFIX: &str = "imgcost-";

/// A client that has a key.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    digest: [u8; 32],
}

/// The proxy's own keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Vec<Holder>);

impl Keys {
    pub(crate) fn new(keys: &[Key]) -> Result<Self, SetupError> {
        let holders = keys.iter().map(|key| {
            let wrong = |why: String| SetupError::new(format!("key {}: {why}", key.name));
            let digest = from_hex(&key.sha256).ok_or_else(|| {
                wrong(
                    "sha256 must have 64 hexadecimal digits; imgcost-proxy key makes a key and prints them"
                        .to_owned(),
                )
            })?;
            let scope = key.scope.parse().map_err(|error| wrong(format!("scope: {error}")))?;
            Ok::<_, SetupError>(Holder { name: key.name.clone(), scope, digest })
        });
        let holders: Vec<Holder> = holders.collect::<Result<_, _>>()?;
        for (at, holder) in holders.iter().enumerate() {
            let before = holders.iter().take(at).find(|before| before.digest == holder.digest);
            if let Some(before) = before {
                let (name, other) = (&holder.name, &before.name);
                return Err(SetupError::new(format!(
                    "key {name}: it is the key of {other} too; each needs its own"
                )));
            }
        }
        Ok(Keys(holders))
    }

    /// Whose money is spent with them.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter().map(|holder| &holder.scope)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who a request's key belongs to. Every key is compared, and each in the same time.
    pub(crate) fn holder(&self, headers: &HeaderMap, uri: &Uri) -> Option<&Holder> {
        let digest: [u8; 32] = Sha256::digest(presented(headers, uri)?.as_bytes()).into();
        let mut found = None;
        for holder in &self.0 {
            if bool::from(holder.digest.ct_eq(&digest)) {
                found = Some(holder);
            }
        }
        found
    }
}

/// The key that a request brings, in the first place where APIs look for one.
fn presented<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let in_header = CREDENTIALS.iter().find_map(|(_, name)| headers.get(name)?.to_str().ok());
    let value = in_header.or_else(|| in_query(uri))?;
    // `Bearer KEY`, and fal's `Key KEY`.
    Some(value.split_once(' ').map_or(value, |(_, key)| key).trim())
}

/// The key in an address, as Gemini's clients may have it.
fn in_query(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("key="))
}

/// Puts an upstream's key in the place of the client's: where it was, or where this says.
///
/// One in the query is a Gemini client's, whose API takes a header too.
pub(crate) fn replace(headers: &mut HeaderMap, uri: &Uri, key: &str, place: Option<Credential>) {
    let had = CREDENTIALS.into_iter().find(|(_, name)| headers.contains_key(name));
    let of_query = || in_query(uri).map(|_| Credential::XGoogApiKey);
    let place = place.or(had.map(|(place, _)| place)).or_else(of_query).unwrap_or(Credential::Authorization);
    let scheme = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let value = match place {
        Credential::Authorization => format!("{} {key}", scheme.map_or("Bearer", |(scheme, _)| scheme)),
        _ => key.to_owned(),
    };
    for (credential, name) in CREDENTIALS {
        headers.remove(&name);
        if credential == place
            && let Ok(mut value) = HeaderValue::try_from(&value)
        {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
}

/// A query without the key in it, as Gemini's clients may have one.
pub(crate) fn query_without_key(query: &str) -> Option<String> {
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("key=")).collect();
    (!rest.is_empty()).then(|| rest.join("&"))
}

/// A new key and its digest, both as text.
///
/// # Errors
/// The machine gives no random numbers.
pub fn generate() -> Result<(String, String), SetupError> {
    let key = format!("{PREFIX}{}", random(32)?);
    let digest = to_hex(&Sha256::digest(key.as_bytes()));
    Ok((key, digest))
}

/// So many random bytes, in hexadecimal digits.
pub(crate) fn random(bytes: usize) -> Result<String, SetupError> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| SetupError::new(format!("no random numbers: {error}")))?;
    Ok(to_hex(&random))
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks_exact(2).filter_map(|pair| Some((pair.first()? << 4) | pair.get(1)?)).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}
