"""The readout: from the state to logits, one for each word of the vocabulary."""

from dataclasses import dataclass

import numpy as np

from rnnlib import tree
from rnnlib._validate import Array, check_array, check_size, frozen
from rnnlib.cells import initialisers


@dataclass(frozen=True, eq=False)
class Readout(tree.Immutable):
    """The affine map z_t = W_ho h_t + b_o from states to logits.

    Attributes
    ----------
    W_ho : ndarray, shape (output_size, hidden_size)
    b_o : ndarray, shape (output_size,)

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit each other or an entry is not a finite number.

    Examples
    --------
    >>> readout = Readout(W_ho=[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], b_o=[0.0, 0.0, 1.0])
    >>> readout([[0.5, 0.25]])
    array([[0.5 , 0.5 , 1.75]])
    """

    W_ho: Array
    b_o: Array

    def __post_init__(self) -> None:
        W_ho = check_array("W_ho", self.W_ho, ("V", "H"))
        b_o = check_array("b_o", self.b_o, (W_ho.shape[0],))
        object.__setattr__(self, "W_ho", frozen(W_ho))
        object.__setattr__(self, "b_o", frozen(b_o))

    @classmethod
    def random(
        cls, hidden_size: int, output_size: int, rng: np.random.Generator, *, gain: float = 1.0
    ) -> "Readout":
        """Draw weights from N(0, gain²/H), zero bias; `gain` 0 starts from uniform predictions.

        Raises
        ------
        ValueError, TypeError
            If a size is not an integer >= 1 or `gain` is not a finite number >= 0.

        Examples
        --------
        >>> Readout.random(8, 5, np.random.default_rng(0)).W_ho.shape
        (5, 8)
        """
        hidden_size = check_size("hidden_size", hidden_size)
        output_size = check_size("output_size", output_size)
        W_ho = initialisers.gaussian((output_size, hidden_size), rng, gain=gain)
        return cls(W_ho=W_ho, b_o=np.zeros(output_size))

    @property
    def hidden_size(self) -> int:
        """H, the length of a state."""
        return self.W_ho.shape[1]

    @property
    def output_size(self) -> int:
        """V, the number of logits."""
        return self.W_ho.shape[0]

    def __call__(self, h: Array) -> Array:
        """Return the logits z of states h.

        Parameters
        ----------
        h : ndarray, shape (..., hidden_size)

        Returns
        -------
        ndarray, shape (..., output_size)

        Raises
        ------
        ValueError, TypeError
            If the last axis is not hidden_size or an entry is not a finite number.
        """
        h = self._check_states(h)
        return h @ self.W_ho.T + self.b_o  # eq-readout

    def vjp(self, h: Array, dlogits: Array) -> tuple["Readout", Array]:
        """Pull the loss's gradient with respect to the logits back through the readout.

        Parameters
        ----------
        h : ndarray, shape (..., hidden_size)
            The states the logits came from.
        dlogits : ndarray, shape (..., output_size)
            ∂L/∂z, the leading axes as those of `h`.

        Returns
        -------
        gradient : Readout
            ∂L/∂W_ho and ∂L/∂b_o, summed over all leading axes: a record of the readout's own type.
        dh : ndarray, shape (..., hidden_size)
            ∂L/∂h.

        Raises
        ------
        ValueError, TypeError
            If shapes do not fit or an entry is not a finite number.

        Examples
        --------
        >>> readout = Readout(W_ho=[[1.0, 2.0]], b_o=[0.0])
        >>> gradient, dh = readout.vjp(h=[[3.0, 4.0]], dlogits=[[1.0]])
        >>> gradient.W_ho, dh
        (array([[3., 4.]]), array([[1., 2.]]))
        """
        h = self._check_states(h)
        dlogits = check_array("dlogits", dlogits, (*h.shape[:-1], self.output_size))
        rows, drows = h.reshape(-1, self.hidden_size), dlogits.reshape(-1, self.output_size)
        dW_ho = drows.T @ rows  # eq-readout-gradient
        db_o = drows.sum(axis=0)
        dh = dlogits @ self.W_ho  # eq-loss-at-state
        return tree.build(self, (dW_ho, db_o)), dh

    def _check_states(self, h: Array) -> Array:
        h = check_array("h", h)
        if h.shape[-1:] != (self.hidden_size,):
            raise ValueError(f"h: expected shape (..., {self.hidden_size}), got {h.shape}")
        return h
