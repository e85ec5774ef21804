//! A ledger that can't answer: no call is made, and what was made is told.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::common::adapters::{Adapter, denial};
use crate::common::slow::SlowLedger;
use crate::common::{self, Books, builder, image, only_hold, usd};
use futures_util::FutureExt;
use imgcost_fake::{Behaviour, Fake};
use imgcost_guard::{Error, Event, Guard, Outage, Policy};
use imgcost_ledger::{Budget, Cap, Change, Ledger, State, Window};
use reqwest::{Client, Request};

struct Setup {
    ledger: Arc<SlowLedger>,
    books: Books,
    guard: Guard,
    notices: Arc<Mutex<Vec<Event>>>,
}

fn setup() -> Setup {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd("1")));
    ledger.set_budget(&budget, "test").unwrap();
    let (books, notices): (Books, _) = (ledger.clone(), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&notices);
    let guard = builder(&books)
        .on_event(common::beside_calls(move |event| heard.lock().unwrap().push(event.clone())))
        .build()
        .unwrap();
    Setup { ledger, books, guard, notices }
}

fn request(fake: &Fake, behaviour: Behaviour) -> Request {
    let request =
        Client::new().post(fake.at("/images/generations")).header("content-type", "application/json");
    request.header("x-fake", behaviour.as_str()).body(image().to_string()).build().unwrap()
}

#[tokio::test]
async fn while_the_ledger_is_down_calls_are_denied() {
    for adapter in Adapter::ALL {
        let (fake, setup) = (Fake::start().await, setup());
        setup.ledger.set_down(true);
        let error =
            adapter.send(&setup.guard, &Client::new(), request(&fake, Behaviour::Ok)).await.unwrap_err();
        assert!(matches!(denial(&error), Error::Ledger(failure) if failure.is_failure()));
        assert_eq!(fake.count(), 0);
        setup.ledger.set_down(false);
        assert!(adapter.send(&setup.guard, &Client::new(), request(&fake, Behaviour::Ok)).await.is_ok());
    }
}

#[tokio::test]
async fn an_image_that_was_paid_is_delivered_and_the_failure_told() {
    for adapter in Adapter::ALL {
        let (fake, setup) = (Fake::start().await, setup());
        let response =
            adapter.send(&setup.guard, &Client::new(), request(&fake, Behaviour::Slow)).await.unwrap();
        setup.ledger.set_down(true);
        assert!(response.bytes().await.unwrap().len() > 10_000);
        let notices = setup.notices.lock().unwrap().clone();
        let [Event::NotBooked { hold, error: Error::Ledger(_), change }] = &notices[..] else {
            panic!("{adapter:?}: {notices:?}")
        };
        // Money is never freed by silence: it still counts.
        let row = only_hold(&setup.books);
        assert_eq!((&row.id, row.state), (hold, State::Held));
        // The bill was in hand: it is told with the failure, and booked when the ledger is back.
        assert!(matches!(change, Some(Change::Settle { usage: Some(_), .. })), "{change:?}");
        assert_eq!(setup.guard.drain_async().await, 1);
        setup.ledger.set_down(false);
        assert_eq!(setup.guard.drain_async().await, 0);
        assert_eq!(only_hold(&setup.books).state, State::Settled);
    }
}

#[tokio::test]
async fn a_lost_response_is_asked_for_again() {
    let setup = setup();
    let mut request = setup.guard.request("gpt-image-2");
    request.prompt = Some(imgcost_core::Prompt::of_tokens(3));
    request.size = Some("1024x1024".parse().unwrap());
    setup.ledger.lose_next_response();
    let hold = setup.guard.hold_async(&request).await.unwrap();
    assert_eq!(&only_hold(&setup.books).id, hold.id());
    setup.ledger.lose_next_response();
    assert_eq!(hold.presume_async("test").await.unwrap().state, State::Presumed);
    assert_eq!(only_hold(&setup.books).state, State::Presumed);
}

#[tokio::test]
async fn the_plain_api_does_not_block_either() {
    let setup = setup();
    let mut request = setup.guard.request("gpt-image-2");
    request.prompt = Some(imgcost_core::Prompt::of_tokens(3));
    request.size = Some("1024x1024".parse().unwrap());
    let hold = setup.guard.hold_async(&request).await.unwrap();
    assert_eq!(hold.presume_async("test").await.unwrap().state, State::Presumed);
    let response = r#"{"usage":{"input_tokens":3,"output_tokens":272}}"#;
    let response = imgcost_wire::response(response).unwrap();
    assert_eq!(hold.settle_async(&response).await.unwrap().state, State::Settled);
    let other = setup.guard.hold_async(&request).await.unwrap();
    assert_eq!(other.release_async("test").await.unwrap().state, State::Released);
    // Given up while the ledger writes: the hold stays, and is to expire.
    let setup = self::setup();
    assert!(setup.guard.hold_async(&request).now_or_never().is_none());
    common::until(|| !common::states(&setup.books).is_empty()).await;
    assert_eq!(common::states(&setup.books), [State::Held]);
}

/// A guard that goes on for two cents an hour while the ledger is down.
fn going_on(setup: &Setup, journal: &Path) -> Guard {
    let outage = Outage::Allow { per_hour: usd("0.02"), journal: journal.to_owned() };
    builder(&setup.books).policy(Policy::default().outage(outage)).build().unwrap()
}

#[tokio::test]
async fn in_an_outage_calls_go_on_up_to_an_amount_and_are_booked_afterwards() {
    for adapter in Adapter::ALL {
        let (fake, setup, folder) = (Fake::start().await, setup(), tempfile::tempdir().unwrap());
        let journal = folder.path().join("outage.jsonl");
        let guard = going_on(&setup, &journal);
        setup.ledger.set_down(true);
        let mut made = 0;
        loop {
            match adapter.send(&guard, &Client::new(), request(&fake, Behaviour::Ok)).await {
                Ok(response) => drop(response.bytes().await.unwrap()),
                Err(error) => {
                    assert!(matches!(denial(&error), Error::Ledger(_)), "{error}");
                    break;
                }
            }
            made += 1;
        }
        assert_eq!((made, fake.count()), (3, 3), "three ceilings fit into two cents");
        assert!(std::fs::read_to_string(&journal).unwrap().lines().count() >= 3);
        setup.ledger.set_down(false);
        assert_eq!(guard.drain_async().await, 0);
        let holds = common::holds(&setup.books);
        assert_eq!(holds.len(), 3);
        assert!(holds.iter().all(|hold| hold.late && hold.state == State::Settled), "{holds:?}");
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), "");
        // The ledger is back, and so are its caps.
        adapter.send(&guard, &Client::new(), request(&fake, Behaviour::Ok)).await.unwrap();
    }
}

/// A call of about half a cent.
fn ask(guard: &Guard) -> imgcost_core::Request {
    let mut request = guard.request("gpt-image-2");
    request.prompt = Some(imgcost_core::Prompt::of_tokens(3));
    request.size = Some("1024x1024".parse().unwrap());
    request.quality = Some(imgcost_core::Quality::Low);
    request
}

#[tokio::test]
async fn guards_of_one_program_share_a_journal_and_what_an_outage_allows() {
    let (setup, folder) = (setup(), tempfile::tempdir().unwrap());
    let journal = folder.path().join("outage.jsonl");
    let one = going_on(&setup, &journal);
    setup.ledger.set_down(true);
    let first = one.hold_async(&ask(&one)).await.unwrap();
    // As a proxy has one for each API, and again when it reads its configuration again.
    let other = going_on(&setup, &journal);
    let second = other.hold_async(&ask(&other)).await.unwrap();
    let third = one.hold_async(&ask(&one)).await.unwrap();
    assert!(other.hold_async(&ask(&other)).await.is_err(), "two cents an hour, for both");
    setup.ledger.set_down(false);
    let response = imgcost_wire::response(r#"{"usage":{"input_tokens":9,"output_tokens":196}}"#).unwrap();
    for hold in [first, second, third] {
        assert_eq!(hold.settle_async(&response).await.unwrap().state, State::Settled);
    }
    assert_eq!((one.drain_async().await, other.drain_async().await), (0, 0));
    let holds = common::holds(&setup.books);
    assert!(holds.len() == 3 && holds.iter().all(|hold| hold.state == State::Settled), "{holds:?}");
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "");
}

#[tokio::test]
async fn what_a_program_left_in_its_journal_is_presumed_by_the_next() {
    let (setup, folder) = (setup(), tempfile::tempdir().unwrap());
    let journal = folder.path().join("outage.jsonl");
    // Guards of one program share its journal; by another name it is another program's.
    let of_program = |name: &str| {
        std::os::unix::fs::symlink(folder.path(), folder.path().join(name)).unwrap();
        going_on(&setup, &folder.path().join(name).join("outage.jsonl"))
    };
    let guard = of_program("first");
    setup.ledger.set_down(true);
    let lost = guard.hold_async(&ask(&guard)).await.unwrap();
    let unsent = guard.hold_async(&ask(&guard)).await.unwrap();
    assert_eq!(unsent.release_async("not sent").await.unwrap().state, State::Released);
    let (id, amount) = (lost.id().clone(), lost.amount());
    drop((lost, unsent, guard));
    // A line that broke off in a crash is of a call that was not made.
    let mut file = std::fs::OpenOptions::new().append(true).open(&journal).unwrap();
    std::io::Write::write_all(&mut file, b"{\"call\":{\"id\":\"h_").unwrap();

    // What comes after it is on a line of its own, and a call that is booked twice is one call.
    let third = of_program("second");
    let (kept, again) =
        (third.hold_async(&ask(&third)).await.unwrap(), third.hold_async(&ask(&third)).await.unwrap());
    for _ in 0..3 {
        again.release_async("not sent").await.unwrap();
    }
    let kept = kept.id().clone();
    drop((again, third));

    setup.ledger.set_down(false);
    let next = of_program("third");
    assert_eq!(next.drain_async().await, 0);
    let rows = common::holds(&setup.books);
    assert!(
        rows.iter().all(|row| row.state == State::Presumed && row.late && row.ceiling == amount),
        "{rows:?}"
    );
    let ids: std::collections::BTreeSet<_> = rows.into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [id, kept].into());
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "");
    // One that can't be read is left alone, and admits nothing.
    setup.ledger.set_down(true);
    let unreadable = going_on(&setup, folder.path());
    assert!(unreadable.hold_async(&ask(&unreadable)).await.is_err());
    setup.ledger.set_down(false);
    // Without a place for its journal nothing is admitted.
    setup.ledger.set_down(true);
    let nowhere = going_on(&setup, &folder.path().join("none/outage.jsonl"));
    assert!(nowhere.hold_async(&ask(&nowhere)).await.is_err());
}
