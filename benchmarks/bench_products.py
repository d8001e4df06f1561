"""The gradient product beside PyTorch, and the memory and denormals of BPTT."""

import tracemalloc
from collections.abc import Iterator

import numpy as np

from benchmarks.measure import installed, ratios
from benchmarks.run import Row
from rnnlib import ElmanCell, bptt, tree, unroll
from rnnlib.product import run_products

STEPS = 200


def table_by_pytorch(cell, xs):
    """All dh_T/dh_k: the H rows of the last state pulled back together to every h_k."""
    import torch

    torch.set_num_threads(1)
    W_hh, W_xh, b = (torch.from_numpy(a) for a in tree.leaves(cell))
    x = torch.from_numpy(xs[:, 0])

    def work():
        h = torch.zeros(cell.hidden_size, dtype=x.dtype, requires_grad=True)
        states = [h]
        for x_t in x:
            h = torch.tanh(W_hh @ h + W_xh @ x_t + b)
            states.append(h)
        rows = torch.eye(len(h), dtype=x.dtype)
        return torch.autograd.grad(h, states[:-1], rows, is_grads_batched=True)

    return work


def measure() -> Iterator[Row]:
    yield from memory()
    yield denormals()
    if installed("torch"):
        yield from products()


def its_products(cell):
    """Only the matrix products, into a table of the same size: what cannot be saved."""
    H, W = cell.hidden_size, cell.W_hh

    def work():
        table = np.empty((STEPS + 1, H, H))
        table[-1] = np.eye(H)
        for k in range(STEPS - 1, -1, -1):
            np.matmul(table[k + 1], W, out=table[k])

    return work


def products() -> Iterator[Row]:
    for H, floor, share in ((16, 5, None), (64, 5, 0.6), (128, 2, 0.85), (256, None, 0.85)):
        rng = np.random.default_rng(0)
        cell, xs = ElmanCell.random(8, H, rng), rng.standard_normal((STEPS, 1, 8))
        run = unroll(cell, xs)

        def from_inputs(cell=cell, xs=xs):
            return run_products(cell, unroll(cell, xs))

        def from_run(cell=cell, run=run):
            return run_products(cell, run)

        what = f"all P_(T,k), T = {STEPS}, H = {H}"
        _, (peer,) = ratios(from_inputs, table_by_pytorch(cell, xs))
        yield Row(f"{what}, from the inputs", 1 / peer, "of PyTorch's time", floor and 1 / floor)
        _, (all_of_it, products_only) = ratios(its_products(cell), from_inputs, from_run)
        unit = "of its matrix products' time"
        yield Row(f"{what}, from the inputs", all_of_it, unit)
        yield Row(f"{what}, from a run", products_only, unit, share and 1 / share)


def denormals() -> Row:
    rng = np.random.default_rng(0)
    works = []
    for gain in (1.0, 0.5):
        cell = ElmanCell.random(8, 64, rng, gain=gain)
        cell = tree.map_leaves(lambda a: a.astype(np.float32), cell)
        run = unroll(cell, rng.standard_normal((STEPS, 32, 8)).astype(np.float32))
        last = rng.standard_normal((32, 64)).astype(np.float32)
        works.append(lambda cell=cell, run=run, last=last: bptt(cell, run, last))
    _, (ratio,) = ratios(*works)
    return Row("BPTT through a vanishing network, float32", ratio, "of a healthy one's time", 1.5)


def memory() -> Iterator[Row]:
    for shape in ((784, 100, 1, 100), (200, 32, 32, 64)):
        T, B, size_in, H = shape
        rng = np.random.default_rng(0)
        cell, xs = ElmanCell.random(size_in, H, rng), rng.standard_normal((T, B, size_in))
        dhs = rng.standard_normal((T, B, H))
        tracemalloc.start()
        run = unroll(cell, xs)
        bptt(cell, run, dhs, inputs=False)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        kept = run.states.nbytes + run.xs.nbytes
        yield Row(f"peak memory, Elman f64 {shape}", peak / kept, "of inputs and states", 1.5)
