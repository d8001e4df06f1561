"""Truncation: gradients Σ_d a_d G_d, in which distances count less, not at all, or by chance.

With G_{>=m} = Σ_{d>=m} G_d, what lies m steps back and beyond, ‖G_{>=w}‖² is the squared bias of a
window of w steps, and the variance of every gradient that is truncated by chance is a sum of these.
"""

from collections.abc import Iterable

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, check_size


def weighted_gradient(parts: Iterable[Array], weights: Array) -> Array:
    """Return Σ_d a_d G_d, going no further back than there are weights.

    Parameters
    ----------
    parts : iterable of ndarray, all of one shape
        The contributions G_0, G_1, … to one weight, such as ``(G.W_hh for G in
        contributions(...))``, of which no more are computed than are needed.
    weights : array_like, shape (D,)
        a_d. Beyond them the weight is 0; those for which there is no part do not count.

    Returns
    -------
    ndarray
        Shaped as a part.

    Raises
    ------
    ValueError, TypeError
        If there are no parts, their shapes differ, or an entry is not a finite number.

    Examples
    --------
    >>> parts = [[4.0, 0.0], [2.0, 1.0], [0.0, 8.0]]
    >>> weighted_gradient(parts, chunk_weights(2, 3))  # a chunk of two, its cut anywhere
    array([5. , 0.5])
    """
    weights = check_array("weights", weights, ("D",))
    few = check_array("parts", [part for _, part in zip(weights, parts, strict=False)])
    if len(few) == 0:
        raise ValueError("parts: expected at least one array, got none")
    total: Array = np.tensordot(weights[: len(few)], few, 1)  # eq-weighted-gradient
    return total


def beyond(parts: Iterable[Array]) -> Array:
    """Return G_{>=0}, G_{>=1}, …: what is said over m steps and more.

    The first is the gradient; the negative of the m-th is the bias of a window of m steps.

    Parameters
    ----------
    parts : iterable of ndarray, all of one shape

    Returns
    -------
    ndarray, shape (D, …)

    Raises
    ------
    ValueError, TypeError
        As `weighted_gradient`.

    Examples
    --------
    >>> beyond([1.0, -2.0, 4.0])
    array([3., 2., 4.])
    """
    table = check_array("parts", list(parts))
    if table.size == 0:
        raise ValueError(f"parts: expected at least one array, got shape {table.shape}")
    rest: Array = np.cumsum(table[::-1], axis=0)[::-1]  # eq-beyond
    return rest


def chunk_weights(window: int, count: int) -> Array:
    """Return what a distance counts if time is cut into chunks whose offset is drawn: a triangle.

    A loss and a copy of the weight d steps before it lie in one chunk of w steps at w − d of the w
    offsets. (A chunked gradient of one offset, such as ``bptt(..., window=w)``, is not of the form
    Σ_d a_d G_d; its mean over the offsets is.)

    Parameters
    ----------
    window : int
        The steps w of a chunk.
    count : int
        For how many distances.

    Returns
    -------
    ndarray, shape (count,)

    Raises
    ------
    ValueError, TypeError
        If an argument is not an integer >= 1.

    Examples
    --------
    >>> chunk_weights(4, 6)
    array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ])
    """
    window, distances = check_size("window", window), np.arange(check_size("count", count))
    weights: Array = np.maximum(0.0, 1 - distances / window)  # eq-chunk-weights
    return weights


def geometric_survival(steps: float, count: int) -> Array:
    """Return p_m = p^m with p = 1 − 1/steps: at each step go on with probability p.

    Parameters
    ----------
    steps : float
        How many distances are taken along in the mean, the 0th included; more than 1.
    count : int
        For how many distances.

    Returns
    -------
    ndarray, shape (count,)
        The probability of reaching m steps back or further.

    Raises
    ------
    ValueError, TypeError
        If `steps` is not above 1, or `count` not an integer >= 1.

    Examples
    --------
    >>> geometric_survival(2, 4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    p: Array = np.power(_going_on(steps), np.arange(check_size("count", count)))
    return p


def random_weights(survival: Array, rng: np.random.Generator) -> Array:
    """Draw how far back to go, and weigh each distance by how seldom it is reached.

    The mean of a weight is 1, so that the mean of Σ_d a_d G_d is the gradient.

    Parameters
    ----------
    survival : array_like, shape (D,)
        p_m, the probability of reaching m steps back or further: 1 at first, never rising.
    rng : Generator

    Returns
    -------
    ndarray, shape (reach + 1,)
        1/p_d up to the reach that was drawn: what `weighted_gradient` takes.

    Raises
    ------
    ValueError, TypeError
        If `survival` is not of that kind.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> [random_weights([1.0, 0.5, 0.25], rng).tolist() for _ in range(3)]
    [[1.0, 2.0], [1.0, 2.0], [1.0]]
    """
    survival = _check_survival(survival)
    reached = survival > rng.random()
    weights: Array = 1 / survival[reached]  # eq-random-reach
    return weights


def random_variance(parts: Iterable[Array], survival: Array) -> float:
    """Return the variance of `weighted_gradient` under `random_weights`, summed over its entries.

    Parameters
    ----------
    parts : iterable of ndarray, all of one shape
        All contributions.
    survival : array_like, shape (D,)
        As for `random_weights`, one for each part.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        As `beyond` and `random_weights`, and if there are more or fewer probabilities than parts.

    Examples
    --------
    >>> random_variance([3.0, 4.0], [1.0, 0.5])  # 3 or 11, each half of the time
    16.0
    """
    rest = beyond(parts)
    survival = _check_survival(survival)
    if len(survival) != len(rest):
        raise ValueError(f"survival: expected {len(rest)}, one for each part, got {len(survival)}")
    biases = (np.abs(rest.reshape(len(rest), -1)) ** 2).sum(axis=1)
    return float(np.diff(1 / survival) @ biases[1:])  # eq-random-variance


def geometric_variance(decay: float, steps: float) -> float:
    """Return the variance of a geometric reach where ‖G_{>=m}‖ = decay^m: infinite if decay² >= p.

    Parameters
    ----------
    decay : float
        Above 0.
    steps : float
        As for `geometric_survival`.

    Returns
    -------
    float
        For a gradient of length 1 over endless time.

    Raises
    ------
    ValueError, TypeError
        If `decay` is not a number > 0 or `steps` not above 1.

    Examples
    --------
    >>> round(geometric_variance(0.5, 2), 6), geometric_variance(0.9, 2)
    (0.5, inf)
    """
    squared, p = check_positive("decay", decay) ** 2, _going_on(steps)
    return (1 - p) * squared / (p - squared) if squared < p else np.inf  # eq-geometric-variance


def _going_on(steps: float) -> float:
    if check_positive("steps", steps) <= 1:
        raise ValueError(f"steps: expected more than 1, got {steps}")
    return 1 - 1 / steps


def _check_survival(survival: Array) -> Array:
    p = check_array("survival", survival, ("D",))
    if np.iscomplexobj(p) or p[0] != 1 or p[-1] <= 0 or np.any(np.diff(p) > 0):
        raise ValueError("survival: expected 1 at first, never rising, above 0, got other numbers")
    return p
