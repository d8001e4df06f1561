// What a reference to an equation means, beside it: on hover and on focus, until Escape or the reader goes elsewhere.
const fetchedPages = new Map(); // other chapters, fetched once
const addressOf = link => new URL(link.href);

async function equationOf(link) {
  const {origin, pathname, hash} = addressOf(link), id = decodeURIComponent(hash.slice(1));
  if (pathname === location.pathname) return document.getElementById(id);
  if (!fetchedPages.has(pathname)) {
    fetchedPages.set(pathname, fetch(origin + pathname).then(answer => answer.text())
      .then(text => new DOMParser().parseFromString(text, "text/html")));
  }
  return (await fetchedPages.get(pathname)).getElementById(id);
}

let shownEquation = null;
function hideEquation() {
  shownEquation?.link.removeAttribute("aria-describedby");
  shownEquation?.box.remove();
  shownEquation = null;
}

async function showEquation(link) {
  if (shownEquation?.link === link) return;
  hideEquation();
  const box = document.createElement("div");
  shownEquation = {link, box};
  const equation = (await equationOf(link))?.closest(".math-display");
  if (shownEquation?.box !== box || !equation) return; // the reader has gone on, or there is none
  const copy = equation.cloneNode(true);
  for (const part of [copy, ...copy.querySelectorAll("[id]")]) part.removeAttribute("id");
  copy.querySelector(".headerlink")?.remove();
  Object.assign(box, {className: "preview", id: "equation-preview"});
  box.setAttribute("role", "tooltip");
  box.append(copy);
  document.body.append(box);
  link.setAttribute("aria-describedby", box.id);
  const {left, top, bottom} = link.getBoundingClientRect(), {width, height} = box.getBoundingClientRect();
  const above = top - height - 6 > 60;
  box.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8)) + scrollX}px`;
  box.style.top = `${(above ? top - height - 6 : bottom + 6) + scrollY}px`;
}

const EQUATION_LINK = 'article a[href*="#equation-eq-"]:not(.headerlink)';
let leavingEquation = 0;
addEventListener("pointerover", event => {
  if (event.pointerType !== "mouse") return;
  const link = event.target.closest?.(EQUATION_LINK);
  clearTimeout(leavingEquation);
  if (link) showEquation(link);
  else if (shownEquation && !event.target.closest?.(".preview")) leavingEquation = setTimeout(hideEquation, 250);
});
addEventListener("focusin", event => { event.target.matches(EQUATION_LINK) ? showEquation(event.target) : hideEquation(); });
addEventListener("focusout", hideEquation);
addEventListener("keydown", event => { if (event.key === "Escape") hideEquation(); });
