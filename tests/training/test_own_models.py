"""Models of one's own in `train`: any record that gives a loss and its gradient."""

from dataclasses import dataclass

import numpy as np
import pytest

from rnnlib import Batch, DiagonalCell, Model, Readout, mean_squared_error, train
from rnnlib.training import SGD, Adam, LossGradient


@dataclass(frozen=True)
class Line:
    """A model of one's own: y = a x, without any time."""

    a: np.ndarray

    def loss_and_gradient(self, batch, loss):
        x, y = batch
        found = loss(self.a * x, y)
        return LossGradient(found.value, Line(np.asarray(np.sum(found.gradient * x))))


def test_a_model_of_ones_own_is_trained():
    x = np.linspace(-1, 1, 20)
    run = train(Line(np.array(0.0)), [(x, 3 * x)] * 200, mean_squared_error, Adam(0.1), steps=200)
    assert run.stopped == "steps" and abs(run.model.a - 3) < 0.02
    assert isinstance(run.model.a, np.ndarray)  # though arithmetic makes a number of it


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (Readout([[1.0]], [0.0]), {}, "model: expected a Model, or a record .* got Readout"),
        ([1.0], {}, "record: expected a record of arrays, got list"),
        (Line(np.array(0.0)), {"window": 3}, "unexpected keyword argument 'window'"),
        (Line(np.array(0.0)), {"omega": 0.1}, "unexpected keyword argument 'omega'"),
        (Line(np.array(0.0)), {"carry": True}, "batch: expected a Batch"),
    ],
)
def test_what_cannot_be_trained_is_named(model, settings, message):
    batches = [(np.ones(2), np.ones(2))]
    with pytest.raises(TypeError, match=message):
        train(model, batches, mean_squared_error, SGD(0.1), steps=1, **settings)


def test_own_models_that_return_something_else_are_named():
    class Odd(Line):
        def loss_and_gradient(self, batch, loss):
            return 1.0

    class Stateless(Line):
        def loss_and_gradient(self, batch, loss):
            return LossGradient(1.0, self)

    batch = Batch(np.ones((1, 1, 1)), np.zeros((1, 1)))
    with pytest.raises(TypeError, match="loss_and_gradient: expected a LossGradient, got float"):
        train(Odd(np.array(0.0)), [batch], mean_squared_error, SGD(0.1), steps=1)
    with pytest.raises(TypeError, match="loss_and_gradient: expected the last states"):
        train(Stateless(np.array(0.0)), [batch], mean_squared_error, SGD(0.1), steps=1, carry=True)
    turned = Model(DiagonalCell([0.5j], [[1j]], [0j]), Readout([[1j]], [0j]))
    with pytest.raises(TypeError, match="loss: expected it to give a real number"):
        train(turned, [batch], mean_squared_error, SGD(0.1), steps=1)
