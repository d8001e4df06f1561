"""The products of a total input for all steps of a run: `TotalInput` in fast forms.

A processor is slow at what a formula does not show: at reading a matrix across its rows, at work on
memory that lies apart, at writing where it has not written lately. So here, and only here,

- W_hhᵀ is laid out anew once for a run, and the gradient of W is summed as that of Wᵀ;
- W_xh x + b_h and the gradients of weights are one product for a chunk of time, and what is done
  at every step goes to memory that the step before has used;
- the total inputs of a cell with gates are kept *by gate*, as arrays (T, gates, B, H) in which the
  numbers of one gate lie together; what a product takes or gives is in *rows*, (T, B, columns);
- a product of a few rows is taken gate by gate, which spares OpenBLAS its preparations.

`Cell.total_input` and `TotalInput` are the plain form, and tests hold the two equal.
"""

from typing import Any

import numpy as np

from rnnlib._validate import Array
from rnnlib.cells.total_input import ALL, TotalInput

SMALL_PRODUCT = 1_000_000
"""So many multiplications OpenBLAS does at once, without laying out the factors anew."""


def by_gate(a: Array, gates: int, size: int) -> Array:
    """View columns (..., B, gates · size) as (..., gates, B, size)."""
    return a.reshape(*a.shape[:-1], gates, size).swapaxes(-3, -2)


class _Columns:
    """The columns of s in their two layouts: in rows, or by gate where there are several."""

    def __init__(self, weights: TotalInput, batch: int, gates: int, dtype: Any) -> None:
        self.weights, self.batch, self.gates, self.dtype = weights, batch, gates, dtype
        self.columns = weights.b.size
        self.size = self.columns // gates
        self.diagonal = weights.W_hh.ndim == 1
        self.gate_is_small = (
            gates > 1 and batch > 1 and batch * weights.W_hh.shape[-1] * self.size <= SMALL_PRODUCT
        )

    def by_gate(self, rows: Array) -> Array:
        """View (..., B, columns) as (..., gates, B, size); unchanged if there is one gate."""
        if self.gates == 1:
            return rows
        return by_gate(rows, rows.shape[-1] // self.size, self.size)

    def at(self, columns: slice) -> tuple[Any, ...]:
        """Return the index of some columns in an array by gate."""
        if self.gates == 1:
            return (..., columns)
        start, stop, _ = columns.indices(self.columns)
        return (..., slice(start // self.size, stop // self.size), ALL, ALL)


class ForwardProducts(_Columns):
    """Make the total inputs of a run, by gate if there are several."""

    def __init__(self, weights: TotalInput, batch: int, gates: int, dtype: Any) -> None:
        super().__init__(weights, batch, gates, dtype)
        reached_by_x = len(weights.W_xh)
        self.from_x, self.no_x = self.at(slice(reached_by_x)), self.at(slice(reached_by_x, None))
        self.from_h = None if weights.from_h is ALL else self.at(weights.from_h)
        self.W_xh_T = np.ascontiguousarray(weights.W_xh.T)
        self.b = self.by_gate(weights.b[None])
        if self.diagonal:
            return
        W_hh = weights.W_hh
        if self.gate_is_small:
            self.multiply: Any = np.matmul
            W_hh = W_hh.reshape(-1, self.size, W_hh.shape[1])
            self.product = np.empty((len(W_hh), batch, self.size), dtype)
            self.arrived = self.product
        else:
            self.multiply = np.dot  # which starts sooner
            self.product = np.empty((batch, len(W_hh)), dtype)
            self.arrived = self.by_gate(self.product)
        self.W_hh_T = np.ascontiguousarray(W_hh.swapaxes(-1, -2))

    def empty(self, steps: int) -> Array:
        """Return room for the total inputs of a run."""
        gates = () if self.gates == 1 else (self.gates,)
        return np.empty((steps, *gates, self.batch, self.size), self.dtype)

    def project(self, xs: Array, out: Array) -> None:
        """Write what needs no state, W_xh x + b, into `out`: one product for many steps."""
        reached = out[self.from_x]
        if xs.shape[-1] == 1:  # BLAS is slow at a product with one number per row
            np.multiply(xs if self.gates == 1 else xs[:, None], self.by_gate(self.W_xh_T), reached)
        elif self.gates == 1:
            rows = xs.reshape(-1, xs.shape[-1])
            s = out.reshape(len(rows), -1)
            np.matmul(rows, self.W_xh_T, out=s[:, : self.W_xh_T.shape[1]])
        else:
            rows = xs.reshape(-1, xs.shape[-1]) @ self.W_xh_T
            reached[...] = self.by_gate(rows.reshape(*xs.shape[:-1], -1))
        out[self.no_x] = 0
        out += self.b

    def add_recurrent(self, h: Array, s: Array) -> None:
        """Add W_hh h for rows h, shape (B, H), to the s of a step, which `project` has written."""
        reached = s if self.from_h is None else s[self.from_h]
        if self.diagonal:
            reached += h * self.weights.W_hh
        else:
            self.multiply(h, self.W_hh_T, out=self.product)
            reached += self.arrived


class BackwardProducts(_Columns):
    """Pull ∂L/∂s back to the states, and sum the gradients of the weights over chunks of time."""

    def __init__(self, weights: TotalInput, batch: int, gates: int, dtype: Any) -> None:
        super().__init__(weights, batch, gates, dtype)
        H = weights.W_hh.shape[-1]
        self.dW_hh_T = np.zeros(weights.W_hh.shape[::-1], dtype)
        self.dW_xh_T = np.zeros(weights.W_xh.shape[::-1], dtype)
        self.db = np.zeros(weights.b.shape, dtype)
        self.sum_hh, self.sum_xh = np.empty_like(self.dW_hh_T), np.empty_like(self.dW_xh_T)
        # A sum over gates of small products; where the whole one is small, it is the faster.
        self.gate_by_gate = self.gate_is_small and batch * weights.W_hh.size > SMALL_PRODUCT
        if self.gate_by_gate:
            self.W_hh = weights.W_hh.reshape(-1, self.size, H)
            self.products = np.empty((len(self.W_hh), batch, H), dtype)

    def pull_to_h(self, ds: Array) -> Array:
        """Return ∂L/∂h from the rows ∂L/∂s of a step: as ``ds @ W_hh``, no transpose."""
        if self.weights.from_h is not ALL:
            ds = ds[:, self.weights.from_h]
        if self.diagonal:
            return ds * self.weights.W_hh
        if self.gate_by_gate:
            products = np.matmul(self.by_gate(ds), self.W_hh, out=self.products)
            return np.add.reduce(products, axis=0)
        return ds.dot(self.weights.W_hh)

    def add_gradient(self, h_prev: Array, xs: Array, ds: Array) -> None:
        """Add what some steps give: ∂L/∂W_hh = Σ_t δ_t h_{t-1}ᵀ, time and batch end to end."""
        delta = ds.reshape(-1, self.columns)
        delta_h, delta_x = delta[:, self.weights.from_h], delta[:, self.weights.from_x]
        h_rows, x_rows = h_prev.reshape(len(delta), -1), xs.reshape(len(delta), -1)
        if self.diagonal:
            self.dW_hh_T += (delta_h * h_rows).sum(axis=0)
        else:
            self.dW_hh_T += np.matmul(h_rows.T, delta_h, out=self.sum_hh)
        self.dW_xh_T += np.matmul(x_rows.T, delta_x, out=self.sum_xh)
        self.db += np.ones(len(delta), self.dtype) @ delta

    def gradient(self) -> TotalInput:
        """Return ∂L/∂W_hh, ∂L/∂W_xh and ∂L/∂b, in the layout of the weights."""
        dW_hh, dW_xh = (np.ascontiguousarray(a.T) for a in (self.dW_hh_T, self.dW_xh_T))
        return TotalInput(dW_hh, dW_xh, self.db, self.weights.from_h, self.weights.from_x)
