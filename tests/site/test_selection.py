"""An edition with some chapters keeps all texts and numbers, and nothing in it leads nowhere."""

import json
import re
from pathlib import Path

import pytest

from tools import selection

LINKED = re.compile(r'\s(?:href|src)="([^"#?]+)')
TITLES = {"index": 0, "01-one": 1, "02-two": 2, "03-three": 3, "04-four": 4, "about": 0}
PARTS = {"Forward": ["01-one", "02-two"], "Backward": ["03-three", "04-four"], "More": ["about"]}


def page(name: str) -> str:
    """Write a page of a small site as the theme does."""
    names = list(TITLES)
    at = names.index(name)
    sidebar = ""
    for caption, pages in PARTS.items():
        items = "".join(
            f'<li class="toctree-l1{" current active" * (other == name)}"><a class="reference '
            f'internal" href="{"#" if other == name else f"{other}.html"}">{other}</a></li>\n'
            for other in pages
        )
        sidebar += (
            f'<p aria-level="2" class="caption" role="heading"><span>{caption}</span></p>\n'
            f'<ul class="nav bd-sidenav">\n{items}</ul>\n'
        )
    head = foot = ""
    for way, side, other in (("prev", "left", at - 1), ("next", "right", at + 1)):
        if 0 <= other < len(names):
            head += f'<link rel="{way}" title="T" href="{names[other]}.html" />\n'
            foot += f'<a class="{side}-{way}"\n href="{names[other]}.html"><p>T</p></a>\n'
    links = "".join(
        f'<a href="{other}.html#eq-{number}">({number}.1)</a> and '
        for other, number in TITLES.items()
    )
    return (
        f"<head>{head}</head><h1>T</h1><nav>{sidebar}</nav><article><h1>{name}</h1>"
        f'<p>{links}<a href="https://else/02-two.html">else</a></p></article>{foot}'
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site of four chapters and two other pages."""
    site = tmp_path / "html"
    for folder in ("chapters", "notebooks", "_sources/chapters", "search"):
        (site / folder).mkdir(parents=True)
    for name, number in TITLES.items():
        (site / "chapters" / f"{name}.html").write_text(page(name), encoding="utf-8")
        if number:
            (site / "notebooks" / f"{name}.ipynb").touch()
            (site / "_sources" / "chapters" / f"{name}.ipynb").touch()
    pages = [{"page": f"chapters/{name}"} for name in TITLES]
    (site / "search" / "places.json").write_text(json.dumps({"names": {}, "pages": pages}))
    return site


def visible(path: Path) -> str:
    """Return the text of a page's article, as a reader sees it."""
    _, _, article = path.read_text(encoding="utf-8").partition("<article")
    return " ".join(re.sub(r"<[^>]*>", "", article.partition("</article>")[0]).split())


def dangling(site: Path) -> set[str]:
    """Return the addresses on the site's pages that are no file of it."""
    found = set()
    for path in site.rglob("*.html"):
        for address in LINKED.findall(path.read_text(encoding="utf-8")):
            folder = site if address.startswith("/") else path.parent  # 404.html, from the root
            if ":" not in address and not (folder / address.lstrip("/")).exists():
                found.add(f"{path.relative_to(site)}: {address}")
    return found


def walk(site: Path, start: str, way: str) -> list[str]:
    """Return the pages that one comes by from one page's foot to the next one's."""
    path, passed = site / "chapters" / start, [start]
    step = re.compile(rf'<a class="{way}"\s+href="([^"]*)"')
    while link := step.search(path.read_text(encoding="utf-8")):
        path = path.parent / link[1]
        passed.append(path.name)
    return passed


def inspect(site: Path, text: str, out: Path) -> None:
    """Make a selection, and look at all of it."""
    for _ in range(2):  # the second takes the place of the first
        selection.select(site, text, out)
    known = {int(path.name[:2]): path.name for path in site.glob("chapters/[0-9]*.html")}
    kept = selection.numbers(text, known.keys())
    gone = {name for number, name in known.items() if number not in kept}
    assert not dangling(out)
    there = {path.name for path in out.glob("chapters/*.html")}
    assert there == {path.name for path in site.glob("chapters/*.html")} - gone
    for name in there - {"index.html"}:
        assert visible(out / "chapters" / name) == visible(site / "chapters" / name)
    note = f"This edition has chapters {selection.in_words(kept)}."
    assert note in visible(out / "chapters" / "index.html")

    nav = (out / "chapters" / "about.html").read_text(encoding="utf-8").partition("<article")[0]
    items = re.findall(r'<li class="toctree-l1[^>]*>\s*<[^>]*href="(?:[^"]*/)?([^"/]*)"', nav)
    assert nav.count('<li class="toctree-l1') == len(items) and gone.isdisjoint(items)
    assert {known[number] for number in kept} <= set(items)
    assert not re.search(r"<ul[^>]*>\s*</ul>", nav)

    for start, way in (("index.html", "right-next"), ("about.html", "left-prev")):
        assert walk(out, start, way) == [n for n in walk(site, start, way) if n not in gone]
    stems = {name.removesuffix(".html") for name in gone}
    places = json.loads((out / "search" / "places.json").read_text(encoding="utf-8"))
    assert stems.isdisjoint(each["page"].removeprefix("chapters/") for each in places["pages"])
    assert stems.isdisjoint(path.stem for path in (out / "notebooks").iterdir())


@pytest.mark.parametrize("text", ["1", "4", "2,1", "2-3", "1–2,4", " 3 , 1 - 2", "2-4"])
def test_some_chapters_of_a_small_site(small: Path, tmp_path: Path, text: str) -> None:
    inspect(small, text, tmp_path / "selection")
    assert 'href="https://else/02-two.html"' in (small / "chapters" / "01-one.html").read_text()


def test_some_chapters_of_the_book(site: Path, tmp_path: Path) -> None:
    inspect(site, "1-4,6,9,17", tmp_path / "selection")


@pytest.mark.parametrize("planted", ["LINK", "ITEM", "EMPTIED", "NEIGHBOURS"])
def test_a_step_that_is_left_out_is_noticed(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    never = re.compile(r"(?!)()()")
    monkeypatch.setattr(selection, planted, [] if planted == "NEIGHBOURS" else never)
    with pytest.raises(AssertionError):
        inspect(small, "1-2", tmp_path / "selection")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected numbers and ranges"),
        ("one", "expected numbers and ranges"),
        ("3-1", "expected numbers and ranges"),
        ("1,,2", "expected numbers and ranges"),
        ("-2", "expected numbers and ranges"),
        ("٣", "expected numbers and ranges"),
        ("0-2", "there is no chapter 0; the book has 1–5, 7"),
        ("6", "there is no chapter 6"),
        ("1-5,7", "is the whole book"),
    ],
)
def test_what_is_no_selection_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        selection.numbers(text, {1, 2, 3, 4, 5, 7})


def test_runs_are_written_as_ranges() -> None:
    assert selection.in_words({9, 1, 2, 3, 6, 7}) == "1–3, 6, 7, 9"
