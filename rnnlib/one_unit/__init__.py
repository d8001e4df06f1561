"""One unit, whose every property can be drawn.

Built in chapters 9 (latching), 10 (the wall, and where the unit comes to rest), 12 (the walk) and
16 (the linear unit).
"""

from rnnlib.one_unit.bifurcation import fixed_points, multiplier, resting_bias, saddle_node
from rnnlib.one_unit.latching import latched_factor, noise_margin, safe_level
from rnnlib.one_unit.linear import (
    mode_likeness,
    modulus_sensitivity,
    phase_sensitivity,
    sensitivity_variance,
    state_variance,
)
from rnnlib.one_unit.walk import stays_up, unbroken_share
from rnnlib.one_unit.wall import Descent, OneUnit, Wall, descend

__all__ = [
    "Descent",
    "OneUnit",
    "Wall",
    "descend",
    "fixed_points",
    "latched_factor",
    "mode_likeness",
    "modulus_sensitivity",
    "multiplier",
    "noise_margin",
    "phase_sensitivity",
    "resting_bias",
    "saddle_node",
    "safe_level",
    "sensitivity_variance",
    "state_variance",
    "stays_up",
    "unbroken_share",
]
