"""Whole runs of the course's own cells, tuned; one file a cell.

No chapter builds them: they compute what the plain loops of `rnnlib.time` compute, and a test holds
the two equal.
"""

from types import ModuleType

from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.fast import elman, gru, lstm

_KERNELS: dict[type[Cell], ModuleType] = {ElmanCell: elman, LSTMCell: lstm, GRUCell: gru}


def kernel(cell: Cell) -> ModuleType | None:
    """Return the module that runs a cell as a whole; None for a subclass, which may differ."""
    return _KERNELS.get(type(cell))
