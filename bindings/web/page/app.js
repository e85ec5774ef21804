// The form, the link, and what is shown when something changes.

import * as imgcost from "./imgcost/index.js";
import * as comparison from "./compare.js";
import { element, range, dollars, whole } from "./figures.js";
import * as shownQuote from "./quote.js";
import * as picture from "./surface.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const fields = [...form.querySelectorAll("[name]")];
const NUMBERS = ["n", "partial_images", "max_tool_calls"];
const DEFAULTS = { provider: "openai", model: "gpt-image-2" };
const sources = imgcost.sources();
let images = [];
let offers = null;
let under = null;

const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value.trim());
const day = () => form.elements.as_of.value || imgcost.today();

function offersOf(provider) {
  const key = `${provider} ${day()}`;
  if (offers?.key !== key) offers = { key, models: imgcost.models({ provider, as_of: day() }).providers[0]?.models ?? [] };
  return offers.models;
}

const modelNow = () => offersOf(form.elements.provider.value).find(({ model }) => model === form.elements.model.value);

// The request as it is typed. What is hidden is not sent.
function request() {
  const asked = {};
  for (const field of fields) {
    if (field.closest("[data-field]").hidden) continue;
    const value = valueOf(field);
    if (value === "" || value === false || (field.name === "prompt" && value === "")) continue;
    asked[field.name] = NUMBERS.includes(field.name) && /^\d+$/.test(value) ? Number(value) : value;
  }
  if (form.elements.prompt.value !== "" && "prompt" in asked) asked.prompt = form.elements.prompt.value;
  if (images.length > 0) asked.images = images.map(({ size }) => size);
  if ("partial_images" in asked) asked.stream = true;
  return asked;
}

// The link: the request in the hash, images by their sizes.
function toHash(asked) {
  const entries = Object.entries(asked).filter(([name]) => name !== "stream");
  return new URLSearchParams(entries.map(([name, value]) =>
    [name, name === "images" ? value.map((size) => size ?? "?").join(";") : String(value)])).toString();
}

function fromHash() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  images = (given.images ?? "").split(";").filter(Boolean)
    .map((size) => ({ name: "image", size: size === "?" ? null : size }));
  const asked = { ...DEFAULTS, ...(given.model || given.provider ? { model: "", ...given } : given) };
  form.elements.provider.value = asked.provider;
  if (form.elements.provider.value === "") form.elements.provider.value = DEFAULTS.provider;
  form.elements.as_of.value = asked.as_of ?? "";
  fillModels(asked.model);
  const plain = ["endpoint", "tier", "input_fidelity", "background", "output_format", "responses_model", "group_ratio", "mask"];
  if (plain.some((name) => asked[name]) || NUMBERS.slice(1).some((name) => asked[name]) || asked.as_of) byId("more").open = true;
  fillChoices(asked);
  for (const field of fields) {
    if (["provider", "model", "as_of"].includes(field.name) || field.tagName === "SELECT") continue;
    if (field.type === "checkbox") field.checked = asked[field.name] === "true";
    else field.value = asked[field.name] ?? "";
  }
}

function options(select, names, chosen, first) {
  const list = names.map((name) => element("option", { value: name }, name));
  select.replaceChildren(...(first === undefined ? [] : [element("option", { value: "" }, first)]), ...list);
  // A value of a link that is none of these is kept, so that it is refused with its reason.
  if (chosen && !names.includes(chosen)) select.append(element("option", { value: chosen }, chosen));
  select.value = chosen ?? "";
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function fillProviders() {
  const { providers, checked, digest } = imgcost.models({ as_of: day() });
  form.elements.provider.replaceChildren(...providers.map(({ provider, title }) => element("option", { value: provider }, title)));
  form.elements.provider.value = DEFAULTS.provider;
  byId("book").textContent = `Prices checked ${checked} · price book ${digest.slice(0, 19)}… · every number names its source above`;
}

function fillModels(chosen) {
  const models = offersOf(form.elements.provider.value);
  const group = (label, list) => (list.length > 0
    ? [element("optgroup", { label }, ...list.map(({ model }) => element("option", { value: model }, model)))] : []);
  const select = form.elements.model;
  select.replaceChildren(...group("Current", models.filter((model) => model.current)), ...group("Shut down", models.filter((model) => !model.current)));
  if (chosen && !models.some(({ model }) => model === chosen)) select.append(element("option", { value: chosen }, chosen));
  if (chosen) select.value = chosen;
  if (!chosen || select.selectedIndex < 0) select.selectedIndex = 0;
}

// What the model takes: choices, and which fields there are.
function fillChoices(asked) {
  const model = modelNow();
  const take = (name) => asked[name] ?? "";
  const auto = (list, has) => (has ? [...list, "auto"] : list);
  options(form.elements.quality, auto(model?.qualities ?? [], model?.quality_auto), take("quality"), model?.default_quality ? `default (${model.default_quality})` : "default");
  options(form.elements.endpoint, model?.endpoints ?? [], take("endpoint"), "by the images");
  options(form.elements.tier, (model?.tiers ?? []).filter((tier) => tier !== "standard"), take("tier"), "standard");
  options(form.elements.input_fidelity, model?.input_fidelities ?? [], take("input_fidelity"), "default");
  options(form.elements.background, model?.backgrounds ?? [], take("background"), "default");
  options(form.elements.output_format, model?.output_formats ?? [], take("output_format"), "default");
  options(form.elements.responses_model, model?.text_models ?? [], take("responses_model"), "none");
  const usual = model?.free_sizes ? ["1024x1024", "1536x1024", "1024x1536", "2048x2048"] : (model?.sizes ?? []);
  byId("sizes").replaceChildren(...auto(usual, model?.size_auto).map((size) => element("option", { value: size })));
  form.elements.size.placeholder = model ? `default (${model.default_size})` : "default";
  byId("size-hint").textContent = sizeWords(model);
  const responses = form.elements.endpoint.value === "responses";
  const takes = {
    quality: model?.qualities.length > 0 || model?.limits_unknown,
    images: model === undefined || model.input_images_max !== 0 || images.length > 0,
    mask: model?.mask, input_fidelity: model?.input_fidelities.length > 0, partial_images: model?.partial_images_max > 0,
    background: model?.backgrounds.length > 0, output_format: model?.output_formats.length > 0,
    responses_model: responses, max_tool_calls: responses, group_ratio: model?.basis === "ratio",
  };
  for (const [name, has] of Object.entries(takes)) {
    const given = asked[name] !== undefined && asked[name] !== "" && asked[name] !== false;
    form.querySelector(`[data-field="${name}"]`).hidden = !(has || given);
  }
}

function sizeWords(model) {
  const free = model?.free_sizes;
  if (free) return `Any: multiples of ${free.multiple_of} up to ${free.max_edge}, at most ${free.max_ratio}:1, ${whole(free.min_pixels)} to ${whole(free.max_pixels)} pixels`;
  return model?.sizes.length > 0 ? model.sizes.join(", ") : "";
}

function listImages() {
  byId("list").replaceChildren(...images.map(({ name, size }, at) => element("li", {},
    element("span", {}, name), element("span", {}, size ?? "size not known"),
    element("button", { type: "button", "aria-label": `Remove ${name}`, onclick: () => {
      images.splice(at, 1);
      listImages();
      update();
    } }, "×"))));
}

async function addFiles(files) {
  for (const file of files) images.push({ name: file.name, size: await imgcost.imageSize(file) });
  listImages();
  await update();
}

function clearErrors() {
  for (const error of form.querySelectorAll(".error")) error.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    if (field.dataset.described) field.setAttribute("aria-describedby", field.dataset.described);
    else field.removeAttribute("aria-describedby");
  }
}

const FIELD_OF = { image: "images", prompt_tokens: "prompt", stream: "partial_images" };

// An error as the library tells it, next to the field that it is about.
function showError(error) {
  const name = FIELD_OF[error.field] ?? error.field;
  const place = form.querySelector(`[data-field="${name}"]`);
  const control = place?.querySelector("input, select, textarea");
  const note = element("p", { class: "error", id: "problem" }, error.message);
  if (error.nearest && control && control.type !== "file") {
    note.append(" ", element("button", { type: "button", onclick: () => {
      if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === error.nearest)) {
        control.append(element("option", { value: error.nearest }, error.nearest));
      }
      control.value = error.nearest;
      changed(name);
    } }, `Take ${error.nearest}`));
  }
  if (place && control) {
    place.hidden = false;
    if (byId("more").contains(place)) byId("more").open = true;
    place.append(note);
    control.dataset.described = control.getAttribute("aria-describedby") ?? "";
    control.setAttribute("aria-describedby", `${control.dataset.described} problem`.trim());
    control.setAttribute("aria-invalid", "true");
  }
  byId("quote").replaceChildren(element("div", { class: "total" }, element("div", { class: "figure", id: "figure" }, "–")),
    element("p", { class: "hint" }, `This call can't be quoted: ${error.message}`));
  byId("spoken").textContent = error.message;
}

let turn = 0;

async function update() {
  const mine = ++turn;
  const asked = request();
  history.replaceState(null, "", `#${toHash(asked)}`);
  let sendable = asked;
  if (asked.prompt !== undefined) {
    if (!ready) byId("prompt-hint").textContent = "counting: the vocabulary is loading…";
    try {
      const tokens = await imgcost.countTokens(asked.prompt);
      ready = true;
      if (mine !== turn) return;
      byId("prompt-hint").textContent = `${whole(tokens)} token${tokens === 1 ? "" : "s"}`;
      sendable = asked;
    } catch (error) {
      byId("prompt-hint").textContent = `the prompt can't be counted: ${error.message}`;
      const { prompt, ...rest } = asked;
      sendable = rest;
    }
  } else {
    byId("prompt-hint").textContent = "0 tokens";
  }
  clearErrors();
  let quote = null;
  try {
    quote = imgcost.sync.quote(sendable);
    shownQuote.show(quote, sources, byId("quote"));
    byId("spoken").textContent = `Total ${range(quote.total, dollars)}`;
  } catch (error) {
    showError(error);
  }
  document.body.dataset.quoted = String(mine);
  showComparison(sendable, quote);
  later(() => mine === turn && showSurface(sendable, quote));
}

let ready = false;
const later = (task) => (window.requestIdleCallback ? requestIdleCallback(task, { timeout: 500 }) : setTimeout(task, 50));

function showComparison(asked, quote) {
  const { model, quality, mask, partial_images, stream, input_fidelity, background, output_format, ...rest } = asked;
  const size = asked.size ?? quote?.request.size ?? "1024x1024";
  const explicit = quality && quality !== "auto" ? { quality } : {};
  byId("compare-hint").textContent = `USD an image at ${form.elements.provider.selectedOptions[0]?.text ?? asked.provider}, ${size}${quality ? `, ${quality}` : ", every quality"}${asked.prompt === undefined ? "" : ", prompt included"}; light bars reach to the ceiling where it is not exact`;
  try {
    const { cells } = imgcost.sync.compare({ ...rest, ...explicit, size });
    comparison.show(cells, { model, quality: quote?.request.quality ?? quality }, byId("compare"), (chosen) => {
      form.elements.model.value = chosen.model;
      fillChoices({ ...request(), quality: chosen.quality });
      update();
      byId("result").focus({ preventScroll: true });
    });
  } catch (error) {
    byId("compare").replaceChildren(element("p", { class: "hint" }, error.message));
  }
}

function showSurface(asked, quote) {
  const rule = modelNow()?.free_sizes;
  const section = byId("surface-section");
  section.hidden = !rule || quote === null;
  if (section.hidden) return;
  const edges = picture.sizes(rule);
  const { size, prompt, ...rest } = asked;
  const tokens = prompt === undefined ? {} : { prompt_tokens: imgcost.sync.countTokens(prompt) };
  const prices = imgcost.surface({ ...rest, ...tokens }, edges, edges);
  const marked = /^(\d+)x(\d+)$/.exec(quote.request.size ?? "");
  under = picture.draw(byId("surface"), edges, prices, marked ? [Number(marked[1]), Number(marked[2])] : null, byId("legend"), byId("surface-hint"));
}

function changed(name) {
  if (name === "provider" || name === "as_of") {
    const before = form.elements.model.value;
    fillModels(offersOf(form.elements.provider.value).some(({ model }) => model === before) ? before : undefined);
  }
  if (["provider", "model", "as_of", "endpoint"].includes(name)) {
    const model = modelNow();
    const asked = request();
    // What the new model does not know goes back to its default; what is typed stays.
    const lists = { quality: [...(model?.qualities ?? []), "auto"], endpoint: model?.endpoints, tier: model?.tiers,
      input_fidelity: model?.input_fidelities, background: model?.backgrounds, output_format: model?.output_formats, responses_model: model?.text_models };
    for (const [key, list] of Object.entries(lists)) {
      if (asked[key] && !list?.includes(asked[key])) delete asked[key];
    }
    fillChoices(asked);
  }
  return update();
}

form.addEventListener("input", (event) => event.target.name && changed(event.target.name));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  location.hash = "";
  byId("more").open = false;
  start();
});
byId("files").addEventListener("change", ({ target }) => addFiles(target.files).then(() => { target.value = ""; }));
for (const name of ["dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", name === "dragover");
    if (name === "drop") addFiles([...event.dataTransfer.files].filter(({ type }) => type.startsWith("image/")));
  });
}
byId("link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    byId("copied").textContent = "Copied";
  } catch {
    byId("copied").textContent = "The address bar has the link";
  }
  setTimeout(() => { byId("copied").textContent = ""; }, 3000);
});
byId("surface").addEventListener("pointermove", (event) => {
  const found = under?.(event.clientX, event.clientY);
  byId("surface-hint").textContent = found ? `${found.size}: at most ${found.price}` : "The most a call may cost at each size; blank where the API takes none. A click takes the size.";
});
byId("surface").addEventListener("click", (event) => {
  const found = under?.(event.clientX, event.clientY);
  if (!found) return;
  form.elements.size.value = found.size;
  update();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => update());
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) later(() => update());
  width = innerWidth;
});
addEventListener("hashchange", () => {
  if (location.hash.slice(1) !== toHash(request())) start();
});

function start() {
  fromHash();
  listImages();
  return update();
}

fillProviders();
start();
