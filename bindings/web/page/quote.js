// The quote: the total, its lines with the source behind every number, and what to know.

import { aligned, dollars, element, item, places, range, whole } from "./figures.js";

const EVIDENCE = {
  published: "published", measured: "measured on real calls", derived: "derived", assumed: "assumed",
};

function source(sources, id) {
  const found = sources[id];
  const title = found?.title ?? id;
  const address = found?.address;
  return address && /^https:\/\//.test(address)
    ? element("a", { href: address, rel: "noreferrer" }, title)
    : document.createTextNode(title);
}

function why(label, evidence, id, sources) {
  const words = EVIDENCE[evidence] ?? evidence;
  return id ? element("span", { class: "why" }, `${label} ${words}: `, source(sources, id)) : null;
}

function rate(line) {
  if (line.rate === null) return "no known price";
  if (!line.per || line.per === 1) return `$${line.rate} / ${line.unit}`;
  return `$${line.rate} / ${line.per === 1_000_000 ? "1M" : whole(line.per)}`;
}

export function show(quote, sources, place) {
  const { total } = quote;
  const exact = total.floor !== null && total.floor === total.ceiling;
  const amounts = quote.lines.flatMap(({ amount }) => (amount ? [amount.floor, amount.ceiling] : []));
  const count = places([...amounts, total.floor, total.ceiling]);
  const bound = (name, amount) => element("div", {}, element("dt", {}, name), element("dd", {}, dollars(amount)));
  const basis = total.ceiling_basis === "assumed" ? "Ceiling, assumed" : "Ceiling, proven";
  const lines = quote.lines.map((line) =>
    element("tr", {},
      element("th", { scope: "row" }, item(line.item)),
      element("td", { class: "num quantity" }, `${range(line.quantity, whole)} ${line.unit}${line.quantity.ceiling === 1 ? "" : "s"}`),
      element("td", { class: "num rate" }, rate(line)),
      ...["floor", "expected", "ceiling"].map((bound) =>
        element("td", { class: "num amount", "data-label": exact ? null : bound, hidden: exact && bound !== "ceiling" },
          line.amount ? aligned(line.amount[bound], count) : "–")),
      element("td", { class: "evidence" }, why("Count", line.evidence, line.source, sources), why("Rate", line.rate_evidence, line.rate_source, sources)),
    ));
  const head = ["Item", "Quantity", "Rate", ...(exact ? ["Amount"] : ["Floor", "Expected", "Ceiling"]), "Where it comes from"];
  const sum = (bound) => element("td", { class: "num amount", "data-label": exact ? null : bound, hidden: exact && bound !== "ceiling" }, aligned(total[bound], count));
  place.replaceChildren(
    element("div", { class: "total" },
      element("div", { class: "figure", id: "figure" }, range(total, dollars)),
      element("dl", { class: "bounds" },
        bound("Floor", total.floor), bound("Expected", total.expected), bound(total.ceiling === null ? "Ceiling" : basis, total.ceiling))),
    element("p", { class: "hint" }, [
      `${quote.model} at ${quote.provider}`, quote.request.quality, quote.request.size, `n = ${quote.request.n}`,
      quote.request.endpoint, exact ? "exact" : null, quote.per_image_list_price ? `list price $${quote.per_image_list_price} an image` : null,
    ].filter(Boolean).join(" · ")),
    element("div", { class: "scroll" }, element("table", { class: "lines" },
      element("thead", {}, element("tr", {}, ...head.map((name, at) =>
        element("th", { scope: "col", class: at > 0 && at < head.length - 1 ? "num" : null }, name)))),
      element("tbody", {}, ...lines),
      element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, "Total"), element("td", {}), element("td", {}),
        sum("floor"), sum("expected"), sum("ceiling"), element("td", {}))))),
    element("ul", { class: "notes" }, ...quote.notes.map((note) => element("li", {}, note.message))),
  );
}
