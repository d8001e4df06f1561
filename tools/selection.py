"""Make an edition with some of the chapters: `make book CHAPTERS=1-4,6,9`.

The whole book is built first, so that each chapter, equation and figure keeps its number. In a copy
of its site, `_build/selection`, the pages of the other chapters are taken away, with their
notebooks, sources and places in the search; what referred to them becomes plain text.
"""

import argparse
import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Set
from pathlib import Path

from tools import edition
from tools.build import remove
from tools.variables import ROOT

SITE, OUT = Path("_build") / "html", ROOT / "_build" / "selection"
CHAPTER = re.compile(r"(\d\d)-.*\.html")
ITEM = re.compile(r'<li class="toctree-l1[^"]*"><a [^>]*href="([^"]*)"[^>]*>.*?</a></li>\n?', re.S)
EMPTIED = re.compile(r'<p [^>]*class="caption"[^>]*>(?:(?!</p>).)*</p>\s*<ul[^>]*>\s*</ul>', re.S)
LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.S)
NEIGHBOURS = [  # of a page: at its foot, and for the browser
    re.compile(rf"<{start}[^>]*>{rest}", re.S)
    for start, rest in (
        ('a class="left-prev"', ".*?</a>"),
        ('a class="right-next"', ".*?</a>"),
        ('link rel="prev"', ""),
        ('link rel="next"', ""),
    )
]
HREF = re.compile(r'\shref="([^"]*)"')
NOTE = '<p class="edition">This edition has chapters {}. What refers to another is plain text.</p>'


def numbers(text: str, known: Set[int]) -> set[int]:
    """Read a selection such as ``1-4,6,9``.

    Raises
    ------
    ValueError
        If it is none, names a chapter that there is not, or leaves nothing out.
    """
    wanted: set[int] = set()
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?", part, re.ASCII)
        if ends is None or int(ends[2] or ends[1]) < int(ends[1]):
            raise ValueError(f"expected numbers and ranges such as 1-4,6,9, got {text!r}")
        wanted |= set(range(int(ends[1]), int(ends[2] or ends[1]) + 1))
    if strange := sorted(wanted - known):
        raise ValueError(f"there is no chapter {strange[0]}; the book has {in_words(known)}")
    if wanted == known:
        raise ValueError(f"{text!r} is the whole book: plain `make book` builds that")
    return wanted


def in_words(chosen: Set[int]) -> str:
    """Write numbers with their runs as ranges: ``1–4, 6, 9``."""
    runs: list[list[int]] = []
    for number in sorted(chosen):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


class Selection:
    """A site without the pages of some chapters, which lie in its folder ``chapters``."""

    def __init__(self, site: Path, left_out: Set[str]) -> None:
        self.site = site
        self.left_out = left_out
        self.texts = {name: (site / name).read_text(encoding="utf-8") for name in left_out}

    def leads_out(self, page: str, link: str) -> str:
        """Return the page that a link leads to if it is left out, else nothing."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.partition("#")[0]))
        return target if target in self.left_out else ""

    def neighbour(self, text: str, page: str, pattern: re.Pattern[str]) -> str:
        """Return the first neighbour in a direction that is there; nothing at the end."""
        while found := pattern.search(text):
            link = HREF.search(found[0])
            assert link is not None, found[0]
            if not (page := self.leads_out(page, link[1])):
                return found[0]
            text = self.texts[page]
        return ""

    def without(self, text: str, page: str) -> str:
        """Take what leads to pages that are left out from a page's text."""
        for pattern in NEIGHBOURS:
            neighbour = self.neighbour(text, page, pattern)
            text = pattern.sub(lambda _, there=neighbour: there, text, count=1)
        text = ITEM.sub(self._unless("", page), text)
        text = EMPTIED.sub("", text)
        return LINK.sub(self._unless(r'<span class="left-out">\2</span>', page), text)

    def _unless(self, instead: str, page: str) -> Callable[[re.Match[str]], str]:
        return lambda found: found.expand(instead) if self.leads_out(page, found[1]) else found[0]

    def make(self, note: str) -> None:
        """Take the pages, and what leads to them, from the site."""
        for name in self.left_out:
            stem = Path(name).stem
            for place in (name, f"notebooks/{stem}.ipynb", f"_sources/chapters/{stem}.ipynb"):
                (self.site / place).unlink()
        for path in sorted(self.site.rglob("*.html")):
            text = path.read_text(encoding="utf-8")
            page = path.relative_to(self.site).as_posix()
            kept = self.without(text, page)
            if page == "chapters/index.html":
                before, article, after = kept.partition("<article")
                kept = before + article + after.replace("</h1>", f"</h1>\n{note}", 1)
            path.write_text(kept, encoding="utf-8", newline="")
        self.thin_out_search()

    def thin_out_search(self) -> None:
        """Take the places of the pages from the search."""
        path = self.site / "search" / "places.json"
        places = json.loads(path.read_text(encoding="utf-8"))
        places["pages"] = [
            page for page in places["pages"] if f"{page['page']}.html" not in self.left_out
        ]
        path.write_text(json.dumps(places, ensure_ascii=False), encoding="utf-8")


def select(site: Path, text: str, out: Path) -> None:
    """Put a copy of a site with the chosen chapters only in the place of another, if there is one.

    Raises
    ------
    ValueError
        As `numbers` does.
    """
    pages = {
        int(found[1]): path
        for path in (site / "chapters").iterdir()
        if (found := CHAPTER.fullmatch(path.name))
    }
    wanted = numbers(text, pages.keys())
    new = out.with_name(f"{out.name}.new")
    remove(new)
    shutil.copytree(site, new)
    left_out = {f"chapters/{path.name}" for number, path in pages.items() if number not in wanted}
    Selection(new, left_out).make(NOTE.format(in_words(wanted)))
    remove(out)
    new.rename(out)


def main() -> int:
    """Build the book, and make the edition."""
    parser = argparse.ArgumentParser(description=f"Make a site with some chapters in {OUT}.")
    parser.add_argument("chapters", help="the numbers of those that it has: 1-4,6,9")
    parser.add_argument("--without-solutions", action="store_true")
    options = parser.parse_args()
    known = {int(path.name[:2]) for path in (ROOT / "chapters").glob("[0-9][0-9]-*.ipynb")}
    try:
        numbers(options.chapters, known)
    except ValueError as error:
        sys.exit(f"CHAPTERS: {error}.")
    module, root = ("edition", edition.COPY) if options.without_solutions else ("book", ROOT)
    if status := subprocess.call([sys.executable, "-m", f"tools.{module}"], cwd=ROOT):
        return status
    select(root / SITE, options.chapters, OUT)
    print(f"\nThe edition with these chapters is at {(OUT / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
