"""Whether the cited text carries a sentence, and whether the passages answer a question at all."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from assistant.answerer import Claim, Passage
from assistant.candidates import SentenceVectors, candidates
from assistant.schema import Verdict
from index import Span, Vocabulary, sentence_spans

_SUPPORTED, _PARTLY = 0.75, 0.55
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
# "One" seldom counts.
_TO_NINETEEN = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_IN_WORDS = {word: str(number) for number, word in enumerate(_TO_NINETEEN, start=2)}
_IN_WORDS |= {word: str(10 * number) for number, word in enumerate(_TENS, start=2)}
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
# A capital inside a sentence is a name's.
_NAME_WITHIN = re.compile(r"(?<=[\w,;] )[A-Z][\w-]*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n[’']t|un(?:able|likely|willing|realistic)|impossible|"
    r"ruled? out|refus\w+|reject\w*|den(?:y|ied|ies)|doubt(?:s|ed|ful)?)\b",
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
    that is nowhere in the evidence, or a negation that one side lacks, caps it below "partly". What it cannot see: who
    of two people named in neighbouring sentences said which.
    """
    if claim.span:
        return _exact(claim, claim.span, passages)
    named = [p for p in passages if p.number in claim.passages]
    people = {name for passage in passages for name in _NAME_WITHIN.findall(passage.text)}
    best = Grounded(claim, None, None, "unsupported", 0.0)
    for pool in (named, passages):
        for candidate in _closest(claim.text, pool, vectors):
            score = _support(claim.text, candidate, people, vocabulary)
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


def _support(text: str, evidence: _Evidence, people: Collection[str], vocabulary: Vocabulary) -> float:
    passage = evidence.passage
    there = set(vocabulary.terms(evidence.text))
    above = there | set(vocabulary.terms(passage.above))
    terms = vocabulary.content_terms(text)
    if not terms:
        return 0.0
    coverage = vocabulary.weight(t for t in terms if t in there) / (vocabulary.weight(terms) or 1.0)
    score = (coverage + max(0.0, evidence.cosine)) / 2
    missing = any(
        not vocabulary.found_in(term, above)
        for name in _names(text, people, vocabulary)
        for term in vocabulary.content_terms(name)
    )
    if missing or _figures(text) - _figures(evidence.text) or _turned(text, evidence.text, vocabulary):
        return min(score, _PARTLY - 0.05)
    return score


def _names(text: str, people: Collection[str], vocabulary: Vocabulary) -> Iterator[str]:
    """The capitalised words of a claim. The first one only where the documents know it as a name, or not at all."""
    for name in _NAME.finditer(text):
        word = name.group()
        first = not any(map(str.isalnum, text[: name.start()]))
        # "However," opens a sentence and is in no document either.
        unheard = text[name.end() :][:1] != "," and not any(vocabulary.knows(term) for term in vocabulary.terms(word))
        if not first or word in people or unheard:
            yield word


def _figures(text: str) -> set[str]:
    """The figures in a text, those in words too.

    >>> sorted(_figures("Six of 1,000 people waited 2.5 to twenty weeks"))
    ['1000', '2.5', '20', '6']
    """
    figures = _FIGURE.findall(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))
    return {*figures, *(_IN_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _IN_WORDS)}


def _turned(text: str, evidence: str, vocabulary: Vocabulary) -> bool:
    """Whether the text denies what the evidence does not, or leaves out what the evidence denies of the same matter."""
    denied, there = _denied(text, vocabulary), _denied(evidence, vocabulary)
    own = set(vocabulary.content_terms(text))
    invented = any(not any(_alike(window, other) for other in there) for window in denied)
    dropped = any(
        2 * len(window & own) > len(window) and not any(_alike(window, other) for other in denied) for window in there
    )
    return invented or dropped


def _denied(text: str, vocabulary: Vocabulary) -> list[set[str]]:
    """The terms around each negation: two before it and three behind, within its sentence."""
    windows = []
    for span in sentence_spans(text):
        sentence = span.of(text)
        for negation in _NEGATION.finditer(sentence):
            before = vocabulary.content_terms(sentence[: negation.start()])
            after = vocabulary.content_terms(sentence[negation.end() :])
            windows.append({*before[-2:], *after[:3]})
    return [window for window in windows if window]


def _alike(a: set[str], b: set[str]) -> bool:
    return 2 * len(a & b) >= min(len(a), len(b))


def _verdict(score: float) -> Verdict:
    return "supported" if score >= _SUPPORTED else "partly" if score >= _PARTLY else "unsupported"
