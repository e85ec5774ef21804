//! Many calls at once, and a budget for some of them.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use crate::common::adapters::{Adapter, denial};
use crate::common::{books, guard, image, none_open, slow_books, states, usd};
use imgcost_fake::{self as fake, Fake};
use imgcost_guard::Error;
use imgcost_ledger::{NanoUsd, State};
use reqwest::Client;

/// What is held for one call.
fn ceiling() -> NanoUsd {
    let books = books("1");
    let body = image().to_string();
    let call = guard(&books).before("/images/generations", None, body.as_bytes()).unwrap().unwrap();
    call.hold().unwrap().amount()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_calls_on_a_budget_for_seven_exactly_seven_are_made() {
    let one = ceiling();
    for adapter in Adapter::ALL {
        let seven = NanoUsd::new(one.nano() * 8 - 1).unwrap().to_string();
        for books in [books(&seven), slow_books(&seven)] {
            let fake = Fake::start().await;
            // None is answered before all have asked.
            fake.script(&[fake::Behaviour::Slow; 50]);
            let (guard, client) = (guard(&books), Client::new());
            let calls = (0..50).map(|_| {
                let (guard, client, url) = (guard.clone(), client.clone(), fake.at("/images/generations"));
                tokio::spawn(async move {
                    let request = client.post(url).header("content-type", "application/json");
                    let request = request.body(image().to_string()).build().unwrap();
                    match adapter.send(&guard, &client, request).await {
                        Ok(response) => Ok(response.status()),
                        Err(error) => Err(denial(&error).clone()),
                    }
                })
            });
            let mut made = 0;
            for call in calls.collect::<Vec<_>>() {
                match call.await.unwrap() {
                    Ok(status) => {
                        assert_eq!(status, 200);
                        made += 1;
                    }
                    Err(error) => assert!(matches!(error, Error::Refused(_)), "{error}"),
                }
            }
            // Nobody read the responses: all seven count at their ceilings.
            assert_eq!((made, fake.count()), (7, 7), "{adapter:?}");
            none_open(&books).await;
            assert_eq!(states(&books), vec![State::Presumed; 7]);
            let status = books.status(None).unwrap().pop().unwrap();
            assert!(status.sums.used().nano() == one.nano() * 7 && usd(&seven) > status.sums.used());
        }
    }
}
