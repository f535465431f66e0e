"""Whether the cited text carries a sentence."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answerer import Claim, Passage
from assistant.candidates import Candidate, SentenceVectors, candidates
from assistant.discrepancies import missing
from assistant.modality import overstated, reversed_in, turned
from assistant.models import Models
from assistant.referents import VERB
from assistant.schema import Verdict
from index import Reranker, Span, Vocabulary, log_odds, reading

Array = NDArray[np.float64]

# The least probability. Of twenty written sentences that nothing carries one reaches the first.
VERDICTS: Mapping[Verdict, float] = {"supported": 0.65, "partly": 0.45}
# What is known of a place that may carry a claim.
FEATURES = (
    "read",  # log odds that the sentence with those around it supports the claim
    "cosine",
    "uncovered",  # the weight of the claim's terms that do not stand there, times the root of their number
    "turned",  # a denial that one side lacks
    "reversed",  # an opposite
    "overstated",
)
# (weights, bias) of a logistic regression on the place that carries best, with a model and without one, fitted by
# `python -m evals.calibration.verdicts`. Words and meaning alone hardly see what a claim adds: without a
# model what is uncovered weighs more than fitted.
READ = (0.45, 2.3, -0.34, -1.23, -2.13, -0.73), -0.89
COUNTED = (0.0, 2.7, -0.8, -1.3, -2.2, -0.74), -0.98
# A claim with a figure or name that is nowhere in its evidence, or that turns it, is no likelier than the first; one
# that says for certain what is only possible there, no likelier than the second.
_CONTRADICTED, _OVERSTATED = 0.25, 0.6
# A capital inside a sentence is a name's.
_NAME_WITHIN = re.compile(r"(?<=[\w,;] )[A-Z][\w-]*")
_ENDS = re.compile(r"[.!…。！｡][\"'”’»›)\]」』）]*\Z")
# Sentences that may carry a claim, each with as many around it.
_NEAREST, _NEIGHBOURS = 2, 1


@dataclass(frozen=True, slots=True)
class Grounded:
    """A claim with the exact place that carries it best (None where there is nothing) and how well it does."""

    claim: Claim
    passage: Passage | None
    span: Span | None
    verdict: Verdict
    score: float


def ground(claim: Claim, passages: Sequence[Passage], *, vocabulary: Vocabulary, models: Models) -> Grounded:
    """The claim with its evidence: looked for in the passages it names, else in all of them.

    The score is the probability that the evidence carries it, by FEATURES. A figure or name that is nowhere in the
    evidence, a denial or an opposite that one side lacks keep it below "partly"; what is only possible there, below
    "supported". What it cannot see: who of two people named in neighbouring sentences said which.
    """
    if claim.quoted:
        return _exact(claim, *claim.quoted)
    if _claims_nothing(claim):
        return Grounded(claim, None, None, "unsupported", 0.0)
    named = [p for p in passages if p.number in claim.passages]
    people = names_of(passages)
    best = Grounded(claim, None, None, "unsupported", 0.0)
    for pool in (named, passages):
        found = evidence(claim.text, pool, people, vocabulary=vocabulary, vectors=models.vectors)
        for each, score in zip(found, _likely(claim.text, found, models.supporting), strict=True):
            if score > best.score:
                best = Grounded(claim, each.passage, each.span, _verdict(score), score)
        if best.verdict == "supported":
            break
    return best


def _claims_nothing(claim: Claim) -> bool:
    """Whether it is a question, or the heading or the beginning of a list that small models write: "The phone call"."""
    if claim.text.endswith("?"):
        return True
    return not (claim.passages or _ENDS.search(claim.text) or VERB.search(claim.text))


def names_of(passages: Sequence[Passage]) -> set[str]:
    """Words with a capital inside a sentence: somebody's or something's name."""
    return {name for passage in passages for name in _NAME_WITHIN.findall(passage.text)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that may carry a claim: one sentence, or one with those around it.

    `counted` are FEATURES but for the reading, of `around`: the sentence with those around it, below its title.
    `missing` is whether the claim has a figure or name that is not there.
    """

    passage: Passage
    span: Span
    counted: tuple[float, float, float, float, float]
    missing: bool
    around: str

    @property
    def contradicts(self) -> bool:
        """Whether the claim cannot be carried here, however near it is."""
        _, _, turns, opposes, _ = self.counted
        return self.missing or turns > 0 or opposes > 0


def evidence(
    text: str,
    passages: Sequence[Passage],
    people: Collection[str],
    *,
    vocabulary: Vocabulary,
    vectors: SentenceVectors,
) -> list[Evidence]:
    """The sentences nearest in meaning, and each with its neighbours. Nothing for a text without words that matter."""
    found, terms = candidates(passages), vocabulary.content_terms(text)
    if not found or not terms:
        return []
    cosines = vectors.of(found) @ vectors.encode(text)
    places = []
    for n in sorted(range(len(found)), key=lambda n: -cosines[n])[:_NEAREST]:
        passage, wide = found[n].passage, _around(found[n])
        around = reading(passage.title, "", _words(passage, wide))
        for span in (found[n].span, wide):
            words = _words(passage, span)
            counted = (
                float(cosines[n]),
                _uncovered(terms, f"{passage.above} {words}", vocabulary),
                float(turned(text, words, vocabulary)),
                float(reversed_in(text, words)),
                float(overstated(text, words)),
            )
            absent = missing(text, words, passage.above, people, vocabulary)
            places.append(Evidence(passage, span, counted, absent, around))
    return places


def features(found: Sequence[Evidence], claim: str, model: Reranker | None) -> Array:
    """FEATURES of each place, shape (n, len(FEATURES)). What no model reads has 0 there.

    A place that contradicts the claim is not read: nothing would come of it.
    """
    counted = np.asarray([each.counted for each in found]).reshape(len(found), len(FEATURES) - 1)
    read = np.zeros((len(found), 1))
    texts = list(dict.fromkeys(each.around for each in found if not each.contradicts))
    if model is not None and texts:
        odds = dict(zip(texts, log_odds(model, claim, texts), strict=True))
        read = np.asarray([[0.0 if each.contradicts else odds[each.around]] for each in found])
    return np.hstack([read, counted])


def probabilities(measured: Array, absent: NDArray[np.bool_], weights: Sequence[float], bias: float) -> Array:
    """How likely each place carries the claim, shape (n,); `absent` is where a figure or name of it is missing."""
    likely: Array = 1 / (1 + np.exp(-(measured @ np.asarray(weights) + bias)))
    *_, turns, opposes, overstates = measured.T
    likely = np.where(overstates > 0, np.minimum(likely, _OVERSTATED), likely)
    return np.where(absent | (turns > 0) | (opposes > 0), np.minimum(likely, _CONTRADICTED), likely)


def _exact(claim: Claim, passage: Passage, span: Span) -> Grounded:
    if passage.start <= span.start and span.end <= passage.end and _words(passage, span) == claim.text:
        return Grounded(claim, passage, span, "supported", 1.0)
    return Grounded(claim, None, None, "unsupported", 0.0)


def _likely(claim: str, found: Sequence[Evidence], model: Reranker | None) -> list[float]:
    absent = np.asarray([each.missing for each in found], dtype=np.bool_)
    chances: list[float] = probabilities(features(found, claim, model), absent, *(READ if model else COUNTED)).tolist()
    return chances


def _uncovered(terms: Sequence[str], text: str, vocabulary: Vocabulary) -> float:
    there = set(vocabulary.terms(text))
    share = vocabulary.weight(t for t in terms if not vocabulary.found_in(t, there)) / (vocabulary.weight(terms) or 1.0)
    return share * float(np.sqrt(len(terms)))


def _around(candidate: Candidate) -> Span:
    """The sentence with its neighbours."""
    sentences = candidate.passage.sentences
    at = sentences.index(candidate.span)
    return Span(sentences[max(0, at - _NEIGHBOURS)].start, sentences[min(len(sentences), at + _NEIGHBOURS + 1) - 1].end)


def _words(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]


def _verdict(score: float) -> Verdict:
    return next((verdict for verdict, least in VERDICTS.items() if score >= least), "unsupported")
