"""What crosses between the grader and a student's code: JSON, with arrays as bytes. No pickle.

Both sides use it. The grader's side trusts nothing: whatever arrives is either plain data of
built-in types and plain numpy arrays, or a `WireError`.
"""

import base64
import json
import struct
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

LENGTH = struct.Struct(">I")
KINDS = "biufc"  # of dtypes: bool, integers, unsigned, floats, complex
DTYPES = {f"|{kind}1" for kind in "biu"} | {f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)}
DTYPES |= {"<f2", "<f4", "<f8", "<c8", "<c16"}
LARGEST = 2**64


class WireError(ValueError):
    """What came is not plain data."""


def pack(value: Any) -> bytes:
    """Return a frame: the length, then the value as JSON."""
    body = json.dumps(to_json(value)).encode()
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """Return the value of a frame's body, or raise WireError."""
    try:
        return from_json(json.loads(body))
    except Exception as error:  # the frame may have been made to set off any
        raise WireError(f"not plain data: {type(error).__name__}") from None


def read_frame(read: Callable[[int], bytes], limit: int) -> bytes:
    """Return the next frame's body; `read(n)` returns exactly n bytes or raises."""
    (length,) = LENGTH.unpack(read(LENGTH.size))
    if length > limit:
        raise WireError(f"an answer of {length:,} bytes; {limit:,} are allowed")
    return read(length)


def to_json(value: Any) -> Any:
    """Return `value` in the types of JSON; a subclass travels as what it is a subclass of.

    So do numbers, sequences and mappings of Python's other kinds, as the plain kind.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return _array_to_json(np.asarray(value))
    for plain in (int, float, str):
        if isinstance(value, plain):
            return _small(plain(value))
    if isinstance(value, complex):
        return _array_to_json(np.asarray(value, dtype=complex))
    if isinstance(value, list):
        return [to_json(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [to_json(each) for each in value]}
    if isinstance(value, (Fraction, Decimal)):
        return float(value)
    if isinstance(value, (range, deque)):
        return [to_json(each) for each in value]
    if isinstance(value, Mapping):
        return {"dict": [[_key(_plain(key)), to_json(each)] for key, each in value.items()]}
    if hasattr(value, "__array__"):
        return to_json(np.asarray(value))
    raise TypeError(f"expected numbers, text, arrays, lists or dicts, got {type(value).__name__}")


def _plain(key: Any) -> Any:
    """Return a key of a student's dictionary as one of the two kinds that travel."""
    if isinstance(key, (np.integer, int)) and not isinstance(key, bool):
        return int(key)
    return str(key) if isinstance(key, str) else key


def _small(value: Any) -> Any:
    """Return a number or text, but for whole numbers that no array could hold."""
    if type(value) is int and abs(value) >= LARGEST:
        raise WireError("a whole number of more than 64 bits")
    return value


def _key(key: Any) -> Any:
    """Return a dictionary's key. Others could be made to have the same hash, in great number."""
    if type(key) not in (int, str):
        raise WireError(f"a key of type {type(key).__name__}; expected text or a whole number")
    return _small(key)


def _array_to_json(array: np.ndarray) -> Any:
    if array.dtype.kind not in KINDS:
        return to_json(array.tolist())
    if array.dtype.itemsize > 16 or array.dtype == np.longdouble:
        array = array.astype(complex if array.dtype.kind == "c" else float)
    data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
    text = base64.b64encode(data).decode()
    return {"array": text, "dtype": array.dtype.newbyteorder("<").str, "shape": list(array.shape)}


def from_json(value: Any) -> Any:
    """Return what `to_json` was given."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if not isinstance(value, dict):
        return _small(value)
    if value.keys() == {"tuple"}:
        return tuple(from_json(each) for each in value["tuple"])
    if value.keys() == {"dict"}:
        return {_key(key): from_json(each) for key, each in value["dict"]}
    if value.keys() == {"array", "dtype", "shape"}:
        return _array_from_json(value["array"], value["dtype"], value["shape"])
    raise WireError("not plain data")


def _array_from_json(text: str, name: str, shape: list[int]) -> Any:
    """Return an array; the bytes that came decide how much memory it takes, not the shape."""
    if name not in DTYPES:
        raise WireError("not an array of numbers")
    dtype = np.dtype(name)
    if any(type(size) is not int or not 0 <= size < 2**31 for size in shape):
        raise WireError("not a shape")
    flat = np.frombuffer(base64.b64decode(text, validate=True), dtype)
    if dtype.kind == "b":
        flat = flat.view("u1") != 0  # a byte of 2 would be true, and not equal to True
    array = flat.reshape(shape).astype(flat.dtype.newbyteorder("="))
    return array if shape else array[()]
