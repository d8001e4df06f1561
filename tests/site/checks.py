"""What a built page must satisfy. Each check is tried on a page that fails it in test_checks.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, sync_playwright

from tools.provision import find_browser, use_own_node

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"

OBSERVE = """
window.measured = {shift: 0, longTasks: []};
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.measured.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.measured.longTasks.push(entry.duration);
}).observe({type: "longtask", buffered: true});
"""
IMPACTS = ("serious", "critical")
INLINE_SCRIPT = """
() => [...document.scripts].reduce((sum, s) => sum + (s.src ? 0 : s.textContent.length), 0)
"""
# The page is laid out to its end: course.js does that after loading, a section at a time.
LAID_OUT = """
() => !document.querySelector('script[src*="course.js"]')
  || "marked" in document.documentElement.dataset
"""
# What the page is now has been drawn, and what shifted by it has been reported.
PAINTED = """
() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))
"""
OPEN = """
() => {
  for (const button of document.querySelectorAll("button.toggle-button")) button.click();
  for (const details of document.querySelectorAll("details")) details.open = true;
}
"""
# axe reads the formulas as they are. Of the tokens of code the first of each colour stays.
THIN_OUT = """
() => {
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span")) {
    if (seen.has(token.className)) token.replaceWith(...token.childNodes);
    seen.add(token.className);
  }
}
"""
# Contrast takes axe three quarters of its time, text by text. Of the texts without anything inside
# that look alike (colour, size, and all that shines through or lies behind, up to the root) it
# measures the first.
MARK_ALIKE = """
() => {
  const looks = new Map([[null, ""]]), seen = new Set();
  for (const element of document.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const {backgroundColor, backgroundImage, opacity, position, filter, mixBlendMode} = style;
    const behind = [looks.get(element.parentElement), backgroundColor, backgroundImage, opacity,
      position, filter, mixBlendMode].join();
    looks.set(element, behind);
    const look = [behind, style.color, style.fontSize, style.fontWeight, style.textShadow,
      style.visibility, style.display].join();
    if (seen.has(look) && !element.childElementCount) element.dataset.alike = "";
    if (element.textContent.trim()) seen.add(look);
  }
}
"""
AXE = (
    AXE_SCRIPT
    + """
axe.configure({rules: [{id: "color-contrast", selector: "*:not([data-alike])"}]});
"""
)
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visit:
    """What was seen on one page, in one colour scheme, at one width."""

    page: str
    scheme: str
    width: int
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    overflow: int = 0
    script_bytes: int = 0
    total_bytes: int = 0
    shift: float = 0.0
    long_tasks: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Name the visit in a failure's message."""
        return f"{self.page} ({self.scheme}, {self.width} px)"


@contextmanager
def headless() -> Iterator[Browser]:
    """Start this machine's browser, from which no other host can be reached."""
    use_own_node()
    with sync_playwright() as playwright:
        path = find_browser()
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, OFFLINE])
        yield browser
        browser.close()


def visit(
    browser: Browser,
    base: str,
    page: str,
    *,
    scheme: str = "light",
    width: int = 1280,
    axe: bool = True,
    slowed: float = 1,
) -> Visit:
    """Open a page as a first-time visitor would and write down what happens.

    The browser's processor may be slowed so many times, as on a cheap phone.
    """
    seen = Visit(page, scheme, width)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    context.add_init_script(OBSERVE)
    tab = context.new_page()
    if slowed != 1:
        context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    responses = []
    tab.on("request", lambda request: _note_foreign(seen, base, request.url))
    tab.on("requestfailed", lambda request: seen.failed.append(f"{request.url} did not load"))
    tab.on("response", lambda response: responses.append(response))
    tab.on("console", lambda line: seen.errors.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: seen.errors.append(str(error)))
    tab.goto(f"{base}/{page}", wait_until="load")
    tab.wait_for_function(LAID_OUT)
    tab.evaluate(PAINTED)
    tab.wait_for_timeout(250)  # what shifts or fails does so in the first moments after loading
    tab.evaluate(PAINTED)
    measured = tab.evaluate("() => window.measured")
    seen.shift, seen.long_tasks = measured["shift"], measured["longTasks"]
    tab.evaluate(OPEN)  # solutions and hidden code are part of the page
    tab.wait_for_timeout(100)
    seen.overflow = tab.evaluate(OVERFLOW)
    seen.script_bytes = tab.evaluate(INLINE_SCRIPT)
    for response in responses:
        if response.status >= 400:
            seen.failed.append(f"{response.url} answered {response.status}")
        elif response.status == 200:
            size = response.request.sizes()["responseBodySize"]
            seen.total_bytes += size
            seen.script_bytes += size if response.request.resource_type == "script" else 0
    if axe:
        seen.violations = _axe(tab)
    context.close()
    return seen


def _note_foreign(seen: Visit, base: str, url: str) -> None:
    if not url.startswith((f"{base}/", "data:", "blob:")):
        seen.foreign.append(url)


def _axe(tab: Page) -> list[str]:
    """Run axe-core on the page; describe its serious and critical findings."""
    tab.evaluate(THIN_OUT)
    tab.evaluate(MARK_ALIKE)
    # preload: axe would fetch the style sheets again, with wrong addresses for those they import.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe(AXE).run(tab, options=options).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in IMPACTS
        for node in rule["nodes"]
    ]


def pages(site: Path) -> list[str]:
    """List a site's pages, as paths below its root."""
    found = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [page for page in found if not page.startswith("_static/")]


def parse(path: Path) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def broken_links(site: Path) -> list[str]:
    """List the links, images, scripts and styles within a site that lead nowhere."""
    documents = {page: parse(site / page) for page in pages(site)}
    anchors = {
        page: {tag["id"] for tag in document.find_all(id=True)}
        for page, document in documents.items()
    }
    broken = []
    for page, document in documents.items():
        for tag in document.find_all(["a", "link", "img", "script", "iframe"]):
            address = tag.get("href") or tag.get("src")
            if not address or urlsplit(address).scheme or address.startswith("//"):
                continue
            target = urlsplit(urljoin(f"/{page}", address))
            path = unquote(target.path).lstrip("/")
            if not (site / path).is_file():
                broken.append(f"{page}: {address}: no such file")
            elif target.fragment and unquote(target.fragment) not in anchors.get(path, set()):
                broken.append(f"{page}: {address}: no such place")
    return broken


def nameless_images(document: BeautifulSoup) -> list[str]:
    """List the images whose alternative text is missing, or says only that there is an image."""
    generic = {"", "image", "figure", "plot", "picture", "graph", "logo"}
    return [
        str(image)[:160]
        for image in document.find_all("img")
        if "logo__image" not in image.get("class", [])  # beside its name in text: rightly empty
        and (
            image.get("alt", "").strip().lower() in generic
            or Path(image["alt"]).name == Path(image["src"]).name
        )
    ]


def missing_in_head(document: BeautifulSoup) -> list[str]:
    """List what a page's head lacks of title, description, icon and link preview."""
    wanted = {
        "title": document.title and document.title.get_text(strip=True),
        "description": document.find("meta", attrs={"name": "description", "content": True}),
        "icon": document.find("link", rel="icon", href=True),
        "og:title": document.find("meta", attrs={"property": "og:title", "content": True}),
        "og:image": document.find("meta", attrs={"property": "og:image", "content": True}),
    }
    return [name for name, found in wanted.items() if not found]
