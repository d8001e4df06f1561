"""Guards of the equations of chapter 1, Sequences and memory."""

import math
from collections import Counter

import numpy as np
from hypothesis import strategies as st

from rnnlib.corpora import Grammar, information, ngram
from tests.equations.guards import guards
from tests.strategies import assert_close, for_all
from tools.equations import Mutant

ODD = Grammar(modified=0.6, modifiers=(0.2, 0.05, 0.3, 0.45), transitive=0.7, plural=0.2)
"""A grammar in which no two probabilities that a mutant could confuse are equal."""

V = 4
TEXTS = st.lists(st.integers(0, V - 1), min_size=12, max_size=40)
COUNTS = st.lists(st.integers(1, 9), min_size=6, max_size=6)


def ngrams(text, n):
    """How often every run of n tokens occurs."""
    return Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))


@guards(
    "eq-chain-rule",
    "identity",
    Mutant("last factor left out", "logs.sum()", "logs[:-1].sum()"),
    Mutant("mean for sum", "logs.sum()", "logs.mean()"),
)
def test_chain_rule():
    """A sentence by the rules of its derivation and their words, from left to right."""
    sentence = "the dogs near the king see the cat .".split()
    r, (_, _, near, _), t, plural = ODD.modified, ODD.modifiers, ODD.transitive, ODD.plural
    king = cat = [1 - plural, 1 - r, 1 / 8]
    derivation = [plural, r, 1 / 8, near, 1 / 2, *king, t, 1 / 5, *cat]
    expected = math.log(math.prod(derivation))
    assert_close(ODD.log_probability(sentence), expected, scale=abs(expected))


@guards(
    "eq-entropy",
    "definition",
    Mutant("sign", "-(p * np.log(p))", "(p * np.log(p))"),
    Mutant("p forgotten", "p * np.log(p)", "np.log(p)"),
    Mutant("natural logarithm", " / np.log(base)", ""),
)
@for_all(COUNTS)
def test_entropy(counts):
    total = sum(counts)
    expected = math.fsum(c / total * math.log2(total / c) for c in counts)
    assert_close(information.entropy(counts), expected, scale=max(expected, 1.0))
    assert_close(information.entropy([*counts, 0]), expected, scale=max(expected, 1.0))


@guards(
    "eq-mutual-information",
    "definition",
    Mutant(
        "conditional for joint",
        "p[seen] * np.log2(p[seen] / independent[seen])",
        "independent[seen] * np.log2(p[seen] / independent[seen])",
    ),
    Mutant("no division", "p[seen] / independent[seen]", "p[seen]"),
    Mutant("upside down", "p[seen] / independent[seen]", "independent[seen] / p[seen]"),
)
@for_all(COUNTS)
def test_mutual_information(counts):
    table = [[counts[0], counts[1], 0], [counts[2], counts[3], counts[4]], [0, 0, counts[5]]]
    total = sum(counts)
    terms = [
        n / total * math.log2(n * total / (sum(table[i]) * sum(row[j] for row in table)))
        for i in range(3)
        for j in range(3)
        if (n := table[i][j])
    ]
    assert_close(
        information.mutual_information(table), math.fsum(terms), scale=sum(map(abs, terms))
    )


@guards(
    "eq-plug-in-bias",
    "identity",
    Mutant("K for K − 1", "(size - 1) ** 2", "size**2"),
    Mutant("nats", "* float(np.log(2))", ""),
    Mutant("factor two", "(2 * n_samples", "(n_samples"),
)
def test_plug_in_bias():
    """The mean estimate over independent draws, within four standard errors and the next order."""
    rng = np.random.default_rng(0)
    for size, n in ((3, 400), (6, 1500)):
        tables = [np.histogram2d(*rng.integers(0, size, (2, n)), bins=size)[0] for _ in range(2000)]
        estimates = [information.mutual_information(table) for table in tables]
        error = 4 * np.std(estimates) / math.sqrt(len(estimates))
        expected = information.plug_in_bias(size, n)
        assert abs(np.mean(estimates) - expected) < error + 0.02 * expected


@guards(
    "eq-distances",
    "identity",
    Mutant("modified for bare", "(1 - self.modified) * (k == 0)", "self.modified * (k == 0)"),
    Mutant("always modified", "+ self.modified * modifier", "+ modifier"),
)
def test_distances():
    """The recursion is the power series of a generating function; here by polynomial products."""
    r, (m1, m2, m3, m4) = ODD.modified, ODD.modifiers
    step = r * np.array([0, 0, 0, m3, m4])
    first = np.array([1 - r, r * m1, r * m2])
    total, power = np.zeros(60), np.array([1.0])
    while len(power) <= 60:  # a = first · (1 + step + step² + …)
        term = np.convolve(first, power)[:60]
        total[: len(term)] += term
        power = np.convolve(power, step)
    # Every factor `step` adds at least three to the length, so terms left out begin beyond 45.
    assert_close(ODD.distance_distribution(45), total[:45], scale=total[:45])


@guards(
    "eq-perplexity",
    "definition",
    Mutant("sign", "-logs.mean()", "logs.mean()"),
    Mutant("sum for mean", "-logs.mean()", "-logs.sum()"),
    Mutant("base two", "np.exp(", "np.exp2("),
)
@for_all(st.lists(st.floats(0.01, 0.9), min_size=2, max_size=20))
def test_perplexity(p):
    expected = math.prod(p) ** (-1 / len(p))
    assert_close(information.perplexity(np.log(p)), expected, scale=expected)


@guards(
    "eq-best-perplexity",
    "identity",
    Mutant("per sentence", "self.entropy / self.expected_length", "self.entropy"),
    Mutant(
        "upside down", "self.entropy / self.expected_length", "self.expected_length / self.entropy"
    ),
    Mutant("dot not counted", "self.expected_length)", "(self.expected_length - 1))"),
)
def test_best_perplexity():
    """All 2 · 8 · 5 sentences of four words, and all of a small grammar, listed one by one."""
    small = Grammar(modified=0.5, modifiers=(0.25, 0.75, 0, 0), transitive=0, plural=0.3)
    surprise = length = total = 0.0
    for mark, p_number in (("", 0.7), ("+", 0.3)):
        for p, extra, ways in ((0.5, 0, 1), (0.125, 1, 2), (0.375, 2, 3)):
            each = p_number * p / (8 * ways * 5)
            sentences = 8 * ways * 5
            total += sentences * each
            surprise -= sentences * each * math.log(each)
            length += sentences * each * (4 + extra)
        assert len(small.words["N" + mark]) == 8 and len(small.words["Vi" + mark]) == 5
    assert_close(total, 1.0, scale=1.0)
    expected = math.exp(surprise / length)
    assert_close(small.best_perplexity, expected, scale=expected)


@guards(
    "eq-ngram",
    "identity",
    Mutant("the wrong older token", "text[:-length]", "text[length:]"),
    Mutant("context not extended", "numbers[-1][length:] * self.vocab_size", "0"),
)
@for_all(TEXTS, TEXTS, st.integers(2, 4))
def test_ngram(text, other, order):
    """Scoring a text position by position, from a window copied out of it."""
    model = ngram.kneser_ney(text, V, order)
    expected = [
        math.log(model.probabilities(other[max(0, t - order + 1) : t])[w])
        for t, w in enumerate(other)
    ]
    assert_close(model.log_probability(other), expected, scale=np.abs(expected))


def discount(counts):
    ones, twos = (sum(c == k for c in counts) for k in (1, 2))
    return ones / (ones + 2 * twos) if ones and twos else 0.5


def kneser_ney_bigram(text):
    """p(w | v) for the contexts v of a text, with dictionaries."""
    pairs = ngrams(text, 2)
    before = Counter(w for _, w in pairs)  # each pair once: how many tokens stand before w
    D1, D2 = discount(before.values()), discount(pairs.values())
    single = {
        w: (max(before[w] - D1, 0) + D1 * len(before) / V) / sum(before.values()) for w in range(V)
    }
    table = {}
    for v in {v for v, _ in pairs}:
        after = {w: c for (first, w), c in pairs.items() if first == v}
        table[v] = [
            (max(after.get(w, 0) - D2, 0) + D2 * len(after) * single[w]) / sum(after.values())
            for w in range(V)
        ]
    return table


def assert_is_kneser_ney(text):
    model = ngram.kneser_ney(text, V, order=2)
    for v, expected in kneser_ney_bigram(text).items():
        assert_close(model.probabilities([v]), expected, scale=np.array(expected))


@guards(
    "eq-kneser-ney",
    "definition",
    Mutant("discount not taken off", "(counts - discount)", "counts"),
    Mutant("not per context", "total[context]", "total.sum()"),
    Mutant("tokens for kinds", "discount * kinds", "discount * total"),
)
@for_all(TEXTS)
def test_kneser_ney(text):
    assert_is_kneser_ney(text)


@guards(
    "eq-window-floor",
    "inequality",
    Mutant("twice the loss", "np.exp(verbs * one_number)", "np.exp(2 * verbs * one_number)"),
    Mutant("bits for nats", "one_number)", "one_number / np.log(2))"),
    Mutant("no loss", "verbs * one_number", "0.0"),
)
def test_window_floor():
    """No n-gram comes below it, and a perfect memory that guesses lost numbers attains it."""
    sample = ODD.sample(np.random.default_rng(0), 12_000)
    numbers = ODD.vocabulary.encode(sample.tokens)
    half = len(numbers) // 2
    logs = ODD.log_probabilities(sample.tokens)
    share = np.where(sample.plural, ODD.plural, 1 - ODD.plural)
    for window in (0, 1, 3, 6):
        floor = ODD.window_floor(window)
        model = ngram.kneser_ney(numbers[:half], len(ODD.vocabulary), window + 1)
        assert model.perplexity(numbers[half:]) > floor

        lost = sample.distances > window
        guessing = logs.copy()
        guessing[sample.verbs[lost]] += np.log(share[lost])
        # A tenth of the loss: what chance leaves open in a sample of this size.
        exact_loss = np.log(floor / ODD.best_perplexity)
        sampled_loss = float((logs - guessing).mean())
        assert abs(sampled_loss - exact_loss) < 0.1 * sampled_loss
