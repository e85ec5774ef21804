// Sorts a table by the column whose heading is pressed; without this it is a plain table.
// What has no value stays below, in both directions.
const value = (row, at) => {
  const cell = row.cells[at];
  if (!cell || cell.classList.contains("none")) return null;
  return cell.dataset.v ?? cell.textContent;
};
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    const number = head.classList.contains("num");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (one, two) => {
        const a = value(one, at), b = value(two, at);
        if (a === null || b === null) return (a === null) - (b === null);
        const by = number ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });
        return up ? by : -by;
      };
      body.append(...[...body.rows].sort(order));
    });
  });
  table.classList.add("sorts");
}
