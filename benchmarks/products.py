"""The gradient product beside PyTorch, and the memory and denormals of BPTT."""

import tracemalloc

import numpy as np

from benchmarks.measure import Table, ratios
from rnnlib import ElmanCell, tree, unroll
from rnnlib.bptt import bptt
from rnnlib.gradient_product import run_products

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


def product() -> Table:
    rows = []
    for H, floor in ((16, 5), (64, 5), (128, 2), (256, 0)):
        rng = np.random.default_rng(0)
        cell, xs = ElmanCell.random(8, H, rng), rng.standard_normal((STEPS, 1, 8))
        J, P = rng.standard_normal((H, H)), np.empty((H, H))

        def ours(cell=cell, xs=xs):
            return run_products(cell, unroll(cell, xs))

        def products(J=J, P=P):
            for _ in range(STEPS):
                np.matmul(J, J, out=P)

        ms, (ratio, limit) = ratios(ours, table_by_pytorch(cell, xs), products)
        rows.append((H, 1e3 * ms, ratio, floor, f"{limit:.0%}"))
    columns = ("H", "rnnlib ms", "PyTorch / rnnlib", "floor", "matrix products")
    return Table("product", f"All P_(T,k), T = {STEPS}, float64", columns, rows)


def denormals() -> Table:
    rng = np.random.default_rng(0)
    runs = []
    for gain in (1.0, 0.5):
        cell = ElmanCell.random(8, 64, rng, gain=gain)
        cell = tree.map_leaves(lambda a: a.astype(np.float32), cell)
        run = unroll(cell, rng.standard_normal((STEPS, 32, 8)).astype(np.float32))
        last = rng.standard_normal((32, 64)).astype(np.float32)
        runs.append(lambda cell=cell, run=run, last=last: bptt(cell, run, last))
    healthy, vanishing = runs
    ms, (ratio,) = ratios(healthy, vanishing)
    columns = ("healthy ms", "vanishing / healthy", "at most")
    return Table(
        "denormals", "BPTT through a vanishing network, float32", columns, [(1e3 * ms, ratio, 1.5)]
    )


def memory() -> Table:
    rows = []
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
        kept = run.states.nbytes + run.pre.nbytes
        rows.append((str(shape), kept / 1e6, peak / kept, 1.5))
    columns = ("(T, B, I, H)", "states and total inputs, MB", "peak / kept", "at most")
    return Table("memory", "Peak memory of unroll and bptt, Elman float64", columns, rows)


if __name__ == "__main__":
    for table in (memory(), denormals(), product()):
        table.store()
