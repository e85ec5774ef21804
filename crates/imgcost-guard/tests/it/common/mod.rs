//! What the tests of the guard have in common: books, guards over them, and one way to send a
//! request through every adapter.
#![allow(dead_code, reason = "every test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub(crate) mod adapters;
pub(crate) mod slow;

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imgcost_core::Date;
use imgcost_guard::{Builder, Event, Guard, Policy, built_in_book};
use imgcost_ledger::{
    Budget, Cap, Filter, Hold, Ledger, MemoryLedger, NanoUsd, Record, Scope, State, Window,
};
use serde_json::{Value, json};

use imgcost_fake::Fake;

/// The day that the fake API lives on.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

pub(crate) type Books = Arc<dyn Ledger>;

pub(crate) fn usd(text: &str) -> NanoUsd {
    NanoUsd::from_usd(text.parse().unwrap()).unwrap()
}

pub(crate) fn scope() -> Scope {
    "team/alice".parse().unwrap()
}

/// A ledger in memory with so many dollars for the team.
pub(crate) fn books(cap: &str) -> Books {
    with_budget(Arc::new(MemoryLedger::new()), cap)
}

/// The same, by a ledger that has to be waited for.
pub(crate) fn slow_books(cap: &str) -> Books {
    with_budget(Arc::new(slow::SlowLedger::default()), cap)
}

fn with_budget(books: Books, cap: &str) -> Books {
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd(cap)));
    books.set_budget(&budget, "test").unwrap();
    books
}

pub(crate) fn builder(books: &Books) -> Builder {
    // Where the APIs that tests make up are.
    Guard::builder(built_in_book(), Arc::clone(books), scope()).day(|| TODAY).host("127.0.0.1")
}

pub(crate) fn guard(books: &Books) -> Guard {
    builder(books).build().unwrap()
}

pub(crate) fn guard_with(books: &Books, policy: Policy) -> Guard {
    builder(books).policy(policy).build().unwrap()
}

/// A listener for what happens beside the calls: not that they are held, denied or booked.
pub(crate) fn beside_calls(
    listen: impl Fn(&Event) + Send + Sync + 'static,
) -> impl Fn(&Event) + Send + Sync + 'static {
    move |event| {
        if !matches!(event, Event::Held { .. } | Event::Booked { .. } | Event::Denied { .. }) {
            listen(event);
        }
    }
}

/// All holds, in the order in which they were made.
pub(crate) fn holds(books: &Books) -> Vec<Hold> {
    let mut holds = Vec::new();
    let filter = Filter::default().holds();
    books
        .read(&filter, &mut |record| {
            if let Record::Hold(hold) = record {
                holds.push(hold);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    holds
}

pub(crate) fn states(books: &Books) -> Vec<State> {
    holds(books).iter().map(|hold| hold.state).collect()
}

/// The only hold there is.
pub(crate) fn only_hold(books: &Books) -> Hold {
    let mut holds = holds(books);
    assert_eq!(holds.len(), 1, "{holds:?}");
    holds.pop().unwrap()
}

/// The only hold there is, once it is booked: what nobody waits for takes a moment.
pub(crate) async fn booked(books: &Books) -> Hold {
    none_open(books).await;
    only_hold(books)
}

/// An image of about eight tenths of a cent.
pub(crate) fn image() -> Value {
    json!({"model": "gpt-image-2", "prompt": "a red fox in the snow", "size": "1024x1024", "quality": "low"})
}

/// Waits until no hold is open.
pub(crate) async fn none_open(books: &Books) {
    until(|| !states(books).contains(&State::Held)).await;
}

/// Waits for something that takes a moment. The limit only ends a test that would hang.
#[track_caller]
pub(crate) fn until(is_there: impl Fn() -> bool) -> impl Future<Output = ()> {
    let (begin, place) = (Instant::now(), Location::caller());
    async move {
        while !is_there() {
            assert!(begin.elapsed() < Duration::from_secs(120), "nothing came of it: {place}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Gives a call up as soon as the API has received so many calls, of which it is the last.
pub(crate) async fn give_up<T: Debug>(fake: &Fake, count: usize, call: impl Future<Output = T>) {
    tokio::select! {
        early = call => panic!("it was answered: {early:?}"),
        () = until(|| fake.count() == count) => {}
    }
}

/// Waits until no hold is open, and makes sure that all are settled.
pub(crate) async fn settled(books: &Books) {
    none_open(books).await;
    assert!(states(books).iter().all(|state| *state == State::Settled), "{:?}", holds(books));
}
