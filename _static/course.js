// What is wider than its box scrolls in it; only then does the box become a stop for the keyboard.
const SCROLLING = [
  ".math-scroll",
  "pre",
  ".pst-scrollable-table-container",
  ".cell_output .output",
  ".cell_output:has(img)",
].map(box => `.bd-article ${box}`).join(", ");

const whenIdle = window.requestIdleCallback ?? (task => setTimeout(task, 1, {timeRemaining: () => 0}));

function mark(box) {
  if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

// A little at a time: asking for a box's width lays out a section that is not yet in view (see course.css).
function markAll() {
  const boxes = [...document.querySelectorAll(SCROLLING)];
  const some = deadline => {
    do boxes.length && mark(boxes.shift());
    while (boxes.length && deadline.timeRemaining() > 35);
    if (boxes.length) whenIdle(some);
    else document.documentElement.dataset.marked = "";
  };
  whenIdle(some);
}

addEventListener("load", markAll);
addEventListener("resize", markAll);
addEventListener("toggle", markAll, true); // a <details> that opens
