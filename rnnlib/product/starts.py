"""What a start decides of the gradient product, and what the inputs decide over its head.

The singular values of P_{T,T-d}, drawn against d on a logarithmic axis, make a fan. All rates here
are natural logarithms per step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_positive, check_size, describe
from rnnlib.cells.elman import ElmanCell
from rnnlib.time.unrolling import Unrolled

EULER = 0.5772156649015329
"""Euler's constant, −ψ(1) of the digamma function ψ."""
POINTS = np.linspace(-10, 10, 4001)
"""Where a normal density is summed: beyond 10 standard deviations nothing is left of it."""
HALVINGS = 200
"""Of an interval: more than a float has bits, for numbers near 0 too."""


@dataclass(frozen=True, eq=False)
class FanMiddle:
    """The mean of log σ_i(P_{T,0}), per step: where the middle of the fan goes.

    Attributes
    ----------
    start : float
        log|det W_hh| / H, fixed before anything is read; −inf if W_hh is singular.
    inputs : ndarray, shape (B,)
        The mean of log|φ'(s_t^(i))| over units and steps; −inf if a slope is 0.
    """

    start: float
    inputs: Array

    @property
    def rate(self) -> Array:
        """Their sum, which is (1/TH) Σ_i log σ_i(P_{T,0})."""
        total: Array = self.start + self.inputs  # eq-fan-middle
        return total


def fan_middle(run: Unrolled) -> FanMiddle:
    """Return how fast the middle of the fan moves: the start's share, and that of the inputs.

    Parameters
    ----------
    run : Unrolled
        Of an ElmanCell; of a run with lengths each sequence has the mean over its own steps.

    Returns
    -------
    FanMiddle

    Raises
    ------
    TypeError
        If `run` is not a run of an ElmanCell.

    References
    ----------
    The sum over i is log|det P_{T,0}|: Horn & Johnson (2013), Matrix Analysis, section 0.3.

    Examples
    --------
    >>> from rnnlib import unroll
    >>> cell = ElmanCell([[0.0, -2.0], [2.0, 0.0]], np.ones((2, 1)), np.zeros(2))
    >>> middle = fan_middle(unroll(cell, np.ones((3, 1, 1))))
    >>> bool(np.isclose(middle.start, np.log(2))), bool(middle.inputs[0] < 0)
    (True, True)
    """
    if not isinstance(run, Unrolled):
        raise TypeError(f"run: expected what unroll returns, got {describe(run)}")
    cell = run.cell
    if not isinstance(cell, ElmanCell):
        raise TypeError(
            f"run: expected the Unrolled of an ElmanCell, got a {type(cell).__name__}'s"
        )
    T, B = run.pre.shape[:2]
    lengths = np.full(B, T) if run.lengths is None else run.lengths
    with np.errstate(divide="ignore"):
        slopes = np.log(np.abs(cell.activation.derivative(run.pre))).mean(axis=-1)
    own = np.arange(T)[:, None] < lengths
    inputs = np.where(own, slopes, 0).sum(axis=0) / lengths
    return FanMiddle(float(np.linalg.slogdet(cell.W_hh)[1]) / cell.hidden_size, inputs)


def gaussian_log_volume(hidden_size: int, *, gain: float = 1.0) -> float:
    """Return the mean of log|det W| / H over matrices with entries N(0, gain²/H).

    It tends to log(gain) − ½ as H grows: a gain of 1 costs the factor 0.61 at each step.

    Parameters
    ----------
    hidden_size : int
    gain : float
        Above 0.

    Raises
    ------
    ValueError, TypeError
        If `hidden_size` is not an integer >= 1 or `gain` not a finite number > 0.

    References
    ----------
    Goodman (1963), "The distribution of the determinant of a complex Wishart distributed matrix",
    Annals of Mathematical Statistics 34, 178-180, for complex matrices.

    Examples
    --------
    >>> round(gaussian_log_volume(32), 3), round(gaussian_log_volume(10_000), 3)
    (-0.529, -0.5)
    """
    return float(gaussian_exponents(hidden_size, gain=gain).mean())  # eq-gaussian-volume


def gaussian_exponents(hidden_size: int, *, gain: float = 1.0) -> Array:
    """Return the Lyapunov exponents of a product of fresh matrices with entries N(0, gain²/H).

    λ_i = log(gain) + E log(‖n‖²/H) / 2, n being a vector of H − i + 1 standard normal numbers.

    Parameters
    ----------
    hidden_size : int
        H.
    gain : float
        Above 0.

    Returns
    -------
    ndarray, shape (H,)
        λ_1 > … > λ_H, exactly.

    Raises
    ------
    ValueError, TypeError
        If `hidden_size` is not an integer >= 1 or `gain` not a finite number > 0.

    References
    ----------
    Newman (1986), "The distribution of Lyapunov exponents: exact results for random matrices",
    Communications in Mathematical Physics 103, 121-126.

    Examples
    --------
    >>> gaussian_exponents(3).round(2)
    array([-0.18, -0.49, -1.18])
    """
    H = check_size("hidden_size", hidden_size)
    gain = check_positive("gain", gain)
    # ψ(k/2) for k = 1 … H, from ψ(½), ψ(1) and ψ(x + 1) = ψ(x) + 1/x.
    psi = np.empty(H + H % 2)
    for first, start in ((1, -EULER - 2 * np.log(2)), (2, -EULER)):
        x = np.arange(first, len(psi), 2) / 2
        psi[first - 1 :: 2] = start + np.concatenate([[0.0], np.cumsum(1 / x)])[: len(psi) // 2]
    log_squares = psi[:H] + np.log(2 / H)
    exponents: Array = np.log(gain) + log_squares[::-1] / 2  # eq-gaussian-exponents
    return exponents


@dataclass(frozen=True)
class MeanField:
    """A large random network in its steady state, each total input of it a normal number.

    Attributes
    ----------
    variance : float
        q, of the total inputs.
    log_mean_square : float
        log χ, the rate of the mean of σ_i²: 0 at the edge of chaos.
    log_middle : float
        The rate of the mean of log σ_i if W_hh is gain · Q with an orthogonal Q.
    """

    variance: float
    log_mean_square: float
    log_middle: float

    @property
    def exponent(self) -> float:
        """The largest Lyapunov exponent, in the limit of very many units."""
        return self.log_mean_square / 2  # eq-mean-field-exponent


def mean_field(gain: float, input_sd: float = 0.0) -> MeanField:
    """Return what very many tanh units, randomly joined, do with fresh inputs at each step.

    Parameters
    ----------
    gain : float
        Above 0.
    input_sd : float
        Standard deviation of what the inputs add to a unit's total input.

    Returns
    -------
    MeanField
        Of the largest variance that stays as it is.

    Raises
    ------
    ValueError, TypeError
        If `gain` is not a finite number > 0 or `input_sd` not one >= 0.

    References
    ----------
    Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli (2016), "Exponential expressivity in deep neural
    networks through transient chaos", NeurIPS; for recurrent networks Chen, Pennington & Schoenholz
    (2018), ICML.

    Examples
    --------
    >>> quiet, loud = mean_field(1.0, 0.01), mean_field(1.0, 1.0)
    >>> round(quiet.log_mean_square, 2), round(loud.log_mean_square, 2)
    (-0.01, -0.92)
    """
    gain = check_positive("gain", gain)
    input_sd = check_positive("input_sd", input_sd, or_zero=True)

    def excess(q: float) -> float:
        squares = np.tanh(np.sqrt(q) * POINTS) ** 2
        return gain**2 * _mean(squares) + input_sd**2 - q  # eq-mean-field

    q = _root(excess, gain**2 + input_sd**2)
    s = np.sqrt(q) * POINTS
    log_slopes = 2 * (np.log(2) - np.logaddexp(s, -s))  # of 1/cosh², which would overflow
    chi = gain**2 * _mean(np.exp(2 * log_slopes))  # eq-mean-square
    return MeanField(q, float(np.log(chi)), float(np.log(gain) + _mean(log_slopes)))


def critical_gain(input_sd: float = 0.0) -> float:
    """Return the gain at which the mean of σ_i² neither grows nor shrinks in tanh units: χ = 1.

    Parameters
    ----------
    input_sd : float
        As for `mean_field`.

    Raises
    ------
    ValueError, TypeError
        As `mean_field`.

    References
    ----------
    Sompolinsky, Crisanti & Sommers (1988), PRL 61, 259-262, without inputs; Molgedey, Schuchhardt &
    Schuster (1992), "Suppressing chaos in neural networks by noise", PRL 69, 3717-3719.

    Examples
    --------
    >>> round(critical_gain(1.0), 2)
    1.86
    """
    input_sd = check_positive("input_sd", input_sd, or_zero=True)

    def shortfall(gain: float) -> float:
        return -mean_field(gain, input_sd).log_mean_square  # eq-edge

    high = 2.0
    while shortfall(high) > 0:
        high *= 2
    return _root(shortfall, high)


def _mean(values: Array) -> float:
    """Return E f(z) for a standard normal z, of f at POINTS."""
    weights = np.exp(-(POINTS**2) / 2)
    return float(weights @ values / weights.sum())


def _root(falling: Callable[[float], float], high: float) -> float:
    """Return where a function falls through 0 for the last time before `high`, by bisection."""
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
