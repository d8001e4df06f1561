"""What students hand in for problem set 1, forward and loss."""

from coursework.answers.ps1.right import RIGHT
from coursework.answers.ps1.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
