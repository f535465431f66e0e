"""A question and its answer as a statement, where that takes no grammar."""

import re

from assistant.referents import AUXILIARY

_ASKED_FOR = rf"(?:who|what|which|(?:what|which) (?!{AUXILIARY}\b)\w+(?: (?!{AUXILIARY}\b)\w+){{0,2}}?)"
_SUBJECT = re.compile(rf"\A{_ASKED_FOR} (?!{AUXILIARY}\b)(\w+(?:s|ed)\b.+)\Z", re.I)
_SUBJECT_IS = re.compile(
    rf"\A(?i:{_ASKED_FOR}) "
    r"((?:is|are|was|were|has|have|had|can|could|will|would) (?!(?:the|an?|not|there|this)\b)[a-z].+)\Z"
)
_IS = re.compile(r"\A(?:what|who) (is|are|was|were) (the .+|an? .+)\Z", re.I)
_DID = re.compile(r"\A(when|where|what|who|whom) ((?:did|does|do|can|could|will|would) .+)\Z", re.I)
_AUX_FIRST = re.compile(
    r"\A(did|does|do|can|could|will|would) "
    r"((?:the |an? )?(?:[A-Z][\w’'-]*(?: (?:of |the )*[A-Z][\w’'-]*)*|(?!not\b)[\w’'-]+)) ((?!do\b|not\b).+)\Z"
)
_PLACED = re.compile(r"(?:in|on|at|by|from|during|after|before|since)\b", re.I)


def statement(question: str, answer: str) -> str | None:
    """What the answer says, as a sentence; None for questions of other forms.

    >>> statement("Who ruled the duchy of Normandy?", "Richard I")
    'Richard I ruled the duchy of Normandy.'
    >>> statement("What is the capital of Poland?", "Warsaw")
    'The capital of Poland is Warsaw.'
    >>> statement("When did Britain surrender Florida?", "1783")
    'Britain did surrender Florida in 1783.'
    >>> statement("How so?", "By law")
    """
    asked = question.strip().rstrip("?!. ")
    answer = answer.strip().rstrip(".")
    if found := _SUBJECT.match(asked) or _SUBJECT_IS.match(asked):
        return _sentence(f"{answer} {found.group(1)}")
    if found := _IS.match(asked):
        return _sentence(f"{found.group(2)} {found.group(1)} {answer}")
    if (found := _DID.match(asked)) and (order := _AUX_FIRST.match(found.group(2))):
        auxiliary, subject, rest = order.groups()
        time = found.group(1).lower() in ("when", "where")
        link = " in " if time and not _PLACED.match(answer) else " "
        return _sentence(f"{subject} {auxiliary.lower()} {rest}{link}{answer}")
    return None


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
