//! Lines of the files that OpenAI's Batch API takes: `custom_id`, `method`, `url` and `body`.

use imgcost_core::{Code, Endpoint, Error, Request, Tier};
use imgcost_wire::{BatchLine, Dialect, Meter, ParsedBody};
use serde_json::Value;

use super::row::JobRow;

/// Reads a line into a row; what is wrong with it ends up in the row.
pub(crate) fn read(line: &[u8], row: &mut JobRow, defaults: &Request) {
    row.reset(defaults, row.line);
    row.batch_line = true;
    let Ok(line) = std::str::from_utf8(line) else {
        return row.fail_unread(Error::new(Code::BadInput, "the row is not UTF-8"));
    };
    let line: BatchLine = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => {
            let message = format!("not a line of a Batch API file: {error}");
            return row.fail_unread(Error::new(Code::BadInput, message));
        }
    };
    // Until its body is read.
    row.unread = true;
    if let Some(id) = &line.custom_id {
        row.id.push_str(id);
    }
    if let Err(error) = understand(&line, row, defaults) {
        row.fail(error);
    }
}

fn understand(line: &BatchLine, row: &mut JobRow, defaults: &Request) -> Result<(), Error> {
    let (endpoint, body) = line.call()?;
    // A body has all of its call; what it leaves out is the API's default.
    let mut base = Request::new(&*defaults.provider, &*defaults.model, defaults.as_of);
    base.tier = Tier::Batch;
    base.endpoint = endpoint;
    base.group_ratio = defaults.group_ratio;
    row.endpoint_known = true;
    let read = ParsedBody::of_any(&Dialect::OPENAI, body, &base, &Meter).inspect_err(|_| {
        // What else is known of it still tells to which sums it belongs.
        if let Some(model) = body.get("model").and_then(Value::as_str)
            && endpoint != Endpoint::Responses
        {
            base.model = model.to_owned();
            row.request = base.clone();
            row.unread = false;
        }
    })?;
    row.unread = false;
    read.refuse_unknown(&[] as &[&str])?;
    row.remarks.extend(read.model_note());
    let asked = read.request.endpoint;
    row.request = read.request;
    line.check_endpoint(asked)
}
