"""Clipping: gradients that are too long are made shorter before a step.

A complex entry counts as one number with a length, as in `rnnlib.training.optimisers`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_positive

HUGE = 1e30
"""Above this a norm may overflow, and a number divided by it underflow, in float32."""


@dataclass(frozen=True, eq=False)
class Clipped:
    """A clipped gradient.

    Attributes
    ----------
    gradient : record
    norm : float
        Its global norm before it was clipped.
    """

    gradient: Any
    norm: float


def clip_by_global_norm(gradient: Any, max_norm: float) -> Clipped:
    """Scale a gradient down to `max_norm` if it is longer; its direction stays.

    Parameters
    ----------
    gradient : record
    max_norm : float
        The largest Euclidean norm of all its numbers together.

    Returns
    -------
    Clipped
        An infinite entry leaves no direction to keep: the clipped gradient is then 0, its `norm`
        inf (PyTorch's is NaN). One with a NaN is returned as it is.

    Raises
    ------
    ValueError, TypeError
        If `max_norm` is not a finite number > 0 or the gradient is not a record.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), ICML, algorithm 1.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> clipped = clip_by_global_norm(Readout([[3.0]], [4.0]), max_norm=1.0)
    >>> clipped.gradient.W_ho.round(6), clipped.norm
    (array([[0.6]]), 5.0)
    """
    max_norm, norm = check_positive("max_norm", max_norm), tree.global_norm(gradient)
    before = norm
    if norm > max_norm:
        if norm > HUGE:
            gradient, norm = _in_range(gradient)
        shrink = max_norm / norm  # eq-clip-norm eq-clip-units
        gradient = tree.map_leaves(lambda g: g * shrink, gradient)
    return Clipped(gradient, before)


def clip_by_value(gradient: Any, limit: float) -> Clipped:
    """Cut every entry of a gradient to [−limit, limit]; its direction changes.

    A complex entry is cut to the length `limit` and keeps its phase.

    Parameters
    ----------
    gradient : record
    limit : float

    Returns
    -------
    Clipped

    Raises
    ------
    ValueError, TypeError
        If `limit` is not a finite number > 0 or the gradient is not a record.

    References
    ----------
    Mikolov (2012), PhD thesis, Brno University of Technology, section 3.2.2.

    Examples
    --------
    >>> from rnnlib import Readout
    >>> clip_by_value(Readout([[3.0]], [-0.5]), limit=1.0).gradient.W_ho
    array([[1.]])
    """
    limit = check_positive("limit", limit)

    def cut(g: Array) -> Array:
        if np.iscomplexobj(g):
            with np.errstate(over="ignore"):  # of a length; the parts are finite
                return np.where(np.abs(g) > limit, limit * np.exp(1j * np.angle(g)), g)
        return np.clip(g, -limit, limit)  # eq-clip-value eq-clip-angle

    return Clipped(tree.map_leaves(cut, gradient), tree.global_norm(gradient))


def _in_range(gradient: Any) -> tuple[Any, float]:
    """Return a gradient of the same direction with largest entry 1, and its norm; 0 if none."""
    if not tree.is_finite(gradient):
        return tree.map_leaves(np.zeros_like, gradient), 1.0
    largest = max(float(np.abs(g).max(initial=0)) for g in tree.leaves(gradient))
    unit = tree.map_leaves(lambda g: g / largest, gradient)
    return unit, tree.global_norm(unit)
