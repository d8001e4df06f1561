"""One unit, whose every property can be drawn.

Built in chapters 9 (latching), 10 (the wall, and where the unit comes to rest) and 12 (the walk).
"""

from rnnlib.one_unit.bifurcation import fixed_points, multiplier, resting_bias, saddle_node
from rnnlib.one_unit.latching import latched_factor, noise_margin, safe_level
from rnnlib.one_unit.walk import stays_up, unbroken_share
from rnnlib.one_unit.wall import Descent, OneUnit, Wall, descend

__all__ = [
    "Descent",
    "OneUnit",
    "Wall",
    "descend",
    "fixed_points",
    "latched_factor",
    "multiplier",
    "noise_margin",
    "resting_bias",
    "saddle_node",
    "safe_level",
    "stays_up",
    "unbroken_share",
]
