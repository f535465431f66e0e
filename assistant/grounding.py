"""Whether the cited text carries a sentence."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answerer import Claim, Passage
from assistant.candidates import Candidate, SentenceVectors, candidates
from assistant.discrepancies import discrepant
from assistant.models import Models
from assistant.schema import Verdict
from index import Reranker, Span, Vocabulary, log_odds, reading

Array = NDArray[np.float64]

# Probabilities that a claim is carried.
_SUPPORTED, _PARTLY = 0.5, 0.3
# (scale, bias) make what can be counted a probability; with a model, (read, counted, bias) do, fitted by
# `python -m evals.calibration.verdicts` on claims that the reader was not trained on.
_COUNTED = (4.2, -3.15)
_READ = (0.57, 1.09, -0.04)
# A claim that its evidence contradicts is no likelier than this.
_CONTRADICTED = 0.25
# A capital inside a sentence is a name's.
_NAME_WITHIN = re.compile(r"(?<=[\w,;] )[A-Z][\w-]*")
# Sentences that may carry a claim, each with as many around it.
_NEAREST, _NEIGHBOURS = 3, 1


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

    The score is the probability that the evidence carries it: by the share of its terms found, the cosine with the
    nearest sentence and, with a model for it, by reading both; a figure or name that is nowhere in the evidence, or a
    denial that one side lacks, keeps it below "partly". What it cannot see: who of two people named in neighbouring
    sentences said which.
    """
    if claim.span:
        return _exact(claim, claim.span, passages)
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


def names_of(passages: Sequence[Passage]) -> set[str]:
    """Words with a capital inside a sentence: somebody's or something's name."""
    return {name for passage in passages for name in _NAME_WITHIN.findall(passage.text)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that may carry a claim: one sentence, or one with those around it.

    `counted` is the mean of the share of the claim's terms that stand there and of the cosine; `around` what a model
    reads, the sentence with those around it below its title.
    """

    passage: Passage
    span: Span
    counted: float
    contradicted: bool
    around: str


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
        around = _words(passage, wide)
        for span, nearness in ((found[n].span, 1.0), (wide, 0.97)):
            words = _words(passage, span)
            there = set(vocabulary.terms(words))
            coverage = vocabulary.weight(t for t in terms if t in there) / (vocabulary.weight(terms) or 1.0)
            counted = (coverage + nearness * max(0.0, float(cosines[n]))) / 2
            contradicted = discrepant(text, words, passage.above, people, vocabulary)
            places.append(Evidence(passage, span, counted, contradicted, reading(passage.title, "", around)))
    return places


def probabilities(counted: Array, contradicted: NDArray[np.bool_], read: Array | None) -> Array:
    """How likely each place carries a claim, shape (n,); `read` are a model's log odds, None without a model."""
    likely = _probability(_COUNTED[0] * counted + _COUNTED[1])
    if read is not None:
        # Reading only takes away: a claim of whose words little stands there is not carried, however well it reads.
        # `python -m evals.calibration.verdicts` prints what that is worth "as shipped".
        likely = np.minimum(_probability(_READ[0] * read + _READ[1] * counted + _READ[2]), likely)
    return np.where(contradicted, np.minimum(likely, _CONTRADICTED), likely)


def _likely(text: str, found: Sequence[Evidence], model: Reranker | None) -> list[float]:
    if not found:
        return []
    read = None
    if model is not None:
        texts = list(dict.fromkeys(each.around for each in found))
        odds = dict(zip(texts, log_odds(model, text, texts), strict=True))
        read = np.asarray([odds[each.around] for each in found])
    counted, contradicted = [each.counted for each in found], [each.contradicted for each in found]
    chances: list[float] = probabilities(np.asarray(counted), np.asarray(contradicted), read).tolist()
    return chances


def _exact(claim: Claim, place: tuple[str, Span], passages: Sequence[Passage]) -> Grounded:
    document_id, span = place
    for passage in passages:
        inside = passage.document_id == document_id and passage.start <= span.start and span.end <= passage.end
        if inside and passage.text[span.start - passage.start : span.end - passage.start] == claim.text:
            return Grounded(claim, passage, span, "supported", 1.0)
    return Grounded(claim, None, None, "unsupported", 0.0)


def _probability(logits: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-logits))
    return found


def _around(candidate: Candidate) -> Span:
    """The sentence with its neighbours."""
    sentences = candidate.passage.sentences
    at = sentences.index(candidate.span)
    return Span(sentences[max(0, at - _NEIGHBOURS)].start, sentences[min(len(sentences), at + _NEIGHBOURS + 1) - 1].end)


def _words(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]


def _verdict(score: float) -> Verdict:
    return "supported" if score >= _SUPPORTED else "partly" if score >= _PARTLY else "unsupported"
