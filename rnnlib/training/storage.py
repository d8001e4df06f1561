"""Save and load a cell, a model, an optimiser's state: one `.npz` of arrays, nothing executable."""

import io
import json
import zipfile
from dataclasses import fields, is_dataclass
from os import PathLike
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._files import replacing
from rnnlib._validate import Array, check_precision_of, describe
from rnnlib.cells import activations
from rnnlib.cells.activations import Activation
from rnnlib.cells.diagonal import DiagonalCell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.cells.readout import Readout
from rnnlib.corpora.vocabulary import Vocabulary
from rnnlib.time.dense import Dense
from rnnlib.time.directions import Reverse
from rnnlib.time.layers import Parallel, Residual, Stack
from rnnlib.time.lru import LRU
from rnnlib.training.batch import Batch
from rnnlib.training.loop import Evaluation, Training
from rnnlib.training.model import Model
from rnnlib.training.optimisers import SGD, Adam, OptimiserState, RMSprop

VERSION = 2
"""Of the layout of a file."""
DAMAGED = (zipfile.BadZipFile, EOFError, KeyError, RuntimeError, TypeError, ValueError)
"""What reading a damaged archive may raise."""
TYPES: tuple[type, ...] = (
    *(ElmanCell, DiagonalCell, LSTMCell, GRUCell, Readout, Model),
    *(Stack, Parallel, Residual, Reverse, Dense, LRU),
    *(Batch, Evaluation, Training, OptimiserState, SGD, RMSprop, Adam, Vocabulary),
)
"""What can be saved and loaded."""


def save(path: str | PathLike[str], record: Any) -> None:
    """Write a record's arrays and the names of its types to `path`, which should end in ``.npz``.

    The file is written beside the old one and takes its place once it is whole: a failure on the
    way, a full disk or an interruption, leaves the old one as it was.

    Parameters
    ----------
    path : str or path
    record : Cell, Model, OptimiserState, Training, Vocabulary, ...
        A record (see `rnnlib.tree`) of rnnlib's or your own, or a tuple or list of them: arrays,
        numbers, strings, activations, a ``numpy.random.Generator``, and records of these. To go on
        with a training, save its ``state``; with the generator that draws the batches, as
        ``(training.state, rng)``.

    Raises
    ------
    TypeError
        If it is not a record, or holds something else; or floats in which rnnlib does not compute.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(pathlib.Path(folder, "cell.npz"), ElmanCell([[0.5]], [[1.0]], [0.0], "relu"))
    ...     load(pathlib.Path(folder, "cell.npz")).activation
    rnnlib.cells.activations.relu
    """
    if not isinstance(record, (list, tuple)) or not record:
        tree.leaves(record)  # refuses what is no record
    arrays: dict[str, Array] = {}
    layout = json.dumps(
        {"format": "rnnlib", "version": VERSION, "record": _lay_out(record, "", arrays)}
    )
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, layout=np.array(layout), **arrays)


def load(path: str | PathLike[str], *, types: type | tuple[type, ...] = ()) -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    path : str or path
    types : type or tuple of type
        Your own record types that the file may hold, beside rnnlib's.

    Returns
    -------
    record
        Of the type that was saved, every array and number as it was.

    Raises
    ------
    ValueError
        If the file is damaged, was not written by `save` or by a newer one, or holds an unknown
        type or weights that are not finite.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> rng = np.random.default_rng(0)
    >>> state = Adam(0.1).start(Readout.random(2, 3, rng))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(pathlib.Path(folder, "state.npz"), (state, rng))
    ...     state_again, rng_again = load(pathlib.Path(folder, "state.npz"))
    >>> tree.same(state, state_again), rng.random() == rng_again.random()
    (True, True)
    """
    own = (types,) if isinstance(types, type) else tuple(types)
    with open(path, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        if not zipfile.is_zipfile(content):
            raise ValueError("it is not an .npz file, or cut off")
        content.seek(0)
        archive = np.load(content, allow_pickle=False)
        if "layout" not in archive:
            raise ValueError("it has no layout")
        arrays = {name: archive[name] for name in archive.files}
        layout = json.loads(str(arrays.pop("layout")))
        _check_version(layout)
        return _build(layout["record"], arrays, {t.__name__: t for t in (*TYPES, *own)})
    except DAMAGED as error:
        raise ValueError(
            f"path: expected a file written by rnnlib's save, {path}: {error}"
        ) from error


def _check_version(layout: Any) -> None:
    if not isinstance(layout, dict) or not str(layout.get("format")).startswith("rnnlib"):
        raise ValueError("its layout is not rnnlib's")
    version = layout.get("version", 1)
    if version != VERSION:
        age = "newer; install a newer rnnlib" if version > VERSION else "older"
        raise ValueError(f"its format is {version}, that of this rnnlib {VERSION}: it is {age}")


def _lay_out(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """Say in JSON what `value` is, its arrays put aside under their path."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iub":
            check_precision_of(path, value.dtype)
        arrays[f"array:{path}"] = value
        return {"array": path}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return {"value": value}
    if isinstance(value, Activation):
        activations.get(value.name)  # one of your own could not be found again
        return {"activation": value.name}
    if isinstance(value, np.random.Generator):
        return {"generator": _state_of(value, path)}
    if type(value) in (list, tuple):
        parts = [_lay_out(part, _join(path, i), arrays) for i, part in enumerate(value)]
        return {type(value).__name__: parts}
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.init]
        parts_by_name = {n: _lay_out(getattr(value, n), _join(path, n), arrays) for n in names}
        return {"type": type(value).__name__, "fields": parts_by_name}
    raise TypeError(
        f"{path}: expected an array, a record, an activation or a number, got {describe(value)}"
    )


def _build(layout: dict[str, Any], arrays: dict[str, Array], types: dict[str, type]) -> Any:
    """Build a record by its constructor, so that whatever was in the file is checked."""
    match layout:
        case {"array": path}:
            return arrays[f"array:{path}"]
        case {"value": value}:
            return value
        case {"activation": name}:
            return activations.get(name)
        case {"generator": state}:
            return _generator(state)
        case {"list": parts}:
            return [_build(part, arrays, types) for part in parts]
        case {"tuple": parts}:
            return tuple(_build(part, arrays, types) for part in parts)
        case {"type": name, "fields": parts}:
            if name not in types:
                raise ValueError(f"unknown type {name!r}; pass it as `types`")
            return types[name](**{n: _build(part, arrays, types) for n, part in parts.items()})
    raise ValueError(f"its layout has a part that is no array, record or number: {[*layout]}")


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _state_of(rng: np.random.Generator, path: str) -> Any:
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        kind = state["bit_generator"]
        raise TypeError(f"{path}: expected a generator of numpy.random.default_rng, got {kind}")
    return state


def _generator(state: Any) -> np.random.Generator:
    rng = np.random.default_rng()
    rng.bit_generator.state = state
    return rng
