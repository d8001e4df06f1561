"""Entropy, mutual information and perplexity: how much the past says about what comes next."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, check_size, check_tokens


def entropy(counts: Any, base: float = 2.0) -> float:
    """Return H = −Σ p log p of a distribution, in bits unless another base is given.

    Parameters
    ----------
    counts : array_like of float, any shape
        Counts or probabilities, not negative; they are divided by their sum.
    base : float
        Of the logarithm: 2 for bits, ``np.e`` for nats.

    Returns
    -------
    float
        The entropy of the observed proportions (the *plug-in estimate* if these are counts).

    Raises
    ------
    TypeError, ValueError
        If `counts` are not numbers, negative, NaN, or all zero, or `base` is not above 1.

    References
    ----------
    Shannon (1948), A Mathematical Theory of Communication, section 6.

    Examples
    --------
    >>> entropy([1, 1, 2])
    1.5
    """
    if check_positive("base", base) <= 1:
        raise ValueError(f"base: expected a number above 1, got {base}")
    p = _proportions("counts", counts).ravel()
    p = p[p > 0]
    return float(-(p * np.log(p)).sum() / np.log(base)) + 0.0  # eq-entropy


def mutual_information(joint: Any) -> float:
    """Return I(X; Y) = Σ p(x, y) log₂ [p(x, y) / (p(x) p(y))], in bits.

    Parameters
    ----------
    joint : array_like of float, shape (X, Y)
        Joint counts or probabilities, not negative; they are divided by their sum.

    Returns
    -------
    float
        The plug-in estimate, at least 0 up to rounding. From N samples it is too large by about
        `plug_in_bias`.

    Raises
    ------
    TypeError, ValueError
        If `joint` is not a table of numbers, or negative, NaN, or all zero.

    References
    ----------
    Cover and Thomas (2006), Elements of Information Theory, section 2.3.

    Examples
    --------
    >>> mutual_information([[1, 0], [0, 1]])
    1.0
    """
    p = _proportions("joint", check_array("joint", joint, ("X", "Y")))
    independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    seen = p > 0
    return float((p[seen] * np.log2(p[seen] / independent[seen])).sum())  # eq-mutual-information


def plug_in_bias(size: int, n_samples: int) -> float:
    """Return (K − 1)² / (2 N ln 2), how far counting overestimates the mutual information, in bits.

    The first term of an expansion in 1/N, for two *independent* variables of K equally usable
    values each. It needs many samples in every one of the K² cells; with rare values it overshoots.

    Parameters
    ----------
    size : int
        The number K of distinct values.
    n_samples : int
        The number N of pairs counted.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If a number is not an integer of at least 1.

    References
    ----------
    Miller (1955), Note on the bias of information estimates; Panzeri and Treves (1996), Analytical
    estimates of limited sampling biases in different information measures, Network 7.

    Examples
    --------
    >>> round(plug_in_bias(size=5, n_samples=1000), 4)
    0.0115
    """
    check_size("size", size)
    check_size("n_samples", n_samples)
    return (size - 1) ** 2 / (2 * n_samples * float(np.log(2)))  # eq-plug-in-bias


def mutual_information_at_distance(tokens: Any, distances: Sequence[int]) -> Array:
    """Return the mutual information of x_t and x_{t+d} for each distance d, in bits.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        Token numbers.
    distances : sequence of int, length D
        Each from 1 to N − 1.

    Returns
    -------
    ndarray, shape (D,)
        Plug-in estimates: compare them with those of a shuffled text
        (`shuffled_mutual_information`), which are not zero either.

    Raises
    ------
    TypeError, ValueError
        If the tokens or distances are not integers, or a distance leaves no pair.

    Examples
    --------
    >>> mutual_information_at_distance([0, 1] * 50, distances=[2])
    array([1.])
    """
    numbers, size = _compact(tokens)
    return np.array([_lagged(numbers, size, d) for d in _check_distances(distances, len(numbers))])


def shuffled_mutual_information(
    tokens: Any, distances: Sequence[int], rng: np.random.Generator, n_shuffles: int = 5
) -> Array:
    """Return the same estimates on shuffled copies of the text, where nothing depends on anything.

    What they show is the estimator's bias; subtract their mean from the estimate on the text.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        Token numbers.
    distances : sequence of int, length D
        Each from 1 to N − 1.
    rng : numpy.random.Generator
        Shuffles.
    n_shuffles : int
        How many copies.

    Returns
    -------
    ndarray, shape (n_shuffles, D)
        In bits.

    Raises
    ------
    TypeError, ValueError
        As `mutual_information_at_distance`, and if `n_shuffles` is not at least 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shuffled_mutual_information([0, 1] * 50, [2], rng).mean() < 0.05
    np.True_
    """
    numbers, size = _compact(tokens)
    checked = _check_distances(distances, len(numbers))
    copies = (rng.permutation(numbers) for _ in range(check_size("n_shuffles", n_shuffles)))
    return np.array([[_lagged(copy, size, d) for d in checked] for copy in copies])


def perplexity(log_probabilities: Any) -> float:
    """Return exp(−mean log p): the size of the fair die that would surprise as much.

    Parameters
    ----------
    log_probabilities : array_like of float, any shape
        The natural logarithm of the probability a model gave to each token that came; −inf for a
        token it held to be impossible.

    Returns
    -------
    float
        At least 1; infinite if any token was held to be impossible.

    Raises
    ------
    TypeError, ValueError
        If they are not numbers, empty, NaN, or above 0.

    Examples
    --------
    >>> round(perplexity(np.log([0.5, 0.125])), 6)
    4.0
    """
    logs = np.asarray(log_probabilities)
    if logs.dtype.kind not in "iuf":
        raise TypeError(f"log_probabilities: expected real numbers, got dtype {logs.dtype}")
    if logs.size == 0:
        raise ValueError(f"log_probabilities: expected at least one, got shape {logs.shape}")
    wrong = ~(logs <= 1e-9)  # NaN is wrong too; a sum of probabilities may round to just above one
    if wrong.any():
        raise ValueError(f"log_probabilities: expected numbers <= 0, got {logs[wrong][0]}")
    return float(np.exp(-logs.mean()))  # eq-perplexity


def _proportions(name: str, counts: Any) -> Array:
    numbers = check_array(name, counts)
    if np.iscomplexobj(numbers):
        raise TypeError(f"{name}: expected real numbers, got dtype {numbers.dtype}")
    if (numbers < 0).any():
        raise ValueError(f"{name}: expected numbers >= 0, got {numbers.min()}")
    total = numbers.sum()
    if total == 0:
        raise ValueError(f"{name}: expected a sum above 0, got {numbers.size} zeros")
    return numbers / total


def _compact(tokens: Any) -> tuple[Array, int]:
    """Renumber the tokens that occur, so that tables have no empty rows."""
    text = check_tokens("tokens", tokens, np.iinfo(np.int64).max)
    if text.ndim != 1:
        raise ValueError(f"tokens: expected shape (N,), got {text.shape}")
    values, numbers = np.unique(text, return_inverse=True)
    return numbers, len(values)


def _check_distances(distances: Sequence[int], length: int) -> list[int]:
    checked = [check_size("distances", d) for d in distances]
    for d in checked:
        if d >= length:
            raise ValueError(f"distances: expected at most {length - 1} in this text, got {d}")
    return checked


def _lagged(numbers: Array, size: int, distance: int) -> float:
    """I = H(X) + H(Y) − H(X, Y), which needs the joint counts only where there are any."""
    earlier, later = numbers[:-distance], numbers[distance:]
    pairs = earlier * size + later
    if size**2 <= len(pairs):  # a table is not larger than the text, and counting needs no sorting
        joint = np.bincount(pairs)
    else:
        _, joint = np.unique(pairs, return_counts=True)
    return entropy(np.bincount(earlier)) + entropy(np.bincount(later)) - entropy(joint)
