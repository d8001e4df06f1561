"""One tanh unit that holds a bit: how much noise it withstands, and what that costs its gradient.

The unit is h_t = tanh(u h_{t-1} + n_t), where n_t is whatever its inputs add, with |n_t| <= m. It
holds the bit "positive" if a state once at c or above stays there for ever, whatever the n_t.
"""

import numpy as np

from rnnlib._validate import check_positive


def noise_margin(u: float) -> float:
    """Return m*, above which no level of the unit is safe: the greatest u c − artanh(c).

    Parameters
    ----------
    u : float
        The unit's recurrent weight, above 1 (or it holds nothing).

    Raises
    ------
    ValueError, TypeError
        If `u` is not a finite number above 1.

    References
    ----------
    Bengio, Simard & Frasconi (1994), IEEE Transactions on Neural Networks 5, 157-166.

    Examples
    --------
    >>> round(noise_margin(2.0), 4)
    0.5328
    """
    u = _check_weight(u)
    c = np.sqrt(1 - 1 / u)
    return float(u * c - np.arctanh(c))  # eq-latch-margin


def safe_level(u: float, noise: float = 0.0) -> float:
    """Return the greatest c that a state at or above c never leaves: u c − artanh(c) = noise.

    It is also where the unit rests while n_t = −noise, the worst case, lasts.

    Parameters
    ----------
    u : float
        Above 1.
    noise : float
        m, at least 0 and below `noise_margin`.

    Raises
    ------
    ValueError, TypeError
        If `u` is not a finite number above 1 or `noise` not one in 0 <= m < m*.

    Examples
    --------
    >>> c = safe_level(2.0, noise=0.3)
    >>> bool(np.isclose(np.tanh(2.0 * c - 0.3), c))
    True
    """
    margin = noise_margin(u)
    noise = check_positive("noise", noise, or_zero=True)
    if noise >= margin:
        raise ValueError(f"noise: expected less than the margin {margin:.4g}, got {noise}")
    low, high = np.sqrt(1 - 1 / u), 1.0  # above the maximum, u c − artanh(c) falls
    for _ in range(60):
        middle = (low + high) / 2
        if np.tanh(u * middle - noise) >= middle:
            low = middle
        else:
            high = middle
    return float(low)


def latched_factor(u: float, noise: float = 0.0) -> float:
    """Return u (1 − c²), which no factor u φ'(s_t) of a unit at or above its safe level c exceeds.

    Below 1 for every m < m*: what holds a bit against noise shrinks its gradient at each step.

    Parameters
    ----------
    u, noise : float
        As for `safe_level`.

    Raises
    ------
    ValueError, TypeError
        As `safe_level`.

    Examples
    --------
    >>> round(latched_factor(2.0, noise=0.3), 3)
    0.351
    """
    c = safe_level(u, noise)
    return u * (1 - c**2)  # eq-latch-bound


def _check_weight(u: float) -> float:
    u = check_positive("u", u)
    if u <= 1:
        raise ValueError(f"u: expected a number above 1, got {u}")
    return u
