"""Layers against PyTorch's ``num_layers`` and ``bidirectional``: states and all gradients."""

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib import ElmanCell, GRUCell, LSTMCell, bptt, tree, unroll
from rnnlib.time import Parallel, Reverse, Stack, bidirectional
from rnnlib.training import from_torch, to_torch
from tests.equations.guards import catches
from tests.networks import random_cell
from tests.peers import peer
from tests.strategies import Sizes, any_sizes, assert_close, for_all
from tools.equations import Mutant

torch = peer("torch")

KINDS = ("tanh", "relu", "lstm", "gru")
CASE = Sizes(T=6, B=4, I=2, H=3, V=1, seed=7)


def random_layers(kind, sizes, count, both):
    layers, seeds = [], np.random.default_rng(sizes.seed).integers(2**32, size=2 * count)
    for k in range(count):
        size_in = sizes.I if k == 0 else (2 if both else 1) * sizes.H
        one, other = (
            random_cell(kind, Sizes(1, 1, size_in, sizes.H, 1, int(seed)))
            for seed in seeds[2 * k : 2 * k + 2]
        )
        layers.append(bidirectional(one, other) if both else one)
    return layers[0] if count == 1 else Stack(layers)


def cells_of(layer):
    """All cells in PyTorch's order: layer by layer, ahead and then back."""
    match layer:
        case Stack() | Parallel():
            return [cell for part in layer.layers for cell in cells_of(part)]
        case Reverse():
            return cells_of(layer.layer)
    return [layer]


def in_our_layout(layer, states):
    """Hand out states, one for each cell, as `unroll` takes them."""
    match layer:
        case Stack() | Parallel():
            return tuple(in_our_layout(part, states) for part in layer.layers)
        case Reverse():
            return in_our_layout(layer.layer, states)
    return next(states)


def in_their_layout(layer, states):
    match layer:
        case Stack() | Parallel():
            return [s for part, its in zip(layer.layers, states, strict=True)
                    for s in in_their_layout(part, its)]  # fmt: skip
        case Reverse():
            return in_their_layout(layer.layer, states)
    return [states]


def check_against_torch(kind, sizes, count, both, lengths, at_the_end=False):
    layer = random_layers(kind, sizes, count, both)
    rng = np.random.default_rng([sizes.seed, 1])
    T, B, H = sizes.T, sizes.B, sizes.H
    xs = rng.standard_normal((T, B, sizes.I))
    ends = rng.integers(1, T, B, endpoint=True) if lengths else np.full(B, T)
    cells = cells_of(layer)
    first = [rng.uniform(-0.9, 0.9, (B, cell.state_size)) for cell in cells]
    dhs = rng.standard_normal((T, B, layer.hidden_size))
    over = np.arange(T)[:, None] >= ends
    dhs[over] = 0  # PyTorch writes zeros after the end, we carry the output on: no loss there

    module = to_torch(layer)
    x = torch.tensor(xs, requires_grad=True)
    h0 = torch.tensor(np.stack(first), requires_grad=True)
    start = (h0[..., :H].contiguous(), h0[..., H:].contiguous()) if kind == "lstm" else h0
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(ends), enforce_sorted=False)
    hs, last = module(packed, start)
    hs, _ = torch.nn.utils.rnn.pad_packed_sequence(hs, total_length=T)
    last_h = last[0] if kind == "lstm" else last
    top = torch.cat([last_h[-2], last_h[-1]], -1) if both else last_h[-1]
    loss = (top * torch.tensor(dhs[0])).sum() if at_the_end else (hs * torch.tensor(dhs)).sum()
    loss.backward()

    run = unroll(layer, xs, in_our_layout(layer, iter(first)), lengths=ends if lengths else None)
    found = bptt(layer, run, dhs[0] if at_the_end else dhs)
    assert_close(np.where(over[..., None], 0, run.outputs), hs.detach().numpy(), 10.0)
    assert_close(run.last, top.detach().numpy(), 10.0)
    final = np.stack(in_their_layout(layer, run.final))
    assert_close(final[..., :H], last_h.detach().numpy(), 10.0)
    terms = 1 + np.abs(dhs).sum() * (1 + np.abs(xs).sum())
    assert_close(found.xs, x.grad.numpy(), terms)
    assert_close(np.stack(in_their_layout(layer, found.h0)), h0.grad.numpy(), terms)
    theirs = {name: p.grad.numpy() for name, p in module.named_parameters()}
    for k, gradient in enumerate(cells_of(found.cell)):
        suffix = f"_l{k // 2}{'_reverse' if k % 2 else ''}" if both else f"_l{k}"
        assert_close(gradient.W_hh, theirs["weight_hh" + suffix], terms)
        assert_close(gradient.W_xh, theirs["weight_ih" + suffix], terms)
        assert_close(gradient.b_h, theirs["bias_ih" + suffix], terms)
        if kind == "gru":
            assert_close(gradient.b_n, theirs["bias_hh" + suffix][2 * H :], terms)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), st.integers(1, 3), st.booleans(), st.booleans(), st.booleans(), examples=25)
def test_layers_are_pytorchs(kind, sizes: Sizes, count, both, lengths, at_the_end):
    check_against_torch(kind, sizes, count, both, lengths, at_the_end)


@pytest.mark.parametrize("kind", KINDS)
@for_all(any_sizes(), st.integers(1, 3), st.booleans(), examples=10)
def test_there_and_back_again(kind, sizes: Sizes, count, both):
    layer = random_layers(kind, sizes, count, both)
    assert tree.same(from_torch(to_torch(layer)), layer)


def test_layers_that_pytorch_has_not():
    rng = np.random.default_rng(0)
    gru, lstm = GRUCell.random(2, 2, rng), LSTMCell.random(2, 2, rng)
    wide, relu = GRUCell.random(2, 3, rng), ElmanCell.random(2, 2, rng, activation="relu")
    tanh, four = ElmanCell.random(2, 2, rng), GRUCell.random(4, 2, rng)
    for layers in ([gru, lstm], [gru, wide], [relu, tanh], [bidirectional(gru, gru), four]):
        with pytest.raises(ValueError, match="cell: expected layers of one kind, hidden size and"):
            to_torch(Stack(layers))
    with pytest.raises(TypeError, match="cell: expected an Elman, LSTM or GRU cell, got Reverse"):
        to_torch(Reverse(gru))
    with pytest.raises(TypeError, match="cell: expected an Elman, LSTM or GRU cell, got Parallel"):
        to_torch(Parallel([gru, gru]))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("rnnlib/time/layers.py", "below = runs[-1].outputs", "below = runs[0].outputs"),
        (
            "rnnlib/time/layers.py",
            "np.split(dhs, ends, axis=-1)",
            "np.split(dhs, ends, axis=-1)[::-1]",
        ),
        ("rnnlib/time/directions.py", "step < lengths, lengths - 1", "step < lengths, len(xs) - 1"),
        ("rnnlib/time/layer.py", "self.outputs[0], self.outputs[-1]", "self.outputs[-1], 0"),
    ],
)
def test_seeded_bugs_are_caught(path, old, new):
    def check():
        check_against_torch("gru", Sizes(6, 4, 3, 3, 1, 7), 2, True, True)

    catches(check, path, Mutant("seeded", old, new))
