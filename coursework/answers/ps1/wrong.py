"""Problem set 1: typical wrong answers."""

from coursework.answers import Answer

ALPHA = "(1 - WEIGHT ** (1 / N_BACK)) / (1 - SELF)"
_SURPRISE = "log_sum_exp - z[np.arange(len(w)), w]"
_PROBABILITY = "np.exp(z - log_sum_exp[:, None])[np.arange(len(w)), w]"

WRONG = [
    Answer(
        "ps1-ex1",
        "leak of the state, outside tanh",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    hs = [np.tanh(v0)]
    for x in xs:
        hs.append((1 - alpha) * hs[-1] + alpha * np.tanh(hs[-1] @ W_hh.T + x @ W_xh.T + b_h))
    return np.arctanh(np.array(hs)), np.array(hs)
""",
    ),
    Answer(
        "ps1-ex1",
        "what leaks and what stays exchanged",
        {"(1 - alpha) * vs[-1] + alpha * s": "alpha * vs[-1] + (1 - alpha) * s"},
    ),
    Answer("ps1-ex1", "transpose of W_hh forgotten", {"W_hh.T": "W_hh"}),
    Answer("ps1-ex1", "potential in place of the state", {"hs[-1] @ W_hh.T": "vs[-1] @ W_hh.T"}),
    Answer(
        "ps1-ex1",
        "state in place of the potential",
        {"(1 - alpha) * vs[-1]": "(1 - alpha) * hs[-1]"},
    ),
    Answer(
        "ps1-ex1", "bias outside the leak", {" + b_h": "", "+ alpha * s)": "+ alpha * s + b_h)"}
    ),
    Answer(
        "ps1-ex1", "v0 ignored", {"vs, hs = [v0], [np.tanh(v0)]": "vs, hs = [0 * v0], [0 * v0]"}
    ),
    Answer("ps1-ex1", "h_0 = v_0", {"[np.tanh(v0)]": "[v0]"}),
    Answer(
        "ps1-ex1",
        "one leak for all units",
        {"    for x in xs:": "    alpha = alpha.mean()\n    for x in xs:"},
    ),
    Answer(
        "ps1-ex1",
        "one array changed in place, T + 1 times in the list",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    v, vs, hs = v0, [v0], [np.tanh(v0)]
    for x in xs:
        v *= 1 - alpha
        v += alpha * (hs[-1] @ W_hh.T + x @ W_xh.T + b_h)
        vs.append(v)
        hs.append(np.tanh(v))
    return np.array(vs), np.array(hs)
""",
    ),
    Answer("ps1-ex1", "no recurrence", {"hs[-1] @ W_hh.T + ": ""}),
    Answer("ps1-ex1", "bias forgotten", {" + b_h": ""}),
    Answer(
        "ps1-ex1",
        "one unit after the other, which hears the new states of those before it",
        cell="""\
def leaky(W_hh, W_xh, b_h, alpha, xs, v0):
    vs, v = [v0.copy()], v0.copy()
    for x in xs:
        for i in range(len(b_h)):
            s = np.tanh(v) @ W_hh[i] + x @ W_xh[i] + b_h[i]
            v[:, i] = (1 - alpha[i]) * v[:, i] + alpha[i] * s
        vs.append(v.copy())
    return np.array(vs), np.tanh(vs)
""",
    ),
    Answer("ps1-ex2", "any number of the range", {ALPHA: "0.5"}),
    Answer("ps1-ex2", "self weight forgotten", {ALPHA: "1 - WEIGHT ** (1 / N_BACK)"}),
    Answer("ps1-ex2", "one multiplication too few", {"(1 / N_BACK)": "(1 / (N_BACK - 1))"}),
    Answer("ps1-ex2", "time constant taken for the leak", {ALPHA: "1 / N_BACK"}),
    Answer("ps1-ex2", "one step too early", {"np.ceil": "np.floor"}),
    Answer("ps1-ex2", "rise without the self weight", {"LEAK * (1 - SELF)": "LEAK"}),
    Answer(
        "ps1-ex3",
        "divided by T B",
        {f"np.mean({_SURPRISE})": f"np.sum({_SURPRISE}) / targets.size"},
    ),
    Answer(
        "ps1-ex3",
        "mean of the sequences' means",
        {
            f"np.mean({_SURPRISE})": f"""np.mean([
        ({_SURPRISE})[real.nonzero()[1] == b].mean() for b in set(real.nonzero()[1])])"""
        },
    ),
    Answer("ps1-ex3", "one step too many", {"< lengths": "<= lengths"}),
    Answer("ps1-ex3", "no shift", {"top = z.max(axis=1)": "top = 0 * z.max(axis=1)"}),
    Answer(
        "ps1-ex3",
        "one shift for all steps",
        {"top = z.max(axis=1)": "top = np.full(len(z), z.max())"},
    ),
    Answer("ps1-ex3", "logarithm of 0", {_SURPRISE: f"-np.log({_PROBABILITY})"}),
    Answer("ps1-ex3", "kept from 0 by 1e-12", {_SURPRISE: f"-np.log({_PROBABILITY} + 1e-12)"}),
    Answer(
        "ps1-ex3",
        "padding multiplied by 0",
        cell="""\
def padded_loss(logits, targets, lengths):
    mask = np.arange(len(logits))[:, None] < lengths
    log_o = logits - np.logaddexp.reduce(logits, axis=2)[..., None]
    w = np.where(mask, targets, 0)[..., None]
    loss = -np.sum(mask * np.take_along_axis(log_o, w, axis=2)[..., 0]) / mask.sum()
    return loss, np.exp(loss)
""",
    ),
    Answer(
        "ps1-ex3", "bits", {"return loss, np.exp(loss)": "return loss / np.log(2), np.exp(loss)"}
    ),
    Answer("ps1-ex3", "perplexity to base 2", {"np.exp(loss)": "2**loss"}),
    Answer("ps1-ex4", "no trace", {"mu * context + fed_back": "fed_back"}),
    Answer(
        "ps1-ex4",
        "trace as an average",
        {"mu * context + fed_back": "mu * context + (1 - mu) * fed_back"},
    ),
    Answer(
        "ps1-ex4",
        "target of the step itself",
        {"[targets[t]]": "[np.roll(targets, -1, axis=0)[t]]"},
    ),
    Answer("ps1-ex4", "first target at every step", {"[targets[t]]": "[targets[0]]"}),
    Answer("ps1-ex4", "no teacher", {"np.eye(len(b_o))[targets[t]]": "o"}),
    Answer("ps1-ex4", "logits fed back", {"fed_back = o\n": "fed_back = z\n"}),
    Answer("ps1-ex4", "distribution for decision", {"np.eye(len(b_o))[o.argmax(axis=1)]": "o"}),
    Answer(
        "ps1-ex4",
        "one decision for the whole batch",
        {"[o.argmax(axis=1)]": "[o.sum(axis=0).argmax()]"},
    ),
    Answer(
        "ps1-ex4", "softmax over the batch", {"exps.sum(axis=1, keepdims=True)": "exps.sum(axis=0)"}
    ),
    Answer("ps1-ex4", "softmax without a shift", {"z - z.max(axis=1, keepdims=True)": "z"}),
    Answer("ps1-ex4", "state fed back as well", {"+ b_h)": "+ b_h + (hs[-1] if hs else 0))"}),
    Answer("ps1-ex4", "plan read at the first step only", {"xs[t] @": "xs[0] @"}),
    Answer(
        "ps1-ex4",
        "context starts at the uniform distribution",
        {"np.zeros((xs.shape[1], len(b_o)))": "np.full((xs.shape[1], len(b_o)), 1 / len(b_o))"},
    ),
    Answer("ps1-ex3", "the mean subtracted for the largest", {"z.max(axis=1)": "z.mean(axis=1)"}),
    Answer(
        "ps1-ex3",
        "a perplexity that overflows",
        {"return loss, np.exp(loss)": "import math\n    return loss, math.exp(loss)"},
    ),
]
