"""rnnlib is a house: its rooms lie on floors, and nothing is imported from a floor above."""

import ast
from collections.abc import Iterator
from importlib import import_module
from inspect import ismodule
from pathlib import Path

import pytest

RNNLIB = Path(__file__).resolve().parent.parent / "rnnlib"
FLOORS = (
    ("_validate", "_files", "_optional"),
    ("_nodes",),
    ("tree", "corpora", "sweeps", "pictures"),
    ("cells",),
    ("one_unit", "checks", "fast"),
    ("time",),
    ("product",),
    ("training",),
    ("explorers",),
    ("__init__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = sorted(path.parent.name for path in RNNLIB.glob("*/__init__.py"))


def imports(module: Path, root: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports from rnnlib, wherever in it, as paths below rnnlib."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module="rnnlib", names=names):
                yield from ((name.name,) for name in names)
            case ast.ImportFrom(module=str(name)) if name.startswith("rnnlib."):
                yield tuple(name.split(".")[1:])
            case ast.Import(names=names):
                found = (name.name.split(".") for name in names)
                yield from (tuple(parts[1:]) for parts in found if parts[0] == "rnnlib")
            case ast.ImportFrom(level=level) if level:
                raise AssertionError(f"{module}: an import relative to its folder")


def upwards(root: Path = RNNLIB) -> list[str]:
    """Say which module imports from its own floor, another room's, or from a floor above."""
    wrong = []
    for path in sorted(root.rglob("*.py")):
        room = path.relative_to(root).parts[0].removesuffix(".py")
        for target in imports(path, root):
            there = target[0] if target and target[0] in FLOOR else "__init__"
            if there != room and FLOOR[there] >= FLOOR[room]:
                wrong.append(f"{path.relative_to(root)} imports {'.'.join(target) or 'rnnlib'}")
    return wrong


def circles(root: Path = RNNLIB) -> list[str]:
    """Name the modules that import themselves by way of others, within their room."""
    edges: dict[str, set[str]] = {}
    for path in root.rglob("*.py"):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        if path.name != "__init__.py":
            edges[name] = {".".join(target) for target in imports(path, root)}
    reached = {name: set(targets) for name, targets in edges.items()}
    for middle in edges:
        for name in edges:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    return sorted(name for name, targets in reached.items() if name in targets)


def test_every_room_has_a_floor() -> None:
    there = {
        path.name.removesuffix(".py") for path in RNNLIB.iterdir() if path.suffix in ("", ".py")
    }
    assert there - {"__pycache__"} == set(FLOOR)


def test_nothing_is_imported_from_above() -> None:
    assert upwards() == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles() == []


def test_an_import_from_above_and_a_circle_are_found(tmp_path: Path) -> None:
    for name, text in {
        "cells/a.py": "from rnnlib.cells.b import x\n",
        "cells/b.py": "def f():\n    import rnnlib.cells.a\n    from rnnlib.time import unroll\n",
        "time/c.py": "from rnnlib import train\nfrom rnnlib.cells.a import x\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert upwards(tmp_path) == ["cells/b.py imports time", "time/c.py imports train"]
    assert circles(tmp_path) == ["cells.a", "cells.b"]


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_no_module_hides_behind_a_name_that_its_room_exports(room: str) -> None:
    package = import_module(f"rnnlib{room}")
    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")}
    shown = {name for name in modules & set(vars(package)) if not ismodule(vars(package)[name])}
    assert shown == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_exports_all_that_its_modules_show(room: str) -> None:
    package = import_module(f"rnnlib.{room}")
    exported = getattr(package, "__all__", [])
    assert sorted(set(exported)) == sorted(exported)
    assert [name for name in exported if not hasattr(package, name)] == []


def test_a_public_name_lives_in_one_room() -> None:
    owners: dict[str, list[str]] = {}
    for room in ROOMS:
        for name in getattr(import_module(f"rnnlib.{room}"), "__all__", []):
            owners.setdefault(name, []).append(room)
    assert {name: rooms for name, rooms in owners.items() if len(rooms) > 1} == {}
