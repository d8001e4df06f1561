// Three networks that differ in one number, the gain of their recurrent weights, and how far back their errors reach.
import { decadesAround, inWords, product } from "./drawing.js";
import { number } from "./controls.js";
import { explorer, memory } from "./shared.js";

const NAMES = ["first", "second", "third"];

// log₁₀ of ‖∂h_T/∂h_k‖ over its value at k = T, for the distances T − k = 0 … T, in the Frobenius norm.
function reachOf(gain, W, drive) {
  const H = W.length, slopes = [];
  let h = Array(H).fill(0);
  for (const x of drive) {
    h = W.map((row, i) => Math.tanh(x[i] + gain * row.reduce((sum, w, j) => sum + w * h[j], 0)));
    slopes.push(h.map(value => 1 - value * value));
  }
  let P = W.map((_, i) => W.map((_, j) => Number(i === j) / Math.sqrt(H))), log = 0;
  const logs = [0];
  for (const slope of slopes.reverse()) { // its size is kept apart, since it leaves the floats
    P = P.map(row => row.map((_, j) => row.reduce((sum, p, i) => sum + p * slope[i] * gain * W[i][j], 0)));
    const norm = Math.sqrt(P.flat().reduce((sum, p) => sum + p * p, 0));
    P = P.map(row => row.map(p => p / norm));
    logs.push(log += Math.log10(norm));
  }
  return logs;
}

const once = memory(); // of the three curves one moves at a time
function compute({W, drive, ...state}) {
  const curves = NAMES.map(name => once([W, drive], state[name], () => reachOf(state[name], W, drive)));
  return {curves, T: drive.length};
}

const fate = log => (log < -1 ? "vanishes" : log > 1 ? "explodes" : "is kept");

function draw(sheet, state, {curves, T}, change) {
  const far = sheet.keep("far", decadesAround(curves.map(logs => logs[T]), 6));
  const plot = sheet.plot({
    height: sheet.wide ? 300 : 270, right: sheet.wide ? 92 : 74, x: [0, T], y: [-far, far], decades: true, reach: true,
    xLabel: "steps back, t − k", yLabel: "how much of the error is left",
  });
  const labels = curves.map((logs, i) => {
    plot.line(logs.map((log, d) => [d, log]), "gradient", {clip: true});
    const end = Math.min(far, Math.max(-far, logs[T]));
    plot.dot(T, end, "gradient held", 8);
    return [plot.py(end), `${i + 1} ${fate(logs[T])}`];
  }).sort(([a], [b]) => a - b);
  labels.forEach(([y, name], i) => { // one below the other
    if (i && y - labels[i - 1][0] < 17) labels[i][0] = labels[i - 1][0] + 17;
    sheet.write(plot.box.right + 13, labels[i][0] + 4, name, {class: "note gradient"});
  });
  const area = {...plot.box, right: sheet.width};
  sheet.hand("curves", area, (x, y, begins) => {
    const distance = Math.min(T, Math.max(10, Math.round(T * (x - plot.box.left) / (plot.box.right - plot.box.left))));
    const log = far * (plot.box.bottom + plot.box.top - 2 * y) / (plot.box.bottom - plot.box.top);
    if (begins) {
      const apart = curves.map(logs => Math.abs(logs[distance] - log)), i = apart.indexOf(Math.min(...apart));
      sheet.taken = {name: NAMES[i], gain: state[NAMES[i]], log, distance};
    }
    const {name, gain, ...from} = sheet.taken; // were there no tanh, the curve would follow the pointer
    change({[name]: Number(Math.min(4, Math.max(0.1, gain * 10 ** ((log - from.log) / from.distance))).toFixed(3))});
  });
}

const readout = (_, {curves, T}) =>
  NAMES.map((name, i) => [name, `left in network ${i + 1}`, product(10 ** curves[i][T], 1, curves[i][T])]);

const say = (state, {curves, T}) =>
  `After ${T} steps back, ${NAMES.map((name, i) => `the error of the ${name} network, gain ${inWords(state[name])}, ${fate(curves[i][T])}: ${product(10 ** curves[i][T], 1, curves[i][T]).text}`).join("; ")}.`;

export default explorer({
  title: "How much is left after a hundred steps?",
  hint: "Three networks, alike but for one number: the gain of their recurrent weights. Drag a curve up or down, and see what that number does.",
  given: ["W", "drive"],
  defaults: {first: 0.9, second: 1.4, third: 2.5},
  controls: NAMES.map((name, i) => number(name, `Gain of network ${i + 1}`, 0.1, 4, 0.01, {main: true})),
  compute, draw, readout, say,
});
