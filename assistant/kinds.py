"""What kind of thing a question asks for, and whether a text holds it."""

import re
from collections.abc import Sequence

KINDS = ("number", "date", "who", "reason", "denial")


def any_word(*words: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """A pattern for any of the words, which white space parts; \"_\" stands for a space in one."""
    return re.compile(rf"\b(?:{'|'.join(' '.join(words).split())})\b".replace("_", " "), flags)


_DATES = (
    "1\\d{3}s? 20\\d{2}s? [1-9]\\d{2} \\d{1,2}(?:st|nd|rd|th) january february march april may june july august",
    "september october november december (?:mon|tues|wednes|thurs|fri|satur|sun)days?",
    "today yesterday tomorrow",
)
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    "(?:twen|thir|for|fif|six|seven|eigh|nine)ty|half|(?:hundred|thousand|million|billion|dozen)s?"
)
_REASONS = "because since due_to so_that in_order_to as_a_result therefore thus hence caused? reasons? leads?_to led_to"
# How each kind is asked for, and what an answer of that kind holds. "_" stands for a space.
_KINDS = {
    "number": (
        any_word(
            # "How far would they go?" asks for no distance.
            "how_(?:many|much|long|old|far_(?:is|are|was|were|away|apart)|large|big|high|tall|often)",
            "what_(?:percentage|number|amount|size)(?:_of)?",
        ),
        re.compile(rf"\d|\b(?:{_NUMBERS}|twice|percent)\b", re.IGNORECASE),
    ),
    "date": (
        # "When one side leaves, what happens?" gives the time itself.
        re.compile(
            r"(?:\A\W*|\b(?:and|or|since|until|till|by|from) |, (?=when\W*\Z))"
            r"when\b(?! (?:it|the|they|he|she|we|you|an?|one) [^?]*,)"
            r"|\b(?:what|which) (?:year|date|day|month|century|decade|season|era)s?\b",
            re.IGNORECASE,
        ),
        any_word(
            *_DATES,
            "century centuries decades? spring summers? autumn fall winters? years? months? weeks? days? ago since",
            "until before after during when while once hours? noon midnight dawn dusk weekends?",
            "sun(?:rise|set) daily weekly monthly annually now soon recently later earlier immediately easter",
            "mornings? afternoons? evenings? nights? \\d{1,2}(?::\\d\\d|_?[ap]m) at_the_(?:time|end|beginning)",
        ),
    ),
    "who": (any_word("who whom whose"), re.compile(r"(?<=[^.!?\s][\s“\"(])[A-Z][\w’'-]+|\A[A-Z][\w’'-]+ [A-Z]")),
    "reason": (
        any_word("why", "what_reasons?"),
        any_word(_REASONS, "would could that’s_why owing_to meant means"),
    ),
    "denial": (
        any_word("rul(?:e|ed|es|ing)_out exclud(?:e|ed|es|ing) reject(?:s|ed|ing)? refus(?:e|ed|es|ing)"),
        any_word("not no never none neither without cannot \\w+n[’']t un(?:able|likely|willing|realistic)"),
    ),
}
# How a reader is told what an answer leaves open.
_TOLD = {"number": "how many or how much", "date": "when", "who": "who", "reason": "why"}
_QUESTION_WORDS = any_word("who whom whose what which where when why how")
# What gives a reason beyond doubt, where an answer is to be told from half of one.
_REASON = any_word(_REASONS, "that’s_why owing_to")
# Figures that count nothing: "Article 5", "12 May", "in 1858".
_LABEL = re.compile(
    r"\b(?:Articles?|Chapters?|Sections?|Parts?|Figures?|Tables?|Pages?|No\.|January|February|March|April|May|"
    r"June|July|August|September|October|November|December) \d+(?:,? (?:1\d|20)\d\d\b)?"
    r"|\b(?:(?:in|since|by|of|from|until|before|after|between|and|to|spring|summer|autumn|fall|winter) "
    r"|(?:pre|post|mid)-)(?:1\d|20)\d\d\b|\b(?:1\d|20)\d\d[’']s\b"
)
_ASKS_EXACT_DATE = any_word("(?:what|which)_(?:year|date|day|month)s?")
_EXACT_DATE = any_word(*_DATES)
# What a question asks to count: the last word before its verb.
_COUNTED = re.compile(
    r"\bhow many ((?:[\w’'-]+ ){0,3}?[\w’'-]+?)(?:\?| (?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|"
    r"should|may|might|must|of|in|on|at|from|to|for|who|that|there)\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_NUMBER = re.compile(rf"\d.*|{_NUMBERS}|several|both", re.IGNORECASE)
# Words from what is counted to its figure, where that stands before it, and behind it.
_AFTER, _BEFORE = 5, 6
_STEM_LETTERS = 6


class Wanted:
    """What a question wants: a number, a time, a person, a reason, a denial, or none such."""

    def __init__(self, question: str) -> None:
        self.question = question
        self._kinds = [(asks.search(question) is not None, holds) for asks, holds in _KINDS.values()]
        counted = _COUNTED.search(question)
        self._head = _stem(counted.group(1).split()[-1]) if counted else ""

    def held_by(self, text: str) -> tuple[float, ...]:
        """For each kind of thing: 1 where it is asked for and there, -1 where not there, 0 where not asked for."""
        return tuple((1.0 if holds.search(text) else -1.0) if asked else 0.0 for asked, holds in self._kinds)

    def misses_figure(self, text: str) -> bool:
        """Whether the question asks how many and the sentence holds no figure (97 % of the answers in SQuAD do)."""
        (asked, holds), *_ = self._kinds
        return asked and not holds.search(_LABEL.sub("", text))

    def miscounts(self, text: str) -> bool:
        """Whether the sentence speaks of what is to be counted, with no figure near it (4 % of those in SQuAD)."""
        places, figures = self._counted_in(text)
        return bool(places) and not any(-_AFTER <= n - place <= _BEFORE for n in figures for place in places)

    def counts_others(self, text: str) -> bool:
        """Whether the sentence has figures and nothing of what is to be counted (20 % of the answers in SQuAD)."""
        places, figures = self._counted_in(text)
        return self._head != "" and bool(figures) and not places

    def _counted_in(self, text: str) -> tuple[list[int], list[int]]:
        """Where what is to be counted stands, and where figures do, as numbers of words."""
        if not self._head:
            return [], []
        words = _WORD.findall(_LABEL.sub(" ", text))
        places = [n for n, word in enumerate(words) if _stem(word) == self._head]
        return places, [n for n, word in enumerate(words) if _NUMBER.fullmatch(word)]

    def misses_date(self, text: str) -> bool:
        """Whether the question asks when, and nothing else, and the sentence holds no time (97 % of those in SQuAD do).

        "On which date?" is not answered by "after the talks".
        """
        number, (asked, holds), *others = self._kinds
        if not asked or any(also for also, _ in (number, *others)):
            return False
        exact = _EXACT_DATE if _ASKS_EXACT_DATE.search(self.question) else holds
        return not exact.search(text)


def without_kinds(question: str) -> str:
    """The question without the words that ask for a kind of thing: its matter."""
    for asks, _ in _KINDS.values():
        question = asks.sub(" ", question)
    return question


def left_open(question: str, said: Sequence[str]) -> list[str]:
    """Of the things a question asks for, where it asks for several, those that no sentence of the answer holds.

    >>> left_open("When and why did it close?", ["It closed in 1987."]), left_open("Why did it close?", ["In 1987."])
    (['why'], [])
    """
    asked = {kind: holds for kind, (asks, holds) in _KINDS.items() if kind in _TOLD and asks.search(question)}
    asked |= {"reason": _REASON} if "reason" in asked else {}
    open_kinds = [kind for kind, holds in asked.items() if not any(map(holds.search, said))]
    return [_TOLD[kind] for kind in open_kinds] if len(_QUESTION_WORDS.findall(question)) > 1 else []


def _stem(word: str) -> str:
    """What the singular and the plural of a word have in common, roughly.

    >>> _stem("peacekeepers") == _stem("peacekeeping"), _stem("cities") == _stem("city")
    (True, True)
    """
    return re.sub(r"(?:ies|es|s|y)\Z", "", word.lower())[:_STEM_LETTERS]
