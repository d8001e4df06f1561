// Numbers in words, and an SVG with axes to draw in.

// Numbers ------------------------------------------------------------------------------------

export function inWords(value, digits = 7) {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return minus(String(Number(value.toPrecision(digits))));
  const [mantissa, exponent] = value.toExponential(4).split("e");
  return minus(`${Number(mantissa)} × 10${superscript(exponent)}`);
}

// A product: its value, and where that lies beyond the floats its sign and the log of its size.
export function product(value, sign, log10) {
  if (sign === 0 || log10 === -Infinity) return {value: 0, text: "0"};
  if (value !== 0 && Number.isFinite(value)) return {value, text: inWords(value)};
  const exponent = Math.floor(log10);
  const mantissa = Number((sign * 10 ** (log10 - exponent)).toPrecision(4));
  return {value, text: minus(`${mantissa} × 10${superscript(String(exponent))}`)};
}

export const minus = digits => digits.replaceAll("-", "−");
export const subscript = index => [...String(index)].map(c => "₀₁₂₃₄₅₆₇₈₉"["0123456789".indexOf(c)] ?? {t: "ₜ", k: "ₖ"}[c]).join("");
const superscript = exponent =>
  [...exponent.replace("+", "")].map(c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");

// Drawing ------------------------------------------------------------------------------------

export class Sheet { // an SVG as wide as its place, in pixels, so that text keeps its size on a phone
  constructor(title) {
    this.svg = svg("svg", {role: "img", "aria-label": title});
  }
  clear(width) {
    this.width = Math.max(280, Math.min(width, 720));
    this.height = 0;
    this.svg.replaceChildren();
    this.svg.setAttribute("width", this.width);
  }
  describe(sentence) {
    this.svg.setAttribute("height", this.height);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("aria-label", sentence);
  }
  // A pair of axes below what is there already, or beside it.
  plot({height, x, y, xLabel, yLabel, left = 0, width = this.width - left, top = this.height, ticks}) {
    this.height = Math.max(this.height, top + height);
    return new Plot(this.svg, {left: left + 58, right: left + width - 10, top: top + 32, bottom: top + height - 44}, x, y, xLabel, yLabel, ticks);
  }
}

class Plot {
  constructor(parent, box, x, y, xLabel, yLabel, ticks = {}) {
    this.group = parent.appendChild(svg("g"));
    Object.assign(this, {box, x, y});
    const {left, right, top, bottom} = box;
    for (const value of ticks.x ?? niceTicks(...x, (right - left) / 70)) {
      this.draw("line", {x1: this.px(value), x2: this.px(value), y1: bottom, y2: bottom + 4, class: "axis"});
      this.write(this.px(value), bottom + 18, tickLabel(value), {"text-anchor": "middle"});
    }
    for (const value of ticks.y ?? niceTicks(...y, (bottom - top) / 36)) {
      this.draw("line", {x1: left, x2: right, y1: this.py(value), y2: this.py(value), class: "grid"});
      this.write(left - 7, this.py(value) + 4, ticks.yText?.(value) ?? tickLabel(value), {"text-anchor": "end"});
    }
    this.draw("line", {x1: left, x2: right, y1: bottom, y2: bottom, class: "axis"});
    this.write((left + right) / 2, bottom + 37, xLabel, {"text-anchor": "middle", class: "label"});
    this.write(left - 50, top - 14, yLabel, {class: "label"});
  }
  px(value) { return scale(value, this.x, this.box.left, this.box.right); }
  py(value) { return scale(value, this.y, this.box.bottom, this.box.top); }
  // The curve through points [x, y]; where one is missing (NaN, ±∞) the curve is broken.
  line(points, role) {
    const inside = ([x, y]) => Number.isFinite(x) && Number.isFinite(y);
    let path = "", pen = "M";
    for (const point of points) {
      if (!inside(point)) { pen = "M"; continue; }
      path += `${pen}${this.px(point[0]).toFixed(2)},${this.py(point[1]).toFixed(2)}`;
      pen = "L";
    }
    return this.draw("path", {d: path, class: `line ${role}`});
  }
  bar(x, y, width, role) {
    const [zero, end] = [this.py(0), this.py(y)];
    const attributes = {x: this.px(x - width / 2), width: Math.max(0.5, this.px(width) - this.px(0)), class: `bar ${role}`};
    return this.draw("rect", {...attributes, y: Math.min(zero, end), height: Math.abs(end - zero)});
  }
  dot(x, y, role, radius = 5) {
    return this.draw("circle", {cx: this.px(x), cy: this.py(y), r: radius, class: `dot ${role}`});
  }
  note(x, y, content, role, more = {}) {
    return this.write(this.px(x), this.py(y), content, {...more, class: `note ${role}`});
  }
  // A surface as an image of columns × rows cells, painted by values between 0 and 1, row 0 below.
  paint(values, columns, rows) {
    const canvas = Object.assign(document.createElement("canvas"), {width: columns, height: rows});
    const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows);
    values.forEach((value, i) => {
      const [x, y] = [i % columns, rows - 1 - Math.floor(i / columns)];
      image.data.set([...viridis(value), 255], 4 * (y * columns + x));
    });
    pen.putImageData(image, 0, 0);
    const {left, right, top, bottom} = this.box;
    return this.draw("image", {
      href: canvas.toDataURL(), x: left, y: top, width: right - left, height: bottom - top,
      preserveAspectRatio: "none",
    });
  }
  // Where the reader points, in the plot's own numbers.
  onPoint(act, hover = false) {
    const {left, right, top, bottom} = this.box;
    const area = this.draw("rect", {x: left, y: top, width: right - left, height: bottom - top, class: "touch"});
    const tell = event => {
      const frame = area.getBoundingClientRect();
      act(scale(event.clientX, [frame.left, frame.right], ...this.x), scale(event.clientY, [frame.bottom, frame.top], ...this.y));
    };
    area.addEventListener("pointerdown", tell);
    area.addEventListener("pointermove", event => { if (event.buttons || hover) tell(event); });
  }
  draw(tag, attributes) { return this.group.appendChild(svg(tag, attributes)); }
  write(x, y, content, attributes) {
    const made = this.draw("text", {x, y, ...attributes});
    made.textContent = content;
    return made;
  }
}

export function svg(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const scale = (value, [low, high], from, to) => from + (to - from) * (value - low) / (high - low);

// matplotlib's viridis at nine places, and straight lines between them.
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
export function viridis(value) {
  const place = 8 * Math.min(1, Math.max(0, value)), i = Math.min(7, Math.floor(place));
  return VIRIDIS[i].map((channel, j) => Math.round(channel + (place - i) * (VIRIDIS[i + 1][j] - channel)));
}

export function niceTicks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(m => m * power >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

const tickLabel = value => minus(String(Number(value.toPrecision(6))));
