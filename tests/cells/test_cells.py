"""Each cell: its step, its vector-Jacobian product and its closed-form Jacobian agree."""

import numpy as np
import pytest

from rnnlib import Cell, bptt, tree, unroll
from tests.equations.guards import catches
from tests.networks import KINDS, SMOOTH, random_case, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

ONE_OF_EACH = Sizes(T=1, B=2, I=3, H=3, V=1, seed=5)


def complex_jacobian(function, at):
    """∂f_i/∂at_j of rows: at (B, n) → f (B, m), by the complex step; shape (B, m, n)."""
    columns = []
    for j in range(at.shape[1]):
        nudged = at.astype(complex)
        nudged[:, j] += 1e-100j
        columns.append(function(nudged).imag / 1e-100)
    return np.stack(columns, axis=-1)


def check_jacobian(kind, sizes):
    case = random_case(kind, sizes)
    cell, x = case.cell, case.run.xs[0]
    expected = complex_jacobian(lambda h: cell.step(h, x), case.h0)
    actual = cell.jacobian(cell.total_input(case.h0, x), case.h0)
    scale = 1 + np.abs(tree.flatten(cell)).sum()
    assert_close(actual, expected, scale, rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes())
def test_closed_form_jacobian_is_the_derivative_of_the_step(kind, sizes: Sizes):
    check_jacobian(kind, sizes)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes())
def test_closed_form_jacobian_agrees_with_vector_jacobian_products(kind, sizes: Sizes):
    case = random_case(kind, sizes)
    s = case.run.pre
    closed = case.cell.jacobian(s, case.run.states[:-1])
    by_rows = Cell.jacobian(case.cell, s, case.run.states[:-1])
    assert_close(closed, by_rows, 1 + np.abs(tree.flatten(case.cell)).sum(), rtol=1e-13)


def check_vjp(kind, sizes):
    case = random_case(kind, sizes, whole_state=True)
    cell, x, dh = case.cell, case.run.xs[0], case.dhs[0]
    gradient = cell.vjp(case.h0, x, dh)
    scale = 1 + np.abs(tree.flatten(cell)).sum() + np.abs(dh).sum() * (1 + np.abs(x).sum())

    J = complex_jacobian(lambda h: cell.step(h, x), case.h0)
    assert_close(gradient.h_prev, np.einsum("bi,bij->bj", dh, J), scale)
    J = complex_jacobian(lambda x: cell.step(case.h0, x), x)
    assert_close(gradient.x, np.einsum("bi,bij->bj", dh, J), scale)

    theta = tree.flatten(cell)[None]
    J = complex_jacobian(lambda p: cell_step(cell, p[0], case.h0, x).reshape(1, -1), theta)[0]
    assert_close(tree.flatten(gradient.cell), dh.ravel() @ J, scale)


def cell_step(cell, theta, h_prev, x):
    return tree.unflatten(theta, like=cell).step(h_prev, x)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes())
def test_vjp_is_the_transposed_jacobian(kind, sizes: Sizes):
    check_vjp(kind, sizes)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes())
def test_unroll_is_the_step_repeated(kind, sizes: Sizes):
    """The fast forms of rnnlib.cells.total_input against the plain one of the cell."""
    case = random_case(kind, sizes)
    h = case.h0
    for t, x in enumerate(case.run.xs):
        assert_close(case.run.pre[t], case.cell.total_input(h, x), 100.0)
        h = case.cell.step(h, x)
        assert_close(case.run.states[t + 1], h, 100.0)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_changed_and_a_second_call_gives_the_same(kind):
    case = random_case(kind, ONE_OF_EACH, whole_state=True)
    for array in (*tree.leaves(case.cell), case.run.xs, case.h0, case.dhs):
        array.flags.writeable = False
    first = case.cell.vjp(case.h0, case.run.xs[0], case.dhs[0])
    second = case.cell.vjp(case.h0, case.run.xs[0], case.dhs[0])
    np.testing.assert_array_equal(tree.flatten(first.cell), tree.flatten(second.cell))
    again = unroll(case.cell, case.run.xs, case.h0)
    np.testing.assert_array_equal(again.states, case.run.states)
    one, two = (bptt(case.cell, again, case.dhs) for _ in range(2))
    np.testing.assert_array_equal(tree.flatten(one.cell), tree.flatten(two.cell))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_of_the_cells_own_type_and_precision(kind):
    cell = random_cell(kind, ONE_OF_EACH)
    single = tree.map_leaves(lambda a: a.astype(np.float32), cell)
    run = unroll(single, np.ones((4, 2, 3), np.float32))
    gradients = bptt(single, run, np.ones((4, 2, 3), np.float32))
    assert type(gradients.cell) is type(cell)
    assert {a.dtype for a in tree.leaves(gradients.cell)} == {np.dtype(np.float32)}
    assert run.states.dtype == gradients.xs.dtype == gradients.h0.dtype == np.float32


BUGS = {
    "tanh": [
        (
            "rnnlib/cells/elman.py",
            Mutant("φ'(h) for φ'(s)", "derivative_from(s, h),)", "derivative(h),)"),
        ),
        (
            "rnnlib/cells/total_input.py",
            Mutant("spurious transpose", "product(ds, self.W_hh", "product(ds, self.W_hh.T"),
        ),
    ],
    "lstm": [
        (
            "rnnlib/cells/lstm.py",
            Mutant("forget gate's input", "c_prev * f * (1", "h[..., -1:] * f * (1"),
        ),
        ("rnnlib/cells/lstm.py", Mutant("c's own path left out", "dc * f]", "0 * dc * f]")),
        ("rnnlib/cells/lstm.py", Mutant("h's share of c left out", " + dh * h_by_c", "")),
    ],
    "gru": [
        ("rnnlib/cells/gru.py", Mutant("n for q", "by_n * q * r", "by_n * n * r")),
        (
            "rnnlib/cells/gru.py",
            Mutant("z keeps the new", ", dh * z", ", dh * (1 - z)"),
        ),
    ],
}


@pytest.mark.parametrize(
    ("kind", "path", "mutant"),
    [(kind, path, mutant) for kind, bugs in BUGS.items() for path, mutant in bugs],
    ids=lambda value: value.name if isinstance(value, Mutant) else str(value),
)
def test_seeded_bugs_in_the_backward_step_are_caught(kind, path, mutant):
    catches(lambda: check_vjp(kind, ONE_OF_EACH), path, mutant)


@pytest.mark.parametrize(
    ("kind", "path", "old", "new"),
    [
        (
            "tanh",
            "rnnlib/cells/elman.py",
            "[..., :, None] * self.W_hh",
            "[..., None, :] * self.W_hh",
        ),
        ("lstm", "rnnlib/cells/lstm.py", "h_by_o * W_o +", "h_by_o * W_f +"),
        ("gru", "rnnlib/cells/gru.py", " + direct", ""),
    ],
)
def test_seeded_bugs_in_the_closed_form_are_caught(kind, path, old, new):
    catches(lambda: check_jacobian(kind, ONE_OF_EACH), path, Mutant("seeded", old, new))


def sigma(a):
    return 1 / (1 + np.exp(-a))


def lstm_by_its_equations(cell, state, x):
    """One unit of one sequence at a time, as the paper writes it."""
    H = cell.hidden_size
    new = np.empty_like(state)
    for b, unit in np.ndindex(state.shape[0], H):
        s_i, s_f, s_g, s_o = (
            cell.W_hh[row] @ state[b, :H] + cell.W_xh[row] @ x[b] + cell.b_h[row]
            for row in range(unit, 4 * H, H)
        )
        c = sigma(s_f) * state[b, H + unit] + sigma(s_i) * np.tanh(s_g)
        new[b, unit], new[b, H + unit] = sigma(s_o) * np.tanh(c), c
    return new


def gru_by_its_equations(cell, h, x):
    H = cell.hidden_size
    new = np.empty_like(h)
    for b, unit in np.ndindex(*h.shape):
        a_r, a_z, a_n = (cell.W_hh[row] @ h[b] for row in range(unit, 3 * H, H))
        i_r, i_z, i_n = (cell.W_xh[row] @ x[b] + cell.b_h[row] for row in range(unit, 3 * H, H))
        r, z = sigma(i_r + a_r), sigma(i_z + a_z)
        n = np.tanh(i_n + r * (a_n + cell.b_n[unit]))
        new[b, unit] = (1 - z) * n + z * h[b, unit]
    return new


def check_equations(kind, by_its_equations, sizes):
    case = random_case(kind, sizes)
    expected = by_its_equations(case.cell, case.h0, case.run.xs[0])
    assert_close(case.cell.step(case.h0, case.run.xs[0]), expected, scale=10.0)


@for_all(any_sizes())
def test_gates_are_the_equations(sizes: Sizes):
    check_equations("lstm", lstm_by_its_equations, sizes)
    check_equations("gru", gru_by_its_equations, sizes)


def reset_before_the_product(cell, h, x):
    """The other GRU, W_hn (r ⊙ h) for r ⊙ W_hn h; it has the same shapes."""
    H = cell.hidden_size
    W_r, W_z, W_n = (cell.W_hh[k * H : (k + 1) * H] for k in range(3))
    i_r, i_z, i_n = np.split(x @ cell.W_xh.T + cell.b_h, 3, axis=-1)
    r, z = sigma(i_r + h @ W_r.T), sigma(i_z + h @ W_z.T)
    n = np.tanh(i_n + (r * h) @ W_n.T + r * cell.b_n)
    return (1 - z) * n + z * h


def test_the_other_gru_is_told_from_this_one():
    with pytest.raises(AssertionError):
        check_equations("gru", reset_before_the_product, ONE_OF_EACH)


def test_gates_in_another_order_are_caught():
    catches(
        lambda: check_equations("lstm", lstm_by_its_equations, ONE_OF_EACH),
        "rnnlib/cells/lstm.py",
        Mutant("Keras's name for ours", "f * c_prev + i * g", "i * c_prev + f * g"),
    )


def test_complex_diagonal_recurrence():
    """λ^(t−k), and the gradient of a holomorphic function of λ by its difference quotient."""
    case = random_case("diagonal", Sizes(T=6, B=2, I=2, H=3, V=1, seed=1))
    spiral = tree.unflatten(tree.flatten(case.cell) * np.exp(0.7j), like=case.cell)
    run = unroll(spiral, case.run.xs, case.h0)
    gradient = bptt(spiral, run, case.dhs).cell.W_hh
    step = 1e-6
    for j in range(3):
        both = []
        for sign in (1, -1):
            theta = tree.flatten(spiral)
            theta[j] += sign * step
            both.append(case.loss(cell=tree.unflatten(theta, like=spiral)))
        assert_close(gradient[j], (both[0] - both[1]) / (2 * step), 100.0, rtol=1e-9)


def test_smooth_is_all_but_relu():
    assert set(KINDS) - set(SMOOTH) == {"relu"}


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("shape", [(2, 9), (2, 11), ()])
def test_gates_of_other_columns_are_refused(kind, shape):
    cell = random_cell(kind, Sizes(T=1, B=1, I=2, H=3, V=2, seed=0))
    with pytest.raises(ValueError, match=r"s: expected shape \(\.\.\., 12\)"):
        cell.gates(np.zeros(shape))
