//! What is passed on, and how.

use std::time::{Duration, Instant};

use imgcost_fake::{Behaviour, Fake};
use imgcost_ledger::State;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::common::{LOW, LOW_USD, Rig, Scripted, config, exchange, read};

#[tokio::test]
async fn a_call_reaches_the_api_as_it_was_sent_and_says_what_it_cost() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let direct = rig.client.post(fake.at("/images/generations")).header("content-type", "application/json");
    let direct = direct.body(LOW).send().await.unwrap().bytes().await.unwrap();
    let response = rig.images(LOW).header("authorization", "Bearer sk-own").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-imgcost-held").as_deref(), Some(LOW_USD));
    assert_eq!(header("x-imgcost-settled").as_deref(), Some(LOW_USD));
    assert_eq!(header("x-imgcost-left").as_deref(), Some("0.99408"));
    assert!(header("x-imgcost-quote").unwrap().starts_with("q_"));
    assert_eq!(response.bytes().await.unwrap(), direct);
    let calls = fake.calls();
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(calls[1].body_bytes, LOW.len());
    assert!(calls[1].headers.iter().all(|(name, _)| !name.starts_with("x-imgcost-")));
    assert_eq!(rig.used().to_string(), LOW_USD);
}

#[tokio::test]
async fn what_concerns_a_connection_ends_with_it() {
    let upstream = Scripted::whole(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close, x-secret\r\nx-secret: a\r\nx-kept: b\r\n\
         keep-alive: timeout=5\r\nx-imgcost-left: 1000000\r\n\r\nok",
    )
    .await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    let request = "GET /v1/models?limit=2 HTTP/1.1\r\nhost: localhost\r\nconnection: close, x-hop\r\nx-hop: 1\r\n\
                   te: trailers\r\nproxy-authorization: Basic eA==\r\nx-through: 2\r\nx-imgcost-scope: b\r\n\r\n";
    let response = exchange(rig.address, request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\nok"), "{response}");
    assert!(response.contains("x-kept: b\r\n"));
    for gone in ["x-secret", "timeout=5", "1000000"] {
        assert!(!response.contains(gone), "{gone} in {response}");
    }
    let request = &upstream.received()[0];
    assert!(request.starts_with("GET /v1/models?limit=2 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-through: 2\r\n"));
    for gone in ["x-hop", "te: ", "proxy-", "x-imgcost", "localhost"] {
        assert!(!request.contains(gone), "{gone} in {request}");
    }
}

#[tokio::test]
async fn events_of_a_stream_are_passed_on_as_they_come() {
    let event = |kind: &str, more: &str| {
        let text = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"b64_json\":\"eA==\"{more}}}\n\n");
        format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
    };
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let usage = r#","usage":{"input_tokens":8,"output_tokens":196,"total_tokens":204,"input_tokens_details":{"text_tokens":8,"image_tokens":0}}"#;
    let pause = Duration::from_millis(1500);
    let upstream = Scripted::start(vec![
        (Duration::ZERO, head),
        (Duration::ZERO, event("image_generation.partial_image", "")),
        (pause, event("image_generation.completed", usage)),
        (Duration::ZERO, b"0\r\n\r\n".to_vec()),
    ])
    .await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    let body = LOW.replace('{', r#"{"stream":true,"partial_images":1,"#);
    let begun = Instant::now();
    let mut response = rig.images(&body).send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(begun.elapsed() < pause, "the first event waited for the second");
    assert!(first.starts_with(b"event: image_generation.partial_image\n"));
    while response.chunk().await.unwrap().is_some() {}
    assert_eq!(rig.ended().await, [State::Settled]);
    assert_eq!(rig.used().to_string(), LOW_USD);
}

#[tokio::test]
async fn a_client_that_takes_trailers_hears_at_the_end_what_a_stream_cost() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let body = LOW.replace('{', r#"{"stream":true,"#);
    let request = format!(
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         te: trailers\r\nconnection: te, close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let response = exchange(rig.address, request.as_bytes()).await;
    assert!(
        response.contains("\r\ntrailer: x-imgcost-settled\r\n"),
        "{}",
        response.chars().take(900).collect::<String>()
    );
    assert!(response.ends_with(&format!("\r\n0\r\nx-imgcost-settled: {LOW_USD}\r\n\r\n")));
}

#[tokio::test]
async fn a_call_whose_client_goes_away_in_the_middle_is_booked_at_its_usage() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    for behaviour in [Behaviour::Slow, Behaviour::Chunked] {
        fake.script(&[behaviour]);
        let mut response = rig.images(LOW).send().await.unwrap();
        response.chunk().await.unwrap();
        drop(response);
        let states = rig.ended().await;
        assert!(states.iter().all(|state| *state == State::Settled), "{behaviour:?}: {:?}", rig.holds());
    }
    assert_eq!(rig.used().to_string(), "0.01184");
}

#[tokio::test]
async fn a_call_whose_client_goes_away_before_its_response_is_booked_at_its_usage() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 101\r\n\r\n";
    let usage = r#"{"data":[{"b64_json":"eA=="}],"usage":{"input_tokens":8,"output_tokens":196,"total_tokens":204     }}"#;
    assert_eq!(usage.len(), 101);
    let upstream =
        Scripted::start(vec![(Duration::from_millis(700), format!("{head}{usage}").into_bytes())]).await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let request = format!(
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{LOW}",
        LOW.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(stream);
    assert_eq!(rig.ended().await, [State::Settled]);
    assert_eq!(rig.used().to_string(), LOW_USD);
}

#[tokio::test]
async fn a_client_is_told_to_go_on_before_it_sends_a_body() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let head = format!(
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        LOW.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(LOW.as_bytes()).await.unwrap();
    assert!(read(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(fake.calls()[0].header("expect"), None);
}

#[tokio::test]
async fn http_2_is_spoken_without_tls_too() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let request = client.post(rig.at("/v1/images/generations")).header("content-type", "application/json");
    let response = request.body(LOW).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, reqwest::Version::HTTP_2));
    assert_eq!(response.headers()["x-imgcost-settled"], LOW_USD);
}

#[tokio::test]
async fn calls_that_make_no_image_pass_and_cost_nothing() {
    let upstream = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let rig = Rig::start(config(&upstream.url, "0")).await;
    for (path, body) in [
        ("/v1/chat/completions", r#"{"model":"gpt-5.1","messages":[]}"#),
        ("/v1/responses", r#"{"model":"gpt-5.1","input":"hello"}"#),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":"x"}"#),
        ("/v1/files", "any bytes"),
    ] {
        let request = rig.client.post(rig.at(path)).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.headers().get("x-imgcost-held").is_none());
    }
    assert_eq!(upstream.received().len(), 4);
    assert_eq!(rig.holds().len(), 0);
}

const USAGE: &str = r#"{"data":[{"b64_json":"eA=="}],"usage":{"input_tokens":8,"output_tokens":196}}"#;

/// A response in one chunk, with these headers and trailers.
fn chunked(headers: &str, trailers: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
    format!("{head}{headers}\r\n{:x}\r\n{USAGE}\r\n0\r\n{trailers}\r\n", USAGE.len())
}

#[tokio::test]
async fn a_length_beside_an_encoding_cuts_no_response_off() {
    let upstream = Scripted::whole(&chunked("content-length: 3\r\n", "")).await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    assert_eq!(rig.images(LOW).send().await.unwrap().text().await.unwrap(), USAGE);
    assert_eq!(rig.client.get(rig.at("/v1/models")).send().await.unwrap().text().await.unwrap(), USAGE);
}

#[tokio::test]
async fn an_upstream_can_not_say_what_a_call_was_booked_at() {
    let upstream =
        Scripted::whole(&chunked("trailer: x-imgcost-settled\r\n", "x-imgcost-settled: 0\r\n")).await;
    let rig = Rig::start(config(&upstream.url, "1")).await;
    let request = format!(
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         te: trailers\r\nconnection: te, close\r\ncontent-length: {}\r\n\r\n{LOW}",
        LOW.len()
    );
    let response = exchange(rig.address, request.as_bytes()).await;
    assert!(response.ends_with(&format!("\r\n0\r\nx-imgcost-settled: {LOW_USD}\r\n\r\n")), "{response}");
}
