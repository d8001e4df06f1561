"""rnnlib against PyTorch: the same states and the same gradients, in both directions."""

import doctest
from dataclasses import replace

import numpy as np
import pytest

from rnnlib import (
    Batch,
    DiagonalCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Model,
    Readout,
    bptt,
    loss_and_gradient,
    softmax_cross_entropy,
    tree,
    unroll,
)
from rnnlib.training import SGD, Adam, RMSprop, from_torch, steepest, to_torch, torch_bridge
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
        (torch.nn.GRU(2, 3, num_layers=2, dropout=0.5), ValueError, "dropout=0, got 0.5"),
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


@pytest.mark.parametrize(
    ("kind", "path", "old", "new"),
    [
        ("tanh", "elman", "np.dot(row, W_hh, ", "np.dot(row, W_hh.T, "),
        ("lstm", "lstm", "o, i, g, i_f = gates[:, 0]", "o, i, g, i_f = gates[:, 1]"),
        ("gru", "gru", "np.subtract(h_prev, n, out=some)", "np.subtract(n, h_prev, out=some)"),
        ("gru", "gru", "(run.hs[start:stop], n, out=", "(n, run.hs[start:stop], out="),
    ],
)
def test_seeded_bugs_are_caught(kind, path, old, new):
    catch = Mutant("seeded", old, new)
    catches(lambda: check_against_torch(kind, CASE), f"rnnlib/fast/{path}.py", catch)


def halved(step):
    return 0.1 * 0.5**step


def slow_start(step):
    return 0.1 * min(1.0, step / 3)


@pytest.mark.parametrize(
    ("ours", "theirs", "settings", "factor"),
    [
        (SGD(0.1, momentum=0.9), torch.optim.SGD, {"momentum": 0.9}, None),
        (RMSprop(0.1), torch.optim.RMSprop, {}, None),
        (Adam(0.1), torch.optim.Adam, {}, None),
        (Adam(0.1, weight_decay=0.3), torch.optim.AdamW, {"weight_decay": 0.3}, None),
        (SGD(halved), torch.optim.SGD, {}, halved),
        (Adam(halved, weight_decay=0.3), torch.optim.AdamW, {"weight_decay": 0.3}, halved),
        (Adam(slow_start), torch.optim.Adam, {}, slow_start),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_optimisers_are_pytorchs(ours, theirs, settings, factor):
    rng = np.random.default_rng(0)
    start = Readout(rng.standard_normal((3, 2)), rng.standard_normal(3))
    state = ours.start(start)
    parameters = [torch.tensor(array) for array in tree.leaves(start)]
    rule = theirs(parameters, lr=0.1 if factor is None else 1.0, **settings)
    schedule = None if factor is None else torch.optim.lr_scheduler.LambdaLR(rule, factor)
    for _ in range(8):
        gradient = Readout(rng.standard_normal((3, 2)), rng.standard_normal(3))
        state = ours.step(state, gradient)
        for parameter, array in zip(parameters, tree.leaves(gradient), strict=True):
            parameter.grad = torch.tensor(array)
        rule.step()
        if schedule is not None:
            schedule.step()
    for parameter, array in zip(parameters, tree.leaves(state.parameters), strict=True):
        assert_close(array, parameter.numpy(), 10.0)


def complex_loss(xs, lam, W, b):
    h = torch.zeros(2, 3, dtype=torch.complex128)
    for x in xs:
        h = lam * h + x.to(torch.complex128) @ W.T.to(torch.complex128) + b
    return 0.5 * (h - (0.7 - 0.9j)).abs().square().sum()


@pytest.mark.parametrize("real_inputs", [False, True])
def test_complex_gradients_and_steps_are_pytorchs(real_inputs):
    """bptt's gradient is the conjugate of PyTorch's; `steepest` is PyTorch's; so is each step."""
    rng = np.random.default_rng(0)
    cell = DiagonalCell.random(2, 3, rng)
    if not real_inputs:
        cell = replace(cell, W_xh=cell.W_xh * 1j)
    cell = replace(cell, b_h=cell.b_h * 1j)
    xs, rule = rng.standard_normal((4, 2, 2)), SGD(0.05, momentum=0.5)
    parameters = [torch.tensor(array, requires_grad=True) for array in tree.leaves(cell)]
    theirs, state = torch.optim.SGD(parameters, lr=0.05, momentum=0.5), rule.start(cell)
    for _ in range(4):
        theirs.zero_grad()
        complex_loss(torch.tensor(xs), *parameters).backward()
        run = unroll(state.parameters, xs)
        gradient = bptt(state.parameters, run, (run.hs[-1] - (0.7 - 0.9j)).conj()).cell
        ours = steepest(state.parameters, gradient)
        for parameter, array in zip(parameters, tree.leaves(ours), strict=True):
            assert_close(array, parameter.grad.numpy(), 100.0)
        state = rule.step(state, gradient)
        theirs.step()
    for parameter, array in zip(parameters, tree.leaves(state.parameters), strict=True):
        assert_close(array, parameter.detach().numpy(), 10.0)


def test_ignored_targets_and_masks_are_pytorchs():
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((5, 3, 4)), rng.integers(4, size=(5, 3))
    targets[rng.random((5, 3)) < 0.4] = -100
    z = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z.reshape(-1, 4), torch.tensor(targets).reshape(-1))
    loss.backward()
    found = softmax_cross_entropy(logits, targets)
    assert_close(found.value, loss.item(), 1.0)
    assert_close(found.gradient, z.grad.numpy(), 1.0)


@pytest.mark.parametrize("lengths", [False, True])
def test_a_padded_language_model_on_a_stream_is_pytorchs(lengths):
    """Targets at every step, lengths, ignored targets, and states carried from batch to batch."""
    rng = np.random.default_rng(0)
    model = Model(random_cell("lstm", CASE), Readout.random(3, 4, rng))
    module, readout = to_torch(model.cell), torch.nn.Linear(3, 4, dtype=torch.float64)
    with torch.no_grad():
        readout.weight.copy_(torch.tensor(model.readout.W_ho.copy()))
        readout.bias.copy_(torch.tensor(model.readout.b_o.copy()))
    carried, h = None, None
    for _ in range(3):
        xs, targets = rng.standard_normal((5, 3, 2)), rng.integers(4, size=(5, 3))
        targets[1, 1] = -100
        ends = np.array([5, 2, 4]) if lengths else None
        batch = Batch(xs, targets, every_step=True, lengths=ends)
        ours = loss_and_gradient(model, batch.carrying(carried), softmax_cross_entropy)
        carried = ours.states
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(xs), torch.tensor([5, 5, 5] if ends is None else ends),
            enforce_sorted=False,
        )  # fmt: skip
        hs, h = module(packed, h)
        h = tuple(part.detach() for part in h)
        hs, _ = torch.nn.utils.rnn.pad_packed_sequence(hs, total_length=5)
        wanted = targets.copy()
        if lengths:
            wanted[np.arange(5)[:, None] >= ends] = -100
        loss = torch.nn.functional.cross_entropy(
            readout(hs).reshape(-1, 4), torch.tensor(wanted).reshape(-1)
        )
        module.zero_grad(), readout.zero_grad()
        loss.backward()
        assert_close(ours.value, loss.item(), 10.0)
        for array, parameter in (
            (ours.gradient.cell.W_hh, module.weight_hh_l0),
            (ours.gradient.cell.W_xh, module.weight_ih_l0),
            (ours.gradient.readout.W_ho, readout.weight),
        ):
            assert_close(array, parameter.grad.numpy(), 10.0)
