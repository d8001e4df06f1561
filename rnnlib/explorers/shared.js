// What the explorers share: picture, numbers, controls, the state in the link. For pictures see drawing.js.
//
// An explorer is a plain object given to `explorer`:
//   title, hint         for the reader; `hint` may be a function of the state
//   defaults, given     traits that the reader sets; traits that only Python sets, such as data
//   controls            made by `number`, `choice`, `text`; each belongs to one trait of the model
//                       and is shown only `when(state)` says so. The two or three that matter have
//                       `main: true` and stand in a row under the picture, the rest is folded.
//   presets             [label, {trait: value, ...}, when] for buttons that set several traits at
//                       once, or [label, state => ({...}), when]; `when(state)` may be left out. A fourth
//                       entry, {from, next}, plays to these values: from(state), then next(state) again
//                       and again while there is one; at once for a reader who wants no motion
//   repair(state)       traits that contradict each other set right, such as an end before a begin
//   compute(state)      the mathematics: traits in, plain numbers and arrays out; draws nothing
//   draw(sheet, state, result, change)      the picture
//   readout(state, result)          [name, label, number or {value, text, full}, "more"] for every
//                       number: the first is set large, those with "more" are folded
//   say(state, result)              one sentence, which a screen reader speaks after each change
// Labels may have indices: "∂h_{10}/∂h_0". `explorer` makes of it the `render({model, el})` that
// anywidget asks for. The same function runs on the static site, where `static.js` supplies the model.

import { aloud, inWords, minus, Sheet, typeset } from "./drawing.js";
import { STYLE } from "./look.js";
import { element, MAKERS } from "./controls.js";

const STEP = 200; // milliseconds between two steps of what is played

// What is found once, `once(data, key, make)`, as long as the arrays `data` are the same.
export function memory() {
  let known = new Map(), of = [];
  return (data, key, make) => {
    if (known.size > 50 || data.some((part, i) => part !== of[i])) [known, of] = [new Map(), data];
    if (!known.has(key)) known.set(key, make());
    return known.get(key);
  };
}

export function explorer(spec) {
  return {compute: spec.compute, spec, render: ({model, el}) => mount(spec, model, el)};
}

function mount(spec, model, el) {
  const root = element("div", {class: "explorer-box", role: "group", "aria-label": spec.title});
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

  let playing = 0;
  const halt = () => clearInterval(playing);
  const play = (values, {from, next}) => {
    halt();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) { change(values); return; }
    change(from(read()));
    playing = setInterval(() => {
      const values = next(read());
      if (values) change(values); else halt();
    }, STEP);
  };
  for (const touch of ["pointerdown", "keydown"]) root.addEventListener(touch, halt, {capture: true});

  const hint = element("p", {class: "explorer-hint"});
  const sheet = new Sheet(spec.title, () => schedule());
  const numbers = element("dl", {class: "explorer-readout"});
  const main = element("div", {class: "explorer-controls"});
  const more = element("details", {class: "explorer-more"});
  const others = element("div", {class: "explorer-controls"}), rest = element("dl", {class: "explorer-readout rest"});
  more.append(element("summary", {}, "More settings and numbers"), others, rest);
  const controls = spec.controls.map(control => {
    const made = MAKERS[control.kind](control, value => change({[control.name]: value}), read);
    made.row.dataset.control = control.name;
    (control.main ? main : others).append(made.row);
    return {...control, ...made};
  });
  const buttons = buttonsOf(spec, model, read, change, play, () => { for (const control of controls) control.renew?.(); }, () => schedule());
  const spoken = element("p", {class: "explorer-spoken", role: "status", "aria-live": "polite"});
  root.append(element("style", {}, STYLE), element("p", {class: "explorer-title"}, spec.title), hint, sheet.stage, numbers, main, buttons.box, more, spoken);
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
    buttons.show(state);
    typeset(hint, typeof spec.hint === "function" ? spec.hint(state) : spec.hint);
    const result = spec.compute(state);
    sheet.clear(root.clientWidth);
    spec.draw(sheet, state, result, change);
    const lines = spec.readout(state, result), folded = ([, , , where]) => where === "more";
    show(numbers, lines.filter(line => !folded(line)), buttons.full());
    show(rest, lines.filter(folded), buttons.full());
    more.hidden = !rest.children.length && ![...others.children].some(row => !row.hidden);
    const sentence = aloud(spec.say(state, result));
    sheet.describe(sentence);
    clearTimeout(speaking); // spoken once the reader rests, not at every pixel of a drag
    speaking = setTimeout(() => { spoken.textContent = sentence; }, 600);
    model.remember?.(state);
  }
  for (const name of names) model.on(`change:${name}`, schedule);
  const resized = new ResizeObserver(schedule);
  resized.observe(root);
  update();
  return () => { halt(); resized.disconnect(); cancelAnimationFrame(frame); clearTimeout(speaking); };
}

// The presets, and in quiet letters what belongs to every explorer.
function buttonsOf(spec, model, read, change, play, renew, schedule) {
  const box = element("div", {class: "explorer-buttons"});
  const presets = (spec.presets ?? []).map(([label, values, when, course]) => {
    const act = () => change(typeof values === "function" ? values(read()) : values);
    const made = button(label, "preset", course ? () => play(values, course) : act);
    box.append(made);
    return {made, when};
  });
  const fresh = model.fresh ?? Object.fromEntries(Object.keys(spec.defaults).map(name => [name, model.get(name)]));
  const digits = button("All digits", "quiet", () => {
    digits.setAttribute("aria-pressed", digits.getAttribute("aria-pressed") !== "true");
    schedule();
  });
  digits.setAttribute("aria-pressed", false);
  const quiet = element("div", {class: "explorer-quiet"});
  quiet.append(digits, button("Reset", "quiet", () => { renew(); change(fresh); }));
  if (model.link) {
    const link = button("Copy link", "quiet", () => copy(link, model.link(read())));
    quiet.append(link);
  }
  box.append(quiet);
  const show = state => { for (const {made, when} of presets) made.hidden = when !== undefined && !when(state); };
  return {box, show, full: () => digits.getAttribute("aria-pressed") === "true"};
}

function button(label, look, act) {
  const made = element("button", {type: "button", class: look}, label);
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

function show(list, lines, full) {
  if (list.children.length !== lines.length) {
    list.replaceChildren(...lines.map(() => {
      const pair = element("div");
      pair.append(element("dt"), element("dd"));
      return pair;
    }));
  }
  lines.forEach(([name, label, value], i) => {
    const [term, entry] = list.children[i].children;
    const {value: exact = "", text = value, full: all = text} = typeof value !== "number" ? value
      : {value, text: inWords(value), full: Number.isFinite(value) ? minus(String(value)) : inWords(value)};
    typeset(term, label);
    entry.dataset.name = name;
    entry.dataset.value = exact;
    entry.title = all;
    entry.textContent = full ? all : text;
  });
}
