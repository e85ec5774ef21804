//! Which requests the record quotes: made from the price book itself, so that a new model or price
//! adds lines and moves none.

use imgcost_core::{
    Basis, Date, Endpoint, Family, Fidelity, InputImage, Limits, Model, Pixels, Prompt, Provider, Quality,
    Ratio, Request, Size, Sizes, Tier,
};

/// The day of every request that is not about days.
pub(crate) const DAY: Date = Date::constant(2026, 11, 30);
/// A day after every change of price that is known.
const LATER: Date = Date::constant(2027, 3, 1);
/// Prompt tokens where the prompt is not what a request is about.
const TOKENS: u64 = 40;

/// Every request of a model: what depends on its prices, and for the first model of a family at
/// its provider also what depends on the family alone.
pub(crate) fn of(provider: &Provider, model: &Model, family: &Family) -> Vec<Request> {
    let limits = &family.limits.rule;
    let mut asked = Asked { base: Request::new(&provider.id, &model.id, DAY), all: Vec::new() };
    // Where a model takes edits only, everything but the call itself is about an edit.
    if !limits.endpoints.contains(&Endpoint::Generations) {
        asked.base.endpoint = limits.endpoints.first().copied().unwrap_or(Endpoint::Generations);
        if asked.base.endpoint == Endpoint::Edits {
            asked.base.images = vec![sized(1024, 1024)];
        }
    }
    let qualities: Vec<Option<Quality>> =
        [None].into_iter().chain(limits.qualities.iter().cloned().map(Some)).collect();
    let sizes = sizes(model, limits);
    asked.plain();
    if model.rows().next().is_none() {
        return asked.all;
    }
    asked.images(&qualities, &sizes, limits);
    asked.days(model, &qualities);
    asked.tiers(model, &qualities);
    asked.ratios(model);
    asked.edits(model, family, &qualities);
    asked.responses(provider, limits, &qualities);
    asked.streams(
        limits,
        &qualities,
        sizes.iter().rev().copied().find(|size| takes(limits, *size)).flatten(),
    );
    if provider.models.iter().find(|first| first.family == model.family) == Some(model) {
        asked.refused(limits, &sizes);
        asked.counts(limits);
        asked.prompts(limits);
        asked.output(limits);
        asked.unknown();
    }
    for alias in &model.aliases {
        asked.with(|request| request.model.clone_from(alias));
    }
    asked.all
}

/// Requests that the book can't have an offer for, at one provider.
pub(crate) fn not_offered(provider: &Provider) -> Vec<Request> {
    let names = ["gpt-image-2", "gpt-image-20", "flux-2-pro", "dall-e-2"];
    names.map(|name| Request::new(&provider.id, name, DAY)).into()
}

/// Left out, `auto`, listed and priced sizes, and what lies at the bounds of a rule.
fn sizes(model: &Model, limits: &Limits) -> Vec<Option<Size>> {
    let mut all = vec![(1024, 1024), (1536, 1024), (333, 777)];
    match &limits.sizes {
        Sizes::Listed(sizes) => all.extend(sizes.iter().map(|size| (size.width(), size.height()))),
        Sizes::Free(rule) => {
            let (step, edge) = (rule.multiple_of, rule.max_edge);
            let narrow = edge / rule.max_ratio / step * step;
            let least = square_of(rule.min_pixels).div_ceil(step) * step;
            let most = square_of(rule.max_pixels) / step * step;
            all.extend([(edge, narrow), (edge, narrow - step), (edge + step, narrow + step)]);
            all.extend([
                (least, least),
                (least - step, least - step),
                (most, most),
                (most + step, most + step),
            ]);
            // The last one has rows whose count ends in exactly one half.
            all.extend([(1024, 1025), (1008, 1040), (edge, 2160), (2048, 1088)]);
        }
        Sizes::Any => all.extend([(512, 512), (1000, 1000), (1000, 1001), (2048, 2048), (4096, 4096)]),
        Sizes::UpTo(most) => {
            let edge = square_of(*most);
            all.extend([(512, 512), (1000, 1000), (1001, 1000), (edge, edge), (edge + 1, edge)]);
        }
        Sizes::Classes(classes) => {
            for class in classes {
                let edge = square_of(class.max_pixels);
                all.extend([
                    (class.square.width(), class.square.height()),
                    (edge, edge),
                    (edge + 1, edge + 1),
                ]);
            }
        }
    }
    let priced = model.images.iter().filter_map(|price| price.size);
    all.extend(priced.map(|size| (size.width(), size.height())));
    let fixed = model.fixed.iter().flat_map(|price| &price.size_ratio);
    all.extend(fixed.map(|(size, _)| (size.width(), size.height())));
    all.sort_unstable();
    all.dedup();
    let exact = all.into_iter().filter_map(|(width, height)| Pixels::new(width, height));
    [None, Some(Size::Auto)].into_iter().chain(exact.map(|size| Some(Size::Exact(size)))).collect()
}

/// The edge of the greatest square of at most so many pixels.
fn square_of(pixels: u64) -> u32 {
    u32::try_from(pixels.isqrt()).unwrap()
}

/// Whether a size may be asked for; one that is left out may.
fn takes(limits: &Limits, size: Option<Size>) -> bool {
    match size {
        Some(Size::Exact(size)) => limits.sizes.accepts(size),
        Some(Size::Auto) => limits.size_auto,
        None => true,
    }
}

fn sized(width: u32, height: u32) -> InputImage {
    InputImage::Sized(Pixels::new(width, height).unwrap())
}

struct Asked {
    base: Request,
    all: Vec<Request>,
}

impl Asked {
    /// Adds the plain request with a prompt, changed.
    fn with(&mut self, change: impl FnOnce(&mut Request)) {
        let mut request = self.base.clone();
        request.prompt = Some(Prompt::of_tokens(TOKENS));
        change(&mut request);
        self.all.push(request);
    }

    /// Nothing but the model, then a prompt, then another quality.
    fn plain(&mut self) {
        self.all.push(self.base.clone());
        self.with(|_| {});
        self.with(|request| request.quality = Some(Quality::Auto));
    }

    /// Every quality at every size that the model takes.
    fn images(&mut self, qualities: &[Option<Quality>], sizes: &[Option<Size>], limits: &Limits) {
        for quality in qualities {
            for size in sizes.iter().filter(|size| takes(limits, **size)) {
                self.with(|request| (request.quality, request.size) = (quality.clone(), *size));
            }
            self.with(|request| (request.quality, request.n) = (quality.clone(), 2));
        }
    }

    /// What most families do not take.
    fn refused(&mut self, limits: &Limits, sizes: &[Option<Size>]) {
        for size in sizes.iter().filter(|size| !takes(limits, **size)) {
            self.with(|request| request.size = *size);
        }
        let foreign = if limits.qualities.contains(&Quality::High) { Quality::Hd } else { Quality::High };
        self.with(|request| request.quality = Some(foreign));
        for &endpoint in Endpoint::ALL.iter().filter(|endpoint| !limits.endpoints.contains(endpoint)) {
            self.with(|request| request.endpoint = endpoint);
        }
        self.with(|request| request.images = vec![InputImage::Unsized]);
        self.with(|request| request.mask = true);
        self.with(|request| request.stream = true);
        self.with(|request| request.partial_images = Some(1));
        self.with(|request| request.group_ratio = Some(Ratio::ONE));
        self.with(|request| request.responses_model = Some("gpt-5.5".to_owned()));
        self.with(|request| request.input_fidelity = Some(Fidelity::High));
        for &tier in Tier::ALL.iter().filter(|tier| **tier != Tier::Standard) {
            self.with(|request| request.tier = tier);
        }
        self.with(|request| (request.tier, request.stream) = (Tier::Batch, true));
    }

    fn counts(&mut self, limits: &Limits) {
        let most = limits.n_max.unwrap_or(u32::MAX - 1);
        for n in [0, 3, most, most + 1] {
            self.with(|request| request.n = n);
        }
    }

    fn prompts(&mut self, limits: &Limits) {
        for tokens in [0, 1_234, u64::MAX / 2] {
            self.with(|request| request.prompt = Some(Prompt::of_tokens(tokens)));
        }
        if let Some(most) = limits.prompt_max_chars {
            for (characters, bytes) in [(most, None), (most + 1, None), (400, Some(417))] {
                let prompt = Prompt::new(100, Some(characters), bytes);
                self.with(|request| request.prompt = Some(prompt));
            }
        }
    }

    /// Each first day of a price and each day of a shutdown, the day before, and one far ahead.
    fn days(&mut self, model: &Model, qualities: &[Option<Quality>]) {
        let rows = model.rows().flat_map(|row| [Some(row.from), row.to]).flatten();
        let mut days: Vec<Date> = rows.chain(model.retired).collect();
        days.extend(days.clone().iter().filter_map(|day| day.yesterday().ok()));
        days.push(LATER);
        days.sort_unstable();
        days.dedup();
        let has_batch = model.rates.iter().any(|card| card.tier == Tier::Batch);
        // Left out, the lowest and the highest.
        let mut ends = qualities.to_vec();
        if let [_, _, .., _] = ends.as_slice() {
            ends.drain(2..ends.len() - 1);
        }
        for day in days {
            let has_price = model.first_price.is_some_and(|first| first <= day);
            for quality in ends.iter().take(if has_price { ends.len() } else { 1 }) {
                self.with(|request| (request.as_of, request.quality) = (day, quality.clone()));
            }
            if has_price && has_batch {
                self.with(|request| (request.as_of, request.tier) = (day, Tier::Batch));
            }
        }
    }

    /// Every quality at every tier that has a price of its own.
    fn tiers(&mut self, model: &Model, qualities: &[Option<Quality>]) {
        let is_priced = |tier: Tier| model.rates.iter().any(|card| card.tier == tier);
        for &tier in Tier::ALL.iter().filter(|tier| **tier != Tier::Standard && is_priced(**tier)) {
            for quality in qualities {
                self.with(|request| (request.tier, request.quality) = (tier, quality.clone()));
            }
            self.with(|request| (request.tier, request.n) = (tier, 2));
        }
    }

    fn edits(&mut self, model: &Model, family: &Family, qualities: &[Option<Quality>]) {
        let limits = &family.limits.rule;
        let images: [&[InputImage]; 8] = [
            &[],
            &[sized(1024, 1024)],
            &[InputImage::Unsized],
            &[sized(640, 480)],
            &[sized(300, 2_000)],
            &[sized(3_000, 2_500)],
            &[sized(1_200, 1_024)],
            &[sized(512, 512), InputImage::Unsized, sized(1_536, 1_024)],
        ];
        // Sizes of input images matter where something depends on them.
        let by_size =
            family.image_input.is_some() || model.images.iter().any(|price| price.input_megapixel.is_some());
        let images = &images[..if by_size { images.len() } else { 3 }];
        let edits = [Endpoint::Edits, Endpoint::Variations, Endpoint::Chat];
        for endpoint in edits.into_iter().filter(|endpoint| limits.endpoints.contains(endpoint)) {
            for images in images {
                self.with(|request| (request.endpoint, request.images) = (endpoint, images.to_vec()));
                for &fidelity in &limits.input_fidelities {
                    self.with(|request| {
                        (request.endpoint, request.images) = (endpoint, images.to_vec());
                        request.input_fidelity = Some(fidelity);
                    });
                }
            }
            let given = images[1].to_vec();
            for quality in qualities {
                self.with(|request| {
                    (request.endpoint, request.images) = (endpoint, given.clone());
                    (request.quality, request.n) = (quality.clone(), 2);
                });
            }
            self.with(|request| {
                (request.endpoint, request.images, request.mask) = (endpoint, given.clone(), true);
            });
            let most = usize::try_from(limits.input_images_max.unwrap_or(16)).unwrap();
            for count in [most, most + 1] {
                let images = vec![sized(800, 600); count];
                self.with(|request| (request.endpoint, request.images) = (endpoint, images));
            }
        }
    }

    fn responses(&mut self, provider: &Provider, limits: &Limits, qualities: &[Option<Quality>]) {
        let responses = Endpoint::Responses;
        if !limits.endpoints.contains(&responses) {
            return;
        }
        let standard = provider.text_models().iter().filter(|model| model.tier == Tier::Standard);
        let models = standard.map(|model| model.id.as_str()).chain(["gpt-unknown"]);
        for name in models {
            for most in [None, Some(1)] {
                self.with(|request| {
                    (request.endpoint, request.max_tool_calls) = (responses, most);
                    request.responses_model = Some(name.to_owned());
                });
            }
        }
        let first = provider.text_models().first().map(|model| model.id.clone());
        for (quality, most) in qualities.iter().zip([None, Some(0), Some(3), Some(1), Some(2), None]) {
            self.with(|request| {
                (request.endpoint, request.max_tool_calls) = (responses, most);
                (request.quality, request.responses_model) = (quality.clone(), first.clone());
            });
        }
        for images in [vec![sized(1024, 1024)], vec![InputImage::Unsized, sized(640, 480)]] {
            self.with(|request| {
                (request.endpoint, request.images, request.responses_images) = (responses, images, Some(2));
                request.responses_model.clone_from(&first);
            });
        }
        self.with(|request| (request.endpoint, request.n) = (responses, 2));
    }

    fn streams(&mut self, limits: &Limits, qualities: &[Option<Quality>], size: Option<Size>) {
        if limits.partial_images_max == 0 {
            return;
        }
        for partials in 0..=limits.partial_images_max + 1 {
            for (quality, size) in [(None, None), (qualities.get(1).cloned().flatten(), size)] {
                self.with(|request| {
                    (request.stream, request.partial_images) = (true, Some(partials));
                    (request.quality, request.size, request.n) = (quality, size, 2);
                });
            }
        }
    }

    fn ratios(&mut self, model: &Model) {
        for ratio in ["0.5", "1.73"].iter().filter(|_| model.basis == Basis::Ratio) {
            self.with(|request| request.group_ratio = Some(ratio.parse().unwrap()));
        }
    }

    fn output(&mut self, limits: &Limits) {
        let taken = !limits.output_formats.is_empty();
        for (background, format, compression) in [
            ("transparent", "png", None),
            ("transparent", "jpeg", None),
            ("opaque", "webp", Some(50)),
            ("auto", "png", Some(50)),
            ("green", "gif", None),
        ]
        .into_iter()
        .skip(if taken { 0 } else { 4 })
        {
            self.with(|request| {
                request.background = Some(background.to_owned());
                request.output_format = Some(format.to_owned());
                request.output_compression = compression;
            });
        }
    }

    fn unknown(&mut self) {
        self.with(|request| request.unknown_fields.push("complexity".to_owned()));
        self.with(|request| request.unseen_context.push("previous_response_id".to_owned()));
    }
}
