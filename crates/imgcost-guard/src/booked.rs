//! What was held for one call and what it cost, for the code that has its response.

use std::future::Future;

use http::Extensions;
use tokio::sync::watch::Receiver;

use crate::hold::{Booked, Hold};

/// Goes with a response, and knows when its call is booked.
#[derive(Debug, Clone)]
pub(crate) struct Booking(pub(crate) Receiver<Option<Booked>>);

/// What the call of a response was booked at, from the response's extensions: a future that is
/// ready once the body has ended or was dropped and the booking is in the ledger. None if it was no
/// image call, or its booking failed.
///
/// Take it before the body is read, since reading takes the response; await it after.
///
/// ```no_run
/// # async fn f(client: reqwest_middleware::ClientWithMiddleware) -> Result<(), Box<dyn std::error::Error>> {
/// let response = client.post("https://api.openai.com/v1/images/generations").send().await?;
/// let booked = imgcost_guard::booked(response.extensions());
/// let image = response.bytes().await?;
/// if let Some(booked) = booked.await {
///     println!("{} bytes for ${}", image.len(), booked.amount);
/// }
/// # Ok(())
/// # }
/// ```
pub fn booked(extensions: &Extensions) -> impl Future<Output = Option<Booked>> + Send + 'static {
    let booking = extensions.get::<Booking>().cloned();
    async move {
        let mut booking = booking?.0;
        booking.wait_for(Option::is_some).await.ok().and_then(|booked| booked.clone())
    }
}

/// The hold that was made for the call of a response, from the response's extensions: what was quoted,
/// what is held, and what is left. None if it was no image call.
#[must_use]
pub fn held(extensions: &Extensions) -> Option<&Hold> {
    extensions.get::<Hold>()
}
