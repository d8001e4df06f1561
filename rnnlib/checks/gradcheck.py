"""Is this gradient right? Slopes of the function itself, against what was derived.

*Central differences* work for any smooth function; their best step is near ε^(1/3), and about ten
digits of f is all they give: a slope below about 1e-9 · |f|, a vanished gradient, they cannot see.
The *complex step* Im f(x + ih)/h subtracts nothing and gives all digits, but only where f is
analytic: the check finds out first. Where neither can tell, the report says so.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, Literal

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_positive, check_size
from rnnlib.cells.cell import Cell
from rnnlib.checks._contract import check_contract
from rnnlib.checks.differences import EPS, central_difference, complex_step, one_number

Method = Literal["central", "complex"]
"""How a slope is measured: see `rnnlib.checks.differences`."""


@dataclass(frozen=True)
class GradientReport:
    """What a gradient check found.

    Attributes
    ----------
    passed : bool
        Nothing is wrong, and something could be told: False too if all entries are unresolved.
    worst : str
        The entry (or direction) that is furthest off, such as ``"W_hh[0, 2]"``.
    derived, measured : float
        The gradient's value there, and the function's slope.
    error : float
        |derived − measured| / (allowed difference there); above 1 is wrong.
    checked : int
        How many entries or directions were compared.
    method : str
    allowed : float
        The allowed difference there.
    unresolved : int
        Of how many nothing could be told: what rounding may do is larger than both numbers, so
        that 0 or the other sign would have done as well; two zeros are among them, unless the
        complex step found them. Use the complex step, or a loss whose gradient has not vanished.
    """

    passed: bool
    worst: str
    derived: float
    measured: float
    error: float
    checked: int
    method: str
    allowed: float
    unresolved: int = 0

    def __str__(self) -> str:
        verdict = "right" if self.passed else "WRONG" if self.error > 1 else "UNDECIDED"
        unseen = f", {self.unresolved} too small to tell" if self.unresolved else ""
        return (
            f"gradient {verdict} ({self.method}, {self.checked} compared{unseen}); furthest off at "
            f"{self.worst}: derived {self.derived:.10g}, measured {self.measured:.10g}, "
            f"allowed ±{self.allowed:.0e}"
        )


@dataclass(frozen=True)
class CellReport:
    """What `check_cell` found: one report for each derivative of the step."""

    jacobian: GradientReport
    h_prev: GradientReport
    x: GradientReport
    weights: GradientReport

    @property
    def passed(self) -> bool:
        """Whether none of them is wrong; a derivative that is 0 everywhere is not."""
        return all(r.error <= 1 for r in (self.jacobian, self.h_prev, self.x, self.weights))


def check_gradient(
    function: Callable[[Any], Any],
    gradient: Any,
    at: Any,
    *,
    method: Method = "central",
    directions: int | None = None,
    rng: np.random.Generator | None = None,
    rtol: float | None = None,
) -> GradientReport:
    """Compare a gradient with the slopes of the function it is said to belong to.

    Parameters
    ----------
    function : callable
        Takes what `at` is, an array or a record of arrays (a cell, a model), returns a number.
    gradient : ndarray or record
        What was derived, shaped as `at`.
    at : ndarray or record
        Where; float64.
    method : {"central", "complex"}
        A vanishing gradient needs "complex": see `GradientReport.unresolved`.
    directions : int, optional
        Compare along this many random directions; by default entry by entry, which costs two
        calls of the function for every number in `at`.
    rng : numpy.random.Generator, optional
        For the directions.
    rtol : float, optional
        Allowed relative difference, 1e-6 for central differences and 1e-10 for the complex step;
        what the function's own rounding can do to a difference comes on top.

    Returns
    -------
    GradientReport

    Raises
    ------
    ValueError, TypeError
        If shapes differ, something is not a finite number, a name or size is unknown, or the
        complex step is asked for a function that is not analytic there.

    References
    ----------
    Complex step: Squire & Trapp (1998), SIAM Review 40, 110-112.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> print(check_gradient(lambda x: (x**2).sum(), 2 * x, at=x, method="complex"))
    gradient right (complex, 2 compared); furthest off at [1]: derived 4, measured 4, allowed ±4e-10
    >>> check_gradient(lambda x: (x**3).sum(), np.array([3.0, 11.0]), at=x).worst
    '[1]'
    """
    if method not in ("central", "complex"):
        raise ValueError(f"method: expected 'central' or 'complex', got {method!r}")
    rtol = (
        (1e-6 if method == "central" else 1e-10) if rtol is None else check_positive("rtol", rtol)
    )
    x, derived = _vector("at", at), _vector("gradient", gradient)
    if derived.shape != x.shape:
        raise ValueError(f"gradient: expected {x.size} numbers, as at has, got {derived.size}")

    def f(vector: Array) -> Any:
        return function(_as(vector, at))

    rng = np.random.default_rng(0) if rng is None else rng
    if method == "complex":
        _check_analytic(f, x, rng)
    slope = _central_slope if method == "central" else _complex_slope
    compared = []
    for name, v in _directions(at, x, directions, rng):
        measured, noise = slope(f, x, v)
        expected = float(v @ derived)  # eq-directional
        allowed = rtol * max(abs(expected), abs(measured)) + noise  # eq-allowed-difference
        allowed += np.finfo(float).tiny  # 0 against 0 is right
        off, larger = abs(expected - measured), max(abs(expected), abs(measured))
        # Agreement to rtol is no accident, but two zeros agree in a difference that saw nothing.
        agree = off <= rtol * larger and (larger > 0 or method == "complex")
        drowned = not agree and off <= allowed and noise >= larger
        found = (not drowned, name, expected, measured, float(off / allowed), 1, method)
        compared.append(GradientReport(*found, float(allowed), int(drowned)))
    return _together(compared)


def check_cell(cell: Cell, rng: np.random.Generator | None = None) -> CellReport:
    """Compare every derivative of a cell with the slopes of its own step, at a random place.

    Meant for a cell of your own, whose three methods must fit each other.

    Parameters
    ----------
    cell : Cell
    rng : numpy.random.Generator, optional

    Returns
    -------
    CellReport
        Its `passed` says whether all are right, and each report names its worst entry.

    Raises
    ------
    TypeError, ValueError
        If a method does not return what `bptt` needs, or writes to what it was given; the
        message names the method.

    Examples
    --------
    >>> from rnnlib import GRUCell
    >>> check_cell(GRUCell.random(2, 3, np.random.default_rng(0))).passed
    True
    """
    rng = np.random.default_rng(0) if rng is None else rng
    check_contract(cell, np.random.default_rng(0))
    h = rng.uniform(-0.9, 0.9, (1, cell.state_size))
    x, v = rng.standard_normal((1, cell.input_size)), rng.standard_normal(h.shape)
    pulled, J = cell.vjp(h, x, v), cell.jacobian(cell.total_input(h, x), h)[0]

    def row(i: int) -> GradientReport:
        report = check_gradient(lambda old: cell.step(old[None], x)[0, i], J[i], at=h[0])
        return replace(report, worst=f"jacobian[{i}, {report.worst[1:]}")

    return CellReport(
        jacobian=_together([row(i) for i in range(cell.state_size)]),
        h_prev=check_gradient(lambda old: (v * cell.step(old, x)).sum(), pulled.h_prev, at=h),
        x=check_gradient(lambda new: (v * cell.step(h, new)).sum(), pulled.x, at=x),
        weights=check_gradient(lambda new: (v * new.step(h, x)).sum(), pulled.cell, at=cell),
    )


def _together(reports: list[GradientReport]) -> GradientReport:
    """Return one report for all: that of the worst, with all of them counted."""
    worst = max(reports, key=lambda report: (report.error, report.worst))
    checked, unresolved = sum(r.checked for r in reports), sum(r.unresolved for r in reports)
    passed = worst.error <= 1 and unresolved < checked
    return replace(worst, passed=passed, checked=checked, unresolved=unresolved)


def _central_slope(f: Callable[[Array], Any], x: Array, v: Array) -> tuple[float, float]:
    """Return the slope along v, and how far rounding in f may put it off."""
    size = float(np.abs(x).max()) or 1.0
    step = float(EPS ** (1 / 3) * size / np.abs(v).max())
    slope = central_difference(f, x, v, step)
    return slope, 20 * EPS * (abs(one_number(f(x))) / step + abs(slope))


def _complex_slope(f: Callable[[Array], Any], x: Array, v: Array) -> tuple[float, float]:
    return complex_step(f, x, v), 100 * EPS * abs(one_number(f(x)))


def _check_analytic(f: Callable[[Array], Any], x: Array, rng: np.random.Generator) -> None:
    """Raise unless the complex step and the difference quotient give the same slope of f."""
    for _ in range(3):
        v = rng.standard_normal(x.size)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            try:
                slope, _ = _complex_slope(f, x, v)
            except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
                raise ValueError(
                    f"function: expected one that takes complex numbers, got {error!r}"
                ) from error
        expected, noise = _central_slope(f, x, v)
        if not abs(slope - expected) <= 1e-4 * abs(expected) + 100 * noise:
            raise ValueError(
                "function: expected one that is analytic, for the complex step; its slope came out "
                f"{slope:.6g} by the complex step, {expected:.6g} by central differences"
            )


def _directions(
    at: Any, x: Array, directions: int | None, rng: np.random.Generator
) -> Iterator[tuple[str, Array]]:
    if directions is None:
        for j, name in enumerate(_names(at)):
            v = np.zeros(x.size)
            v[j] = 1.0
            yield name, v
    else:
        for i in range(check_size("directions", directions)):
            yield f"direction {i}", rng.standard_normal(x.size)


def _names(at: Any) -> Iterator[str]:
    parts = tree.named_leaves(at) if is_dataclass(at) else [("", np.asarray(at))]
    for name, array in parts:
        for index in np.ndindex(array.shape):
            yield f"{name}[{', '.join(map(str, index))}]"


def _vector(name: str, value: Any) -> Array:
    """Flatten an array or a record of float64."""
    vector = check_array(name, tree.flatten(value) if is_dataclass(value) else value).ravel()
    if vector.dtype != np.float64:
        raise TypeError(f"{name}: expected float64, got {vector.dtype}")
    return vector


def _as(vector: Array, like: Any) -> Any:
    return (
        tree.unflatten(vector, like=like)
        if is_dataclass(like)
        else vector.reshape(np.shape(like)).copy()  # the function may write into its argument
    )
