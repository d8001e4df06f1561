"""The website shows the problem sets as students get them, and nothing of their sources."""

import re
from pathlib import Path

import pytest
import yaml

from coursework.grader import problem_set as sets
from coursework.release import scan, secrets, squeeze
from tests.site.checks import parse

ROOT = Path(__file__).resolve().parents[2]
each_set = pytest.mark.parametrize("name", sets.names())


def test_every_set_is_in_the_contents_and_on_the_overview(site: Path) -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    [part] = [part for part in toc["parts"] if part["caption"] == "Coursework"]
    pages = [chapter["file"] for chapter in part["chapters"]]
    assert pages[2:] == [f"coursework/release/{name}/{name}" for name in sets.names()]
    overview = parse(site / f"{pages[1]}.html").find("article")
    for name in sets.names():
        link = overview.find("a", href=f"{name}/{name}.html")
        assert sets.load(name).title == link.get_text().strip()
        assert "20" in link.find_parent("tr").get_text().split()


@each_set
def test_the_page_tells_points_and_time(site: Path, name: str) -> None:
    text = parse(site / "coursework" / "release" / name / f"{name}.html").find("article").get_text()
    text = text.replace("\u00a0", " ")
    for each in sets.load(name).exercises:
        heading = rf"{re.escape(each.title)} \({each.points:g} points?, about \d+ minutes\)"
        assert re.search(heading, text), each.title


def test_no_file_of_the_site_holds_an_answer(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".ipynb", ".js", ".txt")]
    assert len([path for path in files if path.suffix == ".ipynb"]) > len(sets.names())
    assert scan(files, sets.names()) == []


@each_set
def test_the_scan_would_find_an_answer_on_the_page(site: Path, tmp_path: Path, name: str) -> None:
    """Planted on the built page as Sphinx would write it, one hidden line is enough."""
    page = (site / "coursework" / "release" / name / f"{name}.html").read_text()
    lines = sets.load(name).of_kind("test")[-1].source.splitlines()
    hidden = next(line for line in lines if squeeze(line) in secrets(name))
    (tmp_path / "page.html").write_text(
        page.replace("</article>", f"<pre>{hidden}</pre></article>")
    )
    assert scan([tmp_path / "page.html"], [name])
