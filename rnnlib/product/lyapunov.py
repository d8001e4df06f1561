"""Lyapunov exponents: the rates at which the gradient product grows or shrinks, in the long run."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_size, describe
from rnnlib.product._factors import Factors, pull_out_power_of_two, refuse_layers
from rnnlib.time.unrolling import Unrolled

MEANINGFUL = -0.5 * np.log(np.finfo(np.float64).eps)
"""n(λ_1 − λ_k) beyond which a product of n factors has lost half of its digits in λ_k."""


class IntervalTooLongWarning(UserWarning):
    """The low exponents have drowned in rounding errors between two factorisations."""


@dataclass(frozen=True, eq=False)
class LyapunovSpectrum:
    """The Lyapunov exponents of a sequence of step Jacobians, or of each sequence of a batch.

    Attributes
    ----------
    exponents : ndarray, shape (..., k)
        λ_1, …, λ_k in nats per step, in the order of the factorisation: falling, once converged.
        Their average over a batch is ``exponents.mean(axis=0)``.
    growth : ndarray, shape (intervals, ..., k)
        log |R_ii| of each interval, per step: their mean, weighted by length, is `exponents`. NaN
        for intervals beyond the end of a sequence.
    standard_errors : ndarray, shape (..., k)
        Of the mean over the intervals as if they were independent; NaN if there is only one, or
        one that is infinite.
    """

    exponents: Array
    growth: Array
    standard_errors: Array

    @property
    def entropy_rate(self) -> Array:
        """Σ of the exponents above 0, shape (...): what a nudge is unpredictable by, per step.

        In nats, and by Pesin's formula; without inputs, and if all exponents above 0 were computed.
        """
        rate: Array = np.maximum(self.exponents, 0).sum(axis=-1)  # eq-entropy-rate
        return rate

    @property
    def dimension(self) -> Array:
        """How many axes a volume has that neither grows nor shrinks, shape (...): Kaplan-Yorke's.

        k, the number of exponents, if even all of them together do not shrink.
        """
        return np.apply_along_axis(_kaplan_yorke, -1, self.exponents)


def lyapunov_spectrum(
    jacobians: Iterable[Array] | Unrolled,
    *,
    leading: int | None = None,
    interval: int = 1,
    discard: int = 0,
) -> LyapunovSpectrum:
    """Return the Lyapunov exponents by QR: λ_i = lim (1/T) log R_ii of J_T … J_1 = Q R.

    Parameters
    ----------
    jacobians : ndarray, shape (T, ..., H, H), any iterable of (..., H, H), or Unrolled
        J_1, J_2, …, perhaps of a batch; or a run. Of an iterable or a run a few are in memory at a
        time. Of a run with lengths each sequence has the exponents of its own steps.
    leading : int, optional
        k, how many exponents to compute, from the largest one on; H if left out. The cost of a step
        falls from H³ to H²k.
    interval : int
        n, the number of factors multiplied before each factorisation. A longer one is faster; it
        fails first in the *low* exponents, by about ε exp(n(λ_1 − λ_k)).
    discard : int
        How many steps to pass first, so that Q can turn to the directions that last.

    Returns
    -------
    LyapunovSpectrum

    Warns
    -----
    IntervalTooLongWarning
        If n > 1 and n(λ_1 − λ_k) is so large that the low exponents have lost half of their digits
        or more; so too if one is −inf, since only n = 1 can tell that a Jacobian is singular.

    Raises
    ------
    ValueError, TypeError
        If a factor is not a square matrix of the others' size, an entry is not a finite number, no
        step of a sequence is left, k is above H, or a size is not an integer.

    References
    ----------
    Benettin, Galgani, Giorgilli & Strelcyn (1980), Meccanica 15, 9-30; for recurrent networks:
    Vogt, Puelma Touzel, Shlizerman & Lajoie (2022), Frontiers in Applied Mathematics and
    Statistics 8, 818799.

    Examples
    --------
    >>> spectrum = lyapunov_spectrum(np.tile(np.diag([2.0, 0.5]), (100, 1, 1)), interval=5)
    >>> spectrum.exponents / np.log(2)
    array([ 1., -1.])
    """
    interval = check_size("interval", interval)
    discard = check_size("discard", discard, minimum=0)
    stream, lengths = _stream(jacobians)
    if lengths.min() <= discard:
        raise _too_few(discard, int(lengths.min()))
    growth: list[Array] = []
    ends = [discard]
    steps, exponents = 0, np.zeros((), int)
    for steps, jacobian in enumerate(stream, start=1):
        J, of_J = pull_out_power_of_two(jacobian)
        if steps == 1:
            product = _leading_axes(J, leading)
        product, of_product = pull_out_power_of_two(J @ product)
        exponents = exponents + of_J + of_product
        if steps <= discard or (steps - discard) % interval == 0:
            product, logs = _factorise(product, exponents)
            exponents = np.zeros_like(exponents)
            if steps > discard:
                growth.append(logs)
                ends.append(steps)
    if steps <= discard:
        raise _too_few(discard, steps)
    if steps > ends[-1]:
        growth.append(_factorise(product, exponents)[1])
        ends.append(steps)
    # Beyond a sequence's end nothing is multiplied: its last interval is what is left of it.
    lengths = np.broadcast_to(lengths, growth[0].shape[:-1])
    until = np.minimum(lengths, np.reshape(ends, (-1, *[1] * lengths.ndim)))
    return _spectrum(np.array(growth), np.diff(until, axis=0))


def _stream(jacobians: Iterable[Array] | Unrolled) -> tuple[Iterator[Array], Array]:
    """Return J_1, J_2, … and the lengths of the sequences, as far as they are known."""
    if isinstance(jacobians, Unrolled | np.ndarray):
        factors = Factors.of(jacobians)
        return factors.forward(), factors.lengths
    refuse_layers(jacobians)
    if not isinstance(jacobians, Iterable):
        raise TypeError(f"jacobians: expected matrices or a run, got {describe(jacobians)}")
    return _checked(jacobians), np.array(np.iinfo(np.int64).max)


def _checked(jacobians: Iterable[Array]) -> Iterator[Array]:
    shape = None
    for jacobian in jacobians:
        J = check_array("jacobians", jacobian, shape)
        if J.ndim < 2 or J.shape[-1] != J.shape[-2] or J.size == 0:
            raise ValueError(f"jacobians: expected factors of shape (..., H, H), got {J.shape}")
        shape = J.shape
        yield J


def _leading_axes(J: Array, leading: int | None) -> Array:
    """Return the first k columns of the identity, for each sequence."""
    H = J.shape[-1]
    k = H if leading is None else check_size("leading", leading)
    if k > H:
        raise ValueError(f"leading: expected at most H = {H}, got {k}")
    return np.broadcast_to(np.eye(H, k), (*J.shape[:-1], k))


def _factorise(product: Array, exponents: Array) -> tuple[Array, Array]:
    """Return Q and log |R_ii| of 2^exponent · product = Q R, shape (..., k)."""
    Q, R = np.linalg.qr(product)  # eq-qr-step
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(np.diagonal(R, axis1=-2, axis2=-1)))
    return Q, exponents[..., None] * np.log(2.0) + logs


def _spectrum(growth: Array, steps: Array) -> LyapunovSpectrum:
    """Return the means of `growth`, (intervals, ..., k), over so many `steps`, (intervals, ...)."""
    real = (steps := steps[..., None]) > 0
    exponents = np.where(real, growth, 0).sum(axis=0) / steps.sum(axis=0)  # eq-lyapunov
    _warn_if_too_long(steps.max(axis=0)[..., 0], exponents)
    per_step = np.divide(growth, steps, out=np.full(growth.shape, np.nan), where=real)
    n = real.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN where there is no such error
        mean = np.where(real, per_step, 0).sum(axis=0) / n
        squares = np.where(real, (per_step - mean) ** 2, 0).sum(axis=0)
        errors = np.sqrt(squares / (n - 1) / n)
    return LyapunovSpectrum(exponents, per_step, errors)


def _kaplan_yorke(exponents: Array) -> float:
    """Of exponents in any order; between whole axes linearly."""
    falling = -np.sort(-exponents)
    sums = np.cumsum(falling)
    j = int((sums >= 0).sum())  # the sums rise and then fall: none is below 0 before this one
    if j in (0, len(falling)):
        return float(j)
    return float(j + sums[j - 1] / -falling[j])  # eq-kaplan-yorke


def _warn_if_too_long(interval: Array, exponents: Array) -> None:
    highest = exponents.max(axis=-1)
    counts = (interval > 1) & np.isfinite(highest)  # of a product that is 0 nothing is lost
    gap = np.where(counts, np.where(counts, highest, 0) - exponents.min(axis=-1), 0.0)
    worst = np.unravel_index((interval * gap).argmax(), gap.shape)
    if interval[worst] * gap[worst] > MEANINGFUL:
        warnings.warn(
            f"interval: expected n(λ_1 − λ_k) below {MEANINGFUL:.0f} for meaningful low exponents, "
            f"got {interval[worst]} · {gap[worst]:.3g}; factorise more often",
            IntervalTooLongWarning,
            stacklevel=4,
        )


def _too_few(discard: int, steps: int) -> ValueError:
    return ValueError(f"jacobians: expected more than discard = {discard} steps, got {steps}")
