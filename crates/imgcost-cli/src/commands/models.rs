//! `imgcost models`: who offers what since when, until when, and what replaces it.

use imgcost_core::{Book, Code, Date, Error, Limits, Model, Provider, Request, Size, Sizes, Usd};
use serde::Serialize;

use crate::args::ModelsArgs;
use crate::book::DEFAULT_PROVIDER;
use crate::commands::price_list::at_most;
use crate::failure::{End, Failure};
use crate::report::{Column, Output, Report, Table, Value, grouped};
use crate::request;
use crate::settings::Settings;

/// A shutdown within this many days is called near, as the notes of a quote do.
const SOON_DAYS: i32 = 60;
/// Up to this many models are shown with their limits.
const IN_DETAIL: usize = 6;

/// A model of a provider, as it is listed.
#[derive(Debug, Serialize)]
struct Listed<'b> {
    provider: &'b str,
    model: &'b str,
    aliases: &'b [String],
    family: &'b str,
    basis: &'static str,
    released: Option<Date>,
    retired: Option<Date>,
    replacement: Option<&'b str>,
    status: &'static str,
    endpoints: Vec<&'static str>,
    qualities: Vec<&'b str>,
    default_quality: Option<&'b str>,
    sizes: Vec<String>,
    default_size: String,
    n_max: Option<u32>,
    partial_images_max: u32,
    input_images_max: Option<u32>,
    limits_unknown: bool,
    input_fidelities: Vec<&'static str>,
    prompt_max_chars: Option<u64>,
    /// What an image costs at its cheapest and at its dearest quality, at most.
    image_price: Option<ImagePrice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'b str>,
}

/// The range of prices of one image over all qualities, without its prompt.
#[derive(Debug, Serialize)]
struct ImagePrice {
    size: String,
    least: Usd,
    most: Usd,
    /// Whether an image costs just that.
    #[serde(skip)]
    is_exact: bool,
}

impl ImagePrice {
    /// At 1024x1024, else at the model's default size.
    fn of(book: &Book, provider: &Provider, model: &Model, limits: &Limits, day: Date) -> Option<ImagePrice> {
        let offer = book.offer(&provider.id, &model.id, day).ok()?;
        let mut request = Request::new(&provider.id, &model.id, day);
        request.endpoint = offer.endpoint(request.endpoint);
        if !limits.endpoints.contains(&request.endpoint) {
            return None;
        }
        let mut price = |size: Option<Size>| {
            request.size = size;
            let qualities =
                limits.qualities.iter().cloned().map(Some).chain(limits.qualities.is_empty().then_some(None));
            let prices = qualities.filter_map(|quality| {
                request.quality = quality;
                let quote = offer.quote(&request).ok()?;
                let total = quote.total();
                Some((total.ceiling?, total.floor == total.ceiling))
            });
            let (prices, exact): (Vec<Usd>, Vec<bool>) = prices.unzip();
            let size = size.map_or_else(|| limits.default_size.to_string(), |size| size.to_string());
            let (least, most) = (*prices.iter().min()?, *prices.iter().max()?);
            Some(ImagePrice { size, least, most, is_exact: !exact.contains(&false) })
        };
        price("1024x1024".parse().ok()).or_else(|| price(None))
    }

    fn shown(&self) -> String {
        let shown = |price| at_most(Some(price), self.is_exact);
        let (least, most) = (shown(self.least), shown(self.most));
        if least == most { least } else { format!("{least} to {most}") }
    }
}

/// The models that were found.
#[derive(Serialize)]
struct Models<'b> {
    schema: &'static str,
    as_of: Date,
    models: Vec<Listed<'b>>,
}

/// Lists the models whose name contains the pattern.
pub(crate) fn models(args: &ModelsArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    if args.support {
        return super::support::show(args, settings, output);
    }
    let day = request::as_of(&args.book, settings)?;
    let book = request::book(&args.book, settings)?;
    let (providers, found) = find(args, &book)?;
    let listed: Vec<Listed<'_>> =
        found.iter().filter_map(|(provider, model)| list(&book, provider, model, day)).collect();
    let models = Models { schema: "imgcost.models/1", as_of: day, models: listed };
    output.write(&models, || report(&providers, &models, output.has_data()))?;
    Ok(End::Done)
}

/// A model with its provider.
type Found<'b> = (&'b Provider, &'b Model);

/// The providers that are meant, and those of their models that are.
///
/// # Errors
/// A name that is no provider's, or in no model's.
pub(crate) fn find<'b>(
    args: &ModelsArgs,
    book: &'b Book,
) -> Result<(Vec<&'b Provider>, Vec<Found<'b>>), Error> {
    let (named, patterns): (Vec<&str>, Vec<&str>) =
        args.words.iter().map(String::as_str).partition(|word| book.provider(&word.to_lowercase()).is_ok());
    let chosen = args.provider.as_deref().map(str::to_lowercase);
    let providers = match (&chosen, named.as_slice()) {
        (Some(name), _) => providers(book, name)?,
        (None, []) => providers(book, "all")?,
        (None, named) => {
            named.iter().map(|name| book.provider(&name.to_lowercase())).collect::<Result<_, _>>()?
        }
    };
    let mut found = Vec::new();
    for pattern in if patterns.is_empty() { vec![None] } else { patterns.into_iter().map(Some).collect() } {
        found.extend(matching(&providers, pattern)?);
    }
    Ok((providers, found))
}

/// The provider of a name, or all: openai first, then makers of models, then those who resell them.
pub(super) fn providers<'b>(book: &'b Book, name: &str) -> Result<Vec<&'b Provider>, Error> {
    if name != "all" {
        return Ok(vec![book.provider(name)?]);
    }
    let mut all: Vec<&Provider> = book.providers().collect();
    all.sort_by_key(|provider| (provider.id != DEFAULT_PROVIDER, provider.makes.is_empty()));
    Ok(all)
}

/// Where a pattern is a model's id or alias: at every provider that model, else those whose names
/// begin with it. Else all whose id or alias contains it.
pub(super) fn matching<'b>(
    providers: &[&'b Provider],
    pattern: Option<&str>,
) -> Result<Vec<Found<'b>>, Error> {
    let wanted = pattern.unwrap_or_default().to_lowercase();
    let any_name = |model: &Model, fits: &dyn Fn(&str) -> bool| {
        std::iter::once(&model.id).chain(&model.aliases).any(|name| fits(&name.to_lowercase()))
    };
    let all =
        || providers.iter().flat_map(|provider| provider.models.iter().map(move |model| (*provider, model)));
    // Of each provider the model of that name, else those whose names begin so; a version goes on
    // with a dash, as gpt-image-2 is not the beginning of gpt-image-2.5.
    let begins = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        last.strip_prefix(&wanted).is_some_and(|rest| !rest.starts_with('.'))
    };
    let is_name = all().any(|(_, model)| any_name(model, &|name| name == wanted));
    let mut found = Vec::new();
    for provider in providers.iter().filter(|_| is_name) {
        let of = |fits: &dyn Fn(&str) -> bool| -> Vec<_> {
            let models = provider.models.iter().filter(|model| any_name(model, fits));
            models.map(|model| (*provider, model)).collect()
        };
        let exactly = of(&|name| name == wanted);
        found.extend(if exactly.is_empty() { of(&begins) } else { exactly });
    }
    if found.is_empty() {
        found.extend(all().filter(|(_, model)| any_name(model, &|name| name.contains(&wanted))));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let message = format!("no model's name contains '{}'", crate::fields::shown(&wanted));
    let names = likely(all());
    let error = Error::new(Code::UnknownModel, message).field("model").allowed(&names).nearest_name(&wanted);
    // What is like none of them is no matter of likeness.
    Err(if error.nearest_value().is_none() { error.allowed(names) } else { error })
}

/// The names of models, each once: those without a shutdown and of openai come first.
fn likely<'b>(models: impl Iterator<Item = (&'b Provider, &'b Model)>) -> Vec<&'b str> {
    let mut models: Vec<_> = models.collect();
    models.sort_by_key(|(provider, model)| (model.retired.is_some(), provider.id != DEFAULT_PROVIDER));
    let mut names: Vec<&str> = Vec::new();
    for (_, model) in models {
        if !names.contains(&model.id.as_str()) {
            names.push(&model.id);
        }
    }
    names
}

fn list<'b>(book: &'b Book, provider: &'b Provider, model: &'b Model, day: Date) -> Option<Listed<'b>> {
    let limits = &book.family_of(model)?.limits.rule;
    let auto = |yes: bool| yes.then_some("auto");
    Some(Listed {
        provider: &provider.id,
        model: &model.id,
        aliases: &model.aliases,
        family: &model.family,
        basis: model.basis.as_str(),
        released: model.released,
        retired: model.retired,
        replacement: model.replacement.as_deref(),
        status: status(model, day),
        endpoints: limits.endpoints.iter().map(|endpoint| endpoint.as_str()).collect(),
        qualities: limits
            .qualities
            .iter()
            .map(|quality| quality.as_str())
            .chain(auto(limits.quality_auto))
            .collect(),
        default_quality: limits.default_quality.as_ref().map(|quality| quality.as_str()),
        sizes: sizes(limits),
        default_size: limits.default_size.to_string(),
        n_max: limits.n_max,
        partial_images_max: limits.partial_images_max,
        input_images_max: limits.input_images_max,
        limits_unknown: limits.unknown,
        input_fidelities: limits.input_fidelities.iter().map(|fidelity| fidelity.as_str()).collect(),
        prompt_max_chars: limits.prompt_max_chars,
        image_price: (status(model, day) != "retired")
            .then(|| ImagePrice::of(book, provider, model, limits, day))
            .flatten(),
        note: model.note.as_deref(),
    })
}

fn status(model: &Model, day: Date) -> &'static str {
    let near =
        |retired: Date| day.until((jiff::Unit::Day, retired)).is_ok_and(|span| span.get_days() <= SOON_DAYS);
    match model.retired {
        Some(retired) if retired <= day => "retired",
        Some(retired) if near(retired) => "retires soon",
        _ if model.released.is_some_and(|released| day < released) => "not yet released",
        _ => "current",
    }
}

fn sizes(limits: &Limits) -> Vec<String> {
    let auto = limits.size_auto.then(|| "auto".to_owned());
    match &limits.sizes {
        Sizes::Listed(sizes) => sizes.iter().map(ToString::to_string).chain(auto).collect(),
        Sizes::Free(rule) => {
            let words = format!(
                "any WxH in multiples of {}, edges up to {}, ratio up to {}:1, {} to {} pixels",
                rule.multiple_of, rule.max_edge, rule.max_ratio, rule.min_pixels, rule.max_pixels
            );
            std::iter::once(words).chain(auto).collect()
        }
        Sizes::Any => std::iter::once("any WxH".to_owned()).chain(auto).collect(),
        Sizes::UpTo(most) => std::iter::once(format!("any WxH up to {most} pixels")).chain(auto).collect(),
        Sizes::Classes(classes) => {
            let words = |class: &imgcost_core::SizeClass| {
                format!("{} (any WxH up to {} pixels)", class.name, class.max_pixels)
            };
            classes.iter().map(words).chain(auto).collect()
        }
    }
}

/// What a model's status is, and until when.
fn until(model: &Listed<'_>) -> String {
    match (model.status, model.retired) {
        ("retired", Some(retired)) => format!("retired {retired}"),
        ("retires soon", Some(retired)) => format!("retires {retired}"),
        (status, Some(retired)) => format!("{status}, until {retired}"),
        (status, None) => status.to_owned(),
    }
}

/// What is listed of models.
fn table<'m>(models: impl Iterator<Item = &'m Listed<'m>>, has_data: bool) -> Table<'m> {
    Table::of("Models", models)
        .data_if(has_data)
        .column(Column::name("provider").data_only(), |model| model.provider)
        .column(Column::name("model"), |model| model.model)
        .column(Column::number("image_price").label("USD an image").text_only(), |model| {
            model.image_price.as_ref().map(ImagePrice::shown)
        })
        .column(Column::text("basis").data_only(), |model| model.basis)
        .column(Column::name("released").if_room(2), |model| model.released)
        .column(Column::name("retired").data_only(), |model| model.retired)
        .column(Column::text("until").label("status").text_only(), until)
        .column(Column::name("replacement").if_room(1), |model| model.replacement)
        .column(Column::text("qualities").data_only(), |model| Value::list(&model.qualities))
        .column(Column::text("sizes").data_only(), |model| Value::list(&model.sizes))
        .column(Column::text("status").data_only(), |model| model.status)
        .column(Column::text("aliases").data_only(), |model| Value::list(model.aliases))
        .column(Column::text("endpoints").data_only(), |model| Value::list(&model.endpoints))
        .column(Column::number("n_max").data_only(), |model| model.n_max)
        .column(Column::number("partial_images_max").data_only(), |model| model.partial_images_max)
        .column(Column::number("input_images_max").data_only(), |model| model.input_images_max)
        .column(Column::text("input_fidelities").data_only(), |model| Value::list(&model.input_fidelities))
        .column(Column::number("prompt_max_chars").data_only(), |model| model.prompt_max_chars)
        .column(Column::text("limits_unknown").data_only(), |model| model.limits_unknown)
        .column(Column::text("image_price_size").data_only(), |model| Some(&model.image_price.as_ref()?.size))
        .column(Column::number("image_price_least").data_only(), |model| {
            Some(model.image_price.as_ref()?.least)
        })
        .column(Column::number("image_price_most").data_only(), |model| {
            Some(model.image_price.as_ref()?.most)
        })
        .end()
}

/// A table a provider; a few models with their limits.
fn report<'m>(providers: &[&Provider], models: &'m Models<'_>, has_data: bool) -> Report<'m> {
    let mut report = Report::default();
    for provider in providers {
        let own = || models.models.iter().filter(|model| model.provider == provider.id);
        if own().next().is_none() {
            continue;
        }
        if !report.is_empty() {
            report.gap();
        }
        report.heading(format!("{}: {}, on {}", provider.id, provider.title, models.as_of));
        report.table(table(own(), has_data));
        if models.models.len() <= IN_DETAIL {
            own().for_each(|model| detail(&mut report, model));
        }
    }
    report
}

fn detail(report: &mut Report<'_>, model: &Listed<'_>) {
    report.line(format!("{}, billed by {}", model.model, model.basis.trim_start_matches("per-")));
    if !model.aliases.is_empty() {
        report.item(format!("also called {}", model.aliases.join(", ")));
    }
    report.item(format!("endpoints {}", model.endpoints.join(", ")));
    if !model.qualities.is_empty() {
        report.item(format!(
            "qualities {} (default {})",
            model.qualities.join(", "),
            model.default_quality.unwrap_or("none")
        ));
    }
    report.item(format!("sizes {} (default {})", model.sizes.join(", "), model.default_size));
    if model.limits_unknown {
        report.item("what it accepts is not in the price book: requests are not checked");
    }
    let mut most = vec![match model.n_max {
        Some(most) => format!("up to {most} images a call"),
        None => "how many images a call is not known".to_owned(),
    }];
    match model.input_images_max {
        Some(0) => {}
        Some(images) => most.push(format!("{images} input images")),
        None => most.push("how many input images is not known".to_owned()),
    }
    if model.partial_images_max > 0 {
        most.push(format!("{} partial images", model.partial_images_max));
    }
    if let Some(characters) = model.prompt_max_chars {
        most.push(format!("a prompt of {} characters", grouped(characters)));
    }
    report.item(most.join(", "));
    if let Some(note) = model.note {
        report.item(note);
    }
}
