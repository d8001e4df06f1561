"""Problem set 3: right answers that are written differently."""

from coursework.answers import Answer
from coursework.answers.ps3.wrong import passages

RIGHT = [
    Answer(
        "ps3-ex1",
        "a loop over steps and sequences, lists",
        cell="""def residual_jacobians(xs, h0, W_hh, W_xh, b_h, eps):
    hs, found = [h0], []
    for x in xs:
        found.append([])
        new = []
        for h_b, x_b in zip(hs[-1], x):
            s = W_hh @ h_b + W_xh @ x_b + b_h
            new.append(h_b + eps * np.tanh(s))
            D = np.diag(np.cosh(s) ** -2.0)
            found[-1].append((np.identity(len(s)) + eps * D @ W_hh).tolist())
        hs.append(np.array(new))
    return found
""",
    ),
    Answer(
        "ps3-ex1",
        "float32, the slope from the states",
        cell="""def residual_jacobians(xs, h0, W_hh, W_xh, b_h, eps):
    xs, h0, W_hh, W_xh, b_h = (a.astype(np.float32) for a in (xs, h0, W_hh, W_xh, b_h))
    pre = residual_run(xs, h0, W_hh, W_xh, b_h, np.float32(eps))[1]
    D = np.float32(eps) * (1 - np.tanh(pre) ** 2)
    return np.eye(len(W_hh), dtype=np.float32) + D[..., None] * W_hh
""",
    ),
    Answer(
        "ps3-ex2",
        "sequence by sequence, lists",
        cell="""def one_sequence(jacobians):
    P, log = np.eye(len(jacobians[0])), 0.0
    directions, logs = [], []
    for J in [None, *jacobians[::-1]]:
        P = P if J is None else P @ J
        size = (P**2).sum() ** 0.5
        if size == 0:
            log = -np.inf
        else:
            P, log = P / size, log + np.log(size)
        directions.append(P)
        logs.append(log)
    return directions[::-1], logs[::-1]

def scaled_products(jacobians):
    both = [one_sequence(jacobians[:, b]) for b in range(jacobians.shape[1])]
    return [np.stack([pair[n] for pair in both], axis=1).tolist() for n in (0, 1)]
""",
    ),
    Answer(
        "ps3-ex2",
        "float32 throughout",
        {
            "T, B, H, _ = jacobians.shape": "jacobians = jacobians.astype(np.float32)\n"
            "    T, B, H, _ = jacobians.shape",
            "np.empty((T + 1, B, H, H)), np.empty((T + 1, B))": "np.empty((T + 1, B, H, H), "
            "np.float32), np.empty((T + 1, B), np.float32)",
            "np.tile(np.eye(H), (B, 1, 1)), np.zeros(B)": "np.tile(np.eye(H, dtype=np.float32), "
            "(B, 1, 1)), np.zeros(B, np.float32)",
        },
    ),
    Answer(
        "ps3-ex2",
        "the norm taken after the largest entry",
        {
            "norm = np.sqrt(np.sum(product**2, axis=(1, 2)))": "top = np.abs(product).max((1, 2))\n"
            "        norm = top * np.linalg.norm(product / (top + (top == 0))[:, None, None], "
            "axis=(1, 2))"
        },
    ),
    Answer(
        "ps3-ex2",
        "in place, rescaled by powers of two every eighth step",
        cell="""def scaled_products(jacobians):
    T, B, H, _ = jacobians.shape
    P, shift = np.empty((T + 1, B, H, H)), np.zeros((T + 1, B))
    P[T] = np.eye(H)
    for k in reversed(range(T)):
        np.matmul(P[k + 1], jacobians[k], out=P[k])
        shift[k] = shift[k + 1]
        if k % 8 == 0:
            exponent = np.frexp(np.abs(P[k]).max(axis=(1, 2)))[1]
            P[k] = np.ldexp(P[k], -exponent[:, None, None])
            shift[k] += exponent
    norms = np.einsum("tbij,tbij->tb", P, P) ** 0.5
    with np.errstate(divide="ignore"):
        logs = shift * np.log(2) + np.log(norms)
    P /= np.where(norms > 0, norms, 1)[..., None, None]
    jacobians *= 0
    return P, logs
""",
    ),
    passages(
        "in place, from above",
        update="for m in range(M, 0, -1):\n            terms[m] += terms[m - 1] @ A",
    ),
    passages(
        "from the first step on, multiplying from the left",
        order="passages",
        update="terms[1:] = terms[1:] + np.einsum('bij,mbjk->mbik', A, terms[:-1])",
    ),
    passages("lists", result="return terms.tolist()"),
    passages(
        "float32",
        update="terms = np.float32(terms)\n        "
        "terms[1:] = terms[1:] + terms[:-1] @ np.float32(A)",
    ),
    Answer(
        "ps3-ex3",
        "the coefficients of Π (I + z A_t), from its values on the unit circle",
        cell="""def terms_by_passages(passages, M):
    T, B, H, _ = passages.shape
    z = np.exp(2j * np.pi * np.arange(T + 1) / (T + 1))[:, None, None, None]
    value = np.tile(np.eye(H, dtype=complex), (T + 1, B, 1, 1))
    for A in passages:
        value = (np.eye(H) + z * A) @ value
    terms = np.zeros((max(M, T) + 1, B, H, H))
    terms[: T + 1] = np.fft.fft(value, axis=0).real / (T + 1)
    return terms[: M + 1]
""",
    ),
    Answer(
        "ps3-ex4",
        "from the eigenvalues, as an array of no dimension",
        cell="""def least_leak(G, eps):
    G -= G.T.copy()
    w2 = (eps * np.linalg.eigvals(G).imag.max()) ** 2
    with np.errstate(invalid="ignore"):
        return np.array((1 - np.sqrt(1 - w2)) / eps)
""",
    ),
    Answer(
        "ps3-ex4",
        "bisection on the norm",
        cell="""def size(mu, G, eps):
    return np.linalg.norm(np.eye(len(G)) + eps * (G - G.T - mu * np.eye(len(G))), ord=2)

def least_leak(G, eps):
    low, high = 0.0, 1 / eps
    if size(high, G, eps) > 1:
        return float("nan")
    if size(low, G, eps) <= 1:
        return 0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (low, mid) if size(mid, G, eps) <= 1 else (mid, high)
    return high
""",
    ),
    Answer("ps3-ex4", "float32", {"G - G.T, 2)": "(G - G.T).astype(np.float32), 2)"}),
]
