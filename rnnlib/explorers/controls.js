// The controls of an explorer: a slider with a field for its number, a list, a text.
import { inWords, minus, plain, typeset } from "./drawing.js";

export const number = (name, label, min, max, step, more = {}) =>
  ({kind: "number", name, label, min, max, step, ...more});
export const choice = (name, label, options, more = {}) => ({kind: "choice", name, label, options, ...more});
export const text = (name, label, more = {}) => ({kind: "text", name, label, ...more});

export function element(tag, attributes = {}, content = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (content) typeset(made, content);
  return made;
}

// Where a slider stands for a number. On a `log` slider equal ways are equal factors; on a `symlog` one, too, to both
// sides of 0, of which the smallest shown is a ten-thousandth of the end.
const LINEAR = {ends: ({min, step}, max) => ({min, max, step}), place: value => value, value: place => place};
const DECADES = 4, rounded = value => Number(value.toPrecision(3));
const SCALES = {
  log: {
    ends: ({min}, max) => ({min: Math.log10(min), max: Math.log10(max), step: 0.01}),
    place: value => Math.log10(value), value: place => rounded(10 ** place),
  },
  symlog: {
    ends: () => ({min: -1, max: 1, step: 0.005}),
    place: (value, {max}) => Math.sign(value) * Math.log10(1 + (10 ** DECADES - 1) * Math.abs(value) / max) / DECADES,
    value: (place, {max}) => rounded(Math.sign(place) * max * (10 ** (DECADES * Math.abs(place)) - 1) / (10 ** DECADES - 1)),
  },
};

let made = 0;
export const MAKERS = {
  number(control, change, read) {
    const id = `explorer-${++made}`, scale = SCALES[control.scale] ?? LINEAR;
    const slider = element("input", {type: "range", id, ...scale.ends(control, 1)});
    const field = element("input", {type: "text", inputmode: "decimal", "aria-label": `${plain(control.label)}, typed`});
    const complaint = element("span", {class: "explorer-complaint", role: "alert"});
    // A finger that turns out to scroll has already moved the slider: it goes back to where it was.
    let before;
    slider.addEventListener("pointerdown", () => { before = read()[control.name]; });
    slider.addEventListener("pointercancel", () => change(before));
    slider.addEventListener("input", () => change(scale.value(slider.valueAsNumber, control)));
    field.addEventListener("change", () => {
      const value = field.value.trim() === "" ? NaN : Number(field.value.trim().replace("−", "-"));
      const wrong = complaintAbout(value, {...control, max: endOf(control, read())});
      complaint.textContent = wrong;
      field.toggleAttribute("aria-invalid", wrong !== "");
      if (!wrong) change(value);
    });
    let shown; // what the reader is typing is left alone until the value changes
    const show = (value, state) => {
      slider.max = scale.ends(control, endOf(control, state)).max; // which may depend on the state
      const place = scale.place(value, control);
      if (slider.valueAsNumber !== place && scale.value(slider.valueAsNumber, control) !== value) slider.value = place;
      slider.setAttribute("aria-valuetext", inWords(value));
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
    const field = element("textarea", {id, rows: 2, maxlength: control.maxlength ?? 200, autocomplete: "off", spellcheck: "false"});
    field.addEventListener("input", () => change(field.value));
    const show = value => { if (field.value !== value) field.value = value; };
    return {row: row(id, control.label, field), show};
  },
};

export const endOf = ({max}, state) => (typeof max === "function" ? max(state) : max);

// What may be typed may lie beyond the ends of the slider: `range`.
export function complaintAbout(value, {label, min, max, range = [min, max], integer}) {
  if (!(value >= range[0] && value <= range[1]))
    return minus(`${plain(label)}: expected a number from ${range[0]} to ${range[1]}.`);
  return integer && !Number.isInteger(value) ? `${plain(label)}: expected a whole number.` : "";
}

function row(id, label, ...inputs) {
  const box = element("div", {class: "explorer-row"});
  box.append(element("label", {for: id}, label), ...inputs);
  return box;
}
