"""Answers to problem set 2, on which its grader is tried."""

from coursework.answers.ps2.right import RIGHT
from coursework.answers.ps2.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
