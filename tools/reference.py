"""Sphinx extension: the reference pages of rnnlib, from its docstrings by autodoc and numpydoc.

- A room, a folder of rnnlib, is a page: ``{rnnlib-list} room`` names its modules, each with the
  first sentence of its docstring and what the room exports of it; ``{rnnlib-modules} room`` is
  the page.
- What a class documents in its own docstring (the fields of a record) is not listed again.
- A name in single backquotes is a link if it is something of rnnlib's, else an argument's name.
- A bar in a docstring is a bar, as in |λ|; reStructuredText would take it for a substitution.
- What implements a numbered equation of the course says so, with a link to the equation.
"""

import importlib
import inspect
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from tools.equations import ROOT, code_lines

LITERAL = re.compile(r"(``.+?``|`.+?`)")


def modules_of(room: str) -> list[str]:
    """Name the public modules of a room, or the one module that has no room, as ``tree``."""
    folder = ROOT / "rnnlib" / room
    names = [path.stem for path in sorted(folder.glob("[!_]*.py"))]
    return [f"rnnlib.{room}.{name}" for name in names] or [f"rnnlib.{room}"]


def exported(module: str) -> list[str]:
    """Name the functions and classes of a module that its room exports."""
    room = importlib.import_module(module.rpartition(".")[0])
    names = getattr(room, "__all__", ()) if room.__name__ != "rnnlib" else ()
    return [name for name in names if getattr(getattr(room, name), "__module__", "") == module]


class ModuleList(SphinxDirective):
    """The modules of a page, each a link with one line about it, and the names it is known for."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:  # noqa: D102
        text = []
        for name in modules_of(self.arguments[0]):
            docstring = importlib.import_module(name).__doc__ or ""
            first = re.split(r"\.\s", " ".join(docstring.split()))[0].rstrip(".")
            first = first.replace("_", r"\_").replace("*", r"\*")
            names = ", ".join(f"{{py:obj}}`~{name}.{known}`" for known in exported(name))
            text += [f"{{py:mod}}`~{name}`", f": {first}.", *(["", f"  {names}"] * bool(names)), ""]
        return self.parse_text_to_nodes("\n".join(text))


class Modules(SphinxDirective):
    """A section for each module of a page, made by autodoc."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:  # noqa: D102
        text = []
        for name in modules_of(self.arguments[0]):
            directive = f"```{{eval-rst}}\n.. automodule:: {name}\n```"
            text += [f"## {name}", "", directive, ""]
        return self.parse_text_to_nodes("\n".join(text), allow_section_headings=True)


def leave_out_fields(
    _app: Sphinx, what: str, _name: str, member: Any, skip: bool, _options: Any
) -> bool | None:
    """List documented methods and properties of a class, not its fields."""
    if what != "class" or skip:
        return None
    function = function_of(member)
    return None if inspect.isroutine(function) and function.__doc__ else True


def function_of(member: Any) -> Any:
    """Return the function that is behind a method or a property."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return inspect.unwrap(getattr(member, "__func__", member))


def link_by_short_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.Element
) -> nodes.Element | None:
    """Resolve what the Python domain did not: `unroll` for ``rnnlib.time.unrolling.unroll``.

    What a room exports may also be named as it is imported, ``rnnlib.time.unroll``, and a room's
    own name leads to its page.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    room = target.removeprefix("rnnlib.")
    if target != room and (ROOT / "rnnlib" / room / "__init__.py").is_file():
        page = f"reference/{room.replace('_', '-')}"
        return make_refnode(app.builder, node["refdoc"], page, "", text, target)
    objects = env.get_domain("py").objects
    names = [name for name in objects if may_be_called(name, target)]
    if len(names) != 1:
        return text if node.get("reftype") == "obj" else None
    found = objects[names[0]]
    return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, text, names[0])


def may_be_called(name: str, target: str) -> bool:
    """Whether ``rnnlib.room.module.name`` may be written as `target`.

    A method only with its class in front: its bare name may be an argument's.
    """
    *above, short = name.split(".", maxsplit=3)
    ways = ("", "rnnlib.", ".".join(above[:2]) + ".", ".".join(above[2:]) + ".")
    return target in [way + short for way in ways]


def escape_bars(lines: list[str]) -> None:
    """Escape each bar that stands in running text, in place."""
    literal: int | None = None  # the indentation of the line that a literal block follows
    doctest = False
    for number, line in enumerate(lines):
        indentation = len(line) - len(line.lstrip())
        doctest = bool(line.strip()) and (doctest or line.lstrip().startswith(">>>"))
        if literal is not None and line.strip() and indentation <= literal:
            literal = None
        if literal is None and not doctest:
            parts = LITERAL.split(line)
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[number] = "".join(parts)
            if line.rstrip().endswith("::"):
                literal = indentation


@cache
def labels_by_line() -> dict[tuple[Path, int], list[str]]:
    """Return the equation labels that each line of rnnlib carries."""
    found: dict[tuple[Path, int], list[str]] = {}
    for line in code_lines():
        found.setdefault((ROOT / line.path, line.number), []).append(line.label)
    return found


def labels_in(member: Any) -> list[str]:
    """Return the labels that the lines of a function, method or property carry."""
    function = function_of(member)
    source, first = inspect.getsourcelines(function)
    path = Path(inspect.getsourcefile(function) or "").resolve()
    lines = range(first, first + len(source))
    labels = [label for line in lines for label in labels_by_line().get((path, line), [])]
    return list(dict.fromkeys(labels))


def complete_docstring(
    _app: Sphinx, what: str, _name: str, member: Any, _options: Any, lines: list[str]
) -> None:
    """Escape bars, and add the equations that a function implements."""
    escape_bars(lines)
    if what in ("function", "method", "property") and (labels := labels_in(member)):
        links = ", ".join(f":eq:`{label}`" for label in labels)
        lines += ["", f"Implements equation{'s' * (len(labels) > 1)} {links}.", ""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension, after numpydoc, which turns a docstring's sections into markup."""
    app.add_directive("rnnlib-list", ModuleList)
    app.add_directive("rnnlib-modules", Modules)
    app.connect("autodoc-skip-member", leave_out_fields)
    app.connect("autodoc-process-docstring", complete_docstring, priority=600)
    app.connect("missing-reference", link_by_short_name)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
