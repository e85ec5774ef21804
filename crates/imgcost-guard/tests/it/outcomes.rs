//! Every way a call can end, through every adapter, over a ledger that answers at once and
//! one that does not: the table of docs/outcomes.md.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use std::time::Duration;

use crate::common::adapters::Adapter;
use crate::common::{Books, booked, books, guard, image, only_hold, slow_books};
use futures_util::future::join_all;
use imgcost_fake::{Behaviour, Fake};
use imgcost_ledger::{Hold, NanoUsd, State};
use reqwest::{Client, Request};
use serde_json::Value;

fn request(client: &Client, fake: &Fake, body: &Value, behaviour: Behaviour) -> Request {
    client
        .post(fake.at("/images/generations"))
        .header("content-type", "application/json")
        .header("x-fake", behaviour.as_str())
        .body(body.to_string())
        .build()
        .unwrap()
}

/// Only a call that is never answered waits as long as it may.
fn client(behaviour: Behaviour) -> Client {
    let seconds = if behaviour == Behaviour::Hang { 5 } else { 120 };
    Client::builder().timeout(Duration::from_secs(seconds)).build().unwrap()
}

/// Meets a behaviour, reads what comes, and hands the hold over: as it is at once
/// where the whole response was read, else as it is booked.
async fn meet(adapter: Adapter, books: &Books, body: &Value, behaviour: Behaviour) -> Hold {
    let (fake, client) = (Fake::start().await, client(behaviour));
    let sent = adapter.send(&guard(books), &client, request(&client, &fake, body, behaviour)).await;
    let whole = match sent {
        Ok(response) => response.bytes().await.is_ok(),
        Err(_) => false,
    };
    assert_eq!(fake.count(), 1);
    if whole { only_hold(books) } else { booked(books).await }
}

async fn everywhere(body: &Value, behaviour: Behaviour, check: impl Fn(&Hold)) {
    let ledgers = Adapter::ALL.into_iter().flat_map(|adapter| {
        [books("1"), slow_books("1")].map(|books| async move {
            let hold = meet(adapter, &books, body, behaviour).await;
            println!("{adapter:?} {behaviour:?}: {:?} {:?}", hold.state, hold.reason);
            hold
        })
    });
    join_all(ledgers).await.iter().for_each(check);
}

#[tokio::test]
async fn a_response_with_usage_is_settled_by_it() {
    for behaviour in [Behaviour::Ok, Behaviour::TokenDetails, Behaviour::Chunked, Behaviour::Slow] {
        everywhere(&image(), behaviour, |hold| {
            assert_eq!(hold.state, State::Settled, "{behaviour:?}");
            assert_eq!(hold.overrun(), NanoUsd::ZERO);
            assert!(hold.cost.unwrap() > NanoUsd::ZERO && hold.cost.unwrap() <= hold.ceiling);
            assert!(hold.usage.as_ref().unwrap().contains("output"));
        })
        .await;
    }
}

#[tokio::test]
async fn usage_without_its_split_is_settled_at_the_dearest() {
    everywhere(&image(), Behaviour::NoSplit, |hold| {
        assert_eq!(hold.state, State::Settled);
        assert!(hold.cost.unwrap() > NanoUsd::ZERO);
    })
    .await;
}

#[tokio::test]
async fn fewer_images_than_asked_for_are_settled_as_they_came() {
    let mut body = image();
    body["n"] = 3.into();
    everywhere(&body, Behaviour::FewerImages, |hold| {
        assert_eq!(hold.state, State::Settled);
        assert!(hold.cost.unwrap().nano() * 10 < hold.ceiling.nano() * 7, "{hold:?}");
    })
    .await;
}

#[tokio::test]
async fn a_bill_above_its_ceiling_is_booked_in_full() {
    everywhere(&image(), Behaviour::AboveCeiling, |hold| {
        assert_eq!(hold.state, State::Settled);
        assert!(hold.overrun() > NanoUsd::ZERO && hold.cost.unwrap() > hold.ceiling, "{hold:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_before_a_image_is_released() {
    for (behaviour, status) in [
        (Behaviour::InvalidRequest, "400"),
        (Behaviour::Unauthorized, "401"),
        (Behaviour::Forbidden, "403"),
        (Behaviour::NotFound, "404"),
        (Behaviour::TooLarge, "413"),
        (Behaviour::RateLimited, "429"),
        (Behaviour::NoQuota, "429"),
    ] {
        everywhere(&image(), behaviour, |hold| {
            assert_eq!(hold.state, State::Released, "{behaviour:?}");
            let reason = hold.reason.as_deref().unwrap();
            assert!(reason.contains(status) && reason.contains("openai"), "{reason}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_may_have_made_a_image_is_presumed() {
    for (behaviour, word) in [
        (Behaviour::ModerationBlocked, "moderation_blocked"),
        (Behaviour::ServerError, "500"),
        (Behaviour::Unavailable, "503"),
        (Behaviour::NoUsage, "used"),
        (Behaviour::Torn, "broke off"),
        (Behaviour::Reset, "no whole response"),
        (Behaviour::Hang, "no whole response"),
    ] {
        everywhere(&image(), behaviour, |hold| {
            assert_eq!((hold.state, hold.cost), (State::Presumed, None), "{behaviour:?}");
            assert!(hold.reason.as_deref().unwrap().contains(word), "{:?}", hold.reason);
        })
        .await;
    }
}

#[tokio::test]
async fn what_could_not_be_sent_is_released() {
    // A port that nobody listens on.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let client = client(Behaviour::Ok);
            let request = client.post(format!("http://{address}/v1/images/generations"));
            let request = request.header("content-type", "application/json").body(image().to_string());
            let error = adapter.send(&guard(&books), &client, request.build().unwrap()).await.unwrap_err();
            assert!(error.downcast_ref::<imgcost_guard::Error>().is_none());
            let hold = booked(&books).await;
            // The tower layer knows no client's errors: one has to tell it what they mean.
            let (state, word) = match adapter {
                Adapter::Tower => (State::Presumed, "no whole response"),
                _ => (State::Released, "not sent"),
            };
            assert_eq!(hold.state, state, "{adapter:?}");
            assert!(hold.reason.unwrap().contains(word));
        }
    }
}
