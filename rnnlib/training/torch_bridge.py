"""Carry weights over to PyTorch and back. Needs PyTorch, which nothing else in rnnlib does.

It is imported when a function is called, so that the module can be looked at without it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from rnnlib._optional import needs
from rnnlib._validate import Array, describe
from rnnlib.cells.activations import relu, tanh
from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell

if TYPE_CHECKING:
    import torch


def to_torch(cell: Cell) -> "torch.nn.RNNBase":
    """Return the PyTorch module that does what `cell` does.

    PyTorch keeps two biases where one would do: the first gets ours, the second is zero but for the
    GRU's candidate, which really has two. So a module that came by `from_torch` goes back with the
    same outputs and another ``state_dict``.

    Parameters
    ----------
    cell : ElmanCell, LSTMCell or GRUCell
        An Elman cell must have tanh or relu for its activation; PyTorch knows no other.

    Returns
    -------
    torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer, time first, of the cell's precision.

    Raises
    ------
    TypeError
        If PyTorch has no such cell.
    ValueError
        If PyTorch has no such activation.

    Examples
    --------
    >>> module = to_torch(GRUCell.random(2, 3, np.random.default_rng(0)))
    >>> tuple(module.weight_hh_l0.shape)
    (9, 3)
    """
    with needs("torch"):
        import torch

    if not isinstance(cell, Cell):
        raise TypeError(f"cell: expected an Elman, LSTM or GRU cell, got {describe(cell)}")
    second_bias = np.zeros_like(cell.b_h)
    sizes = (cell.input_size, cell.hidden_size)
    dtype = torch.from_numpy(np.zeros(0, cell.W_xh.dtype)).dtype
    match cell:
        case ElmanCell():
            if cell.activation not in (tanh, relu):
                raise ValueError(f"cell: expected tanh or relu, got {cell.activation.name}")
            module: Any = torch.nn.RNN(*sizes, nonlinearity=cell.activation.name, dtype=dtype)
        case LSTMCell():
            module = torch.nn.LSTM(*sizes, dtype=dtype)
        case GRUCell():
            module = torch.nn.GRU(*sizes, dtype=dtype)
            second_bias[2 * cell.hidden_size :] = cell.b_n
        case _:
            raise TypeError(f"cell: expected an Elman, LSTM or GRU cell, got {describe(cell)}")
    with torch.no_grad():
        module.weight_hh_l0.copy_(_tensor(cell.W_hh))
        module.weight_ih_l0.copy_(_tensor(cell.W_xh))
        module.bias_ih_l0.copy_(_tensor(cell.b_h))
        module.bias_hh_l0.copy_(_tensor(second_bias))
    return module


def from_torch(module: "torch.nn.Module") -> ElmanCell | LSTMCell | GRUCell:
    """Return the cell that does what a PyTorch module of one layer and one direction does.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU

    Returns
    -------
    ElmanCell, LSTMCell or GRUCell
        Its arrays are copies of the module's precision (`rnnlib.tree.astype` gives another); the
        two biases are added up. Inputs are time first here, also for a ``batch_first`` module.

    Raises
    ------
    TypeError
        If it is no such module.
    ValueError
        If it has several layers, two directions, no bias, or a projection.

    Examples
    --------
    >>> import torch
    >>> from_torch(torch.nn.LSTM(2, 3)).W_hh.shape
    (12, 3)
    """
    with needs("torch"):
        import torch

    if not isinstance(module, (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)):
        raise TypeError(f"module: expected torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    for name, expected in (("num_layers", 1), ("bidirectional", False), ("bias", True)):
        if getattr(module, name) != expected:
            raise ValueError(f"module: expected {name}={expected}, got {getattr(module, name)}")
    if module.proj_size:
        raise ValueError(f"module: expected no projection, got proj_size={module.proj_size}")
    W_hh, W_xh = _array(module.weight_hh_l0), _array(module.weight_ih_l0)
    b_x, b_h = _array(module.bias_ih_l0), _array(module.bias_hh_l0)
    if isinstance(module, torch.nn.LSTM):
        return LSTMCell(W_hh, W_xh, b_x + b_h)
    if isinstance(module, torch.nn.RNN):
        return ElmanCell(W_hh, W_xh, b_x + b_h, activation=module.nonlinearity)
    inside_reset = 2 * W_hh.shape[1]
    b_n = b_h[inside_reset:].copy()
    b_h[inside_reset:] = 0
    return GRUCell(W_hh, W_xh, b_x + b_h, b_n)


def _tensor(array: Array) -> Any:
    with needs("torch"):
        import torch

    return torch.from_numpy(array.copy())


def _array(parameter: Any) -> Array:
    return parameter.detach().cpu().numpy().copy()
