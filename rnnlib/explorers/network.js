// A small network unrolled over a sentence: forward step by step, then one error back.
import { inWords, product } from "./drawing.js";
import { number } from "./controls.js";
import { explorer } from "./shared.js";

// The whole run and all its products; the matrices are lists of rows.
function compute({W_hh, drive, W_ho, b_o, targets, later, earlier}) {
  const H = W_hh.length, T = drive.length;
  const hs = [Array(H).fill(0)];
  for (const x of drive) {
    const before = hs.at(-1);
    hs.push(W_hh.map((row, i) => Math.tanh(x[i] + inner(row, before))));
  }
  const slopes = hs.map(h => h.map(value => 1 - value * value));
  const outputs = hs.map(h => softmax(W_ho.map((row, v) => inner(row, h) + b_o[v])));
  const dz = outputs[later].map((p, v) => p - (v === targets[later - 1] ? 1 : 0));
  let dh = hs[0].map((_, i) => dz.reduce((sum, d, v) => sum + d * W_ho[v][i], 0));
  const deltas = Array(T + 1).fill(null), errors = Array(T + 1).fill(null);
  for (let t = later; t >= 0; t--) {
    errors[t] = dh;
    if (t === 0) break;
    const delta = dh.map((value, i) => value * slopes[t][i]);
    deltas[t] = delta;
    dh = dh.map((_, j) => delta.reduce((sum, value, i) => sum + value * W_hh[i][j], 0));
  }
  const logNorms = []; // [t][k], in the Frobenius norm
  for (let t = 0; t <= T; t++) {
    let P = hs[0].map((_, i) => hs[0].map((_, j) => Number(i === j)));
    logNorms[t] = [];
    for (let k = t; k >= 0; k--) {
      logNorms[t][k] = Math.log10(frobenius(P));
      if (k > 0) P = P.map(row => W_hh[0].map((_, j) => row.reduce((sum, p, i) => sum + p * slopes[k][i] * W_hh[i][j], 0)));
    }
  }
  let P = hs[0].map((_, i) => hs[0].map((_, j) => Number(i === j)));
  for (let k = later; k > earlier; k--)
    P = P.map(row => W_hh[0].map((_, j) => row.reduce((sum, p, i) => sum + p * slopes[k][i] * W_hh[i][j], 0)));
  return {hs, outputs, deltas, errors, P, logNorms, right: outputs[later][targets[later - 1]], T, H};
}

function softmax(logits) {
  const largest = Math.max(...logits), sum = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return logits.map(z => Math.exp(z - largest) / sum);
}
const inner = (row, vector) => row.reduce((sum, w, j) => sum + w * vector[j], 0);
const frobenius = P => Math.sqrt(P.flat().reduce((sum, p) => sum + p * p, 0));

const GUTTER = 62, ROW = 18;

// A disc whose area is the number; hollow if it is negative.
function disc(sheet, x, y, value, largest, role, most = 8) {
  const r = most * Math.sqrt(Math.min(1, Math.abs(value) / (largest || 1)));
  sheet.draw("circle", {cx: x, cy: y, r: Math.max(0.6, r - (value < 0 ? 1 : 0)), class: `${value < 0 ? "ring" : "dot"} ${role}`});
}

// The run, step beside step; below it either what it predicts, or the error on its way back, the map and the product.
function draw(sheet, state, result, change) {
  const {T} = result, wide = state.backward && sheet.wide, width = wide ? 0.56 * sheet.width : sheet.width;
  const column = (width - GUTTER - 4) / (T + 1), x = t => GUTTER + column * (t + 0.5);
  const shown = state.backward ? T : state.forward;
  let y = state.backward ? 4 : predictions(sheet, state, result, x, shown);
  y = states(sheet, state, result, x, column, shown, y);
  if (!state.backward) {
    sheet.height = y;
    sheet.hand("step", {left: GUTTER, right: width, top: 0, bottom: y}, at => change({forward: Math.min(T, Math.max(0, Math.floor((at - GUTTER) / column)))}), {touch: "pan-y"});
    return;
  }
  y = way(sheet, state, result, x, y);
  sheet.hand("error", {left: GUTTER, right: width, top: 0, bottom: y}, at => change({earlier: Math.min(state.later, Math.max(0, Math.floor((at - GUTTER) / column)))}), {touch: "pan-y"});
  if (wide) {
    entries(sheet, state, result, GUTTER, y + 12, 17);
    map(sheet, state, result, change, {left: width + 8, top: 0, width: sheet.width - width - 8, height: 330});
  } else {
    map(sheet, state, result, change, {left: 0, top: y + 4, width: 226, height: 210});
    entries(sheet, state, result, 242, y + 16, Math.min(20, (sheet.width - 242) / result.H));
  }
}

function predictions(sheet, {targets, answers}, {outputs}, x, shown) {
  const words = [...new Set(answers)], numberOf = word => targets[answers.indexOf(word)];
  sheet.write(0, 13, "what comes next? (ringed: what does)", {class: "note output"});
  words.forEach((word, i) => {
    const y = 34 + ROW * i;
    sheet.write(GUTTER - 8, y + 4, word, {"text-anchor": "end"});
    for (let t = 1; t <= shown; t++) {
      disc(sheet, x(t), y, outputs[t][numberOf(word)], 1, "output");
      if (answers[t - 1] === word) sheet.draw("circle", {cx: x(t), cy: y, r: 8, class: "chosen"});
    }
  });
  return 34 + ROW * words.length + 6;
}

function states(sheet, {words, later, earlier, backward, forward}, {hs, T, H}, x, column, shown, top) {
  sheet.write(0, top + 13, "states h_t, unit by unit (hollow: negative)", {class: "note state"});
  for (let t = 0; t <= shown; t++) hs[t].forEach((value, i) => disc(sheet, x(t), top + 32 + ROW * i, value, 1, "state"));
  let y = top + 32 + ROW * H;
  sheet.write(GUTTER - 8, y + 10, "step", {"text-anchor": "end", class: "quiet"});
  sheet.write(GUTTER - 8, y + 29, "reads", {"text-anchor": "end", class: "quiet"});
  const steep = words.some(word => 7 * word.length > column - 3);
  for (let t = 0; t <= T; t++) {
    const chosen = backward ? t === later || t === earlier : t === forward;
    sheet.write(x(t), y + 10, String(t), {"text-anchor": "middle", class: chosen ? `note ${backward ? "gradient" : "state"}` : ""});
    if (t === 0) continue;
    const role = t <= shown ? "note input" : "quiet";
    sheet.write(x(t), y + 29, words[t - 1], steep ? {"text-anchor": "end", transform: `rotate(-50 ${x(t)} ${y + 29})`, class: role} : {"text-anchor": "middle", class: role});
  }
  return y + 36 + (steep ? 5.4 * Math.max(...words.map(word => word.length)) : 0);
}

function way(sheet, {later, earlier}, {deltas, H}, x, top) {
  sheet.write(0, top + 13, `the error of step ${later}, δ_k, carried back to step ${earlier}`, {class: "note gradient"});
  const largest = Math.max(...deltas[later].map(Math.abs));
  for (let k = later; k >= Math.max(1, earlier); k--)
    deltas[k].forEach((value, i) => disc(sheet, x(k), top + 32 + ROW * i, value, largest, "gradient"));
  return top + 32 + ROW * H;
}

function entries(sheet, {later, earlier}, {P, H}, left, top, cell) {
  sheet.write(left, top + 4, `∂h_{${later}}/∂h_{${earlier}}, by entry`, {class: "note gradient"});
  const largest = Math.max(...P.flat().map(Math.abs));
  P.forEach((row, i) => row.forEach((value, j) => disc(sheet, left + cell * (j + 0.5), top + 22 + cell * i, value, largest, "gradient", cell / 2 - 1)));
  sheet.height = Math.max(sheet.height, top + 18 + cell * H);
}

function map(sheet, {later, earlier, forward}, {logNorms, T}, change, place) {
  const plot = sheet.plot({...place, right: 6, x: [-0.5, T + 0.5], y: [-0.5, T + 0.5], xLabel: "earlier step k", yLabel: "later step t"});
  const all = logNorms.flat().filter(Number.isFinite), [low, high] = [Math.min(...all), Math.max(...all)];
  const cell = (t, k, attributes) => plot.draw("rect", {x: plot.px(k - 0.5), y: plot.py(t + 0.5), width: plot.px(1) - plot.px(0) + 0.4, height: plot.py(0) - plot.py(1) + 0.4, ...attributes});
  logNorms.forEach((norms, t) => norms.forEach((log, k) => {
    const share = Number.isFinite(log) ? (log - low) / (high - low || 1) : 0;
    cell(t, k, {style: `fill: color-mix(in oklab, var(--gradient) ${Math.round(100 * share)}%, var(--ground))`, class: "edge"});
  }));
  cell(later, earlier, {class: "chosen"});
  const choose = (k, t) => {
    const [to, from] = [Math.min(T, Math.max(1, Math.round(t))), Math.max(0, Math.round(k))];
    if (from <= to && (to !== later || from !== earlier)) change({later: to, earlier: from});
  };
  plot.onDrag("map", choose, {cursor: "crosshair", hover: true});
  const {left, right, bottom} = plot.box;
  sheet.bar(left, bottom + 56, right - left, "gradient", inWords(10 ** low, 2), inWords(10 ** high, 2), "size of ∂h_t/∂h_k (log scale)");
  sheet.height = Math.max(sheet.height, bottom + 92);
}

const readout = ({words, later, earlier, forward, backward, answers}, {P, errors, deltas, right}) => {
  const next = ["right", forward || backward ? `probability of “${answers[later - 1]}”` : "before the first word", right];
  if (!backward) return [next, ["loss", `loss at step ${later}`, -Math.log(right)]];
  const norm = frobenius(P);
  return [
    ["norm", `‖∂h_{${later}}/∂h_{${earlier}}‖`, product(norm, 1, Math.log10(norm))],
    ["error", `‖∂L_{${later}}/∂h_{${earlier}}‖`, Math.hypot(...errors[earlier])],
    ["delta", earlier ? `‖δ_{${earlier}}‖, at “${words[earlier - 1]}”` : "‖δ_0‖: no word there", earlier ? Math.hypot(...deltas[earlier]) : 0],
    ["loss", `loss at step ${later}`, -Math.log(right), "more"],
  ];
};

const say = ({forward, later, earlier, words, backward, answers}, {P, right}) => (backward
  ? `The state after step ${later}, “${words[later - 1]}”, depends on the state after step ${earlier} by a product of norm ${inWords(frobenius(P))}.`
  : forward === 0 ? "Before the first step all states are 0."
  : `Step ${forward} reads “${words[forward - 1]}” and gives what comes next, “${answers[forward - 1]}”, a probability of ${inWords(right)}.`);

const last = ({drive}) => drive.length;
export default explorer({
  title: "The network unrolled",
  hint: ({backward}) => (backward
    ? "Drag the error back through the steps, or point at a pair (t, k) in the map to see the product that links them."
    : "Go forward a step at a time, or drag over the steps. Each column is one state: five numbers, and what the network expects next."),
  given: ["W_hh", "drive", "W_ho", "b_o", "targets", "words", "answers", "backward"],
  defaults: {forward: 1, later: 7, earlier: 3},
  controls: [
    number("forward", "Forward to step", 0, last, 1, {integer: true, main: true, when: ({backward}) => !backward}),
    number("later", "Error enters at t", 1, last, 1, {integer: true, main: true, when: ({backward}) => backward}),
    number("earlier", "Carried back to k", 0, ({later}) => later, 1, {integer: true, main: true, when: ({backward}) => backward}),
  ],
  presets: [
    ["One step forward", state => ({forward: Math.min(last(state), state.forward + 1)}), ({backward}) => !backward],
    ["From the start", {forward: 0}, ({backward}) => !backward],
    ["One step back", state => ({earlier: Math.max(0, state.earlier - 1)}), ({backward}) => backward],
    ["Play it back", {earlier: 0}, ({backward}) => backward,
      {from: ({later}) => ({earlier: later}), next: ({earlier}) => (earlier > 0 ? {earlier: earlier - 1} : null)}],
    ["To the end again", state => ({later: last(state), earlier: last(state)}), ({backward}) => backward],
  ],
  repair(state) {
    const forward = Math.min(state.forward, last(state));
    const later = state.backward ? Math.min(state.later, last(state)) : Math.max(1, forward);
    return {forward, later, earlier: Math.min(state.earlier, later)};
  },
  compute, draw, readout, say,
});
