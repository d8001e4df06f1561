"""Answers to problem set 5: remedies."""

from coursework.answers.ps5.right import RIGHT
from coursework.answers.ps5.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
