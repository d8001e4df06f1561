"""Guards of the equations of chapter 13, Gates: the LSTM, forward and backward."""

import numpy as np

from rnnlib import unroll
from rnnlib.product import products_to_last, step_jacobians
from tests.equations.gated import (
    NUDGE,
    drawn,
    lstm_step,
    numerical_jacobian,
    pulled,
    sigma,
    size_of,
)
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


@guards(
    "eq-lstm-gates",
    "definition",
    Mutant("i and f exchanged", "LSTMGates(i, f,", "LSTMGates(f, i,"),
    Mutant("a logistic candidate", "np.tanh(s_g)", "logistic(s_g)"),
    Mutant("o from f's total input", "logistic(s_o)", "logistic(s_f)"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_gates(sizes: Sizes):
    cell, _, _ = drawn("lstm", sizes)
    s = sizes.rng.standard_normal(4 * sizes.H)
    s_i, s_f, s_g, s_o = s.reshape(4, sizes.H)
    gates = cell.gates(s)
    assert_close(gates.i, sigma(s_i), 1)
    assert_close(gates.f, sigma(s_f), 1)
    assert_close(gates.g, np.tanh(s_g), 1)
    assert_close(gates.o, sigma(s_o), 1)


@guards(
    "eq-lstm-state",
    "definition",
    Mutant("1 − f for i", "i * g", "(1 - f) * g"),
    Mutant("old and new exchanged", "f * c_prev + i * g", "f * g + i * c_prev"),
    Mutant("the state is not squashed", "o * np.tanh(c)", "o * c"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_state(sizes: Sizes):
    cell, state, x = drawn("lstm", sizes)
    expected = np.concatenate(lstm_step(cell, state[: sizes.H], state[sizes.H :], x))
    assert_close(cell.step(state[None], x[None])[0], expected, size_of(cell))


@guards(
    "eq-lstm-error-cell",
    "identity",
    Mutant("h's share left out", "later_dc + dh * h_by_c", "later_dc"),
    Mutant("what comes later left out", "later_dc + dh * h_by_c", "dh * h_by_c"),
    Mutant("the gate's slope for the state's", "dh * h_by_c", "dh * dh"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_error_at_the_cell(sizes: Sizes):
    """The error at c: that of the later steps, and what h = o tanh(c) hands down. δ_g shows it."""
    cell, state, x = drawn("lstm", sizes)
    H, error = sizes.H, sizes.rng.standard_normal(2 * sizes.H)
    s = cell.total_input(state[None], x[None])[0]
    i, g, o = sigma(s[:H]), np.tanh(s[2 * H : 3 * H]), sigma(s[3 * H :])
    c = lstm_step(cell, state[:H], state[H:], x)[1]
    at_cell = error[H:] + error[:H] * o / np.cosh(c) ** 2
    delta_g = pulled(cell, state, x, error)[1][2 * H : 3 * H]
    assert_close(delta_g, at_cell * i * (1 - g**2), np.abs(error[H:]) + np.abs(error[:H]))


@guards(
    "eq-lstm-deltas",
    "identity",
    Mutant("δ_i and δ_f exchanged", "dc * by_i, dc * by_f", "dc * by_f, dc * by_i"),
    Mutant("δ_o from the cell's error", "dh * h_by_o", "dc * h_by_o"),
    Mutant("δ_g from the output's error", "dc * by_g", "dh * by_g"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_deltas(sizes: Sizes):
    """The derivative of error · state by each total input, by the complex step."""
    cell, state, x = drawn("lstm", sizes)
    H, error = sizes.H, sizes.rng.standard_normal(2 * sizes.H)
    deltas = pulled(cell, state, x, error)[1]
    for p in range(4 * H):
        moved = replace_bias(cell, cell.b_h + NUDGE * np.eye(4 * H)[p])
        new = np.concatenate(lstm_step(moved, state[:H], state[H:], x))
        assert_close(deltas[p], (error @ new).imag / NUDGE.imag, np.abs(error).sum())


def replace_bias(cell, bias):
    """Return the arrays of a cell with another bias, complex perhaps, which a cell may not have."""

    class Arrays:
        W_hh, W_xh, b_h, hidden_size = cell.W_hh, cell.W_xh, bias, cell.hidden_size

    return Arrays


@guards(
    "eq-lstm-back",
    "identity",
    Mutant("no forget gate", "dc * f", "dc"),
    Mutant("the error before h's share", "dc * f", "later_dc * f"),
    Mutant("the weights see it twice", "np.zeros_like(dc)", "dc"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_back(sizes: Sizes):
    cell, state, x = drawn("lstm", sizes)
    error = sizes.rng.standard_normal(2 * sizes.H)
    expected = error @ numerical_jacobian(cell, state, x)
    assert_close(pulled(cell, state, x, error)[0], expected, size_of(cell) * np.abs(error).sum())


@guards(
    "eq-lstm-jacobian",
    "identity",
    Mutant("the forget gate's way left out", " + by_f * W_f", ""),
    Mutant("f for the identity", "f * np.eye", "np.eye"),
    Mutant("h through the output gate alone", " + h_by_c * c_by_h", ""),
    Mutant("blocks exchanged", "[c_by_h, c_by_c]", "[c_by_c, c_by_h]"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_jacobian(sizes: Sizes):
    cell, state, x = drawn("lstm", sizes)
    J = cell.jacobian(cell.total_input(state[None], x[None]), state[None])[0]
    assert_close(J, numerical_jacobian(cell, state, x), size_of(cell))


@guards(
    "eq-lstm-two-steps",
    "identity",
    Mutant("oldest factor on the left", "products[k + 1], J", "J, products[k + 1]"),
    Mutant("entries for matrices", "np.matmul", "np.multiply"),
)
@for_all(any_sizes(smallest=3))
def test_lstm_two_steps(sizes: Sizes):
    """∂c_2/∂c_0: straight through, and by way of h_1 into the gates of step 2."""
    cell, state, _ = drawn("lstm", sizes)
    H, xs = sizes.H, sizes.rng.standard_normal((2, 1, sizes.I))
    run = unroll(cell, xs, state[None])
    one, two = (cell.gates(s[0]) for s in run.pre)
    W_i, W_f, W_g, _ = np.split(cell.W_hh, 4)
    c_0, c_1 = state[H:], run.states[1, 0, H:]
    e_1 = one.o / np.cosh(c_1) ** 2
    by_i, by_f, by_g = (
        two.g * two.i * (1 - two.i),
        c_1 * two.f * (1 - two.f),
        two.i * (1 - two.g**2),
    )
    C_2 = by_i[:, None] * W_i + by_f[:, None] * W_f + by_g[:, None] * W_g
    expected = np.diag(two.f * one.f) + C_2 * (e_1 * one.f)
    P = products_to_last(step_jacobians(cell, run)[:, 0])[0]
    assert_close(P[H:, H:], expected, 1 + np.abs(C_2))
    assert c_0.shape == (H,)


@guards(
    "eq-lstm-total-cell",
    "identity",
    Mutant("h is held, too", "later_dc + dh * h_by_c", "later_dc"),
    Mutant("h alone", "later_dc + dh * h_by_c", "dh * h_by_c"),
)
@for_all(any_sizes(smallest=2))
def test_lstm_total_derivative_of_the_cell(sizes: Sizes):
    """c_1 is moved before h_1 is read from it: what that makes of c_2, against what is pulled."""
    cell, state, x = drawn("lstm", sizes)
    H, later = sizes.H, sizes.rng.standard_normal(sizes.I)
    s_1 = cell.total_input(state[None], x[None])[0]
    o_1, c_1 = sigma(s_1[3 * H :]), lstm_step(cell, state[:H], state[H:], x)[1]
    after = np.concatenate([o_1 * np.tanh(c_1), c_1])
    i_1, g_1 = sigma(s_1[:H]), np.tanh(s_1[2 * H : 3 * H])
    for row in range(H):
        error = np.zeros(2 * H)
        error[H + row] = 1
        at_1 = pulled(cell, after, later, error)[0]  # at h_1 and at c_1, the other held
        delta_g = pulled(cell, state, x, at_1)[1][2 * H : 3 * H]
        for j in range(H):
            nudged = c_1 + NUDGE * np.eye(H)[j]
            total = lstm_step(cell, o_1 * np.tanh(nudged), nudged, later)[1][row].imag / NUDGE.imag
            scale = (1 + np.abs(cell.W_hh).max()) * 10
            assert_close(delta_g[j], total * (i_1 * (1 - g_1**2))[j], scale)
