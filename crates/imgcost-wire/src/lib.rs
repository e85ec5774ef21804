#![doc = include_str!("../README.md")]

mod batch_line;
mod bedrock;
mod bfl;
mod body;
mod case;
mod content;
mod dashscope;
mod dialect;
mod failure;
mod fal;
mod fields;
mod form;
mod gemini;
mod imagen;
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
mod openrouter_images;
mod paths;
mod replicate;
mod reported;
mod requests;
mod response;
mod responses;
mod scan;
mod stability;
mod tables;
mod tree;
mod twice;
mod usage;
mod vercel;
mod xai;

pub use batch_line::BatchLine;
pub use body::{Measure, ParsedBody};
pub use dialect::Dialect;
pub use failure::ApiFailure;
pub use fields::{Field, Fields};
pub use form::{Body, Files};
pub use images::{HEADER_MAX, Measured, NoSize, file_facts, image_size, mask_fact, referenced_image};
pub use json::Unique;
#[cfg(feature = "prompt")]
pub use meter::{Meter, counted};
pub use native::{Native, body_may_draw, names_of, native, native_of_openai, without_ids};
pub use openai_batch::batch_response;
pub use openai_responses::has_image_tool;
pub use paths::{Route, endpoint, host, shown_path};
pub use reported::day_of;
pub use scan::{End, Scan, Scanner, response, response_of_tree};
pub use tree::{Name, Tree};
