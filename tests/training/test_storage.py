"""Records saved to files, and what the files may suffer."""

import dataclasses
import zipfile

import numpy as np
import pytest

from rnnlib import DiagonalCell, GRUCell, tree
from rnnlib.training import SGD
from rnnlib.training.storage import load, save
from tests.networks import KINDS, SMALL, LeakyCell, random_cell, small_model


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_is_loaded(kind, tmp_path):
    model, path = small_model(kind), tmp_path / "model.npz"
    save(path, model)
    again = load(path, types=(LeakyCell,))
    assert type(again.cell) is type(model.cell)
    for one, two in zip(tree.leaves(model), tree.leaves(again), strict=True):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    assert getattr(again.cell, "activation", None) is getattr(model.cell, "activation", None)


def test_precision_and_complex_numbers_are_kept(tmp_path):
    rng = np.random.default_rng(0)
    single = tree.map_leaves(lambda a: a.astype(np.float32), GRUCell.random(2, 3, rng))
    for record in (single, DiagonalCell.random(2, 3, rng)):
        save(tmp_path / "cell.npz", record)
        again = load(tmp_path / "cell.npz")
        assert [a.dtype for a in tree.leaves(again)] == [a.dtype for a in tree.leaves(record)]


def damaged(tmp_path, how):
    path = tmp_path / "model.npz"
    save(path, small_model())
    whole = path.read_bytes()
    match how:
        case "cut off":
            path.write_bytes(whole[: len(whole) // 2])
        case "empty":
            path.write_bytes(b"")
        case "a flipped byte":
            middle = whole.index(b"NUMPY") + 200
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
        case "a text":
            path.write_text("not a model")
        case "another npz":
            np.savez(path, weights=np.ones(3))
        case "a single array":
            with path.open("wb") as file:
                np.save(file, np.ones(3))
        case "pickled objects":
            np.savez(path, layout=np.array([{"a": 1}], dtype=object))
        case "a NaN":
            cell = random_cell("tanh", SMALL)
            save(path, tree.map_leaves(lambda a: a * np.nan, cell))
        case "an array missing":
            with zipfile.ZipFile(path) as old:
                parts = {n: old.read(n) for n in old.namelist() if "W_ho" not in n}
            with zipfile.ZipFile(path, "w") as new:
                for name, data in parts.items():
                    new.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "how",
    ["cut off", "empty", "a flipped byte", "a text", "another npz", "a single array",
     "pickled objects", "a NaN", "an array missing"],
)  # fmt: skip
def test_damaged_and_foreign_files(tmp_path, how):
    with pytest.raises(ValueError, match=r"path: expected a file written by rnnlib's save"):
        load(damaged(tmp_path, how))


def test_no_flipped_byte_goes_unnoticed_or_raises_something_else(tmp_path):
    path, record = tmp_path / "cell.npz", random_cell("tanh", SMALL)
    save(path, record)
    whole = path.read_bytes()
    for position in range(0, len(whole), 2):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 255]) + whole[position + 1 :])
        try:
            again = load(path)
        except ValueError as error:
            assert "path: expected a file written by rnnlib's save" in str(error)
        else:  # a byte that no reader looks at, such as a date
            np.testing.assert_array_equal(tree.flatten(again), tree.flatten(record))


def test_a_file_of_an_unknown_type_says_which(tmp_path):
    save(tmp_path / "leaky.npz", random_cell("leaky", SMALL))
    with pytest.raises(ValueError, match="unknown type 'LeakyCell'; pass it as `types`"):
        load(tmp_path / "leaky.npz")


def test_what_cannot_be_saved(tmp_path):
    @dataclasses.dataclass
    class Odd:
        name: object

    with pytest.raises(TypeError, match=r"^name: expected an array, a record, an activation or"):
        save(tmp_path / "odd.npz", Odd({"a": 1}))
    with pytest.raises(TypeError, match=r"^0.learning_rate: .* got function"):
        save(tmp_path / "odd.npz", (SGD(lambda step: 0.1),))
    with pytest.raises(TypeError, match=r"^0: .* numpy.random.default_rng, got MT19937"):
        save(tmp_path / "odd.npz", (np.random.Generator(np.random.MT19937(0)),))
    for dtype in (np.float16, np.longdouble, ">f8"):
        with pytest.raises(TypeError, match=f"^name: .* or complex128, got {np.dtype(dtype)}"):
            save(tmp_path / "odd.npz", Odd(np.zeros(2, dtype)))
    for odd in (3, "x", []):
        with pytest.raises(TypeError, match="record: expected a record"):
            save(tmp_path / "list.npz", odd)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError):
        load(tmp_path / "missing.npz")
