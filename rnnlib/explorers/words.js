// A trained next-word model: what comes next, and how much of that hangs on each earlier word.
import { inWords, svg } from "./drawing.js";
import { explorer, text } from "./shared.js";

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

let known = {};
function network({W_hh, W_xh, W_ho, scales, b_h, b_o, vocabulary}) {
  if (known.W_hh === W_hh && known.W_ho === W_ho) return known.network;
  const words = vocabulary.split(" ");
  known = {W_hh, W_ho, network: {
    words, H: b_h.length, b_h, b_o,
    number: new Map(words.map((word, i) => [word, i])),
    W_hh: decode(W_hh, scales.W_hh, false), // (H, H), row by row
    W_xh: decode(W_xh, scales.W_xh, true), // (V, H): the column of each word, one after the other
    W_ho: decode(W_ho, scales.W_ho, true), // (V, H)
  }};
  return known.network;
}

function compute(state) {
  const {words, number, H, b_h, b_o, W_hh, W_xh, W_ho} = network(state);
  const tokens = (state.sentence.toLowerCase().match(TOKEN) ?? []).slice(0, 400);
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
  const logits = words.map((_, v) => dot(W_ho, v * H, hs.at(-1)) + b_o[v]);
  const largest = Math.max(...logits);
  const sum = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  const o = logits.map(z => Math.exp(z - largest) / sum);
  const likeliest = words.map((_, v) => v).sort((v, w) => o[w] - o[v]).slice(0, 8);

  // log o(likeliest) is the output whose error goes back: its gradient in z is one-hot − o.
  const dh = new Float64Array(H);
  for (let v = 0; v < words.length; v++) {
    const dz = (v === likeliest[0] ? 1 : 0) - o[v];
    for (let i = 0; i < H; i++) dh[i] += dz * W_ho[v * H + i];
  }
  const reach = [];
  let error = dh;
  for (let t = tokens.length; t > 0; t--) {
    const delta = error.map((value, i) => value * (1 - hs[t][i] ** 2));
    reach.unshift(Math.sqrt(dot(delta, 0, delta)));
    error = new Float64Array(H);
    for (let i = 0; i < H; i++) for (let j = 0; j < H; j++) error[j] += delta[i] * W_hh[i * H + j];
  }
  return {
    tokens, reach, unknown: tokens.map(token => !number.has(token)),
    next: likeliest.map(v => ({word: words[v], probability: o[v]})),
    entropy: o.reduce((sum, p) => sum - (p ? p * Math.log2(p) : 0), 0),
  };
}

function dot(matrix, start, vector) {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += matrix[start + i] * vector[i];
  return sum;
}

function draw(sheet, _, {tokens, reach, unknown, next}) {
  const write = (x, y, content, attributes = {}) => {
    const made = sheet.svg.appendChild(svg("text", {x, y, ...attributes}));
    made.textContent = content;
    return made;
  };
  write(0, 18, tokens.length ? "‖δ‖ at each word (log scale)" : "Nothing typed: the prediction at the beginning", {class: "label"});
  const largest = Math.max(...reach), smallest = Math.min(...reach.filter(r => r > 0), largest);
  const decades = Math.max(1, Math.log10(largest / smallest));
  let x = 0, y = 40;
  tokens.slice(-120).forEach((token, i, shown) => { // on a phone, 120 words fill the screen
    const at = tokens.length - shown.length + i, width = Math.max(26, 8.2 * token.length + 8);
    if (x + width > sheet.width) [x, y] = [0, y + 52];
    const share = reach[at] > 0 ? 1 - Math.log10(largest / reach[at]) / (1.05 * decades) : 0;
    sheet.svg.append(svg("rect", {x, y: y + 26 - 24 * share, width: width - 4, height: Math.max(1, 24 * share), class: "bar gradient"}));
    write(x, y + 42, unknown[at] ? `${token}*` : token, unknown[at] ? {class: "note reference"} : {});
    x += width;
  });
  y += tokens.length ? 66 : 0;
  if (unknown.some(Boolean)) y += 12;
  if (unknown.some(Boolean)) write(0, y - 8, "* not in the vocabulary: the model reads <unk>", {class: "note reference"});
  write(0, y + 14, "The likeliest next words", {class: "label"});
  next.forEach(({word, probability}, i) => {
    const top = y + 26 + 24 * i;
    write(118, top + 15, word, {"text-anchor": "end"});
    const width = (sheet.width - 200) * probability / next[0].probability;
    sheet.svg.append(svg("rect", {x: 126, y: top + 2, width, height: 17, class: "bar output"}));
    write(132 + width, top + 15, percent(probability));
  });
  sheet.height = y + 26 + 24 * next.length + 6;
}

const percent = probability => `${inWords(100 * probability, 3)} %`;

const readout = (_, {tokens, reach, next, entropy}) => [
  ["first", `probability of “${next[0].word}”`, next[0].probability],
  ["second", `probability of “${next[1].word}”`, next[1].probability],
  ["entropy", "entropy of the prediction, in bits", entropy],
  ["newest", tokens.length ? `‖δ‖ at “${tokens.at(-1)}”, the last word` : "‖δ‖ at the last word", reach.at(-1) ?? 0],
  ["oldest", tokens.length ? `‖δ‖ at “${tokens[0]}”, the first word` : "‖δ‖ at the first word", reach[0] ?? 0],
];

const say = (_, {tokens, next, unknown}) =>
  `After ${tokens.length} ${tokens.length === 1 ? "word" : "words"}, ${unknown.filter(Boolean).length} of them unknown, the likeliest next words are ${next.slice(0, 3).map(({word, probability}) => `${word}, ${percent(probability)}`).join("; ")}.`;

export default explorer({
  title: "A trained next-word model",
  hint: "Type the beginning of a sentence. Each bar is ‖δ‖ at its word: what a change of that word’s input would do to the logarithm of the first prediction. Which words does the model still listen to?",
  given: ["W_hh", "W_xh", "W_ho", "scales", "b_h", "b_o", "vocabulary"],
  defaults: {sentence: "if the object has a method named"},
  controls: [text("sentence", "A sentence, to be continued", {maxlength: 2000})],
  presets: [
    ["return the value of the", {sentence: "return the value of the"}],
    ["in this case ,", {sentence: "in this case ,"}],
    ["a long one", {sentence: "the exception that was raised while the body of the with statement was executed is passed to the"}],
    ["empty", {sentence: ""}],
  ],
  compute, draw, readout, say,
});
