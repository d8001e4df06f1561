"""Problem set 5: right answers that are written differently."""

from coursework.answers import Answer

RIGHT = [
    Answer(
        "ps5-ex1",
        "with if, and numbers of Python",
        cell="""\
import math


def sine_start(m, loudness):
    decayed = 1 - 2 * m                                  # e^(-2q)
    q = math.log(1 / decayed) / 2
    critical = q - 2 * m / (1 + decayed)
    if loudness ** 2 > q:
        return dict(gain=float("nan"), chi=float("nan"), edge=math.sqrt(critical))
    g2 = (q - loudness ** 2) / m
    return dict(gain=math.sqrt(g2), chi=g2 * (1 + decayed) / 2, edge=math.sqrt(critical))
""",
    ),
    Answer(
        "ps5-ex1",
        "by log1p, as arrays without axes",
        cell="""\
def sine_start(m, loudness):
    q = np.array(-np.log1p(-2 * m) / 2)
    g2 = np.array((q - np.square(loudness)) / m)
    g2 = np.where(g2 < 0, np.nan, g2)
    chi = g2 * np.exp(-q) * np.cosh(q)
    return {"edge": (q - m / (1 - m)) ** 0.5, "chi": chi, "gain": g2 ** 0.5}
""",
    ),
    Answer(
        "ps5-ex2",
        "by the Jacobian of a step",
        cell="""\
def circle_bptt(xs, hs, pre, dh, W_hh):
    T, B, H = dh.shape
    f, shut, g = sigmoid(pre[..., :H]), sigmoid(-pre[..., :H]), np.tanh(pre[..., H:])
    to_gate = f * (shut * hs[:-1] - f * g * np.sqrt(shut) / np.sqrt(1 + f))
    to_candidate = np.sqrt(shut + f * shut) * (1 - g * g)
    errors = np.array(dh)
    W_f, W_g = W_hh[:H], W_hh[H:]
    for t in range(T - 1, -1, -1):
        J = to_gate[t][..., None] * W_f + to_candidate[t][..., None] * W_g
        J[:, range(H), range(H)] += f[t]
        back = np.einsum("bh,bhk->bk", errors[t], J)
        if t > 0:
            errors[t - 1] += back
    d = np.concatenate([errors * to_gate, errors * to_candidate], axis=2)
    return {"h_0": back, "b_h": np.einsum("tbs->s", d),
            "W_xh": np.tensordot(d, xs, axes=((0, 1), (0, 1))),
            "W_hh": np.tensordot(d, hs[:-1], axes=((0, 1), (0, 1)))}
""",
    ),
    Answer(
        "ps5-ex2",
        "sequence by sequence, lists, in single precision",
        cell="""\
def circle_bptt(xs, hs, pre, dh, W_hh):
    xs, hs, pre, dh, W_hh = [np.asarray(a, dtype=np.float32) for a in (xs, hs, pre, dh, W_hh)]
    H = hs.shape[2]
    found = {"W_hh": 0 * W_hh, "b_h": np.zeros(2 * H), "h_0": []}
    found["W_xh"] = np.zeros((2 * H, xs.shape[2]))
    for b in range(xs.shape[1]):
        e = np.zeros(H)
        for t in reversed(range(len(xs))):
            e = e + dh[t, b]
            f, not_f = sigmoid(pre[t, b, :H]), sigmoid(-pre[t, b, :H])
            g = np.tanh(pre[t, b, H:])
            i = np.sqrt(not_f * (2 - not_f))
            d_f = hs[t, b] * e
            d_i = g * e
            i_by_s = -f * f * np.sqrt(not_f / (2 - not_f))
            d_g = e * i / np.cosh(pre[t, b, H:]) ** 2
            d = np.concatenate([d_f * f * not_f + d_i * i_by_s, d_g])
            found["W_hh"] = found["W_hh"] + np.outer(d, hs[t, b])
            found["W_xh"] += np.outer(d, xs[t, b])
            found["b_h"] += d
            e = e * f + W_hh.T @ d
        found["h_0"].append(e.tolist())
    return found
""",
    ),
    Answer(
        "ps5-ex3",
        "by whole numbers of the memory",
        cell="""\
def tangent_unit(memory, correlation):
    M, r = memory, correlation
    kept = (2 - 1 / M) / M
    spread = (M + r * (M - 1)) / (M - r * (M - 1))
    return {"sensitivity": kept * spread, "variance": spread, "a": (M - 1) / np.sqrt(2 * M - 1)}
""",
    ),
    Answer(
        "ps5-ex3",
        "number by number, lists",
        cell="""\
def tangent_unit(memory, correlation):
    found = {"a": [], "variance": [], "sensitivity": []}
    for M in memory.ravel():
        leak = 1 / M
        a = (1 - leak) / (leak * (2 - leak)) ** 0.5
        lam = 1 - leak
        variance = 1 + 2 * correlation * lam / (1 - correlation * lam)
        found["a"].append(a)
        found["variance"].append(variance)
        found["sensitivity"].append(variance / (1 + a ** 2))
    return {name: np.reshape(value, memory.shape) for name, value in found.items()}
""",
    ),
    Answer(
        "ps5-ex4",
        "heights for the bias, squares for the variance",
        cell="""\
def cut_by_chance(parts, n1, n2):
    T = len(parts)
    G = np.concatenate([parts.reshape(T, -1), np.zeros((n2, parts[0].size))])
    beyond = np.cumsum(G[::-1], axis=0)[::-1]
    heights = beyond[n2 - n1 + 1:n2 + 1]
    bias = np.square(heights.mean(axis=0)).sum()
    mean_square = np.square(heights).sum() / n1
    a = np.clip((n2 - np.arange(T)) / n1, 0, 1)
    return {"weights": a, "bias": bias, "variance": mean_square - bias}
""",
    ),
    Answer(
        "ps5-ex4",
        "a loop over the draws, lists",
        cell="""\
def cut_by_chance(parts, n1, n2):
    whole = sum(parts)
    weights = [min(n1, max(0, n2 - d)) / n1 for d in range(len(parts))]
    drawn = [sum(parts[:n2 - j]) for j in range(n1)]
    mean = sum(w * part for w, part in zip(weights, parts))
    off = [np.linalg.norm(each - mean) ** 2 for each in drawn]
    bias = np.linalg.norm(whole - mean) ** 2
    return {"weights": weights, "bias": bias, "variance": sum(off) / n1}
""",
    ),
    Answer(
        "ps5-ex5",
        "block by block, with Gram and Schmidt",
        cell="""\
def two_memories(hs, A, B):
    T, H = len(hs) - 2, len(A)
    found, nudges, logs = [], np.eye(2 * H), np.zeros(2 * H)
    for t in range(T):
        D = np.diag(1 - hs[t + 2] ** 2)
        found.append(np.block([[D @ A, D @ B], [np.eye(H), np.zeros((H, H))]]))
        moved = found[-1] @ nudges
        for n in range(2 * H):
            v = moved[:, n].copy()
            for m in [*range(n), *range(n)]:
                v -= (moved[:, m] @ v) * moved[:, m]
            size = np.linalg.norm(v)
            logs[n] += np.log(size) / T
            moved[:, n] = v / size
        nudges = moved
    sizes = np.linalg.svd(B, compute_uv=False)
    total = np.mean([np.log(1 - h * h).sum() for h in hs[2:]]) + np.log(sizes).sum()
    return {"jacobians": found, "exponents": logs.tolist(), "total": total}
""",
    ),
    Answer(
        "ps5-ex5",
        "the longest way: an array that is filled",
        cell="""\
def two_memories(hs, A, B):
    T, H = len(hs) - 2, len(A)
    J = np.zeros((T, 2 * H, 2 * H))
    for t in range(T):
        for i in range(H):
            slope = (1 + hs[t + 2, i]) * (1 - hs[t + 2, i])
            J[t, i, :H] = slope * A[i]
            J[t, i, H:] = slope * B[i]
            J[t, H + i, i] = 1
    Q, total_growth = np.eye(2 * H), 0
    for t in range(T):
        Q, R = np.linalg.qr(J[t] @ Q)
        total_growth = total_growth + np.log(abs(R.diagonal()))
    pivots = np.linalg.slogdet(B).logabsdet
    return {"jacobians": J, "exponents": total_growth / T,
            "total": pivots + (np.log1p(hs[2:]) + np.log1p(-hs[2:])).sum(axis=1).mean()}
""",
    ),
]
