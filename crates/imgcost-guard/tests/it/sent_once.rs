//! One admission, one send: what reqwest does below the guard, by its own retries and by
//! redirects, neither frees money that may have been billed nor sends a call twice.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::common::adapters::{Adapter, BoxError};
use crate::common::{self, Books, booked, books, guard, guard_with, image, only_hold, slow_books};
use async_openai::error::OpenAIError;
use async_openai::middleware::retry::OpenAIRetryLayer;
use async_openai::middleware::{HttpRequestFactory, ReqwestService};
use imgcost_fake::{Behaviour, Fake};
use imgcost_guard::reqwest_middleware::GuardMiddleware;
use imgcost_guard::tower::refused_connection;
use imgcost_guard::{Error, Guard, Policy, async_openai as openai, tower as http_tower};
use imgcost_ledger::{NanoUsd, State};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Body, Client, ClientBuilder, Request, Response};
use tokio::net::TcpSocket;
use tower::{Layer, ServiceExt, service_fn};

const DRAWN: &str = r#"{"data":[{"b64_json":"aaaa"}],"usage":{"input_tokens":9,"output_tokens":196}}"#;

/// A server that gives these responses, one a connection, and does not listen any more when
/// it sends the last. Joined, it hands out the requests that it got.
fn server(responses: Vec<String>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut requests, mut listener) = (Vec::new(), Some(listener));
        let last = responses.len() - 1;
        for (index, response) in responses.iter().enumerate() {
            let (mut stream, _) = listener.as_ref().unwrap().accept().unwrap();
            requests.push(received(&mut stream));
            if index == last {
                listener = None;
            }
            stream.write_all(response.as_bytes()).unwrap();
        }
        requests
    });
    (address, thread)
}

/// A request, head and body.
fn received(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "it broke off: {text}");
        bytes.extend(&buffer[..read]);
    }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn redirect(status: &str, location: &str) -> String {
    response(status, &format!("location: {location}\r\n"), "")
}

/// An address that nobody listens at, kept from everybody else while it is in use.
struct Dead(TcpSocket);

fn dead() -> Dead {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Dead(socket)
}

impl Dead {
    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

/// A resolver that knows no name.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, name: Name) -> Resolving {
        let error = std::io::Error::other(format!("no address of {}", name.as_str()));
        Box::pin(async move { Err(error.into()) })
    }
}

/// A client that finds no names, and otherwise is reqwest's default.
fn client() -> ClientBuilder {
    Client::builder().dns_resolver(Arc::new(NoNames))
}

/// A client that sends a call again after any error or 5xx.
fn retrying(address: SocketAddr) -> Client {
    let retry = reqwest::retry::for_host(address.ip().to_string()).no_budget().max_retries_per_request(2);
    let retry = retry.classify_fn(|attempt| match attempt.status() {
        Some(status) if !status.is_server_error() => attempt.success(),
        _ => attempt.retryable(),
    });
    client().retry(retry).build().unwrap()
}

fn request(address: SocketAddr) -> Request {
    let request = Client::new().post(format!("http://{address}/v1/images/generations"));
    request.header("content-type", "application/json").body(image().to_string()).build().unwrap()
}

fn attempts(n: u32) -> Policy {
    Policy::default().attempts(NonZeroU32::new(n).unwrap())
}

#[tokio::test]
async fn a_retry_inside_reqwest_that_finds_nobody_frees_nothing() {
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let (address, server) = server(vec![response("500 Oh", "", "")]);
            let sent = adapter.send(&guard(&books), &retrying(address), request(address)).await;
            assert_eq!(booked(&books).await.state, State::Presumed, "{adapter:?}: {sent:?}");
            assert_eq!(server.join().unwrap().len(), 1);
            // The tower layer takes any body, and so can't stop a client from sending it again.
            if adapter != Adapter::Tower {
                assert_eq!(sent.unwrap().status(), 500, "{adapter:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_frees_nothing() {
    let dead = dead();
    for adapter in Adapter::ALL {
        for location in [
            format!("http://{}/image", dead.address()),
            format!("https://{}/image", dead.address()),
            "http://no.such.name/image".to_owned(),
            "ftp://127.0.0.1/image".to_owned(),
        ] {
            let books = books("1");
            let (address, server) = server(vec![redirect("303 See Other", &location)]);
            let client = client().build().unwrap();
            let error = adapter.send(&guard(&books), &client, request(address)).await.unwrap_err();
            assert_eq!(booked(&books).await.state, State::Presumed, "{adapter:?} {location}: {error}");
            assert_eq!(server.join().unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_redirect_that_fetches_the_image_is_followed_and_settled() {
    for adapter in Adapter::ALL {
        for status in ["301 Moved", "302 Found", "303 See Other"] {
            let books = books("1");
            let (address, server) = server(vec![redirect(status, "/image"), response("200 OK", "", DRAWN)]);
            let client = client().build().unwrap();
            let response = adapter.send(&guard(&books), &client, request(address)).await.unwrap();
            assert_eq!(response.text().await.unwrap(), DRAWN);
            assert_eq!(booked(&books).await.state, State::Settled, "{adapter:?} {status}");
            let requests = server.join().unwrap();
            assert!(requests[0].starts_with("POST") && requests[1].starts_with("GET"), "{requests:?}");
        }
    }
}

#[tokio::test]
async fn a_redirect_that_would_send_the_call_again_is_the_response() {
    for adapter in [Adapter::AsyncOpenAi, Adapter::ReqwestMiddleware] {
        for status in ["307 Temporary Redirect", "308 Permanent Redirect"] {
            let books = books("1");
            let (address, server) = server(vec![redirect(status, "/v1/images/generations")]);
            let client = client().build().unwrap();
            let response = adapter.send(&guard(&books), &client, request(address)).await.unwrap();
            assert_eq!(response.status().as_str(), &status[..3]);
            response.bytes().await.unwrap();
            assert_eq!(booked(&books).await.state, State::Presumed, "{adapter:?} {status}");
            assert_eq!(server.join().unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn the_body_is_sent_whole_and_with_its_length() {
    for adapter in Adapter::ALL {
        for policy in [Policy::default(), attempts(2)] {
            let books = books("1");
            let (address, server) = server(vec![response("200 OK", "", DRAWN)]);
            let guard = guard_with(&books, policy);
            adapter.send(&guard, &Client::new(), request(address)).await.unwrap().bytes().await.unwrap();
            let requests = server.join().unwrap();
            let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
            assert_eq!(body, image().to_string());
            assert!(head.contains(&format!("content-length: {}", body.len())), "{adapter:?}: {head}");
            assert!(!head.contains("transfer-encoding"), "{adapter:?}: {head}");
        }
    }
}

#[tokio::test]
async fn a_client_may_send_again_what_is_held_for_and_each_attempt_counts() {
    let redirects = ["307 Temporary Redirect", "308 Permanent Redirect"];
    let responses = redirects.map(|status| redirect(status, "/v1/images/generations"));
    for first in [response("500 Oh", "", ""), responses[0].clone(), responses[1].clone()] {
        let books = books("1");
        let (address, server) = server(vec![first, response("200 OK", "", DRAWN)]);
        let guard = guard_with(&books, attempts(2));
        let adapter = Adapter::ReqwestMiddleware;
        let response = adapter.send(&guard, &retrying(address), request(address)).await.unwrap();
        assert_eq!(response.text().await.unwrap(), DRAWN);
        assert_eq!(server.join().unwrap().len(), 2);
        let hold = booked(&books).await;
        assert_eq!((hold.state, hold.cost), (State::Settled, Some(one_and_a_ceiling(&hold.ceiling))));
    }
}

/// The cost of [`DRAWN`], and half of what is held for two attempts.
fn one_and_a_ceiling(held: &NanoUsd) -> NanoUsd {
    common::usd("0.005925").checked_add(NanoUsd::new(held.nano() / 2).unwrap()).unwrap()
}

#[tokio::test]
async fn what_never_left_the_client_is_released_whatever_failed() {
    struct Breaks;
    #[async_trait::async_trait]
    impl reqwest_middleware::Middleware for Breaks {
        async fn handle(
            &self,
            _: Request,
            _: &mut http::Extensions,
            _: reqwest_middleware::Next<'_>,
        ) -> reqwest_middleware::Result<Response> {
            Err(reqwest_middleware::Error::middleware(std::io::Error::other("overloaded")))
        }
    }
    let books = books("1");
    let client = reqwest_middleware::ClientBuilder::new(Client::new())
        .with(GuardMiddleware::new(guard(&books)))
        .with(Breaks)
        .build();
    client.execute(request(dead().address())).await.unwrap_err();
    let hold = booked(&books).await;
    assert!(hold.state == State::Released && hold.reason.unwrap().contains("not sent"));
}

#[tokio::test]
async fn a_tower_service_that_sends_once_may_tell_what_was_not_sent() {
    let dead = dead();
    for (tells, state) in [(true, State::Released), (false, State::Presumed)] {
        let books = books("1");
        let client = client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let transport = service_fn(move |request: http::Request<Body>| {
            let client = client.clone();
            async move { client.execute(request.try_into()?).await.map(http::Response::<Body>::from) }
        });
        let layer = http_tower::GuardLayer::new(guard(&books));
        let layer = if tells { layer.not_sent(refused_connection) } else { layer };
        let request = http::Request::post(format!("http://{}/v1/images/generations", dead.address()));
        let request = request.body(Body::from(image().to_string())).unwrap();
        layer.layer(transport).oneshot(request).await.unwrap_err();
        assert_eq!(booked(&books).await.state, state);
    }
}

/// A call through async-openai's retries, which are inside the guard.
async fn retried(guard: &Guard, fake: &Fake) -> Result<Response, OpenAIError> {
    let inner = OpenAIRetryLayer::new(2).layer(ReqwestService::new(Client::new()));
    let url = fake.at("/images/generations");
    let factory = HttpRequestFactory::new(move || {
        let request = Client::new().post(url.clone()).header("content-type", "application/json");
        let request = request.body(image().to_string()).build();
        async move { request.map_err(OpenAIError::Reqwest) }
    });
    openai::GuardLayer::new(guard.clone()).layer(inner).oneshot(factory).await
}

#[tokio::test]
async fn async_openai_sends_no_more_often_than_is_held_for() {
    let (fake, books) = (Fake::start().await, books("1"));
    fake.script(&[Behaviour::ServerError]);
    let error = BoxError::from(retried(&guard(&books), &fake).await.unwrap_err());
    let OpenAIError::Boxed(error) = *error.downcast::<OpenAIError>().unwrap() else { panic!("not boxed") };
    assert!(matches!(error.downcast_ref(), Some(Error::SentTooOften { allowed: 1 })), "{error}");
    assert!(error.to_string().contains("Policy::attempts"), "{error}");
    assert_eq!((fake.count(), booked(&books).await.state), (1, State::Presumed));
}

#[tokio::test]
async fn async_openai_counts_the_attempts_that_were_made() {
    for (script, sent) in [(&[][..], 1), (&[Behaviour::ServerError][..], 2)] {
        let (fake, books) = (Fake::start().await, slow_books("1"));
        fake.script(script);
        let guard = guard_with(&books, attempts(3));
        retried(&guard, &fake).await.unwrap().bytes().await.unwrap();
        assert_eq!(fake.count(), sent);
        let (hold, one) = (only_hold(&books), cost_of_one(&fake).await);
        let ceilings = hold.ceiling.nano() / 3 * (sent as u64 - 1);
        assert_eq!(hold.cost.unwrap().nano(), one.nano() + ceilings, "{hold:?}");
    }
}

/// What the fake's image costs alone.
async fn cost_of_one(fake: &Fake) -> NanoUsd {
    let books: Books = books("1");
    retried(&guard(&books), fake).await.unwrap().bytes().await.unwrap();
    only_hold(&books).cost.unwrap()
}

#[tokio::test]
async fn a_call_that_is_shed_was_not_sent() {
    let books = books("1");
    let never_ready = tower::service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::io::Error>(http::Response::new(Body::default()))
    });
    // One permit, which is taken: the limit is not ready, and the load is shed.
    let taken = Arc::new(tokio::sync::Semaphore::new(1));
    let limited = tower::ServiceBuilder::new()
        .layer(http_tower::GuardLayer::new(guard(&books)))
        .load_shed()
        .layer(tower::limit::GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&taken)))
        .service(never_ready);
    let _permit = taken.acquire().await.unwrap();
    let request = http::Request::post("http://127.0.0.1/v1/images/generations");
    let request = request.header("content-type", "application/json");
    let error = limited.oneshot(request.body(Body::from(image().to_string())).unwrap()).await.unwrap_err();
    assert!(error.is::<tower::load_shed::error::Overloaded>(), "{error}");
    assert_eq!(only_hold(&books).state, State::Released);
}
