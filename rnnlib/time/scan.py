"""The linear recurrence h_t = λ_t ⊙ h_{t-1} + b_t three ways: a loop, a tree, a loop of chunks.

A step is the pair (λ, b), the map h → λ h + b. Two steps after one another are such a map again,

    (λ_2, b_2) ∘ (λ_1, b_1) = (λ_2 λ_1, λ_2 b_1 + b_2),

and ∘ may be bracketed at will. So steps can be joined in any grouping: pairwise, in log₂ T rounds
each of which works on all pairs at once ("tree"), or √T in a row, in √T chunks at once ("chunks").
The gradient is the same recurrence backwards in time, so it is done in the same way.

*When it pays.* The loop does one multiplication for a step, the chunks and the tree two to three,
with a worse use of memory. On one core they win while the interpreter is the cost. Forward and back
(`benchmarks/bench_scan.py`), chunks take about a tenth of the loop's time for one number a step and
4096 steps, a quarter to a half for 16 to 64 numbers, as long as the loop for 256, and half as long
again for a thousand; the tree is faster yet for one number, and takes twice the loop's time for
256. On a device with a core for each pair the tree is what counts: it needs log₂ T rounds.

*Rounding.* In each grouping the error of h_t stays below ε Σ_j (t − j + 2) |λ|^(t-j) |b_j|, ε being
the rounding error, of complex numbers three times that: it grows with the memory 1/(1 − |λ|), and
with T only for |λ| >= 1. In float32, λ = 0.999 and T = 4096, relative errors were 9e-7 in the loop,
3e-7 in chunks, and 5e-6 in the tree, which squares its way to the powers of λ.

*Growth.* For |λ| > 1 products of λ overflow where h itself may be 0. Chunks are made so short that
theirs do not; the tree, which joins all steps, refuses.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnnlib._validate import Array, check_array, check_precision, check_size
from rnnlib.time.backpropagation import at_the_end
from rnnlib.time.unrolling import beyond_the_end, check_lengths

Method = Literal["chunks", "loop", "tree"]
"""In what grouping steps are joined."""


@dataclass(frozen=True, eq=False)
class ScanGradient:
    """The gradient of a loss with respect to what `linear_scan` was given.

    Attributes
    ----------
    decay : ndarray
        ∂L/∂λ, of the shape that was given.
    inputs : ndarray, shape (T, B, H)
        ∂L/∂b_t.
    h0 : ndarray, shape (B, H)
        ∂L/∂h_0.

    Examples
    --------
    >>> hs = linear_scan([2.0], np.zeros((3, 1, 1)), h0=[[1.0]])
    >>> linear_scan_gradient([2.0], hs, dhs=[[[0.0]], [[0.0]], [[1.0]]]).h0  # 2³
    array([[8.]])
    """

    decay: Array
    inputs: Array
    h0: Array


def linear_scan(
    decay: Array,
    inputs: Array,
    h0: Array | None = None,
    *,
    lengths: Array | None = None,
    method: Method = "chunks",
) -> Array:
    """Return all states of h_t = λ_t ⊙ h_{t-1} + b_t.

    Parameters
    ----------
    decay : ndarray, shape (H,) or (T, B, H), or one that broadcasts to it
        λ, the same at every step, or λ_t; real or complex.
    inputs : ndarray, shape (T, B, H)
        b_t, ``inputs[t - 1]``.
    h0 : ndarray, shape (B, H), optional
        The initial state; zeros if left out.
    lengths : ndarray of int, shape (B,), optional
        After its length a sequence's state stays as it is.
    method : {"chunks", "loop", "tree"}
        In what grouping the steps are joined; the results differ by rounding.

    Returns
    -------
    ndarray, shape (T + 1, B, H)
        ``hs[t]`` is h_t, so ``hs[0]`` is initial.

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, an entry is not a finite number, the precisions differ, a length is
        not an integer in 1 … T, the method is unknown, or "tree" meets products of λ that overflow.

    References
    ----------
    Blelloch (1990), "Prefix sums and their applications", Carnegie Mellon University, section 1.4.

    Examples
    --------
    >>> linear_scan([0.5], np.ones((3, 1, 1))).ravel()
    array([0.  , 1.  , 1.5 , 1.75])
    >>> swing = linear_scan([1j], np.zeros((4, 1, 1)), h0=[[1.0]], method="tree")
    >>> swing.ravel() + 0  # a quarter turn at each step
    array([ 1.+0.j,  0.+1.j, -1.+0.j,  0.-1.j,  1.+0.j])
    """
    decay, inputs, h0, lengths = _checked(decay, inputs, h0, lengths)
    decay, inputs = _idle_beyond_the_end(decay, inputs, lengths)
    return _states(decay, inputs, h0, method)


def linear_scan_gradient(
    decay: Array,
    hs: Array,
    dhs: Array,
    *,
    lengths: Array | None = None,
    window: int | None = None,
    method: Method = "chunks",
) -> ScanGradient:
    """Pull the gradient of a real loss back through `linear_scan`: the recurrence, backwards.

    Parameters
    ----------
    decay, lengths, method
        As for `linear_scan`.
    hs : ndarray, shape (T + 1, B, H)
        What it returned.
    dhs : ndarray, shape (T, B, H)
        The immediate derivative of the loss with respect to each h_t, ``dhs[t - 1]``; of a complex
        one ∂L/∂Re h − i ∂L/∂Im h, the complex derivative, as everything that is returned.
    window : int, optional
        Let no gradient pass from one chunk of this many steps to the one before, as in `bptt`.

    Returns
    -------
    ScanGradient
        With real λ its gradient is real, even if the states are complex.

    Raises
    ------
    ValueError, TypeError
        As `linear_scan`, and if `window` is not an integer >= 1.

    Examples
    --------
    >>> hs = linear_scan([0.5], np.ones((3, 1, 1)))
    >>> found = linear_scan_gradient([0.5], hs, dhs=[[[0.0]], [[0.0]], [[1.0]]])  # L = h_3
    >>> found.inputs.ravel(), found.decay  # the powers of λ, and 1 + 2 λ
    (array([0.25, 0.5 , 1.  ]), array([2.]))
    """
    hs = check_array("hs", hs, ("T + 1", "B", "H"))
    if len(hs) < 2:
        raise ValueError(f"hs: expected the T + 1 >= 2 states of a scan, got {len(hs)}")
    given, dhs, h0, lengths = _checked(decay, dhs, hs[0], lengths, name="dhs")
    if dhs.shape != hs[1:].shape:
        raise ValueError(f"dhs: expected shape {hs[1:].shape}, got {dhs.shape}")
    steps = len(dhs)
    if lengths is not None:
        dhs = at_the_end(dhs, beyond_the_end(lengths, dhs), lengths)
    decay, _ = _idle_beyond_the_end(given, dhs, lengths)
    back = np.broadcast_to(decay, dhs.shape)
    # g_t = dh_t + λ_{t+1} g_{t+1}, from the end to the start.
    later = np.concatenate([back[1:], np.zeros_like(back[:1])])  # eq-scan-back
    if window is not None:
        later[np.arange(1, steps + 1) % check_size("window", window) == 0] = 0
    start = np.zeros(h0.shape, np.result_type(back, dhs))
    ds = _states(later[::-1], dhs[::-1], start, method)[1:][::-1]
    dh0 = back[0] * ds[0]
    ddecay = _summed_to(given, ds * hs[:-1])
    return ScanGradient(ddecay, ds, dh0)


def _states(decay: Array, inputs: Array, h0: Array, method: str) -> Array:
    if method == "loop":
        return _loop(decay, inputs, h0)
    if method == "chunks":
        return _chunks(decay, inputs, h0)
    if method == "tree":
        return _tree_states(decay, inputs, h0)
    raise ValueError(f"method: expected 'chunks', 'loop' or 'tree', got {method!r}")


def _loop(decay: Array, inputs: Array, h0: Array) -> Array:
    """One step after the other."""
    hs = np.empty((len(inputs) + 1, *h0.shape), np.result_type(decay, inputs, h0))
    hs[0] = h0
    factors = np.broadcast_to(decay, inputs.shape)
    for t in range(1, hs.shape[0]):
        hs[t] = factors[t - 1] * hs[t - 1] + inputs[t - 1]
    return hs


def _tree_states(decay: Array, inputs: Array, h0: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        products, sums = _tree(np.broadcast_to(decay, inputs.shape), inputs)
        if not np.isfinite(products).all():
            raise ValueError(
                "decay: expected products over all steps that do not overflow, for the tree; "
                "take method='chunks'"
            )
        return np.concatenate([h0[None], products * h0 + sums])


def _tree(factors: Array, sums: Array) -> tuple[Array, Array]:
    """Join steps 1 … t for every t: pairs, then pairs of pairs, then those in between."""
    if len(factors) == 1:
        return factors, sums
    even, odd = slice(0, len(factors) - 1, 2), slice(1, None, 2)
    joined = factors[odd] * sums[even] + sums[odd]  # eq-scan-join
    pairs = factors[odd] * factors[even], joined
    joined_factors, joined_sums = _tree(*pairs)  # of 2, 4, 6, … steps
    all_factors = np.empty(factors.shape, np.result_type(factors, joined_factors))
    all_sums = np.empty(sums.shape, joined_sums.dtype)
    all_factors[odd], all_sums[odd] = joined_factors, joined_sums
    all_factors[0], all_sums[0] = factors[0], sums[0]
    between = slice(2, None, 2)
    n = len(factors[between])
    all_factors[between] = factors[between] * joined_factors[:n]
    all_sums[between] = factors[between] * joined_sums[:n] + sums[between]
    return all_factors, all_sums


def _chunks(decay: Array, inputs: Array, h0: Array) -> Array:
    """Join the steps of each chunk, all chunks at once, and then one chunk after the other."""
    steps, *of_step = inputs.shape
    length = _chunk_length(decay, steps)
    count = -(-steps // length)
    idle = count * length - steps  # steps that fill the last chunk up
    decay = decay.reshape(*[1] * (3 - decay.ndim), *decay.shape)
    if len(decay) == 1:  # one λ: the products are the same in every chunk
        factors = np.broadcast_to(decay, (1, length, *decay.shape[1:]))
    else:
        ones = np.ones((idle, *decay.shape[1:]), decay.dtype)
        factors = np.concatenate([decay, ones]).reshape(count, length, *decay.shape[1:])
    b = np.concatenate([inputs, np.zeros((idle, *of_step), inputs.dtype)])
    b = b.reshape(count, length, *of_step)

    hs = np.empty((1 + count * length, *of_step), np.result_type(decay, inputs, h0))
    hs[0] = h0
    chunks, products = hs[1:].reshape(b.shape), np.empty_like(factors)
    chunks[:, 0], products[:, 0] = b[:, 0], factors[:, 0]
    for j in range(1, length):
        np.multiply(factors[:, j], chunks[:, j - 1], out=chunks[:, j])
        chunks[:, j] += b[:, j]
        np.multiply(factors[:, j], products[:, j - 1], out=products[:, j])
    for c in range(count):
        chunks[c] += products[c if len(products) > 1 else 0] * hs[c * length]
    return hs[: steps + 1]


def _chunk_length(decay: Array, steps: int) -> int:
    """Return about √T, or less where a product of so many λ might overflow."""
    length, growth = np.sqrt(steps), np.log(max(np.abs(decay).max(), 1.0))
    if growth > 0:
        length = min(length, 0.5 * np.log(np.finfo(decay.dtype).max) / growth)
    return max(1, int(length))


def _checked(
    decay: Any, inputs: Any, h0: Any, lengths: Any, name: str = "inputs"
) -> tuple[Array, Array, Array, Array | None]:
    decay, inputs = check_array("decay", decay), check_array(name, inputs, ("T", "B", "H"))
    try:
        fits = np.broadcast_shapes(decay.shape, inputs.shape) == inputs.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"decay: expected a shape that broadcasts to {inputs.shape}, got {decay.shape}"
        )
    h0 = np.zeros(inputs.shape[1:], inputs.dtype) if h0 is None else h0
    h0 = check_array("h0", h0, inputs.shape[1:])
    check_precision(decay=decay, **{name: inputs}, h0=h0)
    return decay, inputs, h0, check_lengths(lengths, *inputs.shape[:2])


def _idle_beyond_the_end(decay: Array, inputs: Array, lengths: Array | None) -> tuple[Array, Array]:
    """Return λ = 1 and b = 0 for the steps that only carry the state on."""
    if lengths is None:
        return decay, inputs
    over = beyond_the_end(lengths, inputs)
    return np.where(over, np.ones((), decay.dtype), decay), np.where(over, 0, inputs)


def _summed_to(like: Array, full: Array) -> Array:
    """Return the gradient of an array that was broadcast: summed, and real if the array is."""
    full = full.sum(axis=tuple(range(full.ndim - like.ndim)))
    once = tuple(i for i, size in enumerate(like.shape) if size == 1 < full.shape[i])
    total: Array = full.sum(axis=once, keepdims=True)
    return total if np.iscomplexobj(like) else total.real
