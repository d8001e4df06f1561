"""rnnlib and the book's tools import without what they do not need, and say what is missing."""

import re
import subprocess
import sys
import tomllib
from itertools import chain

import pytest

from tests.test_package import run
from tools.equations import ROOT

# The module that a package is imported as, where that is not its name.
MODULES = {
    "axe-playwright-python": "axe_playwright_python",
    "pytest-xdist": "xdist",
    "websocket-client": "websocket",
}
# What is no extra, and not installed for the book, but might be there and be relied on.
BESIDE = {"traitlets", "IPython", "scipy", "pandas", "torchvision", "myst_nb", "jaxlib"}
BLOCK = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
"""
IMPORT_ALL = """
import importlib, pkgutil, {package}
for module in pkgutil.walk_packages({package}.__path__, "{package}."):
    if module.name not in {but!r}:
        importlib.import_module(module.name)
        print(module.name)
"""


def modules(requirements: list[str]) -> set[str]:
    """Return what the packages of a list of requirements are imported as."""
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}
    return {MODULES.get(name, name.replace("-", "_")) for name in names}


EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]
OPTIONAL = modules(list(chain(*EXTRAS.values()))) - {"rnnlib"}
# requirements.txt gives these to a tool of the book's by its nature: all but rnnlib may use them.
FOR_TOOLS = {"jupytext", "matplotlib", "nbformat", "jinja2"}
# These tools draw, test and lock, which is no part of building the book.
NOT_FOR_THE_BOOK = {"tools.social_preview"}


def test_rnnlib_imports_with_numpy_alone() -> None:
    """Of the packages installed here, all but numpy and the standard library are blocked."""
    code = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"numpy", "rnnlib"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Block())
"""
    imported = run(code + IMPORT_ALL.format(package="rnnlib", but=set())).split()
    assert len(imported) > 60


def test_the_books_tools_import_without_any_extra() -> None:
    blocked = (OPTIONAL | BESIDE) - FOR_TOOLS - {"traitlets", "IPython", "myst_nb"}
    code = BLOCK.format(blocked=blocked) + IMPORT_ALL.format(package="tools", but=NOT_FOR_THE_BOOK)
    assert len(run(code).split()) > 8


@pytest.mark.parametrize("package", ["rnnlib", "tools"])
def test_an_import_of_an_extra_is_found(package: str, tmp_path) -> None:
    """The same code turns red on a module that begins with one."""
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "planted.py").write_text("import torch\n")
    code = BLOCK.format(blocked={"torch"}) + IMPORT_ALL.format(package=package, but=set())
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr


USES = {
    "plot": (
        "from rnnlib.pictures.plotting import use_book_style; use_book_style()",
        "from rnnlib.pictures.plotting import time_colours; time_colours(3)",
        "from rnnlib.pictures.diagrams import draw_folded; draw_folded()",
        "from rnnlib.pictures.diagrams import draw_unrolled; draw_unrolled()",
    ),
    "explore": (
        "from rnnlib.explorers import UnitExplorer; UnitExplorer()",
        "from rnnlib.explorers import MatrixExplorer; MatrixExplorer()",
        "from rnnlib.explorers import NetworkExplorer; NetworkExplorer()",
        "from rnnlib.explorers import WallExplorer; WallExplorer()",
        "from rnnlib.explorers import ReachExplorer; ReachExplorer()",
    ),
    "torch": ("from rnnlib.training import from_torch; from_torch(None)",),
    "sweep": ("from rnnlib.sweeps import sweep; sweep(print, {'a': [1]}, seeds=1, path='x.csv')",),
    "train": ("from rnnlib.training.loop import _with_progress; _with_progress([], 1, True)",),
}


@pytest.mark.parametrize("use", [(extra, use) for extra in USES for use in USES[extra]], ids=str)
def test_what_is_missing_is_named(use: tuple[str, str], tmp_path) -> None:
    extra, statement = use
    blocked = modules(EXTRAS[extra]) - {"numpy"}
    call = f"""
try:
    {statement}
except ImportError as error:
    print(error)
"""
    said = run(BLOCK.format(blocked=blocked) + call)
    advice = rf"([\w.]+) is not installed: pip install \1 \(rnnlib's extra: {extra}\)"
    assert re.fullmatch(advice, said)
