// One unit's gradient product: ∂h_t/∂h_0 = u^t φ'(s_1) … φ'(s_t) along its own orbit.
import { inWords, product, subscript } from "./drawing.js";
import { choice, explorer, number } from "./shared.js";

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

function draw(sheet, {u, distance}, {factors, logs}) {
  const wide = sheet.width > 560;
  const finite = logs.filter(Number.isFinite);
  const line = distance * Math.log10(Math.abs(u));
  const ends = [Math.min(...finite, 0, Number.isFinite(line) ? line : 0), Math.max(...finite, 0, Number.isFinite(line) ? line : 0)];
  const margin = 0.08 * (ends[1] - ends[0]) || 1;
  const top = sheet.plot({
    height: wide ? 270 : 250, x: [0, distance], y: [ends[0] - margin, ends[1] + margin],
    xLabel: "step t", yLabel: "log₁₀ |∂hₜ/∂h₀|",
  });
  if (Number.isFinite(line)) top.line([[0, 0], [distance, line]], "reference dashed");
  const every = Math.ceil(logs.length / sheet.width);
  top.line(logs.map((log, t) => [t, log]).filter((_, t) => t % every === 0 || t === distance), "gradient");
  if (Number.isFinite(logs[distance])) top.dot(distance, logs[distance], "gradient");

  const sizes = factors.map(Math.abs);
  const largest = Math.max(...sizes.slice(0, 2000), Math.abs(u), 1);
  const bottom = sheet.plot({
    height: wide ? 190 : 180, x: [0.5, distance + 0.5], y: [0, 1.1 * largest],
    xLabel: "step t", yLabel: "one factor, |u φ′(sₜ)|",
  });
  if (distance <= 200) sizes.forEach((size, i) => bottom.bar(i + 1, size, 0.8, "gradient"));
  else bottom.line(sizes.map((size, i) => [i + 1, size]).filter((_, i) => i % every === 0), "gradient");
  bottom.line([[0.5, 1], [distance + 0.5, 1]], "reference dashed");
}

const readout = ({u, distance}, {reach, states}) => [
  ["product", `∂h${subscript(distance)}/∂h₀`, reach],
  ["linear", `u to the power ${distance}`, product(u ** distance, Math.sign(u) ** distance, distance * Math.log10(Math.abs(u)))],
  ["state", `h${subscript(distance)}`, states[distance]],
];

const say = ({u, activation, distance}, {reach}) =>
  `With u = ${inWords(u)} and ${activation}, the gradient product over ${distance} ${distance === 1 ? "step" : "steps"} is ${reach.text}.`;

export default explorer({
  title: "One unit's gradient product",
  hint: "Begin with 2 to the power 10, which is 1024. Then choose tanh: what is left of it? Move the start towards 0, and away.",
  given: ["inputs"],
  defaults: {u: 2, activation: "identity", start: 0.01, drive: "none", distance: 10},
  controls: [
    number("u", "Recurrent weight u", -3, 3, 0.01, {range: [-100, 100]}),
    number("distance", "Distance t, in steps", 1, 100, 1, {range: [1, 10000], integer: true}),
    number("start", "First state h₀", -1, 1, 0.0001, {range: [-1000, 1000]}),
    choice("activation", "Activation φ", [["identity", "identity (linear)"], ["tanh", "tanh"], ["logistic", "logistic"], ["relu", "ReLU"]]),
    choice("drive", "Input", [["none", "none"], ["sentence", "a sentence, word by word"]]),
  ],
  presets: [
    ["tanh from 0.0001", {activation: "tanh", u: 2, start: 0.0001, distance: 10}],
    ["tanh from 0.5", {activation: "tanh", u: 2, start: 0.5, distance: 10}],
    ["logistic", {activation: "logistic", u: 2, start: 0, distance: 10}],
  ],
  compute, draw, readout, say,
});
