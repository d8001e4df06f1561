"""Is this gradient right? Slopes of the function itself, against what was derived.

Two witnesses are heard about every entry: differences, which any function stands, and the complex
step, which sees what is too small for them. Where they contradict each other the function is not
analytic, and only differences count. What the slopes say of the gradient stands in
`rnnlib.checks.report`, how they are measured in `rnnlib.checks.slopes`.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from rnnlib._validate import Array, check_positive, check_size
from rnnlib.checks._coordinates import Coordinates
from rnnlib.checks.differences import EPS, one_number
from rnnlib.checks.report import Entry, GradientReport, judge, report_on
from rnnlib.checks.slopes import (
    COMPLEX_STEP,
    Function,
    by_complex_step,
    by_differences,
    noise_level,
    rounding,
)

Method = Literal["auto", "central", "complex"]
"""Who is heard: both, differences alone, or both and the complex step must not fail."""


def check_gradient(
    function: Callable[[Any], Any],
    gradient: Any,
    at: Any,
    *,
    method: Method = "auto",
    directions: int | None = None,
    rng: np.random.Generator | None = None,
    rtol: float = 1e-6,
) -> GradientReport:
    """Compare a gradient with the slopes of the function it is said to belong to.

    Parameters
    ----------
    function : callable
        Takes what `at` is, an array or a record of arrays (a cell, a model), and returns a real
        number, the same one whenever it is called at the same place.
    gradient : ndarray or record
        What was derived, shaped as `at`.
    at : ndarray or record
        Where; float64 or complex128.
    method : {"auto", "central", "complex"}
        By default the complex step, if the function takes complex numbers and differences do not
        contradict it, and else differences alone. "complex" refuses such functions instead.
    directions : int, optional
        Compare along this many random directions; by default entry by entry, which costs about
        twelve calls of the function for every number in `at`.
    rng : numpy.random.Generator, optional
        For the directions.
    rtol : float
        An error above this part of an entry is an error.

    Returns
    -------
    GradientReport
        Ask for `passed`, or call `raise_unless_right`.

    Raises
    ------
    ValueError, TypeError
        If shapes differ, something is not a finite number, a name or size is unknown, the function
        gives two values at one place, or "complex" is asked for where it does not work.

    Notes
    -----
    Of a complex parameter z the derivative is expected as `DiagonalCell` gives it,
    ∂L/∂Re z − i ∂L/∂Im z. Re z and Im z are two entries, and differences measure both.

    That a function loses an imaginary part is found out by differences. They cannot find it in a
    term whose slope is too small for them, less than about 1e-12 of the function.

    References
    ----------
    Squire & Trapp (1998), SIAM Review 40, 110-112; Martins, Sturdza & Alonso (2003), ACM Trans.
    Math. Softw. 29, 245-262.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> print(check_gradient(lambda x: (x**2).sum(), 2 * x, at=x))
    gradient RIGHT (complex, 2 compared); furthest off at [0]: derived 2, measured 2 ± 7e-15
    >>> check_gradient(lambda x: (x**3).sum(), np.array([3.0, 11.0]), at=x).wrong
    ('[1]',)
    """
    if method not in ("auto", "central", "complex"):
        raise ValueError(f"method: expected 'auto', 'central' or 'complex', got {method!r}")
    rtol, place = check_positive("rtol", rtol), Coordinates(at)
    x, derived = place.vector, place.of_gradient(gradient)
    rng = np.random.default_rng(0) if rng is None else rng

    def f(vector: Array) -> complex:
        return one_number(function(place.place(vector)))

    _check_function(f, x)
    by_difference, by_step, shaking = [], [], np.random.default_rng(0)
    scale = max(1.0, np.abs(x).max(), np.abs(derived).max())
    with np.errstate(all="ignore"):
        refusal = "not asked for" if method == "central" else _refusal(f, place)
        noise = noise_level(f, x, _shake(x, np.ones(x.size), shaking))
        for name, v in _directions(place.names, directions, rng):
            expected = float(v @ derived)  # eq-directional
            slope = by_differences(f, x, v, noise, rtol)
            by_difference.append(Entry(name, expected, slope, judge(expected, slope, rtol)))
            if not refusal:
                slope = by_complex_step(f, x, v, _shake(x, v, shaking))
                verdict = judge(expected, slope, rtol)
                if verdict != "RIGHT":
                    verdict = judge(expected, slope, rtol, *rounding(f, x, v, noise, scale))
                by_step.append(Entry(name, expected, slope, verdict))
    refusal = refusal or _contradiction(by_difference, by_step, noise)
    if method == "complex" and refusal:
        raise ValueError(refusal)
    return report_on(by_difference, "central") if refusal else report_on(by_step, "complex")


def _check_function(f: Function, x: Array) -> None:
    """Raise unless f gives one real, finite number, and again the same."""
    first, again = f(x), f(x)
    if first.imag != 0:
        raise ValueError(f"function: expected a real number, got {first}")
    if first != again:
        raise ValueError(
            f"function: expected the same number at the same place, got {first.real!r} and then "
            f"{again.real!r}; does it draw random numbers or keep a state?"
        )


def _refusal(f: Function, place: Coordinates) -> str:
    """Say why the complex step cannot be taken at all, or nothing."""
    if place.has_complex:
        return "at: expected real numbers for the complex step, got complex ones"
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            f(place.vector + 1j * COMPLEX_STEP)
        except Exception as error:  # whatever it is: of real numbers there was none
            return f"function: expected one that takes complex numbers, got {error!r}"
    return ""


def _contradiction(by_difference: list[Entry], by_step: list[Entry], noise: float) -> str:
    """Say why the complex step is not to be believed: its function is not analytic, or nothing."""
    expected = "function: expected one that is analytic, for the complex step; "
    for difference, step in zip(by_difference, by_step, strict=True):
        one, other = difference.slope, step.slope
        larger = max(abs(one.value), abs(other.value))
        if abs(one.value - other.value) > 1e-4 * larger + 2 * (one.bound + other.bound):
            return (
                f"{expected}its slope at {step.name} came out {other.value:.6g} by the complex "
                f"step, {one.value:.6g} by differences"
            )
    silent = all(entry.slope == (0, 0) for entry in by_step)
    if silent and any(e.derived != 0 or e.slope.bound > 1e5 * noise for e in by_difference):
        return f"{expected}its imaginary part is 0 in every direction: was it lost?"
    return ""


def _directions(
    names: list[str], directions: int | None, rng: np.random.Generator
) -> Iterator[tuple[str, Array]]:
    if directions is None:
        for j, name in enumerate(names):
            v = np.zeros(len(names))
            v[j] = 1.0
            yield name, v
    else:
        for i in range(check_size("directions", directions)):
            yield f"direction {i}", rng.standard_normal(len(names))


def _shake(x: Array, v: Array, rng: np.random.Generator) -> Array:
    """Return a move of every number by its rounding error, up or down.

    A number that v moves is taken for 1 at least, so that a kink at 0 shows; any other 0 stays, as
    nothing rounds it.
    """
    size = np.where(v != 0, np.maximum(1.0, np.abs(x)), np.abs(x))
    return EPS * size * rng.choice([-1.0, 1.0], x.size)
