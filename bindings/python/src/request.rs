//! From a call's keyword arguments to a request: the one list of parameters, and the prompt's text.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use imgcost::{InputImage, Param, Pixels, Request, Value};
use imgcost_core::{Code, Error as Problem};
use imgcost_wire::HEADER_MAX;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::errors;

/// Reads the arguments of a call. What is `None` is left out.
pub(crate) fn read(model: Option<&Bound<'_, PyAny>>, given: Option<&Bound<'_, PyDict>>) -> PyResult<Request> {
    let mut request = Request::new("");
    if let Some(model) = model.filter(|model| !model.is_none()) {
        set(&mut request, Param::Model, model)?;
    }
    let Some(given) = given else { return Ok(request) };
    for (name, value) in given.iter() {
        if value.is_none() {
            continue;
        }
        let name = name.cast::<PyString>()?;
        let name = name.to_cow()?;
        if name == "prompt" {
            request = request.prompt(&text(&value, "prompt")?.to_cow()?);
        } else if let Ok(param) = name.parse::<Param>() {
            set(&mut request, param, &value)?;
        } else {
            return Err(unknown(&name));
        }
    }
    Ok(request)
}

/// An argument that there is not, with the nearest one.
pub(crate) fn unknown(name: &str) -> PyErr {
    let known = Param::NAMES.iter().copied().chain(["prompt"]);
    let nearest = imgcost_core::nearest_name(name, known);
    let nearest = nearest.map_or_else(String::new, |nearest| format!("; nearest: {nearest}"));
    PyTypeError::new_err(format!("there is no parameter '{name}'{nearest}"))
}

fn text<'v, 'py>(value: &'v Bound<'py, PyAny>, name: &str) -> PyResult<&'v Bound<'py, PyString>> {
    let kind = || value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    value.cast::<PyString>().map_err(|_| PyTypeError::new_err(format!("{name} takes text, not {}", kind())))
}

fn set(request: &mut Request, param: Param, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let set = |request: &mut Request, value: Value<'_>| request.set(param, value).map_err(errors::of);
    if let Ok(words) = value.cast::<PyString>() {
        return match param {
            Param::Images => {
                let images = words.to_cow()?.split(';').map(named_image).collect::<PyResult<Vec<_>>>()?;
                set(request, Value::Images(images.into()))
            }
            _ => set(request, Value::Text(words.to_cow()?)),
        };
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return set(request, Value::Flag(flag.is_true()));
    }
    if value.is_instance_of::<PyInt>() && param != Param::GroupRatio {
        return match value.extract::<u64>() {
            Ok(number) => set(request, Value::Number(number)),
            Err(_) => set(request, Value::text(value.str()?.to_cow()?)),
        };
    }
    match param {
        Param::Images => set(request, Value::Images(images(value)?.into())),
        // The bytes of a mask, or its file: only that there is one counts.
        Param::Mask => set(request, Value::Flag(true)),
        Param::Size if value.is_instance_of::<PyTuple>() => {
            set(request, Value::text(pixels(value)?.to_string()))
        }
        // Dates, decimals and members of enums have a text of their own.
        _ => {
            let value = value.getattr_opt("value")?.unwrap_or_else(|| value.clone());
            set(request, Value::text(value.str()?.to_cow()?))
        }
    }
}

/// Input images: one, or a list of them.
fn images(value: &Bound<'_, PyAny>) -> PyResult<Vec<InputImage>> {
    match value.cast::<PyList>() {
        Ok(list) => list.iter().map(|image| one_image(&image)).collect(),
        Err(_) => Ok(vec![one_image(value)?]),
    }
}

/// An input image: its size as text or as a pair, its bytes, its file, or `None` where its size is
/// not known.
fn one_image(value: &Bound<'_, PyAny>) -> PyResult<InputImage> {
    if value.is_none() {
        return Ok(InputImage::Unsized);
    }
    if let Ok(words) = value.cast::<PyString>() {
        return named_image(&words.to_cow()?);
    }
    if value.is_instance_of::<PyTuple>() {
        return pixels(value).map(InputImage::Sized);
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return measured(bytes.as_bytes(), "bytes");
    }
    file_image(value.extract::<PathBuf>()?)
}

fn pixels(pair: &Bound<'_, PyAny>) -> PyResult<Pixels> {
    let (width, height) = pair.extract::<(u32, u32)>()?;
    Pixels::new(width, height).ok_or_else(|| refused(format!("there is no image of {width}x{height}")))
}

fn named_image(words: &str) -> PyResult<InputImage> {
    match words.trim().parse::<Pixels>() {
        Ok(size) => Ok(InputImage::Sized(size)),
        Err(_) => file_image(PathBuf::from(words)),
    }
}

fn file_image(path: PathBuf) -> PyResult<InputImage> {
    let mut header = Vec::new();
    let most = u64::try_from(HEADER_MAX).unwrap_or(u64::MAX);
    File::open(&path)?.take(most).read_to_end(&mut header)?;
    measured(&header, &path.to_string_lossy())
}

fn measured(header: &[u8], name: &str) -> PyResult<InputImage> {
    let measured = imgcost_wire::image_size(header);
    measured.map(|found| InputImage::Sized(found.size)).map_err(|why| refused(format!("{name}: {why}")))
}

fn refused(message: String) -> PyErr {
    let problem = Problem::new(Code::IllegalValue, message).field("images");
    errors::of_problem(problem)
}
