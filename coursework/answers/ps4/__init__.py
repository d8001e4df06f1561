"""Answers to problem set 4: vanishing, exploding and remedies."""

from coursework.answers.ps4.right import RIGHT
from coursework.answers.ps4.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
