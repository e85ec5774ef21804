//! What tools take and give, as JSON schemas: the parameters of a call are those of the core's list.

use imgcost::analysis::compare::Axes;
use imgcost_core::{Kind, Param};
use serde_json::{Map, Value as Json, json};

use super::tools::{SHOWN, SHOWN_MAX, Tool};

type Object = Map<String, Json>;

/// What a tool takes.
pub(super) fn input(tool: Tool) -> Object {
    let scope =
        ("scope", text("Whose money it is, at or below the server's own scope [default: that scope]"));
    let hold = ("hold", text("The id of the hold"));
    let response = (
        "response",
        json!({
            "type": ["object", "string"],
            "description": "The response's body: an object, or its text; a stream's events as text",
        }),
    );
    match tool {
        Tool::Quote => object(call(), &[]),
        Tool::Compare => {
            let mut members = call();
            for param in Axes::PARAMS {
                members.insert(param.as_str().to_owned(), list(param));
            }
            let more = [
                ("sort", text("Keys such as per-image or model,-per_call; a dash in front turns the order")),
                (
                    "limit",
                    json!({
                        "type": "integer", "minimum": 1, "maximum": SHOWN_MAX, "default": SHOWN,
                        "description": "How many combinations to show",
                    }),
                ),
            ];
            object(with(members, more), &[])
        }
        Tool::Usage => object(with(call(), [response]), &["response"]),
        Tool::BudgetStatus => object(with(Map::new(), [scope]), &[]),
        Tool::Hold => {
            let more = [
                scope,
                ("key", text("A name for the call: under it, it is held once")),
                (
                    "tags",
                    json!({
                        "type": "object", "additionalProperties": {"type": "string"},
                        "description": "Names and values to find the call by",
                    }),
                ),
            ];
            object(with(call(), more), &["model"])
        }
        Tool::Settle => object(with(Map::new(), [hold, response]), &["hold", "response"]),
        Tool::Release => {
            object(with(Map::new(), [hold, ("reason", text("Why the call was not made"))]), &["hold"])
        }
    }
}

/// What a tool gives: a document of the command's, or `imgcost.error/1`.
pub(super) fn output(tool: Tool) -> Object {
    let schema = match tool {
        Tool::Quote => "imgcost.quote/1",
        Tool::Compare => "imgcost.compare/1",
        Tool::Usage => "imgcost.usage/1",
        Tool::BudgetStatus => "imgcost.budget-status/1",
        Tool::Hold => "imgcost.hold/1",
        Tool::Settle | Tool::Release => "imgcost.change/1",
    };
    let members = with(Map::new(), [("schema", json!({"enum": [schema, "imgcost.error/1"]}))]);
    let mut object = object(members, &["schema"]);
    object.insert("additionalProperties".to_owned(), true.into());
    object
}

/// The parameters of a call, and its prompt.
fn call() -> Object {
    let mut members = with(Map::new(), [("prompt", text("The prompt's text, which is only counted"))]);
    members.extend(Param::ALL.iter().map(|param| (param.as_str().to_owned(), one(*param))));
    members
}

fn one(param: Param) -> Json {
    let about = param.about();
    match param.kind() {
        Kind::Text => text(about),
        Kind::Word(names) => json!({"type": "string", "enum": names, "description": about}),
        Kind::Number => json!({"type": "integer", "minimum": 0, "description": about}),
        Kind::Flag => json!({"type": "boolean", "description": about}),
        Kind::Images => {
            json!({"type": "array", "items": {"type": ["string", "null"]}, "description": about})
        }
    }
}

/// A parameter of a comparison: one value or several.
fn list(param: Param) -> Json {
    let kind = if param.kind() == Kind::Number { "integer" } else { "string" };
    json!({
        "anyOf": [{"type": kind}, {"type": "array", "items": {"type": kind}}],
        "description": format!("{}; one or several", param.about()),
    })
}

fn text(about: &str) -> Json {
    json!({"type": "string", "description": about})
}

fn with<const N: usize>(mut members: Object, more: [(&str, Json); N]) -> Object {
    members.extend(more.map(|(name, schema)| (name.to_owned(), schema)));
    members
}

fn object(members: Object, required: &[&str]) -> Object {
    let schema = json!({
        "type": "object", "properties": members, "required": required, "additionalProperties": false,
    });
    match schema {
        Json::Object(object) => object,
        _ => Object::new(),
    }
}
