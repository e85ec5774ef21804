// imgcost in JavaScript: reads and writes the documents, fetches the vocabulary, knows the day.
// Prices and rules are in the WebAssembly beside this file.

import init, * as core from "./imgcost.js";

// A file where there is a file system, else of the origin of this module. Hidden from bundlers, which
// take the other branch.
async function bytesOf(name) {
  const url = new URL(name, import.meta.url);
  if (url.protocol === "file:") {
    const fs = "node:fs/promises";
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ fs)).readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

await init({ module_or_path: bytesOf("./imgcost_bg.wasm") });

/** Why a call can't be quoted, or its response not be charged. */
export class ImgcostError extends Error {
  constructor({ code, field, message, allowed = [], nearest = null }) {
    super(message);
    this.name = "ImgcostError";
    this.code = code;
    this.field = field;
    this.allowed = allowed;
    this.nearest = nearest;
  }
}

function document(call) {
  try {
    return JSON.parse(call());
  } catch (thrown) {
    throw typeof thrown === "string" ? errorOf(thrown) : thrown;
  }
}

function errorOf(text) {
  try {
    return new ImgcostError(JSON.parse(text).error);
  } catch {
    return new Error(text);
  }
}

/** Today by UTC. */
export const today = () => new Date().toISOString().slice(0, 10);

const asked = (request) => JSON.stringify(request ?? {});

// Bodies as bytes: text is encoded, objects are written as JSON.
function body(response) {
  if (response instanceof Uint8Array) return response;
  if (response instanceof ArrayBuffer) return new Uint8Array(response);
  return new TextEncoder().encode(typeof response === "string" ? response : JSON.stringify(response));
}

/** The same without waiting: prompts as text need the vocabulary loaded, and images their sizes. */
export const sync = {
  quote: (request) => document(() => core.quote(asked(request), today())),
  charge: (response, request) => document(() => core.charge(body(response), asked(request), today())),
  compare: (request) => document(() => core.compare(asked(request), today())),
  countTokens(text) {
    const tokens = core.count_tokens(text);
    if (tokens === undefined) throw new Error("the vocabulary is not loaded: await loadVocabulary() first");
    return tokens;
  },
};

let loading = null;

/** Loads the vocabulary, once: 0.74 MB by brotli, its tables made in pauses of the page. */
export function loadVocabulary() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

const pause = () =>
  new Promise((go) =>
    typeof requestIdleCallback === "function" ? requestIdleCallback(go, { timeout: 50 }) : setTimeout(go, 0),
  );

async function load() {
  const bytes = await bytesOf("./o200k_base.bin");
  let vocabulary;
  try {
    vocabulary = new core.Vocabulary(bytes);
    while (!vocabulary.step()) await pause();
  } catch (thrown) {
    throw typeof thrown === "string" ? new Error(thrown) : thrown;
  } finally {
    vocabulary?.free();
  }
}

// What must be waited for before a request can be read: the vocabulary, and the sizes of images.
async function ready(request) {
  if (typeof request?.prompt === "string") await loadVocabulary();
  if (!Array.isArray(request?.images)) return request;
  return { ...request, images: await Promise.all(request.images.map(sizeOf)) };
}

/** The size of an image, such as "1024x1024", by its first bytes; null where they don't tell. */
export async function imageSize(image) {
  let bytes = image;
  if (typeof Blob !== "undefined" && image instanceof Blob) {
    bytes = new Uint8Array(await image.slice(0, core.header_max()).arrayBuffer());
  }
  return core.image_size(bytes) ?? null;
}

const sizeOf = (image) => (image === null || typeof image === "string" ? image : imageSize(image));

/** What a call will cost. */
export const quote = async (request) => sync.quote(await ready(request));

/** What a call did cost, by its response. */
export const charge = async (response, request) => sync.charge(response, await ready(request));

/** Several ways to make a call, priced side by side. */
export const compare = async (request) => sync.compare(await ready(request));

/** The o200k_base tokens of a prompt. */
export async function countTokens(text) {
  await loadVocabulary();
  return sync.countTokens(text);
}

/** The models that have a price on a day, and what they accept. */
export const models = ({ provider, as_of = today() } = {}) => document(() => core.models(provider, as_of));

/** The sources that quotes cite, by their ids. */
export const sources = () => document(() => core.sources());

/** Ceilings in USD at each height and, within it, each width; NaN where the size is refused. To draw. */
export function surface(request, widths, heights) {
  try {
    return core.surface(asked(request), today(), Uint32Array.from(widths), Uint32Array.from(heights));
  } catch (thrown) {
    throw typeof thrown === "string" ? errorOf(thrown) : thrown;
  }
}
