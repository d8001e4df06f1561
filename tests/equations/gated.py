"""LSTM and GRU in bare numpy, and what one step of rnnlib's pulls back."""

import numpy as np

from rnnlib import LSTMCell
from tests.networks import random_cell

NUDGE = 1e-30j


def sigma(s):
    """The logistic function, by a formula that shares nothing with rnnlib's."""
    return 1 / (1 + np.exp(-s))


def lstm_step(cell, h, c, x):
    """The five equations, for one sequence; complex states too."""
    H = cell.hidden_size
    s = cell.W_hh @ h + cell.W_xh @ x + cell.b_h
    i, f, g, o = sigma(s[:H]), sigma(s[H : 2 * H]), np.tanh(s[2 * H : 3 * H]), sigma(s[3 * H :])
    new = f * c + i * g
    return o * np.tanh(new), new


def gru_step(cell, h, x):
    H, W, U, b = cell.hidden_size, cell.W_hh, cell.W_xh, cell.b_h
    r = sigma(W[:H] @ h + U[:H] @ x + b[:H])
    z = sigma(W[H : 2 * H] @ h + U[H : 2 * H] @ x + b[H : 2 * H])
    n = np.tanh(U[2 * H :] @ x + b[2 * H :] + r * (W[2 * H :] @ h + cell.b_n))
    return (1 - z) * n + z * h


def drawn(kind, sizes):
    """A cell, a state and an input of one sequence."""
    cell, rng = random_cell(kind, sizes), np.random.default_rng([sizes.seed, 3])
    return cell, rng.uniform(-0.9, 0.9, cell.state_size), rng.standard_normal(sizes.I)


def numerical_jacobian(cell, state, x):
    """Column j is what a nudge of entry j of the state makes of the new one: complex step."""
    H, columns = cell.hidden_size, []
    for j in range(len(state)):
        nudged = state + NUDGE * np.eye(len(state))[j]
        if isinstance(cell, LSTMCell):
            new = np.concatenate(lstm_step(cell, nudged[:H], nudged[H:], x))
        else:
            new = gru_step(cell, nudged, x)
        columns.append(new.imag / NUDGE.imag)
    return np.array(columns).T


def size_of(cell):
    """How large the terms of one step back can be."""
    return 2 + np.abs(cell.W_hh).sum()


def pulled(cell, state, x, error):
    """∂L/∂(the old state), and the errors at the total inputs, by rnnlib's plain step."""
    s = cell.total_input(state[None], x[None])
    slopes = cell.slopes(state[None], s, cell.transition(state[None], s))
    ds, _ = cell.pull_back(error[None], *slopes)
    return cell.vjp(state[None], x[None], error[None]).h_prev[0], ds[0]
