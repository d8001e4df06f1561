// All singular values of a gradient product by distance, a fan: with the identity for φ, and with tanh under inputs.
import { decadesAround, inWords, product } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer, memory } from "./shared.js";

const STARTS = {orthogonal: "orthogonal", gaussian: "Gaussian", identity: "the identity", uniform: "PyTorch's, uniform"};

function dot(a, b) { // a loop, since a fan takes a million of them
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
const turned = matrix => matrix[0].map((_, j) => matrix.map(row => row[j]));
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

// W_hh at gain 1, from the same draw for all starts: Q is what Gram and Schmidt make of the columns.
const WEIGHTS = {
  orthogonal({normals}) {
    const columns = [];
    for (let column of turned(normals)) {
      for (const other of [...columns, ...columns]) { // twice, for the digits
        const along = dot(column, other);
        column = column.map((value, i) => value - along * other[i]);
      }
      const length = Math.hypot(...column);
      columns.push(column.map(value => value / length));
    }
    return turned(columns);
  },
  gaussian: ({normals}) => normals.map(row => row.map(value => value / Math.sqrt(normals.length))),
  identity: ({normals}) => normals.map((row, i) => row.map((_, j) => Number(i === j))),
  uniform: ({uniforms}) => uniforms.map(row => row.map(value => value / Math.sqrt(uniforms.length))),
};

// Jacobi's rotations turn columns e^log · unit until they are orthogonal; their lengths are then the singular values.
// Of two columns only the ratio of lengths counts, so that none leaves the floats.
function orthogonalise(columns) {
  let left = 1;
  for (let sweeps = 0; left > 1e-5 && sweeps < 30; sweeps++) { // what is left is squared by a sweep
    columns.sort((a, b) => b.log - a.log);
    left = 0;
    for (let i = 0; i < columns.length; i++) for (let j = i + 1; j < columns.length; j++) {
      if (columns[j].log > columns[i].log) [columns[i], columns[j]] = [columns[j], columns[i]];
      left = Math.max(left, Math.abs(turn(columns[i], columns[j])));
    }
  }
}

function turn(longer, shorter) {
  const [a, b] = [longer.unit, shorter.unit], cosine = dot(a, b);
  if (Math.abs(cosine) < 1e-15) return 0;
  const ratio = Math.exp(shorter.log - longer.log), apart = 1 - ratio * ratio;
  const slant = -2 * cosine / (apart + Math.hypot(apart, 2 * ratio * cosine)), along = slant * ratio * ratio;
  for (let k = 0; k < a.length; k++) {
    const own = a[k];
    a[k] -= along * b[k];
    b[k] += slant * own;
  }
  const shared = Math.log1p((slant * ratio) ** 2) / 2;
  for (const column of [longer, shorter]) { normalise(column); column.log -= shared; }
  return cosine;
}

function normalise(column) {
  const length = Math.sqrt(dot(column.unit, column.unit));
  column.log += Math.log(length);
  for (let k = 0; k < column.unit.length; k++) column.unit[k] /= length;
}

// log₁₀ of the singular values of P_{T,T−n}, largest first, for n = 0 … T.
function fanOf(W, slopes) {
  const columns = W.map((_, i) => ({log: 0, unit: Float64Array.from(W, (_, j) => Number(i === j))})), back = turned(W);
  const fan = [W.map(() => 0)];
  for (const slope of [...slopes].reverse()) { // P grows at its right end: its transpose is Jᵀ times what it was
    for (const column of columns) {
      const passed = column.unit.map((value, i) => slope[i] * value);
      back.forEach((row, i) => { column.unit[i] = dot(row, passed); });
      normalise(column);
    }
    orthogonalise(columns);
    fan.push(columns.map(({log}) => log / Math.LN10).sort((a, b) => b - a));
  }
  return fan;
}

// The gain at which the mean of σ² is kept in a large network: q = g²·E tanh² + loudness², where g²·E tanh′² = 1.
const POINTS = Array.from({length: 201}, (_, i) => (i - 100) / 10), DENSITY = POINTS.map(z => Math.exp(-z * z / 2));
const DENSITIES = DENSITY.reduce((sum, value) => sum + value);
const normalMean = of => POINTS.reduce((sum, z, i) => sum + DENSITY[i] * of(z), 0) / DENSITIES;
function criticalGain(loudness) {
  const squares = q => normalMean(z => (1 - Math.tanh(Math.sqrt(q) * z) ** 2) ** 2);
  let low = 0, high = 10 + 10 * loudness ** 2;
  for (let i = 0; i < 60; i++) {
    const q = (low + high) / 2;
    if (normalMean(z => Math.tanh(Math.sqrt(q) * z) ** 2) / squares(q) + loudness ** 2 > q) low = q; else high = q;
  }
  return 1 / Math.sqrt(squares(low));
}

const once = memory();
function compute({start, gain, loudness, n, ...drawn}) {
  const {W_xh, xs} = drawn, found = (key, make) => once(Object.values(drawn), key, make);
  const at1 = found(`weights ${start}`, () => WEIGHTS[start](drawn)), W = at1.map(row => row.map(value => gain * value));
  const slopes = found(`slopes ${start} ${gain} ${loudness}`, () => {
    let h = W.map(() => 0);
    return xs.map(x => {
      h = W.map((row, i) => Math.tanh(dot(row, h) + loudness * dot(W_xh[i], x)));
      return h.map(value => 1 - value * value);
    });
  });
  const ones = found(`linear ${start}`, () => fanOf(at1, xs.map(() => W.map(() => 1))));
  const linear = ones.map((logs, d) => logs.map(log => log + d * Math.log10(gain)));
  const bent = found(`tanh ${start} ${gain} ${loudness}`, () => fanOf(W, slopes));
  const logs = bent[n], heard = mean(slopes.slice(xs.length - n).flat().map(Math.log10));
  return {
    linear, bent, T: xs.length, top: logs[0], bottom: logs.at(-1), ofStart: mean(linear[n]), ofInputs: n * heard,
    rms: logs[0] + Math.log10(mean(logs.map(log => 100 ** (log - logs[0])))) / 2,
    edge: found(`edge ${loudness}`, () => criticalGain(loudness)),
  };
}

function draw(sheet, {n}, {linear, bent, T}, change) {
  const all = [...linear, ...bent].flat(), low = sheet.keep("low", decadesAround(all.filter(log => log < 0), 4));
  const high = sheet.keep("high", Math.max(low / 5, decadesAround(all.filter(log => log > 0), 1)));
  const aside = sheet.wide ? 58 : -8, half = (sheet.width - 46 - aside) / 2, height = sheet.wide ? 310 : 262;
  sheet.write(6, 15, "singular values of ∂h_t/∂h_{t−n}", {class: "label"});
  const panels = [["without tanh", linear], ["with tanh", bent]].map(([name, fan], i) => {
    const plot = sheet.plot({
      top: 22, height, left: i * half, width: half + 46, right: 24, x: [0, T], y: [-low, high], decades: true, reach: true, beside: i > 0,
      ticks: {x: sheet.wide ? undefined : [0, T / 2, T]}, xLabel: "steps back, n",
    });
    plot.write((plot.box.left + plot.box.right) / 2, plot.box.top - 9, name, {class: "label", "text-anchor": "middle"});
    panel(plot, fan, n);
    return plot;
  });
  if (sheet.wide) name(panels[1], bent[T]);
  const area = {...panels[0].box, right: panels[1].box.right};
  sheet.hand("n", area, x => {
    const {left, right} = panels[Number(x > panels[0].box.right + 8)].box;
    change({n: Math.min(T, Math.max(1, Math.round(T * (x - left) / (right - left))))});
  }, {touch: "pan-y", cursor: "ew-resize"});
}

function panel(plot, fan, n) {
  const curve = i => fan.map((logs, d) => [d, logs.at(i)]);
  const edge = [...curve(0), ...curve(-1).reverse()].map(([d, log]) => `${plot.px(d).toFixed(1)},${plot.py(log).toFixed(1)}`);
  plot.draw("polygon", {points: edge.join(" "), class: "bar gradient", opacity: 0.12});
  for (let i = 1; i < fan[0].length; i++) plot.line(curve(i), "gradient thin");
  plot.line(curve(0), "gradient");
  plot.line(fan.map((logs, d) => [d, mean(logs)]), "ink dashed");
  plot.draw("line", {x1: plot.px(n), x2: plot.px(n), y1: plot.box.top, y2: plot.box.bottom, class: "line thin dashed reference"});
  const logs = fan[n];
  for (const [log, role] of [[logs[0], "gradient"], [logs.at(-1), "gradient"], [mean(logs), "ink"]]) plot.dot(n, log, `${role} held`, 5.5);
}

function name(plot, logs) { // one below the other
  let last = -Infinity;
  for (const [log, text, role] of [[logs[0], "largest", "gradient"], [mean(logs), "middle", ""], [logs.at(-1), "smallest", "gradient"]]) {
    last = Math.max(plot.py(log), last + 16);
    plot.write(plot.box.right + 10, last + 4, text, {class: `note ${role}`});
  }
}

const size = log => product(10 ** log, 1, log);
const readout = ({n}, {top, bottom, ofStart, ofInputs, rms, edge}) => [
  ["middle", `middle, n = ${n}`, size(ofStart + ofInputs)],
  ["ofStart", "= by the start", size(ofStart)],
  ["ofInputs", "× by the inputs", size(ofInputs)],
  ["top", "largest", size(top)],
  ["bottom", "smallest", size(bottom)],
  ["rms", "root mean square", size(rms), "more"],
  ["edge", "critical gain of a large network", edge, "more"],
];

const say = ({start, gain, loudness, n}, {top, bottom, ofStart, ofInputs}) =>
  `Start: ${STARTS[start]}, gain ${inWords(gain)}; inputs of size ${inWords(loudness)}. Over ${n} steps the middle of the fan is ${size(ofStart).text} without tanh and ${size(ofStart + ofInputs).text} with it, where the singular values lie between ${size(bottom).text} and ${size(top).text}.`;

export default explorer({
  title: "The fan of a start",
  hint: "Every line is a singular value of the gradient product, the dashed one their middle. An orthogonal start keeps all of them at 1, until tanh hears something. Turn the input down; then try Gaussian.",
  given: ["normals", "uniforms", "W_xh", "xs"],
  defaults: {start: "orthogonal", gain: 1, loudness: 0.3, n: 100},
  controls: [
    choice("start", "Start W_{hh}", Object.entries(STARTS), {main: true}),
    number("gain", "Gain g", 0.2, 3, 0.01, {main: true}),
    number("loudness", "Input loudness", 0, 2, 0.01, {main: true}),
    number("n", "Distance n, in steps", 1, 100, 1, {integer: true}),
  ],
  presets: [
    ["Near silence", {start: "orthogonal", gain: 1, loudness: 0.02, n: 100}],
    ["Gaussian", {start: "gaussian", gain: 1, loudness: 0.3, n: 100}],
    ["Critical for its input", state => ({gain: Number(criticalGain(state.loudness).toFixed(2))})],
    ["As in PyTorch", {start: "uniform", gain: 1, loudness: 0.41, n: 100}],
    ["As in Keras", {start: "orthogonal", gain: 1, loudness: 0.82, n: 100}],
  ],
  repair: ({n, xs}) => ({n: Math.min(n, xs.length)}),
  compute, draw, readout, say,
});
