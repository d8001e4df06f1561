"""Problem set 3: typical wrong answers."""

from coursework.answers import Answer


def passages(name: str, **changes: str) -> Answer:
    """Return an answer to exercise 3 whose recursion differs in its line or its return value."""
    lines = {
        "update": "terms[1:] = terms[1:] + terms[:-1] @ A",
        "order": "passages[::-1]",
        "result": "return terms",
        "start": "terms[0] = np.eye(passages.shape[-1])",
    }
    return Answer("ps3-ex3", name, {lines[line]: text for line, text in changes.items()})


WRONG = [
    Answer("ps3-ex1", "spurious transpose", {"[..., None] * W_hh": "[..., None] * W_hh.T"}),
    Answer("ps3-ex1", "slope of the unit that sends", {"[..., None]": "[..., None, :]"}),
    Answer(
        "ps3-ex1",
        "φ' as 1 − h², which holds for an Elman network",
        {"_, pre =": "hs, _ =", "np.tanh(pre) ** 2": "hs[1:] ** 2"},
    ),
    Answer(
        "ps3-ex1",
        "slope taken at the state",
        {"_, pre =": "hs, _ =", "np.tanh(pre) ** 2": "np.tanh(hs[1:]) ** 2"},
    ),
    Answer("ps3-ex1", "slope of the step before", {"tanh(pre)": "tanh(np.roll(pre, 1, axis=0))"}),
    Answer("ps3-ex1", "the skip forgotten", {"np.eye(len(W_hh)) + ": ""}),
    Answer("ps3-ex1", "a leak on the old state", {"np.eye(": "(1 - eps) * np.eye("}),
    Answer(
        "ps3-ex1",
        "rows for the old state",
        {
            "return np.eye(len(W_hh)) + eps * slopes[..., None] * W_hh": "J = np.eye(len(W_hh)) "
            "+ eps * slopes[..., None] * W_hh\n    return np.swapaxes(J, -1, -2)"
        },
    ),
    Answer("ps3-ex1", "1 added to every entry", {"np.eye(len(W_hh))": "1"}),
    Answer("ps3-ex1", "the class's step size", {"eps * slopes": "NET['eps'] * slopes"}),
    Answer("ps3-ex1", "tanh′ as 1 − tanh", {"np.tanh(pre) ** 2": "np.tanh(pre)"}),
    Answer("ps3-ex1", "starts from the state 0", {"run(xs, h0,": "run(xs, 0 * h0,"}),
    Answer(
        "ps3-ex2",
        "oldest factor on the left",
        {"directions[k + 1] @ jacobians[k]": "jacobians[k] @ directions[k + 1]"},
    ),
    Answer(
        "ps3-ex2",
        "every factor transposed",
        {"directions[k + 1] @ jacobians[k]": "directions[k + 1] @ np.swapaxes(jacobians[k], 1, 2)"},
    ),
    Answer(
        "ps3-ex2",
        "the product transposed",
        {"return directions, logs": "return np.swapaxes(directions, 2, 3), logs"},
    ),
    Answer(
        "ps3-ex2",
        "products from the first state instead of to the last",
        {
            "for k in range(T, -1, -1)": "for k in range(T + 1)",
            "if k < T": "if k > 0",
            "directions[k + 1] @ jacobians[k]": "jacobians[k - 1] @ directions[k - 1]",
        },
    ),
    Answer(
        "ps3-ex2",
        "entry d is distance d",
        {"return directions, logs": "return directions[::-1], logs[::-1]"},
    ),
    Answer(
        "ps3-ex2",
        "one scale for the whole batch",
        {"np.sum(product**2, axis=(1, 2))": "np.full(B, np.sum(product**2))"},
    ),
    Answer(
        "ps3-ex2",
        "the logarithm of the product, taken at the end",
        cell="""def scaled_products(jacobians):
    T, B, H, _ = jacobians.shape
    P = np.empty((T + 1, B, H, H))
    P[T] = np.eye(H)
    for k in range(T - 1, -1, -1):
        P[k] = P[k + 1] @ jacobians[k]
    norms = np.linalg.norm(P, axis=(2, 3))
    with np.errstate(all="ignore"):
        return P / np.where(norms == 0, 1, norms)[..., None, None], np.log(norms)
""",
    ),
    Answer(
        "ps3-ex2",
        "each factor scaled, the product not",
        cell="""def scaled_products(jacobians):
    T, B, H, _ = jacobians.shape
    sizes = np.linalg.norm(jacobians, axis=(2, 3))
    P, logs = np.empty((T + 1, B, H, H)), np.zeros((T + 1, B))
    P[T] = np.eye(H)
    for k in range(T - 1, -1, -1):
        P[k] = P[k + 1] @ (jacobians[k] / sizes[k][:, None, None])
        logs[k] = logs[k + 1] + np.log(sizes[k])
    norms = np.linalg.norm(P, axis=(2, 3))
    with np.errstate(all="ignore"):
        return P / np.where(norms == 0, 1, norms)[..., None, None], logs + np.log(norms)
""",
    ),
    Answer("ps3-ex2", "the identity has the logarithm 0", {"return": "logs[T] = 0\n    return"}),
    Answer(
        "ps3-ex2",
        "nan where the product is zero",
        {
            "dead = norm == 0": "dead = np.zeros(B)",
            "np.where(dead, -np.inf, log + np.log(norm + dead))": "log + np.log(norm)",
        },
    ),
    Answer("ps3-ex2", "a product that is zero keeps its last log", {"dead, -np.inf": "dead, log"}),
    passages("oldest passage on the left", update="terms[1:] = terms[1:] + A @ terms[:-1]"),
    passages("steps run through from the first", order="passages"),
    passages(
        "in place from below, so that a step occurs twice",
        update="for m in range(1, M + 1):\n            terms[m] += terms[m - 1] @ A",
    ),
    passages(
        "every passage transposed",
        update="terms[1:] = terms[1:] + terms[:-1] @ np.swapaxes(A, 1, 2)",
    ),
    passages("no terms beyond T", result="return terms[: len(passages) + 1]"),
    passages("the last step left out", order="passages[-2::-1]"),
    passages("the first sequence for all", update="terms[1:] = terms[1:] + terms[:-1] @ A[0]"),
    Answer(
        "ps3-ex3",
        "both orders of each pair: powers of the sum",
        cell="""import math

def terms_by_passages(passages, M):
    total = passages.sum(axis=0)
    return [np.linalg.matrix_power(total, m) / math.factorial(m) for m in range(M + 1)]
""",
    ),
    Answer(
        "ps3-ex4",
        "first order in ε",
        {"(1 - np.sqrt(1 - turn**2)) / eps": "turn**2 / 2 / eps"},
    ),
    Answer("ps3-ex4", "the norm of G", {"G - G.T": "G"}),
    Answer("ps3-ex4", "the symmetric part", {"G - G.T": "G + G.T"}),
    Answer("ps3-ex4", "the larger root", {"1 - np.sqrt(1 - turn**2)": "1 + np.sqrt(1 - turn**2)"}),
    Answer(
        "ps3-ex4",
        "the best there is where nothing suffices",
        {" if turn <= 1 else np.nan": " if turn <= 1 else 1 / eps"},
    ),
    Answer(
        "ps3-ex4",
        "a leak that does it whenever one does",
        {"(1 - np.sqrt(1 - turn**2)) / eps": "(turn > 0) / eps"},
    ),
    Answer("ps3-ex4", "a little more, to be safe", {"float((1": "float(1.01 * (1"}),
    Answer(
        "ps3-ex4",
        "eigenvalues of G",
        {"np.linalg.norm(G - G.T, 2)": "2 * np.abs(np.linalg.eigvals(G).imag).max()"},
    ),
    Answer(
        "ps3-ex2",
        "rescaled every hundred steps",
        cell="""def scaled_products(jacobians):
    T, B, H, _ = jacobians.shape
    P, shift = np.empty((T + 1, B, H, H)), np.zeros((T + 1, B))
    P[T] = np.eye(H)
    for k in reversed(range(T)):
        P[k], shift[k] = P[k + 1] @ jacobians[k], shift[k + 1]
        if k % 100 == 0:
            size = np.linalg.norm(P[k], axis=(1, 2))
            P[k] /= np.where(size > 0, size, 1)[:, None, None]
            shift[k] += np.log(np.where(size > 0, size, 1))
    norms = np.linalg.norm(P, axis=(2, 3))
    with np.errstate(divide="ignore"):
        logs = shift + np.log(norms)
    return P / np.where(norms > 0, norms, 1)[..., None, None], logs
""",
    ),
]
