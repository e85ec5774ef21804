//! The async-openai client itself, with its retries around the guard.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
use async_openai::types::images::{
    CreateImageEditRequestArgs, CreateImageRequest, CreateImageRequestArgs, ImageInput, ImageModel,
    ImageQuality, ImageSize,
};
use futures_util::StreamExt;
use imgcost_guard::{Error, Guard, async_openai::GuardLayer};
use imgcost_ledger::State;
use tower::ServiceBuilder;

use crate::common::{self, Books, books, guard, only_hold, slow_books, states};
use imgcost_fake::{Behaviour, Fake};

fn client(fake: &Fake, guard: Guard) -> Client<OpenAIConfig> {
    let service = ServiceBuilder::new()
        .layer(OpenAIRetryLayer::new(2))
        .layer(GuardLayer::new(guard))
        .service(ReqwestService::new(reqwest::Client::new()));
    let config = OpenAIConfig::new().with_api_base(fake.url()).with_api_key("key");
    Client::with_config(config).with_http_service(service)
}

fn image() -> CreateImageRequest {
    CreateImageRequestArgs::default()
        .model(ImageModel::GptImage2)
        .prompt("a red fox in the snow")
        .size(ImageSize::S1024x1024)
        .quality(ImageQuality::Low)
        .build()
        .unwrap()
}

fn both(cap: &str) -> [Books; 2] {
    [books(cap), slow_books(cap)]
}

#[tokio::test]
async fn a_generation_and_its_stream_are_settled() {
    for books in both("1") {
        let fake = Fake::start().await;
        let client = client(&fake, guard(&books));
        let response = client.images().generate(image()).await.unwrap();
        assert_eq!(response.data.len(), 1);
        assert_eq!(only_hold(&books).state, State::Settled);

        let mut events = client.images().generate_stream(image()).await.unwrap();
        while let Some(event) = events.next().await {
            event.unwrap();
        }
        assert_eq!(states(&books).len(), 2);
        common::settled(&books).await;
    }
}

#[tokio::test]
async fn an_edit_is_quoted_by_the_size_of_its_image() {
    for books in both("1") {
        let fake = Fake::start().await;
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06\0\0\0\x04\0\x08\x02\0\0\0\0\0\0\0".to_vec();
        png.resize(5000, 0);
        let edit = CreateImageEditRequestArgs::default()
            .model(ImageModel::GptImage2)
            .prompt("make it night")
            .image(ImageInput::from_vec_u8("fox.png".to_owned(), png))
            .size(ImageSize::S1024x1024)
            .quality(ImageQuality::Low)
            .build()
            .unwrap();
        client(&fake, guard(&books)).images().edit(edit).await.unwrap();
        let hold = only_hold(&books);
        assert_eq!((hold.state, hold.overrun().nano()), (State::Settled, 0));
        assert!(hold.request.contains("1536x1024"), "{}", hold.request);
    }
}

#[tokio::test]
async fn each_attempt_has_a_hold_of_its_own() {
    for books in both("1") {
        let fake = Fake::start().await;
        fake.script(&[Behaviour::ServerError, Behaviour::Unavailable, Behaviour::Ok]);
        client(&fake, guard(&books)).images().generate(image()).await.unwrap();
        assert_eq!(fake.count(), 3);
        common::none_open(&books).await;
        assert_eq!(states(&books), [State::Presumed, State::Presumed, State::Settled]);
    }
}

#[tokio::test]
async fn retries_of_what_was_free_leave_nothing_behind() {
    for books in both("0.01") {
        // There is money for one call only: each attempt gives it back before the next.
        let fake = Fake::start().await;
        fake.script(&[Behaviour::RateLimited, Behaviour::Ok]);
        client(&fake, guard(&books)).images().generate(image()).await.unwrap();
        assert_eq!(states(&books), [State::Released, State::Settled]);
    }
}

#[tokio::test]
async fn a_retry_may_be_denied() {
    for books in both("0.01") {
        let fake = Fake::start().await;
        fake.script(&[Behaviour::ServerError]);
        let error = client(&fake, guard(&books)).images().generate(image()).await.unwrap_err();
        let OpenAIError::Boxed(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.downcast_ref::<Error>(), Some(Error::Refused(_))), "{error:?}");
        assert_eq!(fake.count(), 1);
    }
}

#[tokio::test]
async fn a_denied_call_is_never_sent_and_not_retried() {
    for books in both("0.001") {
        let fake = Fake::start().await;
        let error = client(&fake, guard(&books)).images().generate(image()).await.unwrap_err();
        assert!(error.to_string().contains("over budget"), "{error}");
        let OpenAIError::Boxed(error) = error else { panic!("{error:?}") };
        assert_eq!(error.downcast_ref::<Error>().unwrap().code(), "over-budget");
        assert_eq!((fake.count(), states(&books).len()), (0, 0));
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_booked() {
    for books in both("1") {
        let fake = Fake::start().await;
        fake.script(&[Behaviour::Stalled]);
        let events = client(&fake, guard(&books)).images().generate_stream(image()).await.unwrap();
        // What was sent of it may have an event or none.
        drop(events);
        common::none_open(&books).await;
        assert_eq!(states(&books), [State::Presumed]);
    }
}
