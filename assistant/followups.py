"""A follow-up question made to stand alone, from the turns before it and with no language model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.referents import NAME, VERB, counterpart, group, matter, names_in, person, place, shape, topic
from assistant.schema import Turn

# Said before a question and no part of it. "So", "no" and the like also begin sentences, so they need a mark behind.
_COURTESY = re.compile(
    r"\A(?:(?:ok(?:ay)?|well|hmm+|thanks?(?: you)?(?: for [\w ]{1,30}(?=[,.!]))?)\b[,.!:;]*"
    r"|(?:yes|no|so|right|sure|great)[,.!:;]+)\s+",
    re.IGNORECASE,
)
_ONLY_COURTESY = re.compile(
    r"\W*(?:ok(?:ay)?|thanks?(?: you)?|hello|hi|bye|great|good|nice|yes|no|right|sure|wow|hmm+)\W*\Z", re.IGNORECASE
)
_LEAD = re.compile(r"\A(?:and|but|so|then|also)\b[,.!:;]*\s+", re.IGNORECASE)
_BARE = re.compile(
    r"\A(?:and\s+|but\s+)?(?:(why|when|where|since when)|(how)(?: so)?|(?:how come|what for))"
    r"(?:( not)| exactly|(?<=why) is (?:that|this|it)| (?:him|her|them|it|that|this|there|so))?\W*\Z",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\A(?:in|on|at|for|with|by|from|to|after|before|during|since|until|under|without|against|of)\b", re.IGNORECASE
)
# "On which date?", "Which ones?", "About what?", "Who else?"
_WHICH = re.compile(
    r"\A(?:and )?((?:(?:on|at|in|by|from|to|for|with|since|until|about|of) )?"
    r"(?:which|what|whose|how many|how much)(?: (?!\w+ed\b|about\b|else\b)\w+){1,2}"
    r"|(?:on|at|in|by|from|to|for|with|since|until|about|of) (?:what|whom?|when|where)|(?:who|where|when) else)\W*\Z",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\A(?:(?:can|could) you )?(?:please )?(?:(?:tell|show|give) (?:me|us) )?(?:(?:say|any|some) )?"
    r"(?:more|(?:what|anything) else|go on|continue|elaborate|explain)(?: details?)?"
    r"(?: (?:about|on) (?:it|this|that)| that| this)?(?: please)?\W*\Z",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"\A(?:and\s+)?who (?:said|says|claims|claimed|thinks|reported|wrote|writes) (?:so|that|this|it)\W*\Z",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(r"\A(?:(?:and|but)\s+)?(?:what|how) about\s+(.+?)\W*\Z", re.IGNORECASE)
_AND = re.compile(r"\A(?:and|or|but)\s+(.+?)\W*\Z", re.IGNORECASE)
# What an earlier follow-up added to the frame, and the next one need not repeat.
_ADDED = re.compile(
    r", and (?:(?:\w+ )?(?:which|what(?! about\b)|whose|how)|why|when|where|who else)\b[^,]*\Z", re.IGNORECASE
)
_ADDED_TOPIC = re.compile(r", and what about .*\Z", re.IGNORECASE)
_ASKS_WHAT_ONE_DID = re.compile(r"\Awhat (?:else )?(?:do|does|did|has|have|had|will|would)\b", re.IGNORECASE)
_QUESTION_WORD = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_HE = re.compile(r"\b(he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_THEY = re.compile(r"\b(they|them|their|theirs|themselves)\b", re.IGNORECASE)
# "It" and "that" which stand for something, not as in "is it true that", "what time is it", "said that".
_IT = re.compile(
    r"(?<!\btime is )(?<!\bdate is )\b(?:it|its)\b"
    r"(?!\s+(?:takes?\b|(?:true|possible|likely|clear|known|legal|necessary|easy|hard|safe) (?:that|to|for|who)\b))"
    r"|\b(?:that|this)(?=\s*(?:\?|\Z|,|\s(?:is|was|mean|means|happen|work|matter|affect|be)\b))"
    r"|(?:(?<=\bis )|(?<=\bwas )|\A(?:does|did|would|will|could|can|has|should) )(?:that|this)\b",
    re.IGNORECASE,
)
# "There" as a place, not as in "there is" or "is there".
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )\bthere\b"
    r"(?!\s+(?:\w+ly\s+)?(?:is|are|was|were|be|any|an?|will|would|has|have|had)\b)",
    re.IGNORECASE,
)
# "The second" and the like where nothing follows that it might be the second of.
_SIDE = r"(?: (?:one|side|country|party|article|author|source)\b)"
_OTHER = re.compile(
    rf"\bthe (?P<other>other|latter)\b{_SIDE}?"
    rf"|\bthe (?P<first>former|first|second)(?:{_SIDE}|(?=\W*\Z|\s+(?:is|was|do|does|did|says?|said|wants?|will)\b))"
    r"|(?:(?<=\bdoes )|(?<=\bdid )|(?<=\bwill )|(?<=\bwould ))the (?P<does>former|first|second)(?=\s+\w+\W*\Z)",
    re.IGNORECASE,
)
_POSSESSIVES = frozenset({"his", "her", "hers", "their", "theirs", "its"})


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
    if not turns or _ONLY_COURTESY.match(question) or not any(map(str.isalnum, question)):
        return Rewrite(question, changed=False)
    asked = _with_counterpart(_COURTESY.sub("", question), turns)
    text = _elliptical(asked, turns[-1])
    if text is None:
        text = _resolved(asked, turns)
    if text.casefold() == question.casefold():
        return Rewrite(question, changed=False)
    return Rewrite(text[:1].upper() + text[1:], changed=True)


def _elliptical(question: str, last: Turn) -> str | None:
    """The frame of the last question with the new part put in; None for a question with a frame of its own."""
    frame = _ADDED.sub("", last.answer.standalone_question.rstrip("?!. "))
    if bare := _BARE.match(question):
        return f"{frame}, and {(bare.group(1) or bare.group(2) or 'why').lower()}{bare.group(3) or ''}?"
    if _MORE.match(question):
        return f"{frame}, and what else?"
    if _WHO_SAID.match(question):
        said = last.answer.sentences[0].text if last.answer.sentences else frame
        return f"Who said: {said.rstrip('?!. ')}?"
    part = _WHAT_ABOUT.match(question)
    if not part and (which := _WHICH.match(question)) and not VERB.search(which.group(1)):
        return f"{frame}, and {which.group(1)[:1].lower()}{which.group(1)[1:]}?"
    part = part or _AND.match(question)
    new = part.group(1) if part else question.rstrip("?!. ")
    if _QUESTION_WORD.search(new) or VERB.search(new) or _points_back(new) or len(new.split()) > (8 if part else 4):
        return None
    asked = _put_in(frame, new)
    # Words alone that fit nowhere into the last question are a topic of their own, as one types into a search box.
    return asked if part or not asked.endswith(f", and what about {new}?") else None


def _points_back(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_HE, _THEY, _IT, _OTHER))


def _put_in(frame: str, new: str) -> str:
    """The frame asked about another topic.

    >>> _put_in("What did Lee rule out about tanks", "Article 5")
    'What did Lee rule out about Article 5?'
    >>> _put_in("How tall is the Eiffel Tower", "Big Ben")
    'How tall is Big Ben?'
    >>> _put_in("Why was the bridge closed", "the ferries")
    'Why was the bridge closed, and what about the ferries?'
    """
    frame = _ADDED_TOPIC.sub("", frame)
    if _PREPOSITION.match(new):
        return f"{frame} {new}?"
    about, names = matter(frame), names_in(frame)
    name = re.sub(r"\Athe\s+", "", new)
    alike = [known for known in names if shape(known) == shape(name)] if NAME.fullmatch(name) else []
    if about and not (len(names) == 1 and alike and names[0] not in about.group(2)):
        return f"{frame[: about.start(2)]}{new}?"
    if alike:
        # "Acme and Beta", then "the latter": what is asked of both is asked of the one.
        both = rf"{re.escape(new)} and [\w ]*?{re.escape(names[-1])}|{re.escape(names[0])} and {re.escape(new)}"
        known = both if new in names and re.search(both, frame) else rf"(?:\bthe\s+)?\b{re.escape(alike[0])}\b"
        return re.sub(known, lambda _: new, frame, count=1) + "?"
    return f"{frame} about {new}?" if _ASKS_WHAT_ONE_DID.match(frame) else f"{frame}, and what about {new}?"


def _with_counterpart(question: str, turns: Sequence[Turn]) -> str:
    """The question with "the former", "the latter" or "the other one" replaced by the name it stands for."""
    other = _OTHER.search(question)
    if not other or not (name := counterpart(turns, (other[other.lastgroup or 0]).lower())):
        return question
    return f"{question[: other.start()]}{name}{question[other.end() :]}"


def _resolved(question: str, turns: Sequence[Turn]) -> str:
    """The question with its pronouns replaced by the names they most likely stand for.

    What is left without a name is told by the last question's topic, in brackets.
    """
    text = _LEAD.sub("", question)
    for pattern in (_HE, _THEY):
        own = [name for name in names_in(text) if shape(name) == "word"]
        if _looks_back(pattern, text, own):
            found = person(turns, besides=own) if pattern is _HE else group(turns)
            text = _replace(text, pattern, found) if found else text
    if _THERE.search(text) and (where := place(turns)):
        text = _THERE.sub(lambda _: f"in {where}", text, count=1)
    own = names_in(text)
    dangling = any(_looks_back(pattern, text, own) for pattern in (_HE, _THEY))
    dangling = dangling or any(_looks_back(pattern, text, ()) for pattern in (_IT, _OTHER))
    if dangling and (about := topic(turns)) and about.lower() not in text.lower():
        text = f"{text.rstrip('?!. ')} ({about})?"
    return text


def _looks_back(pattern: re.Pattern[str], text: str, own: Sequence[str]) -> bool:
    """Whether a pronoun means someone outside the question: no name precedes it, or only one whose object it is."""
    pronoun = pattern.search(text)
    # What follows a whole sentence more likely points at that.
    if not pronoun or re.search(r"[.!?]\s", text[: pronoun.start()]):
        return False
    before = [name for name in own if 0 <= text.find(name) < pronoun.start()]
    return not before or (len(own) == 1 and pronoun.group().lower() in ("him", "them"))


def _replace(text: str, pattern: re.Pattern[str], name: str) -> str:
    def replacement(match: re.Match[str]) -> str:
        word = match.group().lower()
        # "What did he tell him?" is about two.
        if word in ("him", "them") and pattern.search(text[: match.start()]):
            return match.group()
        possessive = word in _POSSESSIVES and (word != "her" or bool(re.match(r"\s+\w", text[match.end() :])))
        if not possessive:
            return name
        return f"{name}’" if name.islower() and name.endswith("s") else f"{name}’s"

    return pattern.sub(replacement, text)
