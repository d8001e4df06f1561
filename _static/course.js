// What is wider than its box scrolls in it; only then does the box become a stop for the keyboard. As long as there is
// more to the right, its edge fades: see .more in course.css.
const SCROLLING = [
  ".math-scroll",
  "pre",
  ".pst-scrollable-table-container",
  ".cell_output .output",
  ".cell_output:has(img)",
].join(", ");

function mark(part) {
  const boxes = [...part.querySelectorAll(SCROLLING)];
  const scrolls = boxes.map(box => box.scrollWidth > box.clientWidth); // lays the part out
  const more = boxes.map(hasMore);
  boxes.forEach((box, i) => {
    const stop = {tabindex: 0, role: "group", "aria-label": `${kindOf(box)}, scrolls sideways`};
    for (const [name, value] of Object.entries(stop)) {
      scrolls[i] ? box.setAttribute(name, value) : box.removeAttribute(name);
    }
    box.classList.toggle("more", more[i]);
  });
}

function kindOf(box) {
  const kinds = {img: "Figure", table: "Table", math: "Formula"};
  return kinds[Object.keys(kinds).find(part => box.querySelector(part))] ?? (box.closest(".cell_output") ? "Output" : "Code");
}

function hasMore(box) {
  return box.scrollLeft + box.clientWidth < box.scrollWidth - 1;
}

// A chapter has thousands of elements, and laying them all out at once would hold the reader up. So course.css puts off
// every section that is not in view, and here they follow one after the other whenever the browser has nothing to do.
const whenIdle = window.requestIdleCallback ?? (task => setTimeout(task, 1));

const allSections = () => [...document.querySelectorAll(".bd-article > section > section")];

function layOut() {
  const sections = allSections();
  const next = () => {
    const section = sections.shift();
    if (section) {
      section.style.contentVisibility = "visible";
      mark(section);
      whenIdle(next);
    } else {
      mark(document); // which asks for the last fonts, and with them widths change
      document.fonts.ready.then(settled);
    }
  };
  whenIdle(next);
}

// A link into the page finds its place only when all that stands above it has been laid out.
function arrive() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (const section of allSections()) section.style.contentVisibility = "visible";
  target.scrollIntoView({behavior: "instant"});
}

let moved = false; // once the reader has taken over, nothing moves the page
for (const act of ["wheel", "touchstart", "keydown", "pointerdown"]) {
  addEventListener(act, () => { moved = true; }, {once: true, passive: true});
}

function settled() {
  mark(document);
  if (!moved) arrive();
  for (const box of document.querySelectorAll(".admonition.toggle")) { // named for what it opens
    const title = box.querySelector(".admonition-title").textContent.trim();
    box.querySelector(".toggle-button")?.setAttribute("aria-label", `Show or hide: ${title}`);
  }
  window.bootstrap?.ScrollSpy.getOrCreateInstance(document.body);
  document.documentElement.dataset.marked = "";
}

// Bootstrap's marking of the present section asks where all of them are: it, too, has to wait.
addEventListener("DOMContentLoaded", () => document.body.removeAttribute("data-bs-spy"));
addEventListener("load", () => { arrive(); layOut(); });
addEventListener("hashchange", arrive);
addEventListener("resize", () => mark(document));
addEventListener("scroll", event => {
  const box = event.target;
  if (box.matches?.(SCROLLING)) box.classList.toggle("more", hasMore(box));
}, {capture: true, passive: true});
addEventListener("toggle", event => mark(event.target), true); // a <details> that opens
addEventListener("click", event => {
  const box = event.target.closest(".admonition.toggle"); // a solution that opens
  if (box) setTimeout(() => mark(box));
});

// What pip is to install is written as a file (see tools/downloads.py); here it gets the address that it has on this site,
// and what is said of the file below it is taken away.
function addressWheel() {
  for (const place of document.querySelectorAll("pre .from-file")) {
    const [, file, extra] = place.textContent.match(/^\.\/(.+\.whl)\[(.+)\]$/);
    const address = new URL(`${document.documentElement.dataset.content_root}notebooks/${file}`, location.href);
    place.textContent = `rnnlib[${extra}] @ ${address}`;
  }
  for (const words of document.querySelectorAll(".install + .from-file")) words.remove();
}
addEventListener("DOMContentLoaded", addressWheel);

// An explorer (rnnlib.explorers) is fetched when the reader comes near it.
function explore() {
  const module = new URL(`${document.documentElement.dataset.content_root}explorers/static.js`, location.href);
  const near = new IntersectionObserver(entries => {
    for (const {target} of entries.filter(entry => entry.isIntersecting)) {
      near.unobserve(target);
      import(module)
        .then(({mount}) => mount(target))
        .then(() => { if (!moved) arrive(); })
        .catch(error => {
          target.append("The figure could not be loaded: it needs the pages to come from a web server, not from files.");
          throw error;
        });
    }
  }, {rootMargin: "800px"});
  for (const place of document.querySelectorAll("[data-explorer]")) near.observe(place);
}
addEventListener("DOMContentLoaded", explore);
