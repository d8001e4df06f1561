"""Complex parameters: every optimiser, clipping and Ω descend, in the parameters' own precision."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, Readout, bptt, tree, unroll
from rnnlib.training import (
    SGD,
    Adam,
    RMSprop,
    clip_by_global_norm,
    clip_by_value,
    regulariser,
    regulariser_at,
    steepest,
)
from tests.equations.guards import catches
from tests.strategies import any_sizes, assert_close, for_all
from tools.equations import Mutant

RULES = [
    SGD(0.02),
    SGD(0.02, momentum=0.9),
    RMSprop(0.01),
    Adam(0.02),
    Adam(0.02, weight_decay=1e-3),
]
CLIPS = {
    "not at all": lambda g: g,
    "by norm": lambda g: clip_by_global_norm(g, 0.1).gradient,
    "by value": lambda g: clip_by_value(g, 0.1).gradient,
}


def loss_and_gradient(cell, xs, target):
    """½ |h_T − target|² and its complex derivative, as DiagonalCell's Notes ask for."""
    run = unroll(cell, xs)
    error = run.hs[-1] - target
    return 0.5 * (np.abs(error) ** 2).sum(), bptt(cell, run, error.conj()).cell


def complex_cell(dtype, real_inputs=False):
    rng = np.random.default_rng(0)
    cell = DiagonalCell.random(2, 3, rng, smallest=0.5)
    turn = 1.0 if real_inputs else np.exp(1j * rng.uniform(0, 6, (3, 2)))
    return tree.astype(replace(cell, W_xh=cell.W_xh * turn), dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("real_inputs", [False, True])
@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_descends(rule, clip, real_inputs, dtype):
    cell = complex_cell(dtype, real_inputs)
    xs = np.ones((4, 2, 2), dtype)
    target = np.full((2, 3), 0.7 - 0.9j, np.result_type(dtype, np.complex64))
    state, losses = rule.start(cell), []
    for _ in range(150):
        loss, gradient = loss_and_gradient(state.parameters, xs, target)
        losses.append(loss)
        state = rule.step(state, CLIPS[clip](gradient))
    assert losses[-1] < 0.5 * losses[0] and min(losses[:75]) < losses[0]
    kinds = [a.dtype for a in tree.leaves(state.parameters)]
    assert kinds == [a.dtype for a in tree.leaves(cell)]
    for moment in state.moments:
        assert {np.finfo(a.dtype).bits for a in tree.leaves(moment)} == {np.finfo(dtype).bits}


def test_the_reviews_example_descends():
    cell = DiagonalCell(np.array([0.5 + 0.5j]), np.array([[1.0 + 0j]]), np.array([0j]))
    state, xs = SGD(0.02).start(cell), np.ones((2, 1, 1))
    losses = []
    for _ in range(17):
        loss, gradient = loss_and_gradient(state.parameters, xs, 1.2 - 0.9j)
        losses.append(loss)
        state = SGD(0.02).step(state, gradient)
    assert losses[-1] < 0.03 < losses[0] and all(np.diff(losses) < 0)


def check_turning(rule):
    """|g|² and g̅: turning a parameter's gradients by a phase turns its steps the other way."""
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((5, 3, 2)) @ [1, 1j]
    phase = np.exp(0.7j)
    state, turned = (rule.start(Readout(np.zeros((1, 3), complex), [0.0])) for _ in range(2))
    for g in gradients:
        state = rule.step(state, Readout(g[None], [0.0]))
        turned = rule.step(turned, Readout(g[None] * phase, [0.0]))
    W, other = state.parameters.W_ho, turned.parameters.W_ho
    assert_close(other, W / phase, np.abs(W), rtol=1e-12)
    assert np.abs(W.imag).max() > 0


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_steps_turn_with_their_parameter(rule):
    check_turning(rule)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_of_real_numbers_a_complex_parameter_is_a_real_one(rule):
    rng = np.random.default_rng(2)
    real = rule.start(Readout(rng.standard_normal((2, 3)), rng.standard_normal(2)))
    state = rule.start(tree.map_leaves(lambda a: a.astype(complex), real.parameters))
    for _ in range(4):
        gradient = Readout(rng.standard_normal((2, 3)), rng.standard_normal(2))
        real, state = rule.step(real, gradient), rule.step(state, gradient)
    for one, other in zip(tree.leaves(real.parameters), tree.leaves(state.parameters), strict=True):
        assert_close(other.real, one, 10.0)
        assert not other.imag.any()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("g.conj() if np.iscomplexobj(p) else g.real", "g if np.iscomplexobj(p) else g.real"),
        ("((1 - decay) * g * g.conj()).real", "((1 - decay) * g * g).real"),
    ],
)
def test_seeded_bugs_are_caught(old, new):
    def check():
        with np.errstate(all="ignore"):
            check_turning(RMSprop(0.01))

    catches(check, "rnnlib/training/optimisers.py", Mutant("seeded", old, new))


def check_slopes():
    """Along any step the loss rises by the step's inner product with the steepest direction."""
    rng = np.random.default_rng(0)
    cell = complex_cell(np.float64, real_inputs=True)
    xs, target = rng.standard_normal((4, 2, 2)), rng.standard_normal((2, 3)) * 1j
    _, gradient = loss_and_gradient(cell, xs, target)
    up = steepest(cell, gradient)
    assert not np.iscomplexobj(up.W_xh) and np.iscomplexobj(up.W_hh)
    assert_close(tree.inner(up, up), tree.global_norm(up) ** 2, tree.inner(up, up))

    def any_way(array):
        turn = np.exp(2j * np.pi * rng.random(array.shape))
        return rng.standard_normal(array.shape) * (turn if np.iscomplexobj(array) else 1)

    for way in (up, *(tree.map_leaves(any_way, cell) for _ in range(5))):
        size = 1e-6 / tree.global_norm(way)
        sides = [
            loss_and_gradient(tree.map_leaves(lambda p, d, s=s: p + s * d, cell, way), xs, target)
            for s in (size, -size)
        ]
        slope = (sides[0][0] - sides[1][0]) / (2 * size)
        scale = tree.global_norm(up) * tree.global_norm(way)
        assert_close(slope, tree.inner(up, way), scale, rtol=1e-7)
        assert tree.inner(up, way) == tree.inner(way, up)


def test_the_slope_along_a_step_is_its_inner_product_with_the_steepest_direction():
    check_slopes()


@pytest.mark.parametrize(
    ("old", "new"), [("a.conj() * b", "a * b"), ("(a.conj() * b).real", "(a * b).conj().real")]
)
def test_a_seeded_bug_in_the_inner_product_is_caught(old, new):
    line = "lambda a, b: (a.conj() * b).real"
    catches(check_slopes, "rnnlib/tree.py", Mutant("seeded", line, line.replace(old, new)))


@for_all(any_sizes())
def test_clipping_keeps_the_phase_and_the_length(sizes):
    rng = sizes.rng
    g = rng.standard_normal((sizes.H, sizes.I, 2)) @ [1, 1j]
    record = Readout(g, rng.standard_normal(sizes.H) * 1j)
    cut = clip_by_value(record, 0.4)
    for before, after in zip(tree.leaves(record), tree.leaves(cut.gradient), strict=True):
        assert_close(np.abs(after), np.minimum(np.abs(before), 0.4), 1.0)
        assert_close(np.angle(after), np.angle(before), 4.0)
        assert after.dtype == before.dtype
    clipped = clip_by_global_norm(record, 0.3)
    assert_close(tree.global_norm(clipped.gradient), min(0.3, clipped.norm), 1.0)
    assert_close(tree.flatten(clipped.gradient) * max(clipped.norm, 0.3) / 0.3,
                 tree.flatten(record), 10.0)  # fmt: skip


@pytest.mark.parametrize("variant", ["code", "paper"])
@for_all(any_sizes(), examples=15)
def test_omegas_gradient_of_complex_weights_descends(variant, sizes):
    """∂⁺Ω/∂Re W − i ∂⁺Ω/∂Im W, by differences with the errors held fixed."""
    rng = sizes.rng
    parts = rng.standard_normal((2, sizes.H, sizes.H + sizes.I))
    W = (parts[0] + 1j * parts[1]) / np.sqrt(sizes.H)
    cell = ElmanCell(W[:, : sizes.H], W[:, sizes.H :], np.zeros(sizes.H), "identity")
    run = unroll(cell, rng.standard_normal((sizes.T, sizes.B, sizes.I)))
    dhs = rng.standard_normal((*run.hs[1:].shape, 2)) @ [1, 1j]
    omega = regulariser(cell, run, dhs, variant=variant)
    assert isinstance(omega.value, float) and omega.value >= 0
    deltas = bptt(cell, run, dhs, deltas=True).deltas  # of the identity they are the errors

    def value(step):
        return regulariser_at(cell.W_hh + step, deltas, deltas, variant).value

    direction = rng.standard_normal((sizes.H, sizes.H, 2)) @ [1, 1j]
    slope = (value(1e-6 * direction) - value(-1e-6 * direction)) / 2e-6
    found = (omega.W_hh * direction).sum().real
    scale = 1 + np.abs(omega.W_hh * direction).sum() + omega.value
    assert_close(found, slope, scale, rtol=1e-5)
    small = 1e-3 / (1 + np.abs(omega.W_hh).max())
    assert value(-small * omega.W_hh.conj()) <= omega.value
