//! Which parts of a response the reader looks at.
//!
//! The table below follows [`response_of_value`](crate::response_of_value) and what is read of an
//! error; everything else is dropped while it passes. A property test compares the two.

/// A part of a response that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The document: a response, an event, or a usage object alone.
    Root,
    /// The response that an event of the Responses API wraps.
    Response,
    /// An error.
    Failure,
    /// The Responses API's usage by tool.
    ToolUsage,
    /// The Responses API's list of tools.
    Tools,
    /// One of them.
    Tool,
    /// Token counts.
    Usage,
    /// Token counts by kind.
    Details,
    /// A list of which the length counts.
    Counted,
    /// The Responses API's list of outputs.
    Outputs,
    /// One of them, in the list or in an event of its own.
    Output,
    /// A text or a number; of a list or an object in its place only the brackets are kept.
    Leaf,
}

impl Place {
    /// The member of this name, if it is read.
    pub(super) fn member(self, name: &[u8]) -> Option<(&'static str, Place)> {
        match self {
            Place::Root => match name {
                b"response" => Some(("response", Place::Response)),
                b"item" => Some(("item", Place::Output)),
                _ => response(name).or_else(|| usage(name)),
            },
            Place::Response => response(name).or_else(|| usage(name)),
            Place::Failure => failure(name),
            Place::ToolUsage => (name == b"image_gen").then_some(("image_gen", Place::Usage)),
            Place::Tool => match name {
                b"type" => Some(("type", Place::Leaf)),
                b"model" => Some(("model", Place::Leaf)),
                _ => None,
            },
            Place::Usage => usage(name),
            Place::Details => match name {
                b"text_tokens" => Some(("text_tokens", Place::Leaf)),
                b"image_tokens" => Some(("image_tokens", Place::Leaf)),
                b"cached_tokens" => Some(("cached_tokens", Place::Leaf)),
                b"reasoning_tokens" => Some(("reasoning_tokens", Place::Leaf)),
                b"cached_tokens_details" => Some(("cached_tokens_details", Place::Details)),
                _ => None,
            },
            Place::Output => (name == b"type").then_some(("type", Place::Leaf)),
            Place::Counted | Place::Outputs | Place::Tools | Place::Leaf => None,
        }
    }
}

fn response(name: &[u8]) -> Option<(&'static str, Place)> {
    Some(match name {
        b"error" => ("error", Place::Failure),
        b"object" => ("object", Place::Leaf),
        b"status" => ("status", Place::Leaf),
        b"model" => ("model", Place::Leaf),
        b"quality" => ("quality", Place::Leaf),
        b"size" => ("size", Place::Leaf),
        b"service_tier" => ("service_tier", Place::Leaf),
        b"created" => ("created", Place::Leaf),
        b"created_at" => ("created_at", Place::Leaf),
        b"tool_usage" => ("tool_usage", Place::ToolUsage),
        b"tools" => ("tools", Place::Tools),
        b"usage" => ("usage", Place::Usage),
        b"choices" => ("choices", Place::Counted),
        b"data" => ("data", Place::Counted),
        b"output" => ("output", Place::Outputs),
        // An error event of the Responses API is itself the error.
        _ => return failure(name),
    })
}

fn failure(name: &[u8]) -> Option<(&'static str, Place)> {
    Some(match name {
        b"type" => ("type", Place::Leaf),
        b"code" => ("code", Place::Leaf),
        b"message" => ("message", Place::Leaf),
        _ => return None,
    })
}

fn usage(name: &[u8]) -> Option<(&'static str, Place)> {
    Some(match name {
        b"input_tokens" => ("input_tokens", Place::Leaf),
        b"output_tokens" => ("output_tokens", Place::Leaf),
        b"total_tokens" => ("total_tokens", Place::Leaf),
        b"prompt_tokens" => ("prompt_tokens", Place::Leaf),
        b"completion_tokens" => ("completion_tokens", Place::Leaf),
        b"cost" => ("cost", Place::Leaf),
        b"cost_in_usd_ticks" => ("cost_in_usd_ticks", Place::Leaf),
        b"input_tokens_details" => ("input_tokens_details", Place::Details),
        b"input_token_details" => ("input_token_details", Place::Details),
        b"output_tokens_details" => ("output_tokens_details", Place::Details),
        b"output_token_details" => ("output_token_details", Place::Details),
        b"prompt_tokens_details" => ("prompt_tokens_details", Place::Details),
        b"completion_tokens_details" => ("completion_tokens_details", Place::Details),
        _ => return None,
    })
}
