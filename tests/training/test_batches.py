"""A batch of many kinds at once equals its documents alone: states, losses, gradients and Ω."""

import copy
import pickle
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import (
    Batch,
    DiagonalCell,
    Model,
    Readout,
    bptt,
    loss_and_gradient,
    mean_squared_error,
    softmax_cross_entropy,
    tree,
    unroll,
)
from rnnlib.training import IGNORED, Loss, mean_loss
from tests.equations.guards import catches
from tests.networks import KINDS, random_cell
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


def squared_modulus(z, y, reduction):
    """A real loss of complex outputs, its complex derivative not conjugated."""
    error = z - y
    return Loss(float((np.abs(error) ** 2).sum()), 2 * error.conj())


LOSSES = {
    "words": partial(softmax_cross_entropy, reduction="sum"),
    "numbers": partial(mean_squared_error, reduction="sum"),
    "complex": partial(squared_modulus, reduction="sum"),
}


@dataclass(frozen=True)
class Options:
    """What a batch may have, each of it or not."""

    kind: str
    loss: str
    dtype: type
    every_step: bool
    lengths: bool
    mask: bool
    h0: bool
    resets: bool
    window: int | None
    omega: float


def options(kind):
    """All features together, at random."""
    flag = st.booleans()
    omega = st.sampled_from([0.0, 0.7]) if kind in ("tanh", "relu", "identity") else st.just(0.0)
    loss = st.just("complex") if kind == "complex" else st.sampled_from(["words", "numbers"])
    dtype = st.sampled_from([np.float64, np.float32])
    window = st.sampled_from([None, 1, 2, 3])
    return st.builds(
        Options, st.just(kind), loss, dtype, flag, flag, flag, flag, flag, window, omega
    )


def make_model(options, sizes):
    rng = np.random.default_rng([sizes.seed, 5])
    readout = Readout.random(sizes.H, sizes.V, rng)
    if options.kind == "complex":
        cell = DiagonalCell.random(sizes.I, sizes.H, rng)
        turn = np.exp(1j * rng.uniform(0, 6, readout.W_ho.shape))
        return Model(cell, Readout(readout.W_ho * turn, readout.b_o))
    return Model(random_cell(options.kind, sizes), readout)


def make_batch(options, model, sizes):
    rng = np.random.default_rng([sizes.seed, 6])
    T, B = sizes.T, sizes.B
    where = (T, B) if options.every_step else (B,)
    lengths = rng.integers(1, T, B, endpoint=True) if options.lengths else None
    mask = rng.random(where) < 0.7 if options.mask else None
    if mask is not None:
        mask[0] = True
    if options.loss == "words":
        targets = rng.integers(sizes.V, size=where)
        targets[rng.random(where) < 0.2] = IGNORED
        targets.flat[0] = 0
    else:
        targets = rng.standard_normal((*where, sizes.V))
        targets = targets.astype(options.dtype)
    if mask is not None:  # what does not count may be anything
        targets[~mask] = 99 if options.loss == "words" else np.nan
    h0 = rng.uniform(-0.9, 0.9, (B, model.cell.state_size)) if options.h0 else None
    return Batch(
        rng.standard_normal((T, B, sizes.I)).astype(options.dtype),
        targets,
        options.every_step,
        lengths=lengths,
        mask=mask,
        h0=None if h0 is None else h0.astype(options.dtype),
        resets=rng.random((T, B)) < 0.3 if options.resets else None,
    )


def documents(batch):
    """Yield (sequence, first step, step after the last, whether the state is new) of each."""
    T, B = batch.xs.shape[:2]
    for b in range(B):
        end = T if batch.lengths is None else int(batch.lengths[b])
        new = np.zeros(T, bool) if batch.resets is None else batch.resets[:, b]
        starts = [t for t in range(end) if new[t] or t == 0]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            yield b, start, stop, bool(new[start]) or start > 0


def counts(batch, where):
    if batch.mask is not None and not batch.mask[where]:
        return False
    return batch.targets.dtype.kind == "f" or batch.targets[where] != IGNORED


def alone(model, batch, loss, window, omega):
    """The loss, gradient and last states, one document after another, by unroll and bptt alone."""
    value, gradient = 0.0, tree.map_leaves(np.zeros_like, model)
    last, omegas = {}, []
    for b, start, stop, new in documents(batch):
        h0 = None if new or batch.h0 is None else batch.h0[b : b + 1]
        run = unroll(model.cell, batch.xs[start:stop, b : b + 1], h0)
        last[b] = run.states[-1]
        dhs = np.zeros(run.hs[1:].shape, np.result_type(run.hs, model.readout.W_ho))
        ends_here = stop == (len(batch.xs) if batch.lengths is None else batch.lengths[b])
        steps = range(start, stop) if batch.every_step else ([stop - 1] if ends_here else [])
        for t in steps:
            where = (t, b) if batch.every_step else (b,)
            if counts(batch, where):
                h = run.hs[t - start + 1]
                found = loss(model.readout(h), batch.targets[where][None])
                value += found.value
                d_readout, dhs[t - start] = model.readout.vjp(h, found.gradient)
                gradient = tree.build(gradient, plus(gradient, [None, d_readout]))
        d_cell = bptt(model.cell, run, dhs, window=window, inputs=False).cell
        gradient = tree.build(gradient, plus(gradient, [d_cell, None]))
        if omega:
            omegas.append(omega_of(model.cell, run, dhs))
    penalty = sum(W for _, W in omegas) / max(sum(n for n, _ in omegas), 1) if omega else 0.0
    leaves = tree.leaves(gradient)
    leaves[0] = leaves[0] + omega * penalty
    return value, tree.build(model, leaves), np.concatenate([last[b] for b in sorted(last)])


def omega_of(cell, run, dhs):
    """How many errors count, and the sum of their gradients ∂⁺(ratio² − 1)²/∂W_hh."""
    jacobians = cell.jacobian(run.pre)
    slopes = cell.activation.derivative(run.pre)
    n, total, later = 0, np.zeros_like(cell.W_hh), np.zeros_like(dhs[0, 0])
    for t in range(len(dhs) - 1, -1, -1):
        error = dhs[t, 0] + later
        later = error @ jacobians[t, 0]
        before = error @ error
        if before >= 1e-20:
            n += 1
            excess = later @ later / before - 1
            total += 4 * excess / before * np.outer(error * slopes[t, 0], later)
    return n, total


def plus(model, parts):
    """Yield the leaves of a model with those of a cell's or a readout's gradient added."""
    for own, part in zip((model.cell, model.readout), parts, strict=True):
        yield from (
            tree.leaves(own)
            if part is None
            else (a + b for a, b in zip(tree.leaves(own), tree.leaves(part), strict=True))
        )


def check(options, sizes):
    model = make_model(options, sizes)
    batch = make_batch(options, model, sizes)
    if batch.counts is not None and not batch.counts.any():
        return
    if options.dtype == np.float32:
        model = tree.astype(model, np.float32)
    loss, window, omega = LOSSES[options.loss], options.window, options.omega
    found = loss_and_gradient(model, batch, loss, window=window, omega=omega)
    value, gradient, last = alone(model, batch, loss, window, omega)
    rtol = 1e-9 if options.dtype == np.float64 else 2e-3
    scale = 1 + sum(np.abs(a).sum() for a in tree.leaves(gradient))
    assert_close(found.value, value, 1 + abs(value), rtol)
    assert_close(found.states, last, 10.0, rtol)
    for weight, mine, its in zip(*map(tree.leaves, (model, found.gradient, gradient)), strict=True):
        assert mine.dtype == weight.dtype, "a real weight's gradient is real, in its precision"
        assert_close(mine, its if np.iscomplexobj(weight) else its.real, scale, rtol)
    if options.loss == "words":
        mean = softmax_cross_entropy
        assert_close(mean_loss(model, [batch], mean), value / batch.size, 1 + abs(value), rtol)


@pytest.mark.parametrize("kind", [*KINDS, "complex"])
def test_a_batch_equals_its_documents_alone(kind):
    @for_all(options(kind), any_sizes(), examples=60)
    def holds(options, sizes):
        check(options, sizes)

    holds()


def test_the_arrays_of_a_batch_are_its_own():
    arrays = {
        "xs": np.ones((3, 2, 1)),
        "targets": np.zeros((3, 2), dtype=int),
        "lengths": np.array([3, 2]),
        "mask": np.ones((3, 2), dtype=bool),
        "h0": np.ones((2, 4)),
        "resets": np.zeros((3, 2), dtype=bool),
    }
    batch = Batch(every_step=True, **arrays)
    for each in (batch, copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))):
        for name, array in arrays.items():
            before = getattr(batch, name).copy()
            with pytest.raises(ValueError, match="read-only"):
                getattr(each, name)[...] = 0
            array[...] = 1 - array
            np.testing.assert_array_equal(getattr(each, name), before)


EVERYTHING = Options("tanh", "words", np.float64, True, True, True, True, True, 2, 0.7)
AT_THE_END = Options("lstm", "numbers", np.float64, False, True, True, True, True, 3, 0.0)


@pytest.mark.parametrize("case", [EVERYTHING, AT_THE_END], ids=["everything", "at the end"])
def test_all_features_at_once(case):
    for seed in range(8):
        check(case, Sizes(T=6, B=4, I=2, H=3, V=4, seed=seed))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("batch.py", "np.where(fresh, 0, states)", "states"),
        ("batch.py", "keep &= np.arange(len(batch.xs))[:, None] < batch.lengths", "pass"),
        ("batch.py", "keep &= batch.targets != IGNORED", "pass"),
        ("batch.py", "begins = batch.resets & (time < lengths)", "begins = batch.resets.copy()"),
        ("batch.py", "np.minimum(time, lengths - 1) - start[piece]", "time - start[piece]"),
        ("model.py", "whole = back if window is None else", "whole = back if True else"),
        ("model.py", "d_readout, dhs = model.readout.vjp(hs, result.gradient)",
         "d_readout, dhs = model.readout.vjp(hs, 2 * result.gradient)"),
        ("omega.py", "errors[:-1] += deltas[1:] @ W_hh", "errors[:-1] += deltas[1:]"),
    ],
)  # fmt: skip
def test_seeded_bugs_are_caught(path, old, new):
    def checks():
        with np.errstate(all="ignore"):
            try:
                for seed in range(8):
                    check(EVERYTHING, Sizes(T=6, B=4, I=2, H=3, V=4, seed=seed))
            except (IndexError, ValueError) as error:  # the bug may also run into a wall
                raise AssertionError(str(error)) from error

    catches(checks, f"rnnlib/training/{path}", Mutant("seeded", old, new))
