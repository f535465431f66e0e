"""What the pronouns of a follow-up question stand for, looked for in the turns before it."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from assistant.schema import Turn

# Capitalised words that run on, with what may stand between them.
NAME = re.compile(
    r"\b[A-Z][\w’'-]*(?:\s+(?:of(?:\s+the)?|the|de|von|van|bin|al)\s+[A-Z][\w’'-]*|\s+[A-Z][\w’'-]*|\s+\d+)*"
)
VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|said|"
    r"says?|explain|describe|tell|list|compare|summari[sz]e|give|show)\b|n[’']t\b",
    re.IGNORECASE,
)
_NO_NAME = frozenset(
    "a about according also although and another any are article articles as at because both but by can compare could "
    "describe did do does each explain for from give had has have he her his how however i if in instead is it its "
    "list many may might most must my no nor not of on one or other our she should since so some such summarise "
    "summarize tell than that the their them then there these they this those to under was we were what when where "
    "which while who whom whose why will with would yes you your".split()
)
_ARTICLE = re.compile(r"Articles? \d")
AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)"
_PLACE_NOUN = r"(?:city|town|village|region|oblast|province|district|state|county|country|area|island|port|valley)\b"
_SAYS = (
    r"(?:\s+\w+ly)?\s+(?:said|says|added|adds|argue[sd]|told|claim(?:s|ed)|indicate[sd]|declare[sd]|announce[sd]|"
    r"highlight(?:s|ed)|believe[sd]|wrote|writes|warn(?:s|ed)|suggest(?:s|ed)|agreed|explain(?:s|ed)|note[sd]|"
    r"propose[sd]|thinks|thought|expect(?:s|ed)|recall(?:s|ed)|reason(?:s|ed)|insist(?:s|ed))\b"
)
_TITLE = r"\b(?:President|Minister|Secretary|Senator|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|General|Professor|Analyst|Mayor)\s+"
_ABOUT = re.compile(r"\b(about|on|regarding|concerning)\s+([^?]+?)(\s*\?*)\Z", re.IGNORECASE)
# A lower-case plural; and one with a word before it that belongs to it, as what stands before that word shows.
_PLURAL = r"(?!(?:always|perhaps|besides|afterwards|towards|across|does|news)\b)[a-z-]{3,}(?<![suio'’])s\b"
_WITH_WORD = rf"((?:the\s+)?(?:(?!(?:the|this|that|he|she|it|they|we|you)\b)[\w-]+\s+)?{_PLURAL})"
# The likeliest first. Names come between the subject and the rest.
_GROUPS = (
    re.compile(rf"\b(?:about|of|on|for|with|to|in|from|by|and|which|what)\s+{_WITH_WORD}\Z"),
    re.compile(rf"\b(?:do|did|should|would|could|can|will|are|were|may|might|must)\s+{_WITH_WORD}"),
)
_OTHER_GROUPS = (re.compile(rf"\b({_PLURAL})\Z"), re.compile(rf"\b(the\s+(?:[\w-]+\s+)?{_PLURAL})"))


def names_in(text: str) -> list[str]:
    """Runs of capitalised words, in order, without question words and the like at their head.

    >>> names_in("What did President Lee say about Article 5 and NATO?")
    ['President Lee', 'Article 5', 'NATO']
    """
    names = []
    for match in NAME.finditer(text):
        words = match.group().split()
        # "Article" opens a sentence as a word, and is part of a name before a number.
        while words and words[0].lower().strip("’'") in _NO_NAME and not _ARTICLE.match(" ".join(words)):
            words.pop(0)
        if words:
            names.append(re.sub(r"[’']s\Z", "", " ".join(words)))
    return list(dict.fromkeys(names))


def shape(name: str) -> str:
    """What kind of name it looks like: "numbered" (Article 5), "letters" (NATO) or "word" (Lee).

    >>> [shape(name) for name in ("Article 5", "NATO", "Pat Lee")]
    ['numbered', 'letters', 'word']
    """
    if any(character.isdigit() for character in name):
        return "numbered"
    return "letters" if name.isupper() else "word"


def matter(frame: str) -> re.Match[str] | None:
    """What a question is about, where it says so at its end: group 2 of "… about tanks"; None elsewhere."""
    found = _ABOUT.search(frame)
    return None if found and VERB.search(found.group(2)) else found


def person(turns: Sequence[Turn], *, besides: Collection[str] = ()) -> str | None:
    """Who "he" or "she" is: in the last questions first, then who speaks in the last answers."""
    for turn in reversed(turns):
        asked, said = _asked(turn), _said(turn)
        both = f"{asked} {said}"
        names = [n for n in names_in(asked) if shape(n) == "word" and n not in besides]
        for name in [
            *(n for n in names if speaks(n, both)),
            *(n for n in names if not (_is_place(n, both) or _is_thing(n, both))),
        ]:
            return name
        for name in names_in(said):
            if shape(name) == "word" and name not in besides and speaks(name, said):
                return name
    return None


def group(turns: Sequence[Turn]) -> str | None:
    """Who "they" are: two names or a plural that the last question asks about. One person who speaks is no group."""
    for turn in reversed(turns):
        asked = _asked(turn)
        names = names_in(asked)
        for first, second in pairwise(names):
            if f"{first} and {second}" in asked:
                return f"{first} and {second}"
        if plural := _plural(_GROUPS, asked):
            return plural
        if len(names) > 1 or (names and not speaks(names[0], f"{asked} {_said(turn)}")):
            return " and ".join(names[:2])
        if plural := _plural(_OTHER_GROUPS, asked):
            return plural
    return None


def place(turns: Sequence[Turn]) -> str | None:
    """Where "there" is: a name called a city or the like, else one that something is in."""
    for turn in reversed(turns):
        both = f"{_asked(turn)} {_said(turn)}"
        for name in names_in(both):
            if found := re.search(rf"\b(?:the\s+)?{re.escape(name)}\s+{_PLACE_NOUN}", both):
                return found.group()
        for name in names_in(both):
            if _is_place(name, both):
                return name
    return None


def topic(turns: Sequence[Turn]) -> str | None:
    """What "it" or "that" is about: the last question's object, as it was put."""
    asked = _asked(turns[-1])
    if told := re.search(r"\(([^()]+)\)\Z", asked):
        return told.group(1)
    if about := matter(asked):
        return about.group(2).strip()
    which = re.match(rf"\A\W*(?:which|what|whose|how many)\s+((?!{AUXILIARY}\b)\w.*?)\s+{AUXILIARY}\b(.*)", asked, re.I)
    if which:
        return which.group(1) if " " in which.group(1) else which.group(1) + which.group(2)
    names = names_in(asked)
    did = (
        re.match(rf"\A\W*what\s+({AUXILIARY})\s+({re.escape(names[0])})\s+(?!and\b)(.+)", asked, re.I)
        if names
        else None
    )
    if did:
        return f"what {did.group(2)} {did.group(1)} {did.group(3)}"
    words = re.sub(
        r"\A\W*(?:who|whom|whose|what|which|when|where|why|how)\b(?:\s+else\b|[’']s\b)?", "", asked, flags=re.I
    )
    words = re.sub(rf"\A(?:\s+(?!{AUXILIARY}\b)\w+)?\s+{AUXILIARY}\b", "", words, flags=re.I)
    return re.sub(rf"\A{AUXILIARY}\b", "", words.strip(), flags=re.I).strip() or None


def counterpart(turns: Sequence[Turn], which: str) -> str | None:
    """Which of two names asked about together "the former", "the latter" or "the other" is."""
    current = names_in(_asked(turns[-1])) if turns else []
    for turn in reversed(turns):
        pair = names_in(_asked(turn))
        if len(pair) != 2:
            continue
        if which in ("former", "first"):
            return pair[0]
        if which in ("latter", "second"):
            return pair[1]
        left = [name for name in pair if name not in current]
        if len(left) == 1:
            return left[0]
    return None


def _plural(patterns: Sequence[re.Pattern[str]], asked: str) -> str | None:
    found = [match.group(1) for match in (pattern.search(asked) for pattern in patterns) if match]
    return next((plural for plural in found if not VERB.search(plural)), None)


def _asked(turn: Turn) -> str:
    return turn.answer.standalone_question.rstrip("?!. ")


def _said(turn: Turn) -> str:
    return " ".join(sentence.text for sentence in turn.answer.sentences)


def speaks(name: str, text: str) -> bool:
    return bool(re.search(rf"{re.escape(name)}{_SAYS}|{_TITLE}(?:\w+\s+)?{re.escape(name)}", text))


def _is_place(name: str, text: str) -> bool:
    return bool(re.search(rf"\b(?:in|across|from|into|to)\s+(?:the\s+)?{re.escape(name)}\b", text))


def _is_thing(name: str, text: str) -> bool:
    """Whether it is called a city or the like; "the" stands before things, not before people."""
    return bool(re.search(rf"\bthe\s+{re.escape(name)}\b|\b{re.escape(name)}\s+{_PLACE_NOUN}", text))
