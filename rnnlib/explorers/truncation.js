// A gradient of one weight, G_d = near^d + far · slow^d, and what truncation makes of it: bias and variance.
import { inWords } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer } from "./shared.js";

const STEPS = 120, SHOWN = 60;
const WAYS = {window: "window", chunks: "chunks, anywhere", chance: "by chance"};
const range = (count, of) => Array.from({length: count}, (_, d) => of(d));

// G_d, their weights, and G_{≥n}: bias² is one height of its square, the variance a sum over all.
function compute({near, far, slow, way, n, drawn}) {
  const parts = range(STEPS, d => near ** d + far * slow ** d);
  const beyond = Array(STEPS + 1).fill(0);
  for (let d = STEPS - 1; d >= 0; d--) beyond[d] = beyond[d + 1] + parts[d];
  const p = 1 - 1 / n;
  const weights = range(STEPS, {
    window: d => Number(d < n),
    chunks: d => Math.max(0, 1 - d / n),
    chance: d => (d <= drawn ? p ** -d : 0),
  }[way]);
  const sum = parts.reduce((total, part, d) => total + weights[d] * part, 0);
  let variance = 0;
  for (let m = 1; m < STEPS; m++) variance += (p ** -m - p ** (1 - m)) * beyond[m] ** 2;
  const missed = way === "chance" ? 0 : beyond[0] - sum;
  return {parts, beyond, weights, sum, whole: beyond[0], bias: missed ** 2, variance, draws: variance / beyond[n] ** 2};
}

// Above, every distance as it is and as it counts; below, the square of what lies beyond.
function draw(sheet, {way, n}, {parts, beyond, weights}, change) {
  const seen = parts.slice(0, SHOWN + 1), counted = seen.map((part, d) => weights[d] * part), all = [...seen, ...counted];
  const high = Math.max(1, ...all), low = Math.min(0, ...all), x = [0, SHOWN], right = sheet.wide ? 100 : 18;
  const over = sheet.plot({height: sheet.wide ? 190 : 170, right, foot: 8, x, y: [low, 1.05 * high], ticks: {x: []}, yLabel: "what a distance says, and what is made of it"});
  over.draw("line", {x1: over.px(0), x2: over.px(SHOWN), y1: over.py(0), y2: over.py(0), class: "axis"});
  over.line(seen.map((part, d) => [d, part]), "reference thin");
  counted.forEach((value, d) => {
    if (weights[d]) over.draw("line", {x1: over.px(d), x2: over.px(d), y1: over.py(0), y2: over.py(value), class: "stem gradient"});
  });
  if (sheet.wide) {
    over.write(over.box.right + 10, over.py(parts[SHOWN]) + 4, "G_d", {class: "note reference"});
    over.write(over.box.right + 10, over.box.top + 12, WAYS[way], {class: "note gradient"});
  }

  const logs = beyond.slice(0, SHOWN + 1).map(value => Math.log10(value ** 2));
  const under = sheet.plot({height: sheet.wide ? 210 : 190, right, x, y: [-8, 3], decades: true, xLabel: "steps back, n", yLabel: "what lies beyond n, squared"});
  under.line(logs.map((log, m) => [m, log]), "state", {clip: true});
  const at = Math.min(3, Math.max(-8, logs[n]));
  under.draw("line", {x1: under.px(n), x2: under.px(n), y1: over.box.top, y2: under.box.bottom, class: "line thin dashed reference"});
  under.dot(n, at, "state held", 7);
  under.note(n, at, "bias² of a window", "state", {dx: n > 35 ? -130 : 12, dy: -6});
  const area = {left: over.box.left, right: over.box.right, top: over.box.top, bottom: under.box.bottom};
  sheet.hand("n", area, pixel => {
    const steps = Math.round(SHOWN * (pixel - area.left) / (area.right - area.left));
    change({n: Math.min(SHOWN, Math.max(2, steps))});
  }, {touch: "pan-y", cursor: "ew-resize"});
}

const readout = (_, {sum, whole, bias, variance, draws}) => [
  ["sum", "truncated gradient", sum],
  ["whole", "whole gradient", whole],
  ["bias", "bias²", bias],
  ["variance", "variance by chance", variance],
  ["draws", "draws that match a window", draws],
];

function say({way, n}, {sum, whole, bias, variance}) {
  const what = {window: `A window of ${n} steps gives`, chunks: `Chunks of ${n} steps give in the mean`, chance: `One draw of a reach of ${n} in the mean gives`}[way];
  const sign = sum * whole < 0 ? ", the wrong sign" : "";
  return `${what} ${inWords(sum)}, where the whole gradient is ${inWords(whole)}${sign}. The squared bias is ${inWords(bias)}; the variance of chance is ${inWords(variance)}.`;
}

export default explorer({
  title: "What truncation makes of a gradient",
  hint: "The gradient has a near part, which fades fast, and a far one. Drag n. Where is the sign right, and how many random draws would match the window?",
  defaults: {far: -0.2, slow: 0.95, near: 0.6, way: "window", n: 5, drawn: 8},
  controls: [
    number("n", "Steps n", 2, SHOWN, 1, {integer: true, main: true}),
    choice("way", "Truncate by", Object.entries(WAYS), {main: true}),
    number("far", "Weight of the far part", -1, 1, 0.01, {main: true}),
    number("slow", "The far part keeps, a step", 0.5, 0.99, 0.01),
    number("near", "The near part keeps, a step", 0.1, 0.9, 0.01),
    number("drawn", "The reach that was drawn", 0, STEPS - 1, 1, {integer: true, when: ({way}) => way === "chance"}),
  ],
  presets: [
    ["Near alone", {far: 0, n: 10}],
    ["A long memory", {far: 0.3, slow: 0.97, n: 10}],
    ["The wrong sign", {far: -0.2, slow: 0.95, n: 5, way: "window"}],
  ],
  compute, draw, readout, say,
});
