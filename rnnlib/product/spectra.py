"""Eigenvalues beside norms: what the spectrum of a matrix says about its powers, and what not.

All logarithms are natural. Norms are spectral, the largest singular value. The resolvent of M at a
point z of the complex plane is (zI − M)⁻¹.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_size, describe


def spectral_radius(matrices: Array) -> Array:
    """Return ρ(M), the largest modulus of an eigenvalue, of one matrix or of many.

    Parameters
    ----------
    matrices : ndarray, shape (..., H, H)

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError, TypeError
        If the last two axes are not equal or an entry is not a finite number.

    References
    ----------
    Horn & Johnson (2013), Matrix Analysis, definition 1.2.9.

    Examples
    --------
    >>> spectral_radius([[0.0, -2.0], [2.0, 0.0]]).round(6)  # a turn by 90° that doubles: ±2i
    np.float64(2.0)
    """
    matrices = check_array("matrices", matrices)
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2] or matrices.size == 0:
        raise ValueError(f"matrices: expected shape (..., H, H), got {matrices.shape}")
    radii: Array = np.abs(np.linalg.eigvals(matrices)).max(axis=-1)  # eq-spectral-radius
    return radii


def log_radius_bound(matrix: Array, steps: int) -> Array:
    """Return n log ρ(M), below log ‖M^n‖ for every n.

    Parameters
    ----------
    matrix : ndarray, shape (H, H)
    steps : int
        The greatest n.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Entry n; −inf from n = 1 on if all eigenvalues are 0.

    Raises
    ------
    ValueError, TypeError
        If `matrix` is not a square matrix of finite numbers or `steps` is not an integer >= 1.

    References
    ----------
    Horn & Johnson (2013), Matrix Analysis, theorem 5.6.9.

    Examples
    --------
    >>> log_radius_bound([[0.5, 10.0], [0.0, 0.5]], 2) / np.log(2)
    array([ 0., -1., -2.])
    """
    matrix = check_array("matrix", matrix, ("H", "H"))
    log_radius = _log(spectral_radius(matrix))
    powers = np.arange(1, check_size("steps", steps) + 1)
    return np.concatenate([[0.0], powers * log_radius])  # eq-radius-bound


def log_similarity_bound(matrix: Array, basis: Array, steps: int) -> Array:
    """Return log κ(S) + n log ‖S⁻¹ M S‖, above log ‖M^n‖ whatever the basis S.

    Parameters
    ----------
    matrix : ndarray, shape (H, H)
        M.
    basis : ndarray, shape (H, H)
        S, invertible, real or complex; its columns are the new axes.
    steps : int
        The greatest n.

    Returns
    -------
    ndarray, shape (steps + 1,)
        Entry n. It starts at log κ(S) = log ‖S‖ ‖S⁻¹‖, not at 0.

    Raises
    ------
    ValueError, TypeError
        If the matrices are not square and of one size, an entry is not a finite number, `basis` is
        singular, or `steps` is not an integer >= 1.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, chapter 16.

    Examples
    --------
    >>> bound = log_similarity_bound([[0.5, 10.0], [0.0, 0.5]], np.diag([1.0, 0.01]), 20)
    >>> np.exp(bound[[0, 10, 20]]).round(2)  # ‖S⁻¹ M S‖ = 0.55; for it κ(S) = 100 is paid once
    array([100.  ,   0.27,   0.  ])
    """
    matrix = check_array("matrix", matrix, ("H", "H"))
    S = check_array("basis", basis, matrix.shape)
    if np.linalg.matrix_rank(S) < len(S):
        raise ValueError("basis: expected an invertible matrix, got a singular one")
    rate = _log(np.asarray(np.linalg.norm(np.linalg.solve(S, matrix @ S), 2)))
    powers = np.arange(1, check_size("steps", steps) + 1)
    return np.log(np.linalg.cond(S)) + np.concatenate([[0.0], powers * rate])  # eq-similarity-bound


def gelfand_radii(matrix: Array, doublings: int) -> Array:
    """Return ‖M^n‖^(1/n) for n = 1, 2, 4, …, 2^doublings: they fall to the spectral radius.

    Parameters
    ----------
    matrix : ndarray, shape (H, H)
    doublings : int

    Returns
    -------
    ndarray, shape (doublings + 1,)
        Never rising, and never below ρ(M). No eigenvalue is computed, and no power overflows.

    Raises
    ------
    ValueError, TypeError
        If `matrix` is not a square matrix of finite numbers or `doublings` is not an integer >= 1.

    References
    ----------
    Horn & Johnson (2013), Matrix Analysis, corollary 5.6.14.

    Examples
    --------
    >>> gelfand_radii([[0.5, 10.0], [0.0, 0.5]], 20)[[0, 5, 20]].round(3)
    array([10.025,  0.612,  0.5  ])
    """
    power = check_array("matrix", matrix, ("H", "H"))
    radii = np.zeros(check_size("doublings", doublings) + 1)
    log_norm = 0.0  # M^n = exp(log_norm) · power
    for k in range(doublings + 1):
        size = np.linalg.norm(power, 2)
        if size == 0.0:
            break
        log_norm += np.log(size)
        radii[k] = np.exp(log_norm / 2**k)  # eq-gelfand
        power = power / size
        power, log_norm = power @ power, 2 * log_norm
    return radii


def resolvent_norms(matrix: Array, z: Array) -> Array:
    """Return ‖(zI − M)⁻¹‖ at points z of the complex plane.

    Its level curve at 1/ε bounds the ε-pseudospectrum: all eigenvalues of all M + E, ‖E‖ < ε.

    Parameters
    ----------
    matrix : ndarray, shape (H, H)
    z : ndarray of complex, shape (...)

    Returns
    -------
    ndarray, shape (...)
        Infinite at an eigenvalue.

    Raises
    ------
    ValueError, TypeError
        If `matrix` is not a square matrix, or an entry of one of them is not a finite number.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, chapter 2.

    Examples
    --------
    >>> resolvent_norms(np.diag([0.5, -0.5]), [1.0, 2.5]).round(4)  # 1/distance to the spectrum
    array([2. , 0.5])
    """
    matrix = check_array("matrix", matrix, ("H", "H"))
    z = np.asarray(check_array("z", z), dtype=complex)
    shifted = z[..., None, None] * np.eye(len(matrix)) - matrix
    smallest = np.linalg.svd(shifted, compute_uv=False)[..., -1]
    with np.errstate(divide="ignore"):
        norms: Array = 1 / smallest
    return norms


@dataclass(frozen=True, eq=False)
class KreissBound:
    """The highest value found of (|z| − 1) ‖(zI − M)⁻¹‖, and where.

    Attributes
    ----------
    value : float
        Never above sup_n ‖M^n‖; the Kreiss constant itself if the search met its maximum.
    z : complex
        With |z| > 1 and Im z >= 0.
    """

    value: float
    z: complex


def kreiss_bound(matrix: Array, *, rounds: int = 6) -> KreissBound:
    """Return a lower bound on the powers, on sup_n ‖M^n‖: the Kreiss constant, by search.

    The search lays a grid over log(|z| − 1) and the angle, then ever finer ones about the best
    point. Whatever it misses, each point gives a true bound.

    Parameters
    ----------
    matrix : ndarray, shape (H, H)
        Real. If its spectral radius is above 1 the powers grow without end and so does the bound.
    rounds : int
        How many grids.

    Returns
    -------
    KreissBound

    Raises
    ------
    ValueError, TypeError
        If `matrix` is not a real square matrix of finite numbers or `rounds` is not an integer
        >= 1.

    References
    ----------
    Kreiss (1962); Trefethen & Embree (2005), Spectra and Pseudospectra, chapter 18.

    Examples
    --------
    >>> found = kreiss_bound([[0.5, 10.0], [0.0, 0.5]])
    >>> round(found.value, 2), bool(abs(found.z - 1.5) < 0.05)
    (5.05, True)
    """
    matrix = check_array("matrix", matrix, ("H", "H"))
    if np.iscomplexobj(matrix):
        raise TypeError(f"matrix: expected real numbers, got {describe(matrix)}")
    centre, width = np.array([-1.0, np.pi / 2]), np.array([9.0, np.pi / 2])
    best = KreissBound(0.0, 1.0 + 0.0j)
    for _ in range(check_size("rounds", rounds)):
        log_excess, angle = np.linspace(centre - width, centre + width, 33).T[:, :, None]
        angle = np.clip(angle.T, 0, np.pi)  # a real matrix has a mirrored resolvent
        z = (1 + np.exp(log_excess)) * np.exp(1j * angle)
        heights = (np.abs(z) - 1) * resolvent_norms(matrix, z)  # eq-kreiss
        row, column = np.unravel_index(heights.argmax(), heights.shape)
        if heights[row, column] > best.value:
            best = KreissBound(float(heights[row, column]), complex(z[row, column]))
            centre = np.array([log_excess[row, 0], angle[0, column]])
        width = width / 8
    return best


def _log(value: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(value)
