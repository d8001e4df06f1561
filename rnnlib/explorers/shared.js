// What the explorers share: controls, readout, the state in the link, the look. For pictures see drawing.js.
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

import { inWords, minus, Sheet } from "./drawing.js";

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
    const made = MAKERS[control.kind](control, value => change({[control.name]: value}), read);
    made.row.dataset.control = control.name;
    form.append(made.row);
    return {...control, ...made};
  });
  const buttons = element("div", {class: "explorer-buttons"});
  for (const [label, values] of spec.presets ?? []) {
    buttons.append(button(label, () => change(typeof values === "function" ? values(read()) : values)));
  }
  const fresh = model.fresh ?? Object.fromEntries(Object.keys(spec.defaults).map(name => [name, model.get(name)]));
  buttons.append(button("Reset", () => {
    for (const control of controls) control.renew?.();
    change(fresh);
  }));
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
  number(control, change, read) {
    const id = `explorer-${++made}`;
    const {min, step} = control;
    const slider = element("input", {type: "range", id, min, max: 1, step});

    const field = element("input", {type: "text", inputmode: "decimal", "aria-label": `${control.label}, typed`});
    const complaint = element("span", {class: "explorer-complaint", role: "alert"});
    slider.addEventListener("input", () => change(slider.valueAsNumber));
    field.addEventListener("change", () => {
      const value = field.value.trim() === "" ? NaN : Number(field.value.trim().replace("−", "-"));
      const wrong = complaintAbout(value, {...control, max: endOf(control, read())});
      complaint.textContent = wrong;
      field.toggleAttribute("aria-invalid", wrong !== "");
      if (!wrong) change(value);
    });
    let shown; // what the reader is typing is left alone until the value changes
    const show = (value, state) => {
      slider.max = endOf(control, state); // which may depend on the state
      if (slider.valueAsNumber !== value) slider.value = value;
      slider.setAttribute("aria-valuetext", String(value));
      if (value === shown) return;
      field.value = String(value);
      complaint.textContent = "";
      field.removeAttribute("aria-invalid");
      shown = value;
    };
    const renew = () => { shown = undefined; };
    return {row: row(id, control.label, slider, field, complaint), show, renew};
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

export function element(tag, attributes = {}, content = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (content) made.textContent = content;
  return made;
}

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
