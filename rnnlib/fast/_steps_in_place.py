"""The three methods of a cell as `unroll` and `bptt` run them: one step, written in place.

Any cell goes through `AnyCell`, which calls its methods as they are. For three of the course's own
the mathematics stands here a second time, as operations on memory that is there already. One tanh
makes all gates, since σ(s) = ½ + ½ tanh(½ s) and the ½ s comes from halved weights. The gates take
the place of s, so that the way back need not compute them again. Gates, and h and c of an LSTM, lie
apart, as (gates, B, H): elementwise work on memory in one piece takes half the time. A test holds
each form equal to the cell's own methods; a subclass, which may have changed those, never comes
here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.activations import tanh
from rnnlib.cells.cell import Cell
from rnnlib.cells.elman import ElmanCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.cells.total_input import TotalInput
from rnnlib.fast._products_in_time import by_gate


class AnyCell:
    """A cell through its own three methods.

    Attributes
    ----------
    parts : int
        How many vectors of H the state is made of, if they are kept apart, as (parts, B, H); one if
        it is kept as it is, (B, state_size).
    gates : int
        How many vectors of H the total input is made of, if they are kept by gate; else one.
    overwrites : bool
        Whether what is kept of a step is no longer s.
    keeps_state : bool
        Whether that is the new state itself.
    """

    parts: int = 1
    gates: int = 1
    overwrites = False
    keeps_state = False

    def __init__(self, cell: Cell) -> None:
        self.cell, self.hidden_size = cell, cell.hidden_size
        self.h: Any = 0 if self.parts > 1 else (..., slice(self.hidden_size))  # in one kept state

    def weights(self) -> TotalInput:
        """Return the map to the total inputs that `transition` takes."""
        return self.cell.weights()

    def apart(self, states: Array) -> Array:
        """View states (..., B, state_size) as they are kept here."""
        return states if self.parts == 1 else by_gate(states, self.parts, self.hidden_size)

    def together(self, states: Array) -> Array:
        """Return kept states as (..., B, state_size): the inverse of `apart`."""
        if self.parts == 1:
            return states
        columns = states.swapaxes(-3, -2)
        return columns.reshape(*columns.shape[:-2], self.cell.state_size)

    def h_of(self, states: Array) -> Array:
        """View h in kept states."""
        return states[..., : self.hidden_size] if self.parts == 1 else states[..., 0, :, :]

    def transition(self, h_prev: Array, s: Array, out: Array) -> None:
        """Write the new state into `out`, and into `s` what `slopes` will ask for."""
        out[...] = self.cell.transition(h_prev, s)

    def slopes(self, h_prev: Array, kept: Array, h: Array, out: Array) -> tuple[Array, ...]:
        """Return the local slopes of a block of steps, but those that `out` has room for."""
        return self.cell.slopes(h_prev, kept, h)

    def pull_back(self, dh: Array, slopes: Sequence[Array], ds: Array) -> Array | None:
        """Write ∂L/∂s into `ds`; return what reaches the old state directly (it may be `dh`)."""
        ds[...], direct = self.cell.pull_back(dh, *slopes)
        return direct

    def join(self, direct: Array | None, from_s: Array) -> Array:
        """Return ∂L/∂(old state) from what reaches it directly, and what reaches h through s."""
        if direct is None:
            return from_s
        h = direct[:, : self.hidden_size]
        h += from_s
        return direct


class TanhElman(AnyCell):
    """h = tanh(s), and φ'(s) = 1 − h²: the state is all there is to keep."""

    overwrites = True
    keeps_state = True

    def transition(self, h_prev: Array, s: Array, out: Array) -> None:
        np.tanh(s, out=out)

    def slopes(self, h_prev: Array, kept: Array, h: Array, out: Array) -> tuple[Array, ...]:
        np.multiply(h, h, out=out)
        np.subtract(1, out, out=out)
        return ()

    def pull_back(self, dh: Array, slopes: Sequence[Array], ds: Array) -> Array | None:
        ds *= dh
        return None


class LSTM(AnyCell):
    """c = f ⊙ c_prev + i ⊙ g and h = o ⊙ tanh(c); kept are i, f, o and g."""

    parts = 2
    gates = 4
    overwrites = True

    def weights(self) -> TotalInput:
        H, cell = self.hidden_size, self.cell
        W_hh, W_xh, b = (  # the sigmoids first, so that they lie together
            np.concatenate([rows[: 2 * H], rows[3 * H :], rows[2 * H : 3 * H]])
            for rows in (cell.W_hh, cell.W_xh, cell.b_h)
        )
        return _halved(TotalInput(W_hh, W_xh, b), slice(3 * H))

    def transition(self, h_prev: Array, s: Array, out: Array) -> None:
        np.tanh(s, out=s)
        sigmoids = s[:3]
        sigmoids *= 0.5
        sigmoids += 0.5
        i, f, o, g = s
        h, c = out
        np.multiply(f, h_prev[1], out=c)
        c += i * g
        np.tanh(c, out=h)
        h *= o

    def slopes(self, h_prev: Array, kept: Array, h: Array, out: Array) -> tuple[Array, ...]:
        i, f, o, g = kept.swapaxes(0, 1)
        by_gate = np.empty_like(kept)
        by_i, by_f, by_g, by_o = by_gate.swapaxes(0, 1)
        ig = i * g
        np.subtract(1, i, out=by_i)
        by_i *= ig  # g ⊙ i (1 − i)
        np.subtract(1, f, out=by_f)
        by_f *= f
        by_f *= h_prev[:, 1]  # c_prev ⊙ f (1 − f)
        ig *= g
        np.subtract(i, ig, out=by_g)  # i ⊙ (1 − g²)
        np.subtract(1, o, out=by_o)
        by_o *= h[:, 0]  # tanh(c) ⊙ o (1 − o)
        h_by_c = np.tanh(h[:, 1])
        h_by_c *= h[:, 0]
        np.subtract(o, h_by_c, out=h_by_c)  # o ⊙ (1 − tanh²(c))
        return by_gate[:, :3], by_o, h_by_c, f

    def pull_back(self, dh: Array, slopes: Sequence[Array], ds: Array) -> Array | None:
        c_by_s, h_by_o, h_by_c, f = slopes
        own, dc = dh
        dc += own * h_by_c
        np.multiply(c_by_s, dc, out=ds[:3])
        np.multiply(h_by_o, own, out=ds[3])
        dc *= f
        return dh

    def join(self, direct: Array | None, from_s: Array) -> Array:
        assert direct is not None
        direct[0] = from_s  # h acts through s alone
        return direct


class GRU(AnyCell):
    """n = tanh(s_n + r ⊙ q) and h = n + z ⊙ (h_prev − n); kept are n, r, z and q."""

    gates = 4
    overwrites = True

    def weights(self) -> TotalInput:
        return _halved(self.cell.weights(), slice(self.hidden_size, 3 * self.hidden_size))

    def transition(self, h_prev: Array, s: Array, out: Array) -> None:
        n, r, z, q = s
        gates = s[1:3]
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5
        n += r * q
        np.tanh(n, out=n)
        np.subtract(h_prev, n, out=out)
        out *= z
        out += n

    def slopes(self, h_prev: Array, kept: Array, h: Array, out: Array) -> tuple[Array, ...]:
        n, r, z, q = kept.swapaxes(0, 1)
        by_gate = np.empty_like(kept)
        by_n, by_r, by_z, by_q = by_gate.swapaxes(0, 1)
        keep = 1 - z
        np.multiply(n, n, out=by_n)
        np.subtract(1, by_n, out=by_n)
        by_n *= keep
        np.multiply(by_n, r, out=by_q)
        np.subtract(1, r, out=by_r)
        by_r *= by_q
        by_r *= q
        np.subtract(h_prev, n, out=by_z)
        by_z *= z
        by_z *= keep
        return by_gate, z

    def pull_back(self, dh: Array, slopes: Sequence[Array], ds: Array) -> Array | None:
        h_by_s, z = slopes
        np.multiply(h_by_s, dh, out=ds)
        dh *= z
        return dh

    def join(self, direct: Array | None, from_s: Array) -> Array:
        from_s += direct
        return from_s


def _halved(weights: TotalInput, sigmoids: slice) -> TotalInput:
    """Return the map with ½ s for s in the columns of sigmoids: σ(s) = ½ + ½ tanh(½ s)."""
    factors = np.ones(weights.b.size, weights.b.real.dtype)
    factors[sigmoids] = 0.5
    W_hh = weights.W_hh * factors[weights.from_h, None]
    W_xh = weights.W_xh * factors[weights.from_x, None]
    return TotalInput(W_hh, W_xh, weights.b * factors, weights.from_h, weights.from_x)


_FORMS = {LSTMCell: LSTM, GRUCell: GRU}


def in_place(cell: Cell) -> AnyCell:
    """Return the fast form of a cell, or the plain one if it has none."""
    if type(cell) is ElmanCell and cell.activation is tanh:
        return TanhElman(cell)
    return _FORMS.get(type(cell), AnyCell)(cell)
