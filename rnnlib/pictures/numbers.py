"""Numbers as a text shows them, where they are too large or too small to be written out."""

from math import floor

from rnnlib._validate import check_size

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(log10: float, digits: int | None = None) -> str:
    """Write a positive number, given by its common logarithm, with a power of ten.

    Parameters
    ----------
    log10 : float
        The number may be far outside the range of floats.
    digits : int, optional
        Of the mantissa, at least 1. Without it only the nearest power of ten is written.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `digits` is below 1, or the logarithm is not finite.

    Examples
    --------
    >>> power_of_ten(-39.6)
    '10⁻⁴⁰'
    >>> power_of_ten(-6.67, digits=2), power_of_ten(-400.0, digits=1)
    ('2.1 · 10⁻⁷', '1 · 10⁻⁴⁰⁰')
    """
    if not abs(log10) < float("inf"):
        raise ValueError(f"log10: expected a finite number, got {log10}")
    if digits is None:
        return "10" + f"{round(log10)}".translate(_RAISED)
    decimals = check_size("digits", digits) - 1
    exponent = floor(log10)
    mantissa = f"{10 ** (log10 - exponent):.{decimals}f}"
    if mantissa.startswith("10"):  # 9.96 is 1.0 · 10¹
        mantissa, exponent = f"{1:.{decimals}f}", exponent + 1
    return f"{mantissa} · 10" + f"{exponent}".translate(_RAISED)
