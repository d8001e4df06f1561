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
    scrolls[i] ? (box.tabIndex = 0) : box.removeAttribute("tabindex");
    box.classList.toggle("more", more[i]);
  });
}

function hasMore(box) {
  return box.scrollLeft + box.clientWidth < box.scrollWidth - 1;
}

// A chapter has thousands of elements, and laying them all out at once would hold the reader up. So course.css puts off
// every section that is not in view, and here they follow one after the other whenever the browser has nothing to do.
const whenIdle = window.requestIdleCallback ?? (task => setTimeout(task, 1));

function layOut() {
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
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

function settled() {
  mark(document);
  window.bootstrap?.ScrollSpy.getOrCreateInstance(document.body);
  document.documentElement.dataset.marked = "";
}

// Bootstrap's marking of the present section asks where all of them are: it, too, has to wait.
addEventListener("DOMContentLoaded", () => document.body.removeAttribute("data-bs-spy"));
addEventListener("load", layOut);
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
