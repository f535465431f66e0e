"""What a question leaves open: whom or what its pronoun means, where nothing before it says so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answerer import Passage
from assistant.referents import names_in, shape, speaks
from index import Vocabulary

_PERSON = re.compile(r"\b(he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_THING = re.compile(r"\b(it|its|that|this|these|those|they|them|their|theirs|there)\b", re.IGNORECASE)
_MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """The word that is open, and the question in the readings the passages offer; none where they offer none."""

    word: str
    readings: tuple[str, ...]

    @property
    def message(self) -> str:
        """What a refusal says."""
        if not self.readings:
            return f"The question doesn’t say what “{self.word}” is: name it, or ask about it first."
        return f"“{self.word}” can be read in more than one way. Ask one of: {' '.join(self.readings)}"


def ambiguity(question: str, passages: Sequence[Passage], vocabulary: Vocabulary) -> Ambiguity | None:
    """What a question that stands for itself leaves open; None where it says whom it means, or only one can be meant.

    A "he" with neither a name nor a word that matters before it is one of the people who speak in the passages.
    """
    person = _PERSON.search(question)
    if person and not vocabulary.content_terms(question[: person.start()]) and not names_in(question[: person.start()]):
        people = _speakers(passages)
        return Ambiguity(person.group(), tuple(_put(question, person, name) for name in people)) if people[1:] else None
    thing = _THING.search(question)
    if thing and not vocabulary.content_terms(question) and not names_in(question):
        return Ambiguity(thing.group(), ())
    return None


def _speakers(passages: Sequence[Passage]) -> list[str]:
    """The people who say or do something in the passages, those of the nearest passages first."""
    found: dict[str, None] = {}
    for passage in passages:
        for name in names_in(passage.text):
            # "Pete Hegseth" and "Hegseth" are one.
            known = any(set(name.split()) & set(other.split()) for other in found)
            if shape(name) == "word" and not known and speaks(name, passage.text):
                found[name] = None
    return list(found)[:_MOST_READINGS]


def _put(question: str, person: re.Match[str], name: str) -> str:
    word = person.group().lower()
    possessive = word in ("his", "hers") or (word == "her" and re.match(r"\s+\w", question[person.end() :]))
    return f"“{question[: person.start()]}{f'{name}’s' if possessive else name}{question[person.end() :]}”"
