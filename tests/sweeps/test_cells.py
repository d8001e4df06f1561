"""What a sweep writes into one cell of its CSV is read back as it was."""

import numpy as np
from hypothesis import strategies as st

from rnnlib.sweeps._plan import decode, encode
from tests.strategies import for_all

WORDS = st.sampled_from(["None", "True", "nan", "inf", "1", "1.0", '"', '""', '"a"b"', "1_0", " 1"])
TEXT = st.text(st.characters(codec="utf-8"), max_size=5) | st.text("01.e-+_\"',#\n\r\t\x85\u2028")
NUMBERS = st.floats(allow_nan=False) | st.integers() | st.booleans() | st.none()


@for_all(WORDS | TEXT | NUMBERS, examples=500)
def test_any_value_survives_its_cell(value):
    back = decode(encode(value))
    assert (type(back), repr(back)) == (type(value), repr(value))
    assert len(encode(value).splitlines()) <= 1


def test_nan_survives_its_cell():
    assert np.isnan(decode(encode(float("nan")))) and decode(encode("nan")) == "nan"
