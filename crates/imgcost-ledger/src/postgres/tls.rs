//! TLS, with as much checking of the server's certificate as the address asks for.
//!
//! rustls over ring. Nothing of the system is used except its list of authorities.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

use super::address::{Address, CertificateCheck, TrustedRoots};

/// The connector for connections to an address.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, Error> {
    let unfit = |why: String| Error::Unfit { store: address.name.clone(), why };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let full = match address.check {
        CertificateCheck::None => None,
        CertificateCheck::Authority | CertificateCheck::Host => {
            let roots = trusted_roots(&address.roots).map_err(unfit)?;
            let full = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
            Some(full.build().map_err(|error| unfit(format!("its authorities can't be used: {error}")))?)
        }
    };
    let check_host = address.check == CertificateCheck::Host;
    let algorithms = provider.signature_verification_algorithms;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(CertificateVerifier { full, check_host, algorithms }))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn trusted_roots(roots: &TrustedRoots) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    match roots {
        TrustedRoots::System => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() {
                return Err("the system has no list of certificate authorities".to_owned());
            }
        }
        TrustedRoots::File(path) => {
            let shown = path.display();
            let read = |error| format!("sslrootcert {shown} can't be read: {error}");
            for certificate in CertificateDer::pem_file_iter(path).map_err(read)? {
                let certificate = certificate.map_err(read)?;
                store.add(certificate).map_err(|error| format!("sslrootcert {shown}: {error}"))?;
            }
            if store.is_empty() {
                return Err(format!("sslrootcert {shown} has no certificate"));
            }
        }
    }
    Ok(store)
}

/// Checks as much of a certificate as `sslmode` asks for. The handshake's signature is always
/// checked, so that the connection is with the owner of the certificate it presented.
#[derive(Debug)]
struct CertificateVerifier {
    /// None for `require` and `prefer`: any certificate is accepted.
    full: Option<Arc<WebPkiServerVerifier>>,
    /// False for `verify-ca`: the certificate may be for another host.
    check_host: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(full) = &self.full else { return Ok(ServerCertVerified::assertion()) };
        match full.verify_server_cert(certificate, intermediates, host, ocsp_response, now) {
            // The host is checked last, so the certificate has passed everything else.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_host => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
