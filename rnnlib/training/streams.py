"""A long text as batches for `train`, read piece by piece, states carried on between them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnnlib._validate import check_size, check_tokens
from rnnlib.corpora import text
from rnnlib.corpora.vocabulary import one_hot
from rnnlib.training.batch import Batch


def text_batches(
    tokens: Any,
    vocab_size: int,
    batch_size: int,
    seq_len: int,
    *,
    separator: int | None = None,
    dtype: DTypeLike = np.float64,
) -> Iterator[Batch]:
    """Yield the pieces of a text as batches that `train` and `mean_loss` read with ``carry=True``.

    The text is cut into `batch_size` streams as by `rnnlib.corpora.text.batches`, each batch going
    on where the last one stopped. The first one begins anew, so that passes may follow one another.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        The text as token numbers.
    vocab_size : int
        V, the size of the vocabulary.
    batch_size, seq_len : int
        B streams, T steps in a batch.
    separator : int, optional
        The token that stands between documents. Before it is read the state is reset, so that the
        first word of a document is predicted from the separator alone.
    dtype : dtype
        Of the inputs; the model's precision.

    Returns
    -------
    iterator of Batch
        Inputs one-hot, (T, B, V); targets at every step, the next token.

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer >= 1, a token lies outside the vocabulary, or the text is too
        short for one full batch.

    Examples
    --------
    >>> tokens = [3, 0, 1, 3, 2, 0, 1, 2, 3]
    >>> pieces = list(text_batches(tokens, 4, batch_size=2, seq_len=2, separator=3))
    >>> [piece.resets.astype(int).T.tolist() for piece in pieces]
    [[[1, 0], [1, 0]], [[0, 1], [0, 0]]]
    """
    numbers = check_tokens("tokens", tokens, check_size("vocab_size", vocab_size))
    if separator is not None:
        check_tokens("separator", separator, vocab_size)
    pieces = text.batches(numbers, batch_size, seq_len)
    return (
        _piece(inputs, targets, vocab_size, separator, number == 0, dtype)
        for number, (inputs, targets) in enumerate(pieces)
    )


def _piece(
    inputs: Any, targets: Any, vocab_size: int, separator: int | None, first: bool, dtype: DTypeLike
) -> Batch:
    resets = np.zeros(inputs.shape, dtype=bool) if separator is None else inputs == separator
    resets[0] |= first
    xs = one_hot(inputs, vocab_size, dtype)
    xs.flags.writeable = False  # so that no run has to copy it
    return Batch(xs, targets, every_step=True, resets=resets if resets.any() else None)
