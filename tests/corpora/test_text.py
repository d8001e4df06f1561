import itertools

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib.corpora import Vocabulary, batches, one_hot, python_manual, read_text, split, tokenize
from tests.strategies import for_all

WORDS = st.lists(st.sampled_from("a b c d e f".split()), min_size=1, max_size=40)


def test_tokenize_keeps_inner_hyphens_and_apostrophes():
    assert tokenize("It’s a built-in; don't — 3 times!") == (
        ["it’s", "a", "built-in", ";", "don't", "—", "3", "times", "!"]
    )
    assert tokenize(" \n ") == []


@for_all(st.text())
def test_tokens_hold_all_of_the_text_but_white_space(text):
    assert "".join(tokenize(text)) == "".join(text.lower().split())


def test_tokenize_wants_a_string():
    with pytest.raises(TypeError, match="text: expected a string, got bytes"):
        tokenize(b"bytes")


@for_all(WORDS)
def test_encode_and_decode_are_inverse(words):
    vocabulary = Vocabulary.from_tokens(words)
    numbers = vocabulary.encode(words)
    assert vocabulary.decode(numbers) == words
    assert (numbers > 0).all()  # 0 is the unknown token, and nothing here is unknown
    assert len(vocabulary) == len(set(words)) + 1


@for_all(WORDS)
def test_vocabulary_is_sorted_by_count(words):
    kept = Vocabulary.from_tokens(words, unknown=None).tokens
    counts = [words.count(word) for word in kept]
    assert counts == sorted(counts, reverse=True)
    for one, two in itertools.pairwise(kept):
        assert words.count(one) > words.count(two) or one < two


def test_vocabulary_limits():
    words = "a a a b b c".split()
    assert Vocabulary.from_tokens(words, max_size=2).tokens == ("<unk>", "a")
    assert Vocabulary.from_tokens(words, min_count=2).tokens == ("<unk>", "a", "b")
    assert Vocabulary.from_tokens(words, max_size=2, unknown=None).tokens == ("a", "b")
    marked = Vocabulary.from_tokens(["<unk>", "a", "<unk>"])
    assert marked.tokens == ("<unk>", "a")  # text in which rare words are already replaced
    assert "a" in marked and "b" not in marked


def test_vocabulary_is_frozen():
    vocabulary = Vocabulary(("a", "b"))
    with pytest.raises(AttributeError):
        vocabulary.tokens = ("c",)


def test_unknown_words():
    assert Vocabulary.from_tokens(["a"]).encode(["b", "a"]).tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"this vocabulary of 1, got 'b' at index 1"):
        Vocabulary(("a",)).encode(["a", "b"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((),), ValueError, "tokens: expected at least one token"),
        ((("a", "a"),), ValueError, "tokens: expected distinct tokens, got 'a' more than once"),
        ((("a", 1),), TypeError, "tokens: expected strings"),
        (("ab",), TypeError, "tokens: expected strings"),
        ((("a",), "b"), ValueError, "unknown: expected one of the tokens, got 'b'"),
    ],
)
def test_vocabulary_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(*arguments)


@pytest.mark.parametrize(
    ("tokens", "options", "error", "message"),
    [
        ([], {}, ValueError, "tokens: expected at least one token"),
        ("a text", {}, TypeError, "tokens: expected a list of strings"),
        (["a"], {"min_count": 0}, ValueError, "min_count: expected at least 1, got 0"),
        (["a"], {"max_size": 1.5}, TypeError, "max_size: expected an integer, got float 1.5"),
        (["a"], {"min_count": 2, "unknown": None}, ValueError, "tokens: expected at least one"),
        ([1], {}, TypeError, "tokens: expected strings"),
    ],
)
def test_from_tokens_refuses(tokens, options, error, message):
    with pytest.raises(error, match=message):
        Vocabulary.from_tokens(tokens, **options)


def test_encode_and_decode_refuse():
    vocabulary = Vocabulary(("a", "b"))
    with pytest.raises(TypeError, match="tokens: expected a list of strings, got str 'ab'"):
        vocabulary.encode("ab")
    with pytest.raises(ValueError, match=r"numbers: expected tokens in 0\.\.1, got 2 at index"):
        vocabulary.decode([0, 2])
    with pytest.raises(TypeError, match="numbers: expected integer tokens"):
        vocabulary.decode([0.5])
    assert vocabulary.encode([]).shape == (0,)


def test_python_manual_is_english_without_markup():
    text = python_manual()
    assert text == python_manual()
    paragraphs = text.splitlines()
    assert len(set(paragraphs)) == len(paragraphs)
    assert not any(mark in text for mark in ('"', "*", "`", "::=", ">>>", "  "))
    assert 200_000 < len(text) < 600_000
    words = tokenize(text)
    assert 40_000 < len(words) < 130_000
    assert words.count("the") > len(words) / 25


def test_read_text(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeffDer Fluß\r\nfließt.\r".encode())
    assert read_text(path) == "Der Fluß\nfließt.\n"
    assert read_text(str(path)) == read_text(path)


def test_read_text_refuses(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("abc Fluß".encode("latin-1"))
    with pytest.raises(ValueError, match=r"byte 0xdf at position 7 of .*mine\.txt"):
        read_text(path)
    for empty in (b"", b" \n\t\r\n", b"\xef\xbb\xbf"):
        path.write_bytes(empty)
        with pytest.raises(ValueError, match=r"expected a file with text, .* in .*mine\.txt"):
            read_text(path)
    with pytest.raises(FileNotFoundError, match=r"none\.txt"):
        read_text(tmp_path / "none.txt")


@for_all(st.integers(10, 200))
def test_split_is_contiguous_and_complete(n):
    parts = split(np.arange(n))
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(n))
    assert abs(len(parts[0]) - 0.8 * n) <= 0.5 and abs(len(parts[1]) - 0.1 * n) <= 1
    as_list = split(list(map(str, range(n))))
    assert [len(part) for part in as_list] == [len(part) for part in parts]


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.8, 0.1, 0.2), (1.0, 0.1, -0.1), (1, 0, 0)])
def test_split_refuses_fractions(fractions):
    with pytest.raises(ValueError, match="fractions: expected three positive ones that sum to 1"):
        split(np.arange(100), fractions)


def test_split_refuses_a_short_text():
    with pytest.raises(ValueError, match="tokens: expected enough for three parts"):
        split(np.arange(3))


@for_all(st.integers(1, 6), st.integers(1, 6), st.integers(0, 40))
def test_batches(batch_size, seq_len, more):
    text = np.arange(batch_size * seq_len + 1 + more) + 100
    seen = list(batches(text, batch_size, seq_len))
    for inputs, targets in seen:
        assert inputs.shape == targets.shape and inputs.shape[1] == batch_size
        np.testing.assert_array_equal(targets, inputs + 1)
    assert all(inputs.shape[0] == seq_len for inputs, _ in seen[:-1])
    streams = np.concatenate([inputs for inputs, _ in seen])
    np.testing.assert_array_equal(np.diff(streams, axis=0), 1)  # a state can be carried over
    np.testing.assert_array_equal(streams.T.ravel(), text[: streams.size])
    assert len(text) - 1 - streams.size < batch_size


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.arange(6), 2, 3), ValueError, "tokens: expected at least 7 .*, got 6"),
        (([], 1, 1), ValueError, "tokens: expected at least one token"),
        (([[1, 2]], 1, 1), ValueError, r"tokens: expected shape \(N,\), got \(1, 2\)"),
        (([0.5, 1.0], 1, 1), TypeError, "tokens: expected integer tokens"),
        ((np.arange(9), 0, 3), ValueError, "batch_size: expected at least 1, got 0"),
        ((np.arange(9), 2, "3"), TypeError, "seq_len: expected an integer, got str '3'"),
    ],
)
def test_batches_refuse_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        batches(*arguments)


@for_all(st.lists(st.integers(0, 6), min_size=1), st.sampled_from([np.float64, np.float32]))
def test_one_hot(tokens, dtype):
    x = one_hot(tokens, 7, dtype)
    assert x.dtype == dtype and x.shape == (len(tokens), 7)
    np.testing.assert_array_equal(x, np.eye(7)[tokens])
    np.testing.assert_array_equal(one_hot([tokens], 7, dtype), x[None])


def test_one_hot_refuses():
    with pytest.raises(ValueError, match=r"tokens: expected tokens in 0\.\.2, got 3"):
        one_hot([3], 3)
    with pytest.raises(TypeError, match="tokens: expected integer tokens"):
        one_hot([0.0], 3)
    with pytest.raises(ValueError, match="vocab_size: expected at least 1"):
        one_hot([0], 0)
