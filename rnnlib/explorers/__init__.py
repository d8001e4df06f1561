"""Explorers: figures that a reader drags, on the static website as in a notebook.

Each is one ES module beside this file, which does its own mathematics in the page, and one small
class here, whose traits Python reads and sets. Needs anywidget, which the extra ``explore`` brings.
"""

from rnnlib.explorers.fan import FanExplorer
from rnnlib.explorers.gates import GatesExplorer
from rnnlib.explorers.matrix import MatrixExplorer
from rnnlib.explorers.network import NetworkExplorer
from rnnlib.explorers.reach import ReachExplorer
from rnnlib.explorers.truncation import TruncationExplorer
from rnnlib.explorers.unit import UnitExplorer
from rnnlib.explorers.wall import WallExplorer
from rnnlib.explorers.words import WordsExplorer

__all__ = [
    "FanExplorer",
    "GatesExplorer",
    "MatrixExplorer",
    "NetworkExplorer",
    "ReachExplorer",
    "TruncationExplorer",
    "UnitExplorer",
    "WallExplorer",
    "WordsExplorer",
]
