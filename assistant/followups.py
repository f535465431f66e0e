"""A follow-up question made to stand alone, from the turns before it and with no language model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.schema import Turn

_LEAD = re.compile(r"\A(?:and|but|so|ok(?:ay)?|well|then|also|hmm+|thanks?(?: you)?|yes|no)\b[,.!:;]*\s+", re.I)
_BARE = re.compile(
    r"\A(?:and\s+|but\s+)?(why|how(?: so| come)?|when|where|since when|what for)(?: not| exactly| is that)?\W*\Z", re.I
)
_WHICH = re.compile(
    r"\A(?:(?:on|at|in|by|from|to|for|with|since|until) )?(?:which|what|whose|how many|how much)(?: \w+){1,2}\W*\Z",
    re.I,
)
_WHO_SAID = re.compile(r"\A(?:and\s+)?who (?:said|says|claims|claimed|thinks|reported) (?:so|that|this|it)\W*\Z", re.I)
_WHAT_ABOUT = re.compile(r"\A(?:(?:and|but)\s+)?(?:what|how) about\s+(.+?)\W*\Z", re.I)
_AND = re.compile(r"\A(?:and|or|but)\s+(.+?)\W*\Z", re.I)
_QUESTION_WORD = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.I)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|said|"
    r"says?|explain|describe|tell|list|compare|summari[sz]e|give|show)\b|n[’']t\b",
    re.I,
)
_PREPOSITION = re.compile(
    r"\A(?:in|on|at|for|with|by|from|to|after|before|during|since|under|without|against|of)\b", re.I
)
_ABOUT = re.compile(r"\b(about|on|regarding|concerning)\s+([^?]+?)(\s*\?*)\Z", re.I)
_HE = re.compile(r"\b(he|she|him|his|her|hers|himself|herself)\b", re.I)
_THEY = re.compile(r"\b(they|them|their|theirs|themselves)\b", re.I)
_IT = re.compile(
    r"\b(?:it|its)\b"
    r"|\b(?:that|this)(?=\s*(?:\?|\Z|,|\s(?:is|was|mean|means|happen|work|matter|affect|be)\b))",
    re.IGNORECASE,
)
# "There" as a place, not as in "there is" or "is there".
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )\bthere\b"
    r"(?!\s+(?:is|are|was|were|be|any|an?|will|would|has|have|had)\b)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\bthe (?:other|latter|second|former|first)(?: one| side| country| party| article| author)?\b", re.I
)
_POSSESSIVES = frozenset({"his", "her", "hers", "their", "theirs", "its"})
# Capitalised words that run on, with what may stand between them.
_NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:of|the|de|von|van|bin|al)\s+[A-Z][\w’'-]*|\s+[A-Z][\w’'-]*|\s+\d+)*")
_NO_NAME = frozenset(
    "a according also although and another any article articles as at because both but by can could did do does each "
    "for from had has have he how however i if in instead is it its list many may might most must no not of on one or "
    "other our she should since so some tell that the their there these they this those to under was we were what when "
    "where which while who whom whose why will with would you".split()
)
_PLACE_NOUN = r"(?:city|town|village|region|oblast|province|district|state|county|country|area|island|port|valley)\b"
_SAYS = (
    r"(?:\s+\w+ly)?\s+(?:said|says|added|adds|argue[sd]|told|claim(?:s|ed)|indicate[sd]|declare[sd]|announce[sd]|"
    r"highlight(?:s|ed)|believe[sd]|wrote|warn(?:s|ed)|suggest(?:s|ed)|agreed)\b"
)
_TITLE = r"\b(?:President|Minister|Secretary|Senator|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|General|Professor|Analyst)\s+"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A question that stands alone, and whether anything had to be filled in."""

    text: str
    changed: bool


def standalone(question: str, turns: Sequence[Turn]) -> Rewrite:
    """The question as it would be put to someone who heard nothing before.

    Elliptical questions borrow the frame of the last one, pronouns take the name last spoken of that fits them. A
    question that lacks nothing is returned as it is: a new topic borrows nothing.
    """
    question = " ".join(question.split())
    if not turns:
        return Rewrite(question, changed=False)
    last = turns[-1].answer
    frame = last.standalone_question.rstrip("?!. ")
    text = _elliptical(question, frame, last.sentences[0].text if last.sentences else "")
    if text is None:
        text = _resolved(question, turns)
    return Rewrite(text, changed=text.casefold() != question.casefold())


def _elliptical(question: str, frame: str, said: str) -> str | None:
    """The frame of the last question with the new part put in; None for a question with a frame of its own."""
    if bare := _BARE.match(question):
        word = bare.group(1).lower().removesuffix(" so").removesuffix(" come")
        return f"{frame}, and {'why' if word in ('what for',) or 'come' in question.lower() else word}?"
    if _WHICH.match(question):
        return f"{frame}, and {question[:1].lower()}{question[1:].rstrip('?!. ')}?"
    if _WHO_SAID.match(question):
        return f"Who said: {said or frame}?"
    part = _WHAT_ABOUT.match(question) or _AND.match(question)
    topic = part.group(1) if part else question.rstrip("?!. ")
    if _QUESTION_WORD.search(topic) or _VERB.search(topic) or _points_back(topic) or len(topic.split()) > 8:
        return None
    if not part and len(topic.split()) > 4:
        return None
    return _put_in(frame, topic)


def _points_back(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_HE, _THEY, _OTHER))


def _put_in(frame: str, topic: str) -> str:
    """The frame asked about another topic.

    >>> _put_in("What did Lee rule out about tanks", "Article 5")
    'What did Lee rule out about Article 5?'
    >>> _put_in("What does Lee want", "Smith")
    'What does Smith want?'
    """
    if _PREPOSITION.match(topic):
        return f"{frame} {topic}?"
    about = _ABOUT.search(frame)
    names = names_in(frame)
    is_name = bool(_NAME.fullmatch(topic))
    if about and not (
        is_name and len(names) == 1 and _shape(names[0]) == _shape(topic) and names[0] not in about.group(2)
    ):
        return f"{frame[: about.start(2)]}{topic}?"
    alike = [name for name in names if _shape(name) == _shape(topic)]
    if is_name and alike:
        return re.sub(rf"\b{re.escape(alike[0])}\b", lambda _: topic, frame, count=1) + "?"
    return f"{frame} about {topic}?"


def _shape(name: str) -> str:
    """What kind of name it looks like: "numbered" (Article 5), "letters" (NATO) or "word" (Lee).

    >>> [_shape(name) for name in ("Article 5", "NATO", "Pat Lee")]
    ['numbered', 'letters', 'word']
    """
    if any(character.isdigit() for character in name):
        return "numbered"
    return "letters" if name.isupper() else "word"


def _resolved(question: str, turns: Sequence[Turn]) -> str:
    """The question with its pronouns replaced by the names they most likely stand for."""
    text = _LEAD.sub("", question)
    own = names_in(text)
    if _HE.search(text) and not any(_shape(n) == "word" for n in own) and (person := _person(turns)):
        text = _replace(text, _HE, person)
    if _THEY.search(text) and not own and (group := _group(turns)):
        text = _replace(text, _THEY, group)
    if _THERE.search(text) and (place := _place(turns)):
        text = _THERE.sub(lambda _: f"in {place}", text, count=1)
    if (_IT.search(text) or _OTHER.search(text)) and (topic := _topic(turns)) and topic.lower() not in text.lower():
        text = f"{text.rstrip('?!. ')} ({topic})?"
    return text[:1].upper() + text[1:] if text != question else question


def names_in(text: str) -> list[str]:
    """Runs of capitalised words, in order, without question words and the like at their head.

    >>> names_in("What did President Lee say about Article 5 and NATO?")
    ['President Lee', 'Article 5', 'NATO']
    """
    names = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0].lower().strip("’'") in _NO_NAME:
            words.pop(0)
        if words:
            names.append(re.sub(r"[’']s\Z", "", " ".join(words)))
    return list(dict.fromkeys(names))


def _person(turns: Sequence[Turn]) -> str | None:
    """Who "he" or "she" is: in the last questions first, then who speaks in the last answers."""
    for turn in reversed(turns):
        asked, said = turn.answer.standalone_question, " ".join(s.text for s in turn.answer.sentences)
        both = f"{asked} {said}"
        names = [n for n in names_in(asked) if _shape(n) == "word"]
        for name in [*(n for n in names if _speaks(n, both)), *(n for n in names if not _in_place(n, both))]:
            return name
        for name in names_in(said):
            if _shape(name) == "word" and _speaks(name, said):
                return name
    return None


def _speaks(name: str, text: str) -> bool:
    return bool(re.search(rf"{re.escape(name)}{_SAYS}|{_TITLE}(?:\w+\s+)?{re.escape(name)}", text))


def _in_place(name: str, text: str) -> bool:
    return bool(re.search(rf"\b(?:in|across|from|into|to)\s+(?:the\s+)?{re.escape(name)}\b", text))


def _group(turns: Sequence[Turn]) -> str | None:
    """Who "they" are: a plural the last question asks about, else its names together."""
    for turn in reversed(turns):
        asked = turn.answer.standalone_question.rstrip("?!. ")
        plural = re.search(r"\b((?:(?:the|[\w-]+)\s+)?(?!this\b|is\b|was\b|does\b)[a-z-]{4,}s)\Z", asked)
        if plural and not _VERB.search(plural.group(1)):
            return plural.group(1)
        names = names_in(asked)
        if names:
            return " and ".join(names[:2])
    return None


def _place(turns: Sequence[Turn]) -> str | None:
    """Where "there" is: a name called a city or the like, else one that something is in."""
    for turn in reversed(turns):
        both = " ".join([turn.answer.standalone_question, *(s.text for s in turn.answer.sentences)])
        names = names_in(both)
        places = [name for name in names if re.search(rf"\b{re.escape(name)}\s+{_PLACE_NOUN}", both)]
        if places := places or [name for name in names if _in_place(name, both)]:
            return places[0]
    return None


def _topic(turns: Sequence[Turn]) -> str | None:
    """What "it" or "that" is about: the last question's object, as it was put."""
    asked = turns[-1].answer.standalone_question.rstrip("?!. ")
    if about := _ABOUT.search(asked):
        return about.group(2).strip()
    words = re.sub(
        r"\A\W*(?:who|whom|whose|what|which|when|where|why|how)\b(?:\s+(?:many|much))?", "", asked, flags=re.I
    )
    words = re.sub(
        r"\A\s*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
        "",
        words,
        flags=re.I,
    )
    return words.strip() or None


def _replace(text: str, pattern: re.Pattern[str], name: str) -> str:
    def replacement(match: re.Match[str]) -> str:
        word = match.group().lower()
        possessive = word in _POSSESSIVES and (word != "her" or bool(re.match(r"\s+\w", text[match.end() :])))
        return f"{name}’s" if possessive else name

    return pattern.sub(replacement, text)
