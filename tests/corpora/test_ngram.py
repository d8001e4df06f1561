from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib.corpora import additive, bigram, kneser_ney, unigram
from tests.strategies import for_all

V = 5
TEXTS = st.lists(st.integers(0, V - 1), min_size=4, max_size=60)
FITS = {
    "unigram": lambda text: unigram(text, V),
    "bigram": lambda text: bigram(text, V, alpha=0.1),
    "additive": lambda text: additive(text, V, order=4, alpha=0.5),
    "kneser_ney 1": lambda text: kneser_ney(text, V, order=1),
    "kneser_ney 2": lambda text: kneser_ney(text, V, order=2),
    "kneser_ney 4": lambda text: kneser_ney(text, V, order=4),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@for_all(TEXTS, st.lists(st.integers(0, V - 1), max_size=6))
def test_every_context_has_a_distribution(fit, text, context):
    p = fit(text).probabilities(context)
    assert p.shape == (V,) and (p > 0).all()
    assert p.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@for_all(TEXTS, TEXTS)
def test_a_text_is_scored_as_its_positions_are(fit, text, other):
    model = fit(text)
    one_by_one = [np.log(model.probabilities(other[:t])[w]) for t, w in enumerate(other)]
    np.testing.assert_allclose(model.log_probability(other), one_by_one, rtol=1e-12)
    assert model.perplexity(other) == pytest.approx(np.exp(-np.mean(one_by_one)))


def by_dictionary(text, order, context, word):
    """Interpolated Kneser–Ney from the formula, with dictionaries: shares no code with rnnlib."""
    counts = Counter(tuple(text[i : i + order]) for i in range(len(text) - order + 1))
    for n in range(len(context) + 1, order):
        left = defaultdict(set)
        for i in range(len(text) - n):
            left[tuple(text[i + 1 : i + 1 + n])].add(text[i])
        if n == len(context) + 1:
            counts = {gram: len(before) for gram, before in left.items()}
    of_counts = Counter(counts.values())
    D = of_counts[1] / (of_counts[1] + 2 * of_counts[2]) if of_counts[1] and of_counts[2] else 0.5
    shorter = by_dictionary(text, order, context[1:], word) if context else 1 / V
    followers = [c for gram, c in counts.items() if gram[:-1] == tuple(context)]
    if not followers:
        return shorter
    own = max(counts.get((*context, word), 0) - D, 0)
    return (own + D * len(followers) * shorter) / sum(followers)


@for_all(TEXTS, st.integers(1, 4), st.lists(st.integers(0, V - 1), min_size=4, max_size=4))
def test_kneser_ney_is_the_formula(text, order, recent):
    model = kneser_ney(text, V, order)
    for length in range(order):
        context = recent[:length]
        expected = [by_dictionary(text, order, context, word) for word in range(V)]
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12)


def test_kneser_ney_expects_versatile_words():
    """San Francisco: a word that follows only one other word is not expected after a third."""
    san, francisco, the, glass, my = range(5)
    text = [san, francisco] * 6 + [the, glass, my, glass, san, glass, the, my]
    after_my = kneser_ney(text, V, order=2).probabilities([my])
    after_all = unigram(text, V).probabilities([])
    assert after_all[francisco] > after_all[glass]
    assert after_my[francisco] < after_my[glass]


@for_all(TEXTS, st.integers(1, 4), st.floats(0.01, 3))
def test_additive_is_the_formula(text, order, alpha):
    model = additive(text, V, order, alpha)
    grams = Counter(tuple(text[i : i + order]) for i in range(len(text) - order + 1))
    for gram in grams:
        total = sum(count for other, count in grams.items() if other[:-1] == gram[:-1])
        expected = (grams[gram] + alpha) / (total + alpha * V)
        assert model.probabilities(gram[:-1])[gram[-1]] == pytest.approx(expected)


@for_all(TEXTS, TEXTS, st.integers(1, 4))
def test_coverage_counts_known_contexts(text, other, order):
    seen = {tuple(text[i : i + order - 1]) for i in range(len(text) - order + 1)}
    known = [tuple(other[i : i + order - 1]) in seen for i in range(len(other) - order + 1)]
    assert kneser_ney(text, V, order).coverage(other) == pytest.approx(np.mean(known))


def test_model_knows_its_order():
    assert [model.order for model in (unigram([0], 1), bigram([0, 0], 1))] == [1, 2]
    assert kneser_ney([0] * 9, 1, order=7).order == 7


def test_large_vocabularies_do_not_overflow():
    text = np.random.default_rng(0).integers(0, 50_000, 300)
    model = kneser_ney(text, 50_000, order=9)  # 50,000⁹ contexts would not fit in 64 bits
    assert model.log_probability(text)[8:].min() > np.log(0.4)
    assert model.probabilities(text[-8:]).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: unigram([], 5), ValueError, "tokens: expected at least one token"),
        (lambda: unigram([5], 5), ValueError, r"tokens: expected tokens in 0\.\.4, got 5"),
        (lambda: unigram([0.5], 5), TypeError, "tokens: expected integer tokens"),
        (lambda: unigram([[1]], 5), ValueError, r"tokens: expected shape \(N,\), got \(1, 1\)"),
        (lambda: unigram([1], 0), ValueError, "vocab_size: expected at least 1"),
        (lambda: bigram([1], 5), ValueError, "tokens: expected at least order = 2 of them, got 1"),
        (lambda: bigram([1, 2], 5, alpha=0), ValueError, "alpha: expected a finite number > 0"),
        (lambda: bigram([1, 2], 5, alpha="1"), TypeError, "alpha: expected a number"),
        (lambda: kneser_ney([1, 2], 5, order=0), ValueError, "order: expected at least 1"),
        (lambda: kneser_ney([1, 2], 5, order=3), ValueError, "tokens: expected at least order = 3"),
        (lambda: kneser_ney([1, 2], 5, order=1.0), TypeError, "order: expected an integer"),
    ],
)
def test_fits_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_models_refuse():
    model = bigram([0, 1, 0], 3)
    with pytest.raises(ValueError, match=r"context: expected tokens in 0\.\.2, got 3"):
        model.probabilities([3])
    with pytest.raises(ValueError, match=r"tokens: expected tokens in 0\.\.2, got -1"):
        model.log_probability([0, -1])
    with pytest.raises(ValueError, match="tokens: expected at least one token"):
        model.perplexity([])
    with pytest.raises(ValueError, match="tokens: expected at least 2 of them, got 1"):
        model.coverage([0])
