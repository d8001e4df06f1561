"""Each check of checks.py turns red on a page that is wrong in just that way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from tests.site.checks import broken_links, missing_in_head, nameless_images, visit
from tools.serving import serve

GOOD = """<!DOCTYPE html><html lang="en"><head><title>Good</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head>
<body><main><h1>Good</h1><p id="here">Text.</p>{}</main></body></html>"""
DEFECTS = {
    "foreign": '<script src="https://unpkg.com/thebe@0.8.2/lib/index.js"></script>',
    "failed": '<img src="nowhere.png" alt="Nothing to be seen">',
    "errors": "<script>throw new Error('planted')</script>",
    "violations": "<button></button>",
    "overflow": '<div style="width: 3000px">wide</div>',
    "script_bytes": f"<script>/*{'x' * 250_000}*/</script>",
    # Only what has been drawn can shift: two frames after the text is there.
    "shift": "<p>Text that is pushed down the page.</p><script>addEventListener('load', () =>"
    "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => "
    "document.querySelector('h1').style.marginTop = '300px', 50))))</script>",
}
ALIKE = "<ul>" + "<li>Text like all the others.</li>" * 20 + "</ul>"
FAINT = {
    "its colour": ('<li style="color: #ccc">Text', "<li>Text"),
    "what is behind it": ('<ul style="background: #444">', "<ul>"),
    "what is before it": ('<ul style="opacity: 0.3">', "<ul>"),
    "its size": ('<li style="color: #888; font-size: 10px">Text', "<li>Text"),
}
LIMITS = {"overflow": 0, "script_bytes": 210_000, "shift": 0.02}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("planted")
    (folder / "good.html").write_text(GOOD.format(""))
    for name, defect in DEFECTS.items():
        (folder / f"{name}.html").write_text(GOOD.format(defect))
    with serve(folder) as address:
        yield address


def problems(seen: object, name: str) -> object:
    value = getattr(seen, name)
    return value > LIMITS[name] if name in LIMITS else value


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_seen(browser: Browser, planted: str, defect: str) -> None:
    assert problems(visit(browser, planted, f"{defect}.html"), defect)


def test_a_good_page_passes(browser: Browser, planted: str) -> None:
    seen = visit(browser, planted, "good.html")
    assert not [name for name in DEFECTS if problems(seen, name)]


@pytest.mark.parametrize("faint", FAINT)
def test_one_faint_text_among_many_is_seen(browser: Browser, tmp_path: Path, faint: str) -> None:
    """Contrast is measured once for what looks alike."""
    new, old = FAINT[faint]
    large = '<p style="color: #888; font-size: 30px">Large text may be fainter.</p>'
    first, rest = ALIKE.split("</li>", 1)
    wrong = ALIKE.replace(old, new) if old == "<ul>" else f"{first}</li>{rest.replace(old, new, 1)}"
    (tmp_path / "good.html").write_text(GOOD.format(large + ALIKE))
    (tmp_path / "wrong.html").write_text(GOOD.format(large + ALIKE + wrong))
    with serve(tmp_path) as address:
        assert visit(browser, address, "good.html").violations == []
        [found] = visit(browser, address, "wrong.html").violations[:1]
    assert found.startswith("color-contrast")


def test_broken_links_are_seen(tmp_path: Path) -> None:
    links = (
        '<a href="#here"></a><a href="other.html#there"></a><img src="a%20b.png" alt="A picture">'
    )
    (tmp_path / "page.html").write_text(GOOD.format(links))
    (tmp_path / "other.html").write_text(GOOD.format('<p id="there">There.</p>'))
    (tmp_path / "a b.png").write_bytes(b"")
    assert broken_links(tmp_path) == []
    (tmp_path / "other.html").write_text(GOOD.format(""))
    assert broken_links(tmp_path) == ["page.html: other.html#there: no such place"]
    (tmp_path / "other.html").unlink()
    assert broken_links(tmp_path) == ["page.html: other.html#there: no such file"]


@pytest.mark.parametrize(
    "image",
    ['<img src="a.png">', '<img src="a.png" alt="figure">', '<img src="b/a.png" alt="a.png">'],
)
def test_nameless_images_are_seen(image: str) -> None:
    assert nameless_images(BeautifulSoup(image, "html.parser"))
    named = BeautifulSoup('<img src="a.png" alt="A falling curve">', "html.parser")
    assert not nameless_images(named)


def test_incomplete_heads_are_seen() -> None:
    page = BeautifulSoup(GOOD.format(""), "html.parser")
    assert missing_in_head(page) == ["description", "og:title", "og:image"]
