//! An image API that answers every call at once with the same recorded usage: what the proxies of
//! benches/peers/proxy stand before. `proxy-upstream PORT IMAGE_BYTES`
#![allow(clippy::unwrap_used, reason = "a bench had better fail loudly")]

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const USAGE: &str = r#"{"input_tokens":8,"input_tokens_details":{"image_tokens":0,"text_tokens":8},"output_tokens":196,"output_tokens_details":{"image_tokens":196,"text_tokens":0},"total_tokens":204}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap().parse().unwrap();
    let image = "A".repeat(arguments.next().unwrap().parse().unwrap());
    let body = format!(
        r#"{{"created":1790000000,"data":[{{"b64_json":"{image}"}}],"quality":"low","size":"1024x1024","usage":{USAGE}}}"#
    );
    let body = Bytes::from(body);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let body = body.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let body = body.clone();
                async move {
                    let _ = request.into_body().collect().await;
                    let response = Response::builder().header("content-type", "application/json");
                    Ok::<_, Infallible>(response.body(Full::new(body)).unwrap())
                }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
