//! The parsed address of a server, with the URL parameters that the driver does not support.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::error::Error;

/// How much of the server's certificate is checked, as in `libpq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CertificateCheck {
    /// Nothing: the connection is encrypted, but the server may be anyone.
    None,
    /// A trusted authority issued it.
    Authority,
    /// A trusted authority issued it for the host in the address.
    Host,
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrustedRoots {
    System,
    File(PathBuf),
}

/// Where a server is, and how to verify that it is the right one.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) check: CertificateCheck,
    pub(super) roots: TrustedRoots,
    /// The store's name in messages. Never contains a password.
    pub(super) name: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Address, Error> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(bad(NOT_A_URL));
        }
        // The driver ends the password at the first '@'. The rest of a password with a raw '@'
        // would become a host or database name, and those are printed.
        let server = text.split('?').next().unwrap_or_default();
        if server.matches('@').count() > 1 {
            return Err(bad(RAW_AT));
        }
        let (rest, tls) = split_tls_parameters(text);
        // The driver's message may quote part of a password, so it is not repeated.
        let mut config: Config = rest.parse().map_err(|_| bad(NOT_A_URL))?;
        let has_at = |host: &Host| match host {
            Host::Tcp(host) => host.contains('@'),
            #[cfg(unix)]
            Host::Unix(path) => path.to_string_lossy().contains('@'),
        };
        if config.get_hosts().iter().any(has_at) {
            return Err(bad(RAW_AT));
        }
        let TlsParameters { mode, roots } = tls;
        let names_file = roots.as_deref().is_some_and(|roots| roots != "system");
        let (mode, check) = match mode.as_deref() {
            // As in libpq: a weaker mode would ignore the system's roots.
            None if roots.as_deref() == Some("system") => (SslMode::Require, CertificateCheck::Host),
            None | Some("prefer") => (SslMode::Prefer, CertificateCheck::None),
            Some("disable") => (SslMode::Disable, CertificateCheck::None),
            // As in libpq: naming a file of authorities asks for them to be checked.
            Some("require") if names_file => (SslMode::Require, CertificateCheck::Authority),
            Some("require") => (SslMode::Require, CertificateCheck::None),
            Some("verify-ca") => (SslMode::Require, CertificateCheck::Authority),
            Some("verify-full") => (SslMode::Require, CertificateCheck::Host),
            Some(_) => {
                return Err(bad("sslmode is one of disable, prefer, require, verify-ca, verify-full"));
            }
        };
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        config.ssl_mode(mode);
        let roots = match roots {
            Some(path) if path != "system" => TrustedRoots::File(PathBuf::from(path)),
            _ => TrustedRoots::System,
        };
        let name = name_of(&config);
        Ok(Address { config, check, roots, name })
    }
}

const NOT_A_URL: &str = "write it as postgres://user@host:port/database?sslmode=verify-full; a password follows the user after a colon, a socket's folder is the host, and special characters in either are written as %XX (/ as %2F)";
const RAW_AT: &str = "a host can't contain @: write @ in a password as %40";

fn bad(why: &str) -> Error {
    Error::BadInput { field: "PostgreSQL address", why: why.to_owned() }
}

/// User, hosts and database: enough to identify a store, and no secret.
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

/// The parameters that the driver does not take, or does not know all values of.
#[derive(Default)]
struct TlsParameters {
    mode: Option<String>,
    roots: Option<String>,
}

/// Removes `sslmode` and `sslrootcert` from the query of a URL.
fn split_tls_parameters(text: &str) -> (String, TlsParameters) {
    let mut tls = TlsParameters::default();
    // The driver reads everything before the first '@' as user and password, even a '?'.
    let host = text.find('@').unwrap_or_default();
    let mark = text.get(host..).and_then(|rest| rest.find('?')).map(|at| host + at);
    let Some((before, query)) = mark.and_then(|mark| text.split_at_checked(mark)) else {
        return (text.to_owned(), tls);
    };
    let mut others = Vec::new();
    for pair in query.trim_start_matches('?').split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => tls.mode = Some(percent_decoded(value)),
            Some(("sslrootcert", value)) => tls.roots = Some(percent_decoded(value)),
            _ => others.push(pair),
        }
    }
    let rest = if others.is_empty() { before.to_owned() } else { format!("{before}?{}", others.join("&")) };
    (rest, tls)
}

/// A text with each `%XX` replaced by its byte.
fn percent_decoded(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_means_what_it_means_to_libpq() {
        for (address, mode, check, roots) in [
            ("postgresql://h/d", SslMode::Prefer, CertificateCheck::None, TrustedRoots::System),
            (
                "postgresql://h/d?sslmode=disable",
                SslMode::Disable,
                CertificateCheck::None,
                TrustedRoots::System,
            ),
            (
                "postgresql://h/d?sslmode=require",
                SslMode::Require,
                CertificateCheck::None,
                TrustedRoots::System,
            ),
            (
                "postgresql://h/d?sslmode=require&sslrootcert=%2Fa%20b.pem&connect_timeout=3",
                SslMode::Require,
                CertificateCheck::Authority,
                TrustedRoots::File("/a b.pem".into()),
            ),
            (
                "postgres://h?sslmode=verify-ca",
                SslMode::Require,
                CertificateCheck::Authority,
                TrustedRoots::System,
            ),
            (
                "postgres://u:a%20b@h/d?sslrootcert=/it's%20here.pem&sslmode=verify-full",
                SslMode::Require,
                CertificateCheck::Host,
                TrustedRoots::File("/it's here.pem".into()),
            ),
            (
                "postgres://h?sslrootcert=system",
                SslMode::Require,
                CertificateCheck::Host,
                TrustedRoots::System,
            ),
        ] {
            let found = Address::parse(address).unwrap();
            assert_eq!(found.config.get_ssl_mode(), mode, "{address}");
            assert_eq!((found.check, found.roots), (check, roots), "{address}");
        }
        assert!(Address::parse("postgresql://h/d?sslmode=allow").is_err());
    }

    #[test]
    fn key_value_pairs_are_refused_with_the_form_of_a_url() {
        for pairs in ["host=h user=u dbname=d", "host=/run/pg port=5433", "h:5432/d", ""] {
            let error = Address::parse(pairs).unwrap_err().to_string();
            assert!(error.contains("postgres://user@host:port/database"), "{error}");
        }
        let socket = Address::parse("postgres://u@%2Frun%2Fpg:5433/d").unwrap();
        assert_eq!(socket.name, "postgresql://u@/run/pg:5433/d");
    }

    #[test]
    fn a_password_is_in_no_name_and_no_error() {
        let address = Address::parse("postgresql://u:se%20cret@%2Frun%2Fpg:5433/d").unwrap();
        assert_eq!(address.name, "postgresql://u@/run/pg:5433/d");
        assert_eq!(address.config.get_password(), Some("se cret".as_bytes()));
        assert!(!format!("{address:?}").contains("cret"));
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
