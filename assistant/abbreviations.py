"""Abbreviations as the documents explain them."""

import re
from collections.abc import Iterable, Mapping

_EXPLAINED = re.compile(r"((?:\b[^\W\d_][\w’']*+[ -]){1,9}+)\((?:the )?([A-Z][A-Z\d]{1,6})s?\)")
_SMALL = frozenset("of the and for on in to a an de la du des der".split())


def abbreviations(texts: Iterable[str]) -> dict[str, str]:
    """What each abbreviation stands for that one of the texts explains in brackets.

    >>> abbreviations(["They met along the Line of Contact (LOC).", "The mayor (USA) agreed."])
    {'LOC': 'Line of Contact'}
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in _EXPLAINED.finditer(text):
            words = re.split(r"[ -]+", match[1].strip(" -"))
            if long := _spelling(words, match[2]):
                found.setdefault(match[2], long)
    return found


def spelt_out(text: str, known: Mapping[str, str]) -> str:
    """The text with what its abbreviations stand for behind them, where it does not say so itself.

    >>> spelt_out("Freezing the LOC would help.", {"LOC": "Line of Contact"})
    'Freezing the LOC (Line of Contact) would help.'
    """
    for short, long in known.items():
        if short in text and long not in text:
            text = re.sub(rf"\b{short}\b", f"{short} ({long})", text, count=1)
    return text


def _spelling(words: list[str], short: str) -> str | None:
    """The last of the words whose initials are the letters; small words have none, or one."""
    left = list(short.upper())
    for n in range(len(words) - 1, -1, -1):
        if left and words[n][0].upper() == left[-1]:
            left.pop()
        elif words[n].lower() not in _SMALL:
            return None
        if not left:
            return " ".join(words[n:])
    return None
