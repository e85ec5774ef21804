// The price over width and height, as a picture: for models that take any size within a rule.

const CELLS = 96;

export function sizes(rule) {
  const step = Math.max(rule.multiple_of, Math.ceil(rule.max_edge / CELLS / rule.multiple_of) * rule.multiple_of);
  const list = [];
  for (let edge = step; edge <= rule.max_edge; edge += step) list.push(edge);
  return list;
}

const mix = (from, to, share) => from.map((channel, at) => Math.round(channel + (to[at] - channel) * share));
const css = (colour) => `rgb(${colour.join(" ")})`;

export function draw(canvas, edges, prices, marked, legend, hint) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const [from, to] = dark ? [[38, 62, 98], [190, 219, 255]] : [[214, 229, 248], [14, 56, 120]];
  const ink = dark ? "#a4abb6" : "#5a6069";
  const known = prices.filter((price) => !Number.isNaN(price));
  if (known.length === 0) return null;
  const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const scale = Math.min(devicePixelRatio || 1, 2);
  const extent = Math.max(240, Math.round(canvas.clientWidth || 480));
  canvas.width = canvas.height = extent * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const left = 58, bottom = 40, side = extent - left - 8, top = 6, height = extent - top - bottom;
  const count = edges.length, most = edges[count - 1];
  const x = (edge) => left + (edge / most) * side;
  const y = (edge) => top + height - (edge / most) * height;
  const [cellX, cellY] = [side / count, height / count];
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      const price = prices[row * count + column];
      if (Number.isNaN(price)) continue;
      pen.fillStyle = css(mix(from, to, high > low ? (price - low) / (high - low) : 0.5));
      pen.fillRect(left + column * cellX, top + height - (row + 1) * cellY, cellX + 0.6, cellY + 0.6);
    }
  }
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(left, top);
  pen.lineTo(left, top + height);
  pen.lineTo(left + side, top + height);
  pen.stroke();
  for (let edge = 1024; edge <= most; edge += 1024) {
    pen.textAlign = "center";
    pen.fillText(String(edge), x(edge), top + height + 16);
    pen.textAlign = "right";
    pen.fillText(String(edge), left - 6, y(edge) + 4);
  }
  pen.textAlign = "center";
  pen.fillText("width, pixels", left + side / 2, top + height + 34);
  pen.save();
  pen.translate(11, top + height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText("height, pixels", 0, 0);
  pen.restore();
  if (marked) {
    pen.lineWidth = 4;
    pen.strokeStyle = dark ? "#14161a" : "#fff";
    pen.beginPath();
    pen.arc(x(marked[0]), y(marked[1]), 6, 0, 7);
    pen.stroke();
    pen.lineWidth = 2;
    pen.strokeStyle = dark ? "#ffb454" : "#b45309";
    pen.stroke();
  }
  const show = (price) => `$${price.toFixed(4)}`;
  legend.style.setProperty("--from", css(from));
  legend.style.setProperty("--to", css(to));
  legend.replaceChildren(show(low), document.createElement("i"), show(high));
  canvas.setAttribute("aria-label", `Price over width and height: from ${show(low)} to ${show(high)}`);
  hint.textContent = "The most a call may cost at each size; blank where the API takes none. A click takes the size.";
  // The edges below a point of the canvas, and their price.
  return (clientX, clientY) => {
    const box = canvas.getBoundingClientRect();
    const ratio = extent / box.width;
    const column = Math.floor(((clientX - box.left) * ratio - left) / cellX);
    const row = Math.floor((top + height - (clientY - box.top) * ratio) / cellY);
    if (column < 0 || row < 0 || column >= count || row >= count) return null;
    const price = prices[row * count + column];
    return Number.isNaN(price) ? null : { size: `${edges[column]}x${edges[row]}`, price: show(price) };
  };
}
