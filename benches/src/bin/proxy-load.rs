//! Calls an image API over kept connections and prints how long calls took, as JSON:
//! `proxy-load URL CONNECTIONS SECONDS RATE`. With a rate, calls are due at fixed times and a late one
//! counts from when it was due, so that a pause is not hidden by the calls that it held up; 0 is as
//! fast as it goes.
#![allow(clippy::unwrap_used, reason = "a bench had better fail loudly")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const BODY: &str = r#"{"model":"gpt-image-2","prompt":"a fox","quality":"low","size":"1024x1024"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, connections, seconds, rate] = arguments.as_slice() else {
        eprintln!("usage: proxy-load URL CONNECTIONS SECONDS RATE");
        std::process::exit(2);
    };
    let connections: u32 = connections.parse().unwrap();
    let (seconds, rate): (f64, f64) = (seconds.parse().unwrap(), rate.parse().unwrap());
    let begin = Instant::now() + Duration::from_millis(200);
    let end = begin + Duration::from_secs_f64(seconds);
    let interval = (rate > 0.0).then(|| Duration::from_secs_f64(f64::from(connections) / rate));
    let tasks: Vec<_> = (0..connections)
        .map(|number| {
            let first = begin + interval.unwrap_or_default() * number / connections;
            tokio::spawn(connection(url.clone(), first, interval, end))
        })
        .collect();
    let (mut times, mut failed) = (Vec::new(), 0_u64);
    for task in tasks {
        let (of_task, failures) = task.await.unwrap();
        times.extend(of_task);
        failed += failures;
    }
    times.sort_unstable();
    let at = |share: f64| {
        let index = (share * times.len() as f64) as usize;
        times.get(index.min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    println!(
        r#"{{"calls":{},"failed":{failed},"per_second":{:.1},"p50_us":{:.1},"p90_us":{:.1},"p99_us":{:.1}}}"#,
        times.len(),
        times.len() as f64 / seconds,
        at(0.5),
        at(0.9),
        at(0.99),
    );
}

async fn connection(
    url: String,
    first: Instant,
    interval: Option<Duration>,
    end: Instant,
) -> (Vec<Duration>, u64) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let stream = TcpStream::connect(host).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (mut times, mut failed) = (Vec::new(), 0);
    let mut due = first;
    while due < end && Instant::now() < end {
        let is_late = Instant::now() > due;
        // A timer's tick is a millisecond: one that is due already would still wait for the next.
        if Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
        }
        // A timer's own lateness is not the API's.
        let since = if is_late { due } else { Instant::now() };
        let request = Request::post(format!("/{path}"))
            .header("host", host)
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-bench")
            .body(Full::new(Bytes::from_static(BODY.as_bytes())))
            .unwrap();
        sender.ready().await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        let is_success = response.status().is_success();
        let _ = response.into_body().collect().await.unwrap();
        if is_success {
            times.push(since.elapsed())
        } else {
            failed += 1
        }
        // Without a rate each is due when the one before it has ended.
        due = interval.map_or_else(Instant::now, |interval| due + interval);
    }
    (times, failed)
}
