/** An amount in US dollars as an exact decimal, such as "0.164685". */
export type Usd = string;

/** A value that is at least `floor`, probably `expected`, at most `ceiling`; null where not known. */
export interface Range<T> {
  floor: T;
  expected: T | null;
  ceiling: T;
  ceiling_basis?: "proven" | "assumed";
}

export interface Total {
  floor: Usd | null;
  expected: Usd | null;
  ceiling: Usd | null;
  ceiling_basis?: "proven" | "assumed" | null;
  currency: "USD";
}

/** An input image: its size, null where it is not known, or its bytes (not in `sync`). */
export type Image = string | null | Uint8Array | Blob;

/** A call's parameters by their names in the API. What is left out is at the API's default. */
export interface Request {
  model?: string;
  provider?: string;
  /** The day whose prices count; left out, today by UTC. */
  as_of?: string;
  endpoint?: "generations" | "edits" | "variations" | "responses" | "chat";
  quality?: string;
  size?: string;
  n?: number;
  prompt?: string;
  prompt_tokens?: number;
  images?: Image[];
  mask?: boolean;
  input_fidelity?: "low" | "high";
  stream?: boolean;
  partial_images?: number;
  background?: string;
  output_format?: string;
  output_compression?: number;
  tier?: "standard" | "batch" | "flex" | "priority";
  group_ratio?: string;
  responses_model?: string;
  max_tool_calls?: number;
}

type Listed<T> = T | T[];

/** A call whose parameters may be lists, "all" or patterns such as "gpt-image-*". */
export interface Comparison
  extends Omit<Request, "model" | "provider" | "quality" | "size" | "n" | "tier" | "as_of"> {
  model?: Listed<string>;
  provider?: Listed<string>;
  quality?: Listed<string>;
  size?: Listed<string>;
  n?: Listed<number>;
  tier?: Listed<string>;
  as_of?: Listed<string>;
  sort?: string;
}

export type Evidence = "published" | "measured" | "derived" | "assumed";

export interface Line {
  item: string;
  unit: string;
  quantity: Range<number>;
  rate: string | null;
  per?: number;
  amount: Range<Usd> | null;
  evidence: Evidence;
  source: string;
  rate_evidence?: Evidence;
  rate_source?: string;
  rate_row?: string;
}

export interface Note {
  code: string;
  message: string;
}

/** The document imgcost.quote/1, as `imgcost --json` writes it. */
export interface Quote {
  schema: "imgcost.quote/1";
  id: string;
  provider: string;
  model: string;
  as_of: string;
  complete: boolean;
  unpriced: string[];
  request: Omit<Request, "model" | "provider" | "as_of" | "prompt">;
  lines: Line[];
  tokens: Partial<Record<"text_input" | "image_input" | "text_output" | "image_output", Range<number>>>;
  total: Total;
  per_image_list_price?: Usd;
  book: { digest: string; checked: string; overrides: number };
  notes: Note[];
}

export interface ChargeLine {
  item: string;
  quantity: number;
  rate: string | null;
  per?: number;
  amount: Range<Usd> | null;
}

/** The document imgcost.usage/1, as `imgcost usage --json` writes it. */
export interface Charge {
  schema: "imgcost.usage/1";
  provider: string;
  model: string;
  as_of: string;
  complete: boolean;
  settles: boolean;
  lines: ChargeLine[];
  total: Total;
  notes: string[];
}

export interface Cell {
  request: Omit<Request, "prompt"> & { model: string; provider: string };
  state: "priced" | "unpriced" | "illegal";
  availability: "current" | "ends" | "retired";
  shutdown?: string;
  per_image?: Total;
  per_call?: Total;
  per_megapixel?: Total;
  cheapest?: true;
  unpriced?: string[];
  error?: { code: string; field?: string; message: string };
  notes: string[];
}

export interface Compared {
  schema: "imgcost.compare/1";
  cells: Cell[];
}

export interface Model {
  model: string;
  basis: string;
  released: string | null;
  retired: string | null;
  current: boolean;
  endpoints: string[];
  qualities: string[];
  quality_auto: boolean;
  default_quality: string | null;
  sizes: string[];
  size_auto: boolean;
  default_size: string;
  free_sizes?: {
    multiple_of: number;
    max_edge: number;
    max_ratio: number;
    min_pixels: number;
    max_pixels: number;
  };
  n_max: number | null;
  partial_images_max: number;
  input_images_max: number | null;
  input_fidelities: string[];
  mask: boolean;
  backgrounds: string[];
  output_formats: string[];
  tiers: string[];
  limits_unknown: boolean;
  text_models: string[];
}

export interface Offers {
  schema: "imgcost.offers/1";
  checked: string;
  digest: string;
  providers: { provider: string; title: string; models: Model[] }[];
}

export interface Source {
  title: string;
  address: string | null;
  read: string;
  kind: string;
  note: string | null;
}

/** Why a call can't be quoted, or its response not be charged. */
export class ImgcostError extends Error {
  /** The stable code, such as "illegal-value". */
  code: string;
  /** The parameter that it is about. */
  field: string | null;
  /** What would be accepted there, where it can be listed. */
  allowed: string[];
  /** The accepted value nearest to the one that was given. */
  nearest: string | null;
}

/** What a call will cost. A prompt as text loads the vocabulary first. */
export function quote(request: Request): Promise<Quote>;
/** What a call did cost, by its response: an object, or the body as text or bytes. */
export function charge(response: object | string | Uint8Array | ArrayBuffer, request?: Request): Promise<Charge>;
/** Several ways to make a call, priced side by side. */
export function compare(request: Comparison): Promise<Compared>;
/** The o200k_base tokens of a prompt. Loads the vocabulary first. */
export function countTokens(text: string): Promise<number>;
/** Loads the vocabulary, once: 0.74 MB by brotli. */
export function loadVocabulary(): Promise<void>;
/** The size of an image by its first bytes; null where they don't tell. */
export function imageSize(image: Uint8Array | Blob): Promise<string | null>;
/** The models that have a price on a day, and what they accept. */
export function models(of?: { provider?: string; as_of?: string }): Offers;
/** The sources that quotes cite, by their ids. */
export function sources(): Record<string, Source>;
/** Ceilings in USD at each height and, within it, each width; NaN where the size is refused. To draw. */
export function surface(request: Request, widths: Iterable<number>, heights: Iterable<number>): Float64Array;
/** Today by UTC. */
export function today(): string;
/** The same without waiting: prompts as text need `loadVocabulary` first, images their sizes. */
export const sync: {
  quote(request: Request): Quote;
  charge(response: object | string | Uint8Array | ArrayBuffer, request?: Request): Charge;
  compare(request: Comparison): Compared;
  countTokens(text: string): number;
};
