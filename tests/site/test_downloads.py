"""The notebooks for readers: plain Markdown, the page's numbers, the repository's code."""

import ast
import json
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt
from nbformat import NotebookNode
from playwright.sync_api import Browser

from coursework.grader import problem_set as sets
from coursework.grader.marking import mark
from coursework.grader.notebooks import read_cells
from coursework.grader.recognise import differences, recognise
from coursework.grader.submissions import Submission
from tests.coursework import PATIENT
from tests.site.checks import parse
from tools import pack
from tools.reader.install import FOLDER, Install
from tools.reader.notebook import HIDDEN

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("[!_]*.ipynb"))
PROBLEM_SETS = [sets.release_path(name) for name in sets.names()]
STORED = {path.stem: path for path in CHAPTERS + PROBLEM_SETS}
MARKDOWN = MarkdownIt("commonmark").enable("table")  # no MyST: what is left of it is seen as text
each_notebook = pytest.mark.parametrize("name", sorted(STORED))


def leftovers(text: str) -> list[str]:
    """Return what a Markdown cell holds of MyST, and its links that lead nowhere."""
    found = []
    for token in MARKDOWN.parse(text):
        if token.type == "fence" and re.match(r"\{", token.info):
            found.append(token.info)
        if token.type != "inline":
            continue
        parts = token.children or []
        for before, code in pairwise(parts):
            if code.type == "code_inline" and re.search(r"\{[\w:-]+\}$", before.content):
                found.append(before.content + code.content)
        for part in parts:
            target = str(part.attrs.get("href" if part.type == "link_open" else "src", "http:"))
            if not re.match(r"(https?|attachment|data):", target):
                found.append(target)
        signs = r"\$\$\s*\([\w-]+\)|^\([\w-]+\)=$|^:{3,}|^\+{3}|^%|\{\{.*\}\}|\[\^\w+\]|^: "
        found += re.findall(signs, token.content, re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def folder(site: Path) -> Path:
    return site / FOLDER


@pytest.fixture(scope="module")
def notebooks(folder: Path) -> dict[str, NotebookNode]:
    return {path.stem: nbformat.read(path, as_version=4) for path in folder.rglob("*.ipynb")}


def page_of(site: Path, name: str) -> Path:
    return (site / STORED[name].relative_to(ROOT)).with_suffix(".html")


def prose(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_notebook_of_the_book_is_there_and_no_other(notebooks: dict) -> None:
    assert set(notebooks) == set(STORED)


@each_notebook
def test_the_button_gives_it_and_the_menu_says_how_to_run_it(
    site: Path, folder: Path, name: str
) -> None:
    path = page_of(site, name)
    page = parse(path)
    button = page.find("a", class_="btn-download-source-button")
    offered = (path.parent / button["href"]).resolve()
    assert offered.name == f"{name}.ipynb" and offered.is_relative_to(folder)
    help_page = page.find("a", class_="btn-run-it-yourself-button")["href"]
    assert (path.parent / help_page).resolve() == site / "chapters" / "run-it-yourself.html"


@each_notebook
def test_nothing_of_myst_is_left(notebooks: dict, name: str) -> None:
    cells = [cell for cell in notebooks[name].cells if cell.cell_type == "markdown"]
    assert [found for cell in cells for found in leftovers(cell.source)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "as in {eq}`eq-rnn-state`.",
        "> {cite:p}`pascanu2013difficulty`",
        "| a | {glue:text}`best:.2f` |\n|---|---|\n| 1 | 2 |",
        "- a list\n\n  ```{exercise} Title\n  :label: ex-a\n  ```",
        "$$\nh = 1\n$$ (eq-state)",
        "(a-label)=\n# Title",
        ":::{note}\nText.\n:::",
        "% a comment",
        "+++",
        "See [the tour](rnnlib-tour.ipynb).",
        "See [this](#eq-state).",
        "![a figure](../_static/logo.svg)",
        "{{ wheel }}",
        "A note[^1].",
        "term\n: definition",
    ],
)
def test_what_is_left_of_myst_would_be_found(planted: str) -> None:
    assert leftovers(f"Some text.\n\n{planted}\n\nMore.") != []


@each_notebook
def test_the_code_is_the_repositorys(notebooks: dict, name: str) -> None:
    """But for the import from MyST-NB and the line that says what the page does not show."""
    stored = nbformat.read(STORED[name], as_version=4)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    offered = [cell for cell in notebooks[name].cells if cell.cell_type == "code"]
    assert offered[0].id == "reader-install"
    for cell, original in zip(offered[1:], code, strict=True):
        assert cell.id == original.id
        assert cell.metadata.get("tags") == original.metadata.get("tags")
        lines = cell.source.split("\n")
        if re.match(r"# (The page (folds|leaves) this|Solution to Exercise)", lines[0]):
            lines = lines[1:]
            assert cell.metadata.jupyter.source_hidden
        else:
            assert not set(HIDDEN) & set(cell.metadata.get("tags", []))
        ast.parse("\n".join(lines))
        if "myst_nb" in original.source:
            lines = [line for line in lines if not line.startswith("def glue(")]
            source = original.source.replace("from myst_nb import glue\n", "")
        else:
            source = original.source
        assert "\n".join(lines) == source


@each_notebook
def test_a_first_cell_says_what_it_is(notebooks: dict, site: Path, name: str) -> None:
    about, needs = notebooks[name].cells[:2]
    title = parse(page_of(site, name)).find("h1").get_text().removesuffix("#").strip()
    install = Install.of(ROOT, "", "")
    for said in (re.sub(r"^\d+\. ", "", title), install.version, "CC BY 4.0", "MIT"):
        assert said in about.source
    assert f'#   pip install jupyterlab "{install.requirement}"' in needs.source
    assert f'    %pip install --quiet "{install.requirement}"' in needs.source


@each_notebook
def test_equations_exercises_and_values_are_the_pages(
    notebooks: dict, site: Path, name: str
) -> None:
    page, text = parse(page_of(site, name)), prose(notebooks[name])
    numbers = [number.get_text().strip("()#") for number in page.select(".eqno")]
    assert re.findall(r"\\tag\{([\d.]+)\}", text) == numbers
    titles = [title.get_text() for title in page.select(".exercise > .admonition-title")]
    offered = re.findall(r"^### (Exercise [\d.]+) · ", text, re.MULTILINE)
    assert offered == [re.match(r"Exercise [\d.]+", title)[0] for title in titles]
    assert len(re.findall(r"<summary><b>Solution to Exercise [\d.]+</b>", text)) + len(
        re.findall(r"^\*\*Solution to Exercise [\d.]+\*\*$", text, re.MULTILINE)
    ) == len(page.select(".solution"))
    at = 0
    for value in page.select(".pasted-text"):
        at = text.index(value.get_text().replace("\u00a0", " "), at)
    for reference in page.select("a.reference.internal[href*='#equation-']"):
        assert reference.get_text() in text


@each_notebook
def test_figures_are_there_and_widgets_come_when_the_cell_is_run(
    notebooks: dict, site: Path, name: str
) -> None:
    text = json.dumps(notebooks[name])
    assert "widget-view+json" not in text and "papermill" not in text
    outputs = [output for cell in notebooks[name].cells for output in cell.get("outputs", [])]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) == len(parse(page_of(site, name)).select(".cell_output img"))


@each_notebook
def test_what_is_cited_is_listed(notebooks: dict, site: Path, name: str) -> None:
    cited = {
        link["href"].split("#")[1]
        for link in parse(page_of(site, name)).select("a[href*='bibliography.html#']")
    }
    entries = notebooks[name].cells[-1].source.split("\n- ")[1:] if cited else []
    assert len(entries) == len(cited)


@pytest.mark.parametrize("name", sets.names())
def test_the_grader_takes_it_for_the_released_one(folder: Path, name: str) -> None:
    path = folder / "problem-sets" / f"{name}.ipynb"
    released = nbformat.read(sets.release_path(name), as_version=4)
    known = [cell for cell in released.cells if "nbgrader" in cell.metadata]
    offered = nbformat.read(path, as_version=4).cells
    assert [cell for cell in offered if "nbgrader" in cell.metadata] == known
    problem_set = sets.load(name)
    answers = {cell.grade_id: cell.source for cell in problem_set.of_kind("solution", "written")}
    handed_in = [
        replace(cell, source=answers.get(cell.grade_id, cell.source))
        for cell in read_cells(path.read_bytes())
    ]
    submission = Submission("student", path.name, "", tuple(handed_in))
    assert differences(problem_set, submission, recognise(problem_set, submission)) == []
    report = mark(problem_set, submission, PATIENT, unsafe=True)  # the code is our own
    assert report.flags == report.troubles == []
    assert all(each.points == each.possible for each in report.marks)


def test_the_page_shows_a_line_for_each_tool(site: Path) -> None:
    lines = parse(site / "chapters" / "run-it-yourself.html").select(".install pre")
    requirement = Install.of(ROOT, "", "").requirement
    for start in ("python -m venv", "uv run", "conda create"):
        (line,) = [line.get_text() for line in lines if line.get_text().startswith(start)]
        assert f'"{requirement}"' in line


def test_the_page_fills_in_the_address_that_it_has(site: Path, base: str, browser: Browser) -> None:
    wheel = Install.of(ROOT, "", "").wheel
    for address in (base, site.as_uri()):
        page = browser.new_page()
        page.goto(f"{address}/chapters/run-it-yourself.html")
        texts = page.locator(".install pre").all_text_contents()  # laid out already or not
        lines = [text for text in texts if "rnnlib[" in text]
        assert len(lines) == 3
        for line in lines:
            assert f'"rnnlib[notebooks] @ {address}/{FOLDER}/{wheel}"' in line
        assert page.locator(".install + .from-file").count() == 0
        assert "upload its wheel" in page.locator("div.from-file").text_content()  # into Colab
        page.close()


@pytest.mark.parametrize(
    ("site", "repository", "requirement"),
    [
        ("", "", "./rnnlib-1.2-py3-none-any.whl[notebooks]"),
        ("", "https://host/a/b", "rnnlib[notebooks] @ git+https://host/a/b"),
        (
            "https://host/b/",
            "https://host/a/b",
            "rnnlib[notebooks] @ https://host/b/notebooks/rnnlib-1.2-py3-none-any.whl",
        ),
    ],
)
def test_what_is_installed_is_where_the_course_is(
    site: str, repository: str, requirement: str
) -> None:
    assert Install("1.2", site, repository).requirement == requirement


def test_the_release_packs_these_notebooks(site: Path, notebooks: dict, tmp_path: Path) -> None:
    folder = pack.gather(site, tmp_path / "notebooks")
    count = pack.pack(tmp_path / "notebooks.zip", folder)
    with zipfile.ZipFile(tmp_path / "notebooks.zip") as packed:
        names = packed.namelist()
    assert len(names) == count
    assert {Path(name).stem for name in names if name.endswith(".ipynb")} == set(notebooks)
    assert f"notebooks/problem-sets/{sets.names()[0]}.ipynb" in names
    wheel = Install.of(ROOT, "", "").wheel
    assert f"./{wheel}[notebooks]" in (folder / "requirements.txt").read_text()
    for needed in (wheel, "constraints.txt", "runtime.txt", "README.md", "LICENSE-CONTENT"):
        assert f"notebooks/{needed}" in names
