"""What a question asks for: its terms, whom it asks about, and the kind of thing that answers it."""

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.answerer import Passage
from assistant.candidates import Candidate, before
from assistant.errors import QuestionError
from assistant.referents import names_in
from index import Vocabulary

KINDS = ("number", "date", "who", "reason", "denial")


def _any_word(*words: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(' '.join(words).split())})\b".replace("_", " "), flags)


_DATES = (
    "1\\d{3}s? 20\\d{2}s? [1-9]\\d{2} \\d{1,2}(?:st|nd|rd|th) january february march april may june july august",
    "september october november december (?:mon|tues|wednes|thurs|fri|satur|sun)days?",
    "today yesterday tomorrow",
)
# How each kind is asked for, and what an answer of that kind holds. "_" stands for a space.
_KINDS = {
    "number": (
        _any_word(
            "how_(?:many|much|long|old|far|large|big|high|tall|often)", "what_(?:percentage|number|amount|size)(?:_of)?"
        ),
        re.compile(
            r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|(?:thir|fif)(?:teen|ty)|forty"
            r"|(?:four|six|seven|eigh|nine)teen|(?:six|seven|eigh|nine)ty|dozens?|hundreds?|thousands?|millions?|billions?"
            r"|half|twice|percent)\b",
            re.I,
        ),
    ),
    "date": (
        # "When one side leaves, what happens?" gives the time itself.
        re.compile(
            r"(?:\A\W*|\b(?:and|or|since|until|till|by|from) |, (?=when\W*\Z))"
            r"when\b(?! (?:it|the|they|he|she|we|you|an?|one) [^?]*,)"
            r"|\b(?:what|which) (?:year|date|day|month|century|decade|season|era)s?\b",
            re.IGNORECASE,
        ),
        _any_word(
            *_DATES,
            "century centuries decades? spring summers? autumn fall winters? years? months? weeks? days? ago since",
            "until before after during when while once hours? noon midnight dawn dusk weekends?",
            "sun(?:rise|set) daily weekly monthly annually now soon recently later earlier immediately easter",
            "mornings? afternoons? evenings? nights? \\d{1,2}(?::\\d\\d|_?[ap]m) at_the_(?:time|end|beginning)",
        ),
    ),
    "who": (_any_word("who whom whose"), re.compile(r"(?<=[^.!?\s][\s“\"(])[A-Z][\w’'-]+|\A[A-Z][\w’'-]+ [A-Z]")),
    "reason": (
        _any_word("why", "what_reasons?"),
        _any_word(
            "because since due_to so_that in_order_to as_a_result therefore thus hence caused? reasons? leads?_to",
            "led_to would could that’s_why owing_to meant means",
        ),
    ),
    "denial": (
        _any_word("rul(?:e|ed|es|ing)_out exclud(?:e|ed|es|ing) reject(?:s|ed|ing)? refus(?:e|ed|es|ing)"),
        _any_word("not no never none neither without cannot \\w+n[’']t un(?:able|likely|willing|realistic)"),
    ),
}
# How a reader is told what an answer leaves open.
_TOLD = {"number": "how many or how much", "date": "when", "who": "who", "reason": "why"}
_QUESTION_WORDS = _any_word("who whom whose what which where when why how")
# What gives a reason beyond doubt, where an answer is to be told from half of one.
_REASON = _any_word(
    "because due_to so_that in_order_to as_a_result therefore thus hence caused? reasons? leads?_to led_to",
    "that’s_why owing_to since",
)
_COMPARES = re.compile(
    r"\bcompar(?:e|ed|es|ing|ison)\b|\b(?:sources?|articles?|authors?|documents?|texts?|both|they|each) "
    r"(?:each )?(?:agree|disagree|differ|say|put|report|see|describe)|\b(?:do|how) .{0,60}\b(?:agree|differ)\b"
    r"|\beach (?:source|article|author|document|text)\b|\b(?:sources|articles|authors|documents) (?:agree|differ)",
    re.IGNORECASE,
)
# The words that ask for a comparison; what is left is what is compared.
_COMPARING_WORDS = _any_word(
    "compar(?:e|ed|es|ing|ison) (?:dis)?agree(?:s|d|ment)? differ(?:s|ed|ent|ence)? sources? each with"
)
# Figures that count nothing: "Article 5", "12 May", "in 1858".
_LABEL = re.compile(
    r"\b(?:Articles?|Chapters?|Sections?|Parts?|Figures?|Tables?|Pages?|No\.|January|February|March|April|May|"
    r"June|July|August|September|October|November|December) \d+(?:,? (?:1\d|20)\d\d\b)?"
    r"|\b(?:in|since|by|of|from|until|before|after|between|and|to) (?:1\d|20)\d\d\b"
)
_ASKS_EXACT_DATE = _any_word("(?:what|which)_(?:year|date|day|month)s?")
_EXACT_DATE = _any_word(*_DATES)
# What a question asks to count: the last word before its verb.
_COUNTED = re.compile(
    r"\bhow many ((?:[\w’'-]+ ){0,3}?[\w’'-]+?)(?:\?| (?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|"
    r"should|may|might|must|of|in|on|at|from|to|for|who|that|there)\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_NUMBER = re.compile(
    r"\d.*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|one|half|several|both|(?:hundred|thousand|million|billion|dozen)s?",
    re.IGNORECASE,
)
# Words from what is counted to its figure, where that stands before it, and behind it.
_AFTER, _BEFORE = 5, 6
_STEM_LETTERS = 6
_COMPOUND_LETTERS = 4
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPEAKER = re.compile(r"\bwhat (?:else )?(?:did|does|do|has|have|had|is|was|will|would)\s+(.+)", re.I)


class Asked:
    """A question taken apart: its terms with their weights, the speaker it asks about, the kind of thing it wants."""

    def __init__(self, question: str, vocabulary: Vocabulary) -> None:
        self.question = question
        self._vocabulary = vocabulary
        self._kinds = [(asks.search(question) is not None, holds) for asks, holds in _KINDS.values()]
        matter = question
        for asks, _ in _KINDS.values():
            matter = asks.sub(" ", matter)
        if compares(question):
            matter = _COMPARING_WORDS.sub(" ", matter)
        self._terms = vocabulary.content_terms(matter) or vocabulary.content_terms(question)
        self._weights = {term: vocabulary.idf(term) for term in self._terms}
        self._total = sum(self._weights.values()) or 1.0
        self._pairs = set(pairwise(self._terms))
        long = {pair for pair in self._pairs if min(map(len, pair)) >= _COMPOUND_LETTERS}
        self._neighbours = long | {(second, first) for first, second in long}
        self._speaker = vocabulary.content_terms(_speaker(question))

    def present(self, passage: Passage) -> list[str]:
        """The terms of the question that stand in the passage, its heading, title, author or publisher."""
        return self._found_in(set(self._vocabulary.terms(f"{passage.above} {passage.text}")))

    def _found_in(self, terms: set[str]) -> list[str]:
        """The terms of the question that stand among `terms`, also two of them in one: keep, peace: peacekeeper."""
        compounds = {
            part
            for pair in self._neighbours
            for term in terms
            if term.startswith(pair[0]) and term.endswith(pair[1])
            for part in pair
        }
        return [term for term in self._terms if term in compounds or self._vocabulary.found_in(term, terms)]

    def words(self, candidate: Candidate, present: Sequence[str]) -> tuple[float, float, float]:
        """Coverage by the sentence and by its passage, which has the terms `present`, and order."""
        vocabulary, weights = self._vocabulary, self._weights
        own = vocabulary.terms(candidate.text)
        # What an author writes is what the author says.
        near = {*own, *vocabulary.terms(candidate.passage.by)}
        covered = sum(weights[t] for t in self._found_in(near) if t in present)
        return (
            covered / self._total,
            sum(weights[t] for t in present) / self._total,
            len(self._pairs & set(pairwise(own))) / len(self._pairs) if self._pairs else 0.0,
        )

    def misses_figure(self, candidate: Candidate) -> bool:
        """Whether the question asks how many and the sentence holds no figure (97 % of the answers in SQuAD do)."""
        (asked, holds), *_ = self._kinds
        return asked and not holds.search(_LABEL.sub("", candidate.text))

    def miscounts(self, candidate: Candidate) -> bool:
        """Whether the sentence speaks of what is to be counted, with no figure near it (6 % of those in SQuAD)."""
        counted = _COUNTED.search(self.question)
        if not counted:
            return False
        head = _stem(counted.group(1).split()[-1])
        words = _WORD.findall(_LABEL.sub(" ", candidate.text))
        places = [n for n, word in enumerate(words) if _stem(word) == head]
        figures = [n for n, word in enumerate(words) if _NUMBER.fullmatch(word)]
        return bool(places) and not any(-_AFTER <= n - place <= _BEFORE for n in figures for place in places)

    def misses_date(self, candidate: Candidate) -> bool:
        """Whether the question asks when, and nothing else, and the sentence holds no time (97 % of those in SQuAD do).

        "On which date?" is not answered by "after the talks".
        """
        number, (asked, holds), *others = self._kinds
        if not asked or any(also for also, _ in (number, *others)):
            return False
        exact = _EXACT_DATE if _ASKS_EXACT_DATE.search(self.question) else holds
        return not exact.search(candidate.text)

    def misses_speaker(self, candidate: Candidate) -> bool:
        """Whether the question asks what someone said or did who is named neither here nor just before or above."""
        near = set(self._vocabulary.terms(f"{candidate.passage.above} {before(candidate)} {candidate.text}"))
        return not all(self._vocabulary.found_in(term, near) for term in self._speaker)

    def kinds(self, candidate: Candidate) -> tuple[float, ...]:
        """For each kind of thing: 1 where it is asked for and there, -1 where not there, 0 where not asked for."""
        return tuple((1.0 if holds.search(candidate.text) else -1.0) if asked else 0.0 for asked, holds in self._kinds)


def _stem(word: str) -> str:
    """What the singular and the plural of a word have in common, roughly.

    >>> _stem("peacekeepers") == _stem("peacekeeping"), _stem("cities") == _stem("city")
    (True, True)
    """
    return re.sub(r"(?:ies|es|s|y)\Z", "", word.lower())[:_STEM_LETTERS]


def left_open(question: str, said: Sequence[str]) -> list[str]:
    """Of the things a question asks for, where it asks for several, those that no sentence of the answer holds.

    >>> left_open("When and why did it close?", ["It closed in 1987."]), left_open("Why did it close?", ["In 1987."])
    (['why'], [])
    """
    asked = {kind: holds for kind, (asks, holds) in _KINDS.items() if kind in _TOLD and asks.search(question)}
    asked |= {"reason": _REASON} if "reason" in asked else {}
    open_kinds = [kind for kind, holds in asked.items() if not any(map(holds.search, said))]
    return [_TOLD[kind] for kind in open_kinds] if len(_QUESTION_WORDS.findall(question)) > 1 else []


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
