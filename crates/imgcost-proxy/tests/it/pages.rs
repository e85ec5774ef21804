//! The proxy's own pages.

use std::collections::BTreeMap;

use imgcost_core::Usd;
use imgcost_fake::Fake;
use imgcost_proxy::config::Upstream;

use crate::common::{LOW, LOW_USD, Rig, config};

async fn get(rig: &Rig, path: &str) -> (u16, String) {
    let response = rig.client.get(rig.at(path)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_proxys_pages_are_at_exactly_four_paths() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    config.upstreams[0].path = Some(String::new());
    let rig = Rig::start(config).await;
    assert_eq!(get(&rig, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&rig, "/readyz").await, (200, "ready\n".to_owned()));
    assert!(get(&rig, "/metrics").await.1.contains("imgcost_proxy_open_requests 0\n"));
    assert!(get(&rig, "/").await.1.starts_with("<!doctype html>"));
    assert_eq!(fake.count(), 0);
    for (number, path) in ["/metrics/", "/healthz/x", "//", "/status"].iter().enumerate() {
        get(&rig, path).await;
        assert_eq!(fake.count(), number + 1, "{path}");
    }
    let posted = rig.client.post(rig.at("/metrics")).send().await.unwrap();
    assert!(!posted.status().is_success() && posted.headers().contains_key("x-imgcost-request-id"));
}

#[tokio::test]
async fn what_an_upstreams_path_takes_is_the_upstreams() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    let own = Upstream { path: Some("/metrics".to_owned()), ..config.upstreams[0].clone() };
    config.upstreams.push(own);
    let rig = Rig::start(config).await;
    get(&rig, "/metrics").await;
    assert_eq!(fake.count(), 1);
    assert_eq!(get(&rig, "/readyz").await.0, 200);
}

#[tokio::test]
async fn what_other_machines_may_see_shows_no_money() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    config.hosts = vec!["proxy.internal".to_owned()];
    let rig = Rig::start(config).await;
    for (path, status) in [("/", 403), ("/metrics", 403), ("/healthz", 200), ("/readyz", 200)] {
        let response = rig.client.get(rig.at(path)).header("host", "proxy.internal").send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
    let response = rig.client.get(rig.at("/")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(response.status(), 421);
}

#[tokio::test]
async fn a_proxy_without_pages_has_none() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "1");
    config.pages = false;
    let rig = Rig::start(config).await;
    for path in ["/", "/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(&rig, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn the_metrics_add_up() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "0.03").await;
    rig.images(LOW).send().await.unwrap().bytes().await.unwrap();
    rig.images(LOW).header("x-fake", "no-usage").send().await.unwrap().bytes().await.unwrap();
    rig.images(LOW).header("x-fake", "400").send().await.unwrap().bytes().await.unwrap();
    let high = LOW.replace("low", "high");
    assert_eq!(rig.images(&high).send().await.unwrap().status(), 402);
    assert_eq!(rig.images("{").send().await.unwrap().status(), 400);
    get(&rig, "/v1/models").await;
    get(&rig, "/elsewhere").await;
    rig.ended().await;
    let samples = samples(&get(&rig, "/metrics").await.1);
    let requests = |outcome: &str, code: &str| {
        let of = |name: &&String| {
            name.starts_with("imgcost_proxy_requests_total{")
                && name.contains(&format!("outcome=\"{outcome}\""))
                && name.contains(&format!("code=\"{code}\""))
        };
        samples.keys().filter(of).map(|name| samples[name].parse::<u64>().unwrap()).sum::<u64>()
    };
    assert_eq!(requests("passed", ""), 2);
    assert_eq!(requests("upstream_error", "400"), 1);
    assert_eq!(requests("refused", "over-budget"), 1);
    assert_eq!(requests("refused", "unreadable"), 1);
    assert_eq!(requests("refused", "no-upstream"), 1);
    // The fake knows no other path than those of images.
    assert_eq!(requests("upstream_error", "404"), 1);
    let usd = |name: &str| -> Usd {
        samples[&format!("imgcost_proxy_{name}_usd_total{{model=\"gpt-image-2\"}}")].parse().unwrap()
    };
    let call: Usd = LOW_USD.parse().unwrap();
    assert_eq!(usd("settled").to_string(), LOW_USD);
    assert!(usd("presumed") >= call && usd("released") >= call);
    let booked = usd("settled").checked_add(usd("presumed")).unwrap().checked_add(usd("released")).unwrap();
    assert_eq!(usd("held"), booked, "all three calls were held at what is their cost");
    let calls = |state: &str| {
        samples[&format!("imgcost_proxy_calls_total{{state=\"{state}\",model=\"gpt-image-2\"}}")].clone()
    };
    assert_eq!([calls("held"), calls("settled"), calls("presumed"), calls("released")], ["3", "1", "1", "1"]);
    assert_eq!(samples["imgcost_proxy_added_seconds_count"], "4");
    assert_eq!(samples["imgcost_proxy_added_seconds_bucket{le=\"+Inf\"}"], "4");
    assert!(samples["imgcost_proxy_book_checked_timestamp_seconds"].parse::<u64>().unwrap() > 1_700_000_000);
}

/// The samples of a page in Prometheus' text format: each in its family, which has a help and a type
/// before it, and only once.
fn samples(page: &str) -> BTreeMap<String, String> {
    let mut family = String::new();
    let mut helped = String::new();
    let mut samples = BTreeMap::new();
    assert!(page.ends_with('\n'));
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            help.split_once(' ').unwrap().0.clone_into(&mut helped);
            continue;
        }
        if let Some(of) = line.strip_prefix("# TYPE ") {
            let (name, kind) = of.split_once(' ').unwrap();
            assert_eq!(name, helped);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            name.clone_into(&mut family);
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let (bare, labels) = name.split_once('{').unwrap_or((name, "}"));
        let of_family = bare.strip_prefix(&family).unwrap_or("?");
        assert!(["", "_bucket", "_sum", "_count"].contains(&of_family), "{line} is not of {family}");
        assert!(bare.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
        let labels = labels.strip_suffix('}').unwrap();
        for label in labels.split("\",").filter(|label| !label.is_empty()) {
            let (label, value) = label.split_once("=\"").unwrap();
            assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            assert!(!value.trim_end_matches('"').contains('"'), "{line}");
        }
        assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
        assert!(samples.insert(name.to_owned(), value.to_owned()).is_none(), "{line} twice");
    }
    samples
}

#[tokio::test]
async fn the_status_page_shows_what_happened_and_no_text_is_markup() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "0.3");
    let model = "<img src=x onerror=\"alert('1')\">";
    config.guard.unpriced.insert(model.to_owned(), "0.01".parse().unwrap());
    let rig = Rig::start(config).await;
    let call = serde_json::json!({ "model": model, "prompt": "a secret prompt" }).to_string();
    rig.images(&call).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(rig.images(&LOW.replace("low", "high")).send().await.unwrap().status(), 200);
    assert_eq!(rig.images(&LOW.replace("low", "high")).send().await.unwrap().status(), 402);
    rig.ended().await;
    let (status, page) = get(&rig, "/").await;
    assert_eq!(status, 200);
    assert!(!page.contains("<img"), "{page}");
    assert!(page.contains("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;"), "{page}");
    assert!(!page.contains("secret prompt"));
    assert!(page.contains("over-budget") && page.contains("team/alice"), "{page}");
    assert!(page.contains(">0.3<"), "the cap: {page}");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
}

#[tokio::test]
async fn a_request_has_an_id_that_is_in_the_ledger_too() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "1").await;
    let of = |response: &reqwest::Response| {
        response.headers()["x-imgcost-request-id"].to_str().unwrap().to_owned()
    };
    let own = rig.images(LOW).header("x-request-id", "job-7").send().await.unwrap();
    assert_eq!(of(&own), "job-7");
    let made = rig.images(LOW).send().await.unwrap();
    let more = rig.images("{").send().await.unwrap();
    assert_ne!(of(&made), of(&more));
    let ids: Vec<_> = rig.holds().into_iter().filter_map(|hold| hold.request_id).collect();
    assert_eq!(ids, ["job-7".to_owned(), of(&made)]);
}

#[tokio::test]
async fn a_proxy_whose_ledger_does_not_answer_is_not_ready() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget.db");
    let mut config = config(&fake.url(), "1");
    config.ledger = Some(path.display().to_string());
    let proxy = imgcost_proxy::Proxy::new(&config, |_| {}).unwrap();
    let server = imgcost_proxy::Server::bind(config.listen, std::sync::Arc::new(proxy)).await.unwrap();
    let ready = format!("http://{}/readyz", server.address().unwrap());
    let server = tokio::spawn(server.run(std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(&ready).send().await.unwrap().status(), 200);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(file.unwrap().path(), "no database").unwrap();
    }
    // An answer counts for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let response = client.get(&ready).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.text().await.unwrap(), "not ready: the ledger does not answer\n");
    server.abort();
}
