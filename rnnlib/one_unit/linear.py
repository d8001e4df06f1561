"""One linear unit that reads noise, h_t = λ h_{t-1} + x_t: how large it gets, and how sensitive.

The inputs have mean 0 and variance 1, and the unit has run for so long that its start is forgotten.
λ may be complex, |λ| < 1; its memory is 1/(1 − |λ|) steps.
"""

from typing import Any, Literal

import numpy as np

from rnnlib._validate import Array, check_array

Scale = Literal["none", "apart", "tied"]
"""Which factor ζ the state is read with: 1, √(1 − |λ|²) held fixed, or the same moved with λ."""


def state_variance(decay: Array | complex, *, correlation: float = 0.0) -> Any:
    """Return E|h|², for inputs whose correlation over d steps is ρ^d.

    Parameters
    ----------
    decay : array_like
        λ.
    correlation : float
        ρ, −1 < ρ < 1; 0 is white noise.

    Returns
    -------
    float, or ndarray of the shape of `decay`

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or a modulus not below 1.

    Examples
    --------
    >>> float(state_variance(0.9).round(3)), float(state_variance(0.9j).round(3))
    (5.263, 5.263)
    >>> float(state_variance(0.9, correlation=0.9).round(1))
    50.1
    """
    decay = _inside("decay", decay)
    turned = float(_inside("correlation", float(correlation))) * decay
    white = 1 / (1 - np.abs(decay) ** 2)  # eq-mode-variance
    return white * ((1 + turned) / (1 - turned)).real  # eq-coloured-variance


def sensitivity_variance(decay: Array | complex) -> Any:
    """Return E|∂h/∂λ|², for white inputs.

    Parameters
    ----------
    decay : array_like
        λ.

    Returns
    -------
    float, or ndarray of the shape of `decay`

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or a modulus not below 1.

    References
    ----------
    Zucchet & Orvieto (2024), "Recurrent neural networks: vanishing and exploding gradients are not
    the end of the story", NeurIPS.

    Examples
    --------
    >>> sensitivity_variance([0.9, 0.99]).round()
    array([   264., 251263.])
    """
    squared = np.abs(_inside("decay", decay)) ** 2
    return (1 + squared) / (1 - squared) ** 3  # eq-sensitivity-variance


def modulus_sensitivity(
    modulus: Array | float, slope: Array | float = 1.0, *, scale: Scale = "none"
) -> Any:
    """Return E|∂(ζh)/∂a|² for a parameter a of |λ|, for white inputs; it is the same for any phase.

    Parameters
    ----------
    modulus : array_like
        |λ|.
    slope : array_like
        d|λ|/da; 1 if the parameter is |λ| itself.
    scale : {"none", "apart", "tied"}
        Whether ζ is 1, √(1 − |λ|²) as a parameter of its own, or √(1 − |λ|²) that moves along.

    Returns
    -------
    float, or ndarray of the shape of `modulus`

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, a modulus not between 0 and 1, or the scale unknown.

    Examples
    --------
    >>> r = np.array([0.9, 0.99, 0.999])
    >>> modulus_sensitivity(r, scale="tied").round()  # still grows, with the square of the memory
    array([2.8000e+01, 2.5250e+03, 2.5025e+05])
    >>> modulus_sensitivity(r, slope=1 - r**2, scale="tied").round(3)  # |λ| = tanh a
    array([1., 1., 1.])
    """
    modulus, slope = _inside("modulus", modulus), check_array("slope", slope)
    if np.iscomplexobj(modulus) or np.any(modulus < 0):
        raise ValueError(f"modulus: expected real numbers in [0, 1), got {modulus}")
    if scale not in ("none", "apart", "tied"):
        raise ValueError(f"scale: expected 'none', 'apart' or 'tied', got {scale!r}")
    left = 1 - modulus**2
    if scale == "tied":
        return slope**2 / left**2  # eq-tied-sensitivity
    squared_scale = left if scale == "apart" else 1.0
    return slope**2 * squared_scale * sensitivity_variance(modulus)


def phase_sensitivity(modulus: Array | float) -> Any:
    """Return E|∂(ζh)/∂ω|² for the phase ω of λ, with ζ = √(1 − |λ|²), for white inputs.

    Parameters
    ----------
    modulus : array_like
        |λ|.

    Returns
    -------
    float, or ndarray of the shape of `modulus`

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or a modulus not between 0 and 1.

    Examples
    --------
    >>> phase_sensitivity([0.9, 0.99]).round()
    array([  41., 4901.])
    """
    modulus = _inside("modulus", modulus)
    return modulus**2 * modulus_sensitivity(modulus, scale="apart")  # eq-phase-sensitivity


def mode_likeness(decay: Array | complex, other: Array | complex) -> Any:
    """Return the squared correlation of two units that read the same white inputs: 1 if λ = μ.

    One minus it is the square of |λ − μ| / |1 − λ̄μ|, the pseudohyperbolic distance of λ and μ.

    Parameters
    ----------
    decay, other : array_like
        λ and μ.

    Returns
    -------
    float, or ndarray

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or a modulus not below 1.

    Examples
    --------
    >>> float(mode_likeness(0.99, 0.98).round(2)), float(mode_likeness(0.9, 0.89).round(4))
    (0.89, 0.9975)
    """
    decay, other = _inside("decay", decay), _inside("other", other)
    sizes = state_variance(decay) * state_variance(other)
    return 1 / (sizes * np.abs(1 - decay.conj() * other) ** 2)  # eq-mode-likeness


def _inside(name: str, value: Any) -> Array:
    """Return an array of numbers inside the unit circle, or raise."""
    array = check_array(name, value)
    if np.any(np.abs(array) >= 1):
        raise ValueError(f"{name}: expected a modulus below 1, got {np.abs(array).max():.6g}")
    return array
