"""Records: dataclasses, lists and tuples of arrays, as deep as one likes."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

from rnnlib import Readout, tree
from rnnlib.corpora import Vocabulary
from tests.networks import small_model


class Pair(NamedTuple):
    first: object
    second: object


@dataclass(frozen=True, eq=False)
class Deep:
    """Records in tuples in lists, beside words and numbers."""

    layers: tuple
    extra: list = field(default_factory=lambda: [np.array(2.0), "word", (np.arange(2.0), 3)])
    words: tuple = ("a", "b")
    none: object = None


def deep():
    return Deep((Readout([[1.0, 2.0]], [3.0]), Pair(np.ones(2), "x")))


def test_leaves_lie_in_records_lists_and_tuples():
    names = [name for name, _ in tree.named_leaves(deep())]
    assert names == ["layers.0.W_ho", "layers.0.b_o", "layers.1.0", "extra.0", "extra.2.0"]
    assert [name for name, _ in tree.named_leaves((deep(), [np.ones(1)]))][-1] == "1.0"


def test_mapping_keeps_every_type_and_carries_the_rest():
    doubled = tree.map_leaves(lambda a: 2 * a, deep())
    assert type(doubled.layers[1]) is Pair and doubled.layers[1].second == "x"
    assert type(doubled.extra) is list and doubled.extra[1] == "word"
    assert type(doubled.extra[2]) is tuple and doubled.extra[2][1] == 3
    np.testing.assert_array_equal(tree.flatten(doubled), 2 * tree.flatten(deep()))
    assert doubled.words is Deep.__dataclass_fields__["words"].default


def test_an_array_without_axes_stays_one():
    record = tree.map_leaves(lambda a: a * 2, deep())
    assert isinstance(record.extra[0], np.ndarray) and record.extra[0] == 4.0
    assert len(tree.leaves(record)) == len(tree.leaves(deep()))


def test_there_and_back():
    vector = tree.flatten(deep())
    assert vector.shape == (8,)
    assert tree.same(tree.unflatten(vector, like=deep()), deep())
    both = (small_model(), small_model("lstm"))
    assert tree.same(tree.unflatten(tree.flatten(both), like=both), both)


def test_same_looks_into_lists_and_tuples():
    assert tree.same(deep(), deep()) and not tree.same(deep(), small_model())
    lost = (np.array([np.nan]), deep())
    assert tree.same(lost, lost) and not tree.same(lost, (np.array([np.nan]), deep()))
    longer = Deep((*deep().layers, np.ones(1)))
    assert not tree.same(deep(), longer) and not tree.same(longer, deep())
    nudge = np.zeros(8)
    nudge[-1] = 1e-12
    assert not tree.same(deep(), tree.unflatten(tree.flatten(deep()) + nudge, like=deep()))
    assert not tree.same((np.ones(1),), [np.ones(1)])
    assert not tree.same((np.ones(1),), (np.ones(1, np.float32),))
    assert tree.same(Vocabulary(("a",)), Vocabulary(("a",)))
    assert not tree.same(Vocabulary(("a",)), Vocabulary(("b",)))


def test_finite_norm_and_inner_of_a_tuple():
    pair = (np.array([3.0]), Readout([[0.0]], [4.0]))
    assert tree.global_norm(pair) == 5.0 and tree.inner(pair, pair) == 25.0
    assert tree.is_finite(pair)
    for bad in (np.nan, np.inf, -np.inf, complex(0, np.nan)):
        assert not tree.is_finite((*pair, np.array([1, bad])))
    turned = (np.array([3j]), np.array([4.0]))
    assert (
        tree.inner(turned, turned) == 25.0
        and tree.inner(turned, (1j * turned[0], 0 * turned[1])) == 0
    )


def test_a_record_without_arrays_is_one():
    words = Vocabulary(("a", "b"))
    assert tree.leaves(words) == [] and tree.flatten(words).shape == (0,)
    assert tree.is_finite(words) and tree.global_norm(words) == 0.0
    assert tree.map_leaves(np.negative, words) == words


def test_a_function_of_several_results_gives_a_record_of_each():
    whole, rest = tree.map_to_several(np.divmod, deep(), tree.map_leaves(np.ones_like, deep()))
    assert tree.same(whole, deep()) and not tree.flatten(rest).any()
    assert type(rest.layers[1]) is Pair and rest.layers[1].second == "x"
    with pytest.raises(ValueError, match="others: expected records with arrays of the same shapes"):
        tree.map_to_several(np.divmod, deep(), small_model())


@pytest.mark.parametrize("number", [0, 2, 4])
def test_as_many_arrays_as_leaves(number):
    arrays = [np.zeros(1)] * number
    with pytest.raises(ValueError, match=f"arrays: expected 3, one for each leaf, got {number}"):
        tree.build((np.ones(1), Readout([[1.0]], [0.0])), arrays)


@pytest.mark.parametrize(
    "wrong", [3, "word", None, [], (), [1.0], (np.ones(1), 2), Readout, {"a": np.ones(1)}]
)
def test_what_is_no_record_is_named(wrong):
    with pytest.raises(TypeError, match="record: expected a record of arrays, got"):
        tree.leaves(wrong)
    with pytest.raises(TypeError, match="record: expected a record of arrays, got"):
        tree.same(wrong, wrong)
