"""Networks that solve a task without training: what a task asks for, written down as weights.

Built in chapter 17. Both have a linear memory, which keeps a gradient however long it has to.
"""

import numpy as np

from rnnlib._validate import check_size
from rnnlib.cells import activations
from rnnlib.cells.diagonal import DiagonalCell
from rnnlib.cells.readout import Readout
from rnnlib.time.dense import Dense
from rnnlib.time.layers import Stack
from rnnlib.training.model import Model


def adding_by_hand() -> Model:
    """Return a network of two units that adds the marked numbers, of any length, without error.

    ::

        h_t = h_{t-1} + ReLU(v_t + m_t − 1)

    The ReLU is the number v_t where the mark m_t is 1, and else 0. So the product is made before
    the memory; a linear recurrence could not make it.

    Returns
    -------
    Model
        For the variants of `rnnlib.training.Adding` whose target is the sum.

    Examples
    --------
    >>> from rnnlib.training import Adding
    >>> task = Adding(200)
    >>> batch = task.batch(np.random.default_rng(0), 50)
    >>> bool(task.error(adding_by_hand().outputs(batch), batch) < 1e-25)
    True
    """
    W, b = np.array([[1.0, 1.0]]), np.array([-1.0])
    one, zero = np.ones((1, 1)), np.zeros(1)
    encoder = Dense(W, b, activations.relu)  # eq-adding-network
    return Model(Stack([encoder, DiagonalCell(one[0], one, zero)]), Readout(one, zero))


def order_by_hand(length: int) -> Model:
    """Return a network of one linear unit that solves temporal order, whatever the length.

    ::

        x_t = 1 at an A, −1 at a B, 0 elsewhere
        h_t = exp(−1/T) h_{t-1} + x_t

    At the end the second symbol weighs about exp(−0.45) and the first about exp(−0.85), so h_T lies
    near one of four centres c, one for each pair. The largest logit c h_T − c²/2 is that of the
    nearest.

    Parameters
    ----------
    length : int
        T, at least 10.

    Returns
    -------
    Model
        For ``TemporalOrder(length)``, as its authors' code draws it.

    Raises
    ------
    ValueError, TypeError
        If `length` is not an integer >= 10.

    Examples
    --------
    >>> from rnnlib.training import TemporalOrder
    >>> batch = TemporalOrder(1000).batch(np.random.default_rng(0), 50)
    >>> answers = order_by_hand(1000).outputs(batch).argmax(axis=-1)
    >>> bool((answers == batch.targets).all())
    True
    """
    T = check_size("length", length, minimum=10)
    decay = np.array([np.exp(-1 / T)])  # eq-order-network
    symbols = np.array([[1.0, -1.0, 0.0, 0.0, 0.0, 0.0]])
    first, second = np.exp(-0.85), np.exp(-0.45)
    c = np.array([first + second, first - second, second - first, -first - second])
    readout = Readout(c[:, None], -(c**2) / 2)  # eq-order-answer
    return Model(DiagonalCell(decay, symbols, np.zeros(1)), readout)
