"""Problem set 1: right answers that are written differently."""

from coursework.answers import Answer
from coursework.answers.ps1.wrong import ALPHA

RIGHT = [
    Answer(
        "ps1-ex1",
        "einsum, all arrays made before the loop",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    vs = np.empty((len(xs) + 1, *v0.shape))
    hs = np.empty_like(vs)
    vs[0], hs[0] = v0, np.tanh(v0)
    heard = np.einsum("tbi,hi->tbh", xs, W_xh) + b_h
    for t in range(len(xs)):
        s = heard[t] + np.einsum("bj,ij->bi", hs[t], W_hh)
        vs[t + 1] = vs[t] + alpha * (s - vs[t])
        hs[t + 1] = np.tanh(vs[t + 1])
    return vs, hs
""",
    ),
    Answer(
        "ps1-ex1",
        "single precision, plain lists",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    W_hh, W_xh, b_h, alpha, xs, v = (
        np.asarray(a, dtype=np.float32) for a in (W_hh, W_xh, b_h, alpha, xs, v0))
    vs, hs = [v.tolist()], [np.tanh(v).tolist()]
    for x in xs:
        v = (1 - alpha) * v + alpha * (np.tanh(v) @ W_hh.T + x @ W_xh.T + b_h)
        vs.append(v.tolist())
        hs.append(np.tanh(v).tolist())
    return vs, hs
""",
    ),
    Answer(
        "ps1-ex1",
        "in place on the arguments",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    vs, hs = [v0.copy()], [np.tanh(v0)]
    W_hh *= alpha[:, None]
    W_xh *= alpha[:, None]
    b_h *= alpha
    for x in xs:
        v0 *= 1 - alpha
        v0 += hs[-1] @ W_hh.T + x @ W_xh.T + b_h
        vs.append(v0.copy())
        hs.append(np.tanh(v0))
    return np.array([vs, hs])
""",
    ),
    Answer(
        "ps1-ex2",
        "halving the interval, and counting",
        cell="""\
def weight_left(leak):
    return (1 - leak * (1 - SELF)) ** N_BACK

low, high = 0.0, 1.0
while high - low > 1e-7:
    middle = (low + high) / 2
    low, high = (middle, high) if weight_left(middle) > WEIGHT else (low, middle)
alpha_star = np.float32(low)
h, rise = 0.0, 0
while h < 0.9 / (1 - SELF):
    h += LEAK * (1 - (1 - SELF) * h)
    rise += 1
""",
    ),
    Answer(
        "ps1-ex2",
        "four digits, and a float for the step",
        cell=f"""\
alpha_star = float(f"{{{ALPHA}:.4g}}")
rise = np.ceil(np.log(0.1) / np.log(1 - LEAK * (1 - SELF)))
""",
    ),
    Answer(
        "ps1-ex3",
        "a loop over steps and sequences",
        cell="""\
def padded_loss(logits, targets, lengths):
    surprise, n = 0.0, 0
    for b in range(len(lengths)):
        for t in range(int(lengths[b])):
            z = logits[t, b]
            surprise += np.logaddexp.reduce(z) - z[targets[t, b]]
            n += 1
    return [surprise / n, np.exp(surprise / n)]
""",
    ),
    Answer(
        "ps1-ex3", "single precision", {"z, w = logits[real],": "z, w = np.float32(logits[real]),"}
    ),
    Answer(
        "ps1-ex3",
        "padding overwritten in place, helper function",
        cell="""\
def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def padded_loss(logits, targets, lengths):
    T, B, V = logits.shape
    pad = np.arange(T)[:, None] >= lengths
    logits[pad], targets[pad] = 0, 0
    surprise = -np.take_along_axis(log_softmax(logits), targets[..., None], axis=2)[..., 0]
    loss = np.where(pad, 0, surprise).sum() / lengths.sum()
    return np.array([loss, np.exp(loss)])
""",
    ),
    Answer(
        "ps1-ex4",
        "each sequence by itself, lists",
        cell="""\
def softmax(z):
    e = np.exp(z - max(z))
    return e / sum(e)


def jordan(W_ch, W_xh, b_h, W_ho, b_o, xs, mu, feedback, targets=None):
    T, B, V = len(xs), len(xs[0]), len(b_o)
    hs, outputs = [[None] * B for t in range(T)], [[None] * B for t in range(T)]
    for b in range(B):
        c = np.zeros(V)
        for t in range(T):
            h = np.tanh(W_ch @ c + W_xh @ xs[t, b] + b_h)
            o = softmax(W_ho @ h + b_o)
            hs[t][b], outputs[t][b] = list(h), list(o)
            c *= mu
            if feedback == "output":
                c += o
            else:
                c[targets[t, b] if feedback == "target" else np.argmax(o)] += 1
    return hs, outputs
""",
    ),
    Answer(
        "ps1-ex4",
        "einsum in single precision",
        cell="""\
def jordan(W_ch, W_xh, b_h, W_ho, b_o, xs, mu, feedback, targets=None):
    W_ch, W_xh, b_h, W_ho, b_o, xs = (
        a.astype(np.float32) for a in (W_ch, W_xh, b_h, W_ho, b_o, xs))
    one_hot, mu = np.eye(len(b_o), dtype=np.float32), np.float32(mu)
    c = np.zeros((xs.shape[1], len(b_o)), np.float32)
    hs, outputs = [], []
    for t, x in enumerate(xs):
        h = np.tanh(np.einsum("bv,hv->bh", c, W_ch) + np.einsum("bi,hi->bh", x, W_xh) + b_h)
        z = np.einsum("bh,vh->bv", h, W_ho) + b_o
        o = np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])
        kinds = {"output": lambda: o, "decision": lambda: one_hot[z.argmax(1)],
                 "target": lambda: one_hot[targets[t]]}
        c = mu * c + kinds[feedback]()
        hs.append(h)
        outputs.append(o)
    return np.stack(hs), np.stack(outputs)
""",
    ),
    Answer(
        "ps1-ex4",
        "in place on the context",
        {"context = mu * context + fed_back": "context *= mu\n        context += fed_back"},
    ),
]
