"""Networks by hand solve their tasks without error, and say what they cannot be asked."""

import numpy as np
import pytest

from rnnlib.training import Adding, TemporalOrder, adding_by_hand, order_by_hand


@pytest.mark.parametrize("length", [10, 11, 19, 60, 777])
def test_both_tasks_are_solved(length):
    rng = np.random.default_rng(length)
    order = TemporalOrder(length)
    batch = order.batch(rng, 500)
    assert order.error(order_by_hand(length).outputs(batch), batch) == 0
    for variant in ("arjovsky", "bai"):
        adding = Adding(length, variant)
        batch = adding.batch(rng, 100)
        assert adding.error(adding_by_hand().outputs(batch), batch) < 1e-20


def test_a_network_for_another_length_fails():
    """Or the test above would not look at the length."""
    order = TemporalOrder(200)
    batch = order.batch(np.random.default_rng(0), 500)
    assert order.error(order_by_hand(20).outputs(batch), batch) > 0.3


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: order_by_hand(9), ValueError, "length: expected at least 10, got 9"),
        (lambda: order_by_hand(30.0), TypeError, "length: expected"),
        (
            lambda: Adding(20, "pascanu").linear_loss,
            ValueError,
            "variant: expected 'arjovsky' or 'bai', got 'pascanu'",
        ),
    ],
)
def test_what_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
