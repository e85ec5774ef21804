//! A response in whatever form Python code has it, as the bytes of its body.

use std::borrow::Cow;
use std::fmt::Write;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// How deep documents may be nested.
const DEPTH: u32 = 128;

/// The body of a response.
pub(crate) enum Body<'b> {
    Borrowed(&'b [u8]),
    Owned(Vec<u8>),
}

impl Body<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Body::Borrowed(bytes) => bytes,
            Body::Owned(bytes) => bytes,
        }
    }
}

/// The body: of bytes and text as they are, of an HTTP client's response its content, of anything
/// else the JSON that it was made of.
pub(crate) fn body<'b>(response: &'b Bound<'_, PyAny>) -> PyResult<Body<'b>> {
    if let Ok(bytes) = response.cast::<PyBytes>() {
        return Ok(Body::Borrowed(bytes.as_bytes()));
    }
    if let Ok(bytes) = response.cast::<PyByteArray>() {
        return Ok(Body::Owned(bytes.to_vec()));
    }
    if let Ok(text) = response.cast::<PyString>() {
        return Ok(Body::Owned(text.to_cow()?.into_owned().into_bytes()));
    }
    // A response of httpx or requests.
    if response.hasattr("status_code")?
        && let Some(content) = response.getattr_opt("content")?
        && let Ok(content) = content.cast::<PyBytes>()
    {
        return Ok(Body::Owned(content.as_bytes().to_vec()));
    }
    let mut json = String::new();
    write(response, &mut json, DEPTH)?;
    Ok(Body::Owned(json.into_bytes()))
}

fn write(value: &Bound<'_, PyAny>, json: &mut String, depth: u32) -> PyResult<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(PyTypeError::new_err("the response is nested too deep"));
    };
    if value.is_none() {
        json.push_str("null");
    } else if let Ok(text) = value.cast::<PyString>() {
        string(&text.to_cow()?, json);
    } else if let Ok(flag) = value.cast::<PyBool>() {
        json.push_str(if flag.is_true() { "true" } else { "false" });
    } else if value.is_instance_of::<PyInt>() {
        json.push_str(&value.str()?.to_cow()?);
    } else if let Ok(number) = value.cast::<PyFloat>() {
        let number = number.value();
        // What JSON has no number for is nothing that counts.
        let written = if number.is_finite() { number.to_string() } else { "null".to_owned() };
        json.push_str(&written);
    } else if let Ok(members) = value.cast::<PyDict>() {
        object(members, json, depth)?;
    } else if let Ok(list) = value.cast::<PyList>() {
        array(list.iter(), json, depth)?;
    } else if let Ok(list) = value.cast::<PyTuple>() {
        array(list.iter(), json, depth)?;
    } else if value.is_instance_of::<PyBytes>() {
        // The bytes of an image: that there is one counts.
        json.push_str("\"bytes\"");
    } else if let Some(members) = members(value)? {
        write(&members, json, depth)?;
    } else {
        // Dates, decimals and the like.
        string(&value.str()?.to_cow()?, json);
    }
    Ok(())
}

/// What an SDK's object was made of: pydantic's, by the names of the API.
fn members<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = value.py();
    if let Some(dump) = value.getattr_opt("model_dump")? {
        let options = PyDict::new(py);
        options.set_item("by_alias", true)?;
        options.set_item("exclude_none", true)?;
        return dump.call((), Some(&options)).map(Some);
    }
    for method in ["to_dict", "dict"] {
        if let Some(dump) = value.getattr_opt(method)? {
            return dump.call0().map(Some);
        }
    }
    Ok(None)
}

fn object(members: &Bound<'_, PyDict>, json: &mut String, depth: u32) -> PyResult<()> {
    json.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        let name = match name.cast::<PyString>() {
            Ok(name) => Cow::Owned(name.to_cow()?.into_owned()),
            Err(_) => Cow::<str>::Owned(name.str()?.to_cow()?.into_owned()),
        };
        string(&name, json);
        json.push(':');
        write(&value, json, depth)?;
    }
    json.push('}');
    Ok(())
}

fn array<'py>(
    values: impl Iterator<Item = Bound<'py, PyAny>>,
    json: &mut String,
    depth: u32,
) -> PyResult<()> {
    json.push('[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(&value, json, depth)?;
    }
    json.push(']');
    Ok(())
}

fn string(text: &str, json: &mut String) {
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (plain, from) = rest.split_at(at);
        json.push_str(plain);
        let mut chars = from.chars();
        if let Some(c) = chars.next() {
            // Writing to a String cannot fail.
            let _ = write!(json, "\\u{:04x}", u32::from(c));
        }
        rest = chars.as_str();
    }
    json.push_str(rest);
    json.push('"');
}
