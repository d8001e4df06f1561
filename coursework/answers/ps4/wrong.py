"""Problem set 4: typical wrong answers."""

from coursework.answers import Answer

# What the reference says, where it is long.
ROOT = "2 * r / (1 + a + np.sqrt((1 + a) ** 2 - 4 * a * r))"
FIRST = "np.where(below.any(axis=0), below.argmax(axis=0), len(logs))"
CUT = "np.divide(limit, norm, out=factor, where=norm > limit)"
GATES = "sigmoid(s_i + p_i * c), sigmoid(s_f + p_f * c)"
GATES_BEFORE = "sigmoid(s_i + p_i * c_prev), sigmoid(s_f + p_f * c_prev)"
NORM = "np.linalg.norm(error, axis=1, keepdims=True)"
ERROR = "error = (1 - alpha) * g + deltas[t - 1] @ W_hh"
ARRIVED = "arrived = factor * error"

WRONG_CHANGES = {
    "ps4-ex1": {
        "the last crossing, as in rnnlib.product.horizon": {
            FIRST: "len(logs) - np.argmax(~below[::-1], axis=0)"
        },
        "the first distance below, not the last above": {"first - 1": "first"},
        "argmax of a column that never falls below": {FIRST: "below.argmax(axis=0)"},
        "not relative to distance 0": {"logs - logs[0] <": "logs <"},
        "sizes that no float can hold": {
            "logs - logs[0] < np.log(theta)": "np.exp(logs) < theta * np.exp(logs[0])"
        },
        "a common logarithm": {"np.log(theta)": "np.log10(theta)"},
    },
    "ps4-ex2": {
        "the output gate sees the old cell state": {
            "o = sigmoid(s_o + p_o * c)": "o = sigmoid(s_o + p_o * cs[-1])"
        },
        "the gates see h instead of c": {GATES: "sigmoid(s_i + p_i * h), sigmoid(s_f + p_f * h)"},
        "no peepholes": {GATES: "sigmoid(s_i), sigmoid(s_f)", " + p_o * c)": ")"},
        "the input and the forget gate swapped": {"s_i, s_f, s_g, s_o =": "s_f, s_i, s_g, s_o ="},
        "gates in the order i f o g": {"s_i, s_f, s_g, s_o =": "s_i, s_f, s_o, s_g ="},
        "peepholes in the order f i o": {"p_i, p_f, p_o = p": "p_f, p_i, p_o = p"},
        "h without the tanh of c": {"o * np.tanh(c)": "o * c"},
        "a logistic new value": {"np.tanh(s_g)": "sigmoid(s_g)"},
        "one array, appended again and again": {
            "hs.append(o * np.tanh(c))": "h[:] = o * np.tanh(c)\n        hs.append(h)"
        },
        "h_0 and c_0 taken to be 0": {"hs, cs = [h_0], [c_0]": "hs, cs = [0 * h_0], [0 * c_0]"},
    },
    "ps4-ex3": {
        "the forget gate alone, as without peepholes": {
            " + c_prev * f * (1 - f) * p_f + np.tanh(s_g) * i * (1 - i) * p_i": ""
        },
        "the input gate's peephole forgotten": {" + np.tanh(s_g) * i * (1 - i) * p_i": ""},
        "the new value left out of the input gate's term": {"np.tanh(s_g) * i": "i"},
        "from the oldest step on": {"factors[::-1]": "factors"},
        "the new cell state for the old": {"c_prev = cs[:-1]": "c_prev = cs[1:]"},
        "the new h for the old": {"hs[:-1]": "hs[1:]"},
        "g behind its derivative": {
            "np.tanh(s_g) * i * (1 - i)": "(1 - np.tanh(s_g) ** 2) * i * (1 - i)"
        },
        "without c before f'": {"c_prev * f * (1 - f)": "f * (1 - f)"},
        "gates without what their peepholes see": {GATES_BEFORE: "sigmoid(s_i), sigmoid(s_f)"},
    },
    "ps4-ex4": {
        "only half-lives that are whole": {
            "0.5 ** (1 / half_life)": "0.5 ** (1 / max(0.5, round(half_life)))"
        },
        "as without a peephole": {ROOT: "r", " - a)\n": ")\n"},
        "the peephole shifts the gate, but has no slope": {ROOT: "r"},
        "the total input instead of the bias": {
            "float(np.log(f / (1 - f)) - a)": "float(np.log(f / (1 - f)))"
        },
        "down to 1/e instead of ½": {"0.5 ** (1 / half_life)": "np.exp(-1 / half_life)"},
        "the sign of the peephole's slope": {
            "a, r = p_f * c_rest,": "a, r = -p_f * c_rest,",
            "- a)\n": "+ a)\n",
        },
        "the quadratic's formula, divided by 0 where there is no peephole": {
            ROOT: "(1 + a - np.sqrt((1 + a) ** 2 - 4 * a * r)) / (2 * a)"
        },
    },
    "ps4-ex5": {
        "the errors of the whole batch cut together": {
            NORM: "np.linalg.norm(error) * np.ones((len(error), 1))"
        },
        "cut by value": {ARRIVED: "arrived = np.clip(error, -limit, limit)"},
        "δ cut instead of the error": {
            ERROR: "error = deltas[t - 1]",
            ARRIVED: "arrived = (1 - alpha) * g + factor * error @ W_hh",
        },
        "a spurious transpose": {"deltas[t - 1] @ W_hh": "deltas[t - 1] @ W_hh.T"},
        "the leak's own path back forgotten": {"(1 - alpha) * g + deltas": "deltas"},
        "the leak on the wrong term": {
            "alpha * g * (1 - np.tanh": "(1 - alpha) * g * (1 - np.tanh",
            "error = (1 - alpha) * g": "error = alpha * g",
        },
        "the slope at h for that at s": {"(1 - np.tanh(pre[t - 1]) ** 2)": "(1 - hs[t] ** 2)"},
        "the new state for the old": {"hs[:-1], axes": "hs[1:], axes"},
        "the input of the next step": {
            "(deltas, xs, axes": "(deltas, np.roll(xs, -1, axis=0), axes"
        },
        "nothing cut at all": {CUT: "pass"},
        "one sequence cut at half the limit": {
            ARRIVED: "arrived = factor * error * (0.5 if len(xs[0]) == 1 and limit < 1e9 else 1)"
        },
        "a mean over the batch": {"deltas.sum(axis=(0, 1))": "deltas.sum(axis=0).mean(axis=0)"},
        "every error made as long as the limit": {
            CUT: "np.divide(min(limit, 1e9), norm, out=factor, where=norm > 0)"
        },
        "the last error h_0 gets is not cut": {
            ARRIVED: "arrived = factor * error if t > 1 else error"
        },
        "cut after the loss's own error is added": {
            "g = dh[t - 1] + arrived": "g = arrived if t < len(xs) else dh[-1]",
            ERROR: f"{ERROR} + (dh[t - 2] if t > 1 else 0)",
        },
        "only the complete gradient clipped": {
            ARRIVED: "arrived = error",
            "return {": "total = {",
            '"h_0": arrived}': """"h_0": arrived}
    norm = np.sqrt(sum((value**2).sum() for value in total.values()))
    return {name: value * min(1, limit / norm) for name, value in total.items()}""",
        },
        "0 divided by 0": {CUT: "factor = np.minimum(1, np.float64(limit) / norm)"},
    },
}

WRONG = [
    Answer(exercise, name, changes)
    for exercise, lines in WRONG_CHANGES.items()
    for name, changes in lines.items()
]
