"""How far a matrix can be from what its eigenvalues say: resolvent, pseudospectra, Kreiss constant.

The resolvent of M at a point z of the complex plane is (zI − M)⁻¹. Norms are spectral.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib._validate import Array, check_array, check_size, describe


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
