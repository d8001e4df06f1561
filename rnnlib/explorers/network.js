// A small network unrolled over a sentence: forward step by step, then one error back.
import { inWords, product, subscript, svg, viridis } from "./drawing.js";
import { explorer, number } from "./shared.js";

// The whole run and all its products; the matrices are lists of rows.
function compute({W_hh, drive, W_ho, b_o, targets, later, earlier}) {
  const H = W_hh.length, T = drive.length;
  const hs = [Array(H).fill(0)];
  for (const x of drive) {
    const before = hs.at(-1);
    hs.push(W_hh.map((row, i) => Math.tanh(x[i] + inner(row, before))));
  }
  const slopes = hs.map(h => h.map(value => 1 - value * value));
  const logits = W_ho.map((row, v) => inner(row, hs[later]) + b_o[v]);
  const largest = Math.max(...logits), sum = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  const o = logits.map(z => Math.exp(z - largest) / sum);
  const dz = o.map((p, v) => p - (v === targets[later - 1] ? 1 : 0));
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
  return {hs, deltas, errors, P, logNorms, loss: largest + Math.log(sum) - logits[targets[later - 1]], T, H};
}

const inner = (row, vector) => row.reduce((sum, w, j) => sum + w * vector[j], 0);
const frobenius = P => Math.sqrt(P.flat().reduce((sum, p) => sum + p * p, 0));

function draw(sheet, {words, forward, later, earlier}, {hs, deltas, P, logNorms, T, H}, change) {
  const column = (sheet.width - 34) / (T + 1), row = 22, x = t => 34 + column * (t + 0.5);
  const put = (tag, attributes) => sheet.svg.appendChild(svg(tag, attributes));
  const write = (at, y, content, attributes = {}) => { put("text", {x: at, y, ...attributes}).textContent = content; };
  // A disc as large as the number; hollow if it is negative.
  const disc = (at, y, value, largest, role, radius = 9) => {
    const r = radius * Math.sqrt(Math.min(1, Math.abs(value) / (largest || 1)));
    put("circle", {cx: at, cy: y, r: Math.max(0.6, r - (value < 0 ? 1 : 0)), class: value < 0 ? `ring ${role}` : `dot ${role}`});
  };
  write(0, 16, "states hₜ, unit by unit (hollow: negative)", {class: "label"});
  for (let t = 0; t <= forward; t++) hs[t].forEach((value, i) => disc(x(t), 36 + row * i, value, 1, "state"));
  let y = 36 + row * H;
  for (let t = 0; t <= T; t++) {
    write(x(t), y + 8, String(t), {"text-anchor": "middle", class: t === later || t === earlier ? "note gradient" : ""});
    if (t === 0) continue;
    const long = 7.4 * words[t - 1].length > column;
    write(x(t), y + 26, words[t - 1], long
      ? {"text-anchor": "end", transform: `rotate(-55 ${x(t)} ${y + 26})`, class: t <= forward ? "" : "note reference"}
      : {"text-anchor": "middle", class: t <= forward ? "" : "note reference"});
  }
  const longest = Math.max(...words.map(word => (7.4 * word.length > column ? 6.2 * word.length : 0)));
  y += 54 + longest;
  write(0, y, `error of step ${later}: δₖ, carried back to step ${earlier}`, {class: "label"});
  if (forward < later) write(34, y + 26, `Go forward to step ${later} first.`, {class: "note reference"});
  else {
    const largest = Math.max(...deltas[later].map(Math.abs));
    for (let k = later; k >= Math.max(1, earlier); k--)
      deltas[k].forEach((value, i) => disc(x(k), y + 20 + row * i, value, largest, "gradient"));
  }
  y += 26 + row * H;

  const wide = sheet.width > 560, side = wide ? Math.min(300, sheet.width / 2 - 30) : sheet.width - 66;
  const map = sheet.plot({
    top: y, height: side + 76, width: side + 68, x: [-0.5, T + 0.5], y: [-0.5, T + 0.5],
    xLabel: "earlier step k", yLabel: "later step t; colour: log₁₀ ‖∂hₜ/∂hₖ‖",
  });
  const all = logNorms.flat().filter(Number.isFinite), [low, high] = [Math.min(...all), Math.max(...all)];
  logNorms.forEach((norms, t) => norms.forEach((log, k) => {
    const share = Number.isFinite(log) ? (log - low) / (high - low || 1) : 0;
    map.draw("rect", {
      x: map.px(k - 0.5), y: map.py(t + 0.5), width: map.px(1) - map.px(0) + 0.5, height: map.py(0) - map.py(1) + 0.5,
      style: `fill: rgb(${viridis(share).join(" ")})`, class: t === later && k === earlier ? "chosen" : "",
    });
  }));
  map.draw("rect", {x: map.px(earlier - 0.5), y: map.py(later + 0.5), width: map.px(1) - map.px(0), height: map.py(0) - map.py(1), class: "chosen"});
  map.onPoint((k, t) => {
    const [to, from] = [Math.min(T, Math.max(1, Math.round(t))), Math.max(0, Math.round(k))];
    if (from <= to && (to !== later || from !== earlier)) change({later: to, earlier: from, forward: Math.max(forward, to)});
  }, true);

  const [left, top] = wide ? [side + 110, y] : [34, sheet.height + 8];
  const cell = Math.min(34, (sheet.width - left - 10) / H);
  write(left - (wide ? 20 : 34), top + 18, `∂h${subscript(later)}/∂h${subscript(earlier)}, entry by entry`, {class: "label"});
  const largest = Math.max(...P.flat().map(Math.abs));
  P.forEach((entries, i) => entries.forEach((value, j) => disc(left + cell * (j + 0.5), top + 40 + cell * (i + 0.5), value, largest, "gradient", cell / 2 - 2)));
  sheet.height = Math.max(sheet.height, top + 48 + cell * H);
}

const readout = ({words, later, earlier}, {P, errors, deltas, loss}) => {
  const norm = frobenius(P);
  return [
    ["norm", `‖∂h${subscript(later)}/∂h${subscript(earlier)}‖, Frobenius`, product(norm, 1, Math.log10(norm))],
    ["error", `‖∂L${subscript(later)}/∂h${subscript(earlier)}‖`, Math.hypot(...errors[earlier])],
    ["delta", earlier ? `‖δ${subscript(earlier)}‖, where “${words[earlier - 1]}” was read` : "‖δ‖ (no word was read at step 0)", earlier ? Math.hypot(...deltas[earlier]) : 0],
    ["loss", `loss of the prediction at step ${later}`, loss],
  ];
};

const say = ({forward, later, earlier, words}, {P}) =>
  `Forward to step ${forward}. The state after step ${later}, “${words[later - 1]}”, depends on the state after step ${earlier} by a product of norm ${inWords(frobenius(P), 3)}.`;

const last = ({drive}) => drive.length;
export default explorer({
  title: "The network unrolled",
  hint: "Step forward to the end of the sentence, then send the last error back. Point at a pair (t, k) in the map to see the product that links them.",
  given: ["W_hh", "drive", "W_ho", "b_o", "targets", "words"],
  defaults: {forward: 1, later: 7, earlier: 7},
  controls: [
    number("forward", "Forward to step", 0, last, 1, {integer: true}),
    number("later", "The error enters at step t", 1, last, 1, {integer: true}),
    number("earlier", "It is carried back to step k", 0, ({later}) => later, 1, {integer: true}),
  ],
  presets: [
    ["One step forward", state => ({forward: Math.min(last(state), state.forward + 1)})],
    ["One step back", state => ({forward: Math.max(state.forward, state.later), earlier: Math.max(0, Math.min(state.earlier, state.later) - 1)})],
    ["To the end and all the way back", state => ({forward: last(state), later: last(state), earlier: 0})],
  ],
  repair: state => ({later: Math.min(state.later, last(state)), forward: Math.min(state.forward, last(state)), earlier: Math.min(state.earlier, state.later, last(state))}),
  compute, draw, readout, say,
});
