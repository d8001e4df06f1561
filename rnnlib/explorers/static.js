// The static site's stand-in for Jupyter: a model of a few lines for every explorer on the page.
// Its state is also in the page's address, so that a setting can be sent as a link.

import { complaintAbout, endOf } from "./controls.js";

export async function mount(place) {
  const name = place.dataset.explorer;
  const {default: explorer} = await import(`./${name}.js`);
  const given = place.dataset.stateFile ? await (await fetch(new URL(place.dataset.stateFile, import.meta.url))).json()
    : JSON.parse(place.dataset.state);
  const values = {...explorer.spec.defaults, ...given};
  explorer.render({model: model(place.id, explorer.spec, values), el: place});
  place.dataset.ready = "";
}

function model(id, spec, values) {
  const start = {...values};
  Object.assign(values, fromLink(id, spec, values));
  const listeners = {};
  let later = 0;
  return {
    get: name => values[name],
    set(name, value) {
      values[name] = value;
      for (const listener of listeners[`change:${name}`] ?? []) listener();
    },
    save_changes() {},
    fresh: Object.fromEntries(Object.keys(spec.defaults).map(name => [name, start[name]])),
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    link: state => address(id, start, state),
    remember(state) { // browsers allow few changes of the address in a row
      clearTimeout(later);
      later = setTimeout(() => history.replaceState(history.state, "", address(id, start, state, location.hash)), 300);
    },
  };
}

// Only what differs from the page's own setting is in the link: ?explorer-unit.u=2
function address(id, start, state, hash = `#${id}`) {
  const link = new URL(location.href);
  for (const [name, value] of Object.entries(state)) {
    const key = `${id}.${name}`;
    if (same(value, start[name])) link.searchParams.delete(key);
    else link.searchParams.set(key, typeof value === "string" ? value : JSON.stringify(value));
  }
  link.hash = hash;
  return link.href;
}

// In the order of the setting: what bounds a control comes before it, and counts as the link says.
function fromLink(id, spec, values) {
  const found = {}, carried = new URL(location.href).searchParams;
  for (const name of Object.keys(values)) {
    const written = carried.get(`${id}.${name}`);
    if (written === null) continue;
    const value = parsed(written, values[name]);
    if (value !== undefined && accepts(spec, name, value, {...values, ...found})) found[name] = value;
  }
  return found;
}

function parsed(written, like) {
  if (typeof like === "string") return written;
  try {
    const value = JSON.parse(written);
    return typeof value === typeof like ? value : undefined;
  } catch {
    return undefined; // a link that was cut off: the page's own setting stays
  }
}

// A number within its control's range, an option that there is.
function accepts(spec, name, value, state) {
  const control = spec.controls.find(control => control.name === name);
  if (control?.kind === "number") return complaintAbout(value, {...control, max: endOf(control, state)}) === "";
  if (control?.kind === "choice") return control.options.some(([option]) => option === value);
  return true;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
