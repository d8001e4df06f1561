"""How weights start.

Each function returns an array for a cell, as in
``dataclasses.replace(cell, W_hh=orthogonal((H, H), rng))``.
"""

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
    rows, fan_in = _check_shape(shape, rng)
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


def uniform(
    shape: tuple[int, int], rng: np.random.Generator, *, bound: float | None = None
) -> Array:
    """Draw independent weights from U(−bound, bound).

    Parameters
    ----------
    shape : tuple of int
        ``(out, in)``.
    rng : numpy.random.Generator
    bound : float, optional
        1/√fan_in unless given, about PyTorch's default.

    Returns
    -------
    ndarray, shape (out, in)

    Raises
    ------
    ValueError, TypeError
        If a size is not an integer >= 1, `bound` is not a finite number > 0, or `rng` is no
        Generator.

    Examples
    --------
    >>> bool(np.abs(uniform((2, 4), np.random.default_rng(0))).max() <= 0.5)
    True
    """
    rows, fan_in = _check_shape(shape, rng)
    bound = 1 / np.sqrt(fan_in) if bound is None else check_positive("bound", bound)
    return rng.uniform(-bound, bound, (rows, fan_in))


def glorot(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw weights from U(−b, b), b = √(6/(fan_in + fan_out)): variance 2/(fan_in + fan_out).

    Parameters
    ----------
    shape : tuple of int
        ``(out, in)``; for the stacked gates of an LSTM or GRU draw each gate by itself.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (out, in)

    Raises
    ------
    ValueError, TypeError
        If a size is not an integer >= 1 or `rng` is no Generator.

    References
    ----------
    Glorot & Bengio (2010), AISTATS, equation 16.

    Examples
    --------
    >>> bool(np.abs(glorot((3, 3), np.random.default_rng(0))).max() <= 1)
    True
    """
    rows, fan_in = _check_shape(shape, rng)
    return uniform(shape, rng, bound=float(np.sqrt(6 / (rows + fan_in))))


def orthogonal(shape: tuple[int, int], rng: np.random.Generator, *, gain: float = 1.0) -> Array:
    """Draw a matrix with orthonormal rows or columns, uniformly (Haar), times `gain`.

    Parameters
    ----------
    shape : tuple of int
        ``(out, in)``.
    rng : numpy.random.Generator
    gain : float
        Every singular value.

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
    Saxe, McClelland & Ganguli (2014), ICLR; the signs: Mezzadri (2007), Notices of the AMS 54,
    592-604.

    Examples
    --------
    >>> W = orthogonal((3, 3), np.random.default_rng(0))
    >>> bool(np.allclose(W @ W.T, np.eye(3)))
    True
    """
    rows, columns = _check_shape(shape, rng)
    gain = check_positive("gain", gain, or_zero=True)
    Q, R = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    Q *= np.sign(np.diag(R))  # QR's own choice of signs would not be uniform
    return gain * (Q if rows >= columns else Q.T)


def identity(hidden_size: int, *, gain: float = 1.0) -> Array:
    """Return gain times the identity: at the start, the state is copied from step to step.

    Parameters
    ----------
    hidden_size : int
    gain : float

    Returns
    -------
    ndarray, shape (hidden_size, hidden_size)

    Raises
    ------
    ValueError, TypeError
        If `hidden_size` is not an integer >= 1 or `gain` is not a finite number >= 0.

    References
    ----------
    Le, Jaitly & Hinton (2015), "A simple way to initialize recurrent networks of rectified linear
    units", arXiv 1504.00941.

    Examples
    --------
    >>> identity(2, gain=0.5)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    gain = check_positive("gain", gain, or_zero=True)
    return gain * np.eye(check_size("hidden_size", hidden_size))


def chrono(hidden_size: int, longest: int, rng: np.random.Generator) -> Array:
    """Return an LSTM's bias for dependencies of up to `longest` steps: b_f ~ log U(1, longest − 1).

    A forget gate of constant value f keeps its cell for about 1/(1 − f) steps, which exp(b_f) + 1
    is; b_i = −b_f makes the input gate its complement.

    Parameters
    ----------
    hidden_size : int
    longest : int
        At least 3.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (4 · hidden_size,)

    Raises
    ------
    ValueError, TypeError
        If a size is not an integer or too small, or `rng` is no Generator.

    References
    ----------
    Tallec & Ollivier (2018), "Can recurrent neural networks warp time?", ICLR, equation 16.

    Examples
    --------
    >>> bias = chrono(2, 100, np.random.default_rng(0))
    >>> bool((bias[:2] == -bias[2:4]).all() and (bias[2:4] > 0).all())
    True
    """
    hidden_size = check_size("hidden_size", hidden_size)
    longest = check_size("longest", longest, minimum=3)
    _check_rng(rng)
    bias = np.zeros(4 * hidden_size)
    forget = np.log(rng.uniform(1, longest - 1, hidden_size))  # eq-chrono
    bias[:hidden_size], bias[hidden_size : 2 * hidden_size] = -forget, forget  # eq-chrono
    return bias


def _check_shape(shape: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    _check_rng(rng)
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"shape: expected a pair (out, in), got {shape!r}")
    rows, fan_in = (check_size("shape", size) for size in shape)
    return rows, fan_in


def _check_rng(rng: np.random.Generator) -> None:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
