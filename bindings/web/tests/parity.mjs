// The cases of tests/parity whose answers differ. Runs in Node and in a browser.

const three = (estimate) => (estimate ? [estimate.floor, estimate.expected, estimate.ceiling] : null);

const ANSWERS = {
  quote: async ({ quote }, imgcost) => {
    const { total, lines, notes } = await imgcost.quote(quote);
    return {
      total: three(total),
      lines: lines.map((line) => [line.item, three(line.quantity), three(line.amount)]),
      notes: notes.map(({ code }) => code).sort(),
    };
  },
  charge: async ({ charge, response }, imgcost) => {
    const { provider, model, as_of, settles, total, lines } = await imgcost.charge(response, charge);
    return { provider, model, as_of, settles, total: three(total), lines: lines.map((line) => [line.item, line.quantity, three(line.amount)]) };
  },
  compare: async ({ compare }, imgcost) => {
    const { cells } = await imgcost.compare(compare);
    return {
      cells: cells.map(({ request, state, per_image }) => [
        request.model, request.provider, request.quality ?? null, request.size ?? null, request.n, request.tier, request.as_of, state, three(per_image),
      ]),
    };
  },
};

// Members in any order are the same.
const text = (value) =>
  JSON.stringify(value, (_, member) =>
    member && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member);

export async function parity(cases, imgcost) {
  const differ = [];
  for (const one of cases) {
    const kind = Object.keys(ANSWERS).find((name) => name in one);
    let answer;
    try {
      answer = await ANSWERS[kind](one, imgcost);
    } catch (error) {
      if (error.name !== "ImgcostError") throw error;
      answer = { error: error.field };
    }
    if (text(answer) !== text(one.answer)) differ.push({ id: one.id, answer, expected: one.answer });
  }
  return differ;
}
