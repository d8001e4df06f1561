"""How weights start."""

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, check_size


def gaussian(shape: tuple[int, int], rng: np.random.Generator, *, gain: float = 1.0) -> Array:
    """Draw independent weights from N(0, gain²/fan_in).

    A square matrix drawn so has its eigenvalues spread over a disc of radius `gain` as its size
    grows (Girko's circular law), while its largest singular value tends to 2·gain.

    Parameters
    ----------
    shape : tuple of int
        ``(out, in)``.
    rng : numpy.random.Generator
        Where the numbers come from.
    gain : float
        Standard deviation times the square root of fan_in; 0 gives zeros.

    Returns
    -------
    ndarray, shape (out, in)

    Raises
    ------
    ValueError, TypeError
        If a size is not an integer >= 1, `gain` is not a finite number >= 0, or `rng` is no
        Generator.

    References
    ----------
    Sompolinsky, Crisanti & Sommers (1988), "Chaos in random neural networks", PRL 61, 259-262.

    Examples
    --------
    >>> gaussian((2, 3), np.random.default_rng(0), gain=0.9).shape
    (2, 3)
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"shape: expected a pair (out, in), got {shape!r}")
    rows, fan_in = (check_size("shape", size) for size in shape)
    gain = check_positive("gain", gain, or_zero=True)
    return gain / np.sqrt(fan_in) * rng.standard_normal((rows, fan_in))


def forget_bias(hidden_size: int, value: float = 1.0) -> Array:
    """Return an LSTM's bias that opens the forget gates: `value` for f, zero for i, g and o.

    Parameters
    ----------
    hidden_size : int
    value : float
        σ(1) = 0.73 keeps 73 % of the cell state at each step; σ(0) = ½ half of it.

    Returns
    -------
    ndarray, shape (4 · hidden_size,)

    Raises
    ------
    ValueError, TypeError
        If `hidden_size` is not an integer >= 1 or `value` is not a finite number.

    References
    ----------
    Jozefowicz, Zaremba & Sutskever (2015), "An empirical exploration of recurrent network
    architectures", ICML.

    Examples
    --------
    >>> forget_bias(2)
    array([0., 0., 1., 1., 0., 0., 0., 0.])
    """
    hidden_size = check_size("hidden_size", hidden_size)
    bias = np.zeros(4 * hidden_size)
    bias[hidden_size : 2 * hidden_size] = check_array("value", value, ())
    return bias
