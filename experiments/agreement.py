"""Agreement by distance: what reached the subject before training, what was learned (chapter 11).

Task: the words from a subject to the word before its verb, as in `Agreement`; is the verb
plural? A network is trained on one distance alone, or on all from 1 to 20, each equally often, so
that what is far is not also rare. Chance: one half.

The rate, 0.03, was chosen after a pilot, because at it not every start gets there; what each start
does at its own best rate, `agreement_by_rate` asks.
"""

from functools import cache
from itertools import product

import numpy as np

from experiments._protocol import protocol
from experiments._training import outputs, single
from rnnlib import Batch, ElmanCell, Model, Readout, softmax_cross_entropy, train, tree, unroll
from rnnlib.corpora import Grammar, Sample, one_hot
from rnnlib.product import error_projection, products_to_last
from rnnlib.training import SGD

DISTANCES = (4, 8, 14, 20)
LONGEST = 20
STARTS = (("tanh", 0.5), ("tanh", 1.0), ("tanh", 3.0), ("relu", 1.0))  # ReLU: times the identity


@cache
def dependencies(pool: int) -> tuple[Grammar, np.ndarray, Sample, list[np.ndarray]]:
    """Return sentences, and for each distance the places of its dependencies among `verbs`."""
    grammar = Grammar()
    sample = grammar.sample(np.random.default_rng(pool), 20_000)
    places = [np.flatnonzero(sample.distances == d) for d in range(LONGEST + 1)]
    return grammar, grammar.vocabulary.encode(sample.tokens), sample, places


def draw(rng: np.random.Generator, distances: np.ndarray, pool: int) -> Batch:
    """Draw one dependency for each of the distances asked for; shorter ones end earlier."""
    grammar, words, sample, places = dependencies(pool)
    chosen = np.array([rng.choice(places[d]) for d in distances])
    ids = np.zeros((max(distances), len(chosen)), int)
    for b, at in enumerate(chosen):
        ids[: distances[b], b] = words[sample.subjects[at] : sample.verbs[at]]
    xs = one_hot(ids, len(grammar.vocabulary))
    return Batch(xs, sample.plural[chosen].astype(int), lengths=np.asarray(distances))


def start(activation: str, gain: float, hidden_size: int, rng: np.random.Generator) -> Model:
    """Return an untrained network; that of ReLU units starts from the identity."""
    input_size = len(dependencies(0)[0].vocabulary)
    readout = Readout.random(hidden_size, 2, rng)
    if activation == "relu":
        W_xh = 0.1 * rng.standard_normal((hidden_size, input_size))
        return Model(
            ElmanCell(gain * np.eye(hidden_size), W_xh, np.zeros(hidden_size), "relu"), readout
        )
    return Model(ElmanCell.random(input_size, hidden_size, rng, gain=gain), readout)


MEASURED = ("log_norm", "log_reach", "log_signal")


def measure(model: Model, batch: Batch) -> dict:
    """Return log10 of ‖P‖ from the subject to the last word, of the errors' reach, and signal."""
    unrolled = unroll(model.cell, batch.xs)
    h = unrolled.hs[-1]
    loss = softmax_cross_entropy(model.readout(h), batch.targets)
    dh = model.readout.vjp(h, loss.gradient)[1]
    found = error_projection(model.cell, unrolled, dh, 2 * batch.targets - 1)
    products = products_to_last(unroll(model.cell, batch.xs[:, :50]))[1]
    return {
        "log_norm": float(np.log10(np.linalg.norm(products, 2, axis=(1, 2))).mean()),
        "log_reach": float(np.log10(found.reach)),
        "log_signal": float(np.log10(found.signal)),
    }


@protocol(
    criterion="at least 95 % of 500 fresh phrases answered correctly, after at most 1000 updates "
    "of 32 phrases, clipped to norm 1, at the rate 0.03",
    grid=[
        {"activation": activation, "gain": gain, "trained_on": distances}
        for (activation, gain), distances in product(STARTS, ("all", *DISTANCES))
    ],
    seeds=20,
    settings={"hidden_size": 50, "steps": 1000, "learning_rate": 0.03},
)
def run(
    activation: str,
    gain: float,
    trained_on: int | str,
    hidden_size: int,
    steps: int,
    learning_rate: float,
    seed: int,
) -> dict:
    """Train one network, and count its right answers by distance; measure it before, once."""
    rng = np.random.default_rng(seed)
    model = start(activation, gain, hidden_size, rng)
    fresh = {d: draw(rng, np.full(500, d), pool=1) for d in DISTANCES}
    before = dict.fromkeys(f"{name}_{d}" for d in DISTANCES for name in MEASURED)
    if trained_on == "all":  # the start is the same whatever it is trained on
        for d, batch in fresh.items():
            before |= {f"{name}_{d}": value for name, value in measure(model, batch).items()}

    def distances(n: int) -> np.ndarray:
        return rng.integers(1, LONGEST + 1, n) if trained_on == "all" else np.full(n, trained_on)

    held_out = draw(rng, distances(200), pool=1)
    training = train(
        tree.map_leaves(np.float32, model),
        single(draw(rng, distances(32), pool=0) for _ in range(steps)),
        softmax_cross_entropy,
        SGD(learning_rate),
        steps=steps,
        clip_norm=1.0,
        evaluate=lambda trained: 1 - right(trained, held_out),
        target=0.0,
    )
    after = {f"right_{d}": right(training.model, batch) for d, batch in fresh.items()}
    return {"steps_made": training.steps} | before | after


def right(model: Model, batch: Batch) -> float:
    """Return the share of right answers."""
    return float((outputs(model, batch).argmax(-1) == batch.targets).mean())
