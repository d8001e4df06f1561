"""Guards of the equations of chapter 3, Predicting the next word."""

import math

import numpy as np

from rnnlib import Readout, softmax, softmax_cross_entropy
from rnnlib.training import log_sum_exp, softmax_jacobian
from tests.equations.guards import guards
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant


def random_logits(sizes: Sizes, spread: float = 3.0):
    """Logits of shape (T, B, V), with the generator that goes on drawing."""
    rng = sizes.rng
    return rng, spread * rng.standard_normal((sizes.T, sizes.B, sizes.V))


def central_gradient(loss, at, step=6e-6):
    """∂loss/∂at, entry by entry, from differences of loss values only."""
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        bump = np.zeros_like(at)
        bump[index] = step
        gradient[index] = (loss(at + bump) - loss(at - bump)) / (2 * step)
    return gradient


@guards(
    "eq-softmax",
    "definition",
    Mutant("not normalised", "exps / exps.sum(axis=-1, keepdims=True)", "exps"),
    Mutant("summed over the batch", "exps.sum(axis=-1, keepdims=True)", "exps.sum()"),
)
@for_all(any_sizes(smallest=2))
def test_softmax(sizes: Sizes):
    _, z = random_logits(sizes)
    for row, o in zip(z.reshape(-1, sizes.V), softmax(z).reshape(-1, sizes.V), strict=True):
        odds = [math.exp(entry) for entry in row]
        assert_close(o, np.array(odds) / math.fsum(odds), scale=1.0)


@guards(
    "eq-softmax-shift",
    "identity",
    Mutant("nothing subtracted from what is large", "np.max(", "0 * np.max("),
    Mutant("mean for max", "np.max(z.real, ", "np.mean(z.real, "),
    Mutant("the maximum of all rows", "axis=-1, keepdims=True", ""),
)
@for_all(any_sizes(smallest=2))
def test_softmax_shift(sizes: Sizes):
    rng, z = random_logits(sizes)
    shift = rng.uniform(-2000, 2000, (sizes.T, sizes.B, 1))
    far = np.concatenate([z + shift, np.full((sizes.T, sizes.B, 1), shift - 4000.0)], axis=-1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        shifted = softmax(far)[..., :-1]
    # z + shift is rounded to about 2000 ε, which is a relative error of its exponential.
    assert_close(shifted, softmax(z), scale=1.0, rtol=2e-12)


@guards(
    "eq-temperature",
    "definition",
    Mutant("multiplied", "/ check_positive", "* check_positive"),
    Mutant("left out", '/ check_positive("temperature", temperature)', ""),
)
@for_all(any_sizes(smallest=2))
def test_temperature(sizes: Sizes):
    rng, z = random_logits(sizes)
    temperature = rng.choice([0.3, 0.7, 1.5, 4.0])
    powers = softmax(z) ** (1 / temperature)
    expected = powers / powers.sum(axis=-1, keepdims=True)
    assert_close(softmax(z, temperature=temperature), expected, scale=1.0)


@guards(
    "eq-softmax-jacobian",
    "identity",
    Mutant("diagonal only", " - outer", ""),
    Mutant("outer product added", "- outer", "+ outer"),
    Mutant("not scaled by o", "o[..., :, None] * np.eye", "np.eye"),
)
@for_all(any_sizes(smallest=2))
def test_softmax_jacobian(sizes: Sizes):
    _, z = random_logits(sizes)
    jacobian = softmax_jacobian(z)
    for i in range(sizes.V):
        column = central_gradient(lambda at, i=i: softmax(at)[..., i].sum(), z)
        assert_close(jacobian[..., i, :], column, scale=1.0, rtol=1e-9)


@guards(
    "eq-log-sum-exp",
    "identity",
    Mutant("the maximum not put back", "top + np.log", "np.log"),
    Mutant("exponentials not shifted", "np.exp(z - top)", "np.exp(z)"),
    Mutant("mean for sum", ".sum(", ".mean("),
)
@for_all(any_sizes(smallest=2))
def test_log_sum_exp(sizes: Sizes):
    rng, z = random_logits(sizes)
    for row, actual in zip(z.reshape(-1, sizes.V), log_sum_exp(z).ravel(), strict=True):
        expected = math.log(math.fsum(map(math.exp, row)))
        assert_close(actual, expected, np.abs(row).max() + 1)
    # The bounds max <= lse <= max + log V: searched for a violation, and attained.
    wide = z * rng.choice([1e-3, 1.0, 300.0])
    excess = log_sum_exp(wide) - wide.max(axis=-1, keepdims=True)
    assert np.all(excess >= 0) and np.all(excess <= np.log(sizes.V) + 1e-12)
    level = np.full(sizes.V, 1e4)
    assert_close(log_sum_exp(level), [1e4 + np.log(sizes.V)], scale=1e4)
    peak = 1e4 * np.eye(sizes.V)[0]
    assert_close(log_sum_exp(peak), [1e4], scale=1e4)


@guards(
    "eq-cross-entropy",
    "definition",
    Mutant("sign lost", "-(weights", "(weights"),
    Mutant("weights left out", "weights * log_o[..., 0]", "log_o[..., 0]"),
)
@for_all(any_sizes(smallest=2))
def test_cross_entropy(sizes: Sizes):
    rng, z = random_logits(sizes)
    words = rng.integers(sizes.V, size=(sizes.T, sizes.B))
    o = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    losses = np.array([-np.log(o[at][word]) for at, word in np.ndenumerate(words)])
    value = softmax_cross_entropy(z, words).value
    assert_close(value, losses.mean(), np.abs(losses).mean() + np.abs(z).mean())


@guards(
    "eq-cross-entropy-gradient",
    "identity",
    Mutant("y forgotten", "at_target - 1", "at_target"),
    Mutant("y − o at the target", "at_target - 1", "1 - at_target"),
    Mutant("y twice", "at_target - 1", "at_target - 2"),
)
@for_all(any_sizes(smallest=2))
def test_cross_entropy_gradient(sizes: Sizes):
    rng, z = random_logits(sizes)
    words = rng.integers(sizes.V, size=(sizes.T, sizes.B))
    gradient = softmax_cross_entropy(z, words).gradient
    slopes = central_gradient(lambda at: softmax_cross_entropy(at, words).value, z)
    assert_close(gradient, slopes, scale=1.0, rtol=1e-9)


@guards(
    "eq-readout-gradient",
    "identity",
    Mutant("only the last step", "drows.T @ rows", "drows[-1:].T @ rows[-1:]"),
    Mutant("steps out of order", "drows.T @ rows", "drows.T @ rows[::-1]"),
    Mutant("mean over the steps", "drows.T @ rows", "drows.T @ rows / len(rows)"),
)
@for_all(any_sizes(smallest=2, largest=4))
def test_readout_gradient(sizes: Sizes):
    rng = sizes.rng
    h = rng.standard_normal((sizes.T, sizes.B, sizes.H))
    words = rng.integers(sizes.V, size=(sizes.T, sizes.B))
    readout = Readout(rng.standard_normal((sizes.V, sizes.H)), rng.standard_normal(sizes.V))

    def loss(W_ho, b_o):
        return softmax_cross_entropy(Readout(W_ho, b_o)(h), words).value

    dlogits = softmax_cross_entropy(readout(h), words).gradient
    gradient, _ = readout.vjp(h, dlogits)
    dW_ho = central_gradient(lambda at: loss(at, readout.b_o), readout.W_ho)
    db_o = central_gradient(lambda at: loss(readout.W_ho, at), readout.b_o)
    assert_close(gradient.W_ho, dW_ho, np.abs(h).max(), rtol=1e-9)
    assert_close(gradient.b_o, db_o, scale=1.0, rtol=1e-9)
