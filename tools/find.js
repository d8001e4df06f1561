// The search: which sections answer a question, the text's before the library's. `rank` is plain, and tested by itself.

// What is asked and what is written meet in their stems: clip, clips, clipped, clipping; 2^10 and BPTT stay what they are.
const WORD = /[\p{L}\p{N}]+(?:[._^′'’-][\p{L}\p{N}]+)*/gu;
export const tokens = text => (text.toLowerCase().match(WORD) ?? []).flatMap(word =>
  [word, ...(/[._'’-]/.test(word) && !/^[\d.]+$/.test(word) ? word.split(/[._'’-]/) : [])]).map(stem);
function stem(word) {
  if (!/^\p{L}{4,}$/u.test(word)) return word;
  const bare = word.replace(/(?:ies)$/, "y").replace(/(?:ings?|ed|es|s)$/, "");
  return (bare.length >= 3 ? bare : word).replace(/([bdfgklmnprt])\1$/, "$1").replace(/e$/, "");
}

// Places with their words counted, once for all questions.
export function prepare({pages, names}) {
  const places = pages.flatMap(({page, title, kind, places}) => places.map((place, i) => ({
    page, kind, pageTitle: title, ...place, first: i === 0,
    inTitle: new Set(tokens(place.title)), inPageTitle: new Set(tokens(title)), counts: count(tokens(place.text)),
  })));
  const known = new Map();
  for (const place of places)
    for (const word of new Set([...place.counts.keys(), ...place.inTitle])) known.set(word, (known.get(word) ?? 0) + 1);
  const length = places.reduce((sum, place) => sum + place.counts.size, 0) / Math.max(1, places.length);
  return {places, known, length, names};
}

function count(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

// BM25 with a title counted like a dozen mentions and a chapter's opening, which says what it is about, like two; more for
// a page of which many places answer, less for exercises; the library's names last. Every word asked for has to be there,
// as it stands or as the beginning of a longer one.
export function rank(index, question) {
  const {places, known, length, names} = index, other = names[question.trim().toLowerCase()];
  if (other) { // BPTT is found where backpropagation through time is, and where it is called so
    const found = rank({...index, names: {}}, other), same = place => `${place.page}#${place.id}`, there = new Set(found.map(same));
    return [...found, ...rank({...index, names: {}}, question).filter(place => !there.has(same(place)))]
      .sort((a, b) => (a.kind === 3) - (b.kind === 3));
  }
  const equation = question.trim().match(/^(?:eq(?:uation|\.)?|formula)?\s*\(?(\d+\.\d+)\)?$/i)?.[1];
  if (equation) {
    const found = places.filter(place => place.equations.split(" ").includes(equation));
    if (found.length) return found.sort((a, b) => a.kind - b.kind);
  }
  const asked = tokens(question).map(word => (known.has(word) || word.length < 3 ? [word]
    : [...known.keys()].filter(other => other.startsWith(word))));
  if (!asked.length) return [];
  const weigh = place => asked.reduce((sum, forms) => {
    const scores = forms.map(word => {
      const often = (place.counts.get(word) ?? 0) + (place.inTitle.has(word) ? 12 : 0);
      if (!often) return 0;
      const weight = often + (place.first ? 2 : 0);
      const rare = Math.log(1 + places.length / (known.get(word) ?? 1));
      return rare * (weight / (weight + 1.2 * (0.4 + 0.6 * place.counts.size / length)) + (place.inPageTitle.has(word) ? 0.4 : 0) + (place.inTitle.has(word) ? 0.4 : 0));
    });
    const best = Math.max(0, ...scores);
    return best === 0 ? -Infinity : sum + best;
  }, 0);
  const found = places.map(place => ({...place, score: weigh(place)})).filter(({score}) => score > 0);
  const share = page => found.filter(place => place.page === page).length / found.length;
  for (const place of found)
    place.score *= (1 + 0.8 * share(place.page)) * (place.title === "Exercises" ? 0.7 : 1) * [1, 0.8, 0.5, 1][place.kind];
  return found.sort((a, b) => (a.kind === 3) - (b.kind === 3) || b.score - a.score);
}

// Some words around the first that was asked for.
export function excerpt(text, question, size = 180) {
  const asked = new Set(tokens(question));
  const hit = [...text.matchAll(WORD)].find(({0: word}) => tokens(word).some(one => asked.has(one)))?.index ?? 0;
  const from = hit < size / 2 ? 0 : text.indexOf(" ", hit - size / 2) + 1;
  const to = from + size >= text.length ? text.length : text.lastIndexOf(" ", from + size);
  return `${from ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
}

async function show() {
  const question = new URL(location.href).searchParams.get("q") ?? "";
  for (const field of document.querySelectorAll("form.bd-search input[name=q]")) field.value = question;
  document.querySelector(".bd-search-container form.bd-search input")?.focus();
  if (!question.trim()) return;
  const summary = document.getElementById("search-summary"), list = document.getElementById("search-results");
  summary.textContent = "Searching …";
  const answer = await fetch(new URL("places.json", import.meta.url));
  const found = rank(prepare(await answer.json()), question);
  summary.textContent = found.length ? `${found.length} ${found.length === 1 ? "place" : "places"}${found.length > 30 ? ", the best 30" : ""}`
    : `Nothing for “${question}”. A single word, or the beginning of one, finds more.`;
  list.replaceChildren(...found.slice(0, 30).map(place => {
    const item = document.createElement("li"), link = document.createElement("a"), words = document.createElement("p");
    link.href = new URL(`../${place.page}.html${place.first ? "" : `#${place.id}`}`, import.meta.url);
    link.textContent = place.title;
    const where = document.createElement("span");
    where.textContent = place.first || place.kind === 3 ? "" : ` in ${place.pageTitle}`;
    words.textContent = excerpt(place.text, question);
    item.append(link, where, words);
    return item;
  }));
}
if (typeof document !== "undefined") show();
