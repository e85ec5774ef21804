// Current models side by side, with bars.

import { aligned, element, places } from "./figures.js";

const number = (total, bound) => (total?.[bound] ? Number(total[bound]) : 0);

export function show(cells, chosen, place, choose) {
  const priced = cells.filter((cell) => cell.per_image?.ceiling).sort((a, b) => number(a.per_image, "ceiling") - number(b.per_image, "ceiling"));
  const others = cells.filter((cell) => !cell.per_image?.ceiling);
  const most = Math.max(...priced.map((cell) => number(cell.per_image, "ceiling")), 1e-9);
  const count = places(priced.flatMap((cell) => [cell.per_image.ceiling]));
  const name = ({ request }) => [request.model, request.quality].filter(Boolean).join(" · ");
  const width = (amount) => `${((100 * amount) / most).toFixed(2)}%`;
  const rows = priced.map((cell) => {
    const { floor, ceiling } = cell.per_image;
    const range = floor !== ceiling;
    const high = element("i", { class: range ? "most" : null });
    high.style.width = width(number(cell.per_image, "ceiling"));
    const low = range ? element("i", {}) : null;
    if (low) low.style.width = width(number(cell.per_image, "floor"));
    const current = cell.request.model === chosen.model && (cell.request.quality ?? null) === (chosen.quality ?? null);
    return element("li", {}, element("button", {
      type: "button", "aria-current": current ? "true" : null, title: "Quote this one", onclick: () => choose(cell.request),
    },
      element("span", { class: "name" }, name(cell)),
      element("span", { class: "track", "aria-hidden": "true" }, high, low),
      element("span", { class: "value" }, `${range ? "≤ " : ""}${aligned(ceiling, count)}`)));
  });
  // What is wrong with a model's every quality is told once.
  const reasons = Map.groupBy(others, ({ request, error }) => `${request.model}\n${error?.message ?? "no known price"}`);
  const refused = [...reasons].map(([key, same]) => {
    const [model, reason] = key.split("\n");
    const whole = !priced.some(({ request }) => request.model === model) && same.length === others.filter(({ request }) => request.model === model).length;
    return element("li", {}, element("div", { class: "off" },
      element("span", { class: "name" }, whole ? model : `${model} · ${same.map(({ request }) => request.quality).filter(Boolean).join(", ")}`),
      element("span", { class: "value" }, reason)));
  });
  place.replaceChildren(rows.length + refused.length > 0
    ? element("ul", { class: "bars" }, ...rows, ...refused)
    : element("p", { class: "hint" }, "No current model at this provider has a price on this day."));
}
