// A circle pushed through J_1, J_2, … of two units, J_t = diag(φ′(s_t)) W, and what bounds it.
import { inWords, product, subscript } from "./drawing.js";
import { choice, explorer, number } from "./shared.js";

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

function draw(sheet, {steps: n}, {steps, norms, bounds, radii}) {
  const wide = sheet.width > 600, half = wide ? 0.46 * sheet.width : sheet.width;
  const shown = steps.map((step, t) => ({...step, t})).filter(({t}) => t <= 12);
  const circle = Array.from({length: 73}, (_, i) => [Math.cos(i * Math.PI / 36), Math.sin(i * Math.PI / 36)]);
  const images = shown.map(({P: [a, b, c, d], log}) =>
    circle.map(([x, y]) => [10 ** log * (a * x + b * y), 10 ** log * (c * x + d * y)]));
  const extent = 1.08 * Math.max(1, ...images.flat(2).filter(Number.isFinite).map(Math.abs));
  const plane = sheet.plot({
    height: half + 18, width: half, x: [-extent, extent], y: [-extent, extent],
    xLabel: "unit 1", yLabel: `the circle after 0 … ${shown.length - 1} steps`,
  });
  images.forEach((image, i) => {
    const colour = `color-mix(in oklab, var(--gradient) ${Math.round(100 * i / Math.max(1, shown.length - 1))}%, var(--state))`;
    plane.line(image, "").setAttribute("style", `stroke: ${colour}`);
  });

  const curves = [["gradient", norms, "‖P‖"], ["reference dashed", bounds, "bound"], ["state thin", radii, "ρᵗ"]];
  const all = curves.flatMap(([, values]) => values).filter(Number.isFinite);
  const margin = 0.08 * (Math.max(...all) - Math.min(...all)) || 1;
  const growth = sheet.plot({
    height: wide ? half + 18 : 290, left: wide ? half + 8 : 0, top: wide ? 0 : sheet.height,
    x: [0, n * 1.14], y: [Math.min(...all) - margin, Math.max(...all) + margin],
    xLabel: "step t", yLabel: "log₁₀ ‖∂hₜ/∂h₀‖",
  });
  const heights = [];
  for (const [role, values, name] of curves) {
    growth.line(values.map((value, t) => [t, value]), role);
    const end = values[n];
    if (!Number.isFinite(end)) continue;
    let y = growth.py(end) + 4;
    while (heights.some(other => Math.abs(other - y) < 15)) y += 15; // labels side by side
    heights.push(y);
    growth.write(growth.px(n) + 5, y, name, {class: `note ${role.split(" ")[0]}`});
  }
}

const readout = ({steps: n, slopes}, {W, norms, bounds, sigma, radiusW, radius, gamma}) => [
  ["sigma", "largest singular value of W", sigma],
  ["radiusW", "spectral radius of W", radiusW],
  ["radius", slopes === "tanh" ? "spectral radius of J₁" : "spectral radius of each J", radius],
  ["norm", `‖∂h${subscript(n)}/∂h₀‖`, product(10 ** norms[n], 1, norms[n])],
  ["bound", `bound (${inWords(gamma)} · σ) to the power ${n}`, product((gamma * sigma) ** n, 1, bounds[n])],
  ["determinant", "determinant of W", W[0] * W[3] - W[1] * W[2]],
];

const say = ({steps: n}, {norms, sigma, radiusW}) =>
  `W has spectral radius ${inWords(radiusW, 4)} and largest singular value ${inWords(sigma, 4)}; after ${n} steps the gradient product has norm ${product(10 ** norms[n], 1, norms[n]).text}.`;

const inForm = form => ({when: state => state.form === form, range: [-100, 100]});
const fixed = {when: state => state.slopes !== "tanh", range: [0, 1]};
const orbit = {when: state => state.slopes === "tanh", range: [-100, 100]};

export default explorer({
  title: "A product of matrices",
  hint: "Make the spectral radius of W smaller than 1 and let the product grow all the same; then let the bound explode while the product vanishes.",
  defaults: {
    form: "entries", w11: 0.8, w12: 0.6, w21: -0.3, w22: 0.9,
    sigma1: 1.5, sigma2: 0.5, out: 30, into: 0, lambda1: 0.9, lambda2: 0.7, shear: 2,
    slopes: "constant", slope1: 1, slope2: 1, start1: 0.1, start2: 0.1, steps: 10,
  },
  controls: [
    choice("form", "W given by", [["entries", "its entries"], ["singular", "singular values and angles"], ["eigen", "real eigenvalues and a shear"]]),
    choice("slopes", "Slopes φ′", [["constant", "the same at every step"], ["alternating", "swapped at every step"], ["tanh", "tanh, along an orbit without input"]]),
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
    number("steps", "Steps t", 1, 50, 1, {range: [1, 10000], integer: true}),
  ],
  presets: [
    ["Rises to 10, then dies", {form: "eigen", lambda1: 0.5, lambda2: 0.5, shear: 10, slopes: "constant", slope1: 1, slope2: 1, steps: 15}],
    ["ρ(J) < 1, product 1024", {form: "entries", w11: 0, w12: 2, w21: 2, w22: 0, slopes: "alternating", slope1: 1, slope2: 0.05, steps: 10}],
    ["ρ(W) = 0, explodes", {form: "entries", w11: 4, w12: -4, w21: 4, w22: -4, slopes: "constant", slope1: 1, slope2: 0.01, steps: 10}],
    ["Rotation under tanh", {form: "singular", sigma1: 1, sigma2: 1, out: 30, into: 0, slopes: "tanh", start1: 0.8, start2: 0, steps: 40}],
  ],
  compute, draw, readout, say,
});
