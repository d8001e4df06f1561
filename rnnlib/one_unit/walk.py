"""One rectified unit that adds up what it hears: h_t = max(0, h_{t-1} + ξ_t), a reflected walk.

It is any unit of an identity-ReLU network. Its gradient from step k to step T is 1 if none of the
steps between was cut off at 0, and 0 otherwise.
"""

import numpy as np

from rnnlib._validate import Array, check_size


def stays_up(steps: int) -> Array:
    """Return u_n, the probability that a symmetric walk from 0 stays above 0 for n steps.

    It is the same for every symmetric density of the steps.

    Parameters
    ----------
    steps : int
        The greatest n.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Entry n: C(2n, n)/4^n, near 1/√(πn).

    Raises
    ------
    ValueError, TypeError
        If `steps` is not an integer >= 1.

    References
    ----------
    Feller (1971), An Introduction to Probability Theory and Its Applications, volume 2.

    Examples
    --------
    >>> stays_up(3)
    array([1.    , 0.5   , 0.375 , 0.3125])
    """
    n = np.arange(1, check_size("steps", steps) + 1)
    return np.concatenate([[1.0], np.cumprod(1 - 1 / (2 * n))])  # eq-stays-up


def unbroken_share(steps: int) -> Array:
    """Return the probability that ∂h_T/∂h_{T-d} is 1 in a unit that started from 0 at step 0.

    Parameters
    ----------
    steps : int
        T.

    Returns
    -------
    ndarray, shape (T + 1,)
        Entry d; near (2/π) arcsin √(1 − d/T).

    Raises
    ------
    ValueError, TypeError
        If `steps` is not an integer >= 1.

    References
    ----------
    The arcsine law for the place of a walk's minimum: Feller (1971), volume 2.

    Examples
    --------
    >>> unbroken_share(2)  # after two steps; after none all are
    array([1.   , 0.625, 0.375])
    """
    u = stays_up(steps)
    return np.cumsum(u * u[::-1])[::-1]  # eq-arcsine
