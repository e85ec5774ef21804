//! Keys of the proxy's own, and those of the APIs behind it.

use imgcost_fake::Fake;
use imgcost_proxy::config::{Config, Credential, Key, Upstream};
use imgcost_proxy::{Proxy, SetupError};

use crate::common::{LOW, Rig, Scripted, config};

fn with_keys(upstream: &str, folder: &tempfile::TempDir) -> (Config, String) {
    let (key, sha256) = imgcost_proxy::generate_key().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sk-of-the-api\n").unwrap();
    let mut config = config(upstream, "1");
    config.upstreams[0].key_file = Some(file);
    config.keys = vec![
        Key { name: "other".to_owned(), sha256: "0".repeat(64), scope: "other".to_owned() },
        Key { name: "bob".to_owned(), sha256, scope: "team/bob".to_owned() },
    ];
    (config, key)
}

#[tokio::test]
async fn a_client_with_a_key_spends_its_scopes_money_by_the_apis_key() {
    let upstream = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = with_keys(&upstream.url, &folder);
    let rig = Rig::start(config).await;
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("api-key", key.clone()),
        ("x-goog-api-key", key.clone()),
    ] {
        rig.images(LOW).header(name, &value).send().await.unwrap();
        let request = upstream.received().pop().unwrap();
        let sent = value.replace(&key, "sk-of-the-api");
        assert!(request.contains(&format!("{name}: {sent}\r\n")), "{request}");
        assert!(!request.contains(&key));
    }
    // As Gemini's clients may have it.
    let request = rig.client.get(rig.at(&format!("/v1/models?key={key}&limit=3"))).send().await.unwrap();
    assert_eq!(request.status(), 200);
    let request = upstream.received().pop().unwrap();
    assert!(request.starts_with("GET /v1/models?limit=3 HTTP/1.1"), "{request}");
    assert!(
        request.contains("x-goog-api-key: sk-of-the-api\r\n") && !request.contains("authorization"),
        "{request}"
    );
    assert!(rig.holds().iter().all(|hold| hold.scope.as_str() == "team/bob"));
}

#[tokio::test]
async fn a_client_without_the_right_key_gets_nowhere() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = with_keys(&fake.url(), &folder);
    let rig = Rig::start(config).await;
    let wrong = format!("Bearer {}", key.replace(&key[8..12], "0000"));
    for value in ["", "Bearer", "Bearer sk-of-the-api", &wrong, &key[..key.len() - 1]] {
        let response = rig.images(LOW).header("authorization", value).send().await.unwrap();
        assert_eq!(response.status(), 401, "{value}");
    }
    assert_eq!(rig.images(LOW).send().await.unwrap().status(), 401);
    assert_eq!(rig.client.get(rig.at("/v1/models")).send().await.unwrap().status(), 401);
    assert_eq!((fake.count(), rig.holds().len()), (0, 0));
}

#[tokio::test]
async fn a_key_goes_where_the_configuration_says() {
    let upstream = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let folder = tempfile::tempdir().unwrap();
    let (mut config, key) = with_keys(&upstream.url, &folder);
    config.upstreams[0].key_in = Some(Credential::XKey);
    let rig = Rig::start(config).await;
    rig.images(LOW).bearer_auth(&key).send().await.unwrap();
    let request = upstream.received().pop().unwrap();
    assert!(request.contains("x-key: sk-of-the-api\r\n") && !request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn web_pages_can_not_spend_by_the_proxys_key() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (mut config, _) = with_keys(&fake.url(), &folder);
    config.keys.clear();
    let rig = Rig::start(config).await;
    for (name, value) in [("origin", "https://pages.example"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(rig.images(LOW).header(name, value).send().await.unwrap().status(), 403);
    }
    assert_eq!(rig.images(LOW).send().await.unwrap().status(), 200);
}

fn refused(config: &Config) -> String {
    let ledger = std::sync::Arc::new(imgcost_ledger::MemoryLedger::new());
    let proxy: Result<Proxy, SetupError> = Proxy::over(config, ledger, |_| {});
    proxy.err().expect("it is set up").to_string()
}

#[test]
fn what_is_not_safe_is_not_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let (good, _) = with_keys("https://api.openai.com/v1", &folder);

    let mut open = good.clone();
    open.keys.clear();
    open.listen = ([0, 0, 0, 0], 4141).into();
    assert!(refused(&open).contains("lets other machines spend"));

    let mut keyless = good.clone();
    keyless.upstreams[0].key_file = None;
    assert!(refused(&keyless).contains("key_env or key_file"));

    let mut plain = good.clone();
    plain.upstreams[0].url = "http://api.openai.com/v1".to_owned();
    assert!(refused(&plain).contains("plain_http"));

    let mut unknown = good.clone();
    unknown.upstreams[0] = Upstream { provider: None, ..unknown.upstreams[0].clone() };
    unknown.upstreams[0].url = "https://api.replicate.example/v1".to_owned();
    assert!(refused(&unknown).contains("whose prices count there?"));

    let mut short = good.clone();
    short.keys[0].sha256 = "0123".to_owned();
    assert!(refused(&short).contains("64 hexadecimal digits"));

    let mut shared = good.clone();
    shared.keys[0].sha256 = shared.keys[1].sha256.to_uppercase();
    assert_eq!(refused(&shared), "key bob: it is the key of other too; each needs its own");

    let mut leaky = good.clone();
    leaky.upstreams[0].url = "https://user:secret@api.openai.com/v1".to_owned();
    assert!(!refused(&leaky).contains("secret"));

    for provider in ["bfl", "fal", "replicate", "aws-bedrock"] {
        let mut queue = good.clone();
        queue.upstreams[0].provider = Some(provider.to_owned());
        let why = refused(&queue);
        assert!(why.contains("can't be behind a proxy") && why.contains("budget hold"), "{why}");
    }

    let mut twice = good;
    twice.upstreams.push(twice.upstreams[0].clone());
    assert!(refused(&twice).contains("two upstreams"));
}
