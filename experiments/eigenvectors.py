"""What the coordinates cost in which a random linear network is diagonal (chapter 16).

Each seed draws W of H units from N(0, 1/H).
"""

import numpy as np

from experiments._protocol import protocol


@protocol(
    criterion="none: reported as they come",
    grid={"hidden_size": [16, 64, 256]},
    seeds=20,
)
def run(hidden_size: int, seed: int) -> dict:
    """Draw one network, and take it apart."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((hidden_size, hidden_size)) / np.sqrt(hidden_size)
    values, S = np.linalg.eig(W)
    return {
        "condition": float(np.linalg.cond(S)),
        "real": int(np.sum(np.isreal(values))),
    }
