"""How likely each sentence of the passages found answers a question."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assistant.answerer import Passage
from assistant.asking import Asked, compares
from assistant.candidates import Candidate, SentenceVectors, before, candidates
from assistant.kinds import KINDS
from assistant.models import Models
from index import Reranker, Vocabulary, log_odds, passage_header, reading

Features = NDArray[np.float64]

FEATURES = (
    "cosine",  # of the question and the sentence, read within its passage
    "passage_cosine",
    "coverage",  # weight of the question's terms that stand in the sentence
    "passage_coverage",  # in the passage, its heading or title
    "order",  # pairs of neighbouring terms kept together
    # 1 where the sentence holds what the question word asks for, -1 where it does not, 0 where it asks for none such
    *KINDS,
)
# Conditional logit over the candidates of answerable questions of SQuAD 2.0 dev (the half with 16 articles, the
# paragraph to be found among all 646), rounded; `python -m evals.calibration.relevance` fits it. Fitted on eight
# articles, it puts an answering sentence first in .84 (n 261) and .68 (n 199) of the questions on the other eight.
# "reason" and "denial" occur too seldom there and are set by hand.
_WEIGHTS = (6.5, 2.8, 5.0, 5.0, 0.9, 1.4, 1.1, 0.5, 0.5, 2.5)
# Platt scaling of the best candidate's score: answerable questions against the same ones without their paragraph
# (area under the curve .86 and .79) and SQuAD’s impossible ones (.59 and .58; a third of the weight, made to fool).
_SCALE, _BIAS = 0.353, -4.5
# What a reader's log odds weigh beside the score above, and the same scaling of both together, fitted by
# `python -m evals.calibration.reading` on the four articles of SQuAD that the reader was not trained on. Chosen on two
# of them and judged on the others, an answering sentence comes first in .825 of the questions for .805 (n 861), and the
# area is .715 for .651 against impossible questions, .875 for .861 against no paragraph. Reading twelve sentences is no
# better than eight. Since a time is wanted where one is asked for they are .820, .714 and .874, and a share of 2 does
# as well on SQuAD; on the seeds it loses a fact and a decision.
OF_READING, _SCALE_READ, _BIAS_READ = 1.5, 0.291, -3.308
MOST_READ = 8
# Of the questions fitted on about half have no answer; of those that people ask about documents of their own, fewer:
# one in five of the seeds', one in fifteen of mtRAG's. Three to one is between.
_EARNEST = math.log(3)
# Below it a sentence is likelier not to answer than to.
SURE = 0.5
# Documents put questions too; they are not answers.
_ASKING_PENALTY = 2.0
# What someone said is not what another said about it.
_SPEAKER_PENALTY = 4.0
# What someone said is told where the words are reported, not where they are announced.
_WORDS_BONUS = 2.0
# "How many?" is seldom answered without a figure, nor "when?" without a time, however near the sentence: 3 in 100 of
# the answers in SQuAD are, log odds of -3.5, which _SCALE_READ makes of 12.
_KIND_PENALTY = 12.0
# 4 in 100 of the answers to "how many …?" have their figure far from what it counts; a sentence that counts something
# else is no answer, however much it speaks of the thing.
_COUNT_PENALTY = 12.0
# 20 in 100 do not name it, of the other sentences beside them with figures 85.
_OTHER_COUNT_PENALTY = 5.0


def measure(asked: Asked, found: Sequence[Candidate], *, vocabulary: Vocabulary, vectors: SentenceVectors) -> Features:
    """The features of each candidate, shape (n, len(FEATURES)), columns in the order of FEATURES."""
    if not found:
        return np.zeros((0, len(FEATURES)))
    cosines = vectors.of(found) @ vectors.encode(asked.question)
    present: dict[int, list[str]] = {}
    rows = []
    for candidate, cosine in zip(found, cosines, strict=True):
        passage = candidate.passage
        if passage.number not in present:
            present[passage.number] = asked.present(passage)
        # A passage that only the word search found is about as near as its nearest sentence.
        passage_cosine = passage.cosine if passage.cosine is not None else float(cosine)
        rows.append(
            (
                float(cosine),
                passage_cosine,
                *asked.words(candidate, present[passage.number]),
                *asked.wanted.held_by(candidate.text),
            )
        )
    return np.asarray(rows)


def counted(asked: Asked, found: Sequence[Candidate], *, vocabulary: Vocabulary, vectors: SentenceVectors) -> Features:
    """How well each candidate seems to answer by what can be counted, shape (n,)."""
    scores: Features = measure(asked, found, vocabulary=vocabulary, vectors=vectors) @ np.asarray(_WEIGHTS)
    scores -= _ASKING_PENALTY * np.asarray([c.text.endswith("?") for c in found], dtype=np.float64)
    wanted = asked.wanted
    misses = [wanted.misses_figure(c.text) or wanted.misses_date(c.text) for c in found]
    scores -= _KIND_PENALTY * np.asarray(misses, dtype=np.float64)
    scores -= _COUNT_PENALTY * np.asarray([wanted.miscounts(c.text) for c in found], dtype=np.float64)
    scores -= _OTHER_COUNT_PENALTY * np.asarray([wanted.counts_others(c.text) for c in found], dtype=np.float64)
    scores -= _SPEAKER_PENALTY * np.asarray([asked.misses_speaker(c) for c in found], dtype=np.float64)
    scores += _WORDS_BONUS * np.asarray([asked.holds_words(c) for c in found], dtype=np.float64)
    return scores


def read(reader: Reranker, asked: Asked, found: Sequence[Candidate]) -> Features:
    """The log odds that each candidate answers, by a model that reads it with the question, shape (n,)."""
    texts = [
        reading(passage_header(each.passage.title, each.passage.heading), before(each), asked.spelt_out(each.text))
        for each in found
    ]
    return log_odds(reader, asked.question, texts)


def together(
    scores: Features, likeliest: NDArray[np.int64], logits: Features, *, share: float = OF_READING
) -> Features:
    """Scores by counting and by reading, shape (n,); what was not read is no likelier than the least of what was."""
    summed: Features = scores + share * logits.min()
    summed[likeliest] = scores[likeliest] + share * logits
    return summed


class Ranker:
    """Orders sentences by how likely they answer. The last order is remembered: one question asks for it again.

    With a model for it the likeliest are read together with the question, as many as there is time for.
    """

    def __init__(self, vocabulary: Vocabulary, models: Models) -> None:
        self._vocabulary = vocabulary
        self._models = models
        self._last: tuple[str, Sequence[Passage], list[Candidate]] = "", (), []

    def rank(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """The sentences of the passages with the probability that they answer the question, likeliest first."""
        if (question, passages) != self._last[:2]:
            self._last = question, list(passages), self._ranked(question, passages)
        return list(self._last[2])

    def _ranked(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        found = candidates(passages)
        asked = Asked(question, self._vocabulary, passages)
        scores = counted(asked, found, vocabulary=self._vocabulary, vectors=self._models.vectors)
        scale, bias = _SCALE, _BIAS
        # A question that sets sources side by side is answered by no one sentence, which is all that a reader knows.
        if self._models.answering is not None and found and not compares(question):
            likeliest = np.argsort(-scores, kind="stable")[:MOST_READ]
            logits = read(self._models.answering, asked, [found[n] for n in likeliest])
            scores = together(scores, likeliest, logits)
            scale, bias = _SCALE_READ, _BIAS_READ
        probabilities = 1.0 / (1.0 + np.exp(-(scale * scores + bias + _EARNEST)))
        ranked = [replace(each, probability=float(p)) for each, p in zip(found, probabilities, strict=True)]
        return sorted(ranked, key=lambda candidate: -candidate.probability)
