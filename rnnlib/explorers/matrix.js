// A circle pushed through J_1, J_2, … of two units, J_t = diag(φ′(s_t)) W, and what bounds it.
import { decadesAround, inWords, product } from "./drawing.js";
import { choice, number } from "./controls.js";
import { explorer } from "./shared.js";

const rotation = angle => {
  const [c, s] = [Math.cos(angle * Math.PI / 180), Math.sin(angle * Math.PI / 180)];
  return [c, -s, s, c];
};
const times = ([a, b, c, d], [e, f, g, h]) => [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];

const FORMS = {
  entries: ({w11, w12, w21, w22}) => [w11, w12, w21, w22],
  singular: ({sigma1, sigma2, out, into}) =>
    times(times(rotation(out), [sigma1, 0, 0, sigma2]), rotation(-into)),
  eigen: ({lambda1, lambda2, shear}) => [lambda1, shear, 0, lambda2],
};

// Largest and smallest singular value of a 2 × 2 matrix, in closed form.
function singularValues([a, b, c, d]) {
  const [sum, difference] = [Math.hypot(a + d, b - c), Math.hypot(a - d, b + c)];
  return [(sum + difference) / 2, Math.abs(sum - difference) / 2];
}

function spectralRadius([a, b, c, d]) {
  const [half, determinant] = [(a + d) / 2, a * d - b * c];
  const discriminant = ((a - d) / 2) ** 2 + b * c;
  return discriminant < 0 ? Math.sqrt(determinant) : Math.abs(half) + Math.sqrt(discriminant);
}

const SLOPES = { // φ′ of both units at step t, given their total inputs
  constant: ({slope1, slope2}) => [slope1, slope2],
  alternating: ({slope1, slope2}, t) => (t % 2 ? [slope1, slope2] : [slope2, slope1]),
  tanh: (_, t, s) => s.map(total => 1 - Math.tanh(total) ** 2),
};

// P_{t,0} for t = 0 … steps, each as a matrix of size about 1 and the logarithm of its scale.
function compute(state) {
  const W = FORMS[state.form](state);
  const gamma = state.slopes === "tanh" ? 1 : Math.max(Math.abs(state.slope1), Math.abs(state.slope2));
  const [sigma] = singularValues(W);
  const steps = [{P: [1, 0, 0, 1], log: 0}], jacobians = [], norms = [0];
  let h = [state.start1, state.start2];
  for (let t = 1; t <= state.steps; t++) {
    const s = [W[0] * h[0] + W[1] * h[1], W[2] * h[0] + W[3] * h[1]];
    const [first, second] = SLOPES[state.slopes](state, t, s);
    const J = [first * W[0], first * W[1], second * W[2], second * W[3]];
    const P = times(J, steps[t - 1].P);
    const size = Math.max(...P.map(Math.abs));
    steps.push({P: size ? P.map(entry => entry / size) : P, log: steps[t - 1].log + Math.log10(size)});
    norms.push(steps[t].log + Math.log10(singularValues(steps[t].P)[0]));
    jacobians.push(J);
    if (state.slopes === "tanh") h = s.map(Math.tanh);
  }
  const radius = spectralRadius(jacobians[0]);
  const bounds = norms.map((_, t) => t * Math.log10(gamma * sigma) || 0);
  const radii = norms.map((_, t) => t * Math.log10(radius) || 0);
  return {W, steps, norms, bounds, radii, gamma, sigma, radiusW: spectralRadius(W), radius, last: jacobians.at(-1)};
}

// The circle after so many steps, as a strip; W itself, to be dragged; and the norm, its bound and the radius.
function draw(sheet, state, {W, steps, norms, bounds, radii}, change) {
  strip(sheet, steps, norms);
  const half = (sheet.wide ? 0.36 : 0.46) * sheet.width, top = sheet.height + 6;
  const side = sheet.wide ? 246 : 176, extent = sheet.keep("extent", 1.25 * Math.max(1, ...W.map(Math.abs)));
  const across = extent * Math.max(1, (half - 58) / (side - 62));
  const plane = sheet.plot({height: side, width: half, top, x: [-across, across], y: [-extent, extent], yLabel: sheet.wide ? "W: where units 1 and 2 send" : "W, units 1 and 2"});
  plane.line(CIRCLE, "reference thin");
  plane.line(CIRCLE.map(([x, y]) => [W[0] * x + W[1] * y, W[2] * x + W[3] * y]), "state", {clip: true});
  [[W[0], W[2], "1"], [W[1], W[3], "2"]].forEach(([x, y, name]) => {
    plane.line([[0, 0], [x, y]], "state thin");
    plane.dot(x, y, "state held", 10);
    plane.write(plane.px(x), plane.py(y) + 4.5, name, {"text-anchor": "middle", class: "inside"});
  });
  let taken = 0;
  plane.onDrag("W", (x, y, begins) => {
    const far = (a, b) => Math.hypot(x - a, y - b);
    if (begins) taken = far(W[0], W[2]) <= far(W[1], W[3]) ? 0 : 1;
    change(DRAGGED[state.form](taken, round(x), round(y), state));
  });

  const n = state.steps, curves = [["reference dashed", bounds, "bound"], ["state thin", radii, "ρ^t"], ["gradient", norms, "product"]];
  const all = curves.flatMap(([, values]) => values).filter(Number.isFinite), far = decadesAround(all);
  const end = sheet.keep("end", [12, 25, 50, 100, 200, 500, 1000, 2000, 5000].find(end => end >= n) ?? 10000);
  const growth = sheet.plot({
    height: side, left: half + (sheet.wide ? 8 : 0), top, right: sheet.wide ? 84 : 60, decades: true, reach: true,
    x: [0, end], y: [-far, far], xLabel: "step t", yLabel: "how much is left",
  });
  const heights = [];
  for (const [role, values, name] of curves) {
    growth.line(values.map((value, t) => [t, value]), role, {clip: true});
    if (Number.isFinite(values[n])) heights.push([growth.py(values[n]), name, role.split(" ")[0]]);
  }
  heights.sort(([a], [b]) => a - b).forEach(([, name, role], i, all) => { // labels one below the other
    if (i && all[i][0] - all[i - 1][0] < 18) all[i][0] = all[i - 1][0] + 18;
    growth.write(growth.px(n) + 10, all[i][0] + 5, name, {class: `note ${role}`});
  });
  if (Number.isFinite(norms[n])) growth.dot(n, norms[n], "gradient held", 7);
  growth.onDrag("steps", t => change({steps: Math.min(end, Math.max(1, Math.round(t)))}), {touch: "pan-y"});
}

const CIRCLE = Array.from({length: 73}, (_, i) => [Math.cos(i * Math.PI / 36), Math.sin(i * Math.PI / 36)]);
const round = value => Number(value.toFixed(2));
const degrees = (x, y) => Math.round(Math.atan2(y, x) * 180 / Math.PI);
// What it means, in each form of W, to pull the end of its first or second column to (x, y).
const DRAGGED = {
  entries: (column, x, y) => (column ? {w12: x, w22: y} : {w11: x, w21: y}),
  singular: (column, x, y, {into}) => (column ? {sigma2: round(Math.hypot(x, y))} : {sigma1: round(Math.hypot(x, y)), out: degrees(x, y) + Math.round(into) % 1}),
  eigen: (column, x, y) => (column ? {shear: x, lambda2: y} : {lambda1: x}),
};

// The last steps, each beside the unit circle it came from: where the norm is above 1 both shrink together, so that the
// image fits; below 1 the circle keeps its size and the image is as small as it is.
function strip(sheet, steps, norms) {
  const count = Math.min(steps.length, sheet.wide ? 8 : 5), first = steps.length - count;
  const cell = Math.min(96, sheet.width / count), radius = cell / 2 - 5;
  sheet.write(0, 14, `the unit circle (grey)${sheet.wide ? " and what the product makes of it" : ", after t steps"} (red)`, {class: "label"});
  steps.slice(first).forEach(({P: [a, b, c, d], log}, i) => {
    const t = first + i, [x, y] = [cell * (i + 0.5), 26 + cell / 2], norm = norms[t];
    const unit = radius * Math.min(1, 10 ** -norm), size = Number.isFinite(norm) ? radius * 10 ** (log - Math.max(0, norm)) : 0;
    sheet.draw("circle", {cx: x, cy: y, r: Math.max(1, unit), class: "ring reference"});
    const path = CIRCLE.map(([p, q]) => `${(x + size * (a * p + b * q)).toFixed(2)},${(y - size * (c * p + d * q)).toFixed(2)}`);
    sheet.draw("polygon", {points: path.join(" "), class: "line gradient"});
    sheet.write(x, y + cell / 2 + 12, `t = ${t}`, {"text-anchor": "middle", class: "quiet"});
    sheet.write(x, y + cell / 2 + 28, product(10 ** norm, 1, norm).text, {"text-anchor": "middle", class: "note gradient"});
  });
  sheet.height = 26 + cell + 34;
}

const readout = ({steps: n, slopes}, {W, norms, bounds, sigma, radiusW, radius, gamma}) => [
  ["norm", `‖∂h_{${n}}/∂h_0‖`, product(10 ** norms[n], 1, norms[n])],
  ["sigma", "σ_{max}(W)", sigma],
  ["radiusW", "ρ(W)", radiusW],
  ["radius", slopes === "tanh" ? "ρ(J_1)" : "ρ(J_t)", radius],
  ["bound", `bound (${inWords(gamma)} · σ_{max})^{${n}}`, product((gamma * sigma) ** n, 1, bounds[n])],
  ["determinant", "determinant of W", W[0] * W[3] - W[1] * W[2], "more"],
];

const say = ({steps: n}, {norms, sigma, radiusW}) =>
  `W has spectral radius ${inWords(radiusW, 4)} and largest singular value ${inWords(sigma, 4)}; after ${n} steps the gradient product has norm ${product(10 ** norms[n], 1, norms[n]).text}.`;

const inForm = form => ({when: state => state.form === form, range: [-100, 100]});
const fixed = {when: state => state.slopes !== "tanh", range: [0, 1]};
const orbit = {when: state => state.slopes === "tanh", range: [-100, 100]};

export default explorer({
  title: "A product of matrices",
  hint: "Drag the two blue dots, the columns of W. Make the spectral radius ρ smaller than 1 and let the product grow all the same; then let the bound explode while the product vanishes.",
  defaults: {
    form: "entries", w11: 0.8, w12: 0.6, w21: -0.3, w22: 0.9,
    sigma1: 1.5, sigma2: 0.5, out: 30, into: 0, lambda1: 0.9, lambda2: 0.7, shear: 2,
    slopes: "constant", slope1: 1, slope2: 1, start1: 0.1, start2: 0.1, steps: 10,
  },
  controls: [
    choice("form", "W given by", [["entries", "its entries"], ["singular", "singular values and angles"], ["eigen", "real eigenvalues and a shear"]], {main: true}),
    choice("slopes", "Slopes φ′", [["constant", "the same at every step"], ["alternating", "swapped at every step"], ["tanh", "tanh, along an orbit without input"]], {main: true}),
    number("w11", "W, from unit 1 to unit 1", -4, 4, 0.05, inForm("entries")),
    number("w12", "W, from unit 2 to unit 1", -4, 4, 0.05, inForm("entries")),
    number("w21", "W, from unit 1 to unit 2", -4, 4, 0.05, inForm("entries")),
    number("w22", "W, from unit 2 to unit 2", -4, 4, 0.05, inForm("entries")),
    number("sigma1", "First singular value", 0, 4, 0.05, {...inForm("singular"), range: [0, 100]}),
    number("sigma2", "Second singular value", 0, 4, 0.05, {...inForm("singular"), range: [0, 100]}),
    number("out", "Angle it turns to, in degrees", -180, 180, 1, {...inForm("singular"), range: [-360, 360]}),
    number("into", "Angle it takes, in degrees", -180, 180, 1, {...inForm("singular"), range: [-360, 360]}),
    number("lambda1", "First eigenvalue", -2, 2, 0.05, inForm("eigen")),
    number("lambda2", "Second eigenvalue", -2, 2, 0.05, inForm("eigen")),
    number("shear", "Shear, from unit 2 to unit 1", -10, 10, 0.1, inForm("eigen")),
    number("slope1", "Slope φ′ of unit 1", 0, 1, 0.01, fixed),
    number("slope2", "Slope φ′ of unit 2", 0, 1, 0.01, fixed),
    number("start1", "First state of unit 1", -1, 1, 0.01, orbit),
    number("start2", "First state of unit 2", -1, 1, 0.01, orbit),
    number("steps", "Steps t", 1, 50, 1, {range: [1, 10000], integer: true, main: true}),
  ],
  presets: [
    ["Rises to 10, then dies", {form: "eigen", lambda1: 0.5, lambda2: 0.5, shear: 10, slopes: "constant", slope1: 1, slope2: 1, steps: 15}],
    ["ρ(J) < 1, product 1024", {form: "entries", w11: 0, w12: 2, w21: 2, w22: 0, slopes: "alternating", slope1: 1, slope2: 0.05, steps: 10}],
    ["ρ(W) = 0, explodes", {form: "entries", w11: 4, w12: -4, w21: 4, w22: -4, slopes: "constant", slope1: 1, slope2: 0.01, steps: 10}],
    ["Rotation under tanh", {form: "singular", sigma1: 1, sigma2: 1, out: 30, into: 0, slopes: "tanh", start1: 0.8, start2: 0, steps: 40}],
  ],
  compute, draw, readout, say,
});
