"""Optimisers and clipping."""

from dataclasses import dataclass

import numpy as np
import pytest

from rnnlib import Readout, tree
from rnnlib.training import SGD, Adam, Optimiser, RMSprop, clip_by_global_norm, clip_by_value
from tests.equations.guards import catches
from tests.networks import random_cell, small_model
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


def check_optimisers():
    """Each rule written out for one number, three steps."""
    g = [1.0, -2.0, 0.5]
    theta, v = 1.0, 0.0
    for x in g:
        v = 0.9 * v + x
        theta -= 0.1 * v
    assert_close(after(SGD(0.1, momentum=0.9), g), theta, 1.0)
    theta, v = 1.0, 0.0
    for x in g:
        v = 0.99 * v + 0.01 * x * x
        theta -= 0.1 * x / (np.sqrt(v) + 1e-8)
    assert_close(after(RMSprop(0.1), g), theta, 1.0)
    theta, m, v = 1.0, 0.0, 0.0
    for t, x in enumerate(g, start=1):
        m, v = 0.9 * m + 0.1 * x, 0.999 * v + 0.001 * x * x
        theta -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert_close(after(Adam(0.1), g), theta, 1.0, rtol=1e-9)


def after(rule, gradients, decayed=False):
    state = rule.start(Readout([[1.0]], [1.0]))
    for g in gradients:
        state = rule.step(state, Readout([[g]], [0.0]))
    assert state.steps == len(gradients) and (decayed or state.parameters.b_o == 1.0)
    return state.parameters.W_ho.item()


def test_optimisers_follow_their_rules():
    check_optimisers()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.momentum * moments[0] + g", "self.momentum * moments[0] - g"),
        ("return 1 - self.decay_mean**step", "return 1.0"),
        ("step, rate = state.steps + 1", "step, rate = state.steps + 2"),
        ("((1 - decay) * g * g.conj()).real", "(1 - decay) * np.abs(g)"),
    ],
)
def test_seeded_bugs_in_optimisers_are_caught(old, new):
    catches(check_optimisers, "rnnlib/training/optimisers.py", Mutant("seeded", old, new))


@dataclass(frozen=True)
class Signs(Optimiser):
    """A rule of the reader's own: against the sign of an average, as Lion's first half."""

    moments_like = (np.zeros_like,)

    def direction(self, step, g, *moments):
        m = 0.5 * moments[0] + 0.5 * g
        return np.sign(m), m


class Forgetful(Signs):
    def direction(self, step, g, *moments):
        return super().direction(step, g, *moments)[:1]


def test_a_rule_of_the_readers_own_says_what_it_does_to_one_array():
    rule = Signs(lambda steps: 0.1 / (1 + steps), weight_decay=0.5)
    theta, m = 1.0, 0.0
    for k, x in enumerate([1.0, -2.0, 0.5]):
        m, rate = 0.5 * m + 0.5 * x, 0.1 / (1 + k)
        theta -= rate * (0.5 * theta + np.sign(m))
    assert_close(after(rule, [1.0, -2.0, 0.5], decayed=True), theta, 1.0)
    state = rule.start(tree.astype(small_model(), np.float32))
    state = rule.step(state, state.parameters)
    assert {array.dtype for array in tree.leaves(state)} == {np.dtype(np.float32)}
    with pytest.raises(TypeError, match=r"direction: expected a tuple of 1 \+ 1 arrays, .*, got 1"):
        after(Forgetful(0.1), [1.0])


@pytest.mark.parametrize("rule", [SGD(0.1, momentum=0.5), RMSprop(0.1), Adam(0.1)])
def test_a_step_changes_nothing_in_place(rule):
    model = small_model()
    for array in tree.leaves(model):
        array.flags.writeable = False
    state = rule.start(model)
    states = [rule.step(state, model) for _ in range(2)]
    np.testing.assert_array_equal(*[tree.flatten(s.parameters) for s in states])
    assert not any(tree.flatten(m).any() for m in state.moments)


@for_all(any_sizes())
def test_clipping(sizes: Sizes):
    gradient = random_cell("lstm", sizes)
    norm = np.linalg.norm(tree.flatten(gradient))
    for bound in (0.5 * norm, 2 * norm):
        clipped = clip_by_global_norm(gradient, bound)
        assert_close(clipped.norm, norm, norm)
        expected = tree.flatten(gradient) * min(1.0, bound / norm)
        assert_close(tree.flatten(clipped.gradient), expected, norm)
    cut = clip_by_value(gradient, 0.3)
    expected = np.clip(tree.flatten(gradient), -0.3, 0.3)
    np.testing.assert_array_equal(tree.flatten(cut.gradient), expected)
    assert_close(cut.norm, norm, norm)


RECORD = Readout([[1.0]], [0.0])
BAD = {
    "no learning rate": (lambda: SGD(0.0), ValueError, "learning_rate: .* > 0, got 0"),
    "momentum 1": (lambda: SGD(0.1, momentum=1.0), ValueError, "momentum: .* below 1, got 1"),
    "decay 1": (lambda: RMSprop(0.1, decay=1.0), ValueError, "decay: .* below 1"),
    "decay negative": (lambda: Adam(0.1, decay_mean=-0.1), ValueError, "decay_mean: .* >= 0"),
    "epsilon zero": (lambda: Adam(0.1, epsilon=0), ValueError, "epsilon: .* > 0"),
    "clip to nothing": (
        lambda: clip_by_global_norm(RECORD, 0),
        ValueError,
        "max_norm: .* > 0",
    ),
    "clip a list": (lambda: clip_by_value([1.0], 1.0), TypeError, "record: expected a record"),
    "optimise a list": (lambda: SGD(0.1).start([1.0]), TypeError, "record: expected a record"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
