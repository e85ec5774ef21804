//! What is told of calls, calls that are only observed, and what one call says of itself.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::adapters::{Adapter, denial};
use crate::common::slow::SlowLedger;
use crate::common::{
    self, Books, books, builder, image, none_open, only_hold, scope, slow_books, states, usd,
};
use imgcost_fake::{Behaviour, Fake};
use imgcost_guard::reqwest_middleware::GuardMiddleware;
use imgcost_guard::{Builder, Error, Event, Guard, Mode, OnExceed, OutcomeResult, Policy, Spend, booked};
use imgcost_ledger::{Budget, Cap, Ledger, State, Window};
use reqwest::{Client, Request};
use serde_json::{Value, json};

type Told = Arc<Mutex<Vec<Event>>>;

fn telling(builder: Builder) -> (Guard, Told) {
    let told = Told::default();
    let heard = Arc::clone(&told);
    (builder.on_event(move |event| heard.lock().unwrap().push(event.clone())).build().unwrap(), told)
}

fn names(told: &Told) -> Vec<&'static str> {
    told.lock().unwrap().iter().map(Event::name).collect()
}

fn request(fake: &Fake, behaviour: Behaviour, body: &Value) -> Request {
    let request = Client::new().post(fake.at("/images/generations"));
    let request = request.header("content-type", "application/json").header("x-fake", behaviour.as_str());
    request.body(body.to_string()).build().unwrap()
}

#[tokio::test]
async fn a_call_is_told_from_its_hold_to_its_booking() {
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let fake = Fake::start().await;
            let (guard, told) = telling(builder(&books));
            let request = request(&fake, Behaviour::Ok, &image());
            let response = adapter.send(&guard, &Client::new(), request).await.unwrap();
            response.bytes().await.unwrap();
            assert_eq!(names(&told), ["held", "booked"], "{adapter:?}");
            let row = only_hold(&books);
            let told = told.lock().unwrap();
            let Event::Held { hold, model, amount, left, .. } = &told[0] else { panic!("{told:?}") };
            assert_eq!((hold, model.as_str(), *amount), (&row.id, "gpt-image-2", row.ceiling));
            assert_eq!(left.unwrap().nano() + row.ceiling.nano(), usd("1").nano());
            let Event::Booked { hold, state, amount, latency, .. } = &told[1] else { panic!("{told:?}") };
            assert_eq!((hold, *state, Some(*amount)), (&row.id, State::Settled, row.cost));
            assert!(!latency.is_zero());
        }
    }
}

#[tokio::test]
async fn a_denial_is_told_once() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, books("0.001"));
        let (guard, told) = telling(builder(&books));
        let request = request(&fake, Behaviour::Ok, &image());
        let error = adapter.send(&guard, &Client::new(), request).await.unwrap_err();
        assert!(matches!(denial(&error), Error::Refused(_)));
        let told = told.lock().unwrap();
        let [Event::Denied { scope: of, why: Error::Refused(_) }] = &told[..] else { panic!("{told:?}") };
        assert_eq!(*of, scope());
    }
    let (guard, told) = telling(builder(&books("1")));
    assert!(guard.hold(&guard.request("no-such-model")).is_err());
    assert_eq!(names(&told), ["denied"]);
}

/// Requests that a guard denies, and the code of the reason.
fn denied() -> [(Value, &'static str); 4] {
    let with = |field: &str, value: Value| {
        let mut body = image();
        body[field] = value;
        body
    };
    [
        (with("n", json!(10)), "over-budget"),
        (with("model", json!("no-such-model")), "unknown-model"),
        (with("quality", json!("hd-ultra")), "illegal-value"),
        (with("surprise", json!(1)), "unknown-field"),
    ]
}

#[tokio::test]
async fn a_guard_that_observes_lets_every_call_pass_and_tells_what_it_would_deny() {
    let policy = Policy::default().unknown_fields(imgcost_guard::UnknownFields::Deny);
    for adapter in Adapter::ALL {
        for (body, code) in denied() {
            let fake = Fake::start().await;
            let strict = telling(builder(&books("0.02")).policy(policy.clone())).0;
            let sent = adapter.send(&strict, &Client::new(), request(&fake, Behaviour::Ok, &body)).await;
            assert_eq!(denial(&sent.unwrap_err()).code(), code, "{body}");
            assert_eq!(fake.count(), 0);

            let books = books("0.02");
            let observing = builder(&books).policy(policy.clone().mode(Mode::Observe));
            let (guard, told) = telling(observing);
            let sent = adapter.send(&guard, &Client::new(), request(&fake, Behaviour::Ok, &body)).await;
            sent.unwrap().bytes().await.unwrap();
            assert_eq!(fake.count(), 1);
            let told = told.lock().unwrap();
            let would: Vec<_> = told
                .iter()
                .filter_map(|event| match event {
                    Event::WouldDeny { hold, why, .. } => Some((hold.is_some(), why.code())),
                    _ => None,
                })
                .collect();
            let is_held = matches!(code, "over-budget" | "unknown-field");
            assert_eq!(would, [(is_held, code)], "{told:?}");
            assert!(!told.iter().any(|event| matches!(event, Event::Denied { .. })), "{told:?}");
            // What can be held is booked, over the budget too.
            let held = if is_held { vec![State::Settled] } else { vec![] };
            assert_eq!(states(&books), held);
        }
    }
}

#[tokio::test]
async fn a_guard_that_observes_needs_no_budget_no_ledger_and_no_small_body() {
    let fake = Fake::start().await;
    let books: Books = Arc::new(imgcost_ledger::MemoryLedger::new());
    let policy = Policy::default().mode(Mode::Observe).on_exceed(OnExceed::ask(|_| panic!("it asks nobody")));
    let (guard, told) = telling(builder(&books).policy(policy).body_limit(10));
    let request = request(&fake, Behaviour::Ok, &image());
    let response = Adapter::Tower.send(&guard, &Client::new(), request).await.unwrap();
    response.bytes().await.unwrap();
    let told = told.lock().unwrap();
    assert!(told.iter().any(|event| matches!(event, Event::WouldDeny { .. })), "{told:?}");
}

#[tokio::test]
async fn a_listener_or_a_question_that_panics_harms_nobody() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, slow_books("0.02"));
        let policy = Policy::default().on_exceed(OnExceed::ask(|_| panic!("the question's")));
        let guard = builder(&books).policy(policy).on_event(|_| panic!("the listener's")).build().unwrap();
        let sent = adapter.send(&guard, &Client::new(), request(&fake, Behaviour::Ok, &image())).await;
        sent.unwrap().bytes().await.unwrap();
        assert_eq!(only_hold(&books).state, State::Settled);
        let mut dear = image();
        dear["n"] = json!(10);
        let sent = adapter.send(&guard, &Client::new(), request(&fake, Behaviour::Ok, &dear)).await;
        assert!(matches!(denial(&sent.unwrap_err()), Error::Refused(_)));
        assert_eq!(fake.count(), 1);
    }
}

#[tokio::test]
async fn a_policy_says_what_a_status_costs() {
    for (status, behaviour, stated, state) in [
        (503, Behaviour::Unavailable, None, State::Presumed),
        (503, Behaviour::Unavailable, Some(OutcomeResult::Free), State::Released),
        (400, Behaviour::InvalidRequest, Some(OutcomeResult::Billed), State::Presumed),
    ] {
        let (fake, books) = (Fake::start().await, books("1"));
        let policy = stated.into_iter().fold(Policy::default(), |policy, what| policy.outcome(status, what));
        let guard = builder(&books).policy(policy).build().unwrap();
        let request = request(&fake, behaviour, &image());
        let response = Adapter::Tower.send(&guard, &Client::new(), request).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        response.bytes().await.unwrap();
        none_open(&books).await;
        let row = only_hold(&books);
        assert_eq!(row.state, state, "{status} {stated:?}");
        assert_eq!(row.reason.unwrap().contains("the guard's policy"), stated.is_some());
    }
}

#[tokio::test]
async fn a_request_says_whose_money_it_spends_and_its_response_what_it_cost() {
    for books in [books("1"), slow_books("1")] {
        let fake = Fake::start().await;
        let guard = builder(&books).build().unwrap();
        let client = reqwest_middleware::ClientBuilder::new(Client::new())
            .with(GuardMiddleware::new(guard.clone()))
            .build();
        let spend = Spend::of("team/bob".parse().unwrap()).key("job-17");
        let send = || {
            let request = client.post(fake.at("/images/generations")).with_extension(spend.clone());
            request.header("content-type", "application/json").body(image().to_string()).send()
        };
        let response = send().await.unwrap();
        let cost = booked(response.extensions());
        response.bytes().await.unwrap();
        let cost = cost.await.unwrap();
        let row = only_hold(&books);
        assert_eq!((row.scope.as_str(), row.key.as_deref()), ("team/bob", Some("job-17")));
        assert_eq!((cost.state, Some(cost.amount)), (State::Settled, row.cost));
        // The same job again is no new call.
        let again = send().await.unwrap_err();
        assert!(format!("{again:?}").contains("nothing is set aside"), "{again:?}");
        assert_eq!(fake.count(), 1);
        // A response that nobody reads is booked when it is dropped.
        let other = client.post(fake.at("/images/generations")).header("content-type", "application/json");
        let response = other.body(image().to_string()).send().await.unwrap();
        let cost = booked(response.extensions());
        drop(response);
        assert!(cost.await.is_some());
        assert!(booked(&http::Extensions::new()).await.is_none());
    }
}

#[tokio::test]
async fn the_end_of_a_response_waits_for_a_slow_ledger_but_not_for_ever() {
    for adapter in Adapter::ALL {
        let fake = Fake::start().await;
        let ledger = Arc::new(SlowLedger::default());
        let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd("1")));
        ledger.set_budget(&budget, "test").unwrap();
        let books: Books = ledger.clone();
        let guard = builder(&books).end_wait(Duration::from_millis(20)).build().unwrap();
        let request = request(&fake, Behaviour::Ok, &image());
        let response = adapter.send(&guard, &Client::new(), request).await.unwrap();
        let gate = ledger.close_gate();
        response.bytes().await.unwrap();
        assert_eq!(states(&books), [State::Held], "{adapter:?}: its reader goes on before it is booked");
        drop(gate);
        assert_eq!(guard.drain_async().await, 0);
        assert_eq!(states(&books), [State::Settled]);
    }
}

#[test]
fn calls_that_a_runtime_takes_with_it_are_booked() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd("1")));
    ledger.set_budget(&budget, "test").unwrap();
    let books: Books = ledger;
    let guard = builder(&books).build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fake = runtime.block_on(Fake::start());
    for _ in 0..20 {
        let (guard, request) = (guard.clone(), request(&fake, Behaviour::Slow, &image()));
        runtime.spawn(async move { Adapter::Tower.send(&guard, &Client::new(), request).await });
    }
    while fake.count() < 20 {
        std::thread::yield_now();
    }
    // The program ends while all of them are on their way.
    std::thread::spawn(move || drop(runtime)).join().unwrap();
    assert_eq!(guard.drain(), 0);
    assert_eq!(states(&books), vec![State::Presumed; 20]);
}

/// A server that accepts a job and then has its result, for any number of requests each.
async fn job_server() -> String {
    let accepted = json!({"id": "resp_9", "object": "response", "status": "queued", "model": "gpt-5"});
    let result = json!({
        "id": "resp_9", "object": "response", "status": "completed", "model": "gpt-5",
        "output": [{"type": "image_generation_call", "result": "aGVsbG8="}],
        "usage": {"input_tokens": 50, "output_tokens": 60},
        "tool_usage": {"image_gen": {"input_tokens": 10, "output_tokens": 196}},
    });
    let answer = |document: Value| {
        move || {
            let text = document.to_string();
            async move { ([("content-type", "application/json")], text) }
        }
    };
    let routes = axum::Router::new()
        .route("/v1/responses", axum::routing::post(answer(accepted)))
        .route("/v1/responses/{id}", axum::routing::get(answer(result)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}/v1/responses")
}

#[tokio::test]
async fn the_result_of_a_job_settles_its_call_through_every_client() {
    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"});
    let body = json!({"model": "gpt-5", "input": "draw a fox", "background": true, "tools": [tool]});
    for adapter in Adapter::ALL {
        for books in [books("5"), slow_books("5")] {
            let (url, guard, client) = (job_server().await, builder(&books).build().unwrap(), Client::new());
            let post = client.post(&url).header("content-type", "application/json").body(body.to_string());
            let response = adapter.send(&guard, &client, post.build().unwrap()).await.unwrap();
            response.bytes().await.unwrap();
            assert_eq!(only_hold(&books).state, State::Held, "{adapter:?}");
            let get = client.get(format!("{url}/resp_9")).build().unwrap();
            let response = adapter.send(&guard, &client, get).await.unwrap();
            assert!(response.text().await.unwrap().contains("tool_usage"));
            assert_eq!(only_hold(&books).state, State::Settled, "{adapter:?}");
        }
    }
}

#[tokio::test]
async fn a_guard_over_a_file_begins_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Guard::open(folder.path().join("ledger.db")).unwrap();
    let guard = tokio::task::spawn_blocking({
        let builder = open();
        move || {
            builder
                .budget("app", Cap::usd("1").unwrap().per_month())
                .unwrap()
                .budget("studio/*", Cap::usd("0.10").unwrap().per_day())
                .unwrap()
                .day(|| common::TODAY)
                .build()
        }
    });
    let guard = guard.await.unwrap().unwrap();
    let mut asked = guard.request("gpt-image-2");
    asked.prompt = Some(imgcost_core::Prompt::of_tokens(9));
    asked.size = Some("1024x1024".parse().unwrap());
    asked.quality = Some(imgcost_core::Quality::Low);
    let hold = guard.hold_async(&asked).await.unwrap();
    assert_eq!(hold.scope().as_str(), "app");
    let tagged = Spend::of("studio/alice".parse().unwrap()).tag("order", "4711").request_id("r-1");
    let hold = guard.spending(tagged).hold_async(&asked).await.unwrap();
    assert!(hold.left().unwrap() < usd("0.10"));
    hold.release_async("a test").await.unwrap();
    // What was set since stays: a program that starts again undoes nothing.
    let ledger = open();
    let again = tokio::task::spawn_blocking(move || {
        let _ = ledger.budget("app", Cap::usd("5").unwrap().per_month()).unwrap();
        let books: Books =
            Arc::new(imgcost_ledger::SqliteLedger::open(folder.path().join("ledger.db")).unwrap());
        let row = crate::common::holds(&books).into_iter().find(|hold| hold.scope.as_str() == "studio/alice");
        (books.status(Some(&"app".parse().unwrap())).unwrap(), row.unwrap())
    });
    let (status, row) = again.await.unwrap();
    assert_eq!(status[0].budget.cap, Cap::usd("1").unwrap());
    assert_eq!((row.tags["order"].as_str(), row.request_id.as_deref()), ("4711", Some("r-1")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_for_a_slow_ledger_are_denied_and_told_or_pass_if_observed() {
    for mode in [Mode::Enforce, Mode::Observe] {
        let ledger = Arc::new(SlowLedger::default());
        let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::usd("1000").unwrap());
        ledger.set_budget(&budget, "test").unwrap();
        let gate = ledger.close_gate();
        let books: Books = ledger.clone();
        let (guard, told) = telling(builder(&books).policy(Policy::default().mode(mode)));
        let body = image().to_string();
        // Far more than wait at most: those that are denied or pass come back at once.
        let calls = (0..4_300).map(|_| {
            let (guard, body) = (guard.clone(), body.clone());
            tokio::spawn(async move { guard.before_async("/v1/images/generations", None, body).await })
        });
        let calls: Vec<_> = calls.collect();
        let is_it = |event: &Event| match mode {
            Mode::Enforce => matches!(event, Event::Denied { why: Error::Busy { .. }, .. }),
            Mode::Observe => matches!(event, Event::WouldDeny { why: Error::Busy { .. }, hold: None, .. }),
        };
        common::until(|| told.lock().unwrap().iter().any(is_it)).await;
        drop(gate);
        let mut busy = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(Some(call)) => drop(call),
                Ok(None) => assert_eq!(mode, Mode::Observe),
                Err(Error::Busy { .. }) => busy += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(busy > 0, mode == Mode::Enforce);
    }
}
