"""What a question asks for: its terms, whom it asks about, and the kind of thing that answers it."""

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.abbreviations import abbreviations, spelt_out
from assistant.answerer import Passage
from assistant.candidates import Candidate, before
from assistant.errors import QuestionError
from assistant.kinds import Wanted, any_word, without_kinds
from assistant.referents import names_in
from assistant.speakers import people
from index import Vocabulary

_COMPARES = re.compile(
    r"\bcompar(?:e|ed|es|ing|ison)\b|\b(?:sources?|articles?|authors?|documents?|texts?|both|they|each) "
    r"(?:each )?(?:agree|disagree|differ|say|put|report|see|describe)|\b(?:do|how) .{0,60}\b(?:agree|differ)\b"
    r"|\beach (?:source|article|author|document|text)\b|\b(?:sources|articles|authors|documents) (?:agree|differ)",
    re.IGNORECASE,
)
# The words that ask for a comparison; what is left is what is compared.
_COMPARING_WORDS = any_word(
    "compar(?:e|ed|es|ing|ison) (?:dis)?agree(?:s|d|ment)? differ(?:s|ed|ent|ence)? sources? each with"
)
_COMPOUND_LETTERS = 4
# Asks for somebody's words.
_WORDS = any_word(
    "say said tell told claim(?:ed)? argued? announced? declared? stated? warn(?:ed)? suggest(?:ed)? think thought",
    "believed? proposed? demand(?:ed)? expect(?:ed)? predict(?:ed)? write written report(?:ed)? rule(?:d)?_out insist",
    "add(?:ed)? indicated? promised? mention(?:ed)? reveal(?:ed)? explain(?:ed)?",
)
_MATTER = re.compile(r"\b(?:about|on|regarding|concerning|of)\s+(.+)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
# "Who is …?" asks what somebody is.
WHO_IS = re.compile(r"\s*who (?:is|was) (?:the author )?(.+?)\W*\Z", re.IGNORECASE)
_SPEAKER = re.compile(r"\bwhat (?:else )?(?:did|does|do|has|have|had|is|was|will|would)\s+(.+)", re.I)


class Asked:
    """A question taken apart: its terms with their weights, the speaker it asks about, the kind of thing it wants."""

    def __init__(self, question: str, vocabulary: Vocabulary, passages: Sequence[Passage] = ()) -> None:
        """`passages` explain abbreviations, and tell which of its words they write as one."""
        self.question = question
        self._vocabulary = vocabulary
        self._known = abbreviations(passage.text for passage in passages)
        self.wanted = Wanted(question)
        matter = without_kinds(question)
        if compares(question):
            matter = _COMPARING_WORDS.sub(" ", matter)
        self._terms = vocabulary.content_terms(matter) or vocabulary.content_terms(question)
        self._weights = {term: vocabulary.idf(term) for term in self._terms}
        self._total = sum(self._weights.values()) or 1.0
        self._pairs = set(pairwise(self._terms))
        long = {pair for pair in self._pairs if min(map(len, pair)) >= _COMPOUND_LETTERS}
        self._neighbours = long | {(second, first) for first, second in long}
        texts = set(vocabulary.terms(" ".join(passage.text for passage in passages)))
        self._compounds = {pair for pair in self._neighbours if any(_is_compound(term, pair) for term in texts)}
        self._asks_who = WHO_IS.match(question) is not None
        self._speaker = vocabulary.content_terms(_speaker(question))
        self._asks_words = bool(self._speaker) and bool(_WORDS.search(question))
        about = _MATTER.search(question)
        self._matter = vocabulary.content_terms(about.group(1)) if about else []

    def present(self, passage: Passage) -> list[str]:
        """The terms of the question that stand in the passage, its heading, title, author or publisher."""
        return self._found_in(self._vocabulary.terms(self.spelt_out(f"{passage.above} {passage.text}")))

    def spelt_out(self, text: str) -> str:
        """The text with what its abbreviations stand for."""
        return spelt_out(text, self._known)

    def _found_in(self, terms: Sequence[str]) -> list[str]:
        """The terms of the question that are among a text's, also two of them in one: keep, peace: peacekeeper.

        Where the documents write two as one, they are not found apart: who keeps a claim is no answer to who keeps the
        peace.
        """
        distinct, beside = set(terms), set(pairwise(terms))
        found = {term for term in self._terms if self._vocabulary.found_in(term, distinct)}
        for pair in self._compounds:
            if any(_is_compound(term, pair) for term in distinct):
                found.update(pair)
            elif pair not in beside and pair[::-1] not in beside:
                found.difference_update(pair)
        return [term for term in self._terms if term in found]

    def words(self, candidate: Candidate, present: Sequence[str]) -> tuple[float, float, float]:
        """Coverage by the sentence and by its passage, which has the terms `present`, and order."""
        vocabulary, weights = self._vocabulary, self._weights
        own = vocabulary.terms(self.spelt_out(candidate.text))
        # What an author writes is what the author says, but not who that is.
        near = own if self._asks_who else [*own, *vocabulary.terms(candidate.passage.by)]
        covered = sum(weights[t] for t in self._found_in(near) if t in present)
        return (
            covered / self._total,
            sum(weights[t] for t in present) / self._total,
            len(self._pairs & set(pairwise(own))) / len(self._pairs) if self._pairs else 0.0,
        )

    def misses_speaker(self, candidate: Candidate) -> bool:
        """Whether the question asks what someone said or did who is named neither here nor just before or above."""
        near = set(self._vocabulary.terms(f"{candidate.passage.above} {before(candidate)} {candidate.text}"))
        return not all(self._vocabulary.found_in(term, near) for term in self._speaker)

    def holds_words(self, candidate: Candidate) -> bool:
        """Whether the question asks what someone said, and the sentence reports what they said of the matter."""
        speaker = people(candidate.passage, candidate.span).speaker if self._asks_words else None
        if not speaker:
            return False
        said, own = (set(self._vocabulary.terms(text)) for text in (speaker, candidate.text))
        on_it = not self._matter or any(self._vocabulary.found_in(term, own) for term in self._matter)
        return on_it and all(self._vocabulary.found_in(term, said) for term in self._speaker)


def _is_compound(term: str, pair: tuple[str, str]) -> bool:
    return term.startswith(pair[0]) and term.endswith(pair[1])


def checked_question(question: str, *, most: int) -> str:
    """The question as it can be searched for, sent and printed. Raises QuestionError if it is empty or too long."""
    # Half a character comes from a command line in another encoding.
    question = _SURROGATE.sub("\ufffd", question.strip())
    if not question:
        raise QuestionError("the question is empty: type one")
    if len(question) > most:
        raise QuestionError(f"the question has {len(question):,} characters, the limit is {most:,}: shorten it")
    return question


def compares(question: str) -> bool:
    """Whether the question wants sources or statements set side by side.

    >>> compares("Do the sources agree on peacekeepers?"), compares("Who agreed to talk?")
    (True, False)
    """
    return bool(_COMPARES.search(question))


def _speaker(question: str) -> str:
    """Whose words or deeds the question asks for; empty where it names none.

    >>> _speaker("What did President Lee say about the talks?"), _speaker("What did the talks with Lee achieve?")
    ('President Lee', '')
    """
    asked = None if question.isupper() else _SPEAKER.search(question)
    names = names_in(asked.group(1)) if asked else []
    return names[0] if asked and names and asked.group(1).startswith(names[0]) else ""
