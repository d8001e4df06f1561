"""`run_products`, in its two fast forms, is the plain form: all J_t, then their products."""

import numpy as np
import pytest

from rnnlib import ElmanCell, tree, unroll
from rnnlib.product import products_to_last, run_products, step_jacobians
from tests.cells.test_own_arrays import OwnCell
from tests.equations.guards import catches
from tests.networks import KINDS, random_case
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

SMALL = Sizes(T=4, B=3, I=2, H=3, V=1, seed=0)


@pytest.fixture(autouse=True)
def chunks_of_a_few_steps(monkeypatch):
    monkeypatch.setattr("rnnlib.fast._rows.WORKING_SET", 2000)


def check(cell, run):
    plain = products_to_last(step_jacobians(cell, run))
    fast = run_products(cell, run)
    assert fast.dtype == run.states.dtype
    assert_close(fast, plain, 100.0, rtol=100 * np.finfo(fast.dtype).eps)


@pytest.mark.parametrize("lengths", [False, True], ids=["whole", "lengths"])
@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=8)
def test_for_every_kind_of_cell(kind, lengths, sizes: Sizes):
    case = random_case(kind, sizes, lengths=lengths)
    check(case.cell, case.run)


@pytest.mark.parametrize("batch", [1, 3])
def test_for_a_cell_of_the_readers_own(batch):
    rng = np.random.default_rng(0)
    W_hh, W_xh, b, leak, mix = (rng.uniform(-1, 1, s) for s in ((4, 4), (4, 2), 4, 4, (4, 4)))
    cell = OwnCell(W_hh, W_xh, b, leak, mix)
    check(cell, unroll(cell, rng.standard_normal((5, batch, 2))))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
def test_in_every_precision(dtype, batch):
    rng = np.random.default_rng(0)
    cell = tree.map_leaves(lambda a: a.astype(dtype), ElmanCell.random(2, 4, rng))
    check(cell, unroll(cell, rng.standard_normal((5, batch, 2)).astype(dtype)))


def test_with_gates_it_takes_the_jacobians(monkeypatch):
    """The two forms agree so well that only this tells which of them was tested above."""
    monkeypatch.setattr("rnnlib.cells.cell.Cell.pull_through", None)
    for kind in ("lstm", "gru"):
        case = random_case(kind, SMALL)
        check(case.cell, case.run)
    case = random_case("tanh", SMALL)
    with pytest.raises(TypeError, match="not callable"):
        run_products(case.cell, case.run)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("rnnlib/product/_pulled_rows.py", "run.over[k]", "run.over[k - 1]"),
        ("rnnlib/product/_pulled_rows.py", "later = out", "later = table[-1]"),
        (
            "rnnlib/product/_pulled_rows.py",
            "(table[:-1], *slopes)",
            "(table[:-1], slopes[0][::-1])",
        ),
        ("rnnlib/product/_pulled_rows.py", "products.swapaxes(1, 2)", "products.swapaxes(1, 2).mT"),
        ("rnnlib/cells/total_input.py", "product(rows, self.W_hh", "product(rows, self.W_hh.T"),
    ],
)
def test_seeded_bugs_are_caught(path, old, new):
    case = random_case("tanh", SMALL, lengths=True)
    assert len(set(case.run.lengths)) > 1
    catches(lambda: check(case.cell, case.run), path, Mutant("seeded", old, new))


def test_seeded_bug_in_the_form_with_gates_is_caught():
    case = random_case("lstm", SMALL)
    mutant = Mutant("one step late", "jacobians[k - start]", "jacobians[k - start - 1]")
    catches(lambda: check(case.cell, case.run), "rnnlib/product/gradient_product.py", mutant)
