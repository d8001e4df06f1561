"""A number with a power of ten is the number, to so many digits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.pictures.numbers import power_of_ten

PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
LOGARITHMS = st.floats(-300, 300)


@given(LOGARITHMS, st.integers(1, 6))
def test_it_reads_as_the_number(log10, digits):
    mantissa, exponent = power_of_ten(log10, digits).split(" · 10")
    assert re.fullmatch(r"[1-9](\.\d+)?", mantissa) and len(mantissa.replace(".", "")) == digits
    read = float(f"{mantissa}e{exponent.translate(PLAIN)}")
    assert abs(read / 10**log10 - 1) <= 0.51 * 10 ** (1 - digits)


@given(LOGARITHMS)
def test_without_a_mantissa_it_is_the_nearest_power(log10):
    assert abs(int(power_of_ten(log10).removeprefix("10").translate(PLAIN)) - log10) <= 0.5


@pytest.mark.parametrize(("log10", "digits"), [(float("nan"), 1), (float("inf"), None), (0.0, 0)])
def test_what_cannot_be_written_is_refused(log10, digits):
    with pytest.raises(ValueError, match="log10" if digits != 0 else "digits"):
        power_of_ten(log10, digits)
