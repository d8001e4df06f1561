// Temml in a process of its own: a formula in, as a line of JSON, its MathML out.
//
// What a browser does not know of TeX, as a change of Temml's tree:
// - in an index there is no room around an operator;
// - before the name of a function there is some, as in x log x;
// - the brackets of a small matrix are as tall as it is;
// - of the pieces between which a formula in a line may break, none is an operator alone, which would
//   lose its room, and none ends in an opening bracket.
const {readFileSync} = require("fs");
const temml = new Function(readFileSync(process.argv[2], "utf8") + "; return temml")();
const SCRIPTS = ["msub", "msup", "msubsup", "munder", "mover", "munderover"];
const ORDINARY = ["mi", "mn", "mfrac", "msqrt", "mstyle", ...SCRIPTS];
const written = node => node.text ?? (node.children ?? []).map(written).join("");
const applies = node => node?.type === "mo" && written(node) === "\u2061";
const names = node => node.type === "mrow" && applies(node.children[1]);
const opens = node => node?.type === "mo" && ["(", "[", "{", "⟨"].includes(written(node));
const closes = node => node?.type === "mo" && node.attributes.form === "postfix";
const ends = node => ORDINARY.includes(node.type) || closes(node)
  || (node.type === "mrow" && node.children.length > 0 && ends(node.children.at(-1)));
function tighten(node, small) {
  if (small && node.type === "mo") Object.assign(node.attributes, {lspace: "0em", rspace: "0em"});
  const scripts = SCRIPTS.includes(node.type);
  (node.children ?? []).forEach((child, i) => tighten(child, small || (scripts && i > 0)));
}
function space(node, make) {
  if (!node.children) return;
  node.children.forEach(child => space(child, make));
  if (SCRIPTS.includes(node.type) || node.type === "mfrac") return;
  node.children = node.children.flatMap((child, i, all) => {
    const name = i > 0 && (names(child) || applies(all[i + 1])) && ends(all[i - 1]);
    return name ? [make(), child] : [child];
  });
}
const small = node => node?.type === "mstyle" && node.children[0]?.classes?.includes("tml-small");
function grow(node) {
  (node.children ?? []).forEach((child, i, all) => {
    if (child.type === "mo" && (small(all[i - 1]) || small(all[i + 1]))) {
      delete child.attributes.minsize;
      delete child.attributes.maxsize;
      child.attributes.stretchy = "true";
    }
    grow(child);
  });
}
const bars = node => node.type === "mo" && ["|", "‖", "∥"].includes(written(node));
const open = ({children}) => opens(children.at(-1)) || children.filter(bars).length % 2 === 1;
function join(list) {
  while (list.children.length === 1 && !list.children[0].type) list = list.children[0];
  const pieces = [];
  for (const piece of list.children) {
    const last = pieces.at(-1);
    const alone = piece.type === "mrow" && piece.children.every(child => child.type === "mo")
      && !open(piece);
    if (last?.type === "mrow" && (alone || open(last))) last.children.push(...piece.children ?? [piece]);
    else pieces.push(piece);
  }
  list.children = pieces;
}
require("readline").createInterface({input: process.stdin}).on("line", line => {
  const {latex, options} = JSON.parse(line);
  const answer = {};
  try {
    const formula = temml.__renderToMathMLTree(latex, options);
    tighten(formula, false);
    const Node = formula.constructor;
    space(formula, () => new Node("mspace", [], [], {width: "0.1667em"}));
    if (!options.displayMode) join(formula);
    grow(formula);
    answer.html = formula.toMarkup();
  } catch (error) { answer.error = error.message; }
  console.log(JSON.stringify(answer));
});
