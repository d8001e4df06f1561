"""What every recurrent cell is: an immutable record of arrays that knows one step, and no time.

Row convention: a batch of states is an array ``(B, H)``, one sequence a row, so the mathematics'
column equation ``W h`` reads ``h @ W.T`` here. Weights are ``(out, in)``, as in PyTorch.

The natural cut of every cell is its total input s_t = W_hh h_{t-1} + W_xh x_t + b_h. The base class
`Cell` owns the weights and s_t; a cell of your own adds three methods that never touch a weight,
and then works with everything in rnnlib. A leaky unit, which keeps 90 % of its state at each step::

    @dataclass(frozen=True, eq=False)
    class LeakyCell(Cell):
        def transition(self, h_prev, s):             # the new state
            return 0.9 * h_prev + 0.1 * np.tanh(s)

        def slopes(self, h_prev, s, h):              # its local derivatives, for a block of steps
            return (0.1 * (1 - np.tanh(s) ** 2),)

        def pull_back(self, dh, slope):              # ∂L/∂s_t, and what reaches h_{t-1} directly
            return dh * slope, 0.9 * dh

A parameter of your own, here a leak for each unit that is learned, is one more array among the
fields, and one more method says what it receives::

    @dataclass(frozen=True, eq=False)
    class LearnableLeak(Cell):
        leak: np.ndarray                             # (H,)

        def transition(self, h_prev, s):
            return self.leak * h_prev + (1 - self.leak) * np.tanh(s)

        def slopes(self, h_prev, s, h):
            n = np.tanh(s)
            return (1 - self.leak) * (1 - n**2), h_prev - n

        def pull_back(self, dh, by_s, by_leak):
            return dh * by_s, dh * self.leak

        def pull_to_own(self, dh, by_s, by_leak):    # ∂L/∂leak at each step; the sum is taken here
            return (dh * by_leak,)
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_precision, frozen
from rnnlib.cells._layout import back_to_their_places, closed_form_is_of_another_step
from rnnlib.cells._own_arrays import WEIGHTS, check_own_arrays, own_arrays, own_gradient
from rnnlib.cells.step_gradient import StepGradient
from rnnlib.cells.total_input import TotalInput


@dataclass(frozen=True, eq=False)
class Cell(tree.Immutable, ABC):
    """A recurrent cell: its weights, its total input, and three methods that each kind supplies.

    Attributes
    ----------
    W_hh : ndarray, shape (rows_per_unit · hidden_size, hidden_size)
        Recurrent weights.
    W_xh : ndarray, shape (rows_per_unit · hidden_size, input_size)
        Input weights.
    b_h : ndarray, shape (rows_per_unit · hidden_size,)
        Bias.
    rows_per_unit : int
        A class attribute, 1 unless a kind of cell sets it: a total input for each gate of a unit.

    The arrays cannot be written to, and are copies unless the caller's could not be either: make a
    new cell instead, with `dataclasses.replace` or `rnnlib.tree.map_leaves`.

    Raises
    ------
    ValueError
        If a shape does not fit the others or an entry is not finite.
    TypeError
        If an array is not numeric or the arrays differ in precision.
    """

    W_hh: Array
    W_xh: Array
    b_h: Array

    rows_per_unit: ClassVar[int] = 1

    def __init_subclass__(cls, **options: Any) -> None:
        """Leave a closed form behind that another class derived for another step."""
        super().__init_subclass__(**options)
        if closed_form_is_of_another_step(cls):
            cls.jacobian = Cell.jacobian  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        W_hh = check_array("W_hh", self.W_hh, ("R", "H") if self.rows_per_unit > 1 else ("H", "H"))
        rows = self.rows_per_unit * W_hh.shape[1]
        if W_hh.shape[0] != rows:
            raise ValueError(f"W_hh: expected shape {rows, W_hh.shape[1]}, got {W_hh.shape}")
        W_xh = check_array("W_xh", self.W_xh, (rows, "I"))
        b_h = check_array("b_h", self.b_h, (rows,))
        check_precision(W_hh=W_hh, W_xh=W_xh, b_h=b_h)
        for name, array in zip(WEIGHTS, (W_hh, W_xh, b_h), strict=True):
            object.__setattr__(self, name, frozen(array))
        check_own_arrays(self, Cell.pull_to_own)

    @abstractmethod
    def transition(self, h_prev: Array, s: Array) -> Array:
        """Return the new state from the old one and the total input; any leading axes."""

    @abstractmethod
    def slopes(self, h_prev: Array, s: Array, h: Array) -> tuple[Array, ...]:
        """Return what `pull_back` needs to know of steps h_prev, s → h: a tuple of arrays.

        Of a block, s of shape (T, B, P), each array has time for its first axis, so that its entry
        k belongs to step k: a number, or an array without that axis, will not do.
        """

    @abstractmethod
    def pull_back(self, dh: Array, *slopes: Array) -> tuple[Array, Array | None]:
        """Return ∂L/∂s and what reaches the old state other than through s (None if nothing).

        `dh` is ∂L/∂(new state) and must not be written to, nor returned itself for the second; any
        leading axes.
        """

    def pull_to_own(self, dh: Array, *slopes: Array) -> tuple[Array, ...]:
        """Return ∂L/∂p for each array p of your own, beside W_hh, W_xh and b_h; needed if any.

        Takes what `pull_back` takes. The immediate derivative through the transition, with s held
        fixed: one array for each, in the order of the fields, of its shape with the leading axes of
        `dh` in front (or summed over already).
        """
        return ()

    @property
    def hidden_size(self) -> int:
        """H, the number of units."""
        return self.W_hh.shape[-1]

    @property
    def state_size(self) -> int:
        """How many numbers the cell remembers: H, or more (an LSTM keeps [h, c])."""
        return self.hidden_size

    @property
    def input_size(self) -> int:
        """I, the number of input features."""
        return self.W_xh.shape[1]

    @property
    def num_parameters(self) -> int:
        """How many numbers a training run may change; no T in it."""
        return sum(array.size for array in tree.leaves(self))  # eq-parameter-count

    def total_input(self, h_prev: Array, x: Array) -> Array:
        """Return s_t, the total input (pre-activation).

        Parameters
        ----------
        h_prev : ndarray, shape (B, state_size)
            h_{t-1}.
        x : ndarray, shape (B, input_size)
            x_t.

        Returns
        -------
        ndarray, shape (B, columns of s)

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit or an entry is not a finite number.
        """
        h_prev, x = self._check_step(h_prev, x)
        return self.weights().apply(h_prev[:, : self.hidden_size], x)

    def step(self, h_prev: Array, x: Array) -> Array:
        """Return h_t, one step from h_{t-1} and x_t. Parameters as `total_input`."""
        h_prev, x = self._check_step(h_prev, x)
        return self.transition(h_prev, self.total_input(h_prev, x))

    def vjp(self, h_prev: Array, x: Array, dh: Array) -> StepGradient:
        """Pull ∂L/∂h_t back through one step: its vector-Jacobian product.

        Parameters
        ----------
        h_prev, x : ndarray
            As in `step`.
        dh : ndarray, shape (B, state_size)
            ∂L/∂h_t.

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit or an entry is not a finite number.

        Examples
        --------
        >>> from rnnlib import ElmanCell
        >>> cell = ElmanCell([[2.0]], [[1.0]], [0.0])
        >>> cell.vjp(h_prev=[[0.0]], x=[[0.0]], dh=[[1.0]]).h_prev
        array([[2.]])
        """
        h_prev, x = self._check_step(h_prev, x)
        dh = check_array("dh", dh, h_prev.shape)
        weights, s = self.weights(), self.total_input(h_prev, x)
        slopes = self.slopes(h_prev, s, self.transition(h_prev, s))
        ds, dh_prev = self.pull_through(weights, dh, slopes)
        gradient = weights.gradient(h_prev[:, : self.hidden_size], x, ds)
        own = own_gradient(self, dh, slopes)
        return StepGradient(self.from_weights(gradient, *own), dh_prev, weights.pull_to_x(ds))

    def pull_through(
        self,
        weights: TotalInput,
        dh: Array,
        slopes: Iterable[Array],
        out: Array | None = None,
    ) -> tuple[Array, Array]:
        """Return ∂L/∂s_t and ∂L/∂h_{t-1} from ∂L/∂h_t: through s_t, and directly; unchecked.

        `weights` and `slopes` are what the methods of these names gave for these steps; any leading
        axes. `out` is where ∂L/∂h_{t-1} is written, in one piece of memory.
        """
        ds, direct = self.pull_back(dh, *slopes)
        if direct is None:
            return ds, weights.pull_to_h(ds, out)
        direct[..., : self.hidden_size] += weights.pull_to_h(ds)
        if out is None:
            return ds, direct
        out[...] = direct
        return ds, out

    def jacobian(self, s: Array, h_prev: Array | None = None) -> Array:
        """Return the step Jacobian J_t = ∂h_t/∂h_{t-1}, total: direct and through s_t.

        Here one vector-Jacobian product for each row; the course's cells have closed forms.

        Parameters
        ----------
        s : ndarray, shape (..., columns of s)
            Total inputs; the leading axes (time, batch) are kept.
        h_prev : ndarray, shape (..., state_size), optional
            The states before; an Elman or diagonal cell does not need them.

        Returns
        -------
        ndarray, shape (..., state_size, state_size)
            Rows: new state; columns: old state.

        Raises
        ------
        ValueError, TypeError
            If a shape does not fit or an entry is not a finite number.
        """
        s, h_prev = self._check_total_input(s, h_prev)
        slopes = self.slopes(h_prev, s, self.transition(h_prev, s))
        weights = self.weights()
        rows = []
        for unit in np.eye(self.state_size, dtype=s.dtype):
            dh = np.broadcast_to(unit, (*s.shape[:-1], unit.size))
            rows.append(self.pull_through(weights, dh, slopes)[1])
        return np.stack(rows, axis=-2)

    def weights(self) -> TotalInput:
        """Return the affine map to s_t; a cell with another layout says so here alone."""
        return TotalInput(self.W_hh, self.W_xh, self.b_h)

    def from_weights(self, gradient: TotalInput, *own: Array) -> Self:
        """Return the gradient of each array, a record of this type, from that of `weights`.

        `own` are the gradients of the cell's own arrays, those that `weights` does not lay out. A
        cell whose `weights` computes, and does not only move numbers about, has one of its own.
        """
        if type(self).weights is Cell.weights:
            return tree.build(self, (gradient.W_hh, gradient.W_xh, gradient.b, *own))
        by_name = dict(zip(own_arrays(self), own, strict=True))
        return tree.build(self, back_to_their_places(self, gradient, by_name))

    def _blocks(self, name: str, a: Array, count: int) -> list[Array]:
        """Cut the last axis into blocks of one column for each unit, such as the gates."""
        if a.shape[-1:] != (count * self.hidden_size,):
            expected = f"(..., {count * self.hidden_size})"
            raise ValueError(f"{name}: expected shape {expected}, got {a.shape}")
        return np.split(a, count, axis=-1)

    def _check_step(self, h_prev: Array, x: Array) -> tuple[Array, Array]:
        h_prev = check_array("h_prev", h_prev, ("B", self.state_size))
        return h_prev, check_array("x", x, (h_prev.shape[0], self.input_size))

    def _check_total_input(self, s: Array, h_prev: Array | None) -> tuple[Array, Array]:
        s, columns = check_array("s", s), self.weights().b.size
        if s.shape[-1:] != (columns,):
            raise ValueError(f"s: expected shape (..., {columns}), got {s.shape}")
        if h_prev is None:
            raise ValueError(f"h_prev: expected the states before, as {type(self).__name__} needs")
        return s, check_array("h_prev", h_prev, (*s.shape[:-1], self.state_size))
