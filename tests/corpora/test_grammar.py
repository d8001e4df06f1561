import numpy as np
import pytest
from hypothesis import strategies as st

from rnnlib.corpora import Grammar, annotate, kneser_ney, other_number, perplexity
from tests.derivations import Parser, agreements_by_descent
from tests.strategies import for_all

GRAMMAR = Grammar()
SAMPLE = GRAMMAR.sample(np.random.default_rng(7), 4000)
SENTENCES = [[*s.split(), "."] for s in " ".join(SAMPLE.tokens).split(" .")[:-1]]

ODD = Grammar(modified=0.6, modifiers=(0.2, 0.05, 0.3, 0.45), transitive=0.7, plural=0.2)
"""A second grammar, in which no two probabilities that could be confused are equal."""


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_a_sentence_has_one_derivation_and_its_probability(grammar):
    tokens = grammar.sample_tokens(np.random.default_rng(3), 150)
    for sentence in ([*s.split(), "."] for s in " ".join(tokens).split(" .")[:-1]):
        derivations = Parser(grammar, sentence).derivations()
        assert len(derivations) == 1
        assert grammar.log_probability(sentence) == pytest.approx(np.log(derivations[0]))


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_sampled_surprise_is_the_exact_entropy(grammar):
    tokens = grammar.sample_tokens(np.random.default_rng(11), 4000)
    logs = grammar.log_probabilities(tokens)
    ends = np.flatnonzero(np.array(tokens) == ".")
    surprise = -np.add.reduceat(logs, np.r_[0, ends[:-1] + 1])
    lengths = np.diff(np.r_[-1, ends])
    for sampled, exact in ((surprise, grammar.entropy), (lengths, grammar.expected_length)):
        assert abs(sampled.mean() - exact) < 4 * sampled.std() / np.sqrt(len(sampled))
    assert perplexity(logs) == pytest.approx(grammar.best_perplexity, rel=0.02)


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_entropy_is_the_sum_over_rules_used(grammar):
    """H = Σ_A E[uses of A] · h_A, the uses being the geometric series of the mean matrix."""
    uses, power = np.zeros(len(grammar.mean_matrix)), np.eye(len(grammar.mean_matrix))[0]
    for _ in range(400):
        uses, power = uses + power, power @ grammar.mean_matrix
    cost = [
        -sum(
            p * np.log(p / np.prod([len(grammar.words.get(symbol, "-")) for symbol in right]))
            for p, right in alternatives
        )
        for alternatives in grammar.rules.values()
    ]
    assert grammar.entropy == pytest.approx(float(uses @ cost))


def test_next_distribution_sums_to_one_and_is_the_frequency():
    seen = {}
    for sentence in SENTENCES:
        for t in range(min(len(sentence), 5)):
            seen.setdefault(tuple(sentence[:t]), []).append(sentence[t])
    often = {prefix: words for prefix, words in seen.items() if len(words) > 100}
    assert len(often) > 10
    for prefix, words in often.items():
        p = GRAMMAR.next_distribution(prefix)
        assert p.sum() == pytest.approx(1.0, abs=1e-12)
        frequency = np.bincount(GRAMMAR.vocabulary.encode(words), minlength=len(p)) / len(words)
        assert (frequency[p == 0] == 0).all()
        assert (np.abs(frequency - p) <= 5 * np.sqrt(p * (1 - p) / len(words)) + 1e-12).all()


def test_next_distribution_is_what_log_probabilities_add_up():
    tokens = SAMPLE.tokens[:150]
    numbers = GRAMMAR.vocabulary.encode(tokens)
    stepwise = [GRAMMAR.next_distribution(tokens[:t])[w] for t, w in enumerate(numbers)]
    np.testing.assert_allclose(GRAMMAR.log_probabilities(tokens), np.log(stepwise), atol=1e-12)


def test_only_the_subject_tells_the_number():
    p = GRAMMAR.next_distribution("the dogs near the cat that the mice chase".split())
    verbs = {word: p[GRAMMAR.vocabulary.encode([word])[0]] for word in ("sleep", "sleeps", "see")}
    assert verbs["sleep"] > 0 and verbs["see"] > 0 and verbs["sleeps"] == 0


def test_dependencies_are_those_of_the_derivation():
    start, expected = 0, []
    for sentence in SENTENCES:
        expected += [(start + s, start + v) for s, v in agreements_by_descent(sentence)]
        start += len(sentence)
    np.testing.assert_array_equal(np.c_[SAMPLE.subjects, SAMPLE.verbs], expected)
    words = np.array(SAMPLE.tokens)
    nouns = {*GRAMMAR.words["N+"]}
    np.testing.assert_array_equal([w in nouns for w in words[SAMPLE.subjects]], SAMPLE.plural)


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_distances_have_the_exact_distribution(grammar):
    distances = grammar.sample(np.random.default_rng(5), 8000).distances
    p = grammar.distance_distribution(40)
    frequency = np.bincount(distances, minlength=41)[1:41] / len(distances)
    # Distances within a sentence are not independent: five standard errors, not four.
    assert (np.abs(frequency - p) < 5 * np.sqrt(p / len(distances))).all()
    assert grammar.distance_distribution(2000).sum() == pytest.approx(1.0)


def test_every_distance_up_to_25_occurs_often():
    assert (20_000 * GRAMMAR.distance_distribution(25) > 70).all()


def test_other_number_is_its_own_inverse():
    for name in ("N", "Vi", "Vt"):
        for one, many in zip(GRAMMAR.words[name], GRAMMAR.words[name + "+"], strict=True):
            assert other_number(one) == many and other_number(many) == one
    for word in ("the", "laughed", "dragon"):
        with pytest.raises(ValueError, match="word: expected a noun or an agreeing verb"):
            other_number(word)


def test_all_words_are_distinct():
    words = [word for group in GRAMMAR.words.values() for word in group]
    assert len(words) == len(set(words)) == len(GRAMMAR.vocabulary) == 46


@for_all(st.integers(0, 2**32 - 1))
def test_a_seed_gives_one_sample(seed):
    first, second = (GRAMMAR.sample(np.random.default_rng(seed), 3) for _ in range(2))
    assert first.tokens == second.tokens
    assert first.tokens.count(".") == 3 and first.tokens[-1] == "."


def test_extreme_grammars():
    certain = Grammar(modified=0, modifiers=(1, 0, 0, 0), transitive=0, plural=1)
    assert set(certain.sample_tokens(np.random.default_rng(0), 50)) <= {
        "the",
        ".",
        *certain.words["N+"],
        *certain.words["Vi+"],
    }
    assert certain.entropy == pytest.approx(np.log(40))
    assert certain.distance_distribution(3).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"modified": 1.2},
            ValueError,
            "modified: expected a probability between 0 and 1, got 1.2",
        ),
        ({"plural": -0.1}, ValueError, "plural: expected a finite number >= 0"),
        ({"transitive": "half"}, TypeError, "transitive: expected a number"),
        ({"modifiers": (0.5, 0.5)}, ValueError, "modifiers: expected four probabilities"),
        ({"modifiers": (0.5, 0.5, 0.5, 0.5)}, ValueError, "modifiers: expected a sum of 1, got 2"),
        ({"modified": 1, "modifiers": (0, 0, 0, 1)}, ValueError, "spectral radius .* got 1"),
    ],
)
def test_grammar_refuses(options, error, message):
    with pytest.raises(error, match=message):
        Grammar(**options)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("the dragon", "expected words of this grammar, got 'dragon' at index 1"),
        ("the dog near .", r"expected the at index 3, got '\.'"),
        ("the dogs sleeps", r"expected .* at index 2, got 'sleeps'"),
        ("dog", "expected the at index 0, got 'dog'"),
    ],
)
def test_a_prefix_that_no_sentence_has(words, message):
    with pytest.raises(ValueError, match="prefix: " + message):
        GRAMMAR.next_distribution(words.split())
    with pytest.raises(ValueError, match="tokens: " + message):
        GRAMMAR.log_probabilities(words.split())


def test_other_refusals():
    with pytest.raises(TypeError, match="prefix: expected a list of words, got str 'the dog'"):
        GRAMMAR.next_distribution("the dog")
    for unfinished in ([], ["the"], "the dog sleeps . the dog sleeps .".split()):
        with pytest.raises(ValueError, match="sentence: expected one that ends in"):
            GRAMMAR.log_probability(unfinished)
    with pytest.raises(ValueError, match="n_sentences: expected at least 1"):
        GRAMMAR.sample(np.random.default_rng(0), 0)
    with pytest.raises(ValueError, match="max_distance: expected at least 1"):
        GRAMMAR.distance_distribution(0)
    with pytest.raises(ValueError, match=r"subject for every verb .* got 'sleeps' at index 2"):
        annotate("the dogs sleeps .".split())
    with pytest.raises(ValueError, match="a verb for every subject, got none for 'dogs'"):
        annotate("the dogs near the cat".split())
    with pytest.raises(ValueError, match=r"a subject for every verb .* got 'sleeps' at index 3"):
        annotate("near the cat sleeps .".split())  # a text that begins within a sentence


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_expected_agreements_is_the_sampled_mean(grammar):
    sample = grammar.sample(np.random.default_rng(2), 4000)
    ends = np.flatnonzero(np.array(sample.tokens) == ".")
    per_sentence = np.bincount(np.searchsorted(ends, sample.verbs), minlength=len(ends))
    error = per_sentence.std() / np.sqrt(len(ends))
    assert abs(per_sentence.mean() - grammar.expected_agreements) < 4 * error


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
def test_expected_total_is_the_sum_over_generations(grammar):
    """Each generation of symbols is the one before, times the mean matrix."""
    shares = np.arange(1.0, 1 + len(grammar.rules))
    generation = np.eye(len(grammar.rules))[list(grammar.rules).index("S")]
    total = 0.0
    for _ in range(600):
        total += float(generation @ shares)
        generation = generation @ grammar.mean_matrix
    assert grammar.expected_total(shares) == pytest.approx(total, rel=1e-12)


def test_expected_total_refuses():
    with pytest.raises(ValueError, match=r"per_rewriting: expected shape \(6,\), got \(1,\)"):
        GRAMMAR.expected_total([1.0])


@pytest.mark.parametrize("grammar", [GRAMMAR, ODD])
@pytest.mark.parametrize("window", [0, 1, 4, 9])
def test_window_floor_is_a_perfect_memory_that_forgets_numbers(grammar, window):
    """Score the exact model, but let it guess the number of a subject outside the window."""
    sample = grammar.sample(np.random.default_rng(8), 8000)
    logs = grammar.log_probabilities(sample.tokens)
    forgotten = sample.distances > window
    share = np.where(sample.plural, grammar.plural, 1 - grammar.plural)
    logs[sample.verbs[forgotten]] += np.log(share[forgotten])
    assert perplexity(logs) == pytest.approx(grammar.window_floor(window), rel=0.015)


def test_window_floor_falls_to_the_best_perplexity_and_no_ngram_is_below_it():
    floors = [GRAMMAR.window_floor(window) for window in range(40)]
    assert np.all(np.diff(floors) < 0)
    assert GRAMMAR.window_floor(3000) == pytest.approx(GRAMMAR.best_perplexity)
    numbers = GRAMMAR.vocabulary.encode(SAMPLE.tokens)
    for order in (1, 2, 4):
        model = kneser_ney(numbers[:40_000], len(GRAMMAR.vocabulary), order)
        assert model.perplexity(numbers[40_000:]) > GRAMMAR.window_floor(order - 1)
    with pytest.raises(ValueError, match="window: expected at least 0, got -1"):
        GRAMMAR.window_floor(-1)
