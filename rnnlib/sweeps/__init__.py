"""Many runs of one experiment, kept as they arrive, and how sure one may be of what they show.

Used by the experiments behind chapters 5 and 9 to 17.
"""

from rnnlib.sweeps.comparing import permutation_test, sign_test
from rnnlib.sweeps.halving import successive_halving
from rnnlib.sweeps.intervals import Interval, median_interval, wilson_interval
from rnnlib.sweeps.results import read_results
from rnnlib.sweeps.sweeping import Failure, SweepFailed, sweep

__all__ = [
    "Failure",
    "Interval",
    "SweepFailed",
    "median_interval",
    "permutation_test",
    "read_results",
    "sign_test",
    "successive_halving",
    "sweep",
    "wilson_interval",
]
