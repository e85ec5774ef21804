#![doc = include_str!("../README.md")]

mod body;
mod content;
mod dialect;
mod failure;
mod form;
mod images;
mod json;
#[cfg(feature = "prompt")]
mod meter;
mod multipart;
mod native;
mod openai_batch;
mod openai_chat;
mod openai_images;
mod openai_responses;
mod paths;
mod response;
mod scan;
mod twice;
mod usage;

pub use body::{Measure, ParsedBody};
pub use dialect::{Dialect, Field, Fields};
pub use failure::ApiFailure;
pub use form::{Body, Files};
pub use images::{HEADER_MAX, Measured, NoSize, image_size, referenced_image};
pub use json::{Slim, Unique};
#[cfg(feature = "prompt")]
pub use meter::{Meter, counted};
pub use native::{Native, body_may_draw, names_of, native, without_ids};
pub use openai_batch::{BatchLine, batch_response};
pub use openai_responses::has_image_tool;
pub use paths::{Route, endpoint, shown_path};
pub use response::{response, response_of_value};
pub use scan::{End, Scan, Scanner};
