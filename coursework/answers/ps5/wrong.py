"""Problem set 5: typical wrong answers."""

from coursework.answers import Answer

# What the reference says, where it is long.
GATE = "by_gate = f * shut * hs[t - 1] - f**2 * np.sqrt(shut / (1 + f)) * g"
SHARE = "np.sqrt(shut * (1 + f)) * (1 - g**2)"
ARRIVED = "arrived = f * error + delta @ W_hh"
VARIANCE = "(1 + correlation * decay) / (1 - correlation * decay)"
SENSITIVITY = "scale**2 * variance}"
SCALE = "scale = np.sqrt(2 * memory - 1) / memory"
DRAWN = "drawn = sums[np.minimum(reached, T) - 1]"
WEIGHTS = "(np.arange(T) < reached[:, None]).mean(axis=0)"
BIAS = "((mean - sums[-1]) ** 2).sum()"
SPREAD = "((drawn - mean) ** 2).sum() / n1"
TOTAL = "np.log(slopes).sum() / len(slopes) + np.linalg.slogdet(B)[1]"
MEAN = "np.mean(logs, axis=0)"
LOGS = "logs.append(np.log(np.abs(np.diag(R))))"

WRONG_CHANGES = {
    "ps5-ex1": {
        "the square of the gain": {'{"gain": gain': '{"gain": gain**2'},
        "χ with the mean slope, not the mean of its square": {
            "gain**2 * (1 - m)": "gain**2 * np.exp(-q)"
        },
        "χ with the slope at the origin": {"gain**2 * (1 - m)": "gain**2"},
        "the growth of a length, not of its square": {"gain**2 * (1 - m)": "gain * np.sqrt(1 - m)"},
        "the inputs forgotten": {"(q - loudness**2)": "q"},
        "the loudness not squared": {"loudness**2": "loudness"},
        "E cos(2s) taken for e^-q": {"q = -0.5 *": "q = -1.0 *"},
        "q taken for m, as for a small one": {"q = -0.5 * np.log(1 - 2 * m)": "q = m"},
        "no gain taken for a gain of 0": {
            "np.sqrt((q - loudness**2) / m)": "np.sqrt(max(q - loudness**2, 0) / m)"
        },
        "the edge as a variance": {"np.sqrt(q - m / (1 - m))": "q - m / (1 - m)"},
        "the edge with χ = g² m": {"np.sqrt(q - m / (1 - m))": "np.sqrt(abs(q - 1))"},
        "the edge for the gain without inputs": {
            "np.sqrt(q - m / (1 - m))": "np.sqrt(max(0, q - gain**2 * m))"
        },
        "the edge is nan where the gain is": {
            "np.sqrt(q - m / (1 - m))": "np.sqrt(q - m / (1 - m)) + 0 * gain"
        },
        "a gain of two digits": {
            "gain = np.sqrt((q - loudness**2) / m)": (
                "gain = np.round(np.sqrt((q - loudness**2) / m), 2)"
            )
        },
    },
    "ps5-ex2": {
        "the gate's second share forgotten": {GATE: "by_gate = f * shut * hs[t - 1]"},
        "shares that add up to 1, as in a GRU": {
            GATE: "by_gate = f * shut * (hs[t - 1] - g)",
            SHARE: "shut * (1 - g**2)",
        },
        "a gate like a GRU's, with the right share": {GATE: "by_gate = f * shut * (hs[t - 1] - g)"},
        "the sign of the second share": {
            " - f**2 * np.sqrt(shut / (1 + f)) * g": " + f**2 * np.sqrt(shut / (1 + f)) * g"
        },
        "the derivative of i by f, not by s": {
            "f**2 * np.sqrt(shut / (1 + f)) * g": "f / np.sqrt(shut * (1 + f)) * g"
        },
        "the new state for the old, in the gate": {"f * shut * hs[t - 1]": "f * shut * hs[t]"},
        "the new state for the old, in the weights": {"deltas, hs[:-1])": "deltas, hs[1:])"},
        "the candidate's slope forgotten": {SHARE: "np.sqrt(shut * (1 + f))"},
        "the slope at g for that at s": {"(1 - g**2)": "(1 - np.tanh(g) ** 2)"},
        "the share i for the slope alone": {SHARE: "(1 - g**2)"},
        "only the straight path back": {ARRIVED: "arrived = f * error"},
        "only the way through the weights": {ARRIVED: "arrived = delta @ W_hh"},
        "only the candidate's rows on the way back": {
            ARRIVED: "arrived = f * error + (error * by_candidate) @ W_hh[f.shape[1]:]"
        },
        "a spurious transpose": {
            "delta @ W_hh": (
                "sum(d @ W.T for d, W in zip(np.split(delta, 2, axis=1), np.split(W_hh, 2)))"
            )
        },
        "the candidate's rows first": {
            "[error * by_gate, error * by_candidate]": "[error * by_candidate, error * by_gate]"
        },
        "gate and candidate swapped": {"s_f, s_g = np": "s_g, s_f = np"},
        "what arrives is not added to the loss's own": {
            "dh[t - 1] + arrived": "dh[t - 1] + 0 * arrived"
        },
        "the loss's own counted at the last step alone": {
            "dh[t - 1] + arrived": "(dh[t - 1] if t == len(xs) else 0) + arrived"
        },
        "a mean over the batch": {
            "np.sum(deltas, axis=(0, 1))": "np.mean(deltas, axis=1).sum(axis=0)"
        },
        "steps in the opposite order": {"deltas.insert(0, delta)": "deltas.append(delta)"},
        "the first step left out": {"range(len(xs), 0, -1)": "range(len(xs), 1, -1)"},
        "0 divided by 0 where f rounds to 1": {
            "f**2 * np.sqrt(shut / (1 + f)) * g": "f**2 * shut / np.sqrt(1 - f**2) * g"
        },
        "the error at h_0 with a loss of its own": {'"h_0": arrived}': '"h_0": arrived + dh[0]}'},
    },
    "ps5-ex3": {
        "the parameter is λ": {'"a": decay / scale': '"a": decay'},
        "the angle for its tangent": {'"a": decay / scale': '"a": np.arctan(decay / scale)'},
        "the chapter's parameter": {'"a": decay / scale': '"a": np.arctanh(decay)'},
        "scale and λ exchanged": {'"a": decay / scale': '"a": scale / np.maximum(decay, 1e-9)'},
        "the bare unit's variance": {VARIANCE: "1 / scale**2"},
        "white inputs only": {VARIANCE: "np.ones_like(memory)"},
        "the sensitivity of white inputs": {SENSITIVITY: "scale**2}"},
        "the sign of the correlation": {
            VARIANCE: "(1 - correlation * decay) / (1 + correlation * decay)"
        },
        "the limit of long memories": {
            VARIANCE: "(1 + correlation) / (1 - correlation) * np.ones_like(memory)"
        },
        "by λ, without the parameter's slope": {SENSITIVITY: "variance / scale**4}"},
        "the parameter's slope not squared": {SENSITIVITY: "variance / scale}"},
        "ζ held apart, as the LRU does": {SENSITIVITY: "scale**2 * (1 + decay**2) * variance}"},
        "the chapter's tanh: 1 at every memory": {SENSITIVITY: "variance}"},
        "the angle's sensitivity": {SENSITIVITY: "variance / scale**2}"},
        "its root": {SENSITIVITY: "scale * np.sqrt(variance)}"},
        "1 − λ² by subtraction": {SCALE: "scale = np.sqrt(1 - decay**2)"},
        "a series broken off after eleven terms": {
            VARIANCE: "1 + 2 * sum((correlation * decay) ** n for n in range(1, 12))"
        },
        "1/M for the scale, as for long memories": {SCALE: "scale = np.sqrt(2 / memory)"},
    },
    "ps5-ex4": {
        "the chunk's triangle": {WEIGHTS: "np.maximum(0, 1 - np.arange(T) / n1)"},
        "a triangle as long as the walk": {WEIGHTS: "np.maximum(0, 1 - np.arange(T) / n2)"},
        "weights that begin to fall one step late": {
            WEIGHTS: "np.clip((n2 + 1 - np.arange(T)) / n1, 0, 1)"
        },
        "weights that are not cut off at 1": {WEIGHTS: "np.maximum(0, (n2 - np.arange(T)) / n1)"},
        "a count for a probability": {WEIGHTS: f"n1 * {WEIGHTS}"},
        "one distance too many": {"reached = n2 - np": "reached = n2 + 1 - np"},
        "one distance too few": {"reached = n2 - np": "reached = n2 - 1 - np"},
        "places of a block of n2": {"np.arange(n1)  #": "np.arange(n2)  #"},
        "a walk that must not be longer than the sequence": {
            DRAWN: "drawn = sums[[n for n in reached - 1 if n < T] or [-1]]"
        },
        "the bias not squared": {BIAS: f"np.sqrt({BIAS})"},
        "the square of what a window leaves out": {
            BIAS: "((sums[min(n2, T) - 1] - sums[-1]) ** 2).sum()"
        },
        "the mean of the squares for the square of the mean": {
            BIAS: "((drawn - sums[-1]) ** 2).sum() / n1"
        },
        "the bias's entries added without squares": {BIAS: "(mean - sums[-1]).sum() ** 2"},
        "the bias relative to the whole": {BIAS: f"{BIAS} / (sums[-1] ** 2).sum()"},
        "the variance about the whole gradient": {SPREAD: "((drawn - sums[-1]) ** 2).sum() / n1"},
        "the variance of a sample": {SPREAD: "((drawn - mean) ** 2).sum() / max(n1 - 1, 1)"},
        "a mean over the entries": {SPREAD: "drawn.var()"},
        "the standard deviation": {SPREAD: "np.sqrt(((drawn - mean) ** 2).sum() / n1)"},
    },
    "ps5-ex5": {
        "the older state first": {
            "[slopes * np.hstack([A, B]), below]": "[below, slopes * np.hstack([A, B])]"
        },
        "A and B exchanged": {"np.hstack([A, B])": "np.hstack([B, A])"},
        "slopes at the columns": {
            "1 - hs[2:, :, None] ** 2": "1 - hs[2:, None, :] ** 2",
            "slopes * np.hstack([A, B])": "np.concatenate([slopes * A, slopes * B], axis=2)",
        },
        "the slopes of the step before": {"1 - hs[2:, :, None]": "1 - hs[1:-1, :, None]"},
        "no slopes": {
            "[slopes * np.hstack([A, B]), below]": "[slopes * 0 + np.hstack([A, B]), below]"
        },
        "the step of the second state forgotten": {"np.eye(H, 2 * H)": "np.zeros((H, 2 * H))"},
        "the identity on the wrong side": {"np.eye(H, 2 * H)": "np.eye(H, 2 * H, H)"},
        "a spurious transpose": {"np.hstack([A, B])": "np.hstack([A.T, B])"},
        "the product of all, which no float holds": {
            "for J in jacobians:": "for J in [np.linalg.multi_dot([Q, *jacobians[::-1]])]:",
            MEAN: "np.sum(logs, axis=0) / len(slopes)",
        },
        "QR of each Jacobian by itself": {"np.linalg.qr(J @ Q)": "np.linalg.qr(J)"},
        "Q on the wrong side": {"np.linalg.qr(J @ Q)": "np.linalg.qr(Q @ J)"},
        "the steps in the opposite order": {"for J in jacobians:": "for J in jacobians[::-1]:"},
        "the logarithm of a mean": {
            LOGS: "logs.append(np.abs(np.diag(R)))",
            MEAN: "np.log(np.mean(logs, axis=0))",
        },
        "a sum over the steps": {MEAN: "np.sum(logs, axis=0)"},
        "of a common logarithm": {"np.log(np.abs(np.diag(R)))": "np.log10(np.abs(np.diag(R)))"},
        "sorted": {MEAN: "np.sort(np.mean(logs, axis=0))"},
        "singular values of the steps": {
            LOGS: "logs.append(np.log(np.linalg.svd(J, compute_uv=False)))"
        },
        "the eigenvalues of the steps": {
            LOGS: ("logs.append(np.log(np.sort(np.abs(np.linalg.eigvals(J)))[::-1]))")
        },
        "the total is the exponents' sum": {TOTAL: "np.sum(np.mean(logs, axis=0))"},
        "the total without the slopes": {TOTAL: "np.linalg.slogdet(B)[1]"},
        "the total with A's determinant, as with one memory": {"slogdet(B)": "slogdet(A)"},
        "with both determinants": {
            "np.linalg.slogdet(B)[1]": "np.linalg.slogdet(B)[1] + np.linalg.slogdet(A)[1]"
        },
        "a determinant that underflows": {
            "np.linalg.slogdet(B)[1]": "np.log(np.abs(np.linalg.det(B)))"
        },
        "a mean over the units, too": {
            "np.log(slopes).sum() / len(slopes)": "np.log(slopes).mean()"
        },
        "half of the exponents": {MEAN: "np.mean(logs, axis=0)[:H]"},
    },
}

WRONG = [
    Answer(exercise, name, changes)
    for exercise, lines in WRONG_CHANGES.items()
    for name, changes in lines.items()
] + [
    Answer(
        "ps5-ex3",
        "sums of 3000 terms, which are short for a long memory",
        cell="""\
def tangent_unit(memory, correlation):
    a = (memory - 1) / np.sqrt(2 * memory - 1)
    lam, zeta, j = 1 - 1 / memory[..., None], np.sqrt(2 * memory - 1)[..., None], np.arange(3000.0)
    zeta = zeta / memory[..., None]
    variance = (1 + correlation * lam[..., 0]) / (1 - correlation * lam[..., 0])
    by_lam = zeta * j * lam ** np.maximum(j - 1, 0) - lam ** (j + 1) / zeta
    white = (by_lam ** 2).sum(axis=-1) * zeta[..., 0] ** 6
    return {"a": a, "variance": variance, "sensitivity": white * variance}
""",
    ),
]
