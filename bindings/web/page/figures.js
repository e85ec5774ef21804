// Amounts and names as the page shows them. Amounts are decimal texts and stay so.

const ITEMS = {
  text_input: "Text input", image_input: "Image input", text_output: "Text output", image_output: "Image output",
  cached_text_input: "Cached text input", cached_image_input: "Cached image input", per_image: "Image", per_call: "Call",
};

export const item = (name) => ITEMS[name] ?? (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");

export const dollars = (amount) => (amount === null || amount === undefined ? "–" : `$${amount}`);

/** The places after the point that a column needs. */
export const places = (amounts) => Math.max(0, ...amounts.filter(Boolean).map((text) => (text.split(".")[1] ?? "").length));

/** An amount with so many places, so that points are below one another. */
export function aligned(amount, count) {
  if (amount === null || amount === undefined) return "–";
  const [whole, rest = ""] = amount.split(".");
  return count > 0 ? `$${whole}.${rest.padEnd(count, "0")}` : `$${whole}`;
}

export const whole = (number) => (number === null ? "–" : number.toLocaleString("en-US"));

/** A range in words: one figure where all are one. */
export function range({ floor, ceiling }, show) {
  if (floor === ceiling) return show(ceiling);
  if (ceiling === null || ceiling === undefined) return `from ${show(floor)}`;
  return `${show(floor)} – ${show(ceiling)}`;
}

/** An element with attributes, and children or text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
