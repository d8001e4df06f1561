// What is wider than its box scrolls in it; only then does the box become a stop for the keyboard.
const SCROLLING = ".math-scroll, .bd-article pre, .bd-article .pst-scrollable-table-container, .bd-article .cell_output .output, .bd-article .cell_output:has(img)";

function markScrolling() {
  for (const box of document.querySelectorAll(SCROLLING)) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

addEventListener("load", markScrolling);
addEventListener("resize", markScrolling);
addEventListener("toggle", markScrolling, true); // a <details> that opens
