"""What a gradient check says: right, wrong, or that nobody can tell.

A derived number is held against a slope *with a bound on its error*. If every number within the
bound agrees with it, it is right; if none does, it is wrong; otherwise it is undecided, and an
undecided number has not passed.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rnnlib.checks.slopes import Slope

Verdict = Literal["RIGHT", "ROUNDED", "WRONG", "UNDECIDED"]
"""On one number. A whole gradient with numbers that are right but for rounding is RIGHT."""

UNSEEN = 1e-200
"""Slopes below this underflow under a complex step."""

ADVICE = {
    "central": "What helps: a function that takes complex numbers (no abs, no norm, no float), a "
    "place where it is smooth, fewer steps of time, float64 throughout",
    "complex": "What helps: a place where the network is neither saturated nor chaotic nor at a "
    "kink, fewer steps of time",
}
"""What may decide an undecided entry, by the method that left it so."""


def judge(
    derived: float, slope: Slope, rtol: float, likely: float = 0.0, most: float = 0.0
) -> Verdict:
    """Judge one number by a slope that is known up to a bound.

    Parameters
    ----------
    derived : float
    slope : Slope
    rtol : float
        Two numbers count as the same if they differ by less than this part of the larger.
    likely, most : float
        How far rounding will have put `derived` off, and how far at the most: see
        `rnnlib.checks.slopes.rounding`.

    Examples
    --------
    >>> judge(3.0, Slope(3.0, bound=1e-9), rtol=1e-6)
    'RIGHT'
    >>> judge(0.0, Slope(1e-12, bound=1e-9), rtol=1e-6)
    'UNDECIDED'
    >>> judge(0.0, Slope(1e-20, bound=1e-32), rtol=1e-6, likely=1e-16, most=1e-15)
    'ROUNDED'
    """
    off, larger = abs(derived - slope.value), max(abs(derived), abs(slope.value))
    bound = slope.bound + (UNSEEN if larger > 0 else 0.0)
    if off + bound <= rtol * larger:  # eq-allowed-difference
        return "RIGHT"
    if larger + bound <= likely:
        return "ROUNDED"
    return "WRONG" if off - bound - most > rtol * larger else "UNDECIDED"


class Entry(NamedTuple):
    """One number that was compared."""

    name: str
    derived: float
    slope: Slope
    verdict: Verdict

    @property
    def error(self) -> float:
        """|derived − measured|, relative to the larger of both; 0 for two zeros."""
        larger = max(abs(self.derived), abs(self.slope.value))
        return abs(self.derived - self.slope.value) / larger if larger else 0.0


@dataclass(frozen=True)
class GradientReport:
    """What a gradient check found. As a condition it is true only if the gradient is right.

    Attributes
    ----------
    verdict : {"RIGHT", "WRONG", "UNDECIDED"}
        WRONG if one entry is wrong; UNDECIDED if none is, but nobody can tell about some; RIGHT if
        all are right.
    wrong, undecided, rounded : tuple of str
        These entries (or directions), such as ``"W_hh[0, 2]"``. The rounded ones are smaller than
        rounding in a saturated unit, so that the right program does not know them any better.
    checked : int
        How many entries or directions were compared.
    worst : str
        The entry that is furthest off, among those that make the verdict.
    derived, measured, bound : float
        There: the gradient's value, the function's slope, and how far that may be off.
    error : float
        There: |derived − measured|, relative to the larger of both.
    method : {"central", "complex"}
        What measured the slopes.
    """

    verdict: Verdict
    wrong: tuple[str, ...]
    undecided: tuple[str, ...]
    rounded: tuple[str, ...]
    checked: int
    worst: str
    derived: float
    measured: float
    bound: float
    error: float
    method: str

    @property
    def passed(self) -> bool:
        """Whether the verdict is RIGHT."""
        return self.verdict == "RIGHT"

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        counts = f"{self.checked} compared"
        counts += f", {len(self.wrong)} wrong" if self.wrong else ""
        counts += f", {len(self.undecided)} undecided" if self.undecided else ""
        counts += f", {len(self.rounded)} right but for rounding" if self.rounded else ""
        return (
            f"gradient {self.verdict} ({self.method}, {counts}); furthest off at {self.worst}: "
            f"derived {self.derived:.10g}, measured {self.measured:.10g} ± {self.bound:.0e}"
        )

    def raise_unless_right(self) -> None:
        """Raise if the gradient is wrong, and, with other words, if nobody can tell.

        Raises
        ------
        AssertionError
            Naming the entries; of undecided ones it says what would help.

        Examples
        --------
        >>> import numpy as np
        >>> from rnnlib.checks import check_gradient
        >>> check_gradient(np.sin, np.cos(0.5), at=0.5).raise_unless_right()
        """
        if self.verdict == "WRONG":
            raise AssertionError(f"{self}. Wrong: {_some(self.wrong)}")
        if self.verdict == "UNDECIDED":
            raise AssertionError(
                f"{self}. No error was found, but nobody can tell about "
                f"{_some(self.undecided)}. {ADVICE[self.method]}"
            )


def report_on(entries: list[Entry], method: str) -> GradientReport:
    """Put what was found about single entries into one report."""
    wrong, undecided, rounded = (
        tuple(entry.name for entry in entries if entry.verdict == verdict)
        for verdict in ("WRONG", "UNDECIDED", "ROUNDED")
    )
    verdict: Verdict = "WRONG" if wrong else "UNDECIDED" if undecided else "RIGHT"
    deciding = [entry for entry in entries if entry.verdict == verdict] or entries
    worst = max(deciding, key=lambda entry: entry.error)
    return GradientReport(
        verdict=verdict,
        wrong=wrong,
        undecided=undecided,
        rounded=rounded,
        checked=len(entries),
        worst=worst.name,
        derived=worst.derived,
        measured=worst.slope.value,
        bound=worst.slope.bound,
        error=worst.error,
        method=method,
    )


def _some(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
