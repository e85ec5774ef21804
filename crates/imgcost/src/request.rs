//! A call as its caller knows it.

use std::fmt;

use imgcost_core::{
    Book, Code, DEFAULT_PROVIDER, Date, Endpoint, Error as Problem, Fidelity, InputImage, OfferDefaults,
    Param, Prompt, Quality, Ratio, Request as Counts, Response, Size, Tier, Value, read,
};
use serde_json::Value as Json;

use crate::error::Error;
use crate::{provider, today};

/// A call to an image-generation API, in the API's own parameters: one image from a model, and
/// everything else at the API's defaults until it is set.
///
/// Nothing is checked before [`quote`](crate::Estimator::quote), whose errors name what is wrong.
///
/// ```
/// use imgcost::{Fidelity, InputImage, Request};
/// let edit = Request::new("gpt-image-1.5")
///     .provider("azure-openai")
///     .image(InputImage::Sized("1024x1536".parse()?))
///     .input_fidelity(Fidelity::High)
///     .prompt("make the apple green")
///     .n(2);
/// # let _ = edit;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Everything but what is below, which the counts have only once it is resolved.
    counts: Counts,
    provider: Option<String>,
    day: Option<Date>,
    endpoint: Option<Endpoint>,
    size: Option<String>,
}

impl Request {
    /// One image from a model, by its id or an alias, such as `gpt-image-2`.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Request {
        let counts = Counts::new(String::new(), model, Date::ZERO);
        Request { counts, provider: None, day: None, endpoint: None, size: None }
    }

    /// The provider, by its id or an alias. Left out: OpenAI if it offers the model, else the
    /// model's maker, else the only one that does.
    #[must_use]
    pub fn provider(self, provider: impl Into<String>) -> Request {
        Request { provider: Some(provider.into()), ..self }
    }

    /// The day whose prices count. Left out: today, in UTC.
    #[must_use]
    pub fn on(self, day: Date) -> Request {
        Request { day: Some(day), ..self }
    }

    /// The quality. Left out: the model's default.
    #[must_use]
    pub fn quality(mut self, quality: Quality) -> Request {
        self.counts.quality = Some(quality);
        self
    }

    /// The size: a text such as `1536x1024`, `2K` or `auto`, or a [`Size`] or
    /// [`Pixels`](crate::Pixels). Left out: the model's default.
    #[must_use]
    pub fn size(self, size: impl fmt::Display) -> Request {
        Request { size: Some(size.to_string()), ..self }
    }

    /// How many images.
    #[must_use]
    pub fn n(mut self, n: u32) -> Request {
        self.counts.n = n;
        self
    }

    /// The prompt, whose tokens are counted; its text is not kept. Left out: the quote covers the
    /// images alone, with a note.
    #[cfg(feature = "counting")]
    #[must_use]
    pub fn prompt(mut self, text: &str) -> Request {
        self.counts.prompt = Some(imgcost_wire::counted(text));
        self
    }

    /// The prompt by its count of `o200k_base` tokens, where its text is not at hand.
    #[must_use]
    pub fn prompt_tokens(mut self, tokens: u64) -> Request {
        self.counts.prompt = Some(Prompt::of_tokens(tokens));
        self
    }

    /// One more input image, which makes the call an edit.
    #[must_use]
    pub fn image(mut self, image: InputImage) -> Request {
        self.counts.images.push(image);
        self
    }

    /// A mask for the first input image.
    #[must_use]
    pub fn mask(mut self) -> Request {
        self.counts.mask = true;
        self
    }

    /// How closely an edit keeps to its input images. Left out: low.
    #[must_use]
    pub fn input_fidelity(mut self, fidelity: Fidelity) -> Request {
        self.counts.input_fidelity = Some(fidelity);
        self
    }

    /// A streamed response with so many partial images, from 0.
    #[must_use]
    pub fn partial_images(mut self, partial_images: u32) -> Request {
        self.counts.stream = true;
        self.counts.partial_images = Some(partial_images);
        self
    }

    /// `transparent`, `opaque` or `auto`, which costs nothing but may be refused.
    #[must_use]
    pub fn background(mut self, background: impl Into<String>) -> Request {
        self.counts.background = Some(background.into());
        self
    }

    /// `png`, `jpeg` or `webp`, which costs nothing but may be refused.
    #[must_use]
    pub fn output_format(mut self, format: impl Into<String>) -> Request {
        self.counts.output_format = Some(format.into());
        self
    }

    /// 0 to 100, for jpeg and webp, which costs nothing but may be refused.
    #[must_use]
    pub fn output_compression(mut self, percent: u32) -> Request {
        self.counts.output_compression = Some(percent);
        self
    }

    /// Where the call goes. Left out: edits with input images, generations without, and chat for
    /// models that answer only there.
    #[must_use]
    pub fn endpoint(self, endpoint: Endpoint) -> Request {
        Request { endpoint: Some(endpoint), ..self }
    }

    /// The price list: standard, batch, flex or priority.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Request {
        self.counts.tier = tier;
        self
    }

    /// A gateway's group ratio, at providers that bill by ratio. Left out: 1.
    #[must_use]
    pub fn group_ratio(mut self, ratio: Ratio) -> Request {
        self.counts.group_ratio = Some(ratio);
        self
    }

    /// The model that calls the image tool of the Responses API, with
    /// [`Endpoint::Responses`].
    #[must_use]
    pub fn responses_model(mut self, model: impl Into<String>) -> Request {
        self.counts.responses_model = Some(model.into());
        self
    }

    /// The most tool calls of a Responses API call, and so the most images that it may make.
    #[must_use]
    pub fn max_tool_calls(mut self, calls: u32) -> Request {
        self.counts.max_tool_calls = Some(calls);
        self
    }

    /// Sets a parameter of the one list of them, as files, flags and other languages give them.
    ///
    /// ```
    /// use imgcost::{Param, Request, Value};
    /// let mut request = Request::new("gpt-image-2");
    /// request.set(Param::Quality, Value::text("high"))?;
    /// request.set(Param::N, Value::Number(4))?;
    /// let error = request.set(Param::Size, Value::text("wide")).unwrap_err();
    /// assert_eq!(error.field(), Some("size"));
    /// # Ok::<(), imgcost::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::IllegalValue`]: the value is none that the parameter takes.
    pub fn set(&mut self, param: Param, value: Value<'_>) -> Result<(), Error> {
        param.set(&mut self.counts, value)?;
        match param {
            Param::Provider => self.provider = Some(std::mem::take(&mut self.counts.provider)),
            Param::AsOf => self.day = Some(self.counts.as_of),
            Param::Endpoint => self.endpoint = Some(self.counts.endpoint),
            // It counts as it was set last.
            Param::Size => self.size = None,
            _ => {}
        }
        Ok(())
    }

    /// The same by the parameter's name, as objects and dictionaries of other languages have it. The
    /// name `prompt` takes its text.
    ///
    /// ```
    /// use imgcost::{Request, Value};
    /// let mut request = Request::new("gpt-image-2");
    /// request.set_named("partial_images", Value::Number(2))?;
    /// let error = request.set_named("qualty", Value::text("high")).unwrap_err();
    /// assert_eq!((error.field(), error.nearest()), (Some("qualty"), Some("quality")));
    /// # Ok::<(), imgcost::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such parameter, or it does not take the value.
    pub fn set_named(&mut self, name: &str, value: Value<'_>) -> Result<(), Error> {
        if let Ok(param) = name.parse::<Param>() {
            return self.set(param, value);
        }
        #[cfg(feature = "counting")]
        if name == "prompt" {
            let Value::Text(text) = value else {
                return Err(Problem::new(Code::BadInput, "prompt takes text").field(name).into());
            };
            self.counts.prompt = Some(imgcost_wire::counted(&text));
            return Ok(());
        }
        let problem = Problem::new(Code::BadInput, format!("there is no parameter '{}'", read::shown(name)));
        let names = Param::NAMES.iter().copied().chain(cfg!(feature = "counting").then_some("prompt"));
        let nearest = imgcost_core::nearest_name(name, names).map(str::to_owned);
        Err(match nearest {
            Some(nearest) => problem.field(name).nearest(nearest),
            None => problem.field(name),
        }
        .into())
    }

    /// The same by a member of a JSON object: `null` leaves it out, and images are a list of sizes, or of
    /// nulls where a size is not known.
    ///
    /// ```
    /// use imgcost::Request;
    /// let mut request = Request::new("gpt-image-2");
    /// request.set_json("n", &serde_json::json!(4))?;
    /// request.set_json("images", &serde_json::json!(["1024x1024", null]))?;
    /// assert_eq!(request.set_json("n", &serde_json::json!({})).unwrap_err().field(), Some("n"));
    /// # Ok::<(), imgcost::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Request::set_named`].
    pub fn set_json(&mut self, name: &str, value: &Json) -> Result<(), Error> {
        let value = match value {
            Json::Null => return Ok(()),
            Json::String(text) => Value::text(text.as_str()),
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Number(number) => match number.as_u64() {
                Some(number) => Value::Number(number),
                // As text, which is refused with its field.
                None => Value::text(number.to_string()),
            },
            Json::Array(images) => Value::Images(images.iter().map(image).collect::<Result<_, _>>()?),
            Json::Object(_) => {
                return Err(Problem::new(Code::BadInput, format!("{name} takes no object"))
                    .field(name)
                    .into());
            }
        };
        self.set_named(name, value)
    }

    /// What is known of it before a book is asked: at openai and today, where it names no provider and
    /// no day. A size given as text is read with the book.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        self.provider.as_deref().unwrap_or(DEFAULT_PROVIDER).clone_into(&mut counts.provider);
        counts.as_of = self.day.or_else(today).unwrap_or(counts.as_of);
        counts.endpoint = self.endpoint.unwrap_or(counts.endpoint);
        counts
    }

    /// Whether it says where the call goes.
    #[must_use]
    pub fn names_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Whether anything is said of the call beside who makes it, when, and at which prices.
    pub(crate) fn describes_a_call(&self) -> bool {
        let of_prices = [
            Param::Model,
            Param::Provider,
            Param::AsOf,
            Param::ResponsesModel,
            Param::GroupRatio,
            Param::Tier,
        ];
        let plain = Counts::new(String::new(), String::new(), Date::ZERO);
        let others = || Param::ALL.iter().filter(|param| !of_prices.contains(param));
        self.size.is_some()
            || self.endpoint.is_some()
            || others().any(|param| param.get(&self.counts) != param.get(&plain))
    }

    /// The day, where one is given.
    pub(crate) fn day(&self) -> Option<Date> {
        self.day
    }

    /// Takes what a response echoes of the call, where nothing else describes it.
    pub(crate) fn echoing(mut self, response: &Response) -> Request {
        self.counts.take_echo(response);
        if response.of_responses {
            self.endpoint = Some(Endpoint::Responses);
        }
        self
    }

    /// Takes the model that a response names, where none is given.
    pub(crate) fn of_model_in(mut self, response: &Response) -> Request {
        if let Some(model) = response.model.as_deref().filter(|_| self.counts.model.is_empty()) {
            model.clone_into(&mut self.counts.model);
        }
        self
    }

    /// The request with everything that was left out, by a book.
    pub(crate) fn resolve(&self, book: &Book) -> Result<Counts, Error> {
        let mut counts = self.counts.clone();
        if counts.model.is_empty() {
            return Err(Problem::new(Code::NoModel, "no model is named").field("model").into());
        }
        counts.as_of = self.day.or_else(today).ok_or_else(|| {
            Problem::new(Code::IllegalValue, "there is no clock to ask for the day: give one").field("as_of")
        })?;
        match &self.provider {
            Some(provider) => counts.provider.clone_from(provider),
            None => provider::of(book, &counts.model)?.clone_into(&mut counts.provider),
        }
        let offer = book.offer(&counts.provider, &counts.model, counts.as_of)?;
        counts.endpoint = self.endpoint.unwrap_or(counts.endpoint);
        offer.complete(&mut counts, self.endpoint.is_some(), &OfferDefaults::default());
        if let Some(text) = &self.size {
            let size = text.parse::<Size>();
            counts.size = Some(
                size.map_err(|error| Problem::new(Code::IllegalValue, error.to_string()).field("size"))?,
            );
        }
        Ok(counts)
    }
}

/// An input image: its size, or null where that is not known.
fn image(size: &Json) -> Result<InputImage, Error> {
    if size.is_null() {
        return Ok(InputImage::Unsized);
    }
    let text = size.as_str().map_or_else(|| size.to_string(), str::to_owned);
    let size =
        text.parse().map_err(|_| read::illegal("images", &text, "expected a size such as 1024x1024"))?;
    Ok(InputImage::Sized(size))
}
