"""A random network with a trained readout beside n-gram models, on two texts (chapter 3).

Each seed draws another network of 256 tanh units, of the grammar also another text (10,000
sentences; the manual has one text, with its 999 most frequent words and <unk>). The readout learns
from the training part (80 %), and is kept where it does best on the validation part, by which the
n-grams choose their α and order, too; what is reported is the test part. The rows of the manual are
also what chapter 5 compares its trained network with.
"""

from functools import cache

import numpy as np

from experiments._protocol import protocol
from experiments._reservoir import descend, perplexity, read, reservoir
from rnnlib.corpora import Grammar, Vocabulary, ngram, python_manual, split, tokenize
from rnnlib.corpora.information import perplexity as perplexity_of

EPOCHS = {"grammar": 5, "manual": 4}
ALPHAS, ORDERS = (0.01, 0.03, 0.1, 0.3, 1.0), (3, 4, 5)


@cache
def of_manual() -> tuple[list[np.ndarray], int]:
    """Return the three parts of the manual as word numbers, and how many words there are."""
    parts = split(tokenize(python_manual()))
    vocabulary = Vocabulary.from_tokens(parts[0], max_size=1000)
    return [vocabulary.encode(part) for part in parts], len(vocabulary)


def parts_of(text: str, seed: int) -> tuple[list[np.ndarray], int, float | None]:
    """Return the parts of a text, its vocabulary's size and the best perplexity there is."""
    if text == "manual":
        return *of_manual(), None  # nobody knows it
    grammar = Grammar()
    sample = grammar.sample(np.random.default_rng(1000 + seed), n_sentences=10_000)
    parts = split(grammar.vocabulary.encode(sample.tokens))
    exact = grammar.log_probabilities(sample.tokens)[-len(parts[2]) :]
    return list(parts), len(grammar.vocabulary), float(perplexity_of(exact[1:]))


def counted(parts: list[np.ndarray], V: int) -> dict[str, float]:
    """Return the test perplexity of n-grams, each chosen from its kind on the validation part."""
    train, valid, test = parts

    def score(model: ngram.NGram, part: np.ndarray) -> float:
        return float(perplexity_of(model.log_probability(part)[1:]))

    kinds = {
        "unigram": [ngram.unigram(train, V)],
        "bigram": [ngram.bigram(train, V, alpha) for alpha in ALPHAS],
        "kneser_ney_bigram": [ngram.kneser_ney(train, V, 2)],
        "kneser_ney": [ngram.kneser_ney(train, V, order) for order in ORDERS],
    }
    best = {name: min(kind, key=lambda m: score(m, valid)) for name, kind in kinds.items()}
    return {name: score(model, test) for name, model in best.items()}


@protocol(
    criterion="none: the perplexity of the test part, of every token but its first",
    grid={"text": ["grammar", "manual"]},
    choose={"gain": [0.5, 0.9, 1.3], "loudness": [0.25, 0.5, 1.0]},
    loss=lambda row: row["validation"],
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"hidden_size": 256},
)
def run(text: str, gain: float, loudness: float, hidden_size: int, seed: int) -> dict:
    """Train the readout of one random network, and count what n-grams count."""
    parts, V, best = parts_of(text, seed)
    cell = reservoir(V, hidden_size, gain, loudness, seed)
    h, words = read(cell, parts[0], streams=16)
    valid, test = (read(cell, part, streams=1) for part in parts[1:])
    passes = list(descend(h, words, V, EPOCHS[text], seed))
    readout = min(passes, key=lambda each: perplexity(each, *valid))
    return {
        "network": perplexity(readout, *test),
        "validation": perplexity(readout, *valid),
        "training": perplexity(readout, h[::8], words[::8]),
        **counted(parts, V),
        "best": best,
    }
