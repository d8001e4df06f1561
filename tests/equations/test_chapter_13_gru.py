"""Guards of the equations of chapter 13, Gates: the GRU."""

from dataclasses import replace

import numpy as np

from rnnlib.product import jacobian_at_rest
from tests.equations.gated import drawn, gru_step, numerical_jacobian, pulled, sigma, size_of
from tests.equations.guards import guards
from tests.networks import random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


@guards(
    "eq-gru-rest",
    "identity",
    Mutant("another input", "silence)", "silence + 1)"),
    Mutant("another state", ", rest)[0]", ", rest + 1)[0]"),
)
@for_all(any_sizes(smallest=2))
def test_gru_at_rest(sizes: Sizes):
    cell, H = random_cell("gru", sizes), sizes.H
    bias = cell.b_h.copy()
    bias[2 * H :] = 0
    cell = replace(cell, b_h=bias, b_n=np.zeros(H))
    r, z = sigma(bias[:H]), sigma(bias[H : 2 * H])
    expected = np.diag(z) + ((1 - z) * r)[:, None] * cell.W_hh[2 * H :]
    assert_close(jacobian_at_rest(cell), expected, 1 + np.abs(cell.W_hh[2 * H :]))


@guards(
    "eq-gru-state",
    "definition",
    Mutant("z lets in the new", "(1 - z) * n + z * h_prev", "z * n + (1 - z) * h_prev"),
    Mutant("reset before x", "s_n + r * q", "r * (s_n + q)"),
)
@for_all(any_sizes(smallest=2))
def test_gru_state(sizes: Sizes):
    cell, state, x = drawn("gru", sizes)
    new = cell.step(state[None], x[None])[0]
    assert_close(new, gru_step(cell, state, x), size_of(cell))


@guards(
    "eq-gru-deltas",
    "identity",
    Mutant("r and z exchanged", "dh * by_r, dh * by_z", "dh * by_z, dh * by_r"),
    Mutant("the reset gate forgotten on the way back", "dh * by_q", "dh * by_n"),
)
@for_all(any_sizes(smallest=2))
def test_gru_deltas(sizes: Sizes):
    """In rnnlib's order n, r, z, q: what each makes of error · state, from the formulas."""
    cell, h, x = drawn("gru", sizes)
    H, W, U, b = sizes.H, cell.W_hh, cell.W_xh, cell.b_h
    error = sizes.rng.standard_normal(H)
    r = sigma(W[:H] @ h + U[:H] @ x + b[:H])
    z = sigma(W[H : 2 * H] @ h + U[H : 2 * H] @ x + b[H : 2 * H])
    q = W[2 * H :] @ h + cell.b_n
    n = np.tanh(U[2 * H :] @ x + b[2 * H :] + r * q)
    delta_n = error * (1 - z) * (1 - n**2)
    delta_r = delta_n * q * r * (1 - r)
    delta_z = error * (h - n) * z * (1 - z)
    expected = np.concatenate([delta_n, delta_r, delta_z, delta_n * r])
    deltas = pulled(cell, h, x, error)[1]
    assert_close(deltas, expected, size_of(cell) * np.abs(error).sum())


@guards(
    "eq-gru-jacobian",
    "identity",
    Mutant("the straight path left out", " + direct", ""),
    Mutant("the reset gate's way left out", "by_r * W_r + ", ""),
    Mutant("spurious transpose", "by_q * W_n", "by_q * W_n.T"),
)
@for_all(any_sizes(smallest=2))
def test_gru_jacobian(sizes: Sizes):
    cell, state, x = drawn("gru", sizes)
    J = cell.jacobian(cell.total_input(state[None], x[None]), state[None])[0]
    assert_close(J, numerical_jacobian(cell, state, x), size_of(cell))
