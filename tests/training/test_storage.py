"""Records saved to files, and what the files may suffer."""

import dataclasses
import json
import zipfile

import numpy as np
import pytest

from rnnlib import Batch, DiagonalCell, GRUCell, softmax_cross_entropy, train, tree
from rnnlib.corpora import Vocabulary
from rnnlib.training import SGD, Adam, RMSprop
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


@dataclasses.dataclass(frozen=True, eq=False)
class Stack:
    """A record with tuples and lists of records, numbers, words, and what is None."""

    layers: tuple
    heads: list
    rates: tuple
    name: str = "a stack, ünïcode\n"
    none: object = None
    count: int = 2**80
    small: float = 0.1
    flag: bool = True


def assert_same(one, other):
    """Equal types and values all the way down, arrays bit by bit."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape
        assert one.tobytes() == other.tobytes()
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for part, its in zip(one, other, strict=True):
            assert_same(part, its)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.random.Generator):
        assert one.bit_generator.state == other.bit_generator.state
    else:
        assert one == other or (one != one and other != other)


def small_training(dtype=np.float64):
    model = tree.astype(small_model(), dtype)
    batch = Batch(np.ones((4, 3, 2), dtype), np.zeros((4, 3), int), True, lengths=[4, 1, 2])
    return train(
        model, [batch] * 3, softmax_cross_entropy, Adam(0.01), steps=3, carry=True,
        evaluate=lambda m: float("nan") if m.readout.b_o.any() else 0.0,
    )  # fmt: skip


RECORDS = {
    "a tuple of cells": lambda: (random_cell("tanh", SMALL), random_cell("lstm", SMALL)),
    "a list": lambda: [random_cell("gru", SMALL), np.arange(3.0)],
    "a stack": lambda: Stack(
        (random_cell("tanh", SMALL), (random_cell("gru", SMALL),)), [small_model(), ()], (0.1, 2)
    ),
    "a vocabulary": lambda: Vocabulary(("<unk>", "naïve", '"', "a\0b"), "<unk>"),
    "a vocabulary without unknown": lambda: Vocabulary(("a", "b")),
    "optimisers": lambda: (SGD(0.1, 0.9), RMSprop(0.1), Adam(0.1, weight_decay=0.01)),
    "no steps yet": lambda: SGD(0.1).start(small_model()),
    "a training": small_training,
    "a training in float32": lambda: small_training(np.float32),
    "a batch": lambda: Batch(np.ones((2, 1, 1)), np.ones((1, 1)), resets=np.ones((2, 1), bool)),
    "a generator": lambda: (np.random.default_rng(7), small_model()),
    "arrays without axes and rows": lambda: (np.array(2.0), np.zeros((0, 3)), np.array(1 + 2j)),
}


@pytest.mark.parametrize("what", RECORDS)
def test_every_kind_of_record_comes_back_as_it_was(what, tmp_path):
    record, path = RECORDS[what](), tmp_path / "record.npz"
    for _ in range(2):  # the second time over the first
        save(path, record)
        assert_same(load(path, types=Stack), record)
    assert [file.name for file in tmp_path.iterdir()] == ["record.npz"]


def test_a_loaded_vocabulary_encodes_alike(tmp_path):
    vocabulary = Vocabulary.from_tokens("to be or not to be".split(), max_size=3)
    save(tmp_path / "words.npz", vocabulary)
    again = load(tmp_path / "words.npz")
    np.testing.assert_array_equal(again.encode(["not", "be"]), vocabulary.encode(["not", "be"]))


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_])
def test_numbers_of_numpy_become_pythons(kind, tmp_path):
    save(tmp_path / "n.npz", Stack((), [np.zeros(1)], (kind(1),)))
    (number,) = load(tmp_path / "n.npz", types=Stack).rates
    assert type(number) in (int, float, bool) and number == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "its format is 3, that of this rnnlib 2: it is newer; install a newer"),
        ({"version": 1}, "its format is 1, that of this rnnlib 2: it is older"),
        ({"format": "rnnlib 1", "version": None}, "expected a file written by rnnlib's save"),
        ({"format": "numpy"}, "its layout is not rnnlib's"),
        ({"record": {"set": []}}, "its layout has a part that is no array, record or number"),
        ({"record": {"type": "Model", "fields": {}}}, "missing 2 required positional arguments"),
        ({"record": {"array": "elsewhere"}}, "expected a file written by rnnlib's save"),
        ({"record": 3}, "expected a file written by rnnlib's save"),
    ],
)
def test_a_layout_of_another_version_or_kind_is_named(change, message, tmp_path):
    path = tmp_path / "cell.npz"
    save(path, small_model())
    with np.load(path) as archive:
        arrays = dict(archive)
    layout = json.loads(str(arrays.pop("layout"))) | change
    np.savez(path, layout=np.array(json.dumps(layout)), **arrays)
    with pytest.raises(ValueError, match=message):
        load(path)


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
        with pytest.raises(TypeError, match=f"^name: .* real or complex, got {np.dtype(dtype)}"):
            save(tmp_path / "odd.npz", Odd(np.zeros(2, dtype)))
    for odd in (3, "x", []):
        with pytest.raises(TypeError, match="record: expected a record"):
            save(tmp_path / "list.npz", odd)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError):
        load(tmp_path / "missing.npz")
