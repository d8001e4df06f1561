"""The affine map s_t = W_hh h_{t-1} + W_xh x_t + b: all weights of a cell, and nothing else.

A cell never touches a weight. It says how s_t, the total input of all its gates, becomes the new
state; this module makes s_t for any number of steps and pulls gradients back through it, in one
plain product each. A run of many steps goes through the fast forms in `rnnlib.fast`.
"""

from dataclasses import dataclass, field

import numpy as np

from rnnlib._validate import Array

ALL = slice(None)
"""Every column. Asked for by ``is``: comparing slices takes as long as cutting one."""


@dataclass(frozen=True, eq=False)
class TotalInput:
    """The map from (h, x) to s, with the columns of s that each product reaches.

    In an Elman cell or an LSTM both products reach all of s. In a GRU they overlap: its candidate
    needs W_hh h and W_xh x apart, since the reset gate scales only the former.

    Attributes
    ----------
    W_hh : ndarray, shape (columns of `from_h`, H), or (H,) for a diagonal matrix
    W_xh : ndarray, shape (columns of `from_x`, I)
    b : ndarray, shape (P,)
        P is the number of columns of s.
    from_h, from_x : slice
        The columns of s that W_hh h and W_xh x are added to; x reaches the first ones.
    """

    W_hh: Array
    W_xh: Array
    b: Array
    from_h: slice = field(default_factory=lambda: ALL)
    from_x: slice = field(default_factory=lambda: ALL)

    def apply(self, h: Array, x: Array) -> Array:
        """Return s for h, shape (..., H), and x, shape (..., I)."""
        if self.from_h is self.from_x is ALL and self.W_hh.ndim == 2:
            return h @ self.W_hh.T + x @ self.W_xh.T + self.b  # eq-total-input eq-batch
        by_h = h * self.W_hh if self.W_hh.ndim == 1 else h @ self.W_hh.T  # eq-diagonal-state
        by_x = x @ self.W_xh.T
        s = np.zeros((*by_x.shape[:-1], self.b.size), np.result_type(by_h, by_x, self.b))
        s[..., self.from_h] += by_h
        s[..., self.from_x] += by_x
        s += self.b
        return s

    def pull_to_h(self, ds: Array, out: Array | None = None) -> Array:
        """Return ∂L/∂h from ∂L/∂s. Rows carry gradients as ``ds @ W_hh``: no transpose.

        `out` is where it is written, in one piece of memory.
        """
        if self.from_h is not ALL:
            ds = ds[..., self.from_h]
        if self.W_hh.ndim == 1:
            return np.multiply(ds, self.W_hh, out=out)
        product = np.dot if out is None else np.matmul  # np.dot starts sooner, but clears `out`
        if ds.ndim == 2:
            return product(ds, self.W_hh, out=out)  # eq-two-sources
        # One product for the rows of all leading axes: np.matmul alone would make many small ones.
        rows = ds.reshape(-1, ds.shape[-1])
        flat = None if out is None else out.reshape(rows.shape[0], -1)
        return product(rows, self.W_hh, out=flat).reshape(*ds.shape[:-1], -1)

    def pull_to_x(self, ds: Array) -> Array:
        """Return ∂L/∂x from ∂L/∂s."""
        return ds[..., self.from_x] @ self.W_xh  # eq-gradient-inputs

    def gradient(self, h_prev: Array, x: Array, ds: Array) -> "TotalInput":
        """Return ∂L/∂W_hh, ∂L/∂W_xh and ∂L/∂b, summed over all steps and sequences given.

        ∂L/∂W_hh = Σ_t δ_t h_{t-1}ᵀ: one product with time and batch laid end to end.

        Parameters
        ----------
        h_prev : ndarray, shape (..., H)
        x : ndarray, shape (..., I)
        ds : ndarray, shape (..., P)
        """
        delta = ds.reshape(-1, ds.shape[-1])
        h_rows = h_prev.reshape(-1, h_prev.shape[-1])
        x_rows = x.reshape(-1, x.shape[-1])
        if self.W_hh.ndim == 1:
            dW_hh = (delta[:, self.from_h] * h_rows).sum(axis=0)
        else:
            dW_hh = delta[:, self.from_h].T @ h_rows  # eq-gradient-weights
        dW_xh = delta[:, self.from_x].T @ x_rows  # eq-gradient-weights
        db = np.ones(delta.shape[0], delta.dtype) @ delta  # eq-gradient-weights
        return TotalInput(dW_hh, dW_xh, db, self.from_h, self.from_x)
