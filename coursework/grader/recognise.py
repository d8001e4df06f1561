"""Which cells of a notebook are the problem set's, what was changed in them, what is run when."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from coursework.grader.problem_set import Cell, ProblemSet
from coursework.grader.submissions import StudentCell, Submission

SEED = re.compile(r"^SEED *= *(\d{1,18})\b", re.MULTILINE)
Known = list[Cell | None]


def plain(text: str) -> str:
    """Return a text without what an editor may change of its own accord: white space at ends."""
    return "\n".join(line.rstrip() for line in text.replace("\r", "").split("\n")).strip()


def _seedless(text: str) -> str:
    return SEED.sub("SEED = ?", plain(text))


def recognise(problem_set: ProblemSet, submission: Submission) -> Known:
    """Return, for each cell of a submission, the cell of the problem set that it is.

    A cell is known by nbgrader's id or, if the ids have been lost, by its text, whatever its seed.
    """
    fixed = problem_set.of_kind("given", "look", "test")
    by_text = {_seedless(cell.released): cell for cell in fixed}
    return [
        problem_set.find(cell.grade_id) or by_text.get(_seedless(cell.source))
        for cell in submission.cells
    ]


def of_another_set(problem_set: ProblemSet, submission: Submission) -> bool:
    """Say whether all ids in a notebook are another problem set's."""
    own = {cell.grade_id for cell in problem_set.cells}
    ids = {cell.grade_id for cell in submission.cells}
    return bool(ids & problem_set.others) and not ids & own


def differences(problem_set: ProblemSet, submission: Submission, known: Known) -> list[str]:
    """Say which cells are missing, doubled or edited, and whether the seed is another."""
    often = Counter(cell.grade_id for cell in known if cell)
    lost = [cell.grade_id for cell in problem_set.cells if not often[cell.grade_id]]
    doubled = [grade_id for grade_id, times in often.items() if times > 1]
    edited = [
        cell.grade_id
        for cell, own in zip(known, submission.cells, strict=True)
        if cell
        and cell.kind in ("given", "look", "test")
        and _seedless(cell.released) != _seedless(own.source)
    ]
    found = [("missing", lost), ("doubled", doubled), ("edited", edited)]
    flags = [f"{what}: {', '.join(sorted(set(ids)))}" for what, ids in found if ids]
    seed = _seed(submission, known)
    return flags if seed in (None, problem_set.seed) else [*flags, f"its SEED is {seed}"]


def _seed(submission: Submission, known: Known) -> int | None:
    """Return the seed in a notebook: that of its given cell or, if there is none, of any other."""
    sources = {False: "", True: ""}
    for cell, own in zip(known, submission.cells, strict=True):
        if own.cell_type == "code":
            sources[cell is not None and cell.kind == "given"] += own.source + "\n"
    found = SEED.search(sources[True]) or SEED.search(sources[False])
    return int(found[1]) if found else None


def seeds_differ(problem_set: ProblemSet, submissions: Sequence[Submission]) -> str:
    """Say so if most of a class's notebooks carry one seed and are to be graded with another.

    One or two notebooks are no class: their seed is told in a flag.
    """
    read = [each for each in submissions if each.cells and not of_another_set(problem_set, each)]
    seeds = Counter(_seed(each, recognise(problem_set, each)) for each in read)
    for seed, times in seeds.most_common(1) if len(read) > 2 else ():
        if seed not in (None, problem_set.seed) and 2 * times > len(read):
            return (
                f"{times} of {len(read)} notebooks carry SEED = {seed}, you are grading with "
                f"SEED = {problem_set.seed}: say SEED={seed}, or SEED={problem_set.seed} to grade "
                "them all the same"
            )
    return ""


def steps(
    problem_set: ProblemSet, submission: Submission, known: Known
) -> Iterator[tuple[str, Cell | StudentCell]]:
    """Yield what is run, in order: the teacher's given cells and tests, the student's all else.

    A test stands where its cell was handed in last, but not before the last cell that bears its
    exercise's id; if it is not there, at the end. A look cell and a test are also what they define.
    """
    present = {cell.grade_id: number for number, cell in enumerate(known) if cell}
    places: dict[int, list[Cell]] = {}
    for cell in problem_set.of_kind("test"):
        place = present.get(cell.grade_id, len(known))
        places.setdefault(max(place, present.get(cell.exercise, 0)), []).append(cell)
    first = {cell.grade_id: number for number, cell in reversed([*enumerate(known)]) if cell}
    for cell in problem_set.of_kind("given"):
        if cell.grade_id not in present:
            yield "given cell", cell
    count = 0
    for number, own in enumerate(submission.cells):
        cell = known[number]
        count += own.cell_type == "code"
        if own.cell_type == "code" and not (cell and cell.kind in ("test", "written")):
            kind = "look" if cell and cell.kind == "look" else "code"
            yield f"{kind} cell {count}", own
        if cell and cell.kind == "given" and first[cell.grade_id] == number:
            yield "given cell", cell  # after the student's, who may have added an import
        yield from (("", test) for test in places.get(number, []))
    yield from (("", test) for test in places.get(len(known), []))


def spoken(problem_set: ProblemSet, submission: Submission, known: Known) -> dict[str, str]:
    """Return how students call the code cells: by the exercise in which they stand."""
    titles = [exercise.title for exercise in problem_set.exercises]
    found, title, own_count, count = {"given cell": "the given cell"}, "", 0, 0
    for cell, own in zip(known, submission.cells, strict=True):
        heading = title
        if own.cell_type != "code":
            heading = next((each for each in titles if f"# {each}" in own.source), title)
        elif cell and cell.title:
            heading = cell.title
        own_count = own_count if heading == title else 0
        title = heading
        if own.cell_type != "code":
            continue
        count += 1
        answers = cell if cell and cell.kind == "solution" else _without_id(
            problem_set, own, known)  # fmt: skip
        if answers:
            name = f"your answer to {answers.title}"
        elif cell:
            name = f"the cell {cell.grade_id}"
        else:
            own_count += 1
            name = f"cell {own_count} of your own in {title}" if title else (
                f"cell {own_count} of your own at the top")  # fmt: skip
        found[f"code cell {count}"] = name
    return found


def _without_id(problem_set: ProblemSet, own: StudentCell, known: Known) -> Cell | None:
    """Return the solution that a cell is whose id has been lost, by what it defines."""
    for cell in problem_set.of_kind("solution"):
        if cell not in known and any(defines(name).search(own.source) for name in cell.names):
            return cell
    return None


def defines(name: str) -> re.Pattern[str]:
    """Return what finds where a name of an answer's is given its meaning."""
    return re.compile(rf"^[ \t]*(def +{name}\b|{name} *=(?!=))", re.MULTILINE)


def elsewhere(problem_set: ProblemSet, submission: Submission, known: Known, name: str) -> str:
    """Return where a student defines a name outside of its own cell, or nothing."""
    names, count, found = spoken(problem_set, submission, known), 0, ""
    for cell, own in zip(known, submission.cells, strict=True):
        count += own.cell_type == "code"
        given = cell and plain(cell.released) == plain(own.source)
        if given or (cell and cell.kind == "solution" and name in cell.names):
            continue
        if defines(name).search(own.source):
            if own.cell_type == "code":
                return names[f"code cell {count}"]
            found = "a cell of text"
    return found


IDENTIFIER = re.compile(r"[^\W\d]\w*")
BOUND = re.compile(r"^(?:def|class) +(\w+)|^(\w+) *=(?!=)|\b(?:as|import) +(\w+)", re.MULTILINE)


def used_names(submission: Submission, known: Known) -> set[str]:
    """Return the names in a student's own cells that these do not bind themselves."""
    sources = [
        own.source
        for cell, own in zip(known, submission.cells, strict=True)
        if own.cell_type == "code" and not (cell and cell.kind in ("look", "test", "given"))
    ]
    text = "\n".join(sources)
    bound = {name for found in BOUND.findall(text) for name in found if name}
    return set(IDENTIFIER.findall(text)) - bound
