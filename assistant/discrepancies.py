"""What a claim says and its evidence does not: figures, what they count, names."""

import re
from collections.abc import Collection, Iterator

from index import Vocabulary

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
# "One" seldom counts.
_TO_NINETEEN = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_IN_WORDS = {word: str(number) for number, word in enumerate(_TO_NINETEEN, start=2)}
_IN_WORDS |= {word: str(10 * number) for number, word in enumerate(_TENS, start=2)}
_IN_WORDS["dozen"] = "12"
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|%|[^\W\d_]+")
_UNITS = frozenset(
    "second minute hour day week month year decade percent % degree mm cm m km metre meter mile foot inch kg g tonne "
    "ton litre liter dollar euro pound hundred thousand million billion trillion".split()
)
# How many words behind a figure say what it counts.
_COUNTED = 2


def missing(claim: str, evidence: str, above: str, people: Collection[str], vocabulary: Vocabulary) -> bool:
    """Whether the claim has a name or a figure that its evidence has not, or has the figure count something else.

    `above` is what stands over the evidence, whose names it need not repeat; `people` are the names known at all.
    """
    there = set(vocabulary.terms(evidence)) | set(vocabulary.terms(above))
    names = any(
        not vocabulary.found_in(term, there)
        for name in _names(claim, people, vocabulary)
        for term in vocabulary.content_terms(name)
    )
    return names or bool(_figures(claim) - _figures(evidence)) or _miscounted(claim, evidence)


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


def _miscounted(claim: str, evidence: str) -> bool:
    """Whether a figure of the claim counts what another one counts in its evidence, or in another unit.

    >>> _miscounted("It has 5 rules.", "Of 5 parts one has a dozen rules."), _miscounted("6 weeks", "Six long weeks")
    (True, False)
    >>> _miscounted("It took 90 hours.", "It took 90 minutes."), _miscounted("5 rules hold.", "It has five old parts.")
    (True, True)
    """
    own, there = _counted(claim), _counted(evidence)
    for figure, words in own.items():
        known = there.get(figure, set())
        elsewhere = set().union(*(others for other, others in there.items() if other != figure))
        if words and not words & known and words & elsewhere:
            return True
        if words & _UNITS and known & _UNITS and not words & known & _UNITS:
            return True
        # Things, as their plural shows, and all of them others.
        things, others = ({word for word in each if word.endswith("s")} for each in (words, known))
        if things and others and not things & others:
            return True
    return False


def _counted(text: str) -> dict[str, set[str]]:
    """By figure the words behind it, in the singular; years and days of a month count nothing."""
    words = [word.lower() for word in _WORD.findall(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))]
    found: dict[str, set[str]] = {}
    for n, word in enumerate(words):
        figure = _IN_WORDS.get(word, word if word[0].isdigit() else None)
        if figure is None or re.fullmatch(r"(?:1\d|20)\d\d", figure):
            continue
        counted = [each for each in words[n + 1 : n + 1 + _COUNTED] if len(each) > 3 or each in _UNITS or each == "%"]
        # With and without its ending: "90 minutes", "a 90-minute call".
        found.setdefault(figure, set()).update(form for each in counted for form in (each, each.removesuffix("s")))
    return found
