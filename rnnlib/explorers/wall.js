// The loss of one unit h_t = tanh(u h_{t-1} + b) over (u, b), and descents on it.
import { inWords } from "./drawing.js";
import { choice, explorer, number } from "./shared.js";

const WIDE = [0, 4], HIGH = [-2.5, 1.5]; // the plane that is shown
const COLUMNS = 112, ROWS = 84;

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
      values[j * COLUMNS + i] = (Math.log10(lossAt(u, b, state) + 1e-4) + 4) / 4.5;
    }
  known = {key, values};
  return values;
}

function compute(state) {
  const clipped = descend(state, state.maxNorm), free = descend(state, Infinity);
  return {start: gradientAt(state.u, state.b, state), free, clipped};
}

function draw(sheet, state, {free, clipped}, change) {
  const wide = sheet.width > 600, width = wide ? 0.56 * sheet.width : sheet.width;
  const plane = sheet.plot({height: wide ? 380 : 330, width, x: WIDE, y: HIGH, xLabel: "recurrent weight u", yLabel: "bias b; colour: log₁₀ loss, dark is low"});
  plane.paint(surface(state), COLUMNS, ROWS);
  const inside = ({u, b}) => u >= WIDE[0] && u <= WIDE[1] && b >= HIGH[0] && b <= HIGH[1];
  const shown = {free: state.descents !== "clipped" && free, clipped: state.descents !== "free" && clipped};
  for (const [name, path] of Object.entries(shown)) {
    if (!path) continue;
    const points = path.map(at => (inside(at) ? [at.u, at.b] : [NaN, NaN]));
    plane.line(points, "halo");
    plane.line(points, name === "free" ? "gradient" : "output");
    const last = path.findLast(inside);
    if (last) plane.dot(last.u, last.b, name === "free" ? "gradient" : "output", 4);
  }
  if (inside(state)) plane.dot(state.u, state.b, "start", 7);
  plane.onPoint((u, b) => change({u: Number(u.toFixed(3)), b: Number(b.toFixed(3))}));

  const logs = path => path.map(({norm}, step) => [step, Math.log10(norm)]);
  const sizes = Object.values(shown).filter(Boolean).flatMap(logs).map(([, y]) => y).filter(Number.isFinite);
  const [low, high] = [Math.max(-8, Math.min(...sizes, -1)), Math.max(...sizes, 1)];
  const size = sheet.plot({
    height: wide ? 380 : 250, left: wide ? width : 0, top: wide ? 0 : sheet.height,
    x: [0, state.updates], y: [low - 0.3, high + 0.3], xLabel: "update", yLabel: "log₁₀ of the gradient’s norm",
  });
  const visible = points => points.map(([x, y]) => [x, y < low - 0.3 ? NaN : y]);
  if (shown.free) size.line(visible(logs(free)), "gradient");
  if (shown.clipped) size.line(visible(logs(clipped)), "output");
  const level = Math.log10(state.maxNorm);
  if (level > low && level < high) size.line([[0, level], [state.updates, level]], "reference dashed");
}

const readout = (state, {start, free, clipped}) => [
  ["loss", "loss at the start", start.loss],
  ["du", "∂L/∂u there", start.du],
  ["db", "∂L/∂b there", start.db],
  ["free", "loss after the descent, not clipped (red)", free.at(-1).loss],
  ["clipped", "loss after the descent, clipped (orange)", clipped.at(-1).loss],
  ["largest", "largest gradient met without clipping", Math.max(...free.map(({norm}) => norm))],
];

const say = ({u, b, updates}, {start, free, clipped}) =>
  `From u = ${inWords(u)}, b = ${inWords(b)} the gradient’s norm is ${inWords(start.norm, 3)}; after ${updates} updates the loss is ${inWords(free.at(-1).loss, 3)} without clipping and ${inWords(clipped.at(-1).loss, 3)} with it.`;

export default explorer({
  title: "The wall",
  hint: "Drop a start on the plane (or set it below), close to the wall and far from it. Which of the two descents is thrown out of the valley?",
  defaults: {u: 2.32, b: -0.66, rate: 0.05, maxNorm: 1, updates: 200, steps: 25, h0: 0.25, target: 0.7, descents: "both"},
  controls: [
    number("u", "Start: recurrent weight u", 0, 4, 0.01, {range: [-100, 100]}),
    number("b", "Start: bias b", -2.5, 1.5, 0.01, {range: [-100, 100]}),
    number("rate", "Learning rate", 0.005, 0.5, 0.005, {range: [1e-6, 100]}),
    number("maxNorm", "Clip the gradient’s norm to", 0.1, 5, 0.1, {range: [1e-6, 1e6]}),
    choice("descents", "Descents shown", [["both", "both"], ["free", "without clipping"], ["clipped", "with clipping"]]),
    number("updates", "Updates", 1, 500, 1, {range: [1, 2000], integer: true}),
    number("steps", "Steps T of the network", 1, 50, 1, {range: [1, 200], integer: true}),
    number("h0", "First state h₀", -0.95, 0.95, 0.05, {range: [-0.999, 0.999]}),
    number("target", "Target for h at step T", -1, 1, 0.05, {range: [-10, 10]}),
  ],
  compute, draw, readout, say,
});
