"""What counts as an array, and what as a number."""

import numpy as np
import pytest

from rnnlib import ElmanCell, Readout, bptt, tree, unroll
from rnnlib._validate import check_array, check_positive, check_size

CELL = ElmanCell(np.eye(2), np.ones((2, 1)), np.zeros(2))
RUN = unroll(CELL, np.ones((3, 1, 1)))
UNSUPPORTED = ("float16", "longdouble", "clongdouble", "object", "bool", "datetime64[s]", "S3")


@pytest.mark.parametrize("dtype", UNSUPPORTED)
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("W_hh", lambda cast: ElmanCell(cast(np.eye(2)), np.ones((2, 1)), np.zeros(2))),
        ("b_o", lambda cast: Readout(np.ones((2, 2)), cast(np.zeros(2)))),
        ("xs", lambda cast: unroll(CELL, cast(np.ones((3, 1, 1))))),
        ("h0", lambda cast: unroll(CELL, np.ones((3, 1, 1)), cast(np.zeros((1, 2))))),
        ("dhs", lambda cast: bptt(CELL, RUN, cast(np.ones((1, 2))))),
        ("vector", lambda cast: tree.unflatten(cast(np.ones(8)), like=CELL)),
    ],
)
def test_a_type_that_is_not_computed_in_is_refused_by_name(name, use, dtype):
    shown = "int64" if dtype == "int" else str(np.dtype(dtype))
    with pytest.raises(TypeError, match=rf"^{name}: expected .* got .*{shown.split('[')[0][:6]}"):
        use(lambda array: array.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("order", "<>=")
def test_what_is_computed_in_comes_out_in_the_machines_order(dtype, order):
    given = np.array([1.5, 2.0]).astype(np.dtype(dtype).newbyteorder(order))
    found = check_array("a", given)
    assert found.dtype == np.dtype(dtype) and found.dtype.isnative
    np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "int64"])
def test_integers_become_float64(dtype):
    assert check_array("a", np.arange(3, dtype=dtype)).dtype == np.float64


NUMBERS = (3, np.int8(3), np.uint64(3), np.array(3), np.array(3, np.int32))
FRACTIONS = (3.0, np.float16(3), np.float32(3), np.float64(3), np.array(3.0), np.array(3, "f4"))


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_a_size_is_any_integer(number):
    found = check_size("n", number)
    assert found == 3 and type(found) is int


@pytest.mark.parametrize("number", (*NUMBERS, *FRACTIONS), ids=repr)
def test_a_number_is_any_real_number(number):
    found = check_positive("rate", number)
    assert found == 3 and type(found) is float


@pytest.mark.parametrize(
    "value", [True, np.True_, np.array(True), "3", [3], np.array([3]), 3j, None]
)
def test_other_things_are_no_numbers(value):
    for check in (check_size, check_positive):
        with pytest.raises(TypeError, match=r"^n: expected"):
            check("n", value)


@pytest.mark.parametrize("value", FRACTIONS, ids=repr)
def test_a_size_is_no_fraction(value):
    with pytest.raises(TypeError, match=r"^n: expected an integer"):
        check_size("n", value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1, np.float32(-1), np.array(-np.inf)])
def test_numbers_out_of_range(value):
    with pytest.raises(ValueError, match=r"^n: expected a finite number > 0, got"):
        check_positive("n", value)
