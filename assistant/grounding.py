"""Whether the cited text carries a sentence, and whether the passages answer a question at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answerer import Claim, Passage
from assistant.candidates import SentenceVectors, candidates
from assistant.schema import Verdict
from index import Span, Vocabulary

_SUPPORTED, _PARTLY = 0.75, 0.55
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n[’']t|un(?:able|likely|willing)|ruled? out|refus\w+|"
    r"reject\w*|den(?:y|ied|ies))\b",
    re.IGNORECASE,
)
# Sentences around the best one that may carry part of a claim.
_NEIGHBOURS = 1


@dataclass(frozen=True, slots=True)
class Grounded:
    """A claim with the exact place that carries it best (None where there is nothing) and how well it does."""

    claim: Claim
    passage: Passage | None
    span: Span | None
    verdict: Verdict
    score: float


def ground(claim: Claim, passages: Sequence[Passage], *, vocabulary: Vocabulary, vectors: SentenceVectors) -> Grounded:
    """The claim with its evidence: looked for in the passages it names, else in all of them.

    The score is the mean of the share of its terms found and of the cosine with the best sentence; a figure or name
    that is nowhere in the evidence, or a negation that one side lacks, caps it below "partly".
    """
    if claim.span:
        return _exact(claim, claim.span, passages)
    named = [p for p in passages if p.number in claim.passages]
    best = Grounded(claim, None, None, "unsupported", 0.0)
    for pool in (named, passages):
        for candidate in _closest(claim.text, pool, vectors):
            score = _support(claim.text, candidate, vocabulary)
            if score > best.score:
                best = Grounded(claim, candidate.passage, candidate.span, _verdict(score), score)
        if best.verdict == "supported":
            break
    return best


def unknown_names(question: str, vocabulary: Vocabulary) -> list[str]:
    """Names and years in the question that no passage of the index holds: what was asked about is not there.

    The first word is left out, its capital says nothing; so is a question with capitals all over.
    """
    words = re.findall(r"[\w’'-]+", question)[1:]
    names = [word for word in words if _is_name(word) or _YEAR.fullmatch(word)]
    if len(names) > max(3, len(words) / 2):
        return []
    return [
        name
        for name in names
        if vocabulary.content_terms(name) and not any(vocabulary.knows(term) for term in vocabulary.terms(name))
    ]


def _is_name(word: str) -> bool:
    """Whether a word of a question is a name. Short letterings (FY, USD) may be units that a text writes otherwise."""
    return word[0].isupper() and word.isalpha() and not (word.isupper() and len(word) < 5)


@dataclass(frozen=True, slots=True)
class _Evidence:
    passage: Passage
    span: Span
    text: str
    cosine: float


def _exact(claim: Claim, place: tuple[str, Span], passages: Sequence[Passage]) -> Grounded:
    document_id, span = place
    for passage in passages:
        inside = passage.document_id == document_id and passage.start <= span.start and span.end <= passage.end
        if inside and passage.text[span.start - passage.start : span.end - passage.start] == claim.text:
            return Grounded(claim, passage, span, "supported", 1.0)
    return Grounded(claim, None, None, "unsupported", 0.0)


def _closest(text: str, passages: Sequence[Passage], vectors: SentenceVectors) -> list[_Evidence]:
    """The sentences nearest in meaning, and each with its neighbours, as evidence."""
    found = candidates(passages)
    if not found:
        return []
    cosines = vectors.of(found) @ vectors.encode(text)
    nearest = sorted(range(len(found)), key=lambda i: -cosines[i])[:3]
    evidence = []
    for i in nearest:
        passage, span = found[i].passage, found[i].span
        evidence.append(_Evidence(passage, span, found[i].text, float(cosines[i])))
        at = passage.sentences.index(span)
        around = passage.sentences[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS + 1]
        wide = Span(around[0].start, around[-1].end)
        words = passage.text[wide.start - passage.start : wide.end - passage.start]
        evidence.append(_Evidence(passage, wide, words, float(cosines[i]) * 0.97))
    return evidence


def _support(text: str, evidence: _Evidence, vocabulary: Vocabulary) -> float:
    passage = evidence.passage
    there = set(vocabulary.terms(evidence.text))
    above = there | set(vocabulary.terms(passage.above))
    terms = vocabulary.content_terms(text)
    if not terms:
        return 0.0
    coverage = vocabulary.weight(t for t in terms if t in there) / (vocabulary.weight(terms) or 1.0)
    score = (coverage + max(0.0, evidence.cosine)) / 2
    figures = set(_FIGURE.findall(text)) - set(_FIGURE.findall(evidence.text))
    names = [n for n in _NAME.findall(text)[1:] if not above.issuperset(vocabulary.terms(n))]
    turned = bool(_NEGATION.search(text)) != bool(_NEGATION.search(evidence.text))
    if figures or names or turned:
        return min(score, _PARTLY - 0.05)
    return score


def _verdict(score: float) -> Verdict:
    return "supported" if score >= _SUPPORTED else "partly" if score >= _PARTLY else "unsupported"
