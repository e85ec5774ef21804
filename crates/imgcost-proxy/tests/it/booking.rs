//! What is admitted, and what the books say.

use std::time::Duration;

use imgcost_fake::{Behaviour, Fake};
use imgcost_ledger::State;
use serde_json::Value;

use crate::common::{LOW, Rig, Scripted, config};

#[tokio::test]
async fn a_call_that_does_not_fit_gets_402_and_what_would_fit() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "0.06").await;
    let response = rig.images(&LOW.replace("low", "high")).send().await.unwrap();
    assert_eq!(response.status(), 402);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let error = &response.json::<Value>().await.unwrap()["error"];
    assert_eq!(error["code"], "over-budget");
    assert_eq!(error["type"], "insufficient_budget");
    assert_eq!((&error["ceiling_usd"], &error["left_usd"]), (&"0.21076".into(), &"0.06".into()));
    assert_eq!(error["would_fit"][0], "quality medium ($0.05272)");
    assert_eq!((fake.count(), rig.holds().len()), (0, 0));
}

#[tokio::test]
async fn a_hundred_clients_at_a_time_spend_what_fits_and_not_a_call_more() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1.00").await;
    // About $0.04 a call.
    let body = r#"{"model":"gpt-image-1","prompt":"a fox","quality":"medium","size":"1024x1024"}"#;
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(rig.images(body).send())).collect();
    let mut bill = Vec::new();
    for call in calls {
        let response = call.await.unwrap().unwrap();
        match response.status().as_u16() {
            200 => bill.push(usage_in_nano_usd(&response.bytes().await.unwrap())),
            402 => {}
            other => panic!("status {other}"),
        }
    }
    let ceiling = rig.holds()[0].ceiling.nano();
    assert_eq!(bill.len() as u64, 1_000_000_000 / ceiling, "calls of {ceiling} nano-dollars");
    assert_eq!(fake.count(), bill.len());
    let bill: u64 = bill.iter().sum();
    assert!(rig.ended().await.iter().all(|state| *state == State::Settled));
    assert!(rig.used().nano() == bill && bill <= 1_000_000_000, "booked {}, billed {bill}", rig.used());
}

/// What gpt-image-1 asks for the usage in a response: $5 a million tokens of text, $40 of images out.
fn usage_in_nano_usd(response: &[u8]) -> u64 {
    let response: Value = serde_json::from_slice(response).unwrap();
    let count = |name: &str| response["usage"][name].as_u64().unwrap();
    count("input_tokens") * 5_000 + count("output_tokens") * 40_000
}

#[tokio::test]
async fn failures_are_booked_as_the_provider_bills_them() {
    for (behaviour, status, state) in [
        (Behaviour::InvalidRequest, 400, State::Released),
        (Behaviour::ModerationBlocked, 400, State::Presumed),
        (Behaviour::RateLimited, 429, State::Released),
        (Behaviour::NoUsage, 200, State::Presumed),
        (Behaviour::Reset, 502, State::Presumed),
    ] {
        let fake = Fake::start().await;
        fake.script(&[behaviour]);
        let rig = Rig::before(&fake, "1").await;
        let response = rig.images(LOW).send().await.unwrap();
        assert_eq!(response.status(), status, "{behaviour:?}");
        assert_eq!(response.headers().get("x-should-retry"), None, "the client decides");
        let _ = response.bytes().await;
        assert_eq!(rig.ended().await, [state], "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_call_that_never_left_is_free() {
    // Nobody listens there.
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/v1", taken.local_addr().unwrap());
    drop(taken);
    let rig = Rig::start(config(&url, "1")).await;
    let response = rig.images(LOW).send().await.unwrap();
    assert_eq!(response.status(), 502);
    let error = response.json::<Value>().await.unwrap();
    assert_eq!(error["error"]["code"], "upstream-unreachable");
    assert_eq!(rig.ended().await, [State::Released]);
}

#[tokio::test]
async fn an_api_that_falls_silent_is_given_up_and_its_call_presumed() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    (config.timeouts.response, config.timeouts.idle) = (1, 1);
    let rig = Rig::start(config).await;
    fake.script(&[Behaviour::Hang, Behaviour::Stalled]);
    let response = rig.images(LOW).send().await.unwrap();
    assert_eq!(response.status(), 504);
    // Half of a body: the client sees that it broke off.
    let broken = match rig.images(LOW).send().await {
        Ok(response) => response.status() == 502 || response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    assert_eq!(rig.ended().await, [State::Presumed, State::Presumed]);
}

#[tokio::test]
async fn a_dry_run_of_a_client_is_answered_with_the_quote() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let response = rig.images(LOW).header("x-imgcost-dry-run", "1").send().await.unwrap();
    assert_eq!(response.headers()["x-imgcost-dry-run"], "1");
    let quote = response.json::<Value>().await.unwrap();
    assert_eq!(
        (&quote["schema"], &quote["total"]["ceiling"]),
        (&"imgcost.quote/1".into(), &"0.00592".into())
    );
    assert_eq!((fake.count(), rig.holds().len()), (0, 0));
    let text = rig.client.post(rig.at("/v1/embeddings")).header("x-imgcost-dry-run", "1").body("{}");
    assert_eq!(text.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_request_names_a_scope_below_tags_and_a_key() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let named = || {
        rig.images(LOW)
            .header("x-imgcost-scope", "bob")
            .header("x-imgcost-key", "job-17")
            .header("x-imgcost-tag", "order=4711")
            .header("x-request-id", "r-1")
    };
    assert_eq!(named().send().await.unwrap().status(), 200);
    let hold = &rig.holds()[0];
    assert_eq!(hold.scope.as_str(), "team/alice/bob");
    assert_eq!(hold.tags["order"], "4711");
    assert_eq!(hold.request_id.as_deref(), Some("r-1"));
    // Its money was spent.
    assert_eq!(named().send().await.unwrap().status(), 402);
    let long = "k".repeat(600);
    for (name, value) in [
        ("x-imgcost-scope", "../bob"),
        ("x-imgcost-scope", ""),
        ("x-imgcost-tag", "order"),
        ("x-imgcost-key", long.as_str()),
    ] {
        let response = rig.images(LOW).header(name, value).send().await.unwrap();
        assert_eq!(response.status(), 400, "{name}: {value}");
    }
    assert_eq!(fake.count(), 1);
}

#[tokio::test]
async fn open_calls_end_when_the_proxy_is_told_to_stop() {
    let body = r#"{"data":[{"b64_json":"eA=="}],"usage":{"input_tokens":8,"output_tokens":196}}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let upstream = Scripted::start(vec![(Duration::from_millis(600), head.into_bytes())]).await;
    let mut rig = Rig::start(config(&upstream.url, "1")).await;
    let call = tokio::spawn(rig.images(LOW).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(rig.stop().await, "it was cut off");
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
    assert_eq!(rig.holds()[0].state, State::Settled);
    assert!(rig.images(LOW).send().await.is_err(), "it listens no more");
}
