//! Where requests go.

use imgcost_fake::Fake;
use imgcost_proxy::config::{Config, Upstream};
use serde_json::Value;

use crate::common::{LOW, Rig, Scripted, config};

async fn two() -> (Scripted, Scripted, Rig) {
    let first = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let second = Scripted::whole("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let mut config = config(&first.url, "5");
    let url = second.url.replace("/v1", "");
    let provider = Some("gemini".to_owned());
    config.upstreams.push(Upstream {
        url,
        path: Some("/gemini/".to_owned()),
        provider,
        ..Upstream::default()
    });
    let rig = Rig::start(config).await;
    (first, second, rig)
}

#[tokio::test]
async fn the_path_says_which_api_is_called() {
    let (first, second, rig) = two().await;
    rig.images(LOW).send().await.unwrap();
    assert!(first.received()[0].starts_with("POST /v1/images/generations HTTP/1.1\r\n"));
    let body =
        r#"{"contents":[{"parts":[{"text":"a fox"}]}],"generationConfig":{"responseModalities":["IMAGE"]}}"#;
    let path = "/gemini/v1beta/models/gemini-2.5-flash-image:generateContent?alt=json";
    rig.client.post(rig.at(path)).header("content-type", "application/json").body(body).send().await.unwrap();
    let request = &second.received()[0];
    assert!(
        request
            .starts_with("POST /v1beta/models/gemini-2.5-flash-image:generateContent?alt=json HTTP/1.1\r\n"),
        "{request}"
    );
    let holds = rig.holds();
    assert!(holds.len() == 2 && holds[1].request.contains("gemini-2.5-flash-image"), "{holds:?}");
}

#[tokio::test]
async fn a_path_that_leads_nowhere_says_where_the_base_is() {
    let (first, _, rig) = two().await;
    for path in ["//", "/images/generations", "/v10/models", "/geminix"] {
        let response = rig.client.get(rig.at(path)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        let error = response.json::<Value>().await.unwrap();
        let message = error["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("/v1/") && message.contains("/gemini/"), "{message}");
    }
    assert_eq!(first.received().len(), 0);
}

#[tokio::test]
async fn of_one_path_the_model_says_which_api_is_called() {
    let (mini, others) = (Fake::start().await, Fake::start().await);
    let mut config: Config = config(&mini.url(), "5");
    config.upstreams[0].models = vec!["gpt-image-1-*".to_owned()];
    let provider = Some("openai".to_owned());
    config.upstreams.push(Upstream { url: others.url(), provider, ..Upstream::default() });
    let rig = Rig::start(config).await;
    for (model, counts) in [("gpt-image-1-mini", (1, 0)), ("gpt-image-2", (1, 1)), ("gpt-image-1", (1, 2))] {
        let response = rig.images(&LOW.replace("gpt-image-2", model)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{model}");
        assert_eq!((mini.count(), others.count()), counts, "{model}");
    }
    assert_eq!(others.calls()[0].body["prompt"], "a fox");
}

#[test]
fn the_guides_configuration_is_one() {
    let guide = include_str!("../../../../docs/proxy.md");
    let block = guide.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = Config::parse("docs/proxy.md", block).unwrap();
    assert_eq!((config.upstreams.len(), config.keys.len(), config.budgets.len()), (3, 1, 1));
    let error = Config::parse("proxy.toml", "listen = \"127.0.0.1:1\"\n[limit]\n").unwrap_err().to_string();
    assert!(error.starts_with("proxy.toml:2: unknown field `limit`"), "{error}");
}

#[test]
fn a_configuration_that_no_call_would_get_through_is_none() {
    let error = |text: &str| Config::parse("proxy.toml", text).unwrap_err().to_string();
    for line in ["connections = 0", "body = 0", "headers = 0"] {
        let error = error(&format!("[limits]\n{line}\n"));
        assert!(error.starts_with("proxy.toml:2: ") && error.contains("nonzero"), "{error}");
    }
    let timeout = error("[timeouts]\nresponse = 0\n");
    assert!(timeout.starts_with("proxy.toml:2: ") && timeout.contains("nonzero"), "{timeout}");
    let amount = error("[[budgets]]\nscope = \"team\"\nusd = 1\n");
    assert_eq!(
        amount,
        "proxy.toml:3: invalid type: integer `1`, expected an amount in quotes, such as \"2.50\""
    );
}
