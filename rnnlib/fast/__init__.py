"""Whole runs of the course's own cells, tuned.

No chapter builds them: they compute what the plain loops of `rnnlib.time` compute, and a test holds
the two equal.
"""

from types import ModuleType

from rnnlib.cells.activations import tanh
from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.fast import _whole_run

KERNELS: dict[type[Cell], ModuleType] = {
    ElmanCell: _whole_run,
    LSTMCell: _whole_run,
    GRUCell: _whole_run,
}


def kernel(cell: Cell) -> ModuleType | None:
    """Return the module that runs a cell as a whole; None for a subclass, which may differ."""
    if type(cell) is ElmanCell and cell.activation is not tanh:
        return None
    return KERNELS.get(type(cell))
