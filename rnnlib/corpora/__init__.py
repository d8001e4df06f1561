"""Text as token numbers, and a grammar whose dependencies are known exactly.

Built in chapter 1, with what can be predicted of both without a network.
"""

from rnnlib.corpora.agreement_words import Sample, annotate, other_number
from rnnlib.corpora.grammar import Grammar
from rnnlib.corpora.information import (
    entropy,
    mutual_information,
    mutual_information_at_distance,
    perplexity,
    plug_in_bias,
    shuffled_mutual_information,
)
from rnnlib.corpora.ngram import additive, bigram, kneser_ney, unigram
from rnnlib.corpora.pcfg import ProbabilisticGrammar
from rnnlib.corpora.text import batches, python_manual, read_text, split, tokenize
from rnnlib.corpora.vocabulary import Vocabulary, one_hot

__all__ = [
    "Grammar",
    "ProbabilisticGrammar",
    "Sample",
    "Vocabulary",
    "additive",
    "annotate",
    "batches",
    "bigram",
    "entropy",
    "kneser_ney",
    "mutual_information",
    "mutual_information_at_distance",
    "one_hot",
    "other_number",
    "perplexity",
    "plug_in_bias",
    "python_manual",
    "read_text",
    "shuffled_mutual_information",
    "split",
    "tokenize",
    "unigram",
]
