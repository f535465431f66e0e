"""What a claim says and its evidence does not: figures, names, and denials."""

import re
from collections.abc import Collection, Iterator

from index import Vocabulary, sentence_spans

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
# "One" seldom counts.
_TO_NINETEEN = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_IN_WORDS = {word: str(number) for number, word in enumerate(_TO_NINETEEN, start=2)}
_IN_WORDS |= {word: str(10 * number) for number, word in enumerate(_TENS, start=2)}
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n[’']t|un(?:able|likely|willing|realistic)|impossible|"
    r"ruled? out|refus\w+|reject\w*|den(?:y|ied|ies)|doubt(?:s|ed|ful)?)\b",
    re.IGNORECASE,
)


def discrepant(claim: str, evidence: str, above: str, people: Collection[str], vocabulary: Vocabulary) -> bool:
    """Whether the claim has a figure, a name or a denial that its evidence has not, or drops one of its denials.

    `above` is what stands over the evidence, whose names it need not repeat; `people` are the names known at all.
    """
    there = set(vocabulary.terms(evidence)) | set(vocabulary.terms(above))
    missing = any(
        not vocabulary.found_in(term, there)
        for name in _names(claim, people, vocabulary)
        for term in vocabulary.content_terms(name)
    )
    return missing or bool(_figures(claim) - _figures(evidence)) or _turned(claim, evidence, vocabulary)


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
