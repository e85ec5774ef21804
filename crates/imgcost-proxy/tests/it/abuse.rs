//! Requests that are too large, too slow, or mean harm.

use std::time::{Duration, Instant};

use imgcost_fake::Fake;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Choices, LOW, Rig, Scripted, config, exchange, read};

fn status(response: &str) -> u16 {
    response
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("{response:?}"))
}

#[tokio::test]
async fn only_requests_to_the_proxy_itself_are_taken() {
    let upstream =
        Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await;
    let mut config = config(&upstream.url, "1");
    config.hosts = vec!["proxy.internal".to_owned()];
    let rig = Rig::start(config).await;
    for (head, expected) in [
        ("GET /v1/models HTTP/1.1\r\nhost: localhost:4141", 200),
        ("GET /v1/models HTTP/1.1\r\nhost: Proxy.Internal", 200),
        ("GET /v1/models HTTP/1.1\r\nhost: [::1]:80", 200),
        ("GET /v1/models HTTP/1.1\r\nhost: rebound.example", 421),
        ("GET /v1/models HTTP/1.1\r\nhost: localhost.rebound.example", 421),
        ("GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: api.openai.com", 421),
        ("GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: localhost", 400),
        ("GET /v1/models HTTP/1.1\r\nhost: localhost\r\nhost: evil.example", 400),
        ("GET /v1/models HTTP/1.1", 400),
        ("CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443", 405),
        ("GET /v1/realtime HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket", 501),
        ("GET /v1/../admin HTTP/1.1\r\nhost: localhost", 400),
        ("GET /v1/%2e%2E/admin HTTP/1.1\r\nhost: localhost", 400),
        ("GET /v1/..%2fadmin HTTP/1.1\r\nhost: localhost", 400),
    ] {
        let response = exchange(rig.address, format!("{head}\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&response), expected, "{head}: {response}");
    }
    assert_eq!(upstream.received().len(), 3);
}

#[tokio::test]
async fn no_request_is_smuggled_behind_another() {
    let upstream = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    let hidden = "GET /v1/hidden HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "content-length: 4\r\ncontent-length: 5",
        "transfer-encoding: gzip, chunked\r\ncontent-length: 0",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding : chunked",
        "content-length: +4",
        "content-length: 4, 5",
        "content-length: 0x5",
    ] {
        let request =
            format!("POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\n{lengths}\r\n\r\n0\r\n\r\n{hidden}");
        let response = exchange(rig.address, request.as_bytes()).await;
        // Where the chunks count, they are all that is passed on, and the connection ends.
        assert!(
            status(&response) == 400 || response.contains("connection: close\r\n"),
            "{lengths}: {response}"
        );
    }
    for request in upstream.received() {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(!request.contains("hidden") && body == "0\r\n\r\n", "{request}");
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{request}");
    }
}

#[tokio::test]
async fn floods_of_headers_end_the_connection() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let many: String = (0..200).map(|count| format!("x-{count}: 1\r\n")).collect();
    let long = format!("x-long: {}\r\n", "a".repeat(200_000));
    for flood in [many, long] {
        let request = format!("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{flood}\r\n");
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        // The proxy may have closed it already.
        let _ = stream.write_all(request.as_bytes()).await;
        let response = read(&mut stream).await;
        assert!(response.is_empty() || status(&response) == 431, "{response}");
    }
}

#[tokio::test]
async fn slow_clients_are_given_up() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    (config.timeouts.head, config.timeouts.request) = (1, 1);
    let rig = Rig::start(config).await;
    let begun = Instant::now();
    // Half a head, and half a body.
    let mut half = TcpStream::connect(rig.address).await.unwrap();
    half.write_all(b"GET /v1/models HTTP/1.1\r\nhost: local").await.unwrap();
    let mut body = TcpStream::connect(rig.address).await.unwrap();
    let head =
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"model\"";
    body.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let response = read(&mut body).await;
    assert_eq!(status(&response), 408, "{response}");
    let response = read(&mut half).await;
    assert!(response.is_empty() || status(&response) == 408, "{response}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((fake.count(), rig.holds().len()), (0, 0));
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_with_413() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    (config.limits.body, config.limits.upload) = (100_000, 200_000);
    let rig = Rig::start(config).await;
    // By its length, before a byte of it came.
    let head =
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\n";
    assert_eq!(status(&exchange(rig.address, head.as_bytes()).await), 413);
    // By what came, of an image call and of another.
    for path in ["/v1/images/generations", "/v1/files"] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        for _ in 0..8 {
            if stream.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        let response = read(&mut stream).await;
        assert!(response.is_empty() || matches!(status(&response), 413 | 502), "{path}: {response}");
    }
    assert_eq!(rig.holds().len(), 0);
}

#[tokio::test]
async fn bodies_that_mean_harm_are_refused() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let deep =
        format!(r#"{{"model":"gpt-image-2","prompt":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let twice = LOW.replace('}', r#","n":1,"n":10}"#);
    for body in [deep.as_str(), twice.as_str(), "", "{", "null", "\u{0}"] {
        let response = rig.images(body).send().await.unwrap();
        assert_eq!(response.status(), 400, "{}", body.chars().take(80).collect::<String>());
    }
    let endless =
        format!("--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{}", "a".repeat(3_000_000));
    let form =
        rig.client.post(rig.at("/v1/images/edits")).header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(form.body(endless).send().await.unwrap().status(), 400);
    assert_eq!((fake.count(), rig.holds().len()), (0, 0));
}

/// Requests that are right, to be spoiled.
const HEADS: [&str; 3] = [
    "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 75\r\n\r\n",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\n\
     transfer-encoding: chunked\r\nx-imgcost-tag: a=b\r\nx-imgcost-scope: c\r\n\r\n2\r\n--\r\n0\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x0c\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\x7f\x7f",
];

#[tokio::test]
async fn spoiled_requests_harm_nobody() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let mut choices = Choices::new(12);
    for _ in 0..400 {
        let mut bytes = format!("{}{LOW}", choices.of(&HEADS)).into_bytes();
        for _ in 0..=choices.below(6) {
            let at = choices.below(bytes.len());
            match choices.below(4) {
                0 => bytes[at] = u8::try_from(choices.below(256)).unwrap(),
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, choices.of(b"\r\n\0 :;%/.\"{}[]0\xff")),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut response = Vec::new();
        let whole = stream.read_to_end(&mut response);
        // A reset is an end too.
        let _ = tokio::time::timeout(Duration::from_secs(20), whole).await.expect("it hangs");
    }
    let states = rig.holds();
    assert!(states.iter().all(|hold| hold.ceiling.nano() <= 1_000_000_000));
    assert_eq!(rig.images(LOW).header("x-imgcost-scope", "after").send().await.unwrap().status(), 200);
}
