"""What the experiments of chapter 3 share: a random network of which only the readout is trained.

In single precision, as in the chapter.
"""

from collections.abc import Iterator

import numpy as np

from rnnlib import ElmanCell, Readout, softmax_cross_entropy, unroll
from rnnlib.cells.initialisers import gaussian
from rnnlib.corpora import batches, information, one_hot
from rnnlib.training import log_sum_exp


def reservoir(V: int, H: int, gain: float, loudness: float, seed: int) -> ElmanCell:
    """Draw a cell whose weights are never trained; `loudness` scales the embeddings."""
    rng = np.random.default_rng(seed)
    W_hh = gaussian((H, H), rng, gain=gain)
    W_xh = loudness * rng.standard_normal((H, V))
    return ElmanCell(*(a.astype(np.float32) for a in (W_hh, W_xh, np.zeros(H))))


def read(cell: ElmanCell, tokens: np.ndarray, streams: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the states (N, H) after each word of a text, in its order, and the next words (N,)."""
    h, states, following = None, [], []
    for x, w in batches(tokens, batch_size=streams, seq_len=64):
        run = unroll(cell, one_hot(x, cell.input_size, np.float32), h)
        h = run.hs[-1]
        states.append(run.hs[1:])
        following.append(w)
    hs = np.concatenate(states).swapaxes(0, 1)
    return hs.reshape(-1, cell.hidden_size), np.concatenate(following).T.ravel()


def descend(h: np.ndarray, words: np.ndarray, V: int, epochs: int, seed: int) -> Iterator[Readout]:
    """Yield the readout after each pass of minibatch descent with momentum, as in chapter 3."""
    rng = np.random.default_rng(seed)
    rate = 4 / np.mean((h**2).sum(axis=1) + 1)
    W, v_W = np.zeros((2, V, h.shape[1]), h.dtype)
    b = np.log(np.bincount(words, minlength=V) + 1).astype(h.dtype)
    v_b = np.zeros_like(b)
    for epoch in range(epochs):
        order = rng.permutation(len(h))
        for i in range(0, len(h), 64):
            rows = order[i : i + 64]
            dz = softmax_cross_entropy(h[rows] @ W.T + b, words[rows]).gradient
            step = h.dtype.type(rate * (1 - (epoch + i / len(h)) / epochs))
            v_W = 0.9 * v_W - step * dz.T @ h[rows]
            v_b = 0.9 * v_b - step * dz.sum(axis=0)
            W, b = W + v_W, b + v_b
        yield Readout(W, b)


def perplexity(readout: Readout, h: np.ndarray, words: np.ndarray) -> float:
    """Return the perplexity of the words that came after the states."""
    z = readout(h)
    logs = (z - log_sum_exp(z))[np.arange(len(words)), words]
    return float(information.perplexity(logs))
