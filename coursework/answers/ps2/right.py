"""Problem set 2: right answers that are written differently."""

from coursework.answers import Answer

RIGHT = [
    Answer(
        "ps2-ex1",
        "einsum and the total input recomputed",
        cell="""
def step_backward(x, h_old, h_new, dh_new, weights):
    a = np.einsum("ij,bj->bi", weights["U_hh"], h_old)
    m = np.einsum("ik,bk->bi", weights["U_xh"], x)
    s = h_old @ weights["W_hh"].T + x @ weights["W_xh"].T + a * m + weights["b_h"]
    d = dh_new / np.cosh(s) ** 2
    own = weights["W_hh"] + m[:, :, None] * weights["U_hh"]  # each sequence's step matrix
    return dict(
        h_old=np.einsum("bi,bij->bj", d, own),
        x=np.einsum("bi,bik->bk", d, weights["W_xh"] + a[:, :, None] * weights["U_xh"]),
        W_hh=np.einsum("bi,bj->ij", d, h_old),
        W_xh=np.einsum("bi,bk->ik", d, x),
        U_hh=np.einsum("bi,bi,bj->ij", d, m, h_old),
        U_xh=np.einsum("bi,bi,bk->ik", d, a, x),
        b_h=np.einsum("bi->i", d),
    )
""",
    ),
    Answer(
        "ps2-ex1",
        "a loop over the batch, and lists",
        cell="""
def one_sequence(x, h_old, h_new, dh, w):
    a, m = w["U_hh"] @ h_old, w["U_xh"] @ x
    d = dh * (1 - h_new * h_new)
    back = w["W_hh"].T @ d + w["U_hh"].T @ (d * m), w["W_xh"].T @ d + w["U_xh"].T @ (d * a)
    return back, [
        np.outer(d, h_old), np.outer(d, x), np.outer(d * m, h_old), np.outer(d * a, x), d
    ]

def step_backward(x, h_old, h_new, dh_new, weights):
    rows = [one_sequence(*row, weights) for row in zip(x, h_old, h_new, dh_new)]
    totals = [sum(parts) for parts in zip(*(parts for _, parts in rows))]
    result = {name: total.tolist() for name, total in zip(NAMES, totals)}
    result["h_old"] = [back[0].tolist() for back, _ in rows]
    result["x"] = [back[1].tolist() for back, _ in rows]
    return result
""",
    ),
    Answer(
        "ps2-ex2",
        "single precision throughout",
        {
            "    W_hh, W_xh, U_hh, U_xh, _ =": (
                "    weights = {name: np.float32(weights[name]) for name in NAMES}\n"
                "    xs, hs, sources = np.float32(xs), np.float32(hs), np.float32(sources)\n"
                "    W_hh, W_xh, U_hh, U_xh, _ ="
            ),
            "np.zeros(np.shape(weights[name]))": "np.zeros_like(weights[name])",
            "np.zeros(xs.shape)": "np.zeros_like(xs)",
            "np.zeros(hs[0].shape)": "np.zeros_like(hs[0])",
        },
    ),
    Answer(
        "ps2-ex2",
        "in place on the sources, sums at the end",
        cell="""
import numpy as np

def backward(xs, hs, sources, weights):
    W_hh, W_xh, U_hh, U_xh, b_h = (weights[name] for name in NAMES)
    a, m = hs[:-1] @ U_hh.T, xs @ U_xh.T
    T = len(xs)
    dh0 = None
    for t in reversed(range(T)):
        sources[t] *= 1 - hs[t + 1] ** 2
        back = sources[t] @ W_hh + (sources[t] * m[t]) @ U_hh
        if t > 0:
            sources[t - 1] += back
        else:
            dh0 = back
    at_state, at_input = sources * m, sources * a
    return {
        "W_hh": np.tensordot(sources, hs[:-1], ((0, 1), (0, 1))),
        "W_xh": np.tensordot(sources, xs, ((0, 1), (0, 1))),
        "U_hh": np.tensordot(at_state, hs[:-1], ((0, 1), (0, 1))),
        "U_xh": np.tensordot(at_input, xs, ((0, 1), (0, 1))),
        "b_h": sources.sum((0, 1)),
        "xs": sources @ W_xh + at_input @ U_xh,
        "h0": dh0,
    }
""",
    ),
    Answer(
        "ps2-ex3",
        "the given network with complex numbers",
        cell="""
def rates(xs, hs, weights, directions):
    at = {**weights, "h0": hs[0], "xs": xs}
    at = {name: value + 1e-50j * np.asarray(directions.get(name, 0)) for name, value in at.items()}
    states = [at["h0"]]
    for x in at["xs"]:
        h = states[-1]
        s = h @ at["W_hh"].T + x @ at["W_xh"].T + at["b_h"]
        states.append(np.tanh(s + (h @ at["U_hh"].T) * (x @ at["U_xh"].T)))
    return [(h.imag / 1e-50).tolist() for h in states]
""",
    ),
    Answer(
        "ps2-ex3",
        "by the step Jacobians, in single precision",
        cell="""
def rates(xs, hs, weights, directions):
    w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    xs, hs = np.asarray(xs, np.float32), np.asarray(hs, np.float32)
    dots = [np.asarray(directions["h0"], np.float32) if "h0" in directions else 0 * hs[0]]
    for t in range(len(xs)):
        x, h = xs[t], hs[t]
        a, m = h @ w["U_hh"].T, x @ w["U_xh"].T
        J = w["W_hh"] + m[:, :, None] * w["U_hh"]
        push = (J @ dots[-1][:, :, None])[:, :, 0]
        if "xs" in directions:
            K = w["W_xh"] + a[:, :, None] * w["U_xh"]
            push = push + (K @ np.asarray(directions["xs"][t], np.float32)[:, :, None])[:, :, 0]
        for name, immediate in (
            ("W_hh", lambda D: h @ D.T),
            ("W_xh", lambda D: x @ D.T),
            ("U_hh", lambda D: m * (h @ D.T)),
            ("U_xh", lambda D: a * (x @ D.T)),
            ("b_h", lambda D: D),
        ):
            if name in directions:
                push = push + immediate(np.asarray(directions[name], np.float32))
        dots.append((1 - hs[t + 1] ** 2) * push)
    return np.array(dots, dtype=np.float32)
""",
    ),
    Answer(
        "ps2-ex4",
        "each sequence by itself, cut to its length",
        cell="""
def mended_backward(xs, hs, lengths, dlast, weights):
    W_hh, W_xh, U_hh, U_xh, b_h = [weights[name] for name in NAMES]
    result = {name: np.zeros(weights[name].shape) for name in NAMES}
    result["h0"] = np.zeros(len(b_h))
    for b in range(len(lengths)):
        dh = dlast[b]
        for t in range(int(lengths[b]), 0, -1):
            x, h = xs[t - 1, b], hs[t - 1, b]
            delta = (1 - hs[t, b] ** 2) * dh
            a, m = U_hh @ h, U_xh @ x
            result["W_hh"] += np.outer(delta, h)
            result["W_xh"] += np.outer(delta, x)
            result["U_hh"] += np.outer(delta * m, h)
            result["U_xh"] += np.outer(delta * a, x)
            result["b_h"] += delta
            dh = W_hh.T @ delta + U_hh.T @ (delta * m)
        result["h0"] += dh
    return result
""",
    ),
    Answer(
        "ps2-ex4",
        "a mask of floats, in place, lists",
        cell="""
def mended_backward(xs, hs, lengths, dlast, weights):
    total = {name: 0 for name in NAMES}
    T = xs.shape[0]
    for t in reversed(range(T)):
        on = (np.arange(1, T + 1)[t] <= np.asarray(lengths)).astype(np.float32)[:, None]
        delta = on * dlast * (1 - hs[t + 1] ** 2)
        a, m = hs[t] @ weights["U_hh"].T, xs[t] @ weights["U_xh"].T
        for name, left, right in (
            ("W_hh", delta, hs[t]), ("W_xh", delta, xs[t]),
            ("U_hh", delta * m, hs[t]), ("U_xh", delta * a, xs[t]),
        ):
            total[name] = total[name] + np.einsum("bi,bj->ij", left, right)
        total["b_h"] = total["b_h"] + delta.sum(0)
        dlast *= 1 - on
        dlast += delta @ weights["W_hh"] + (delta * m) @ weights["U_hh"]
    total["h0"] = dlast.sum(0)
    return {name: value.tolist() for name, value in total.items()}
""",
    ),
]
