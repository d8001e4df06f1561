"""Problem set 4: right answers that are written differently."""

from coursework.answers import Answer

RIGHT = [
    Answer(
        "ps4-ex1",
        "a loop, whole numbers of Python",
        cell="""\
from math import log

def unbroken_reach(logs, theta):
    reaches = []
    for column in zip(*logs):
        reach = 0
        for value in column[1:]:
            if value - column[0] < log(theta):
                break
            reach += 1
        reaches.append(reach)
    return reaches
""",
    ),
    Answer(
        "ps4-ex1",
        "a running minimum, in place, in single precision",
        cell="""\
def unbroken_reach(logs, theta):
    logs = logs.astype("f4")
    logs -= logs[0].copy()
    np.minimum.accumulate(logs, axis=0, out=logs)
    return [float(n) for n in (logs >= np.float32(np.log(theta))).sum(axis=0) - 1]
""",
    ),
    Answer(
        "ps4-ex2",
        "in single precision, with lists",
        cell="""\
def one_step(x, h, c, W_hh, W_xh, b_h, p):
    s = np.einsum("gh,bh->bg", W_hh, h) + np.einsum("gi,bi->bg", W_xh, x) + b_h
    H = h.shape[1]
    i = 1 / (1 + np.exp(-s[:, :H] - p[0] * c))
    f = 1 / (1 + np.exp(-s[:, H:2 * H] - p[1] * c))
    new = f * c + i * np.tanh(s[:, 2 * H:3 * H])
    return np.tanh(new) / (1 + np.exp(-s[:, 3 * H:] - p[2] * new)), new


def peephole_forward(*arguments):
    xs, h, c, *weights = [np.asarray(a, dtype=np.float32) for a in arguments]
    hs, cs = [h.tolist()], [c.tolist()]
    for x in xs:
        h, c = one_step(x, h, c, *weights)
        hs.append(h.tolist())
        cs.append(c.tolist())
    return [hs, cs]
""",
    ),
    Answer(
        "ps4-ex2",
        "a loop over the batch, in place",
        cell="""\
def peephole_forward(xs, h_0, c_0, W_hh, W_xh, b_h, p):
    (T, B, _), H = xs.shape, h_0.shape[1]
    states = np.zeros((2, T + 1, B, H))
    for b in range(B):
        h, c = h_0[b], c_0[b]
        states[:, 0, b] = h, c
        for t in range(T):
            s_i, s_f, s_g, s_o = gate_inputs(xs[t, b], h, W_hh, W_xh, b_h)
            s_i += p[0] * c
            s_f += p[1] * c
            c *= sigmoid(s_f)
            c += sigmoid(s_i) * np.tanh(s_g)
            h[:] = sigmoid(s_o + p[2] * c) * np.tanh(c)
            states[:, t + 1, b] = h, c
    return states[0], states[1]
""",
    ),
    Answer(
        "ps4-ex3",
        "i g taken from the states",
        {"np.tanh(s_g) * i * (1 - i)": "(cs[1:] - f * c_prev) * (1 - i)"},
    ),
    Answer(
        "ps4-ex3",
        "in single precision",
        cell="""\
def direct_path(*arguments):
    xs, hs, cs, W_hh, W_xh, b_h, p = [np.asarray(a, dtype=np.float32) for a in arguments]
    s = np.einsum("tbh,gh->tbg", hs[:-1], W_hh) + np.einsum("tbi,gi->tbg", xs, W_xh) + b_h
    s = s.reshape(*s.shape[:2], 4, -1)
    s[:, :, :2] += p[:2] * cs[:-1, :, None]
    i, f = (1 / (1 + np.exp(-s[:, :, k])) for k in (0, 1))
    A = f + cs[:-1] * f * (1 - f) * p[1] + np.tanh(s[:, :, 2]) * i * (1 - i) * p[0]
    path = np.ones_like(cs)
    for d in range(1, len(path)):
        path[d] = path[d - 1] * A[-d]
    return path
""",
    ),
    Answer(
        "ps4-ex4",
        "the quadratic's formula with its edge, in single precision",
        cell="""\
def forget_bias(half_life, p_f, c_rest):
    a = np.float32(p_f * c_rest)
    r = np.float32(2 ** (-1 / half_life))
    f = r if a == 0 else (1 + a - np.sqrt((1 + a) ** 2 - 4 * a * r)) / (2 * a)
    return np.float32(np.log(f) - np.log1p(-f) - a)
""",
    ),
    Answer(
        "ps4-ex4",
        "numpy's roots, returned as a list",
        cell="""\
def forget_bias(half_life, p_f, c_rest):
    a = p_f * c_rest
    roots = np.roots([-a, 1 + a, -(0.5 ** (1 / half_life))])
    gate = [f.real for f in roots if abs(f.imag) < 1e-12 and 0 < f.real < 1]
    return [np.log(gate[0] / (1 - gate[0])) - a]
""",
    ),
    Answer(
        "ps4-ex5",
        "a loop over the batch, sums as they come, lists",
        cell="""\
def shorten(e, limit):
    length = np.sqrt(e @ e)
    return e * (limit / length) if length > limit else e


def clipped_bptt(xs, hs, pre, dh, W_hh, alpha, limit):
    T, B, I = xs.shape
    H = len(W_hh)
    dW_hh, dW_xh, db, dh_0 = np.zeros((H, H)), np.zeros((H, I)), np.zeros(H), np.zeros((B, H))
    for b in range(B):
        e = np.zeros(H)
        for t in reversed(range(T)):
            g = dh[t, b] + e
            delta = alpha * g / np.cosh(pre[t, b]) ** 2
            dW_hh += np.outer(delta, hs[t, b])
            dW_xh += np.outer(delta, xs[t, b])
            db += delta
            e = shorten((1 - alpha) * g + W_hh.T @ delta, limit)
        dh_0[b] = e
    sums = {"W_hh": dW_hh, "W_xh": dW_xh, "b_h": db, "h_0": dh_0}
    return {name: value.tolist() for name, value in sums.items()}
""",
    ),
    Answer(
        "ps4-ex5",
        "in place, in single precision, by the Jacobian",
        cell="""\
def clipped_bptt(xs, hs, pre, dh, W_hh, alpha, limit):
    xs, hs, pre, dh, W_hh = (np.asarray(a, dtype=np.float32) for a in (xs, hs, pre, dh, W_hh))
    slope = np.float32(alpha) * (1 - np.tanh(pre) ** 2)
    J = slope[..., None] * W_hh + np.float32(1 - alpha) * np.eye(len(W_hh), dtype=np.float32)
    for t in range(len(xs) - 1, -1, -1):
        e = np.einsum("bh,bhk->bk", dh[t], J[t])
        norm = np.sqrt(np.einsum("bk,bk->b", e, e))
        long = norm > limit
        e[long] *= np.float32(limit) / norm[long, None]
        if t:
            dh[t - 1] += e
    dh *= slope
    return {"h_0": e, "b_h": np.einsum("tbh->h", dh),
            "W_xh": np.tensordot(dh, xs, axes=((0, 1), (0, 1))),
            "W_hh": np.tensordot(dh, hs[:-1], axes=((0, 1), (0, 1)))}
""",
    ),
]
