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
from rnnlib.time.directions import Reverse, bidirectional
from rnnlib.time.layer import Layer
from rnnlib.time.layers import Parallel, Stack

if TYPE_CHECKING:
    import torch


def to_torch(cell: Cell | Layer) -> "torch.nn.RNNBase":
    """Return the PyTorch module that does what a cell, or a stack of them, does.

    PyTorch keeps two biases where one would do: the first gets ours, the second is zero but for the
    GRU's candidate, which really has two. So a module that came by `from_torch` goes back with the
    same outputs and another ``state_dict``.

    Parameters
    ----------
    cell : ElmanCell, LSTMCell or GRUCell, `bidirectional` of two, or a Stack of one or the other
        All of one kind and size. An Elman cell must have tanh or relu for its activation; PyTorch
        knows no other.

    Returns
    -------
    torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        Time first, of the cell's precision.

    Raises
    ------
    TypeError
        If PyTorch has no such cell.
    ValueError
        If PyTorch has no such activation, or its layers are not all alike.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> module = to_torch(Stack([GRUCell.random(2, 3, rng), GRUCell.random(3, 3, rng)]))
    >>> module.num_layers, tuple(module.weight_hh_l1.shape)
    (2, (9, 3))
    """
    with needs("torch"):
        import torch

    layers = [_directions(layer) for layer in (cell.layers if isinstance(cell, Stack) else [cell])]
    cells = [one for layer in layers for one in layer]
    kinds = {(type(c), c.hidden_size, getattr(c, "activation", None)) for c in cells}
    if len(kinds) > 1 or len({len(layer) for layer in layers}) > 1:
        raise ValueError(
            "cell: expected layers of one kind, hidden size and number of directions, as PyTorch "
            f"has them, got {[[(type(c).__name__, c.hidden_size) for c in x] for x in layers]}"
        )
    first = cells[0]
    settings: Any = {
        "num_layers": len(layers),
        "bidirectional": len(layers[0]) == 2,
        "dtype": torch.from_numpy(np.zeros(0, first.W_xh.dtype)).dtype,
    }
    sizes = (first.input_size, first.hidden_size)
    match first:
        case ElmanCell():
            if first.activation not in (tanh, relu):
                raise ValueError(f"cell: expected tanh or relu, got {first.activation.name}")
            module: Any = torch.nn.RNN(*sizes, nonlinearity=first.activation.name, **settings)
        case LSTMCell():
            module = torch.nn.LSTM(*sizes, **settings)
        case GRUCell():
            module = torch.nn.GRU(*sizes, **settings)
    with torch.no_grad():
        for k, layer in enumerate(layers):
            for suffix, one in zip((f"_l{k}", f"_l{k}_reverse"), layer, strict=False):
                getattr(module, "weight_hh" + suffix).copy_(_tensor(one.W_hh))
                getattr(module, "weight_ih" + suffix).copy_(_tensor(one.W_xh))
                getattr(module, "bias_ih" + suffix).copy_(_tensor(one.b_h))
                getattr(module, "bias_hh" + suffix).copy_(_tensor(_second_bias(one)))
    return module


def from_torch(module: "torch.nn.Module") -> Cell | Layer:
    """Return the cell that does what a PyTorch module does, or the layers if it has several.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU

    Returns
    -------
    ElmanCell, LSTMCell, GRUCell, Parallel or Stack
        A cell for one layer and direction, `bidirectional` of two for one layer in both, a `Stack`
        of these for several. Its arrays are copies of the module's precision (`rnnlib.tree.astype`
        gives another); the two biases are added up. Inputs are time first here, also for a
        ``batch_first`` module.

    Raises
    ------
    TypeError
        If it is no such module.
    ValueError
        If it has no bias, a projection, or dropout between its layers.

    Examples
    --------
    >>> import torch
    >>> from_torch(torch.nn.LSTM(2, 3)).W_hh.shape
    (12, 3)
    >>> deep = from_torch(torch.nn.GRU(2, 3, num_layers=2, bidirectional=True))
    >>> [layer.hidden_size for layer in deep.layers]
    [6, 6]
    """
    with needs("torch"):
        import torch

    if not isinstance(module, (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)):
        raise TypeError(f"module: expected torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    if not module.bias:
        raise ValueError(f"module: expected bias=True, got {module.bias}")
    if module.proj_size:
        raise ValueError(f"module: expected no projection, got proj_size={module.proj_size}")
    if module.num_layers > 1 and module.dropout:
        raise ValueError(f"module: expected dropout=0, got {module.dropout}")
    layers: list[Any] = []
    for k in range(module.num_layers):
        ahead = _cell(module, f"_l{k}")
        both = module.bidirectional
        layers.append(bidirectional(ahead, _cell(module, f"_l{k}_reverse")) if both else ahead)
    return layers[0] if len(layers) == 1 else Stack(layers)


def _cell(module: Any, suffix: str) -> Cell:
    W_hh, W_xh, b_x, b_h = (
        getattr(module, name + suffix).detach().cpu().numpy().copy()
        for name in ("weight_hh", "weight_ih", "bias_ih", "bias_hh")
    )
    match module.mode:
        case "LSTM":
            return LSTMCell(W_hh, W_xh, b_x + b_h)
        case "GRU":
            inside_reset = 2 * W_hh.shape[1]
            b_n = b_h[inside_reset:].copy()
            b_h[inside_reset:] = 0
            return GRUCell(W_hh, W_xh, b_x + b_h, b_n)
    return ElmanCell(W_hh, W_xh, b_x + b_h, activation=module.nonlinearity)


def _directions(layer: Any) -> tuple[Any, ...]:
    """Return the cell of one layer of PyTorch's, or both if it reads in both directions."""
    match layer:
        case Parallel(layers=(ahead, Reverse(layer=back))):
            cells: tuple[Any, ...] = (ahead, back)
        case _:
            cells = (layer,)
    for cell in cells:
        if not isinstance(cell, (ElmanCell, LSTMCell, GRUCell)):
            raise TypeError(f"cell: expected an Elman, LSTM or GRU cell, got {describe(cell)}")
    return cells


def _second_bias(cell: Any) -> Array:
    bias = np.zeros_like(cell.b_h)
    if isinstance(cell, GRUCell):
        bias[2 * cell.hidden_size :] = cell.b_n
    return bias


def _tensor(array: Array) -> Any:
    with needs("torch"):
        import torch

    return torch.from_numpy(array.copy())
