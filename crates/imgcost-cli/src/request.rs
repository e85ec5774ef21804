//! From arguments to a request: the only place that touches the world for it.
//!
//! Settings come first, a request body over them, flags over both; then the prompt is
//! counted and the input images are measured.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use imgcost_core::{
    Book, Code, Date, Endpoint, Error, InputImage, Note, OfferDefaults, Param, Prompt, Provider, Request,
    Usd, Value,
};
use imgcost_wire::{Body, Dialect, Meter, ParsedBody, counted};
use serde_json::Map;

use crate::args::{BookArgs, RequestArgs};
use crate::book::{DEFAULT_PROVIDER, Names};
use crate::failure::{bad_input, say_note};
use crate::fields;
use crate::settings::{Key, Settings};
use crate::words::QUALITIES;
use crate::{clock, images, inputs};

/// The most bytes that a prompt file may have.
const PROMPT_MAX: u64 = 16 << 20;
/// The most bytes that a request body may have: images are carried inside.
const BODY_MAX: u64 = 256 << 20;

/// The model of a quote or an explanation that names none: that of the first documents on these
/// prices. Nowhere else is a model guessed.
pub(crate) const DEFAULT_MODEL: &str = "gpt-image-1";

/// What to do where no model is named.
pub(crate) const NAME_A_MODEL: &str = "give one with -m MODEL";

/// The code of the note that the model is the default one.
pub(crate) const MODEL_DEFAULTED: &str = "model-defaulted";

/// What becomes of a call that names no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoModel {
    /// It is an error: money is judged by the price.
    Refuse,
    /// It is taken for the default model, and said so.
    Default,
}

/// What was asked for, understood.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The request.
    pub(crate) request: Request,
    /// What a reader should know of how it was understood.
    pub(crate) remarks: Vec<Note>,
}

/// The day of `--as-of`, else of the settings, else today.
pub(crate) fn as_of(args: &BookArgs, settings: &Settings) -> Result<Date, Error> {
    match args.as_of.as_deref().or_else(|| settings.get(Param::AsOf)) {
        None | Some("today") => Ok(clock::today()),
        Some(text) => fields::date("as_of", text).map_err(|error| error.allowed(["YYYY-MM-DD", "today"])),
    }
}

/// The price book in force: that of `--book` or the settings, else the built-in one, with the prices
/// of `--prices` or the settings over it.
pub(crate) fn book(args: &BookArgs, settings: &Settings) -> Result<Cow<'static, Book>, Error> {
    over(base_book(args, settings)?, None, args, settings)
}

/// A book with prices of one's own over it: those given, else those of `--prices` or the settings.
pub(crate) fn over(
    base: Cow<'static, Book>,
    prices: Option<PathBuf>,
    args: &BookArgs,
    settings: &Settings,
) -> Result<Cow<'static, Book>, Error> {
    let book = match prices.or_else(|| own_prices(args, settings)) {
        Some(path) => crate::book::with_own(&base, &path, clock::today())?,
        None => base,
    };
    crate::book::with_aliases(book, settings.aliases())
}

/// The book in force without prices of one's own.
pub(crate) fn base_book(args: &BookArgs, settings: &Settings) -> Result<Cow<'static, Book>, Error> {
    let Some(path) = whole_book(args, settings) else { return Ok(crate::book::built_in()) };
    let allowed = match settings.get(Key::AllowOlderBook).filter(|_| !args.allow_older_book) {
        None => args.allow_older_book,
        Some(text) => fields::flag("allow_older_book", text)?,
    };
    crate::book::whole(&path, allowed)
}

/// Whether another book than the built-in one is in force, or prices or names of one's own over it.
pub(crate) fn has_own_book(args: &BookArgs, settings: &Settings) -> bool {
    own_prices(args, settings).is_some()
        || whole_book(args, settings).is_some()
        || !settings.aliases().is_empty()
}

fn own_prices(args: &BookArgs, settings: &Settings) -> Option<PathBuf> {
    args.prices.clone().or_else(|| settings.get(Key::Prices).map(PathBuf::from))
}

fn whole_book(args: &BookArgs, settings: &Settings) -> Option<PathBuf> {
    args.book.clone().or_else(|| settings.get(Key::Book).map(PathBuf::from))
}

/// The cap of `--cap`, else of the settings.
pub(crate) fn cap(arg: Option<&str>, settings: &Settings) -> Result<Option<Usd>, Error> {
    let text = arg.or_else(|| settings.get(Key::Cap));
    text.map(|text| fields::usd("cap", text)).transpose()
}

/// Understands the arguments.
pub(crate) fn asked(
    args: &RequestArgs,
    settings: &Settings,
    book: &Book,
    no_model: NoModel,
) -> Result<Asked, Error> {
    asked_over(args, settings, book, no_model, &|_| {})
}

/// Understands the arguments over what `fill` makes of the settings' defaults.
pub(crate) fn asked_over(
    args: &RequestArgs,
    settings: &Settings,
    book: &Book,
    no_model: NoModel,
    fill: &dyn Fn(&mut Request),
) -> Result<Asked, Error> {
    let Given { mut request, mut remarks, endpoint_known, dialect } = given(args, settings, book, fill)?;
    let of_provider =
        book.provider(&request.provider).ok().and_then(|provider| provider.default_model.as_ref());
    if let Some(model) = of_provider.filter(|_| args.request.is_some() && request.model.is_empty()) {
        let message = format!("the body names no model: {model}, as {} has it", request.provider);
        remarks.insert(0, Note::new(MODEL_DEFAULTED, message));
        request.model.clone_from(model);
    }
    if request.model.is_empty() {
        if let Some(dialect) = dialect.filter(|dialect| dialect.is_of_another_api()) {
            return Err(model_left_out(book, dialect, request.as_of));
        }
        let has_default = book.offer(&request.provider, DEFAULT_MODEL, request.as_of).is_ok();
        if no_model == NoModel::Refuse || !has_default {
            return Err(book.model_missing(&request, NAME_A_MODEL));
        }
        DEFAULT_MODEL.clone_into(&mut request.model);
        remarks.insert(0, defaulted(book, &request));
    }
    let defaults = offer_defaults(args, settings)?;
    let offer = book.offer(&request.provider, &request.model, request.as_of)?;
    remarks.extend(offer.complete(&mut request, endpoint_known, &defaults));
    Ok(Asked { request, remarks })
}

/// That a body in the dialect of an API that is not OpenAI's names no model: its path does, or the
/// model can't be guessed.
fn model_left_out(book: &Book, dialect: Dialect, day: Date) -> Error {
    // A provider's own dialect is its first; relays take others' as well.
    let is_own = |provider: &&Provider| Dialect::taken_by(provider).first() == Some(&dialect);
    let current = book.providers().filter(is_own).flat_map(|provider| provider.current_models(day));
    let mut names: Vec<&str> = Vec::new();
    for model in current.map(|model| model.id.as_str()) {
        if !names.contains(&model) {
            names.push(model);
        }
    }
    let message = format!("the body is a request of dialect {dialect} and names no model: {NAME_A_MODEL}");
    let error = Error::new(Code::NoModel, message).field("model").allowed(names.iter().copied());
    match names.first() {
        Some(first) => error.nearest(*first),
        None => error,
    }
}

/// That the default model was taken, and that it is no longer there to be called.
fn defaulted(book: &Book, request: &Request) -> Note {
    let offer = book.offer(&request.provider, &request.model, request.as_of).ok();
    let gone = offer.and_then(|offer| offer.model.retired).filter(|day| *day <= request.as_of);
    let gone = gone.map_or_else(String::new, |day| format!(", which was shut down on {day}"));
    Note::new(MODEL_DEFAULTED, format!("no model given: {}{gone}", request.model))
}

/// What settings, a body and flags say, before any of it meets an offer.
pub(crate) struct Given {
    /// The request.
    pub(crate) request: Request,
    /// What a reader should know of it.
    pub(crate) remarks: Vec<Note>,
    /// Whether any of them says where the call goes.
    pub(crate) endpoint_known: bool,
    /// The dialect of the body, if there is one.
    pub(crate) dialect: Option<Dialect>,
}

/// Reads settings, then a body over them, then flags over both.
pub(crate) fn given(
    args: &RequestArgs,
    settings: &Settings,
    book: &Book,
    fill: &dyn Fn(&mut Request),
) -> Result<Given, Error> {
    let mut remarks = Vec::new();
    let day = as_of(&args.book, settings)?;
    let mut request = defaults(settings, day)?;
    request.responses_images = (settings.get(Key::ResponsesImages))
        .map(|text| fields::whole("responses_images", text))
        .transpose()?;
    fill(&mut request);
    let mut dialect = None;
    let mut endpoint_known = args.get(Param::Endpoint).is_some() || request.endpoint != Endpoint::Generations;
    if let Some(path) = &args.request {
        if inputs::is_stdin(path) && args.prompt_file.as_deref().is_some_and(inputs::is_stdin) {
            return Err(bad_input(
                "prompt_file",
                "standard input can be the request or the prompt, not both",
            ));
        }
        // A body says itself what its quality and size are: left out is the model's default.
        let mut base = request;
        (base.quality, base.size) = (None, None);
        let ignored: Vec<&str> = ignored_fields(args, settings).collect();
        let body = body(path)?;
        let meant = meant(args, settings, book, &base, &body.fields)?;
        let read = parsed(path, body, &base, &meant, &ignored)?;
        dialect = Some(read.dialect());
        remarks.extend(read.model_note().filter(|_| args.get(Param::Model).is_none()));
        request = read.request;
        endpoint_known |= request.endpoint != Endpoint::Generations;
    }
    flags(args, &mut request).map_err(|error| with_range(error, book, &request))?;
    let names_provider = args.get(Param::Provider).or_else(|| settings.get(Param::Provider)).is_some();
    // Without a model every provider would be decoded in vain.
    if !names_provider && !request.model.is_empty() {
        // The model may be one that a body or a response names.
        let other = Names::of(book).other_provider(&request.model);
        if let Some((provider, why)) = other.filter(|(provider, _)| *provider != request.provider) {
            say_note(&format!("provider {provider}, {why} {}", request.model));
            provider.clone_into(&mut request.provider);
        }
    }
    if let Some(prompt) = prompt(args)? {
        request.prompt = Some(prompt);
    }
    if !args.image.is_empty() {
        request.images.clear();
    }
    for image in &args.image {
        let (measured, facts) = images::look_at("image", image)?;
        request.files.extend(facts);
        remarks.extend(measured.note(&image.to_string_lossy()));
        request.images.push(InputImage::Sized(measured.size));
    }
    if let Some(mask) = &args.mask {
        let (measured, facts) = images::look_at("mask", mask)?;
        request.mask = true;
        request.files.extend(facts);
        if let Some(InputImage::Sized(image)) = request.images.first() {
            request.files.push(imgcost_wire::mask_fact(*image, measured.size));
        }
    }
    Ok(Given { request, remarks, endpoint_known, dialect })
}

/// The dialects that a body may be in: that of `--dialect`, else those of the provider; where none
/// is named, those of the provider that the model tells; else any.
fn meant(
    args: &RequestArgs,
    settings: &Settings,
    book: &Book,
    request: &Request,
    fields: &Map<String, serde_json::Value>,
) -> Result<Vec<Dialect>, Error> {
    if let Some(name) = &args.dialect {
        return Ok(vec![name.parse()?]);
    }
    let names_provider = args.get(Param::Provider).or_else(|| settings.get(Param::Provider)).is_some();
    let named = args.get(Param::Model).or_else(|| fields.get("model")?.as_str());
    let by_model = named.filter(|_| !names_provider).and_then(|model| Names::of(book).other_provider(model));
    if let Some((provider, _)) = by_model {
        return Ok(book.provider(provider).map(Dialect::taken_by).unwrap_or_default());
    }
    let provider = args.get(Param::Provider).unwrap_or(&request.provider);
    let mut meant = book.provider(provider).map(Dialect::taken_by).unwrap_or_default();
    if !names_provider {
        meant.extend(Dialect::ALL);
    }
    Ok(meant)
}

/// The fields of a body that flags and settings ignore.
fn ignored_fields<'a>(args: &'a RequestArgs, settings: &'a Settings) -> impl Iterator<Item = &'a str> {
    let set = settings.get(Key::IgnoreFields).unwrap_or_default();
    let set = set.split(',').map(str::trim).filter(|name| !name.is_empty());
    args.ignore_field.iter().map(String::as_str).chain(set)
}

/// Refuses settings that name what the book does not have, as far as no flag is in their place. What
/// they are for is not known before rows or combinations are looked at, each of which would be in
/// error.
pub(crate) fn settings_are_known(args: &RequestArgs, settings: &Settings, book: &Book) -> Result<(), Error> {
    let set = |param: Param| settings.get(param).filter(|_| args.get(param).is_none());
    if let Some(provider) = set(Param::Provider) {
        book.provider(provider)?;
    }
    let provider = args.get(Param::Provider).or_else(|| settings.get(Param::Provider));
    if let Some(model) = set(Param::Model).filter(|model| Names::of(book).model(model).is_none()) {
        book.offer(provider.unwrap_or(DEFAULT_PROVIDER), model, as_of(&args.book, settings)?)?;
    }
    let is_quality = |text: &str| {
        let of_families = || book.families().flat_map(|family| &family.limits.rule.qualities);
        QUALITIES.contains(&text) || of_families().any(|quality| quality.as_str() == text)
    };
    if let Some(quality) = set(Param::Quality).filter(|text| !is_quality(&text.to_ascii_lowercase())) {
        let error = fields::illegal("quality", quality, "no model has that quality");
        return Err(error.allowed(QUALITIES).nearest_name(quality));
    }
    Ok(())
}

/// A request of settings alone, its model empty where they name none.
pub(crate) fn defaults(settings: &Settings, day: Date) -> Result<Request, Error> {
    let provider = settings.get(Param::Provider).unwrap_or(DEFAULT_PROVIDER);
    let mut request = Request::new(provider, settings.get(Param::Model).unwrap_or_default(), day);
    for param in [Param::Quality, Param::Size] {
        if let Some(text) = settings.get(param) {
            param.set(&mut request, Value::text(text))?;
        }
    }
    Ok(request)
}

/// Sets what flags say; prompts and images are left to the caller.
pub(crate) fn flags(args: &RequestArgs, request: &mut Request) -> Result<(), Error> {
    let mut failure = None;
    for (param, text) in args.params.iter() {
        // The rest is set all the same: a number's range depends on the model.
        if let Err(error) = param.set(request, Value::text(text)) {
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

fn with_range(error: Error, book: &Book, request: &Request) -> Error {
    match book.offer(&request.provider, &request.model, request.as_of) {
        Ok(offer) => offer.with_range(error),
        Err(_) => error,
    }
}

fn prompt(args: &RequestArgs) -> Result<Option<Prompt>, Error> {
    match (&args.prompt, &args.prompt_file) {
        (Some(text), _) => Ok(Some(counted(text))),
        (None, Some(path)) => Ok(Some(prompt_file(path)?)),
        (None, None) => Ok(None),
    }
}

/// Reads and counts a prompt file.
pub(crate) fn prompt_file(path: &Path) -> Result<Prompt, Error> {
    Ok(counted(&inputs::text("prompt_file", path, PROMPT_MAX)?))
}

/// The flag and the settings that hold only for some calls, so that they wait for the offer.
pub(crate) fn offer_defaults(args: &RequestArgs, settings: &Settings) -> Result<OfferDefaults, Error> {
    let tokens = args.assume_prompt_tokens.as_deref().or_else(|| settings.get(Key::AssumePromptTokens));
    let ratio = settings.get(Param::GroupRatio);
    let mut offer = OfferDefaults::default();
    offer.assume_prompt_tokens =
        tokens.map(|text| fields::tokens("assume_prompt_tokens", text)).transpose()?;
    offer.group_ratio = ratio.map(|text| fields::ratio("group_ratio", text)).transpose()?;
    offer.responses_model = settings.get(Param::ResponsesModel).map(str::to_owned);
    Ok(offer)
}

/// The content type of a body that begins with the boundary of a form.
fn form_type(body: &[u8]) -> Option<String> {
    let line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\r').next()?;
    let boundary = std::str::from_utf8(line).ok()?;
    Some(format!("multipart/form-data; boundary=\"{boundary}\""))
}

/// The fields and files of a body.
fn body(path: &Path) -> Result<Body, Error> {
    let bytes = inputs::bytes("request", path, BODY_MAX)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Body::read(form_type(bytes).as_deref(), bytes, &Meter)
        .map_err(|why| Error::new(Code::BadInput, format!("{}: {why}", inputs::name(path))).field("request"))
}

/// Reads a body in one of these dialects.
fn parsed(
    path: &Path,
    Body { fields, files }: Body,
    base: &Request,
    meant: &[Dialect],
    ignored: &[&str],
) -> Result<ParsedBody, Error> {
    // Of a named provider the first of its dialects counts; else only one may fit.
    let marked = if Dialect::ALL.iter().all(|one| meant.contains(one)) {
        Dialect::marked(&fields)
    } else {
        Vec::new()
    };
    if marked.len() > 1 {
        let names: Vec<&str> = marked.into_iter().map(Dialect::name).collect();
        let message = format!("{}: the body may be in dialect {}", inputs::name(path), names.join(" or "));
        return Err(bad_input("dialect", message).allowed(["-p PROVIDER", "--dialect NAME"]));
    }
    let mut read = match *meant {
        [dialect] => ParsedBody::read(dialect, &fields, base, &Meter)?,
        _ => ParsedBody::of_any(meant, &serde_json::Value::Object(fields), base, &Meter)?,
    };
    files.add_to(&mut read.request);
    read.refuse_unknown(ignored).map_err(|error| error.allowed(["--ignore-field NAME"]))?;
    Ok(read)
}
