"""The two models of the book: what they can do, and that another recipe's are refused."""

import numpy as np
import pytest

import experiments
from experiments import _models
from rnnlib import tree, unroll
from rnnlib.corpora import Grammar, one_hot
from rnnlib.corpora.grammar import other_number
from rnnlib.training.losses import softmax
from rnnlib.training.storage import load, save


def logits(model, tokens):
    """Read a text in one go; row t tells of token t + 1."""
    run = unroll(model.cell, one_hot(tokens[:-1, None], model.cell.input_size))
    return model.readout(run.hs[1:])[:, 0]


def agreement(model, vocabulary):
    """Return how often the right number is the likelier at new verbs, and their distances."""
    sample = Grammar().sample(np.random.default_rng(1_000), 2_000)
    wrong = vocabulary.encode([other_number(sample.tokens[v]) for v in sample.verbs])
    right = vocabulary.encode([sample.tokens[v] for v in sample.verbs])
    rows = logits(model, vocabulary.encode(sample.tokens))[sample.verbs - 1]
    verbs = np.arange(len(rows))
    return rows[verbs, right] > rows[verbs, wrong], sample.distances


def test_training_has_taught_the_grammar_model_its_verbs():
    shared = experiments.model("grammar")
    right, distances = agreement(shared.trained, shared.vocabulary)
    before, _ = agreement(shared.start, shared.vocabulary)
    assert right[distances <= 10].mean() > 0.99
    assert right[distances > 10].mean() > 0.9
    assert 0.35 < before.mean() < 0.65


def perplexity(model, tokens):
    """Return that of the words that are known, given that the next word is."""
    known = tokens[1:] != 0
    p = softmax(logits(model, tokens)[known, 1:])
    p = p[np.arange(len(p)), tokens[1:][known] - 1]
    return np.exp(-np.log(p).mean())


def test_the_next_word_model_has_learned_more_than_how_frequent_words_are():
    shared = experiments.model("next word")
    validation = shared.vocabulary.encode(_models.manual()[1])
    assert perplexity(shared.trained, validation) < 0.6 * perplexity(shared.start, validation)


def test_its_first_guess_is_a_word():
    shared = experiments.model("next word")
    validation = shared.vocabulary.encode(_models.manual()[1])
    assert (logits(shared.trained, validation).argmax(-1) != 0).mean() > 0.999


def test_both_halves_of_a_recipe_are_told_from_others():
    assert all(len(recipe.fingerprint.split()) == 2 for recipe in _models.RECIPES.values())


def test_a_model_of_another_recipe_is_refused(tmp_path, monkeypatch):
    made_by, stored = load(_models.FOLDER / "grammar.npz", types=experiments.SharedModel)
    save(tmp_path / "grammar.npz", (f"{made_by} ", stored))
    monkeypatch.setattr(_models, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"grammar\.npz: made by another recipe"):
        experiments.model("grammar")


def test_an_unknown_model_is_refused():
    with pytest.raises(ValueError, match="name: expected one of 'grammar', 'next word', got 'x'"):
        experiments.model("x")


def test_what_is_stale_is_trained_anew_and_the_rest_left(tmp_path, monkeypatch, capsys):
    def small(start, vocabulary):
        return tree.map_leaves(lambda a: 2 * a, start)

    recipe = _models.Recipe(_models.grammar_start, small)
    monkeypatch.setattr(_models, "RECIPES", {"grammar": recipe})
    monkeypatch.setattr(_models, "FOLDER", tmp_path)
    _models.renew()
    shared = experiments.model("grammar")
    assert tree.same(shared.trained, tree.map_leaves(lambda a: 2 * a, shared.start))
    _models.renew()
    assert capsys.readouterr().out.splitlines() == [
        "grammar: training …",
        "grammar: stored in grammar.npz",
    ]
