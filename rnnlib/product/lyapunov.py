"""Lyapunov exponents: the rates at which the gradient product grows or shrinks, in the long run."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_size

MEANINGFUL = -0.5 * np.log(np.finfo(np.float64).eps)
"""n(λ_1 − λ_H) beyond which a product of n factors has lost half of its digits in the low rates."""


class IntervalTooLongWarning(UserWarning):
    """The low exponents have drowned in rounding errors between two factorisations."""


@dataclass(frozen=True, eq=False)
class LyapunovSpectrum:
    """The Lyapunov exponents of a sequence of step Jacobians.

    Attributes
    ----------
    exponents : ndarray, shape (H,)
        λ_1, λ_2, … in nats per step, in the order of the factorisation: falling, once converged.
    growth : ndarray, shape (intervals, H)
        log |R_ii| of each interval, per step: their mean, weighted by length, is `exponents`.
    standard_errors : ndarray, shape (H,)
        Of the mean over the intervals as if they were independent; NaN if there is only one.
    """

    exponents: Array
    growth: Array
    standard_errors: Array


def lyapunov_spectrum(
    jacobians: Iterable[Array], *, interval: int = 1, discard: int = 0
) -> LyapunovSpectrum:
    """Return all Lyapunov exponents by QR: λ_i = lim (1/T) log R_ii of J_T … J_1 = Q R.

    Parameters
    ----------
    jacobians : ndarray, shape (T, H, H), or any iterable of (H, H)
        J_1, J_2, …; an iterable need not hold all of them at once.
    interval : int
        n, the number of factors multiplied before each factorisation. A longer one is faster; it
        fails first in the *low* exponents, by about ε exp(n(λ_1 − λ_H)).
    discard : int
        How many steps to pass first, so that Q can turn to the directions that last.

    Returns
    -------
    LyapunovSpectrum

    Warns
    -----
    IntervalTooLongWarning
        If n(λ_1 − λ_H) is so large that the low exponents have lost half of their digits or more,
        or the product of an interval underflows.

    Raises
    ------
    ValueError, TypeError
        If a factor is not a square matrix of the others' size, an entry is not a finite number, no
        step is left, or a size is not an integer.

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
    Q = product = np.empty((0, 0))
    growth: list[Array] = []
    lengths: list[int] = []
    steps, underflow = 0, False
    for steps, jacobian in enumerate(jacobians, start=1):
        J = check_array("jacobians", jacobian, (len(Q), len(Q)) if len(Q) else ("H", "H"))
        if steps == 1:
            Q = product = np.eye(len(J), dtype=J.dtype)
        product = J @ product
        underflow |= 0 < np.abs(product).max() < np.finfo(product.dtype).tiny
        if steps <= discard:
            product = np.linalg.qr(product)[0]
        elif (steps - discard) % interval == 0:
            product = _factorise(product, growth)
            lengths.append(interval)
    if rest := max(steps - discard, 0) % interval:
        _factorise(product, growth)
        lengths.append(rest)
    if not growth:
        raise ValueError(f"jacobians: expected more than discard = {discard} steps, got {steps}")
    if underflow:
        warnings.warn(
            f"interval: a product of {interval} factors underflowed; factorise more often",
            IntervalTooLongWarning,
            stacklevel=2,
        )
    return _spectrum(np.array(growth), np.array(lengths))


def _factorise(product: Array, growth: list[Array]) -> Array:
    Q, R = np.linalg.qr(product)
    with np.errstate(divide="ignore"):
        growth.append(np.log(np.abs(np.diag(R))))
    return Q


def _spectrum(growth: Array, lengths: Array) -> LyapunovSpectrum:
    exponents = growth.sum(axis=0) / lengths.sum()
    longest = int(lengths.max())
    alive = exponents[np.isfinite(exponents)]
    if longest > 1 and alive.size and longest * (alive.max() - alive.min()) > MEANINGFUL:
        warnings.warn(
            f"interval: expected n(λ_1 − λ_H) below {MEANINGFUL:.0f} for meaningful low exponents, "
            f"got {longest} · {alive.max() - alive.min():.3g}; factorise more often",
            IntervalTooLongWarning,
            stacklevel=3,
        )
    per_step = growth / lengths[:, None]
    errors = np.full(exponents.shape, np.nan)
    if len(per_step) > 1 and np.isfinite(per_step).all():
        errors = per_step.std(axis=0, ddof=1) / np.sqrt(len(per_step))
    return LyapunovSpectrum(exponents, per_step, errors)
