"""The search finds the section that teaches what is asked, before any name of the library."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.site.books import TEXT, Book
from tests.site.checks import LAID_OUT
from tools.node import NODE

ANSWERS = {
    "vanishing gradient": "09",
    "2^10": "06",
    "1024": "06",
    "BPTT": "04",
    "backpropagation through time": "04",
    "perplexity": "03",
    "clip": "10",
    "clipping": "10",
    "exploding gradients": "10",
    "equation 6.3": "06",
    "(4.2)": "04",
    "spectral radius": "08",
    "gradient check": "05",
}
SCRIPT = """
const {prepare, rank} = await import(process.argv[1]);
const {index, questions} = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
const prepared = prepare(index);
console.log(JSON.stringify(questions.map(question => rank(prepared, question)
  .map(({page, id, title, kind, equations}) => ({page, id, title, kind, equations})))));
"""


def ranked(index: dict[str, Any], *questions: str) -> list[list[dict[str, Any]]]:
    script = Path(__file__).parents[2] / "tools" / "find.js"
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, script.as_uri()],
        input=json.dumps({"index": index, "questions": questions}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: list[list[dict[str, Any]]] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def index(site: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / "search" / "places.json").read_text())
    return found


def test_the_chapter_that_teaches_it_comes_first(index: dict[str, Any]) -> None:
    for question, found in zip(ANSWERS, ranked(index, *ANSWERS), strict=True):
        assert found, question
        first = found[0]
        assert first["page"].startswith(f"chapters/{ANSWERS[question]}-"), (question, found[:3])


def test_no_name_of_the_library_comes_before_the_text(index: dict[str, Any]) -> None:
    for found in ranked(index, "gradient", "clip", "LSTM", "bptt", "unroll", "vocabulary"):
        reference = [place["kind"] == 3 for place in found]
        assert any(reference) and not all(reference) and reference == sorted(reference)


def test_a_name_of_the_library_is_found_as_it_is_written(index: dict[str, Any]) -> None:
    (found,) = ranked(index, "clip_by_global_norm")
    assert any(place["id"].endswith("clip_by_global_norm") for place in found[:20])


def test_what_is_nowhere_is_not_found(index: dict[str, Any]) -> None:
    assert ranked(index, "zeppelin", "", "(99.9)") == [[], [], []]


def place(page: str, kind: int, title: str, text: str, **more: str) -> dict[str, Any]:
    own = {"id": "here", "title": title, "text": text, "equations": "", **more}
    return {"page": page, "kind": kind, "title": title, "places": [own]}


def test_how_places_are_ranked() -> None:
    made = [
        place("reference/a", 3, "rnnlib.clip", "clip clip clip clip"),
        place("chapters/01-x", 0, "Other", "a long text that once names clipping and much else"),
        place("chapters/02-y", 0, "Clipping", "shorter steps"),
        place("coursework/z", 2, "Clipping", "shorter steps"),
        place("chapters/03-e", 0, "Sums", "nothing", equations="3.1 3.2"),
    ]
    index = {"pages": made, "names": {"shortening": "clipping"}}
    clip, number, two, other = ranked(
        index, "clip", "Equation (3.2)", "clipping steps", "Shortening"
    )
    assert other[0]["page"] == "chapters/02-y"  # by another name
    assert [each["page"][-1] for each in clip] == ["y", "x", "z", "a"] or [
        each["page"][-1] for each in clip
    ] == ["y", "z", "x", "a"]
    assert [each["page"] for each in number] == ["chapters/03-e"]
    assert [each["page"] for each in two] == ["chapters/02-y", "coursework/z"]  # both words


def test_a_result_opens_at_its_section(base: str, browser: Browser) -> None:
    tab = browser.new_page()
    tab.goto(f"{base}/chapters/index.html")
    tab.goto(f"{base}/search.html?q=closed+detour")
    link = tab.locator("#search-results a[href*='#']").first
    link.wait_for()
    where = (link.get_attribute("href") or "").partition("#")[2]
    excerpt = tab.locator("#search-results li p").first.inner_text()
    assert "detour" in excerpt.lower() and "\\" not in excerpt
    link.click()
    tab.wait_for_url(f"**#{where}")
    tab.wait_for_function(LAID_OUT)
    top = "document.getElementById(id).getBoundingClientRect().top"
    tab.wait_for_function(f"id => 0 <= {top} && {top} < 300", arg=where)
    assert tab.locator("span.highlighted").count() == 0
    tab.close()


def test_a_page_that_is_not_made_anew_keeps_its_places(book: Book) -> None:
    def found(page: str) -> list[str]:
        places = json.loads((book.site / "search" / "places.json").read_text(encoding="utf-8"))
        (one,) = (each for each in places["pages"] if each["page"] == f"chapters/{page}")
        return [place["title"] for place in one["places"]]

    book.write(f"{TEXT}\n## Below\n\nSee {{eq}}`eq-first`.\n")
    book.build()
    before = found("01-first")
    assert "Below" in before
    shutil.copy(book.root / "chapters" / "01-first.ipynb", book.root / "chapters" / "02-more.ipynb")
    book.list("chapters/01-first", "chapters/02-more")
    for title in ("More", "Other", "Else"):  # what a build has written is read by the next
        book.write(f"# {title}\n", name="02-more")
        book.build()
        assert found("01-first") == before
        assert found("02-more")[0].endswith(title)
