// One unit's gradient product: ∂h_t/∂h_0 = u^t φ'(s_1) … φ'(s_t) along its own orbit.
import { decadesAround, inWords, product } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer } from "./shared.js";

const LOGISTIC = s => 0.5 + 0.5 * Math.tanh(0.5 * s);
const ACTIVATIONS = { // φ and φ' at s, in the forms that rnnlib computes
  identity: [s => s, () => 1],
  tanh: [Math.tanh, s => 1 - Math.tanh(s) ** 2],
  logistic: [LOGISTIC, s => LOGISTIC(s) * (1 - LOGISTIC(s))],
  relu: [s => (s > 0 ? s : 0), s => (s > 0 ? 1 : 0)],
};

// The factors u φ'(s_t), and sign and logarithm of their product after each step.
function compute({u, activation, start, drive, inputs, distance}) {
  const [phi, slope] = ACTIVATIONS[activation];
  const factors = [], states = [start], logs = [0];
  let h = start, value = 1, log = 0, sign = 1;
  for (let t = 1; t <= distance; t++) {
    const s = u * h + (drive === "sentence" ? inputs[(t - 1) % inputs.length] : 0);
    const factor = u * slope(s);
    h = phi(s);
    value *= factor;
    log += Math.log10(Math.abs(factor));
    sign *= Math.sign(factor);
    states.push(h);
    factors.push(factor);
    logs.push(log);
  }
  return {factors, states, logs, reach: product(value, sign, log)};
}

// The chain of states, the error's way back through them, and how much of it is left.
function draw(sheet, {u, activation, distance: T}, {factors, states, logs}, change) {
  const line = T * Math.log10(Math.abs(u)), linear = Number.isFinite(line) && activation !== "identity";
  const end = sheet.keep("end", reachOf(T)), far = sheet.keep("far", decadesAround([...logs, line]));
  const plot = sheet.plot({
    top: 62, height: sheet.wide ? 240 : 200, right: 58, foot: 8, x: [0, end], y: [-far, far], decades: true, reach: true,
    ticks: {x: []}, yLabel: "how much is left, |∂h_t/∂h_0|",
  });
  chain(sheet, plot, states, logs, T);
  if (linear) {
    plot.line([[0, 0], [T, line]], "reference dashed", {clip: true});
    plot.note(T, line, "u^t", "reference");
  }
  const every = Math.ceil(logs.length / sheet.width);
  plot.line(logs.map((log, t) => [t, log]).filter((_, t) => t % every === 0 || t === T), "gradient", {clip: true});
  if (Number.isFinite(logs[T])) {
    plot.dot(T, logs[T], "gradient held", 7);
    plot.note(T, logs[T], NAMES[activation], "gradient", {dx: 11, dy: linear && Math.abs(plot.py(line) - plot.py(logs[T])) < 15 ? 19 : 4});
  }
  plot.onDrag("end", (t, log) => {
    const steps = Math.round(Math.min(end, Math.max(1, t)));
    const size = Math.min(3, 10 ** (Math.min(far, Math.max(-far, log)) / steps));
    change({distance: steps, u: Number((Math.sign(u) * size).toFixed(2)) || 0.01});
  });

  const sizes = factors.map(factor => Math.log10(Math.abs(factor)));
  const most = sheet.keep("most", decadesAround(sizes.filter(size => size > -12), 1));
  const below = sheet.plot({height: sheet.wide ? 128 : 116, right: 58, x: [0, end], y: [-most, most], decades: true, reach: true, xLabel: "step t", yLabel: "one factor, |u φ′(s_t)|"});
  if (T <= 100) {
    sizes.forEach((size, i) => {
      const y = Math.max(-most, size); // a factor of 0 reaches down to the edge
      below.draw("line", {x1: below.px(i + 1), x2: below.px(i + 1), y1: below.py(0), y2: below.py(y), class: "stem gradient"});
      below.dot(i + 1, y, "gradient", T <= 50 ? 3.5 : 2);
    });
  } else below.line(sizes.map((size, i) => [i + 1, size]).filter((_, i) => i % every === 0), "gradient thin", {clip: true});
}

const NAMES = {identity: "identity", tanh: "tanh", logistic: "logistic", relu: "ReLU"};
const reachOf = distance => [12, 25, 50, 100, 200, 500, 1000, 2000, 5000].find(end => end >= distance) ?? 10000;

// Every state a disc, as full as the state is far from 0; below them a thread, as wide as what is left of the error there.
function chain(sheet, plot, states, logs, T) {
  const apart = plot.px(1) - plot.px(0), every = Math.max(1, Math.ceil(18 / apart));
  const half = t => 0.5 + 3.5 * Math.min(1, Math.max(0, (logs[T] - logs[t] + 4) / 8));
  const thread = [], some = Math.max(1, Math.ceil(T / 120));
  for (let t = 0; t <= T; t += some) if (Number.isFinite(logs[T] - logs[t])) thread.push([plot.px(t), half(t)]);
  const edge = side => thread.map(([x, wide]) => `${x.toFixed(1)},${(44 + side * wide).toFixed(2)}`);
  plot.draw("polygon", {points: [...edge(-1), ...edge(1).reverse()].join(" "), class: "bar gradient"});
  for (let t = 0; t <= T; t += every) {
    const full = Math.min(1, Math.abs(states[t]));
    plot.draw("circle", {cx: plot.px(t), cy: 20, r: 8, class: "ring state"});
    plot.draw("circle", {cx: plot.px(t), cy: 20, r: Number.isFinite(full) ? 7 * Math.sqrt(full) : 7, class: "dot state"});
  }
  sheet.write(plot.box.right + 12, 25, "states", {class: "note state"});
  sheet.write(plot.box.right + 12, 48, "error", {class: "note gradient"});
}

const readout = ({u, distance}, {reach, states}) => [
  ["product", `∂h_{${distance}}/∂h_0`, reach],
  ["linear", `u^{${distance}}`, product(u ** distance, Math.sign(u) ** distance, distance * Math.log10(Math.abs(u)))],
  ["state", `h_{${distance}}`, states[distance]],
];

const say = ({u, activation, distance}, {reach}) =>
  `With u = ${inWords(u)} and ${activation}, the gradient product over ${distance} ${distance === 1 ? "step" : "steps"} is ${reach.text}.`;

export default explorer({
  title: "One unit's gradient product",
  hint: "With φ the identity, 2 to the power 10 is 1024. Choose tanh: what is left of it? Drag the red end, and move the first state towards 0.",
  given: ["inputs"],
  defaults: {u: 2, activation: "identity", start: 0.01, drive: "none", distance: 10},
  controls: [
    number("u", "Recurrent weight u", -3, 3, 0.01, {range: [-100, 100], main: true}),
    number("start", "First state h_0", -1, 1, 0.0001, {range: [-1000, 1000], scale: "symlog", main: true}),
    choice("activation", "Activation φ", Object.entries(NAMES), {main: true}),
    number("distance", "Distance t, in steps", 1, 100, 1, {range: [1, 10000], integer: true}),
    choice("drive", "Input", [["none", "none"], ["sentence", "a sentence, word by word"]]),
  ],
  presets: [
    ["tanh from 0.0001", {activation: "tanh", u: 2, start: 0.0001, distance: 10}],
    ["tanh from 0.5", {activation: "tanh", u: 2, start: 0.5, distance: 10}],
    ["logistic", {activation: "logistic", u: 2, start: 0, distance: 10}],
  ],
  compute, draw, readout, say,
});
