"""The reference pages: every public name of rnnlib is on them."""

import ast
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.site.checks import parse

ROOT = Path(__file__).resolve().parents[2]


def public_names(folder: Path) -> Iterator[str]:
    """Yield the modules below a folder, and what they define that has no underscore in front."""
    for path in sorted([*folder.glob("[!_]*.py"), *folder.glob("*/[!_]*.py")]):
        module = ".".join(["rnnlib", *path.relative_to(folder).with_suffix("").parts])
        yield f"module-{module}"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for name in names_of(node):
                yield f"{module}.{name}"


def names_of(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name):
            names = [name]
        case ast.ClassDef(name=name):
            methods = [
                member.name
                for member in node.body
                if isinstance(member, ast.FunctionDef) and ast.get_docstring(member)
            ]
            names = [name, *(f"{name}.{method}" for method in methods if method[0] != "_")]
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            names = []  # serves annotations alone
        case ast.Assign(targets=targets):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            names = [name]
        case _:
            names = []
    return [name for name in names if not name.startswith("_")]


def missing(folder: Path, site: Path) -> list[str]:
    """List the public names that the index of names does not lead to."""
    links = parse(site / "genindex.html").select("table.indextable a[href*='reference/']")
    listed = {link["href"].partition("#")[2] for link in links}
    return [name for name in public_names(folder) if name not in listed]


def test_every_public_name_is_in_the_index(site: Path) -> None:
    assert len(list(public_names(ROOT / "rnnlib"))) > 200
    assert missing(ROOT / "rnnlib", site) == []


def test_a_name_that_is_not_documented_is_found(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rnnlib"
    shutil.copytree(ROOT / "rnnlib", folder)
    with (folder / "cells" / "elman.py").open("a", encoding="utf-8") as cells:
        cells.write("\n\nNOBODY: int = 3\n\n\ndef nobody() -> None: ...\n")
    (folder / "cells" / "planted.py").write_text(
        'class Nobody:\n    def step(self):\n        """Step."""\n'
    )
    assert missing(folder, site) == [
        "rnnlib.cells.elman.NOBODY",
        "rnnlib.cells.elman.nobody",
        "module-rnnlib.cells.planted",
        "rnnlib.cells.planted.Nobody",
        "rnnlib.cells.planted.Nobody.step",
    ]


def test_every_module_stands_in_the_overview(site: Path) -> None:
    overview = parse(site / "reference" / "index.html")
    links = {link["href"].partition("#")[2] for link in overview.select("article a[href]")}
    modules = {name for name in public_names(ROOT / "rnnlib") if name.startswith("module-")}
    assert modules <= links


@pytest.mark.parametrize(
    "address",
    [
        "../_modules/rnnlib/cells/cell.html#Cell.total_input",  # its source text
        "../chapters/02-the-forward-equations.html#equation-eq-total-input",  # what it implements
        "#rnnlib.cells.cell.Cell.total_input",  # named in backquotes by another docstring
    ],
)
def test_a_name_leads_to_its_source_and_its_equations(site: Path, address: str) -> None:
    page = parse(site / "reference" / "cells.html")
    assert page.select(f'article a[href="{address}"]')


def unlinked(page: Path) -> set[str]:
    """Names in backquotes that a page shows as text, though a room exports them."""
    rooms = [
        import_module(f"rnnlib.{path.parent.name}") for path in ROOT.glob("rnnlib/*/__init__.py")
    ]
    public = {name for room in rooms for name in getattr(room, "__all__", ())}
    names = {
        code.get_text().removeprefix("rnnlib.").rpartition(".")[2]
        for code in parse(page).select("article code.py-obj")
        if code.find_parent("a") is None
    }
    return names & public


def test_a_name_in_backquotes_is_a_link(site: Path) -> None:
    pages = sorted((site / "reference").glob("*.html"))
    assert len(pages) > 10
    assert {page.stem: found for page in pages if (found := unlinked(page))} == {}


def test_a_name_that_is_not_linked_is_found(site: Path, tmp_path: Path) -> None:
    page = (site / "reference" / "time.html").read_text(encoding="utf-8")
    link = '<a class="reference internal" href="#rnnlib.time.unrolling.unroll"'
    assert link in page
    (tmp_path / "time.html").write_text(page.replace(link, "<b"), encoding="utf-8")
    assert unlinked(tmp_path / "time.html") == {"unroll"}
