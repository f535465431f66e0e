"""Who a quoted sentence is from or about, where only the sentences around it say so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answerer import Passage
from index import Span

_SAYS = "(?:" + "|".join(
    "said says told tells added adds stressed stresses wrote writes argued argues warned warns noted notes announced "
    "announces claimed claims stated states explained explains insisted insists reported reports suggested suggests "
    "believes believed recalled admitted admits declared declares thinks thought predicted predicts emphasized "
    "emphasised replied responded remarked concluded concludes denied denies posted alleges alleged proposed proposes "
    "expects expected demanded demands indicated indicates hinted hints signalled signaled signals promised promises "
    "stipulated foresees foresaw assumes assumed".split()
) + ")"  # fmt: skip
_WORD = r"[A-Z][\w’'-]*\w"
_NAME = rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|Gen|Sen)\. )?{_WORD}(?:(?: (?:de|van|von|al|bin|of|of the))? (?:{_WORD}|[A-Z]\.))*"
_OPENING = r"\A(?:(?:However|Moreover|Later|Then|Additionally|Also|Furthermore|In \d{4}|On [\w ]{3,20}),? )?"
_BESIDES = r"(?: \([^)]*\))?(?:,? [^,“”\"]{3,60},)?(?: \w+ly| also| further| then| later| has| had| once| again)*"
_WHAT = r"(?=(?: \w+(?: [\w’]+){0,3})? that\b|[:,]? [“\"]| how\b| there\b)"
_SUBJECT = re.compile(rf"{_OPENING}({_NAME}|He|She){_BESIDES} {_SAYS}{_WHAT}")
_BEHIND = re.compile(rf"[,?!][”\"],? (?:{_SAYS} ({_NAME})(?=[,.;]|\Z)|({_NAME}) {_SAYS}\b)")
_ACCORDING = re.compile(rf"\A(?:According to|In the (?:view|opinion|words) of) ({_NAME})(?:,| \([^)]*\),)")
_PERSON = re.compile(rf"{_OPENING}(He|She)\b")
_VERB = (
    r"(?:is|was|has|had|will|would|could|can|may|might|did|does|\w+ed|\w+s|became|began|went|took|made|gave|wrote|led|"
    r"held|left|won|met|spoke|saw|came|found|told)\b"
)
_ACTS = re.compile(
    rf"\A(?:(?:In|On|By|During|After|Before|At|From) [^,“”\"]{{2,50}}, |(?:However|Later|Then|Also|Moreover), )?"
    rf"({_NAME}){_BESIDES} {_VERB}"
)
# Another name that may be a person's: none such stands behind "in" or "the".
_OTHER = re.compile(
    rf"(?<!\bin )(?<!\bthe )(?<!\bat )(?<!\bon )(?<!\bfrom )(?<!\bof )(?<![.“\"] )(?<!\w)({_NAME})(?![\w’'])"
)
# Words that open a sentence with a capital and are nobody.
_NOBODY = frozenset(
    "The This That These Those It He She They We You I His Her Their Our Its A An One Some Many Most All Both Other "
    "Another Such There In On At By For With As If When While After Before Since But And Or So Yet No Not Two Three "
    "Although Though Having Previously Once Why What How Who Where Online Critics Experts Scholars Researchers "
    "Scientists Officials Reports Studies Sources People Analysts Observers Witnesses Research Evidence Law Theory "
    "Soon Results Findings Data Recent Article Section".split()
)
# How many sentences back "he" may lead, all of which but the first say "he" themselves.
_BACK = 3


@dataclass(frozen=True, slots=True)
class People:
    """`speaker` is whose words a sentence reports, `person` who the "he" or "she" is that it opens with."""

    speaker: str | None = None
    person: str | None = None


def people(passage: Passage, span: Span) -> People:
    """Who speaks in a sentence of a passage and who it is about; nobody where there is doubt.

    How often it is right is counted in docs/ANSWERS.md.
    """
    at = next((n for n, each in enumerate(passage.sentences) if each.start == span.start), None)
    if at is None:
        return People()
    texts = [_words(passage, each) for each in passage.sentences[max(0, at - _BACK) : at]]
    return people_of(_words(passage, span), texts)


def people_of(sentence: str, before: Sequence[str]) -> People:
    """As `people`, of a sentence with those before it.

    >>> people_of("He added that tolls will rise.", ["Mayor Lee spoke on Monday."])
    People(speaker='Mayor Lee', person='Mayor Lee')
    >>> people_of("He resigned.", ["Lee called Ada Stone."])
    People(speaker=None, person=None)
    >>> people_of("“Tolls will rise,” said Ada Stone.", [])
    People(speaker='Ada Stone', person=None)
    """
    person = _meant(sentence, before)
    for pattern in (_SUBJECT, _BEHIND, _ACCORDING):
        if found := pattern.search(sentence):
            named = next(group for group in found.groups() if group)
            speaker = person if named in ("He", "She") else _somebody(named)
            return People(speaker, person)
    return People(None, person)


def _meant(sentence: str, before: Sequence[str]) -> str | None:
    """Whom "he" means: the subject of the sentence before, where that names no other person."""
    opening = _PERSON.search(sentence)
    if not opening:
        return None
    for text in reversed(before):
        again = _PERSON.search(text)
        if again and again[1] != opening[1]:
            return None
        if again:
            continue
        acts = _ACTS.search(text)
        name = _somebody(acts[1]) if acts else None
        if not acts or not name or " of " in name or name in sentence:
            return None
        others = {each for each in _OTHER.findall(text[acts.end(1) :]) if each not in name}
        return None if others else name
    return None


def _somebody(name: str) -> str | None:
    """The name, unless its first word only opens a sentence, or it is a thing of somebody's: "Newton's Law"."""
    words = name.split()
    thing = name.endswith(("’s", "'s")) or words[-1] in _NOBODY
    return None if thing or words[0] in _NOBODY or words[0].endswith("ly") else name


def _words(passage: Passage, span: Span) -> str:
    return " ".join(passage.text[span.start - passage.start : span.end - passage.start].split())
