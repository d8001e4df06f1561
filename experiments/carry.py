"""What the carry buys: agreement by distance, with and without error from later steps (chapter 5).

Each seed draws one network of 48 tanh units and one order of texts, and trains three times from
there to predict the next word of the grammar of chapter 1: by BPTT; without the carry, so that no
error leaves the step at which it arose; and the readout alone. A verb agrees if its right number
gets the larger probability; chance is one half.
"""

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np

from experiments._protocol import Control, protocol
from experiments._training import single
from experiments.before_training import corpus, texts
from rnnlib import ElmanCell, Model, Readout, softmax_cross_entropy, tree, unroll
from rnnlib.corpora import Grammar, Sample, one_hot, other_number
from rnnlib.training import SGD, clip_by_global_norm, loss_and_gradient

DISTANCES = {"1_3": (1, 3), "4_7": (4, 7), "8_10": (8, 10), "11": (11, np.inf)}
WINDOWS = {"BPTT": None, "no carry": 1, "readout only": 1}


@cache
def held_out() -> tuple[Sample, np.ndarray, np.ndarray]:
    """Return 2,000 sentences, their words as numbers, and each verb in its other number."""
    grammar = Grammar()
    sample = grammar.sample(np.random.default_rng(9), 2000)
    others = [other_number(sample.tokens[verb]) for verb in sample.verbs]
    return sample, grammar.vocabulary.encode(sample.tokens), grammar.vocabulary.encode(others)


def agreement(model: Model) -> dict:
    """Return the perplexity, and the share of verbs that agree, by distance and across clauses.

    A clause is "that NP Vt" right behind the subject, in which another subject has its own verb.
    """
    sample, words, others = held_out()
    xs = one_hot(words[:-1, None], model.cell.input_size, np.float32)
    z = model.readout(unroll(model.cell, xs).hs[1:])[:, 0]
    verbs, rows = sample.verbs, np.arange(len(sample.verbs))
    right = z[verbs - 1][rows, words[verbs]] > z[verbs - 1][rows, others]
    behind = np.array(sample.tokens)[sample.subjects[:, None] + [1, 2]]
    groups = {
        name: (sample.distances >= low) & (sample.distances <= high)
        for name, (low, high) in DISTANCES.items()
    }
    groups["clause"] = (behind == ["that", "the"]).all(axis=1)
    loss = softmax_cross_entropy(z.astype(float), words[1:]).value
    shares = {f"right_{name}": float(right[group].mean()) for name, group in groups.items()}
    return {"perplexity": float(np.exp(loss))} | shares


@protocol(
    criterion="none: the shares are reported as they come, of the verbs in 2,000 fresh sentences, "
    "after 2000 updates of 32 texts of 40 words, each a little smaller than the one before "
    "(momentum 0.9, clipped to ½); the rate is chosen by the perplexity",
    grid={"method": ["BPTT", "no carry", "readout only"]},
    choose={"learning_rate": [0.4, 0.8, 1.6, 3.2]},
    loss=lambda row: row["perplexity"],
    selection_seeds=range(100, 104),
    seeds=20,
    settings={"hidden_size": 48, "updates": 2000},
    control=Control(
        of={"method": "BPTT"},
        rows={"method": "no carry"},
        what="the same program without its carry",
        exposes="that training the recurrent weights is enough, whatever the error of later steps",
    ),
)
def run(method: str, learning_rate: float, hidden_size: int, updates: int, seed: int) -> dict:
    """Train one network in one way, and put the question to it at every verb."""
    rng = np.random.default_rng(seed)
    V = corpus(0)[1]
    cell = ElmanCell.random(V, hidden_size, rng, gain=0.9)
    model = Model(cell, Readout.random(hidden_size, V, rng, gain=0.1))
    state = SGD(learning_rate, momentum=0.9).start(tree.map_leaves(np.float32, model))
    for made, batch in enumerate(islice(single(texts(rng, 32, 40, pool=0)), updates)):
        gradient = loss_and_gradient(
            state.parameters, batch, softmax_cross_entropy, window=WINDOWS[method]
        ).gradient
        if method == "readout only":
            gradient = replace(gradient, cell=tree.map_leaves(np.zeros_like, gradient.cell))
        descent = SGD(learning_rate * (1 - made / updates), momentum=0.9)
        state = descent.step(state, clip_by_global_norm(gradient, 0.5).gradient)
    return agreement(state.parameters)
