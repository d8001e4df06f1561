"""Many runs of one experiment, kept as they arrive, and how sure one may be of what they show.

Used by the experiments behind chapters 5 and 9 to 11.
"""

from rnnlib.sweeps.intervals import Interval, wilson_interval
from rnnlib.sweeps.results import read_results
from rnnlib.sweeps.sweeping import Failure, SweepFailed, sweep

__all__ = [
    "Failure",
    "Interval",
    "SweepFailed",
    "read_results",
    "sweep",
    "wilson_interval",
]
