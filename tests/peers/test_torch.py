"""rnnlib against PyTorch: the same states and the same gradients, in both directions."""

import doctest

import numpy as np
import pytest

from rnnlib import DiagonalCell, ElmanCell, GRUCell, LSTMCell, Readout, bptt, tree, unroll
from rnnlib.training import SGD, Adam, RMSprop, from_torch, to_torch, torch_bridge
from tests.equations.guards import catches
from tests.networks import random_case, random_cell, small_model
from tests.peers import peer
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

torch = peer("torch")

KINDS = ("tanh", "relu", "lstm", "gru")
CASE = Sizes(T=5, B=3, I=2, H=3, V=1, seed=2)


def torch_gradients(case):
    """States (T, B, H), and gradients as a record of the cell's type, of inputs, and of h_0."""
    cell, run = case.cell, case.run
    module = to_torch(cell)
    xs = torch.tensor(run.xs, requires_grad=True)
    first = torch.tensor(case.h0, requires_grad=True)
    H = cell.hidden_size
    # the slices of one leaf, so that its gradient comes back as one array [h, c]
    h0 = (first[None, :, :H], first[None, :, H:]) if isinstance(cell, LSTMCell) else first[None]
    if run.lengths is None:
        hs, last = module(xs, h0)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            xs, torch.tensor(run.lengths), enforce_sorted=False
        )
        hs, last = module(packed, h0)
        hs, _ = torch.nn.utils.rnn.pad_packed_sequence(hs, total_length=xs.shape[0])
    (hs * torch.tensor(case.dhs)).sum().backward()
    gradient = {name: p.grad.numpy() for name, p in module.named_parameters()}
    arrays = [gradient["weight_hh_l0"], gradient["weight_ih_l0"], gradient["bias_ih_l0"]]
    if isinstance(cell, GRUCell):
        arrays.append(gradient["bias_hh_l0"][2 * H :])
    last_h = last[0] if isinstance(cell, LSTMCell) else last
    return (
        hs.detach().numpy(),
        last_h[0].detach().numpy(),
        tree.build(cell, iter(arrays)),
        xs.grad.numpy(),
        first.grad.numpy(),
    )


def check_against_torch(kind, sizes, lengths=False):
    case = random_case(kind, sizes, lengths=lengths)
    if lengths:  # PyTorch writes zeros after the end, we carry the state on: no loss there
        after = np.arange(1, sizes.T + 1)[:, None] > case.run.lengths
        case.dhs[after] = 0
    hs, last, d_cell, d_xs, d_h0 = torch_gradients(case)
    gradients = bptt(case.cell, case.run, case.dhs)
    ours = case.run.hs[1:].copy()
    if lengths:
        ours[after] = 0
    assert_close(ours, hs, 10.0)
    assert_close(case.run.hs[-1], last, 10.0)
    terms = 1 + np.abs(case.dhs).sum() * (1 + np.abs(case.run.xs).sum())
    assert_close(tree.flatten(gradients.cell), tree.flatten(d_cell), terms)
    assert_close(gradients.xs, d_xs, terms)
    assert_close(gradients.h0, d_h0, terms)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [False, True], ids=["plain", "lengths"])
@for_all(any_sizes(), examples=15)
def test_states_and_gradients_are_pytorchs(kind, lengths, sizes: Sizes):
    check_against_torch(kind, sizes, lengths)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), examples=10)
def test_there_and_back_again(kind, sizes: Sizes):
    cell = random_cell(kind, sizes)
    back = from_torch(to_torch(cell))
    assert type(back) is type(cell)
    np.testing.assert_array_equal(tree.flatten(back), tree.flatten(cell))


@pytest.mark.parametrize("make", [torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU])
def test_both_biases_of_a_module_come_over(make):
    torch.manual_seed(0)
    module = make(2, 3, dtype=torch.float64)
    xs = np.random.default_rng(0).standard_normal((4, 2, 2))
    expected, _ = module(torch.tensor(xs))
    run = unroll(from_torch(module), xs)
    assert_close(run.hs[1:], expected.detach().numpy(), 10.0)


def test_the_bridges_examples():
    assert doctest.testmod(torch_bridge).failed == 0


def test_precision_is_kept():
    module = torch.nn.GRU(2, 3)
    assert from_torch(module).W_hh.dtype == np.float32
    assert to_torch(from_torch(module)).weight_hh_l0.dtype == torch.float32


@pytest.mark.parametrize(
    ("module", "error", "message"),
    [
        (
            torch.nn.Linear(2, 3),
            TypeError,
            "module: expected torch.nn.RNN, LSTM or GRU, got Linear",
        ),
        (torch.nn.GRU(2, 3, num_layers=2), ValueError, "num_layers=1, got 2"),
        (torch.nn.GRU(2, 3, bidirectional=True), ValueError, "bidirectional=False, got True"),
        (torch.nn.GRU(2, 3, bias=False), ValueError, "bias=True, got False"),
        (torch.nn.LSTM(2, 3, proj_size=2), ValueError, "no projection, got proj_size=2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_modules_that_are_no_cell(module, error, message):
    with pytest.raises(error, match=message):
        from_torch(module)


def test_cells_that_pytorch_has_not():
    with pytest.raises(TypeError, match="cell: expected an Elman, LSTM or GRU cell, got Model"):
        to_torch(small_model())
    with pytest.raises(TypeError, match="cell: expected an Elman, LSTM or GRU cell, got DiagonalC"):
        to_torch(DiagonalCell([0.5], [[1.0]], [0.0]))
    with pytest.raises(ValueError, match="cell: expected tanh or relu, got logistic"):
        to_torch(ElmanCell([[0.5]], [[1.0]], [0.0], activation="logistic"))


PRODUCTS, STEPS = "rnnlib/fast/_products_in_time.py", "rnnlib/fast/_steps_in_place.py"


@pytest.mark.parametrize(
    ("kind", "path", "old", "new"),
    [
        ("tanh", PRODUCTS, "dot(self.weights.W_hh)", "dot(self.weights.W_hh.T)"),
        ("lstm", STEPS, "i, f, o, g = s", "f, i, o, g = s"),
        ("gru", STEPS, "np.subtract(h_prev, n, out=out)", "np.subtract(n, h_prev, out=out)"),
        ("gru", STEPS, "np.subtract(h_prev, n, out=by_z)", "np.subtract(n, h_prev, out=by_z)"),
    ],
)
def test_seeded_bugs_are_caught(kind, path, old, new):
    catches(lambda: check_against_torch(kind, CASE), path, Mutant("seeded", old, new))


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        (SGD(0.1, momentum=0.9), torch.optim.SGD, {"momentum": 0.9}),
        (RMSprop(0.1), torch.optim.RMSprop, {}),
        (Adam(0.1), torch.optim.Adam, {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_optimisers_are_pytorchs(ours, theirs, settings):
    rng = np.random.default_rng(0)
    start = Readout(rng.standard_normal((3, 2)), rng.standard_normal(3))
    state = ours.start(start)
    parameters = [torch.tensor(array) for array in tree.leaves(start)]
    rule = theirs(parameters, lr=0.1, **settings)
    for _ in range(5):
        gradient = Readout(rng.standard_normal((3, 2)), rng.standard_normal(3))
        state = ours.step(state, gradient)
        for parameter, array in zip(parameters, tree.leaves(gradient), strict=True):
            parameter.grad = torch.tensor(array)
        rule.step()
    for parameter, array in zip(parameters, tree.leaves(state.parameters), strict=True):
        assert_close(array, parameter.numpy(), 10.0)
