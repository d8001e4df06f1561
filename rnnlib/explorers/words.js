// A trained next-word model: what comes next, and how much of that hangs on each earlier word.
import { inWords } from "./drawing.js";
import { text } from "./controls.js";
import { explorer } from "./shared.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const TOKEN = /<unk>|[\p{L}\p{N}_]+(?:[-'’][\p{L}\p{N}_]+)*|[^\p{L}\p{N}_\s]/gu; // as rnnlib.text

// A weight is one letter, of 64 levels between −1 and 1, times the scale of its unit.
function decode(letters, scales, across) {
  const weights = new Float64Array(letters.length), H = scales.length;
  const level = Object.fromEntries([...LETTERS].map((letter, i) => [letter, (2 * i - 63) / 63]));
  const perUnit = letters.length / H;
  for (let i = 0; i < letters.length; i++)
    weights[i] = level[letters[i]] * scales[across ? i % H : Math.floor(i / perUnit)];
  return weights;
}

const known = new Map(); // by its letters, since the weights do not move while the reader types
function network({W_hh, W_xh, W_ho, scales, b_h, b_o}, vocabulary) {
  const key = W_hh + W_xh;
  if (!known.has(key)) {
    const words = vocabulary.split(" ");
    known.set(key, {
      words, H: b_h.length, b_h, b_o,
      number: new Map(words.map((word, i) => [word, i])),
      W_hh: decode(W_hh, scales.W_hh, false), // (H, H), row by row
      W_xh: decode(W_xh, scales.W_xh, true), // (V, H): the column of each word, one after the other
      W_ho: W_ho && decode(W_ho, scales.W_ho, true), // (V, H); before training there is none
    });
  }
  return known.get(key);
}

function run({number, H, b_h, W_hh, W_xh}, tokens) {
  const hs = [new Float64Array(H)];
  for (const token of tokens) {
    const x = number.get(token) ?? 0, before = hs.at(-1), h = new Float64Array(H);
    for (let i = 0; i < H; i++) {
      let s = b_h[i] + W_xh[x * H + i];
      for (let j = 0; j < H; j++) s += W_hh[i * H + j] * before[j];
      h[i] = Math.tanh(s);
    }
    hs.push(h);
  }
  return hs;
}

function predict({words, H, W_ho, b_o}, h) {
  const logits = words.map((_, v) => dot(W_ho, v * H, h) + b_o[v]);
  const largest = Math.max(...logits);
  const sum = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return logits.map(z => Math.exp(z - largest) / sum);
}

// The gradient of log o(guess) in the last state: in z it is one-hot − o.
function errorOf({H, W_ho}, o, guess) {
  const error = new Float64Array(H);
  o.forEach((p, v) => {
    const dz = (v === guess ? 1 : 0) - p;
    for (let i = 0; i < H; i++) error[i] += dz * W_ho[v * H + i];
  });
  return error;
}

// ‖δ_k‖ for every word: that error, carried back to the total input at which the word was read.
function reachOf({H, W_hh}, hs, error) {
  const reach = [];
  for (let t = hs.length - 1; t > 0; t--) {
    const delta = error.map((value, i) => value * (1 - hs[t][i] ** 2));
    reach.unshift(Math.sqrt(dot(delta, 0, delta)));
    error = new Float64Array(H);
    for (let i = 0; i < H; i++) for (let j = 0; j < H; j++) error[j] += delta[i] * W_hh[i * H + j];
  }
  return reach;
}

function compute(state) {
  const trained = network(state, state.vocabulary), {words, number} = trained;
  const tokens = (state.sentence.toLowerCase().match(TOKEN) ?? []).slice(0, 400);
  const hs = run(trained, tokens), o = predict(trained, hs.at(-1));
  // Words only: number 0 stands for all the words that the model does not know, and is no guess.
  const likeliest = words.map((_, v) => v).slice(1).sort((v, w) => o[w] - o[v]).slice(0, 6);
  const error = errorOf(trained, o, likeliest[0]);
  const fresh = state.before.W_hh && network(state.before, state.vocabulary);
  const before = fresh ? reachOf(fresh, run(fresh, tokens), error) : null;
  return {
    tokens, before, reach: reachOf(trained, hs, error), unknown: tokens.map(token => !number.has(token)),
    next: likeliest.map(v => ({word: words[v], probability: o[v]})), other: o[0],
    entropy: o.reduce((sum, p) => sum - (p ? p * Math.log2(p) : 0), 0),
  };
}

function dot(matrix, start, vector) {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += matrix[start + i] * vector[i];
  return sum;
}

const FAINTEST = 1.5, SHOWN = 60; // decades of reach from full colour to none, a factor of 30; on a phone, 60 words are enough

function draw(sheet, state, {tokens, reach, before, unknown, next}, change) {
  let y = 0;
  if (tokens.length) {
    y = sentence(sheet, y, before ? "what the guess hangs on, after training" : "what the guess hangs on", tokens, reach, unknown);
    if (before) y = sentence(sheet, y + 4, "the same error, in the network before training", tokens, before, unknown);
    sheet.bar(0, y + 16, 150, "gradient", "1/30", "the largest", "‖δ‖ at the word");
    if (unknown.some(Boolean)) sheet.write(180, y + 26, "* unknown, read as <unk>", {class: "quiet"});
    y += 58;
  }
  sheet.write(0, y + 14, tokens.length ? "the likeliest next words: tap one to add it" : "the likeliest first words: tap one to add it", {class: "label"});
  next.forEach(({word, probability}, i) => {
    const top = y + 22 + 24 * i, width = (sheet.width - 190) * probability / next[0].probability;
    sheet.write(110, top + 15, word, {"text-anchor": "end"});
    sheet.draw("rect", {x: 118, y: top + 2, width, height: 17, class: "bar output"});
    sheet.write(124 + width, top + 15, percent(probability));
  });
  const list = {left: 0, right: sheet.width, top: y + 22, bottom: y + 22 + 24 * next.length};
  sheet.hand("guesses", list, (x, at, begins) => {
    const chosen = next[Math.floor((at - list.top) / 24)];
    if (begins && chosen) change({sentence: `${state.sentence.trimEnd()} ${chosen.word}`.trimStart()});
  }, {touch: "pan-y", cursor: "pointer"});
  sheet.height = list.bottom + 4;
}

// The words as they stand, each on a ground as red as its reach, and underlined by as much.
function sentence(sheet, top, title, tokens, reach, unknown) {
  const largest = Math.max(...reach), first = Math.max(0, tokens.length - SHOWN);
  sheet.write(0, top + 14, title, {class: "note gradient"});
  let x = 0, y = top + 24;
  tokens.slice(first).forEach((token, i) => {
    const written = unknown[first + i] ? `${token}*` : token, width = Math.max(22, 8.4 * written.length + 10);
    if (x + width > sheet.width) [x, y] = [0, y + 34];
    const share = reach[first + i] > 0 ? Math.max(0, 1 + Math.log10(reach[first + i] / largest) / FAINTEST) : 0;
    sheet.draw("rect", {x, y, width: width - 3, height: 23, rx: 3, style: `fill: color-mix(in oklab, var(--gradient) ${Math.round(48 * share)}%, var(--ground))`, class: "edge"});
    sheet.draw("rect", {x, y: y + 24, width: width - 3, height: 5 * share, class: "bar gradient"});
    sheet.write(x + (width - 3) / 2, y + 16, written, {"text-anchor": "middle", class: "word"});
    x += width;
  });
  return y + 34;
}

const percent = share => `${share > 1e-3 ? (100 * share).toPrecision(3) : inWords(100 * share)}\u00a0%`;

const readout = (_, {tokens, reach, before, next, other, entropy}) => [
  ["first", `probability of “${next[0].word}”`, next[0].probability],
  ["oldest", tokens.length ? `‖δ‖ at the first word, “${tokens[0]}”` : "‖δ‖ at the first word", reach[0] ?? 0],
  ["newest", tokens.length ? `‖δ‖ at the last, “${tokens.at(-1)}”` : "‖δ‖ at the last", reach.at(-1) ?? 0],
  ["second", `probability of “${next[1].word}”`, next[1].probability, "more"],
  ["other", "probability of a word that the model does not know", other, "more"],
  ["entropy", "entropy of the prediction, in bits", entropy, "more"],
  ...(before ? [["untrained", "‖δ‖ at the first word, before training", before[0] ?? 0, "more"]] : []),
];

const say = (_, {tokens, next, unknown}) =>
  `After ${tokens.length} ${tokens.length === 1 ? "word" : "words"}, ${unknown.filter(Boolean).length} of them unknown, the likeliest next words are ${next.slice(0, 3).map(({word, probability}) => `${word}, ${percent(probability)}`).join("; ")}.`;

export default explorer({
  title: "A trained next-word model",
  hint: "Type the beginning of a sentence. The redder a word, the more the first guess hangs on it: which words does the model still listen to?",
  given: ["W_hh", "W_xh", "W_ho", "scales", "b_h", "b_o", "vocabulary", "before"],
  defaults: {sentence: "the exception that was raised while the body of the with statement was executed is passed to the"},
  controls: [text("sentence", "A sentence, to be continued", {maxlength: 2000, main: true})],
  presets: [
    ["return the value of the", {sentence: "return the value of the"}],
    ["in this case ,", {sentence: "in this case ,"}],
    ["if the object has a method named", {sentence: "if the object has a method named"}],
    ["empty", {sentence: ""}],
  ],
  compute, draw, readout, say,
});
