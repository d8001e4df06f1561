"""What students hand in for problem set 3, the gradient product of a residual network."""

from coursework.answers.ps3.right import RIGHT
from coursework.answers.ps3.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
