"""The linear scan's groupings of steps beside the loop, and forward with backward of each.

On one core joining steps in parallel saves the interpreter's time and costs two more products for
each step; so it wins with few numbers a step, and loses with many. What is printed is a grouping's
share of the loop's time: below 1 it is the faster. Only where it clearly wins is there a limit.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.measure import ratios
from benchmarks.run import Row
from rnnlib.time import linear_scan, linear_scan_gradient

CASES = {  # (T, B, H): at most this share of the loop's time in chunks, in a tree
    (256, 1, 1): (0.7, 0.7),
    (4096, 1, 1): (0.15, 0.15),
    (1024, 1, 64): (0.8, 0.9),
    (16384, 1, 16): (0.7, 0.8),
    (4096, 1, 256): (None, None),
    (400, 32, 32): (None, None),
}


def measure() -> Iterator[Row]:
    """Compare the groupings, forward and back, for one λ at all steps."""
    for shape, limits in CASES.items():
        rng = np.random.default_rng(0)
        inputs, dhs = rng.standard_normal(shape), rng.standard_normal(shape)
        decay = rng.uniform(0, 1, shape[2:])

        def work(method, decay=decay, inputs=inputs, dhs=dhs):
            hs = linear_scan(decay, inputs, method=method)
            return linear_scan_gradient(decay, hs, dhs, method=method)

        for method, limit in zip(("chunks", "tree"), limits, strict=True):
            _, (loop,) = ratios(lambda m=method, w=work: w(m), lambda w=work: w("loop"))
            what = f"scan in {method}, T {shape[0]}, B {shape[1]}, H {shape[2]}"
            yield Row(f"{what}: share of the loop's time", 1 / loop, "", limit)
