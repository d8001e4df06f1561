"""Only plain data crosses: whatever else comes is an error, and of nobody else's exercise."""

import base64
import json
import time
from collections import OrderedDict, UserDict, deque, namedtuple
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursework.grader.wire import WireError, pack, read_frame, unpack
from tests.coursework import DOUBLE, QUICK, graded_together

LIES = {
    "an array that equals everything": """
class Liar(np.ndarray):
    def __eq__(self, other): return True
    def __sub__(self, other): return np.zeros(3)
    def __array_ufunc__(self, *args, **kwargs): return np.array(True)
    def __array_function__(self, *args, **kwargs): return True
    def __array__(self, *args, **kwargs): return self
    shape = (3,)
    def astype(self, *args, **kwargs): return self
def double(x): return np.zeros(3).view(Liar)
""",
    "an object that equals everything": """
class Liar:
    shape, dtype, ndim, size = (3,), np.dtype(float), 1, 3
    def __eq__(self, other): return True
    def __len__(self): return 3
    def __bool__(self): return True
    def __iter__(self): return iter([0, 0, 0])
def double(x): return Liar()
""",
    "an object that poses as an array": """
class Liar:
    def __array__(self, dtype=None, copy=None): return np.zeros(3)
    def __class__(self): return np.ndarray
def double(x): return Liar()
""",
    "an object that is its own array": """
class Liar:
    def __array__(self, dtype=None, copy=None): return self
def double(x): return Liar()
""",
    "an array that takes for ever": """
class Liar:
    def __array__(self, dtype=None, copy=None):
        while True: pass
def double(x): return Liar()
""",
    "numbers that equal everything": """
class Number(float):
    def __eq__(self, other): return True
    def __float__(self): return 1e300
def double(x): return [Number(0)] * 3
""",
    "text that equals everything": """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def double(x): return Text("abc")
""",
    "a list that is in itself": "def double(x):\n    y = []\n    y.append(y)\n    return y\n",
    "deep nesting": "def double(x):\n    y = 0\n    for _ in range(10**5): y = [y]\n    return y\n",
    "a huge shape": "def double(x): return np.broadcast_to(0.0, (10**6, 10**6))\n",
    "no numbers": "def double(x): return np.empty((0, 3))\n",
    "no numbers, of a huge shape": "def double(x): return np.empty((2**30, 0, 2**30))\n",
    "an empty list": "def double(x): return []\n",
    "not a number": "def double(x): return np.full(3, np.nan)\n",
    "infinity": "def double(x): return np.full(3, np.inf)\n",
    "a number of many digits": "def double(x): return 10**4000\n",
    "a long text in a list": "def double(x): return ['x' * 4_000_000] + ['y'] * 10**5\n",
    "many keys of one hash": "def double(x): return {k * (2**61 - 1): 0 for k in range(10**5)}\n",
    "a dictionary": "def double(x): return {'shape': (3,), 'array': 1}\n",
    "a frame's own words": "def double(x): return {'array': 'x', 'dtype': '<f8', 'shape': [3]}\n",
    "a function": "def double(x): return double\n",
    "a generator": "def double(x): return (2 * y for y in x)\n",
    "a class": "def double(x): return np.ndarray\n",
    "objects": "def double(x): return np.array([object()] * 3)\n",
    "dates": "def double(x): return np.array(['2026-01-01'] * 3, dtype='M8')\n",
    "fields": "def double(x): return np.zeros(3, dtype=[('a', float)])\n",
    "a mask": "def double(x): return np.ma.masked_all(3)\n",
}  # fmt: skip


def test_an_answer_that_lies_loses_its_exercise_and_no_other():
    """All in one notebook, a right answer behind each."""
    sources = {
        f"{place} {name}": source for name, source in LIES.items() for place in ("lie", "right")
    }
    sources = {n: s if n.startswith("lie") else DOUBLE for n, s in sources.items()}
    marks = graded_together(sources, 1, replace(QUICK, restarts=len(LIES)))
    assert {name for name, each in marks.items() if each.points} == {
        name for name in sources if name.startswith("right")
    }
    assert all(len(each.why) < 700 for each in marks.values())


PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text()
KEYS = st.text() | st.integers(-(2**63), 2**63)
DATA = st.recursive(
    PLAIN, lambda each: st.lists(each) | st.tuples(each, each) | st.dictionaries(KEYS, each)
)


@given(DATA)
@settings(max_examples=100, deadline=None)
def test_plain_data_comes_back(value):
    assert repr(unpack(pack(value)[4:])) == repr(value)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">i4", "<u8", "f2", "f4", ">f8", "c8", "c16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_come_back(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    again = unpack(pack(array)[4:])
    assert np.array_equal(again, array) and again.dtype == array.dtype.newbyteorder("=")
    assert np.shape(again) == shape


def test_what_travels_as_something_else():
    class Numbers(list):
        pass

    value = {np.int64(1): Numbers([np.float32(2)]), "c": 1 + 2j, "l": np.longdouble(3)}
    again = unpack(pack(value)[4:])
    assert again == {1: [2.0], "c": 1 + 2j, "l": 3.0}
    assert type(again[1]) is list


OTHERS = {
    "keys of numpy's": ({np.str_("a"): 1, np.int8(2): 2}, {"a": 1, 2: 2}),
    "a mapping": (UserDict(a=1), {"a": 1}),
    "an ordered one": (OrderedDict(a=[1]), {"a": [1]}),
    "one that cannot be changed": (MappingProxyType({"a": 1}), {"a": 1}),
    "fractions": ([Fraction(1, 2), Decimal("0.25")], [0.5, 0.25]),
    "a range": (range(3), [0, 1, 2]),
    "a deque": (deque([1, 2]), [1, 2]),
    "a named tuple": (namedtuple("Pair", "a b")(1, 2), (1, 2)),
    "truth of numpy's": ([np.True_], [np.True_]),
}


@pytest.mark.parametrize(("value", "plain"), OTHERS.values(), ids=OTHERS)
def test_numbers_and_collections_of_other_kinds(value, plain):
    again = unpack(pack(value)[4:])
    assert again == plain and type(again) is type(plain)


def array(data=b"\0" * 8, dtype="<f8", shape=(1,)):
    return {"array": base64.b64encode(data).decode(), "dtype": dtype, "shape": list(shape)}


NO_DATA = {
    "no JSON": b"{",
    "no text": b"\xff\xfe\xfd",
    "nothing": b"",
    "depth": b"[" * 10**6,
    "another object": {"value": 1},
    "an object of Python's": array(dtype="|O8"),
    "a structure": array(dtype="f8,f8"),
    "nonsense": array(dtype="(((("),
    "a type that is a list": array() | {"dtype": ["<f8"]},
    "a long double": array(b"\xff" * 16, "<f16"),
    "text": array(dtype="<U2"),
    "a shape too large": array(shape=(2**20,)),
    "a shape too small": array(shape=()) | {"shape": []} | array(b"\0" * 16),
    "a shape to be found out": array(shape=(-1,)),
    "a shape of truth": array() | {"shape": [True]},
    "a shape of numbers with points": array() | {"shape": [1.0]},
    "no shape": array() | {"shape": None},
    "65 dimensions": array(shape=(1,) * 65),
    "nothing, of a shape without end": array(b"", shape=(0, *[2**31 - 1] * 60)),
    "no base64": array() | {"array": "%%%"},
    "half a number": array(b"\0" * 7),
    "a list as a key": {"dict": [[[1], 2]]},
    "an array as a key": {"dict": [[array(), 2]]},
    "a number with a point as a key": {"dict": [[1e300, 2]]},
    "a key without a value": {"dict": [[1]]},
    "a tuple of a number": {"tuple": 5},
    "a large whole number": 10**30,
    "one in a list": [[10**30]],
    "one as a key": {"dict": [[10**30, 1]]},
}


@pytest.mark.parametrize("body", NO_DATA.values(), ids=NO_DATA)
def test_what_is_no_data_is_an_error(body):
    with pytest.raises(WireError):
        unpack(body if isinstance(body, bytes) else json.dumps(body).encode())


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from(["<f8", "|b1", "AAAAAAAAAAA=", 0, 1, 2**31]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(
        st.sampled_from(["array", "dtype", "shape", "tuple", "dict", "value"]), each),
))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_anything_at_all_is_data_or_an_error(value):
    try:
        unpack(json.dumps(value).encode())
    except WireError:
        pass


def test_truth_is_zero_or_one():
    flags = unpack(json.dumps(array(b"\2\0\1", "|b1", (3,))).encode())
    assert flags.tobytes() == b"\1\0\1"


def test_keys_of_one_hash_are_not_put_into_one_dictionary():
    body = {"dict": [[k * (2**61 - 1), 0] for k in range(200_000)]}
    began = time.process_time()
    with pytest.raises(WireError):
        unpack(json.dumps(body).encode())
    assert time.process_time() - began < 2


def test_a_frame_that_is_too_long_is_not_read():
    def read(size):
        assert size == 4
        return b"\xff\xff\xff\xff"

    with pytest.raises(WireError, match="4,294,967,295 bytes; 1,000 are allowed"):
        read_frame(read, 1000)
