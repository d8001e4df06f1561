// The loss of one unit h_t = tanh(u h_{t-1} + b) over (u, b), and descents on it.
import { decadesAround, inWords } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer } from "./shared.js";

const WIDE = [0, 4], HIGH = [-2.5, 1.5]; // the plane that is shown
const COLUMNS = 200, ROWS = 160;
const FLOOR = -4, SPAN = 4.5; // of the loss: paper to ink

function lossAt(u, b, {h0, target, steps}) {
  let h = h0;
  for (let t = 0; t < steps; t++) h = Math.tanh(u * h + b);
  return (h - target) ** 2;
}

// Loss and gradient by backpropagation through time, and the reach |∂L/∂h_t| of the error.
function gradientAt(u, b, {h0, target, steps}) {
  const hs = [h0], reach = [];
  for (let t = 1; t <= steps; t++) hs.push(Math.tanh(u * hs[t - 1] + b));
  let dh = 2 * (hs[steps] - target), du = 0, db = 0;
  reach[steps] = Math.abs(dh);
  for (let t = steps; t > 0; t--) {
    const delta = dh * (1 - hs[t] * hs[t]);
    du += delta * hs[t - 1];
    db += delta;
    dh = delta * u;
    reach[t - 1] = Math.abs(dh);
  }
  return {loss: (hs[steps] - target) ** 2, du, db, norm: Math.hypot(du, db), reach};
}

function descend(state, limit) {
  let {u, b} = state;
  const path = [];
  for (let step = 0; step <= state.updates; step++) {
    const {loss, du, db, norm} = gradientAt(u, b, state);
    path.push({u, b, loss, norm});
    const rate = state.rate * limit / Math.max(norm, limit) || state.rate;
    u -= rate * du;
    b -= rate * db;
  }
  return path;
}

let known = {}; // the surface does not move while only the start does
function surface(state) {
  const key = [state.h0, state.target, state.steps].join();
  if (known.key === key) return known.values;
  const values = new Float64Array(COLUMNS * ROWS);
  for (let j = 0; j < ROWS; j++)
    for (let i = 0; i < COLUMNS; i++) {
      const u = WIDE[0] + (WIDE[1] - WIDE[0]) * (i + 0.5) / COLUMNS;
      const b = HIGH[0] + (HIGH[1] - HIGH[0]) * (j + 0.5) / ROWS;
      values[j * COLUMNS + i] = (Math.log10(lossAt(u, b, state) + 10 ** FLOOR) - FLOOR) / SPAN;
    }
  known = {key, values};
  return values;
}

function compute(state) {
  const clipped = descend(state, state.maxNorm), free = descend(state, Infinity);
  return {start: gradientAt(state.u, state.b, state), free, clipped};
}

function draw(sheet, state, {free, clipped}, change) {
  const width = sheet.wide ? 0.57 * sheet.width : sheet.width, shown = state.descents;
  const plane = sheet.plot({height: sheet.wide ? 350 : 268, width, x: WIDE, y: HIGH, xLabel: "recurrent weight u", yLabel: "bias b", right: sheet.wide ? 20 : 12});
  const values = surface(state);
  plane.paint(values.map(value => 0.62 * value), COLUMNS, ROWS);
  landmarks(plane, values);
  const points = path => path.map(({u, b}) => [u, b]);
  const ends = (path, role) => {
    const last = path.findLast(inside);
    if (last) plane.dot(last.u, last.b, role, 4);
  };
  if (shown !== "free") {
    plane.line(points(clipped), "ink", {clip: true});
    ends(clipped, "ink");
  }
  if (shown !== "clipped") {
    plane.line(points(free), "gradient dashed", {clip: true});
    const out = free.findIndex(at => !inside(at));
    if (out < 0) ends(free, "gradient");
    else if (out > 0) exit(plane, free[out - 1], free[out], out);
  }
  if (inside(state)) {
    plane.dot(state.u, state.b, "start", 8);
    plane.note(state.u, state.b, "start", "ink", state.u > 3.3 ? {dx: -12, "text-anchor": "end"} : {dx: 12});
  }
  plane.onDrag("start", (u, b) => change({u: between(WIDE, u), b: between(HIGH, b)}), {cursor: "crosshair"});

  const size = sheet.plot(sheet.wide ? {...NORMS, height: 290, left: width, top: 0, ...norms(state, free, clipped)}
    : {...NORMS, height: 176, ...norms(state, free, clipped)});
  const level = Math.log10(state.maxNorm);
  const logs = path => path.map(({norm}, step) => [step, Math.log10(norm)]);
  if (shown !== "free") size.line(logs(clipped), "ink", {clip: true});
  if (shown !== "clipped") size.line(logs(free), "gradient dashed", {clip: true});
  size.line([[0, level], [state.updates, level]], "reference dashed thin", {clip: true});
  size.note(state.updates, level, "clipped here", "reference", {dx: 0, dy: -6, "text-anchor": "end"});

  const [x, y] = sheet.wide ? [width + 8, 314] : [0, sheet.height + 16];
  key(sheet, x, y);
  sheet.bar(x + (sheet.wide ? 170 : 190), y - 2, sheet.wide ? sheet.width - x - 180 : 140, "ink", "0.0001", "3", "loss");
  sheet.height = Math.max(sheet.height, y + 36);
}

const NORMS = {xLabel: "update", yLabel: "size of the gradient", decades: true};
const norms = ({updates, descents}, free, clipped) => {
  const paths = [...(descents === "clipped" ? [] : free), ...(descents === "free" ? [] : clipped)];
  const sizes = paths.map(({norm}) => Math.log10(norm)).filter(size => size > -8);
  return {x: [0, updates], y: [-decadesAround(sizes.filter(size => size < 0), 1), decadesAround(sizes.filter(size => size > 0), 1)]};
};
const inside = ({u, b}) => u >= WIDE[0] && u <= WIDE[1] && b >= HIGH[0] && b <= HIGH[1];
const between = ([low, high], value) => Number(Math.min(high, Math.max(low, value)).toFixed(3));

function key(sheet, x, y) {
  for (const [i, [role, name]] of [["gradient dashed", "not clipped"], ["ink", "clipped"]].entries()) {
    sheet.draw("path", {d: `M${x},${y + 20 * i}h34`, class: `line ${role}`});
    sheet.write(x + 42, y + 20 * i + 4, name, {class: `note ${role.split(" ")[0]}`});
  }
}

// Where the descent goes over the edge of the picture.
function exit(plane, from, to, update) {
  const share = Math.min(1, ...[["u", WIDE], ["b", HIGH]].flatMap(([name, ends]) =>
    ends.map(end => (end - from[name]) / (to[name] - from[name])).filter(part => part > 0)));
  const [u, b] = [from.u + share * (to.u - from.u), from.b + share * (to.b - from.b)];
  plane.dot(u, b, "gradient", 4);
  const high = b > (HIGH[0] + HIGH[1]) / 2, right = u > 2;
  plane.note(u, b, `thrown out, update ${update}`, "gradient", {dx: right ? -8 : 8, dy: high ? 18 : -8, "text-anchor": right ? "end" : "start"});
}

// The wall is where the loss jumps in a column far to the right, the valley where it is least in a row near the top.
function landmarks(plane, values) {
  const at = (i, j) => [WIDE[0] + (WIDE[1] - WIDE[0]) * (i + 0.5) / COLUMNS, HIGH[0] + (HIGH[1] - HIGH[0]) * (j + 0.5) / ROWS];
  const value = (i, j) => values[j * COLUMNS + i];
  const best = (from, to, measure) => {
    let found = from;
    for (let i = from; i < to; i++) if (measure(i) > measure(found)) found = i;
    return found;
  };
  const right = Math.round(0.8 * COLUMNS), high = Math.round(0.8 * ROWS);
  plane.note(...at(right, best(1, ROWS - 1, j => Math.abs(value(right, j + 1) - value(right, j - 1)))), "wall", "reference", {dx: 0, dy: -8});
  plane.note(...at(best(1, COLUMNS - 30, i => -value(i, high)), high), "valley", "reference");
}

const readout = (state, {start, free, clipped}) => [
  ["free", "loss at the end, not clipped", free.at(-1).loss],
  ["clipped", "clipped", clipped.at(-1).loss],
    ["loss", "at the start", start.loss],
  ["du", "∂L/∂u at the start", start.du, "more"],
  ["db", "∂L/∂b at the start", start.db, "more"],
  ["largest", "largest gradient met without clipping", Math.max(...free.map(({norm}) => norm)), "more"],
];

const say = ({u, b, updates}, {start, free, clipped}) =>
  `From u = ${inWords(u)}, b = ${inWords(b)} the gradient’s norm is ${inWords(start.norm, 3)}; after ${updates} updates the loss is ${inWords(free.at(-1).loss, 3)} without clipping and ${inWords(clipped.at(-1).loss, 3)} with it.`;

export default explorer({
  title: "The wall",
  hint: "Drag the start over the plane, close to the wall and far from it. Which of the two descents is thrown out of the valley?",
  defaults: {u: 2.32, b: -0.66, rate: 0.05, maxNorm: 1, updates: 200, steps: 25, h0: 0.25, target: 0.7, descents: "both"},
  controls: [
    number("u", "Start: recurrent weight u", 0, 4, 0.01, {range: [-100, 100]}),
    number("b", "Start: bias b", -2.5, 1.5, 0.01, {range: [-100, 100]}),
    number("rate", "Learning rate", 0.005, 0.5, 0.005, {range: [1e-6, 100], scale: "log", main: true}),
    number("maxNorm", "Clip to norm", 0.1, 5, 0.1, {range: [1e-6, 1e6], scale: "log", main: true}),
    choice("descents", "Descents shown", [["both", "both"], ["free", "not clipped"], ["clipped", "clipped"]], {main: true}),
    number("updates", "Updates", 1, 500, 1, {range: [1, 2000], integer: true}),
    number("steps", "Steps T of the network", 1, 50, 1, {range: [1, 200], integer: true}),
    number("h0", "First state h_0", -0.95, 0.95, 0.05, {range: [-0.999, 0.999]}),
    number("target", "Target for h at step T", -1, 1, 0.05, {range: [-10, 10]}),
  ],
  compute, draw, readout, say,
});
