"""How weights start."""

import numpy as np

from rnnlib._validate import Array, check_positive, check_size


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
