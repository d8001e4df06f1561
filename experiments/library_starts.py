"""How far back simple networks reach as the libraries start them (chapter 12).

Each seed draws a tanh network of 32 units with a library's default weights and biases, which reads
400 inputs of standard normal numbers. PyTorch's `nn.RNN`, Keras's `SimpleRNN`, Flax's `SimpleCell`
and rnnlib's `ElmanCell`, as the course's page "Our conventions and yours" lists them.
"""

import numpy as np

from experiments._protocol import protocol
from rnnlib import ElmanCell, unroll
from rnnlib.cells import initialisers
from rnnlib.product import horizon


def start(library: str, H: int, I: int, rng: np.random.Generator) -> ElmanCell:  # noqa: E741
    """Return a cell as a library draws it."""
    if library == "PyTorch":  # one bound for all, whatever the number of inputs; two biases
        shapes = ((H, H), (H, I), (H, 2))
        W_hh, W_xh, biases = (initialisers.uniform(s, rng, bound=H**-0.5) for s in shapes)
        return ElmanCell(W_hh, W_xh, biases.sum(axis=1))
    if library == "Keras":
        weights = initialisers.orthogonal((H, H), rng), initialisers.glorot((H, I), rng)
    elif library == "Flax":  # its normal numbers are cut off at two standard deviations
        weights = initialisers.orthogonal((H, H), rng), initialisers.gaussian((H, I), rng)
    else:
        weights = initialisers.gaussian((H, H), rng), initialisers.gaussian((H, I), rng)
    return ElmanCell(*weights, np.zeros(H))


@protocol(
    criterion="none: the horizons are reported as they come",
    grid={"library": ["PyTorch", "Keras", "Flax", "rnnlib"], "input_size": [1, 8, 64]},
    seeds=20,
    settings={"hidden_size": 32, "steps": 400},
)
def run(library: str, input_size: int, hidden_size: int, steps: int, seed: int) -> dict:
    """Draw one network, and measure its horizon at 1/100."""
    rng = np.random.default_rng(seed)
    cell = start(library, hidden_size, input_size, rng)
    return {"horizon": float(horizon(unroll(cell, rng.standard_normal((steps, 1, input_size))))[0])}
