"""Real text as token numbers: reading, tokenising, vocabulary, splitting and batching.

A text becomes a list of tokens (`tokenize`), the tokens become numbers (`Vocabulary`), the numbers
become batches of shape (T, B), time first (`batches`).
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rnnlib._validate import Array, check_size, check_tokens, describe

Tokens = TypeVar("Tokens", Array, list[str], tuple[str, ...])

_TOKEN = re.compile(r"<unk>|\w+(?:[-'’]\w+)*|[^\w\s]")


def tokenize(text: str) -> list[str]:
    """Cut a text into lower-case words and single punctuation marks.

    Apostrophes and hyphens inside a word belong to it (``don't``, ``built-in``).

    Parameters
    ----------
    text : str
        Any text; white space separates and is dropped.

    Returns
    -------
    list of str
        The tokens, in order.

    Raises
    ------
    TypeError
        If `text` is not a string.

    Examples
    --------
    >>> tokenize("The built-in names don't change.")
    ['the', 'built-in', 'names', "don't", 'change', '.']
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {describe(text)}")
    return _TOKEN.findall(text.lower())


def python_manual() -> str:
    """Return the prose of the manual that every CPython carries: real English, nothing downloaded.

    The source is ``pydoc_data.topics``, the text behind ``help("if")``. Grammar productions, code,
    tables and headings go, and so do quotation marks, asterisks and line breaks that are markup.
    Topics quote one another, so every paragraph is kept once only: otherwise the end of the text
    would repeat its beginning, and a model could score on a test set it has read before. About
    270,000 characters remain. The text differs a little between Python versions.

    Returns
    -------
    str
        One paragraph a line, topics in alphabetical order.

    Examples
    --------
    >>> text = python_manual()
    >>> "Assert statements are a convenient way to insert debugging assertions" in text
    True
    """
    from pydoc_data.topics import topics  # half a megabyte: loaded only by those who read it

    paragraphs = (
        _unwrap(paragraph)
        for name in sorted(topics)
        for paragraph in re.split(r"\n\s*\n", topics[name])
        if _is_prose(paragraph)
    )
    return "\n".join(dict.fromkeys(paragraphs)) + "\n"


def _is_prose(paragraph: str) -> bool:
    ends_a_sentence = re.search(r"[.:!?][)\"”’\]]*(\s*\[\d+\])?\s*$", paragraph)
    has_words = re.search(r"[a-z]{2} [a-z]", paragraph)
    return bool(ends_a_sentence and has_words) and not re.search(r"::=|>>>", paragraph)


def _unwrap(paragraph: str) -> str:
    whole_words = re.sub(r"(?<=\w)-\n\s*(?=\w)", "-", paragraph)
    return " ".join(re.sub(r'["*`]', "", whole_words).split())


def read_text(path: str | Path) -> str:
    """Read a UTF-8 text file of your own.

    Parameters
    ----------
    path : str or Path
        The file. A byte-order mark is dropped, and every kind of line end becomes a newline.

    Returns
    -------
    str

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not UTF-8 (with the position of the first wrong byte) or holds no text.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.txt")
    ...     _ = path.write_text("Où est le chat ?", encoding="utf-8")
    ...     read_text(path)
    'Où est le chat ?'
    """
    raw = Path(path).read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"path: expected UTF-8 text, got byte 0x{raw[error.start]:02x} "
            f"at position {error.start} of {path}"
        ) from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError(f"path: expected a file with text, got nothing but white space in {path}")
    return text


def split(
    tokens: Tokens, fractions: Sequence[float] = (0.8, 0.1, 0.1)
) -> tuple[Tokens, Tokens, Tokens]:
    """Cut a text into contiguous training, validation and test parts.

    Contiguous, because shuffled sentences would put neighbours of a test sentence into training.

    Parameters
    ----------
    tokens : array or list
        The text, shape (N,).
    fractions : three floats
        The share of each part; they sum to one.

    Returns
    -------
    tuple
        Training, validation and test tokens, in the order of the text.

    Raises
    ------
    ValueError
        If the fractions are not three positive numbers that sum to one, or a part would be empty.

    Examples
    --------
    >>> split(np.arange(10), (0.6, 0.2, 0.2))
    (array([0, 1, 2, 3, 4, 5]), array([6, 7]), array([8, 9]))
    """
    shares = np.asarray(fractions, dtype=np.float64)
    if shares.shape != (3,) or not (shares > 0).all() or not np.isclose(shares.sum(), 1.0):
        raise ValueError(f"fractions: expected three positive ones that sum to 1, got {fractions}")
    first, second = (round(len(tokens) * cut) for cut in np.cumsum(shares)[:2])
    parts = tokens[:first], tokens[first:second], tokens[second:]
    if min(map(len, parts)) == 0:
        raise ValueError(
            f"tokens: expected enough for three parts of shares {fractions}, got {len(tokens)}"
        )
    return parts


def batches(tokens: Any, batch_size: int, seq_len: int) -> Iterator[tuple[Array, Array]]:
    """Yield (inputs, targets) of shape (T, B), the targets one token ahead of the inputs.

    The text is cut into `batch_size` contiguous streams, one a column; each batch continues where
    the last one stopped, so a state can be carried over. T is `seq_len`, in the last batch perhaps
    less. This is the layout of PyTorch's word-language-model example.

    Parameters
    ----------
    tokens : array_like of int, shape (N,)
        The text as token numbers.
    batch_size : int
        The number B of streams.
    seq_len : int
        The number T of steps in a batch.

    Returns
    -------
    iterator of tuple of ndarray
        Integer arrays; at most ``batch_size`` tokens at the end of the text go unused.

    Raises
    ------
    TypeError
        If the tokens or sizes are not integers.
    ValueError
        If the text is too short for one full batch.

    Examples
    --------
    >>> inputs, targets = next(batches(np.arange(9), batch_size=2, seq_len=3))
    >>> inputs.T
    array([[0, 1, 2],
           [4, 5, 6]])
    >>> targets.T
    array([[1, 2, 3],
           [5, 6, 7]])
    """
    check_size("batch_size", batch_size)
    check_size("seq_len", seq_len)
    text = check_tokens("tokens", tokens, np.iinfo(np.int64).max)
    if text.ndim != 1:
        raise ValueError(f"tokens: expected shape (N,), got {text.shape}")
    steps = (len(text) - 1) // batch_size
    if steps < seq_len:
        raise ValueError(
            f"tokens: expected at least {batch_size * seq_len + 1} for batch_size {batch_size} "
            f"and seq_len {seq_len}, got {len(text)}"
        )
    inputs = text[: batch_size * steps].reshape(batch_size, steps).T
    targets = text[1 : batch_size * steps + 1].reshape(batch_size, steps).T
    return (
        (inputs[start : start + seq_len], targets[start : start + seq_len])
        for start in range(0, steps, seq_len)
    )
