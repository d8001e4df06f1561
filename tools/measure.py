"""How long a chapter takes to read, counted on the page as it is shown.

A chapter is its core, what goes further (the sections whose heading ends in a star), and from the
heading "Exercises" on what is done afterwards. Words, formulas, figures, predictions and lines of
code are counted, and a formula makes minutes of them. Solutions are not counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import add

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx_exercise.nodes import (
    exercise_enumerable_node,
    exercise_node,
    exercise_subtitle,
    solution_node,
)

STAR = "★"
AFTERWARDS = "Exercises"  # the heading from which on nothing is core
EFFORT = re.compile(r" · (?P<minutes>\d+) min(?P<core>, core)?$")  # in an exercise's title
CORE_MINUTES, CHAPTER_WORDS, VISIBLE_LINES = 45, 3500, 100
FOLDED = ("all", "input", "input+output")
UNREAD = (nodes.comment, nodes.raw, nodes.literal_block, nodes.substitution_definition)
NOTHING = (solution_node, *UNREAD)


@dataclass
class Amount:
    """How much there is to read.

    Attributes
    ----------
    words : int
        A formula within a line is a word.
    formulas, figures, predictions : int
        Displayed formulas; figures, those to drag among them; boxes that ask before they tell.
    lines : int
        Lines of code that are not folded.
    """

    words: int = 0
    formulas: int = 0
    figures: int = 0
    predictions: int = 0
    lines: int = 0

    @property
    def minutes(self) -> float:
        """The course's formula: see CONTRIBUTING.md."""
        return (
            self.words / 200
            + self.formulas
            + 1.5 * self.figures
            + 2 * self.predictions
            + self.lines / 20
        )

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(*map(add, vars(self).values(), vars(other).values()))


@dataclass
class Reading:
    """What one chapter asks of its reader.

    Attributes
    ----------
    core, further, afterwards : Amount
    exercises, core_exercises : int
        Minutes, as the exercises' titles say.
    starred : set of str
        The labels of everything in starred sections.
    asked : list of (str, int or None)
        The labels that the core refers to, and the lines where it does.
    """

    core: Amount = field(default_factory=Amount)
    further: Amount = field(default_factory=Amount)
    afterwards: Amount = field(default_factory=Amount)
    exercises: int = 0
    core_exercises: int = 0
    starred: set[str] = field(default_factory=set)
    asked: list[tuple[str, int | None]] = field(default_factory=list)

    def __str__(self) -> str:
        """Return what stands under the title."""
        core, further = round(self.core.minutes), round(self.further.minutes)
        said = f"Core {core} minutes · going further {further}" if further else f"{core} minutes"
        if self.exercises:
            said += f" · exercises {self.exercises} (core {self.core_exercises})"
        return said


def amount(node: nodes.Node) -> Amount:
    """Count what there is to read in a part of a page."""
    found = Amount()
    for part in _shown(node):
        match part:
            case nodes.Text():
                found.words += len(part.split())
            case nodes.math():
                found.words += 1
            case nodes.math_block():
                found.formulas += 1
            case nodes.literal_block():
                found.lines += sum(bool(line.strip()) for line in part.astext().split("\n"))
            case nodes.image():
                found.figures += 1
            case nodes.Element() if "predict" in part.get("classes", ()):
                found.predictions += 1
    return found


def _shown(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a part and what is in it, as far as a reader sees it without opening anything."""
    yield node
    match node:
        case nodes.Element() if node.get("nb_element") == "cell_code":
            yield from _of_cell(node)
        case nodes.math() | nodes.math_block() | nodes.Text():
            return
        case _ if isinstance(node, NOTHING):
            return
        case _:
            yield from chain.from_iterable(map(_shown, node.children))


def _of_cell(cell: nodes.Element) -> Iterator[nodes.Node]:
    """Yield a cell's visible code, one image for what it draws, and its caption."""
    mode = cell.get("hide_mode")
    code, drawn = _part(cell, "cell_code_source"), _part(cell, "cell_code_output")
    if code and mode not in FOLDED:
        yield from code.findall(nodes.literal_block)
    if drawn and mode not in ("all", "output", "input+output"):
        raw = (each.astext() for each in drawn.findall(nodes.raw))
        if next(drawn.findall(nodes.image), None) or any("data-explorer" in text for text in raw):
            yield nodes.image()
        for caption in drawn.findall(nodes.caption):
            yield from _shown(caption)


def _part(cell: nodes.Element, name: str) -> nodes.Element | None:
    return next((part for part in cell.children if part.get("nb_element") == name), None)


def measure(page: nodes.Element) -> Reading:
    """Measure a chapter: the section that holds all others.

    Raises
    ------
    ValueError
        If a core section follows a starred one, which it could need, a starred one follows the
        exercises, or a part of a section is starred.
    """
    found, where = Reading(), "core"
    for part in page.children:
        if isinstance(part, nodes.section):
            title = part[0].astext().strip()
            for deeper in part.findall(nodes.title):
                if deeper.parent is not part and deeper.astext().strip().endswith(STAR):
                    raise ValueError(f"a star is for whole sections: {deeper.astext()!r}")
            if title == AFTERWARDS:
                where = "afterwards"
            elif where == "afterwards" and title.endswith(STAR):
                raise ValueError(f"the starred section {title!r} follows the exercises")
            elif where != "afterwards":
                before, where = where, "further" if title.endswith(STAR) else "core"
                if before == "further" and where == "core":
                    raise ValueError(f"the core's section {title!r} follows a starred one")
        setattr(found, where, getattr(found, where) + amount(part))
        if where == "further":
            found.starred |= _labels(part)
        elif where == "core":
            found.asked += _asked(part)
    for exercise in _exercises(page):
        if effort := EFFORT.search(_title(exercise)):
            found.exercises += int(effort["minutes"])
            found.core_exercises += int(effort["minutes"]) if effort["core"] else 0
            if effort["core"]:
                found.asked += _asked(exercise)
    return found


def _exercises(page: nodes.Element) -> Iterator[nodes.Element]:
    yield from page.findall(lambda node: isinstance(node, exercise_node | exercise_enumerable_node))


def _title(exercise: nodes.Element) -> str:
    """Return an exercise's title without its number."""
    return "".join(part.astext() for part in exercise[0].findall(exercise_subtitle))


def _labels(part: nodes.Element) -> set[str]:
    """Return all by which a part, or something in it, can be referred to."""
    found: set[str] = set()
    for node in part.findall(nodes.Element):
        found |= {*node.get("ids", ()), *node.get("names", ())}
        found |= {node["label"]} if node.get("label") else set()
    return found


def _asked(part: nodes.Element) -> list[tuple[str, int | None]]:
    """Return the labels that a part refers to, but for those that stand in an open question."""
    return [(node["reftarget"].lstrip("#"), node.line) for node in part.findall(pending_xref)]


def _has_caption(image: nodes.Node) -> bool:
    node: nodes.Node | None = image
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    return node is not None and node.first_child_matching_class(nodes.caption) is not None


def complaints(page: nodes.Element, reading: Reading) -> Iterator[str]:
    """Say which limits of the second edition a chapter does not keep."""
    core, whole = reading.core, reading.core + reading.further + reading.afterwards
    if core.minutes > CORE_MINUTES:
        counted = ", ".join(f"{number} {name}" for name, number in vars(core).items())
        yield f"the core takes {core.minutes:.0f} minutes ({counted}): at most {CORE_MINUTES}"
    if whole.words > CHAPTER_WORDS:
        yield f"the chapter has {whole.words} words: at most {CHAPTER_WORDS}"
    if whole.lines > VISIBLE_LINES:
        yield f"the page shows {whole.lines} lines of code: at most {VISIBLE_LINES}"
    for title in map(_title, _exercises(page)):
        if not EFFORT.search(title):
            yield f"the exercise {title!r} does not say its minutes, as in 'Title · 10 min, core'"
    for image in page.findall(nodes.image):
        if not _has_caption(image):
            yield f"the figure {image.get('alt', image['uri'])[:60]!r} has no caption"
