"""Save and load a cell, a readout or a model: one `.npz` file of arrays, nothing executable."""

import io
import json
import zipfile
from dataclasses import fields, is_dataclass
from os import PathLike
from typing import Any

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, describe
from rnnlib.cells import activations
from rnnlib.cells.activations import Activation
from rnnlib.cells.diagonal import DiagonalCell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.cells.readout import Readout
from rnnlib.training.model import Model

FORMAT = "rnnlib 1"
"""What a file says it is, with the version of its layout."""
DAMAGED = (zipfile.BadZipFile, EOFError, KeyError, RuntimeError, TypeError, ValueError)
"""What reading a damaged archive may raise."""
TYPES: tuple[type, ...] = (ElmanCell, DiagonalCell, LSTMCell, GRUCell, Readout, Model)
"""What can be saved and loaded."""


def save(path: str | PathLike[str], record: Any) -> None:
    """Write a record's arrays and the names of its types to `path`, which should end in ``.npz``.

    Parameters
    ----------
    path : str or path
    record : Cell, Readout, Model, or a dataclass of your own made of arrays and such records

    Raises
    ------
    TypeError
        If it is not a record, or holds something other than arrays, records and activations.
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
    arrays = {name: array for name, array in tree.named_leaves(record)}
    layout = json.dumps({"format": FORMAT, "record": _describe_layout(record)})
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, layout=np.array(layout), **_prefixed(arrays))


def load(path: str | PathLike[str], *, types: type | tuple[type, ...] = ()) -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    path : str or path
    types : type or tuple of type
        Your own record types that the file may hold, beside rnnlib's.

    Returns
    -------
    Cell, Readout, Model or record

    Raises
    ------
    ValueError
        If the file is damaged, was not written by `save`, or holds an unknown type or a NaN.
    OSError
        If it cannot be read.
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
        if not isinstance(layout, dict) or layout.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        return _build(layout["record"], "", arrays, {t.__name__: t for t in (*TYPES, *own)})
    except DAMAGED as error:
        raise ValueError(
            f"path: expected a file written by rnnlib's save, {path}: {error}"
        ) from error


def _describe_layout(record: Any) -> dict[str, Any]:
    layout: dict[str, Any] = {"type": type(record).__name__}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            layout[field.name] = "array"
        elif isinstance(value, Activation):
            layout[field.name] = {"activation": value.name}
            activations.get(value.name)  # one of your own could not be found again
        elif is_dataclass(value):
            layout[field.name] = _describe_layout(value)
        else:
            raise TypeError(
                f"{field.name}: expected an array, a record or an activation, got {describe(value)}"
            )
    return layout


def _build(layout: dict[str, Any], prefix: str, arrays: dict[str, Array], types: Any) -> Any:
    """Build a record by its constructor, so that whatever was in the file is checked."""
    if layout["type"] not in types:
        raise ValueError(f"unknown type {layout['type']!r}; pass it as `types`")
    values: dict[str, Any] = {}
    for name, kind in layout.items():
        if name == "type":
            continue
        if kind == "array":
            values[name] = arrays["array:" + prefix + name]
        elif set(kind) == {"activation"}:
            values[name] = activations.get(kind["activation"])
        else:
            values[name] = _build(kind, f"{prefix}{name}.", arrays, types)
    return types[layout["type"]](**values)


def _prefixed(arrays: dict[str, Array]) -> dict[str, Any]:
    return {"array:" + name: array for name, array in arrays.items()}
