//! Upstreams behind TLS, with HTTP/2 and without.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::common::{LOW, LOW_USD, Process};
use crate::server;

/// What an upstream received: in which version, for which host, and how many bytes.
type Received = Arc<Mutex<Vec<(Version, String, usize)>>>;

/// Answers calls behind TLS, in the protocols that it offers; says where.
async fn upstream(protocols: &[&str]) -> (String, Received) {
    let file = |name: &str| server::shared().file(name);
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(file("server.pem")).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let received = Received::default();
    let all = Arc::clone(&received);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, all) = (acceptor.clone(), Arc::clone(&all));
            tokio::spawn(async move {
                // A client that does not trust it goes away.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request| answer(request, Arc::clone(&all)));
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (url, received)
}

async fn answer(request: Request<Incoming>, all: Received) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let host = parts.uri.host().map(str::to_owned);
    let host = host.or_else(|| Some(parts.headers.get("host")?.to_str().ok()?.split(':').next()?.to_owned()));
    let length = body.collect().await.unwrap().to_bytes().len();
    all.lock().unwrap().push((parts.version, host.unwrap_or_default(), length));
    let usage = r#"{"data":[{"b64_json":"eA=="}],"usage":{"input_tokens":8,"output_tokens":196}}"#;
    Ok(Response::new(Full::from(usage)))
}

async fn call(proxy: &Process) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let at = format!("http://{}/v1/images/generations", proxy.address);
    client.post(at).header("content-type", "application/json").body(LOW).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_is_spoken_to_in_its_best_protocol_if_its_certificate_is_trusted() {
    let authority = server::shared().file("ca.pem").display().to_string();
    let other = server::shared().file("other.pem").display().to_string();
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)]
    {
        let (url, received) = upstream(protocols).await;
        let proxy = Process::trusting(&authority, &url, "memory", &["--cap", "1"]);
        let response = call(&proxy).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-imgcost-settled"], LOW_USD);
        assert_eq!(*received.lock().unwrap(), [(version, "localhost".to_owned(), LOW.len())]);

        let proxy = Process::trusting(&other, &url, "memory", &["--cap", "1"]);
        assert_eq!(call(&proxy).await.status(), 502);
        assert_eq!(received.lock().unwrap().len(), 1);
    }
}

/// A proxy that opens tunnels, all to one place: where it is, and what it was asked for.
async fn tunnels_to(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://user:secret@{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let all = Arc::clone(&all);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                all.lock().unwrap().push(String::from_utf8(head).unwrap());
                let mut upstream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut upstream).await;
            });
        }
    });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_elsewhere_is_reached_through_the_proxy_that_the_environment_names() {
    let authority = server::shared().file("ca.pem").display().to_string();
    let (local, received) = upstream(&["h2", "http/1.1"]).await;
    let port = local.trim_start_matches("https://localhost:").trim_end_matches("/v1").parse().unwrap();
    let (tunnels, asked) = tunnels_to(port).await;
    let far = format!("https://images.example:{port}/v1");
    let start = |upstream: &str, environment: &[(&str, &str)]| {
        let trust = [("SSL_CERT_FILE", authority.as_str()), ("NO_PROXY", ""), ("no_proxy", "")];
        Process::with(&[&trust, environment].concat(), upstream, "memory", &["--cap", "1"])
    };
    let by_tunnel = [("HTTPS_PROXY", tunnels.as_str())];
    let response = call(&start(&far, &by_tunnel)).await;
    assert_eq!((response.status().as_u16(), received.lock().unwrap().len()), (200, 1));
    let head = asked.lock().unwrap().pop().unwrap();
    assert!(head.starts_with(&format!("CONNECT images.example:{port} HTTP/1.1\r\n")), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic dxnlcjpzzwnyzxq="), "{head}");
    // One on this machine is not, nor one that is named.
    assert_eq!(call(&start(&local, &by_tunnel)).await.status(), 200);
    let named = [by_tunnel[0], ("NO_PROXY", "images.example")];
    assert_eq!(call(&start(&far, &named)).await.status(), 502);
    assert!(asked.lock().unwrap().is_empty());
    // What can't be reached through it gets no response, and its error has no secret.
    let response = call(&start(&far, &[("HTTPS_PROXY", "https://user:secret@127.0.0.1:1")])).await;
    let error = response.text().await.unwrap();
    assert!(error.contains("upstream-unreachable") && error.contains("not at an http:// address"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}
