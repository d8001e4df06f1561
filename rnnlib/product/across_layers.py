"""The gradient product across layers: how a state above depends on the states and inputs below.

In one layer ∂h_t/∂h_k is a product of step Jacobians. Between two layers every path counts that
goes up at some step and along in time otherwise, so the product becomes a sum over where it
climbs: two linear layers of the same λ give (n + 1) λⁿ over n steps, where each alone gives λⁿ.
"""

from typing import Any

import numpy as np

from rnnlib._validate import Array, check_size
from rnnlib.cells.cell import Cell
from rnnlib.product.gradient_product import step_jacobians
from rnnlib.time.backpropagation import bptt
from rnnlib.time.layer import Layer, LayerRun
from rnnlib.time.layers import Residual, Stack
from rnnlib.time.unrolling import Unrolled, check_made_by


def input_products(layer: Cell | Layer, run: Unrolled | LayerRun, step: int | None = None) -> Array:
    """Return ∂y_t/∂x_k for every k, of any cell or layer: one pull through time for each output.

    Parameters
    ----------
    layer : Cell or Layer
        y_t is its output at step t: of a cell h_t.
    run : Unrolled or LayerRun
        What `unroll` returned.
    step : int, optional
        t, in 1 … T; the last one if left out. Beyond a sequence's end it stands for the end.

    Returns
    -------
    ndarray, shape (T, B, hidden_size, input_size)
        Entry k − 1 is ∂y_t/∂x_k; 0 where x_k is not seen, as for k > t in a layer that only reads
        ahead, and beyond a sequence's end.

    Raises
    ------
    ValueError, TypeError
        If `run` was made by another layer or `step` is not an integer in 1 … T.

    Examples
    --------
    >>> from rnnlib import DiagonalCell, unroll
    >>> one = DiagonalCell([0.5], [[1.0]], [0.0])
    >>> two = Stack([one, one])
    >>> input_products(two, unroll(two, np.zeros((4, 1, 1)))).ravel()  # (n + 1) λⁿ
    array([0.5 , 0.75, 1.  , 1.  ])
    """
    dhs = np.zeros(run.outputs.shape, run.outputs.dtype)
    t = _step(run, step)
    rows = []
    for unit in range(dhs.shape[-1]):
        dhs[t - 1] = 0
        dhs[t - 1, :, unit] = 1
        rows.append(bptt(layer, run, dhs).xs)
    return np.stack(rows, axis=2)


def input_reach(layer: Cell | Layer, run: Unrolled | LayerRun, dhs: Array) -> Array:
    """Return ‖∂L/∂x_{T−n}‖ by the distance n, for a loss at the end: what it asks of an input.

    Parameters
    ----------
    layer : Cell or Layer
    run : Unrolled or LayerRun
        What `unroll` returned.
    dhs : ndarray, shape (B, hidden_size) or (T, B, hidden_size)
        As for `rnnlib.bptt`: with two axes ∂L/∂y_T, y_T being what the layer gives at the end.

    Returns
    -------
    ndarray, shape (T, B)
        Entry n belongs to the input n steps before the last one of its sequence; 0 before step 1.

    Raises
    ------
    ValueError, TypeError
        As `rnnlib.bptt`.

    Examples
    --------
    >>> from rnnlib import DiagonalCell, unroll
    >>> cell = DiagonalCell([0.5], [[1.0]], [0.0])
    >>> run = unroll(cell, np.zeros((4, 2, 1)), lengths=[4, 2])
    >>> input_reach(cell, run, np.ones((2, 1)))
    array([[1.   , 1.   ],
           [0.5  , 0.5  ],
           [0.25 , 0.   ],
           [0.125, 0.   ]])
    """
    errors = bptt(layer, run, dhs).xs
    T, B = errors.shape[:2]
    ends = np.full(B, T) if run.lengths is None else run.lengths
    # Beyond a sequence's beginning come the steps after its end, to which nothing is sent.
    step = (ends - 1 - np.arange(T)[:, None]) % T  # eq-input-reach
    norms: Array = np.linalg.norm(np.take_along_axis(errors, step[..., None], axis=0), axis=-1)
    return norms


def layer_products(
    stack: Stack, run: LayerRun, upper: int, lower: int, step: int | None = None
) -> Array:
    """Return ∂h_t/∂h_k from the states of a lower layer to those of an upper one, for every k.

    The derivative is total: what h_k of the lower layer does through all that comes after it, at
    its own step too. So for k = t it is what the layers between do within one step, and not 0.

    Parameters
    ----------
    stack : Stack
        The two layers are cells, or each a `Residual` of one; in between may be any.
    run : LayerRun
        What `unroll` returned.
    upper, lower : int
        Which of ``stack.layers``; -1 is the last.
    step : int, optional
        t, in 1 … T; the last one if left out.

    Returns
    -------
    ndarray, shape (T + 1, B, state_size of upper, state_size of lower)
        Entry k is ∂h_t^(upper)/∂h_k^(lower); k = 0 is the initial state. 0 for k > t if all layers
        read ahead, and where `upper` lies below `lower`.

    Raises
    ------
    TypeError
        If `stack` is no Stack or one of the two layers no cell.
    ValueError
        If `run` was made by another stack, there is no such layer, or no such step.

    Examples
    --------
    >>> from rnnlib import DiagonalCell, unroll
    >>> one = DiagonalCell([0.5], [[1.0]], [0.0])
    >>> stack = Stack([one, one])
    >>> run = unroll(stack, np.zeros((3, 1, 1)))
    >>> layer_products(stack, run, upper=1, lower=0).ravel()  # h_0 enters layer 1 at step 1
    array([0.375, 0.75 , 1.   , 1.   ])
    """
    if not isinstance(stack, Stack):
        raise TypeError(f"stack: expected a Stack, got {type(stack).__name__}")
    check_made_by(stack, run, LayerRun)
    top, bottom = (_index(stack, name, k) for name, k in (("upper", upper), ("lower", lower)))
    cell, its = _cell(stack, run, top, "upper")
    below, lower_run = _cell(stack, run, bottom, "lower")
    steps, batch = run.xs.shape[:2]
    dtype = np.result_type(its.states, lower_run.states)
    products = np.zeros((steps + 1, batch, cell.state_size, below.state_size), dtype)
    if top < bottom:
        return products

    # What reaches the lower states from above, at their own step: no step in time of theirs yet.
    t = _step(run, step)
    dh = np.zeros((steps, batch, cell.state_size), its.states.dtype)
    for unit in range(cell.state_size):
        dh[t - 1] = 0
        dh[t - 1, :, unit] = 1
        reached = dh
        if top > bottom:
            reached = bptt(cell, its, dh).xs
            for k in range(top - 1, bottom, -1):
                reached = bptt(stack.layers[k], run.runs[k], reached).xs
        products[1:, :, unit, : reached.shape[-1]] = reached
    jacobians = step_jacobians(below, lower_run)
    for k in range(steps - 1, -1, -1):
        products[k] += products[k + 1] @ jacobians[k]  # eq-two-layers
    return products


def _cell(stack: Stack, run: LayerRun, k: int, name: str) -> tuple[Cell, Unrolled]:
    """Return the cell of a layer, and its run."""
    layer, its = stack.layers[k], run.runs[k]
    while isinstance(layer, Residual):
        layer, its = layer.layer, its.runs[0]
    if not isinstance(layer, Cell):
        raise TypeError(
            f"{name}: expected a layer that is a cell or a Residual of one, "
            f"got a {type(layer).__name__}"
        )
    return layer, its


def _index(stack: Stack, name: str, k: Any) -> int:
    count = len(stack.layers)
    k = check_size(name, k, minimum=-count)
    if k >= count:
        raise ValueError(f"{name}: expected at most {count - 1}, got {k}")
    return k % count


def _step(run: Unrolled | LayerRun, step: int | None) -> int:
    steps = len(run.outputs)
    t = steps if step is None else check_size("step", step)
    if t > steps:
        raise ValueError(f"step: expected at most {steps}, got {t}")
    return t
