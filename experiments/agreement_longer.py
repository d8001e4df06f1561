"""Agreement over 20 words with the gain 3: how many updates it needs (chapter 11).

Task, start and criterion are those of `agreement_by_rate`, with a larger budget: the one start that
did not get there in all of its networks gets more time.
"""

from typing import Any

from experiments import agreement_by_rate
from experiments._protocol import pace, protocol

STEPS = 3000


@protocol(
    criterion="at least 95 % of 500 fresh phrases answered correctly, judged when none of 200 "
    "held-out ones is wrong, which is looked at every 100 updates, or after 3000 updates of 32 "
    "phrases, clipped to norm 1",
    grid=[{"activation": "tanh", "gain": 3.0, "trained_on": 20}],
    choose={"learning_rate": [0.03, 0.1, 0.3]},
    loss=pace(STEPS),
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"hidden_size": 50, "steps": STEPS},
)
def run(**how: Any) -> dict:
    """Train one network, and count its wrong answers."""
    return agreement_by_rate.run(**how)
