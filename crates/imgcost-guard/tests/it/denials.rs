//! A denied call never reaches the server, and its error is got back in every client's own.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use crate::common::adapters::{Adapter, denial};
use crate::common::{books, guard, guard_with, image, slow_books, states};
use imgcost_fake::Fake;
use imgcost_guard::reqwest_middleware::GuardMiddleware;
use imgcost_guard::{Error, OnExceed, Policy};
use imgcost_ledger::State;
use reqwest::{Client, Request};
use serde_json::{Value, json};

fn request(fake: &Fake, body: &Value) -> Request {
    let request =
        Client::new().post(fake.at("/images/generations")).header("content-type", "application/json");
    request.body(body.to_string()).build().unwrap()
}

#[tokio::test]
async fn a_denied_call_never_reaches_the_server() {
    let with = |name: &str, value: Value| {
        let mut body = image();
        body[name] = value;
        body
    };
    let no_prompt = json!({"model": "gpt-image-2", "size": "1024x1024", "quality": "low"});
    for adapter in Adapter::ALL {
        for books in [books("0.02"), slow_books("0.02")] {
            let fake = Fake::start().await;
            let capped = guard_with(&books, Policy::default().per_call_cap("0.01".parse().unwrap()));
            let plain = guard(&books);
            for (guard, body, code) in [
                (&plain, with("n", 10.into()), "over-budget"),
                (&capped, with("n", 2.into()), "over-call-cap"),
                (&plain, with("size", "1x1".into()), "illegal-value"),
                (&plain, with("quality", "best".into()), "illegal-value"),
                (&plain, with("model", "gpt-image-9".into()), "unknown-model"),
                (&plain, no_prompt.clone(), "no-prompt"),
                (&plain.for_scope("nobody".parse().unwrap()), image(), "no-budget"),
            ] {
                let error = adapter.send(guard, &Client::new(), request(&fake, &body)).await.unwrap_err();
                assert_eq!(denial(&error).code(), code, "{adapter:?} {body}");
            }
            assert_eq!((fake.count(), states(&books).len()), (0, 0));
        }
    }
}

#[tokio::test]
async fn a_call_that_is_admitted_over_its_budget_is_made_and_booked() {
    for adapter in Adapter::ALL {
        for (on_exceed, made) in [
            (OnExceed::Warn, 1),
            (OnExceed::ask(|error| error.is_over_budget()), 1),
            (OnExceed::ask(|_| false), 0),
            (OnExceed::Deny, 0),
        ] {
            let books = slow_books("0.001");
            let (fake, guard) =
                (Fake::start().await, guard_with(&books, Policy::default().on_exceed(on_exceed)));
            let sent = adapter.send(&guard, &Client::new(), request(&fake, &image())).await;
            assert_eq!((fake.count(), sent.is_ok()), (made, made == 1));
            if let Ok(response) = sent {
                response.bytes().await.unwrap();
                assert_eq!(states(&books), [State::Settled]);
            }
        }
    }
}

#[tokio::test]
async fn reqwest_middleware_gives_the_error_back() {
    let (fake, books) = (Fake::start().await, books("0.001"));
    let client = reqwest_middleware::ClientBuilder::new(Client::new())
        .with(GuardMiddleware::new(guard(&books)))
        .build();
    let body = image().to_string();
    let sent = client.post(fake.at("/images/generations")).body(body).send().await;
    let Err(reqwest_middleware::Error::Middleware(error)) = sent else { panic!("{sent:?}") };
    assert!(matches!(error.downcast_ref::<Error>(), Some(Error::Refused(_))));
    assert!(error.to_string().contains("would fit") || error.to_string().contains("over budget"));
}
