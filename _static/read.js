// Which chapters have been read: the reader says so, this browser keeps it, and nobody else learns of it.
const READ = {
  key: "gradients-through-time read",
  all() { try { return JSON.parse(localStorage.getItem(this.key)) ?? []; } catch { return []; } },
  set(chapters) { try { localStorage.setItem(this.key, JSON.stringify(chapters)); return true; } catch { return false; } },
};
const chapterOf = address => new URL(address, location.href).pathname.match(/chapters\/(\d\d)-[^/]*\.html$/)?.[1];

function markRead() {
  const read = READ.all();
  for (const link of document.querySelectorAll(".bd-links a, .parts a, .prev-next-area a")) {
    const chapter = chapterOf(link.href), done = read.includes(chapter);
    link.querySelector(".read-mark")?.remove();
    if (!chapter || !done) continue;
    const tick = document.createElement("span");
    tick.className = "read-mark";
    tick.innerHTML = '<span aria-hidden="true"> ✓</span><span class="visually-hidden"> (read)</span>';
    (link.querySelector(".prev-next-title") ?? link).append(tick);
  }
}

function offerMark() {
  const chapter = chapterOf(location.href), foot = document.querySelector("footer.imprint");
  if (!chapter || !foot) return;
  const button = document.createElement("button");
  Object.assign(button, {type: "button", className: "mark-read"});
  const say = () => {
    const read = READ.all().includes(chapter);
    button.setAttribute("aria-pressed", read);
    button.textContent = read ? "✓ Read" : "Mark this chapter as read";
  };
  button.addEventListener("click", () => {
    const read = READ.all();
    READ.set(read.includes(chapter) ? read.filter(other => other !== chapter) : [...read, chapter].sort());
    say();
    markRead();
  });
  say();
  foot.before(button);
}

function offerForgetting() {
  for (const button of document.querySelectorAll("button.forget")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      try { localStorage.clear(); } catch { /* nothing can have been stored */ }
      button.nextElementSibling.textContent = "Nothing is stored any more.";
      markRead();
    });
  }
}
addEventListener("DOMContentLoaded", () => { offerMark(); markRead(); offerForgetting(); });
addEventListener("pageshow", markRead); // also when the browser shows the page from its memory
