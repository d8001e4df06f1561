// The straight path past an LSTM's or GRU's gates: the eigenvalues at rest, and how much of the gradient goes straight.
import { decadesAround, inWords } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer } from "./shared.js";

const KINDS = {lstm: "LSTM", closed: "LSTM, input gates closed", gru: "GRU"};
const FAR = 60, WARM = 50, FULL = 0.95; // distances shown; cells are looked at once the network has warmed up
const logistic = s => 0.5 + 0.5 * Math.tanh(0.5 * s);
const rows = (matrix, block) => matrix.slice(block * matrix.length / 4, (block + 1) * matrix.length / 4);
const I = 0, F = 1, G = 2, O = 3; // the blocks of W; a GRU takes z, n and r from f, g and o

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

// Every step of a run: what its gates let past the weights, how an error (dh, dc) goes back through it, and the memory.
function lstmSteps({W, W_xh, xs, gain, bias, loudness, kind}) {
  const H = W.length / 4, biases = [kind === "closed" ? -bias : 0, bias, 0, 0];
  let h = new Float64Array(H), c = new Float64Array(H);
  return xs.map(x => {
    const s = W.map((row, j) => gain * dot(row, h) + loudness * dot(W_xh[j], x) + biases[Math.floor(j / H)]);
    const [i, f, o] = [I, F, O].map(block => rows(s, block).map(logistic)), g = rows(s, G).map(Math.tanh), before = c;
    c = Float64Array.from(f, (keep, j) => keep * before[j] + i[j] * g[j]);
    const shown = c.map(Math.tanh);
    h = shown.map((value, j) => o[j] * value);
    const slopes = [
      i.map((gate, j) => g[j] * gate * (1 - gate)), f.map((gate, j) => before[j] * gate * (1 - gate)), g.map((value, j) => i[j] * (1 - value * value)),
    ];
    const ofH = o.map((gate, j) => shown[j] * gate * (1 - gate)), toC = o.map((gate, j) => gate * (1 - shown[j] ** 2));
    const back = ({dh, dc}, deltas) => {
      const atCell = dc.map((error, j) => error + dh[j] * toC[j]);
      for (let j = 0; j < H; j++) {
        slopes.forEach((slope, block) => { deltas[block * H + j] = atCell[j] * slope[j]; });
        deltas[O * H + j] = dh[j] * ofH[j];
      }
      return atCell.map((error, j) => error * f[j]);
    };
    return {past: f, back, memory: shown};
  });
}

function gruSteps({W, W_xh, xs, gain, bias, loudness}) {
  const H = W.length / 4;
  let h = new Float64Array(H);
  return xs.map(x => {
    const byH = W.map(row => gain * dot(row, h)), byX = W_xh.map(row => loudness * dot(row, x)), before = h;
    const sum = (block, more) => rows(byH, block).map((value, j) => logistic(value + byX[block * H + j] + more));
    const r = sum(O, 0), z = sum(F, bias), q = rows(byH, G), n = q.map((value, j) => Math.tanh(byX[G * H + j] + r[j] * value));
    h = Float64Array.from(z, (keep, j) => (1 - keep) * n[j] + keep * before[j]);
    const byN = z.map((keep, j) => (1 - keep) * (1 - n[j] ** 2));
    const slopes = {
      [O]: byN.map((slope, j) => slope * q[j] * r[j] * (1 - r[j])), [F]: z.map((keep, j) => (before[j] - n[j]) * keep * (1 - keep)), [G]: byN.map((slope, j) => slope * r[j]),
    };
    const back = ({dc}, deltas) => { // its only state is its memory, here as in rnnlib's direct path
      for (const block of [O, F, G]) for (let j = 0; j < H; j++) deltas[block * H + j] = dc[j] * slopes[block][j];
      return dc.map((error, j) => error * z[j]);
    };
    return {past: z, back};
  });
}

// Sizes of the whole product from memory to memory and of its straight path (root mean square over units), and what of
// the whole lies along the straight path, by distance.
function sizesOf(W, gain, steps, hasOutput) {
  const H = W.length / 4, into = Array.from({length: H}, (_, k) => Float64Array.from(W, row => gain * row[k]));
  let errors = Array.from({length: H}, (_, j) => ({dh: new Float64Array(H), dc: Float64Array.from({length: H}, (_, k) => Number(j === k))}));
  let straight = new Float64Array(H).fill(1);
  const found = [], note = () => {
    const whole = Math.sqrt(errors.reduce((sum, {dc}) => sum + dot(dc, dc), 0)), alone = Math.sqrt(dot(straight, straight));
    const along = errors.reduce((sum, {dc}, j) => sum + straight[j] / whole * (dc[j] / whole), 0);
    found.push({whole: whole / Math.sqrt(H), straight: alone / Math.sqrt(H), share: alone / whole, along});
  };
  note();
  const deltas = new Float64Array(4 * H);
  for (const {past, back} of steps.slice(-FAR).reverse()) {
    errors = errors.map(error => {
      const past = back(error, deltas), through = into.map(column => dot(column, deltas));
      return hasOutput ? {dh: Float64Array.from(through), dc: past} : {dh: error.dh, dc: past.map((value, k) => value + through[k])};
    });
    straight = straight.map((value, j) => value * past[j]);
    note();
  }
  return found;
}

// At rest λ(J) = f + i o λ(W_g), of a GRU z + (1 − z) r λ(W_n), with all gates the same.
function restOf({spectrum, gain, bias, kind}) {
  const centre = logistic(bias), radius = gain / 2 * {lstm: 0.5, closed: logistic(-bias), gru: logistic(-bias)}[kind];
  const values = spectrum.map(([re, im]) => [centre + radius * re, radius * im]);
  return {centre, radius, values, largest: Math.max(...values.map(([re, im]) => Math.hypot(re, im)))};
}

function compute(state) {
  const hasOutput = state.kind !== "gru", steps = (hasOutput ? lstmSteps : gruSteps)(state);
  const cells = hasOutput ? steps.slice(WARM).flatMap(({memory}) => [...memory]) : [];
  return {
    sizes: sizesOf(state.W, state.gain, steps, hasOutput), rest: restOf(state),
    full: cells.filter(value => Math.abs(value) > FULL).length / cells.length,
  };
}

function draw(sheet, state, {sizes, rest}, change) {
  const half = sheet.wide ? 0.45 * sheet.width : 0, beside = half ? {top: 0, left: half + 14, height: 330, right: 78} : {height: 206, right: 14};
  plane(sheet, half ? {height: 330, width: half, right: 6} : {height: 184, width: sheet.width, right: 14}, rest, change);

  const {n} = state, logs = ["whole", "straight"].map(name => sizes.map(size => Math.log10(size[name])));
  const low = sheet.keep("low", decadesAround(logs.flat().filter(log => log < 0), 2));
  const high = sheet.keep("high", Math.max(low / 8, ...logs.flat().map(log => 1.1 * log)));
  const plot = sheet.plot({
    ...beside, decades: true, reach: true, x: [0, FAR], y: [-low, high], xLabel: "steps back, n", yLabel: "size of the gradient, memory to memory",
  });
  plot.draw("line", {x1: plot.px(n), x2: plot.px(n), y1: plot.box.top, y2: plot.box.bottom, class: "line thin dashed reference"});
  const labels = [["state", "straight", "dashed"], ["gradient", "whole", ""]].map(([role, name, how]) => {
    const log = logs[Number(name === "straight")];
    plot.line(log.map((value, d) => [d, value]), `${role} ${how}`, {clip: true});
    plot.dot(n, log[n], `${role} held`, 6);
    return [plot.py(log[FAR]), name, role];
  }).sort(([a], [b]) => a - b);
  if (labels[1][0] - labels[0][0] < 17) labels[1][0] = labels[0][0] + 17;
  for (const [y, name, role] of labels) {
    if (sheet.wide) sheet.write(plot.box.right + 8, y + 4, name, {class: `note ${role}`});
    else sheet.write(plot.box.right - 4, y - 8, name, {class: `note ${role}`, "text-anchor": "end"});
  }
  plot.onDrag("n", d => change({n: Math.min(FAR, Math.max(1, Math.round(d)))}), {touch: "pan-y", cursor: "ew-resize"});
}

// The plane of eigenvalues: the unit circle, the disc, and its centre, which is the gate that keeps.
function plane(sheet, place, {centre, radius, values}, change) {
  const across = (place.width - 52) / (place.height - 62), rightOf = half => 0.5 + Math.max(0.95, half * across);
  const holds = half => half > radius && rightOf(half) - 2 * half * across < centre - radius && rightOf(half) > centre + radius;
  const half = sheet.keep("half", [...(sheet.wide ? [] : [0.45]), 0.65, 1.25].find(holds) ?? 2), right = rightOf(half); // few frames, which rarely change
  const plot = sheet.plot({...place, x: [right - 2 * half * across, right], y: [-half, half], xLabel: "real part", yLabel: "eigenvalues at rest"});
  const circle = (x, r) => Array.from({length: 121}, (_, i) => [x + r * Math.cos(i * Math.PI / 60), r * Math.sin(i * Math.PI / 60)]);
  plot.line(circle(0, 1), "ink", {clip: true});
  plot.line(circle(centre, radius), "gradient thin", {clip: true});
  const clip = {"clip-path": `url(#${plot.frame()})`};
  for (const [x, y] of values) plot.draw("circle", {cx: plot.px(x), cy: plot.py(y), r: 3.5, class: "dot gradient", ...clip});
  plot.dot(centre, 0, "state", Math.min(7, Math.max(2.5, (plot.px(radius) - plot.px(0)) / 4))); // within its disc
  const up = Math.min(0.8, 0.86 * half), at = Math.sqrt(1 - up ** 2);
  plot.write(plot.px(at) + 8, plot.py(up) + 4, "grows", {class: "quiet"});
  plot.write(plot.px(at) - 8, plot.py(up) + 4, "fades", {class: "quiet", "text-anchor": "end"});
  plot.onDrag("gate", x => {
    const gate = Math.min(0.997, Math.max(0.12, x)), bias = Math.log(gate / (1 - gate));
    change({bias: Number(Math.min(5.8, Math.max(-2, bias)).toFixed(2))});
  }, {touch: "pan-y", cursor: "ew-resize"});
}

const readout = ({n, kind}, {sizes, rest, full}) => [
  ["share", `straight share, n = ${n}`, sizes[n].share],
  ["whole", "whole", sizes[n].whole],
  ["straight", "straight path", sizes[n].straight],
  ["largest", "largest |λ| at rest", rest.largest],
  ...(kind === "gru" ? [] : [["full", "share of full cells", full]]),
  ["along", "projection of the straight path", sizes[n].along, "more"],
  ["gate", "the gate at rest", rest.centre, "more"],
];

const say = ({n, kind, bias}, {sizes, rest}) =>
  `${KINDS[kind]}, bias of the gate that keeps ${inWords(bias)}: over ${n} steps the straight path has ${inWords(sizes[n].share)} times the size of the whole gradient. At rest the largest eigenvalue has size ${inWords(rest.largest)}, so that a disturbance ${rest.largest > 1 ? "grows" : "fades"}.`;

export default explorer({
  title: "How much goes straight",
  hint: "Open the forget gates: both curves rise, and part. Close the input gates: they meet. On the left are the eigenvalues of one step at rest, around the gate that keeps, in blue. Drag it.",
  given: ["W", "W_xh", "xs", "spectrum"],
  defaults: {kind: "lstm", bias: 1, gain: 1, n: 10, loudness: 1},
  controls: [
    choice("kind", "Network", Object.entries(KINDS), {main: true}),
    number("bias", "Bias b_f, or b_z", -2, 6, 0.01, {main: true}),
    number("gain", "Gain g of W_{hh}", 0.2, 4, 0.01, {main: true}),
    number("n", "Steps back n", 1, FAR, 1, {integer: true}),
    number("loudness", "Input loudness", 0, 2, 0.01),
  ],
  presets: [
    ["Forget gates open", {kind: "lstm", bias: 3, gain: 1, loudness: 1}],
    ["Input gates closed", {kind: "closed", bias: 3, gain: 1, loudness: 1}],
    ["A GRU", {kind: "gru", bias: 3, gain: 1, loudness: 1}],
    ["In silence", {kind: "lstm", bias: 2, gain: 1, loudness: 0}],
  ],
  compute, draw, readout, say,
});
