//! Calls that are given up at some point, by a timeout or by dropping them.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use std::time::Duration;

use crate::common::adapters::Adapter;
use crate::common::{booked, books, give_up, guard, holds, image, none_open, slow_books, states};
use futures_util::{FutureExt, StreamExt};
use imgcost_fake::{Behaviour, Fake};
use imgcost_ledger::State;
use reqwest::{Client, Request};
use tokio::time::sleep;

fn request(fake: &Fake, behaviour: Behaviour) -> Request {
    let request =
        Client::new().post(fake.at("/images/generations")).header("content-type", "application/json");
    request.header("x-fake", behaviour.as_str()).body(image().to_string()).build().unwrap()
}

#[tokio::test]
async fn given_up_before_the_response_it_is_presumed() {
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let (fake, guard, client) = (Fake::start().await, guard(&books), Client::new());
            let sent = adapter.send(&guard, &client, request(&fake, Behaviour::Hang));
            give_up(&fake, 1, sent).await;
            let hold = booked(&books).await;
            assert_eq!(hold.state, State::Presumed, "{adapter:?}");
            assert!(hold.reason.unwrap().contains("no whole response"));
        }
    }
}

#[tokio::test]
async fn given_up_while_the_ledger_is_asked_it_is_released_and_not_sent() {
    for adapter in Adapter::ALL {
        let books = slow_books("1");
        let (fake, guard, client) = (Fake::start().await, guard(&books), Client::new());
        let sent = adapter.send(&guard, &client, request(&fake, Behaviour::Ok));
        assert!(sent.now_or_never().is_none());
        sleep(Duration::from_millis(100)).await;
        assert_eq!(fake.count(), 0);
        if !holds(&books).is_empty() {
            assert_eq!(booked(&books).await.state, State::Released, "{adapter:?}");
        }
    }
}

#[tokio::test]
async fn a_response_that_nobody_reads_is_presumed_and_an_error_goes_by_its_status() {
    for adapter in Adapter::ALL {
        for (behaviour, state) in [
            (Behaviour::Ok, State::Presumed),
            (Behaviour::Slow, State::Presumed),
            (Behaviour::RateLimited, State::Released),
            (Behaviour::ServerError, State::Presumed),
            // Without its body, which error a 400 is can't be told.
            (Behaviour::InvalidRequest, State::Presumed),
        ] {
            let books = slow_books("1");
            let fake = Fake::start().await;
            drop(adapter.send(&guard(&books), &Client::new(), request(&fake, behaviour)).await.unwrap());
            assert_eq!(booked(&books).await.state, state, "{adapter:?} {behaviour:?}");
        }
    }
}

#[tokio::test]
async fn a_timeout_in_the_body_is_presumed() {
    for adapter in Adapter::ALL {
        let mut began = false;
        // On a busy machine the time may be over before the response begins: then again, with more.
        for seconds in [1, 5, 60] {
            let (fake, books) = (Fake::start().await, slow_books("1"));
            let client = Client::builder().timeout(Duration::from_secs(seconds)).build().unwrap();
            let sent = adapter.send(&guard(&books), &client, request(&fake, Behaviour::Stalled)).await;
            let Ok(response) = sent else { continue };
            let error = response.bytes().await.unwrap_err();
            assert!(error.is_timeout(), "{adapter:?}: {error:?}");
            assert_eq!(booked(&books).await.state, State::Presumed);
            began = true;
            break;
        }
        assert!(began, "no response ever began");
    }
}

#[tokio::test]
async fn a_client_that_reads_all_but_the_end_finds_it_settled() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, slow_books("1"));
        let mut response =
            adapter.send(&guard(&books), &Client::new(), request(&fake, Behaviour::Ok)).await.unwrap();
        let length = response.content_length().expect("the length passes through");
        let mut read = 0;
        while read < length {
            read += response.chunk().await.unwrap().unwrap().len() as u64;
        }
        // It is kept open: only the response's last byte settles it.
        assert_eq!(booked(&books).await.state, State::Settled, "{adapter:?}");
        drop(response);
    }
}

/// Each at another moment, from before the ledger has answered to after the end of the body: a call
/// that the API has received is never released, and none stays open.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_are_given_up_at_any_moment_are_booked_and_none_that_was_sent_is_released() {
    let times: usize = std::env::var("IMGCOST_ATTACK_TIMES").map_or(1, |times| times.parse().unwrap());
    for adapter in Adapter::ALL {
        for books in [books("100"), slow_books("100")] {
            let (fake, guard, client) = (Fake::start().await, guard(&books), Client::new());
            let calls = (0..40 * times).map(|number| {
                let behaviour = [Behaviour::Ok, Behaviour::Slow, Behaviour::Chunked, Behaviour::Torn];
                let request = request(&fake, behaviour[number % 4]);
                let (guard, client) = (guard.clone(), client.clone());
                let patience = Duration::from_millis(u64::try_from(number * 7 % 41).unwrap());
                async move {
                    let call = async {
                        let response = adapter.send(&guard, &client, request).await.ok()?;
                        // Some read it, some drop it unread.
                        if number % 3 > 0 { response.bytes().await.ok().map(drop) } else { None }
                    };
                    tokio::time::timeout(patience, call).await.is_ok()
                }
            });
            // Sixteen at a time.
            let mut calls = futures_util::stream::iter(calls).buffer_unordered(16);
            while calls.next().await.is_some() {}
            drop(calls);
            none_open(&books).await;
            let (received, states) = (fake.count(), states(&books));
            let released = states.iter().filter(|state| **state == State::Released).count();
            assert!(states.len() - released >= received, "{adapter:?}: {received} of {states:?}");
            assert!(received > 0, "{adapter:?}");
        }
    }
}
