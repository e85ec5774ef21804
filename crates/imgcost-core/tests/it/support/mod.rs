//! What several tests need: the built-in book, a request in few words, the recorded calls.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use imgcost_core::{Book, Date, Endpoint, File, InputImage, Prompt, Request, Size};
use serde::Deserialize;

pub(crate) static BOOK: LazyLock<Book> = LazyLock::new(|| match Book::read(&files()) {
    Ok(book) => book,
    Err(errors) => panic!("{errors}"),
});

pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

pub(crate) fn files() -> Vec<File<'static>> {
    imgcost_pricing::BOOK.iter().map(|&(name, text)| File::new(name, text)).collect()
}

/// `model quality size n`, each but the model optional with `-`.
pub(crate) fn request(words: &str) -> Request {
    let mut words = words.split(' ');
    let model = words.next().unwrap();
    let (provider, model) = model.split_once('/').unwrap_or(("openai", model));
    let mut request = Request::new(provider, model, TODAY);
    let mut next = || words.next().filter(|word| *word != "-");
    request.quality = next().map(|quality| quality.parse().unwrap());
    request.size = next().map(|size| size.parse::<Size>().unwrap());
    request.n = next().map_or(1, |n| n.parse().unwrap());
    request
}

#[derive(Debug, Deserialize)]
struct MeasuredFile {
    call: Vec<Recorded>,
}

/// A recorded call.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub model: Option<String>,
    pub(crate) endpoint: String,
    pub(crate) quality: Option<String>,
    pub(crate) size: Option<String>,
    pub(crate) returned_quality: Option<String>,
    pub(crate) returned_size: Option<String>,
    pub(crate) n: Option<u32>,
    #[serde(default)]
    pub(crate) stream: bool,
    pub(crate) partial_images: Option<u32>,
    pub(crate) input_fidelity: Option<String>,
    #[serde(default)]
    pub(crate) images: Vec<String>,
    #[serde(default)]
    pub(crate) unsized_images: usize,
    #[serde(default)]
    pub(crate) mask: bool,
    pub(crate) responses_model: Option<String>,
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) usage: BTreeMap<String, u64>,
    /// US dollars, of a call that is billed by the image.
    pub(crate) billed: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) grade: String,
    pub(crate) expect: Option<String>,
    pub(crate) note: Option<String>,
}

pub(crate) fn recorded() -> Vec<Recorded> {
    let read = |text: &str| toml::from_str::<MeasuredFile>(text).unwrap().call;
    imgcost_pricing::MEASURED.iter().flat_map(|(_, text)| read(text)).collect()
}

impl Recorded {
    /// The call as it was sent, where the book knows the model. What the record leaves out is
    /// left open: size and quality auto, input images of unknown size.
    pub(crate) fn as_sent(&self) -> Option<Request> {
        let sent = Recorded { returned_quality: None, returned_size: None, ..self.clone() };
        sent.request()
    }

    /// The call with the quality and size that came back where none were asked for.
    pub(crate) fn request(&self) -> Option<Request> {
        let model = self.model.as_deref()?;
        BOOK.offer(&self.provider, model, TODAY).ok()?;
        let mut request = Request::new(&self.provider, model, TODAY);
        request.endpoint = self.endpoint.parse().unwrap();
        let known = |word: &Option<String>| word.clone().filter(|word| word != "auto");
        request.quality =
            known(&self.quality).or(known(&self.returned_quality)).map(|quality| quality.parse().unwrap());
        request.size = known(&self.size).or(known(&self.returned_size)).map(|size| size.parse().unwrap());
        if request.endpoint == Endpoint::Responses {
            request.max_tool_calls = Some(self.n.unwrap_or(1));
            request.responses_model.clone_from(&self.responses_model);
        } else {
            request.n = self.n.unwrap_or(1);
        }
        request.stream = self.stream;
        request.partial_images = self.partial_images;
        request.input_fidelity = self.input_fidelity.as_deref().map(|fidelity| fidelity.parse().unwrap());
        request.mask = self.mask;
        request.prompt = self.prompt_tokens.map(Prompt::of_tokens);
        request.images = self.images.iter().map(|size| InputImage::Sized(size.parse().unwrap())).collect();
        request.images.extend(vec![InputImage::Unsized; self.unsized_images]);
        let open_images = request.images.is_empty() && self.endpoint == "edits";
        if open_images {
            request.images = vec![InputImage::Unsized; 2];
        }
        Some(request)
    }

    pub(crate) fn is_explicit(&self) -> bool {
        let said = |word: &Option<String>| word.as_ref().is_some_and(|word| word != "auto");
        said(&self.quality) && said(&self.size)
    }
}

/// A value with some of its fields set.
pub(crate) fn edited<T>(mut value: T, set: impl FnOnce(&mut T)) -> T {
    set(&mut value);
    value
}
