//! From flags and settings to axes over one request.

use imgcost_analysis::compare::{Axes, complete};
use imgcost_analysis::selector::{Pattern, Selector};
use imgcost_core::{Book, Code, Date, Error, Note, Offer, OfferDefaults, Param, Request};

use crate::args::{CompareArgs, RequestArgs};
use crate::book::Names;
use crate::request::{self, Given};
use crate::settings::Settings;
use crate::{clock, fields, words};

/// What differs between the calls, and what does not.
pub(super) struct Asked {
    pub(super) axes: Axes,
    pub(super) base: Request,
    pub(super) remarks: Vec<Note>,
    defaults: OfferDefaults,
    endpoint_known: bool,
}

impl Asked {
    /// Reads lists into axes, and everything else as for a quote.
    ///
    /// # Errors
    /// A flag or setting can't be accepted.
    pub(super) fn read(args: &CompareArgs, settings: &Settings, book: &Book) -> Result<Asked, Error> {
        request::settings_are_known(&args.request, settings, book)?;
        let mut axes = axes(args)?;
        let mut rest: RequestArgs = args.request.clone();
        rest.params = rest.params.without(&LISTS);
        rest.book.as_of = None;
        let is_set = settings.get(Param::Model).is_some();
        let unnamed = |request: &mut Request| {
            if !is_set {
                request.model.clear();
            }
        };
        let Given { request, mut remarks, endpoint_known, .. } =
            request::given(&rest, settings, book, &unnamed)?;
        if axes.models.is_empty() && request.model.is_empty() {
            axes.models.push(Selector::Usual);
        }
        if let Some(models) = args.request.get(Param::Model)
            && axes.providers.is_empty()
            && settings.get(Param::Provider).is_none()
        {
            // As patterns: a pair that is not offered was not asked for.
            let providers = words::providers_of(models, &Names::of(book));
            axes.providers = providers.into_iter().map(|name| Selector::Glob(Pattern::new(name))).collect();
        }
        // A body says by leaving them out that they are the model's default.
        if rest.request.is_none() {
            if axes.qualities.is_empty() && request.quality.is_none() {
                axes.qualities.push(Selector::Usual);
            }
            if axes.sizes.is_empty() && request.size.is_none() {
                axes.sizes.push(Selector::Usual);
            }
        }
        // Where the body names no model, none is assumed: all of these are compared.
        remarks.retain(|note| note.code != "model-assumed");
        let defaults = request::offer_defaults(&rest, settings)?;
        Ok(Asked { axes, base: request, remarks, defaults, endpoint_known })
    }

    /// The request on the one day that was asked for.
    ///
    /// # Errors
    /// Several days were.
    pub(super) fn of_one_day(&self) -> Result<Request, Error> {
        let as_of = match self.axes.days.as_slice() {
            [] => self.base.as_of,
            [day] => *day,
            _ => {
                let message = "as_of: equivalents are of one day";
                return Err(Error::new(Code::IllegalCombination, message).field("as_of"));
            }
        };
        let mut request = self.base.clone();
        request.as_of = as_of;
        Ok(request)
    }

    /// Fills in what depends on the offer, as for a quote of it.
    pub(super) fn fill(&mut self, offer: &Offer<'_>, request: &mut Request) {
        let note = complete(offer, request, self.endpoint_known, &self.defaults);
        if let Some(note) = note.filter(|note| !self.remarks.contains(note)) {
            self.remarks.push(note);
        }
    }
}

/// The parameters that take lists, beside the day.
const LISTS: [Param; 6] = [Param::Model, Param::Provider, Param::Quality, Param::Size, Param::N, Param::Tier];

fn axes(args: &CompareArgs) -> Result<Axes, Error> {
    let request = &args.request;
    let picks = |param: Param| match request.get(param) {
        Some(text) => Selector::list(param.as_str(), text),
        None => Ok(Vec::new()),
    };
    let mut axes = Axes::default();
    axes.models = picks(Param::Model)?;
    axes.providers = picks(Param::Provider)?;
    axes.qualities = picks(Param::Quality)?;
    axes.sizes = picks(Param::Size)?;
    axes.counts = list(request.get(Param::N), |text| fields::whole("n", text))?;
    axes.days = list(request.book.as_of.as_deref(), day)?;
    axes.tiers = picks(Param::Tier)?;
    Ok(axes)
}

fn list<T>(text: Option<&str>, one: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    text.into_iter().flat_map(|text| text.split(',')).map(|entry| one(entry.trim())).collect()
}

fn day(text: &str) -> Result<Date, Error> {
    if text == "today" {
        return Ok(clock::today());
    }
    fields::date("as_of", text).map_err(|error| match error.code() {
        Code::IllegalValue => error.allowed(["YYYY-MM-DD", "today"]),
        _ => error,
    })
}
