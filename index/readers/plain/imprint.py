"""The lines around a text that say who wrote it, when, and where it appeared."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.readers.dates import dateline, iso_date
from index.readers.lines import Line

_TOP = 8  # lines at either end of a text in which an imprint is looked for
_BODY = 200  # characters; a line this long ends the top
_LONGEST = 120

_BYLINE = re.compile(
    r"(?:(?:written|story|words|text|reported)\s+)?by:?\s+(?P<name>\S.*)|authors?:\s*(?P<label>\S.*)", re.I
)
_PARTICLE = re.compile(r"de|da|di|del|della|der|den|van|von|zu|la|le|el|al|bin|ibn|dos|du|and|&|y|e|und|et", re.I)
_NO_NAME = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|the|this|that|these|those|all|far|now|then|law)\b.*|may|march", re.I
)
_NAME_TAIL = re.compile(r"\s*(?:[|·•–—]|\s-\s|,)\s*")
_LABELLED = re.compile(
    r"(?P<key>title|source|publisher|publication|published\s+by)\s*(?::|\bby\b)?\s+(?P<value>\S.*)", re.I
)
_COPYRIGHT = re.compile(
    r"(?:copyright\s*)?(?:©|\(c\)|copyright)\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?[,\s]*(?:by\s+)?(?P<value>[^\W\d_].*)",
    re.I,
)
_RIGHTS = re.compile(r"[.,;|·–—-]*\s*all\s+rights\s+reserved.*$", re.I)
_DISCLAIMER = re.compile(
    r"\beditorial\s+(?:policy|policies|position|stance|stand|line|views?|opinions?)\s+(?:of|at)\s+"
    r"(?:the\s+)?(?P<value>[^\W\d_][^.,;:!?\n()]{0,60})"
)


@dataclass(frozen=True, slots=True)
class Imprint:
    """What is known about a text's origin. `furniture` holds the numbers of the lines that say nothing else."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    publisher: str | None = None
    furniture: frozenset[int] = frozenset()


def find_imprint(lines: Sequence[Line]) -> Imprint:
    """The imprint of a text, from its first and last lines and its disclaimer.

    A date is taken only from a line of its own or from the byline: one in a sentence says when something else happened.

    >>> from index.readers.lines import lines_of
    >>> found = find_imprint(lines_of("Soup\\nBy Ann Lee | 3 May 2024\\nIt was cold on 1 May 1999.\\n© 2024 The Ladle"))
    >>> found.author, found.date, found.publisher, sorted(found.furniture)
    ('Ann Lee', '2024-05-03', 'The Ladle', [1, 3])
    """
    title = author = date = publisher = None
    furniture: set[int] = set()
    top = _top(lines)
    for number, line in enumerate(lines[:top]):
        named, dated = byline(line.text) if number else (None, None)
        dated = dated or dateline(line.text)
        if named or dated:
            author, date = author or named, date or dated
            furniture.add(number)
        elif label := _labelled(line.text, "title"):
            title = title or label
            furniture.add(number)
    for number in [*range(top), *range(max(top, len(lines) - _TOP), len(lines))]:
        if number not in furniture and (named := publisher_of(lines[number].text)):
            publisher = publisher or named
            furniture.add(number)
    return Imprint(title, author, date, _disclaimed(lines) or publisher, frozenset(furniture))


def byline(text: str) -> tuple[str | None, str | None]:
    """Author and date of a byline; (None, None) where the line is none.

    >>> byline("By Ann Lee and Bo de Wit"), byline("by Ann Lee, 3 May 2024"), byline("By Monday it was over")
    (('Ann Lee and Bo de Wit', None), ('Ann Lee', '2024-05-03'), (None, None))
    """
    match = _BYLINE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None, None
    rest = match["name"] or match["label"]
    date = None
    for tail in _NAME_TAIL.finditer(rest):
        if date := iso_date(rest[tail.end() :]):
            rest = rest[: tail.start()]
            break
    rest = rest.strip(" ,|·–—")
    return (rest, date) if _is_name(rest) else (None, None)


def publisher_of(text: str) -> str | None:
    """The publisher that a line of its own names.

    >>> publisher_of("Source: Harbour Gazette"), publisher_of("(c) 2024 Harbour Gazette. All rights reserved.")
    ('Harbour Gazette', 'Harbour Gazette')
    """
    if len(text) > _LONGEST:
        return None
    value = None
    for key in ("source", "publisher", "publication", "published by"):
        value = value or _labelled(text, key)
    if value is None and (match := _COPYRIGHT.fullmatch(text)):
        value = match["value"]
    if value is None:
        return None
    value = _RIGHTS.sub("", value).strip(" .,;|")
    return value if value and "://" not in value and len(value.split()) <= 8 and not value[0].islower() else None


def _top(lines: Sequence[Line]) -> int:
    """How many lines stand above the first long one, at most `_TOP`."""
    for number, line in enumerate(lines[:_TOP]):
        if len(line.text) > _BODY:
            return number
    return min(_TOP, len(lines))


def _labelled(text: str, key: str) -> str | None:
    match = _LABELLED.fullmatch(text) if len(text) <= 2 * _LONGEST else None
    if match is None or " ".join(match["key"].lower().split()) != key:
        return None
    # "Source of the river" is no label.
    return match["value"] if ":" in text[: match.start("value")] or key == "published by" else None


def _disclaimed(lines: Sequence[Line]) -> str | None:
    """The publisher a closing disclaimer names: "… the editorial policy of NAME."."""
    for line in reversed(lines):
        if "editorial" in line.text and ("views" in line.text or "opinions" in line.text):
            match = _DISCLAIMER.search(line.text)
            if match and not match["value"][0].islower():
                return match["value"].strip(" \"'”’»")
    return None


def _is_name(text: str) -> bool:
    """Whether `text` is one to eight capitalised words, particles aside, without digits."""
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= 8 or any(character.isdigit() for character in text):
        return False
    if _NO_NAME.fullmatch(text) or _PARTICLE.fullmatch(words[-1]):
        return False
    return all(word[0].isupper() or _PARTICLE.fullmatch(word) for word in words) and words[0][0].isupper()
