"""Whose a file is, by its path. Where two readings are possible nobody is chosen."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coursework.grader.roster import Roster, Student, fold

ALONE = re.compile(r"(?<![A-Za-z0-9])\d{4,}(?![A-Za-z0-9])")
WITH_LETTERS = re.compile(r"(?<!\d)\d{4,}(?!\d)")
YEAR = re.compile(r"(19|20)\d\d")
DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-_. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])([-_. ])(?:0[1-9]|1[0-2])\2(?:19|20)\d\d)(?!\d)"
)
# What an LMS puts before the name that a student chose.
MOODLE = re.compile(r"(?:^|/)([^/]*?)_(\d+)_assign(?:submission|feedback)_[a-z]+_?")
CANVAS = re.compile(r"(?:^|/)([^/]*?)_(?:late_)?(\d+)_(\d+)_[^/]+$", re.IGNORECASE)
NOT_LISTED = "not on the roster"
LEAST = 3  # digits of a number that may stand beside letters


class Owners:
    """Says whose each file is.

    Parameters
    ----------
    files : list of Path
        All of them, below the folder of submissions.
    problem_set : str
    roster : Roster, optional
    """

    def __init__(self, files: Sequence[Path], problem_set: str, roster: Roster | None):
        self.problem_set, self.roster = problem_set, roster
        self.keys: dict[str, set[str]] = {}  # folded ids, each with those whose it is
        for student in roster.students if roster else ():
            for key in (student.id, *student.others):
                self.keys.setdefault(fold(key), set()).add(student.id)
        numbers = [set(_numbers(file.as_posix())) for file in files]
        self.shared = set.intersection(*numbers) if len(numbers) > 1 else set[str]()
        self.stems = Counter(file.stem for file in files)

    def of(self, file: Path) -> tuple[str, list[str]]:
        """Return a student's id and what the teacher should know about it."""
        text = file.as_posix()
        given = self._given(file)
        if self.roster is None:
            return (given, []) if given else self._guessed(file)
        if given:
            own = {each.id for each in self.roster.students if fold(each.id) == fold(given)}
            known = own or self.keys.get(fold(given), set())
            if known or self._certain(given, file):
                return self._decided(known, given, text)
        found = self._mentioned(fold(text))
        if found:
            return self._decided(found, text, text)
        named = {each.id for each in self.roster.students if _is_named(each, text)}
        student, flags = self._decided(named, text, text)
        return student, flags if len(named) != 1 else ["found by the name, no id stands there"]

    def _given(self, file: Path) -> str:
        """Return the id at the place where nbgrader or an LMS writes it, if there is one."""
        if len(file.parts) == 3 and file.parts[1] == self.problem_set:
            return file.parts[0]
        if found := MOODLE.search(file.as_posix()):
            return found[2]
        canvas = CANVAS.search(file.as_posix())
        if canvas and (self.roster is None or self.roster.kind == "canvas"):
            return canvas[2] if not YEAR.fullmatch(canvas[2]) else ""
        return ""

    def _certain(self, given: str, file: Path) -> bool:
        """Say whether nothing else in the path can tell whose it is."""
        assert self.roster is not None
        by_lms = self.roster.kind != "list" and not self.roster.chosen
        return by_lms or file.parts[0] == given

    def _decided(self, found: set[str], nobody: str, text: str) -> tuple[str, list[str]]:
        if len(found) == 1:
            return next(iter(found)), []
        if not found:
            return nobody, [NOT_LISTED]
        return text, [f"whose it is is not clear: {' or '.join(sorted(found))}"]

    def _mentioned(self, text: str) -> set[str]:
        """Return those whose ids stand in a path: as words or, if none does, less strictly."""
        dated = DATE.sub(lambda date: date[0] if date[0] in self.keys else "/" * len(date[0]), text)
        for within in dict.fromkeys((dated, text)):
            for ways in ((_as_word, _beside_letters), (_without_zeros, _number_of)):
                if found := self._found(within, ways):
                    return found
        return set()

    def _found(self, text: str, ways: Sequence) -> set[str]:
        """Return those whose ids are found, but for an id that is part of a longer one."""
        spans = {
            match.span(): ids
            for key, ids in self.keys.items()
            for way in ways
            if (pattern := way(key))
            for match in re.finditer(pattern, text)
        }
        whole = [
            span
            for span in spans
            if not any(a <= span[0] and span[1] <= b and (a, b) != span for a, b in spans)
        ]
        return {student for span in whole for student in spans[span]}

    def _guessed(self, file: Path) -> tuple[str, list[str]]:
        """Return a number that is not in all files' paths, as a course's is, or else a name.

        Numbers beside letters count if there is none that stands alone.
        """
        numbers = _numbers(file.as_posix())
        own = [each for each in numbers if each not in self.shared]
        alone = dict.fromkeys(each for each in own if numbers[each])
        own = list(alone) or own
        if len(own) == 1:
            return own[0], []
        unique = self.stems[file.stem] == 1
        name = file.stem if unique else file.parent.name or file.stem
        return name, [f"whose it is is not clear: {' or '.join(own)}"] if own else []


def _numbers(text: str) -> dict[str, bool]:
    """Return the numbers in a path that may be a student's, and whether each stands alone."""
    text = DATE.sub("/", text)
    found = dict.fromkeys(WITH_LETTERS.findall(text), False) | dict.fromkeys(
        ALONE.findall(text), True
    )
    return {each: alone for each, alone in found.items() if not YEAR.fullmatch(each)}


def _as_word(key: str) -> str:
    """Return what finds an id where it stands as a word of its own, spaces written as they may."""
    words = r"[\W_]+".join(re.escape(word) for word in re.split(r"\s+", key))
    return rf"(?<![^\W_]){words}(?![^\W_])"


def _beside_letters(key: str) -> str:
    return rf"(?<!\d){key}(?!\d)" if re.fullmatch(rf"\d{{{LEAST},}}", key) else ""


def _without_zeros(key: str) -> str:
    """Return what finds a number from which a spreadsheet has dropped zeros."""
    digits = key.lstrip("0") if re.fullmatch(r"\d+", key) else ""
    return rf"(?<!\d)0*{digits}(?!\d)" if len(digits) >= LEAST else ""


def _number_of(key: str) -> str:
    """Return what finds the number of an id such as s1001."""
    found = re.fullmatch(rf"[^\W\d_]{{1,3}}(\d{{{LEAST},}})", key)
    return rf"(?<!\d){found[1]}(?!\d)" if found else ""


def _is_named(student: Student, text: str) -> bool:
    """Say whether a path has somebody's full name, first or last name first."""
    first, _, last = (each.strip() for each in student.name.partition(","))
    name = [*_words(last), *_words(first)] if last else _words(first)
    if len(name) < 2:
        return False
    words = _words(text)
    turned = [*name[len(_words(last)) :], *name[: len(_words(last))]] if last else [
        name[-1], *name[:-1]]  # fmt: skip
    for order in (name, turned):
        places = range(len(words) - len(order) + 1)
        if "".join(order) in words or any(words[n : n + len(order)] == order for n in places):
            return True
    return False


def _words(text: str) -> list[str]:
    """Return a text's words without accents, which systems drop from names of files."""
    apart = unicodedata.normalize("NFKD", fold(text))
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return re.findall(r"[^\W_]+", plain)
