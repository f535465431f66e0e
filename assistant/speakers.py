"""Who a quoted sentence is from or about, where only the sentences around it say so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answerer import Passage
from index import Span


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAYS = "(?:" + "|".join(
    "said says added adds stressed stresses wrote writes argued argues warned warns noted notes announced announces "
    "claimed claims stated states explained explains insisted insists reported reports suggested suggests believes "
    "believed recalled admitted admits declared declares thinks thought predicted predicts emphasized emphasised "
    "replied responded remarked concluded concludes denied denies posted alleges alleged expects expected demanded "
    "demands indicated indicates hinted hints signalled signaled signals promised promises foresees foresaw".split()
) + ")"  # fmt: skip
_TELLS = r"(?:told|tells|warned|warns|reminded|reminds|assured|assures|informed|informs)"
_WORD = r"[A-Z](?:[\w-]|[’'](?=\w))*+"
_NAME = rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|Gen|Sen)\. )?{_WORD}(?:(?: (?:de|van|von|al|bin|of|of the))? (?:{_WORD}|[A-Z]\.))*+"
_OPENING = r"\A(?:(?:However|Moreover|Later|Then|Additionally|Also|Furthermore|In \d{4}|On [\w ]{3,20}),? )?"
_BESIDES = r"(?: \([^)]*\))?(?:, [^,“”\"]{3,60},)?(?: \w+ly| also| further| then| later| has| had| once| again){0,3}"
# "said this week that", "said on Monday at the summit that".
_TIME = r"(?: (?:this|last|on|in|at|late|early|yesterday|today|again|during|to reporters)\b[^,.“”\"]{0,40}?)?"
_QUOTED = r"[:,]? [“\"]"
_SUBJECT = re.compile(
    rf"{_OPENING}({_NAME}|He|She){_BESIDES} (?:{_SAYS}{_TIME}(?= that\b|{_QUOTED}| how\b)"
    rf"|{_TELLS}(?= [^,.“”\"]{{1,40}} that\b|[^,.“”\"]{{0,40}}{_QUOTED}))"
)
_BEHIND = re.compile(rf"[,?!][”\"],? (?:{_SAYS} ({_NAME})(?=[,.;]|\Z)|({_NAME}) {_SAYS}\b)")
_ACCORDING = re.compile(rf"\A(?:According to|In the (?:view|opinion|words) of) ({_NAME})(?:,| \([^)]*\),)")
_PERSON = re.compile(rf"{_OPENING}(He|She)\b")
_VERB = (
    r"(?:is|was|has|had|will|would|could|can|may|might|did|does|\w+ed|(?!\w+(?:er|or|ist|man|men)s\b)\w+s|became|began|"
    r"went|took|made|gave|wrote|led|held|left|won|met|spoke|saw|came|found|told)\b"
)
_ACTS = re.compile(
    rf"\A(?:(?:In|On|By|During|After|Before|At|From) [^,“”\"]{{2,50}}, |(?:However|Later|Then|Also|Moreover), )?"
    rf"({_NAME}){_BESIDES} {_VERB}"
)
# What else may be "he": another name, unless it is of a place or a day; any word for a person.
_NAMED = re.compile(rf"(?<![\w.])((?:[Ii]n|[Aa]t|[Oo]n|since|until) )?({_WORD})")
_DAYS = _words_of(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December"
)
_PEOPLE = re.compile(
    r"\b(?:\w*(?:m[ae]n|ist)|sons?|daughters?|wife|wives|husbands?|brothers?|sisters?|fathers?|mothers?|uncles?|aunts?|"
    r"officers?|ministers?|presidents?|secretar(?:y|ies)|leaders?|kings?|queens?|princes?|princess|emperors?|"
    r"engineers?|drivers?|mayors?|officials?|police|doctors?|judges?|lawyers?|teachers?|students?|friends?|guests?|"
    r"aides?|all(?:y|ies)|rivals?|successors?|predecessors?|colleagues?|boss|chiefs?|directors?|generals?|soldiers?|"
    r"candidates?|victims?|suspects?|boys?|girls?|child|children|person|someone|somebody|anyone|partners?|reporters?|"
    r"editors?|authors?|writers?|actors?|players?|workers?|neighbou?rs?|members?|owners?|managers?|founders?|another)\b"
)
# Words that open a sentence with a capital and are nobody, or end a name that is a thing's.
_NOBODY = _words_of(
    "The This That These Those It He She They We You I His Her Their Our Its A An One Some Many Most All Both Other "
    "Others Another Such There In On At By For With As If When While After Before Since But And Or So Yet No Not None "
    "Nobody Nothing Neither Everyone Everybody Someone Somebody Anyone Few Several Each Every Two Three Four Five "
    "Although Though Having Had Has Have Should Would Could Did Does Was Were Is Are Whether Unless Until Because Only "
    "Even Just Still Once Why What How Who Where Which Yesterday Today Tomorrow Online Critics Experts Scholars "
    "Researchers Scientists Officials Reports Studies Sources People Analysts Observers Witnesses Research Evidence "
    "Law Theory Soon Results Findings Data Documents Polls Police Figures Recent Article Section Table Figure"
)
_THINGS = _words_of(
    "Palace Company Corporation University College Ministry Department Office Union Council Court Bank Group Agency "
    "Institute Association Party Government Parliament House Times Post News Journal Gazette Street City Museum Law "
    "Theory Act Treaty Agreement Inc Ltd Corp"
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
    if " as saying" in sentence:
        return People(None, person)
    for pattern in (_SUBJECT, _BEHIND, _ACCORDING):
        if found := pattern.search(sentence):
            named = next(group for group in found.groups() if group)
            speaker = person if named in ("He", "She") else _somebody(named)
            return People(speaker, person)
    return People(None, person)


def _meant(sentence: str, before: Sequence[str]) -> str | None:
    """Whom "he" means: the subject of the sentence before, where neither that nor what follows knows anybody else."""
    opening = _PERSON.search(sentence)
    if not opening:
        return None
    for text in reversed(before):
        again = _PERSON.search(text)
        if again and (again[1] != opening[1] or _others(text[again.end() :])):
            return None
        if again:
            continue
        acts = _ACTS.search(text)
        name = _somebody(acts[1]) if acts else None
        if not acts or not name or " of " in name or name in sentence or _THINGS & set(name.split()):
            return None
        return None if _others(text[: acts.start(1)]) or _others(text[acts.end(1) :], name) else name
    return None


def _others(text: str, name: str = "") -> bool:
    """Whether a text names, or speaks of, anybody but the name."""
    named = (found[2] for found in _NAMED.finditer(text) if not found[1])
    own = {*name.split(), *_DAYS, *_NOBODY}
    return bool(_PEOPLE.search(text)) or any(word.removesuffix("’s").removesuffix("'s") not in own for word in named)


def _somebody(name: str) -> str | None:
    """The name, unless its first word only opens a sentence, or it is a thing of somebody's: "Newton's Law"."""
    words = name.split()
    thing = name.endswith(("’s", "'s")) or words[-1] in _NOBODY
    return None if thing or words[0] in _NOBODY or words[0].endswith("ly") else name


def _words(passage: Passage, span: Span) -> str:
    return " ".join(passage.text[span.start - passage.start : span.end - passage.start].split())
