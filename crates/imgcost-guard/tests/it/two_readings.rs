//! A body that two servers read differently is denied, and what real clients send is not.

use crate::common::{Books, books, guard, holds, only_hold};
use imgcost_guard::Error;
use imgcost_ledger::NanoUsd;

const EDITS: &str = "/v1/images/edits";
const PLAIN: &str = "multipart/form-data; boundary=XX";

/// A form of a cheap edit with these parts besides: their headers, and their contents.
fn form(parts: &[(&str, &str)]) -> String {
    let field = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let base = [
        ("model", "gpt-image-2"),
        ("prompt", "a"),
        ("size", "1024x1024"),
        ("quality", "low"),
        ("image", "u"),
        ("n", "1"),
    ];
    let base = base.map(|(name, content)| (field(name), content));
    let parts = parts.iter().map(|(headers, content)| ((*headers).to_owned(), *content));
    let mut body = String::new();
    for (headers, content) in base.into_iter().chain(parts) {
        body.push_str(&format!("--XX\r\n{headers}\r\n\r\n{content}\r\n"));
    }
    body + "--XX--\r\n"
}

fn held(books: &Books, path: &str, kind: &str, body: &str) -> Result<NanoUsd, Error> {
    let call = guard(books).before(path, Some(kind), body.as_bytes())?.expect("an image call");
    let amount = call.hold().unwrap().amount();
    call.not_sent()?;
    Ok(amount)
}

fn denied(path: &str, kind: &str, body: &str) {
    let books = books("5");
    match guard(&books).before(path, Some(kind), body.as_bytes()) {
        Err(Error::Unreadable { .. }) => {}
        other => panic!("{body}: {other:?}"),
    }
    assert!(holds(&books).is_empty());
}

/// The table of what was found: what the guard held at n = 1 and a server drew as n = 10.
#[test]
fn a_form_that_two_servers_read_differently_is_denied() {
    for disposition in [
        r#"form-data; name="user"; name="n""#,
        r#"form-data; name="n"; name="user""#,
        r#"form-data; name="user"; name*=utf-8''n"#,
        r#"form-data; name*=utf-8''n; name="user""#,
        r#"form-data; name*=utf-8''n"#,
        r#"form-data; name*=iso-8859-1''n"#,
        r#"form-data; name*0="n""#,
        r#"form-data; name="\n""#,
        r#"form-data; name="use\r""#,
        r#"form-data; filename="a\"; name="n"; x=""#,
        r#"form-data; filename="a\\"; name="n""#,
        r#"form-data; name="user"n"#,
        r#"form-data; name="user" name="n""#,
        r#"form-data; name=user"n""#,
        r#"form-data; name=us\er"#,
        r#"form-data; name= "n""#,
        r#"form-data; name ="n""#,
        r#"form-data; name="user"; NAME="n""#,
        r#"form-data; name="n"#,
        "form-data; name=\"user\"\nContent-Disposition: form-data; name=\"n\"",
        "form-data; name=\"user\"\r\n ; name=\"n\"; x=\":\"",
        "form-data; name=\"user\"\r\nContent-Disposition: form-data; name=\"n\"",
        "form-data; name=\"user\"\r\nContent-Disposition : form-data; name=\"n\"",
    ] {
        denied(EDITS, PLAIN, &form(&[(&format!("Content-Disposition: {disposition}"), "10")]));
    }
    // Relays in Go match names without case.
    denied(EDITS, PLAIN, &form(&[("Content-Disposition: form-data; name=\"N\"", "10")]));
    for kind in [
        "multipart/form-data; boundary=XX; boundary=YY",
        "multipart/form-data; boundary=YY; boundary=XX",
        "multipart/form-data; boundary=XX; boundary*=utf-8''YY",
        "multipart/form-data; boundary=XX; Boundary=\"YY\"",
    ] {
        denied(EDITS, kind, &form(&[]));
    }
    // Werkzeug takes a lone line feed before a boundary for a line's end.
    let inside = "u\n--XX\nContent-Disposition: form-data; name=\"n\"\n\n10";
    denied(EDITS, PLAIN, &form(&[("Content-Disposition: form-data; name=\"user\"", inside)]));
    denied(EDITS, PLAIN, &form(&[]).replace("--XX--\r\n", "--XX--\r\n--XX--\r\n"));
}

#[test]
fn json_that_two_servers_read_differently_is_denied() {
    let image = |more: &str| {
        format!(r#"{{"model":"gpt-image-2","prompt":"a","size":"1024x1024","quality":"low"{more}}}"#)
    };
    for more in [
        r#","n":1,"N":10"#,
        r#","N":10"#,
        r#","Quality":"high""#,
        r#","QUALITY":"high""#,
        ",\"\u{17f}ize\":\"2048x2048\"",
        r#","n":1,"n":10"#,
        r#","metadata":{"a":1,"a":2}"#,
    ] {
        denied("/v1/images/generations", "application/json", &image(more));
    }
    let tool = |members: &str| {
        format!(r#"{{"model":"gpt-5","input":"a fox","tools":[{{{members},"model":"gpt-image-2"}}]}}"#)
    };
    for members in [
        r#""type":"image_generation","quality":"high","quality":"low""#,
        r#""type":"image_generation","type":"web_search""#,
        r#""type":"web_search","type":"image_generation""#,
        r#""type":"web_search","Type":"image_generation""#,
        r#""type":"image_generation","quality":"low","Quality":"high""#,
    ] {
        denied("/v1/responses", "application/json", &tool(members));
    }
    for body in [
        r#"{"model":"gpt-5","input":"a","Tools":[{"type":"image_generation"}]}"#,
        r#"{"model":"gpt-5","input":[{"role":"user","content":"a","Content":"a long one"}]}"#,
    ] {
        denied("/v1/responses", "application/json", body);
    }
    for body in [
        r#"{"model":"gpt-5","Model":"gpt-image-2","messages":[]}"#,
        r#"{"messages":[{"content":[{"type":"text","text":"a","text":"b"}]}],"model":"gpt-5"}"#,
    ] {
        denied("/v1/chat/completions", "application/json", body);
    }
}

#[test]
fn forms_of_real_clients_are_read() {
    let alone = held(&books("5"), EDITS, PLAIN, &form(&[])).unwrap();
    for headers in [
        // httpx (openai-python), fetch (openai-node, browsers), okhttp
        "Content-Disposition: form-data; name=\"user\"",
        // .NET
        "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=user",
        // Guzzle
        "Content-Disposition: form-data; name=\"user\"\r\nContent-Length: 1",
        // Apache HttpClient
        "Content-Disposition: form-data; name=\"user\"\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit",
    ] {
        assert_eq!(held(&books("5"), EDITS, PLAIN, &form(&[(headers, "x")])).unwrap(), alone, "{headers}");
    }
    for disposition in [
        // httpx and okhttp; fetch; curl and Go; reqwest; .NET; a browser on Windows
        "name=\"image[]\"; filename=\"a %22b%22.png\"",
        "name=\"image[]\"; filename=\"blob\"",
        "name=\"image[]\"; filename=\"a \\\"b\\\".png\"",
        "name=\"image[]\"; filename=\"a\\\\b.png\"",
        "name=\"image[]\"; filename=\"bild ä.png\"",
        "name=image; filename=a.png; filename*=utf-8''a.png",
        "name=\"image\"; filename=\"C:\\bilder\\a.png\"",
        "name=\"image[0]\"; filename*=UTF-8''bild%20%C3%A4.png",
    ] {
        let headers = format!("Content-Disposition: form-data; {disposition}\r\nContent-Type: image/png");
        let books = books("5");
        let more = held(&books, EDITS, PLAIN, &form(&[(&headers, "\u{1}\r\n\r\n--X")])).unwrap();
        // One image more than without it.
        assert!(more > alone, "{disposition}");
    }
    for kind in [
        "multipart/form-data; boundary=\"XX\"",
        "Multipart/Form-Data; Boundary=XX",
        "multipart/form-data; charset=utf-8; boundary=XX",
        "multipart/form-data;boundary=XX;",
    ] {
        assert_eq!(held(&books("5"), EDITS, kind, &form(&[])).unwrap(), alone, "{kind}");
    }
    // No line's end after the last boundary.
    assert_eq!(held(&books("5"), EDITS, PLAIN, form(&[]).trim_end()).unwrap(), alone);
}

#[test]
fn json_of_real_clients_is_read() {
    for (path, body) in [
        (
            "/v1/images/generations",
            r#"{"model":"gpt-image-2","prompt":"N and Model","n":1,"size":"1024x1024","quality":"low","user":"Size"}"#,
        ),
        (
            "/v1/responses",
            r#"{"model":"gpt-5","metadata":{"Size":"L","size":"M"},"input":[{"role":"user","content":[{"type":"input_text","text":"a fox"}]}],
                "tools":[{"type":"function","name":"f","parameters":{"properties":{"N":{"type":"integer"},"n":{"type":"integer"}}}},
                {"type":"image_generation","model":"gpt-image-2","size":"1024x1024","quality":"low"}]}"#,
        ),
    ] {
        let books = books("5");
        match held(&books, path, "application/json", body) {
            Ok(_) => assert!(only_hold(&books).ceiling > NanoUsd::ZERO),
            // Other tools bring context that has no ceiling: that is read, and is no doubt.
            Err(error) => assert_eq!((path, error.code()), ("/v1/responses", "unseen-context")),
        }
    }
}
