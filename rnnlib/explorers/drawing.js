// Numbers in words, letters with indices, and an SVG with axes to draw in and to drag.

// Numbers ------------------------------------------------------------------------------------

// Three digits, and what stands before the point in full: 0.00364, 12.3, 1024, 1.05 × 10⁶.
export function inWords(value, digits = 3) {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return minus(String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size) + 1e-12))))));
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return minus(`${Number(mantissa)} × 10${superscript(exponent)}`);
}

// A product: its value, and where that lies beyond the floats its sign and the log of its size.
export function product(value, sign, log10) {
  if (sign === 0 || log10 === -Infinity) return {value: 0, text: "0", full: "0"};
  if (value !== 0 && Number.isFinite(value)) return {value, text: inWords(value), full: minus(String(value))};
  const exponent = Math.floor(log10);
  const written = digits => minus(`${Number((sign * 10 ** (log10 - exponent)).toPrecision(digits))} × 10${superscript(String(exponent))}`);
  return {value, text: written(3), full: written(7)};
}

export const minus = digits => digits.replaceAll("-", "−");
const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
const superscript = exponent => [...exponent.replace("+", "")].map(c => RAISED["-0123456789".indexOf(c)]).join("");

// As it is read aloud: "2 × 10⁻⁷" is two times ten to the power minus seven.
export const aloud = sentence => sentence.replace(new RegExp(`×\\s10([${RAISED}]+)`, "g"), (_, power) =>
  `times 10 to the power ${[...power].map(c => "-0123456789"[RAISED.indexOf(c)]).join("")}`).replace(/[−-](?=\d)/g, "minus ");

// Letters with indices: "h_{10}", "u^t" ---------------------------------------------------------

const INDEX = /([_^])(?:\{([^}]*)\}|(.))/u;
export const plain = text => text.replace(new RegExp(INDEX, "gu"), (_, mark, braced, one) => braced ?? one);

export function typeset(node, text) {
  const drawn = node.namespaceURI === SVG, parts = [];
  let down = 0;
  text.split(new RegExp(INDEX, "gu")).forEach((piece, i, all) => {
    if (i % 4 === 0) {
      if (piece === "") return;
      parts.push(drawn && down ? Object.assign(svg("tspan", {dy: `${-down}px`}), {textContent: piece}) : piece);
      down = 0;
    } else if (i % 4 === 1) {
      const content = all[i + 1] ?? all[i + 2], part = drawn ? svg("tspan") : document.createElement(piece === "_" ? "sub" : "sup");
      part.textContent = content;
      if (drawn) {
        part.setAttribute("dy", `${(piece === "_" ? 4 : -5) - down}px`);
        part.setAttribute("font-size", "85%");
        down = piece === "_" ? 4 : -5;
      }
      parts.push(part);
    }
  });
  node.replaceChildren(...parts);
  return node;
}

// Drawing ------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// An SVG as wide as its place, in pixels, so that text keeps its size on a phone. What is drawn goes at every change;
// what is dragged stays, since a finger loses what is taken away under it.
export class Sheet {
  constructor(title, released) {
    this.svg = svg("svg", {role: "img", "aria-label": title});
    this.stage = document.createElement("div");
    this.stage.className = "explorer-stage";
    this.stage.append(this.svg);
    this.hands = new Map();
    this.kept = new Map();
    this.held = null;
    this.released = released;
  }
  clear(width) {
    this.width = Math.max(280, Math.min(width, 854));
    this.wide = this.width > 560;
    this.height = 0;
    this.svg.replaceChildren();
    for (const hand of this.hands.values()) hand.used = false;
  }
  describe(sentence) {
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", this.height);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("aria-label", sentence);
    const share = (length, whole) => `${100 * length / whole}%`;
    for (const {area, used, left, top, width, height} of this.hands.values()) {
      area.hidden = !used;
      Object.assign(area.style, {left: share(left, this.width), top: share(top, this.height), width: share(width, this.width), height: share(height, this.height)});
    }
  }
  draw(tag, attributes) { return this.svg.appendChild(svg(tag, attributes)); }
  write(x, y, content, attributes = {}) { return typeset(this.draw("text", {x, y, ...attributes}), content); }
  // An axis, say, that must not move under the finger: while something is dragged, what it was before.
  keep(name, value) {
    if (this.held === null || !this.kept.has(name)) this.kept.set(name, value);
    return this.kept.get(name);
  }
  // Where the reader may take hold: `act(x, y, begins)` in the picture's own pixels. `touch` is what a finger may still do
  // to the page there, such as "pan-y"; `hover` acts on a mouse that is not pressed, too.
  hand(name, {left, right, top, bottom}, act, {touch = "none", cursor = "grab", hover = false} = {}) {
    let hand = this.hands.get(name);
    if (!hand) this.hands.set(name, hand = this.reach(name));
    Object.assign(hand, {act, hover, used: true, left, top, width: right - left, height: bottom - top});
    Object.assign(hand.area.style, {touchAction: touch, cursor});
  }
  reach(name) { // an element of HTML, since a browser heeds what a finger may do on these alone
    const area = document.createElement("div"), hand = {area};
    area.className = "hand";
    area.dataset.hand = name;
    this.stage.append(area);
    const tell = (event, begins) => {
      const frame = this.svg.getBoundingClientRect(), scaled = this.width / frame.width;
      hand.act((event.clientX - frame.left) * scaled, (event.clientY - frame.top) * scaled, begins);
    };
    area.addEventListener("pointerdown", event => {
      if (event.button) return;
      area.setPointerCapture(event.pointerId);
      this.held = name;
      tell(event, true);
    });
    area.addEventListener("pointermove", event => {
      if (this.held === name || (hand.hover && event.pointerType === "mouse" && !event.buttons)) tell(event, false);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      area.addEventListener(end, () => {
        if (this.held !== name) return;
        this.held = null;
        this.released();
      });
    }
    return hand;
  }
  // A pair of axes below what is there already, or beside it.
  plot({height, left = 0, width = this.width - left, top = this.height, right = 12, foot = 36, ...axes}) {
    this.height = Math.max(this.height, top + height);
    return new Plot(this, {left: left + 46, right: left + width - right, top: top + 26, bottom: top + height - foot}, axes);
  }
  // A colour bar: from faint to full, with what its ends mean.
  bar(x, y, width, role, low, high, label) {
    const id = `bar-${++bars}`, fade = this.draw("linearGradient", {id});
    fade.append(svg("stop", {offset: 0, class: `fade ${role} from`}), svg("stop", {offset: 1, class: `fade ${role}`}));
    this.draw("rect", {x, y: y + 6, width, height: 10, fill: `url(#${id})`, class: "edge"});
    this.write(x, y, label);
    this.write(x, y + 31, low);
    this.write(x + width, y + 31, high, {"text-anchor": "end"});
  }
}
let bars = 0;

// `reach`: 1 means unchanged. `beside`: the plot to its left names its heights.
class Plot {
  constructor(sheet, box, {x, y, xLabel, yLabel, ticks = {}, decades = false, reach = false, beside = false}) {
    this.sheet = sheet;
    Object.assign(this, {box, x, y});
    const {left, right, top, bottom} = box;
    if (reach) this.unchanged();
    for (const value of ticks.x ?? niceTicks(...x, (right - left) / 70)) {
      this.draw("line", {x1: this.px(value), x2: this.px(value), y1: bottom, y2: bottom + 4, class: "axis"});
      this.write(this.px(value), bottom + 18, tickLabel(value), {"text-anchor": "middle"});
    }
    for (const value of ticks.y ?? (decades ? decadeTicks(...y, (bottom - top) / 34) : niceTicks(...y, (bottom - top) / 34))) {
      this.draw("line", {x1: left, x2: right, y1: this.py(value), y2: this.py(value), class: reach && value === 0 ? "one" : "grid"});
      if (!beside) this.write(left - 7, this.py(value) + 4, decades ? power(value) : tickLabel(value), {"text-anchor": "end"});
    }
    this.draw("line", {x1: left, x2: right, y1: bottom, y2: bottom, class: "axis"});
    if (xLabel) this.write((left + right) / 2, bottom + 33, xLabel, {"text-anchor": "middle", class: "label"});
    if (yLabel) this.write(left - 40, top - 11, yLabel, {class: "label"});
  }
  // On a logarithmic axis 1 is "nothing changed": more above it, less below.
  unchanged() {
    const {left, right, top, bottom} = this.box, one = Math.min(bottom, Math.max(top, this.py(0)));
    this.draw("rect", {x: left, y: one, width: right - left, height: bottom - one, class: "side"});
    const side = (y, word) => this.write(left + 6, y, word, {class: "quiet"});
    if (one - top > 40) side(top + 15, "grows");
    if (bottom - one > 40) side(bottom - 8, "fades");
  }
  px(value) { return scale(value, this.x, this.box.left, this.box.right); }
  py(value) { return scale(value, this.y, this.box.bottom, this.box.top); }
  // The curve through points [x, y]; where one is missing (NaN, ±∞) the curve is broken. `clip` cuts it at the frame.
  line(points, role, {clip = false} = {}) {
    let path = "", pen = "M";
    for (const point of points) {
      if (!point.every(Number.isFinite)) { pen = "M"; continue; }
      path += `${pen}${this.px(point[0]).toFixed(2)},${this.py(point[1]).toFixed(2)}`;
      pen = "L";
    }
    const more = clip ? {"clip-path": `url(#${this.frame()})`} : {};
    return this.draw("path", {d: path, class: `line ${role}`, ...more});
  }
  frame() {
    if (this.clip) return this.clip;
    this.clip = `frame-${++bars}`;
    const {left, right, top, bottom} = this.box;
    this.draw("clipPath", {id: this.clip}).append(svg("rect", {x: left, y: top, width: right - left, height: bottom - top}));
    return this.clip;
  }
  dot(x, y, role, radius = 5) {
    return this.draw("circle", {cx: this.px(x), cy: this.py(y), r: radius, class: `dot ${role}`});
  }
  // A word beside a point, on a ground of paper, within the frame.
  note(x, y, content, role, {dx = 8, dy = 4, ...more} = {}) {
    const at = Math.min(this.py(y) + dy, this.box.bottom - 4);
    return this.write(this.px(x) + dx, Math.max(this.box.top + 12, at), content, {...more, class: `note ${role}`});
  }
  // A surface of columns × rows values between 0 and 1, row 0 below, as ink of that density.
  paint(values, columns, rows) {
    const canvas = Object.assign(document.createElement("canvas"), {width: columns, height: rows});
    const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows), id = `ink-${++bars}`;
    values.forEach((value, i) => {
      image.data[4 * ((rows - 1 - Math.floor(i / columns)) * columns + i % columns) + 3] = 255 * Math.min(1, Math.max(0, value));
    });
    pen.putImageData(image, 0, 0);
    const {left, right, top, bottom} = this.box, area = {x: left, y: top, width: right - left, height: bottom - top};
    this.draw("mask", {id, style: "mask-type: alpha"}).append(svg("image", {href: canvas.toDataURL(), preserveAspectRatio: "none", ...area}));
    return this.draw("rect", {...area, mask: `url(#${id})`, class: "surface"});
  }
  // Where the reader drags, in the plot's own numbers.
  onDrag(name, act, options) {
    const {left, right, top, bottom} = this.box;
    this.sheet.hand(name, this.box, (x, y, begins) => act(scale(x, [left, right], ...this.x), scale(y, [bottom, top], ...this.y), begins), options);
  }
  draw(tag, attributes) { return this.sheet.draw(tag, attributes); }
  write(...text) { return this.sheet.write(...text); }
}

const scale = (value, [low, high], from, to) => from + (to - from) * (value - low) / (high - low);

export function niceTicks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find(m => m * unit >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}
const decadeTicks = (low, high, count) => {
  const step = Math.max(1, Math.ceil((high - low) / Math.max(1, count)));
  return niceTicks(low, high, count).every(Number.isInteger) ? niceTicks(low, high, count)
    : Array.from({length: Math.floor(high / step) - Math.ceil(low / step) + 1}, (_, i) => (Math.ceil(low / step) + i) * step);
};
export const power = exponent => (exponent === 0 ? "1" : minus(`10^{${exponent}}`));
const tickLabel = value => minus(String(Number(value.toPrecision(6))));

// Decades that hold all of some logarithms, symmetric about 1, in few sizes, so that an axis rarely changes.
export function decadesAround(logs, least = 2) {
  const far = Math.max(least, ...logs.filter(Number.isFinite).map(Math.abs));
  const unit = 10 ** Math.floor(Math.log10(far));
  return [1, 1.5, 2, 3, 4, 6, 8, 10].map(m => m * unit).find(end => end >= 1.04 * far) ?? 15 * unit;
}
