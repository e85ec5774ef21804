//! A Rust client before the proxy; `scripts/clients` has those of other languages.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::images::{CreateImageRequestArgs, ImageModel, ImageQuality, ImageSize};
use imgcost_fake::Fake;

use crate::common::{LOW_USD, Rig};

#[tokio::test]
async fn async_openai_finds_its_api_behind_the_proxy() {
    let fake = Fake::start().await;
    let rig = Rig::before(&fake, "0.01").await;
    let client = Client::with_config(OpenAIConfig::new().with_api_key("own").with_api_base(rig.at("/v1")));
    let request = CreateImageRequestArgs::default()
        .model(ImageModel::Other("gpt-image-2".to_owned()))
        .prompt("a fox")
        .quality(ImageQuality::Low)
        .size(ImageSize::S1024x1024)
        .build()
        .unwrap();
    assert_eq!(client.images().generate(request.clone()).await.unwrap().data.len(), 1);
    assert_eq!(rig.used().to_string(), LOW_USD);
    let error = client.images().generate(request).await.unwrap_err().to_string();
    assert!(error.contains("left of $0.01"), "{error}");
    assert_eq!(fake.count(), 1);
}
