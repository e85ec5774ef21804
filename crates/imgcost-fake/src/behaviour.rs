//! What a call can meet.

use std::str::FromStr;

macro_rules! behaviours {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What becomes of a call. The names are those of the `x-fake` header.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Behaviour { $($(#[$doc])* $name,)+ }

        impl Behaviour {
            /// Every behaviour, in order.
            pub const ALL: &'static [Behaviour] = &[$(Behaviour::$name),+];

            /// Its name in the `x-fake` header.
            pub const fn as_str(self) -> &'static str {
                match self { $(Behaviour::$name => $text),+ }
            }
        }
    };
}

behaviours! {
    /// Answered in order, with content length unless it is a stream.
    Ok = "ok",
    /// 400, type `invalid_request_error`, code `invalid_value`.
    InvalidRequest = "400",
    /// 400, type `image_generation_user_error`, code `moderation_blocked`.
    ModerationBlocked = "400-moderation",
    /// 401, code `invalid_api_key`.
    Unauthorized = "401",
    /// 403, code `unsupported_country_region_territory`.
    Forbidden = "403",
    /// 404, code `model_not_found`.
    NotFound = "404",
    /// 413.
    TooLarge = "413",
    /// 429, code `rate_limit_exceeded`, with `retry-after`.
    RateLimited = "429",
    /// 429, code `insufficient_quota`.
    NoQuota = "429-quota",
    /// 500, type `server_error`.
    ServerError = "500",
    /// 503, with a page of HTML as a gateway sends it.
    Unavailable = "503",
    /// 200 without `usage`.
    NoUsage = "no-usage",
    /// 200 with `usage`, without its split into text and image tokens.
    NoSplit = "no-split",
    /// 200, the output's split under the name `output_token_details`.
    TokenDetails = "output-token-details",
    /// 200 with one image fewer than asked for, billed as such.
    FewerImages = "fewer-images",
    /// 200 with twice the tokens of the quote's ceiling.
    AboveCeiling = "above-ceiling",
    /// 200 in chunks, without content length.
    Chunked = "chunked",
    /// 200, sent in ten parts with pauses.
    Slow = "slow",
    /// 200, closed in the middle of the body.
    Torn = "torn",
    /// 200 and a stream that ends in an error event before anything is completed; like
    /// `torn` where no stream was asked for.
    StreamError = "stream-error",
    /// Closed after the request was read, before any reply.
    Reset = "reset",
    /// 200, half of the body, and nothing after it.
    Stalled = "stalled",
    /// Never answered.
    Hang = "hang",
}

impl FromStr for Behaviour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Behaviour::ALL.iter().find(|behaviour| behaviour.as_str() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Behaviour::ALL.iter().map(|behaviour| behaviour.as_str()).collect();
            format!("x-fake '{text}' is not one of {}", names.join(", "))
        })
    }
}
