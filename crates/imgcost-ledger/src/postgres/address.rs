//! What an address says, with the parts of `libpq`'s that the driver does not know.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::error::Error;

/// How much of the server's certificate is checked, as `libpq` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing: encrypted, but anyone could be there.
    Nothing,
    /// That a trusted authority made it.
    Authority,
    /// That too, and that it is for the host that was asked for.
    Host,
}

/// Which authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    System,
    File(PathBuf),
}

/// Where a server is, and how to know it.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) check: Check,
    pub(super) roots: Roots,
    /// What to call the store: never with a password.
    pub(super) name: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Address, Error> {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        // The driver ends the password at the first of them: its rest would be a host or a
        // database, which are shown.
        let server = text.split('?').next().unwrap_or_default();
        if is_url && server.matches('@').count() > 1 {
            return Err(bad(RAW_AT));
        }
        let (rest, own) = if is_url { split_url(text) } else { split_pairs(text) };
        // What the driver says is not repeated: it may quote a part of a password.
        let mut config: Config = rest.parse().map_err(|_| {
            bad("expected postgresql://user@host:port/database?key=value or key=value pairs; special characters of a password are written %XX in the first, between ' in the second")
        })?;
        let is_odd = |host: &Host| match host {
            Host::Tcp(host) => host.contains('@'),
            #[cfg(unix)]
            Host::Unix(path) => path.to_string_lossy().contains('@'),
        };
        if config.get_hosts().iter().any(is_odd) {
            return Err(bad(RAW_AT));
        }
        let mut mode = None;
        let mut roots = None;
        for (key, value) in own {
            match key.as_str() {
                "sslmode" => mode = Some(value),
                _ => roots = Some(value),
            }
        }
        let given = roots.as_deref().is_some_and(|roots| roots != "system");
        let (mode, check) = match mode.as_deref() {
            // As libpq: a weaker mode would make no sense of the system's roots.
            None if roots.as_deref() == Some("system") => (SslMode::Require, Check::Host),
            None | Some("prefer") => (SslMode::Prefer, Check::Nothing),
            Some("disable") => (SslMode::Disable, Check::Nothing),
            // As libpq: naming authorities asks for them to be checked.
            Some("require") if given => (SslMode::Require, Check::Authority),
            Some("require") => (SslMode::Require, Check::Nothing),
            Some("verify-ca") => (SslMode::Require, Check::Authority),
            Some("verify-full") => (SslMode::Require, Check::Host),
            Some(_) => {
                return Err(bad("sslmode is one of disable, prefer, require, verify-ca, verify-full"));
            }
        };
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        config.ssl_mode(mode);
        let roots = match roots {
            Some(path) if path != "system" => Roots::File(PathBuf::from(path)),
            _ => Roots::System,
        };
        let name = name_of(&config);
        Ok(Address { config, check, roots, name })
    }
}

const RAW_AT: &str = "a host has no @: write @ in a password as %40";

fn bad(why: &str) -> Error {
    Error::BadInput { field: "PostgreSQL address", why: why.to_owned() }
}

/// User, hosts and database, which name a store and give nothing away.
fn name_of(config: &Config) -> String {
    let mut name = "postgresql://".to_owned();
    if let Some(user) = config.get_user() {
        name.push_str(user);
        name.push('@');
    }
    let ports = config.get_ports();
    let port_of = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let mut hosts: Vec<String> = Vec::new();
    for (at, host) in config.get_hosts().iter().enumerate() {
        hosts.push(match host {
            Host::Tcp(host) => format!("{host}:{}", port_of(at)),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{}", path.display(), port_of(at)),
        });
    }
    if hosts.is_empty() {
        hosts.extend(config.get_hostaddrs().iter().map(ToString::to_string));
    }
    name.push_str(&hosts.join(","));
    if let Some(database) = config.get_dbname() {
        name.push('/');
        name.push_str(database);
    }
    name
}

type Own = Vec<(String, String)>;

fn is_own(key: &str) -> bool {
    matches!(key, "sslmode" | "sslrootcert")
}

/// Takes our keys out of the query of a URL.
fn split_url(text: &str) -> (String, Own) {
    // As the driver reads it: whatever stands before the first '@' is user and password.
    let host = text.find('@').unwrap_or_default();
    let mark = text.get(host..).and_then(|rest| rest.find('?')).map(|at| host + at);
    let split = mark.and_then(|mark| text.split_at_checked(mark));
    let Some((before, query)) = split else { return (text.to_owned(), Vec::new()) };
    let query = query.trim_start_matches('?');
    let mut own = Vec::new();
    let mut others = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((key, value)) if is_own(key) => own.push((key.to_owned(), decoded(value))),
            _ => others.push(pair),
        }
    }
    let rest = if others.is_empty() { before.to_owned() } else { format!("{before}?{}", others.join("&")) };
    (rest, own)
}

/// A text with its `%XX` resolved.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes our keys out of `key=value` pairs, whose values may stand between quotes.
fn split_pairs(text: &str) -> (String, Own) {
    let mut own = Vec::new();
    let mut others = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            others.push_str(rest);
            break;
        };
        let after = after.trim_start();
        let end = value_end(after);
        let (raw, next) = after.split_at_checked(end).unwrap_or((after, ""));
        if is_own(key.trim()) {
            own.push((key.trim().to_owned(), unquoted(raw)));
        } else {
            others.push_str(key.trim());
            others.push('=');
            others.push_str(raw);
            others.push(' ');
        }
        rest = next.trim_start();
    }
    (others, own)
}

/// How many bytes a value has at the start of a text.
fn value_end(text: &str) -> usize {
    let quoted = text.starts_with('\'');
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if quoted && c == '\'' && at > 0 {
            return at + 1;
        } else if !quoted && c.is_whitespace() {
            return at;
        }
    }
    text.len()
}

fn unquoted(raw: &str) -> String {
    let inner = raw.strip_prefix('\'').and_then(|raw| raw.strip_suffix('\'')).unwrap_or(raw);
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_means_what_it_means_to_libpq() {
        for (address, mode, check, roots) in [
            ("postgresql://h/d", SslMode::Prefer, Check::Nothing, Roots::System),
            ("postgresql://h/d?sslmode=disable", SslMode::Disable, Check::Nothing, Roots::System),
            ("postgresql://h/d?sslmode=require", SslMode::Require, Check::Nothing, Roots::System),
            (
                "postgresql://h/d?sslmode=require&sslrootcert=%2Fa%20b.pem&connect_timeout=3",
                SslMode::Require,
                Check::Authority,
                Roots::File("/a b.pem".into()),
            ),
            ("host=h sslmode = verify-ca", SslMode::Require, Check::Authority, Roots::System),
            (
                r"host=h password='a b' sslrootcert='/it\'s here.pem' sslmode=verify-full dbname=d",
                SslMode::Require,
                Check::Host,
                Roots::File("/it's here.pem".into()),
            ),
            ("host=h sslrootcert=system", SslMode::Require, Check::Host, Roots::System),
        ] {
            let found = Address::parse(address).unwrap();
            assert_eq!(found.config.get_ssl_mode(), mode, "{address}");
            assert_eq!((found.check, found.roots), (check, roots), "{address}");
        }
        assert!(Address::parse("postgresql://h/d?sslmode=allow").is_err());
    }

    #[test]
    fn a_password_is_in_no_name_and_no_error() {
        let address = Address::parse("host=/run/pg user=u password='se cret' port=5433 dbname=d").unwrap();
        assert_eq!(address.name, "postgresql://u@/run/pg:5433/d");
        assert_eq!(address.config.get_password(), Some("se cret".as_bytes()));
        assert!(!format!("{address:?}").contains("secret"));
        let address = Address::parse("postgresql://u:secret@h:1,i:2/d").unwrap();
        let odd = Address::parse("postgresql://u:secret?sslmode=disable@h:1,i:2/d").unwrap();
        assert_eq!(odd.config.get_ssl_mode(), SslMode::Prefer);
        assert_eq!(odd.name, address.name);
        assert_eq!(address.name, "postgresql://u@h:1,i:2/d");
        for broken in [
            "postgresql://u:secret@h:secret/d?secret=1",
            "password=secret secret=1",
            "secret",
            "postgres://u:se@cret@host/db",
            "postgres://u:se@cr/et@host/db",
            "postgres://u:s@e@cret@host/db?sslmode=disable",
            "postgres://u:se@cr?et@host/db",
            "host=se@cret",
        ] {
            let error = Address::parse(broken).unwrap_err().to_string();
            assert!(
                !error.contains("secret") && !error.contains("cret@") && !error.contains("cr"),
                "{error}"
            );
        }
        let error = Address::parse("postgres://u:se@cret@host/db").unwrap_err().to_string();
        assert!(error.contains("%40"), "{error}");
        let escaped = Address::parse("postgres://u:se%40cret@host/db").unwrap();
        assert_eq!(escaped.config.get_password(), Some("se@cret".as_bytes()));
    }
}
