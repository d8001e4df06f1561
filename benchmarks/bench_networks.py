"""Forward and backward through time: rnnlib beside PyTorch and JAX on the same work.

Through `unroll` and `bptt`, all weight gradients, an upstream gradient at every step. The floors
are ratios, the peer's time / rnnlib's; what is printed is the inverse, rnnlib's share of the peer's
time, and the shares of the plain path's time that a kernel takes and of a kernel's that its matrix
products alone would take. A kernel has to be 1.2 times as fast as the plain path, in the geometric
mean over its rows.
"""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from benchmarks.measure import installed, ratios
from benchmarks.run import Row
from rnnlib import ElmanCell, GRUCell, LSTMCell, bptt, tree, unroll

SHAPES = ((100, 1, 16, 16), (100, 32, 32, 64), (784, 100, 1, 100), (50, 128, 256, 256))
FLOORS = {
    ("Elman", "f64"): (6, 1.7, 1.6, 0.9),
    ("Elman", "f32"): (6, 2.4, 1.6, 0.95),
    ("LSTM", "f64"): (5, 1.4, 1.4, 0.85),
    ("LSTM", "f32"): (0.3, 0.65, 1.2, 0.95),
    ("GRU", "f64"): (5, 1.6, 1.4, 0.88),
    ("GRU", "f32"): (5, 1.9, 1.5, 0.9),
}
JAX_FLOORS = (0, 1.1, 2, 1.3)
CELLS = {"Elman": ElmanCell, "LSTM": LSTMCell, "GRU": GRUCell}
TYPES = {"f64": np.float64, "f32": np.float32}


def case(name, precision, shape):
    T, B, size_in, H = shape
    rng = np.random.default_rng(0)
    cell = CELLS[name].random(size_in, H, rng)
    cell = tree.map_leaves(lambda array: array.astype(TYPES[precision]), cell)
    draw = lambda *s: rng.standard_normal(s).astype(TYPES[precision])  # noqa: E731
    return cell, draw(T, B, size_in), draw(T, B, H)


def ours(cell, xs, dhs):
    return lambda: bptt(cell, unroll(cell, xs), dhs, inputs=False)


def plain(cell):
    """Return the cell as one of a subclass, which runs through its own three methods."""
    kind = type(f"Plain{type(cell).__name__}", (type(cell),), {})
    return kind(*(getattr(cell, field.name) for field in fields(cell)))


def matrix_products(cell, xs, dhs):
    """Do the products alone: one for the inputs, two for each step, two for the weights."""
    T, B = xs.shape[:2]
    H, rows = cell.hidden_size, cell.W_hh.shape[0]
    h, ds = np.zeros((B, H), xs.dtype), np.zeros((B, rows), xs.dtype)
    all_h, all_ds = np.zeros((T * B, H), xs.dtype), np.zeros((T * B, rows), xs.dtype)
    flat, W_hh_T = xs.reshape(T * B, -1), np.ascontiguousarray(cell.W_hh.T)

    def work():
        np.matmul(flat, cell.W_xh.T, out=all_ds)
        for _ in range(T):
            np.matmul(h, W_hh_T, out=ds)
            np.matmul(ds, cell.W_hh, out=h)
        all_ds.T @ all_h
        all_ds.T @ flat

    return work


def pytorch(cell, xs, dhs):
    import torch

    from rnnlib.training import to_torch

    torch.set_num_threads(1)
    module, x, upstream = to_torch(cell), torch.from_numpy(xs), torch.from_numpy(dhs)

    def work():
        module.zero_grad(set_to_none=True)
        module(x)[0].backward(upstream)

    return work


def jax_scan(cell, xs, dhs):
    import jax
    import jax.numpy as jnp

    def loss(weights, xs, dhs):
        W_hh, W_xh, b = weights

        def step(h, x):
            h = jnp.tanh(h @ W_hh.T + x @ W_xh.T + b)
            return h, h

        _, hs = jax.lax.scan(step, jnp.zeros((xs.shape[1], W_hh.shape[0]), xs.dtype), xs)
        return (hs * dhs).sum()

    gradient = jax.jit(jax.grad(loss))
    arguments = [tuple(map(jnp.asarray, tree.leaves(cell))), jnp.asarray(xs), jnp.asarray(dhs)]
    return lambda: jax.block_until_ready(gradient(*arguments))


def measure() -> Iterator[Row]:
    for name in CELLS:
        yield from kernel_against_plain(name)
    if installed("torch"):
        for (name, precision), floors in FLOORS.items():
            for shape, floor in zip(SHAPES, floors, strict=True):
                yield from compare(name, precision, shape, pytorch, "PyTorch", floor)
    if installed("jax"):
        for shape, floor in zip(SHAPES, JAX_FLOORS, strict=True):
            yield from compare("Elman", "f32", shape, jax_scan, "JAX", floor)


def kernel_against_plain(name) -> Iterator[Row]:
    bought = []
    for precision in TYPES:
        for shape in SHAPES:
            cell, xs, dhs = case(name, precision, shape)
            _, (ratio,) = ratios(ours(cell, xs, dhs), ours(plain(cell), xs, dhs))
            bought.append(ratio)
            yield Row(f"{name} {precision} {shape}, its kernel", 1 / ratio, "of the plain time")
    mean = float(np.exp(np.mean(np.log(bought))))
    yield Row(f"{name}, its kernel in the geometric mean", 1 / mean, "of the plain time", 1 / 1.2)


def compare(name, precision, shape, peer, peer_name, floor) -> Iterator[Row]:
    arguments = case(name, precision, shape)
    ms, (ratio, products) = ratios(ours(*arguments), peer(*arguments), matrix_products(*arguments))
    what = f"{name} {precision} {shape}"
    yield Row(what, 1 / ratio, f"of {peer_name}'s time", 1 / floor if floor else None)
    yield Row(f"{what}, its matrix products alone", products, f"of {1e3 * ms:.3g} ms")
