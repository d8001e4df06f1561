"""Answers without a derivation: differences, the complex step, rnnlib's own functions.

They are right in what they return, and the exercise asks for something else. What stops them runs
beside the student's code, so that only the sandbox shows it.
"""

from coursework.answers import Answer

BY_NUMBERS = [
    Answer(
        "ps3-ex1",
        "central differences",
        cell="""def residual_jacobians(xs, h0, W_hh, W_xh, b_h, eps):
    net, d = (W_hh, W_xh, b_h, eps), 6e-6
    hs = residual_run(xs, h0, *net)[0]
    J = np.empty((len(xs), *h0.shape, len(W_hh)))
    for t in range(len(xs)):
        for j, e in enumerate(d * np.eye(len(W_hh))):
            up, down = (residual_run(xs[t : t + 1], hs[t] + s * e, *net)[0][1] for s in (1, -1))
            J[t, :, :, j] = (up - down) / (2 * d)
    return J
""",
    ),
    Answer(
        "ps4-ex3",
        "by the complex step",
        cell="""\
def direct_path(xs, hs, cs, W_hh, W_xh, b_h, p):
    c = cs[:-1] + 1e-30j
    s_i, s_f, s_g, _ = gate_inputs(xs, hs[:-1], W_hh, W_xh, b_h)
    new = sigmoid(s_f + p[1] * c) * c + sigmoid(s_i + p[0] * c) * np.tanh(s_g)
    factors = np.imag(new) / 1e-30
    return np.concatenate([np.ones_like(cs[:1]), np.cumprod(factors[::-1], axis=0)])
""",
    ),
    Answer(
        "ps1-ex3",
        "rnnlib's own loss",
        cell="""\
from rnnlib.training.losses import softmax_cross_entropy


def padded_loss(logits, targets, lengths):
    real = np.arange(len(logits))[:, None] < lengths
    loss = softmax_cross_entropy(logits[real], targets[real]).value
    return loss, np.exp(loss)
""",
    ),
    Answer(
        "ps3-ex2",
        "rnnlib's own logarithms of norms",
        cell="""\
from rnnlib.product.norms import log_norms


def scaled_products(jacobians):
    T, B, H, _ = jacobians.shape
    logs = np.array([log_norms(jacobians[:, b]) for b in range(B)])
    return np.zeros((T + 1, B, H, H)), logs.T
""",
    ),
    Answer(
        "ps2-ex1",
        "central differences through the given network",
        cell="""\
def loss_of_step(x, h_old, dh_new, weights):
    return (dh_new * forward(x[None], h_old, weights)[1]).sum()


def step_backward(x, h_old, h_new, dh_new, weights):
    at = {"h_old": h_old, "x": x, **weights}
    found = {}
    for name, value in at.items():
        found[name] = np.empty(np.shape(value))
        for j in np.ndindex(found[name].shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = {key: np.array(each, dtype=float) for key, each in at.items()}
                moved[name][j] += step
                net = {key: moved[key] for key in NAMES}
                ends.append(loss_of_step(moved["x"], moved["h_old"], dh_new, net))
            found[name][j] = (ends[0] - ends[1]) / 2e-6
    return found
""",
    ),
    Answer(
        "ps5-ex2",
        "central differences through the given gates",
        cell="""\
def loss_at(xs, h_0, dh, weights):
    return (circle_run(xs, h_0, *weights)[0][1:] * dh).sum()


def circle_bptt(xs, hs, pre, dh, W_hh):
    H, I = hs.shape[2], xs.shape[2]
    inputs = np.concatenate([hs[:-1], xs, np.ones_like(xs[..., :1])], axis=2)
    W = np.linalg.lstsq(inputs.reshape(-1, H + I + 1), pre.reshape(-1, 2 * H), rcond=None)[0].T
    found = {"W_hh": W_hh, "W_xh": W[:, H:-1], "b_h": W[:, -1], "h_0": hs[0]}
    for name, value in list(found.items()):
        gradient = np.empty(value.shape)
        for place in np.ndindex(value.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = {key: np.array(each) for key, each in found.items()}
                moved[name][place] += step
                ends.append(loss_at(xs, moved.pop("h_0"), dh, moved.values()))
            gradient[place] = (ends[0] - ends[1]) / 2e-6
        found[name] = gradient
    return found
""",
    ),
    Answer(
        "ps5-ex5",
        "rnnlib's own exponents",
        cell="""\
from rnnlib.product import lyapunov_spectrum


def two_memories(hs, A, B):
    H, slopes = len(A), 1 - hs[2:] ** 2
    J = np.zeros((len(slopes), 2 * H, 2 * H))
    J[:, :H] = slopes[..., None] * np.hstack([A, B])
    J[:, H:, :H] = np.eye(H)
    total = np.log(slopes).sum() / len(J) + np.linalg.slogdet(B)[1]
    return {"jacobians": J, "exponents": lyapunov_spectrum(J).exponents, "total": total}
""",
    ),
]
