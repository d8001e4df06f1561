"""Functions with gradients, right and wrong, for a check to judge; 60-digit arithmetic knows which.

Every function is written once, for numbers of any kind: `check_gradient` sees it in floats, the
truth is its central difference with a step of 1e-25 in 60 digits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnnlib import Cell, ElmanCell, Unrolled, bptt, tree, unroll
from rnnlib._validate import Array
from tests.checks.exact import BARE, sin, slopes, tanh, truth_of
from tests.networks import random_cell
from tests.strategies import Sizes


@dataclass(frozen=True)
class Case:
    """A gradient to be judged.

    Attributes
    ----------
    family, bug : str
        An empty `bug` is none.
    function, gradient, at
        What `check_gradient` takes.
    truth : {"right", "wrong", "between"}
        As `truth_of` has it.
    """

    family: str
    bug: str
    function: Callable[[Any], Any]
    gradient: Any
    at: Any
    truth: str


@dataclass(frozen=True)
class Network:
    """A cell on its data, with the loss offset + Σ dhs ⊙ h; what it leads to is linear in h."""

    kind: str
    cell: Cell
    xs: Array
    h0: Array
    dhs: Array
    offset: float = 0.0

    def loss(self, cell: Cell) -> Any:
        """As rnnlib runs it."""
        H = self.cell.hidden_size
        return self.offset + (self.dhs * unroll(cell, self.xs, self.h0).hs[1:, :, :H]).sum()

    def exact(self, vector: Array) -> Any:
        """As it stands in the book, for numbers of any kind."""
        shapes, start = {}, 0
        for name, leaf in tree.named_leaves(self.cell):
            shapes[name] = vector[start : start + leaf.size].reshape(leaf.shape)
            start += leaf.size
        cell, h, total = SimpleNamespace(**shapes), self.h0, self.offset
        for x, dh in zip(self.xs, self.dhs, strict=True):
            h = BARE[self.kind](cell, h, x)
            total = total + (dh * h[:, : dh.shape[1]]).sum()
        return total

    def gradient(self, bug: str = "") -> Cell:
        """The gradient by rnnlib; one with a bug by a plain loop, or by leaving something out."""
        cell, run = self.cell, unroll(self.cell, self.xs, self.h0)
        if bug == "missing carry":
            return bptt(cell, run, self.dhs, window=1).cell
        if bug == "off by one in time":
            later = unroll(cell, self.xs[1:], run.states[1])
            return bptt(cell, later, self.dhs[1:]).cell
        if bug in LINES:
            return backward(cell, run, self.dhs, bug)
        return bptt(cell, run, self.dhs).cell


LINES = ("spurious transpose", "slope at h", "overwritten buffer")


def backward(cell: ElmanCell, run: Unrolled, dhs: Array, bug: str) -> Cell:
    """Backpropagation through time with a bug in one line."""
    dW_hh, dW_xh, db_h = (np.zeros_like(leaf) for leaf in tree.leaves(cell))
    carry = np.zeros_like(run.states[0])
    for t in range(len(dhs), 0, -1):
        h, h_prev, x = run.states[t], run.states[t - 1], run.xs[t - 1]
        s = h if bug == "slope at h" else cell.total_input(h_prev, x)
        delta = (dhs[t - 1] + carry) * cell.activation.derivative(s)
        dW_hh = delta.T @ h_prev + (0 if bug == "overwritten buffer" else dW_hh)
        dW_xh = dW_xh + delta.T @ x
        db_h = db_h + delta.sum(axis=0)
        carry = delta @ (cell.W_hh.T if bug == "spurious transpose" else cell.W_hh)
    return tree.build(cell, iter((dW_hh, dW_xh, db_h)))


def draw(kind: str, rng, *, T=(1, 6), gain=1.0, offset=0.0, last_only=False, H=(1, 3)) -> Network:
    """A network of random size on random data; `gain` scales all its weights."""
    sizes = Sizes(
        rng.integers(*T, endpoint=True),
        rng.integers(1, 3),
        2,
        rng.integers(*H, endpoint=True),
        2,
        rng.integers(2**32),
    )
    cell = tree.map_leaves(lambda W: gain * W, random_cell(kind, sizes))
    xs = rng.standard_normal((sizes.T, sizes.B, sizes.I))
    h0 = rng.uniform(-0.9, 0.9, (sizes.B, cell.state_size))
    dhs = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    if last_only:
        dhs[:-1] = 0
    return Network(kind, cell, xs, h0, dhs, offset)


# --- bugs in single entries, and the families


def spoiled(gradient: Any, rng) -> tuple[str, Any]:
    """One wrong entry: by a factor from 1 + 1.2e-5 to 2, zero, of the other sign, or another's."""
    record = is_dataclass(gradient)
    numbers = tree.flatten(gradient) if record else gradient.copy()
    j, bug = (
        rng.integers(numbers.size),
        rng.choice(["factor", "factor", "zero", "sign", "exchanged"]),
    )
    match bug:
        case "factor":
            numbers[j] *= 1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-4.9, 0)
        case "zero":
            numbers[j] = 0.0
        case "sign":
            numbers[j] *= -1
        case "exchanged":
            k = (j + 1) % numbers.size
            numbers[[j, k]] = numbers[[k, j]]
    return f"one entry: {bug}", tree.unflatten(numbers, like=gradient) if record else numbers


def judged(family: str, network: Network, rng, floats: bool = False) -> Case:
    """A network's gradient, right in half of the cases."""
    bugs = ["", "", "", "one entry", "one entry", "missing carry"]
    bugs += ["off by one in time"] * (len(network.xs) > 1)
    bugs += list(LINES) * (network.kind in ("tanh", "logistic", "relu"))
    bug = rng.choice(bugs) if rng.random() < 0.7 else ""
    right = network.gradient()
    bug, gradient = spoiled(right, rng) if bug == "one entry" else (bug, network.gradient(bug))
    exact = slopes(network.exact, tree.flatten(network.cell))
    truth = truth_of(tree.flatten(gradient), tree.flatten(right), exact)
    loss = (lambda cell: float(network.loss(cell))) if floats else network.loss
    return Case(family, bug, loss, gradient, network.cell, truth)


def smooth(family: str, rng, *, offset=0.0, small=1.0, widths=(-3, 3), wrap=None) -> Case:
    """Sines of sums of parameters of very different sizes, each seen at its own size or at 1."""
    n = int(rng.integers(1, 6))
    size = 10.0 ** rng.uniform(*widths, n)
    bends = np.where(rng.random(n) < 0.8, size, np.maximum(size, 1.0))
    A, a = rng.standard_normal((3, n)), rng.standard_normal(3)
    if small < 1:
        A[:, rng.random(n) < 0.5] *= small
    x = size * rng.standard_normal(n)

    def function(x):
        return offset + (a * sin(A @ (x / bends))).sum() + (a[0] * tanh(x[0] / bends[0]))

    right = A.T @ (a * np.cos(A @ (x / bends))) / bends
    right[0] += a[0] / np.cosh(x[0] / bends[0]) ** 2 / bends[0]
    bug, gradient = spoiled(right, rng) if rng.random() < 0.55 else ("", right)
    truth = truth_of(gradient, right, slopes(function, x))
    seen = function if wrap is None else lambda x: wrap(function(x))
    return Case(family, bug, seen, gradient, x, truth)


def saturated(rng) -> Network:
    return draw(
        rng.choice(["tanh", "lstm", "gru", "logistic"]), rng, gain=rng.choice([3, 10, 30, 100])
    )


def forgetful(rng) -> Network:
    network, bias = draw("lstm", rng), rng.choice([10.0, 30.0, 100.0, 300.0])
    b = network.cell.b_h.copy()
    b[network.cell.hidden_size : 2 * network.cell.hidden_size] += bias
    return replace(network, cell=replace(network.cell, b_h=b))


def vanished(rng) -> Network:
    """Input 0 speaks at the first step and never again, and the loss is at the last one."""
    network = draw("tanh", rng, T=(8, 16), last_only=True, H=(2, 3))
    xs = network.xs.copy()
    xs[1:, :, 0] = 0
    xs[0, :, 1] = 0
    return replace(
        network, cell=replace(network.cell, W_hh=rng.uniform(0.2, 0.8) * network.cell.W_hh), xs=xs
    )


def kinked(rng) -> Network:
    """A ReLU network with one total input at a distance from 1e-12 to 0.1 from its kink."""
    network = draw("relu", rng, T=(2, 5), H=(2, 3))
    cell, near = network.cell, rng.choice([-1, 1]) * 10 ** rng.uniform(-12, -1)
    s = unroll(cell, network.xs, network.h0).pre[0, 0, 0]
    b = cell.b_h.copy()
    b[0] += near - s
    return replace(network, cell=replace(cell, b_h=b))


def family(name: str, rng) -> Case:
    gated = rng.choice(["lstm", "gru", "diagonal", "leaky"])
    match name:
        case "Elman networks":
            return judged(name, draw(rng.choice(["tanh", "logistic", "identity"]), rng), rng)
        case "LSTM, GRU, diagonal, leaky":
            return judged(name, draw(gated, rng), rng)
        case "saturated, W × 3 … 100":
            return judged(name, saturated(rng), rng)
        case "forget bias 10 … 300":
            return judged(name, forgetful(rng), rng)
        case "vanished through time":
            return judged(name, vanished(rng), rng)
        case "vanished, 1e-10 of the rest":
            return smooth(name, rng, small=1e-10, widths=(-1, 1))
        case "functions near 1e8":
            return smooth(name, rng, offset=1e8, widths=(-1, 1))
        case "networks near 1e8":
            return judged(name, draw(rng.choice(["tanh", "lstm"]), rng, offset=1e8), rng)
        case "parameters 1e-3 … 1e3":
            return smooth(name, rng)
        case "kinks near and far":
            return judged(name, kinked(rng), rng)
        case "kinks, floats only":
            return judged(name, kinked(rng), rng, floats=True)
        case "functions, floats only":
            return smooth(name, rng, wrap=float)
        case "networks, floats only":
            return judged(name, draw(rng.choice(["tanh", "gru"]), rng), rng, floats=True)
    raise LookupError(name)


FAMILIES = {
    "Elman networks": 140,
    "LSTM, GRU, diagonal, leaky": 140,
    "saturated, W × 3 … 100": 110,
    "forget bias 10 … 300": 50,
    "vanished through time": 110,
    "vanished, 1e-10 of the rest": 70,
    "functions near 1e8": 40,
    "networks near 1e8": 40,
    "parameters 1e-3 … 1e3": 120,
    "kinks near and far": 90,
    "kinks, floats only": 20,
    "functions, floats only": 40,
    "networks, floats only": 30,
}
"""Of 1,000 cases, how many of each family."""


def cases(total: int = 1000, seed: int = 0) -> Iterator[Case]:
    """Yield cases of all families, each from a seed of its own, so that one can be drawn again."""
    for number, (name, share) in enumerate(FAMILIES.items()):
        for k in range(round(share * total / 1000)):
            yield family(name, np.random.default_rng([seed, number, k]))
