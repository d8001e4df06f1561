// What the explorers share: controls, readout, the state in the link, and a frame to draw in.
//
// An explorer is a plain object given to `explorer`:
//   title, hint         for the reader
//   defaults, given     traits that the reader sets; traits that only Python sets, such as data
//   controls            made by `number`, `choice`, `text`; each belongs to one trait of the model
//                       and is shown only `when(state)` says so
//   presets             [label, {trait: value, ...}] for buttons that set several traits at once,
//                       or [label, state => ({...})]
//   repair(state)       traits that contradict each other set right, such as an end before a begin
//   compute(state)      the mathematics: traits in, plain numbers and arrays out; draws nothing
//   draw(sheet, state, result)      the picture
//   readout(state, result)          [name, label, number or text] for every line of numbers
//   say(state, result)              one sentence, which a screen reader speaks after each change
// `explorer` makes of it the `render({model, el})` that anywidget asks for. The same function runs
// on the static site, where `static.js` supplies the model.

export const number = (name, label, min, max, step, more = {}) =>
  ({kind: "number", name, label, min, max, step, ...more});
export const choice = (name, label, options, more = {}) => ({kind: "choice", name, label, options, ...more});
export const text = (name, label, more = {}) => ({kind: "text", name, label, ...more});

export function explorer(spec) {
  return {compute: spec.compute, spec, render: ({model, el}) => mount(spec, model, el)};
}

function mount(spec, model, el) {
  const root = element("div", {class: "explorer-box", role: "group", "aria-label": spec.title});
  root.append(element("style", {}, STYLE), element("p", {class: "explorer-hint"}, spec.hint));
  const names = [...Object.keys(spec.defaults), ...(spec.given ?? [])];
  const read = () => {
    const state = Object.fromEntries(names.map(name => [name, model.get(name)]));
    return {...state, ...spec.repair?.(state)};
  };
  const change = values => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    schedule();
  };

  const form = element("div", {class: "explorer-controls"});
  const controls = spec.controls.map(control => {
    const made = MAKERS[control.kind](control, value => change({[control.name]: value}));
    made.row.dataset.control = control.name;
    form.append(made.row);
    return {...control, ...made};
  });
  const buttons = element("div", {class: "explorer-buttons"});
  for (const [label, values] of spec.presets ?? []) {
    buttons.append(button(label, () => change(typeof values === "function" ? values(read()) : values)));
  }
  const fresh = model.fresh ?? Object.fromEntries(Object.keys(spec.defaults).map(name => [name, model.get(name)]));
  buttons.append(button("Reset", () => change(fresh)));
  const link = model.link && button("Copy link", () => copy(link, model.link(read())));
  if (link) buttons.append(link);

  const sheet = new Sheet(spec.title);
  const numbers = element("dl", {class: "explorer-readout"});
  const spoken = element("p", {class: "explorer-spoken", role: "status", "aria-live": "polite"});
  root.classList.toggle("typed", spec.controls.some(({kind}) => kind === "text"));
  root.append(form, buttons, numbers, sheet.svg, spoken);
  el.replaceChildren(root);

  let frame = 0, speaking = 0;
  const schedule = () => { frame ||= requestAnimationFrame(update); };
  function update() {
    frame = 0;
    const state = read();
    for (const control of controls) {
      control.row.hidden = control.when !== undefined && !control.when(state);
      control.show(state[control.name], state);
    }
    const result = spec.compute(state);
    sheet.clear(root.clientWidth);
    spec.draw(sheet, state, result, change);
    show(numbers, spec.readout(state, result));
    sheet.describe(spec.say(state, result));
    clearTimeout(speaking); // spoken once the reader rests, not at every pixel of a drag
    speaking = setTimeout(() => { spoken.textContent = spec.say(state, result); }, 600);
    model.remember?.(state);
  }
  for (const name of names) model.on(`change:${name}`, schedule);
  const resized = new ResizeObserver(schedule);
  resized.observe(root);
  update();
  return () => { resized.disconnect(); cancelAnimationFrame(frame); clearTimeout(speaking); };
}

// Controls -----------------------------------------------------------------------------------

let made = 0;
const MAKERS = {
  number(control, change) {
    const id = `explorer-${++made}`;
    const {min, step} = control;
    const slider = element("input", {type: "range", id, min, max: 1, step});
    let limits = control; // the upper end may be a function of the state
    const field = element("input", {type: "text", inputmode: "decimal", "aria-label": `${control.label}, typed`});
    const complaint = element("span", {class: "explorer-complaint", role: "alert"});
    slider.addEventListener("input", () => change(slider.valueAsNumber));
    field.addEventListener("change", () => {
      const value = field.value.trim() === "" ? NaN : Number(field.value.trim().replace("−", "-"));
      const wrong = complaintAbout(value, limits);
      complaint.textContent = wrong;
      field.toggleAttribute("aria-invalid", wrong !== "");
      if (!wrong) change(value);
    });
    const show = (value, state) => {
      limits = {...control, max: endOf(control, state)};
      slider.max = limits.max;
      if (slider.valueAsNumber !== value) slider.value = value;
      slider.setAttribute("aria-valuetext", String(value));
      if (field.ownerDocument.activeElement !== field || Number(field.value) !== value) {
        if (!field.hasAttribute("aria-invalid")) field.value = String(value);
      }
    };
    return {row: row(id, control.label, slider, field, complaint), show};
  },
  choice(control, change) {
    const id = `explorer-${++made}`;
    const select = element("select", {id});
    for (const [value, label] of control.options) select.append(element("option", {value}, label));
    select.addEventListener("change", () => change(select.value));
    return {row: row(id, control.label, select), show: value => { select.value = value; }};
  },
  text(control, change) {
    const id = `explorer-${++made}`;
    const field = element("input", {type: "text", id, maxlength: control.maxlength ?? 200, autocomplete: "off"});
    field.addEventListener("input", () => change(field.value));
    const show = value => { if (field.value !== value) field.value = value; };
    return {row: row(id, control.label, field), show};
  },
};

export const endOf = ({max}, state) => (typeof max === "function" ? max(state) : max);

// What may be typed may lie beyond the ends of the slider: `range`.
export function complaintAbout(value, {label, min, max, range = [min, max], integer}) {
  if (!(value >= range[0] && value <= range[1]))
    return minus(`${label}: expected a number from ${range[0]} to ${range[1]}.`);
  return integer && !Number.isInteger(value) ? `${label}: expected a whole number.` : "";
}

function row(id, label, ...inputs) {
  const box = element("div", {class: "explorer-row"});
  box.append(element("label", {for: id}, label), ...inputs);
  return box;
}

function button(label, act) {
  const made = element("button", {type: "button"}, label);
  made.addEventListener("click", act);
  return made;
}

async function copy(link, address) {
  try {
    await navigator.clipboard.writeText(address);
    link.textContent = "Link copied";
  } catch { // no permission, or not a secure page: the reader can still take it from the address bar
    link.textContent = "The link is in the address bar";
  }
  setTimeout(() => { link.textContent = "Copy link"; }, 2000);
}

// Numbers ------------------------------------------------------------------------------------

function show(list, lines) {
  if (list.children.length !== 2 * lines.length) {
    list.replaceChildren(...lines.flatMap(() => [element("dt"), element("dd")]));
  }
  lines.forEach(([name, label, value], i) => {
    const [term, entry] = [list.children[2 * i], list.children[2 * i + 1]];
    term.textContent = label;
    entry.dataset.name = name;
    entry.dataset.value = typeof value === "number" ? value : value.value ?? "";
    entry.textContent = typeof value === "number" ? inWords(value) : value.text ?? value;
  });
}

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

const minus = digits => digits.replaceAll("-", "−");
export const subscript = index => [...String(index)].map(c => "₀₁₂₃₄₅₆₇₈₉"["0123456789".indexOf(c)] ?? {t: "ₜ", k: "ₖ"}[c]).join("");
const superscript = exponent =>
  [...exponent.replace("+", "")].map(c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");

// Drawing ------------------------------------------------------------------------------------

export function element(tag, attributes = {}, content = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (content) made.textContent = content;
  return made;
}

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
    const canvas = element("canvas", {width: columns, height: rows});
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

// One colour per role, as in the book's figures; lighter on a dark page. In print, no controls.
const LIGHT = "--input:#007a5e;--state:#0062a3;--output:#a85b00;--gradient:#b8352a;--reference:#5f6470;--ink:#1f2430;--faint:#d9d5ca;--ground:#fcfbf8;";
const DARK = "--input:#4fc9a4;--state:#72bdf2;--output:#f0ad55;--gradient:#ff8f80;--reference:#a8adb8;--ink:#e4e2dc;--faint:#3a414d;--ground:#191d25;";
const STYLE = `
.explorer-box { ${LIGHT} color: var(--ink); font: 16px/1.45 "Source Sans", "Segoe UI", Roboto, Arial, sans-serif; max-width: 720px; display: flex; flex-direction: column; }
html[data-theme="dark"] .explorer-box, body[data-jp-theme-light="false"] .explorer-box { ${DARK} }
.explorer-hint, .explorer-box .explorer-row label { margin: 0 0 .5rem; }
.explorer-controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .35rem 1.5rem; }
.explorer-row[hidden] { display: none; }
.explorer-row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; min-height: 2.75rem; }
.explorer-row label { flex: 1 0 100%; margin: 0 !important; font-weight: 600; line-height: 1.2; }
.explorer-row input[type=range] { flex: 1 1 8rem; min-width: 0; height: 2rem; accent-color: var(--state); }
.explorer-row input[type=text] { width: 6.5rem; }
.explorer-row input[type=text]:only-of-type { flex: 1; width: auto; }
.explorer-row :is(input[type=text], select), .explorer-buttons button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--reference); border-radius: .3rem; padding: .3rem .5rem; min-height: 2.25rem; }
.explorer-buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .6rem 0; }
.explorer-buttons button { cursor: pointer; }
.explorer-box :is(input, select, button, [tabindex]):focus-visible { outline: 3px solid var(--state); outline-offset: 2px; }
.explorer-complaint { flex: 1 0 100%; color: var(--gradient); }
.explorer-complaint:empty { display: none; }
.explorer-box svg { display: block; max-width: 100%; overflow: visible; }
.explorer-box svg text { fill: var(--ink); font-size: 13px; }
.explorer-box svg text.label { font-size: 14px; }
.explorer-box .axis { stroke: var(--ink); stroke-width: 1; }
.explorer-box .grid { stroke: var(--faint); stroke-width: 1; }
.explorer-box .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.explorer-box .thin { stroke-width: 1.2; }
.explorer-box .dashed { stroke-dasharray: 5 4; }
${["input", "state", "output", "gradient", "reference"].map(role => `
.explorer-box .line.${role} { stroke: var(--${role}); }
.explorer-box :is(.bar, .dot).${role} { fill: var(--${role}); }
.explorer-box svg text.note.${role} { fill: var(--${role}); font-weight: 600; }`).join("")}
.explorer-box .dot.start { fill: var(--ground); stroke: var(--ink); stroke-width: 2.5; }
.explorer-box .ring { fill: none; stroke-width: 2; }
.explorer-box .ring.state { stroke: var(--state); }
.explorer-box .ring.gradient { stroke: var(--gradient); }
.explorer-box .chosen { fill: none; stroke: #fff; stroke-width: 3; paint-order: stroke; outline: 1px solid #000; }
.explorer-box .touch { fill: transparent; cursor: crosshair; touch-action: none; }
.explorer-box .halo { stroke: var(--ground); stroke-width: 5; fill: none; }
.explorer-readout { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: .5rem 0 0; }
.explorer-readout dt { font-weight: 400; margin: 0; }
.explorer-readout dd { font-weight: 650; margin: 0 !important; font-variant-numeric: tabular-nums; }
.explorer-spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 600px) { /* on a phone the picture comes first: near it, the controls are of use */
  .explorer-hint { order: -2; }
  .explorer-box:not(.typed) svg { order: -1; }
}
@media print { .explorer-controls, .explorer-buttons { display: none; } }
`;
