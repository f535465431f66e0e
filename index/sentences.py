"""Sentence spans with exact offsets, in linear time on any input.

Own code because spans are what Citeback stands on: a splitter that returns strings has to find them again, and finds
the wrong copy of a repeated sentence.
"""

import re

from index.schema import Span

# A full stop after these does not end a sentence, whatever follows.
_TITLES = frozenset(
    "mr mrs ms dr prof sen rep gov gen lt col sgt capt cmdr adm rev hon st messrs vs cf approx dept est fig figs "
    "eq no nos vol pp ed eds al art sec ch ref e.g i.e viz ph.d m.d b.a m.a".split()
)
# After these it ends one only where the next word commonly begins a sentence ("in the U.S. It …", "Acme Inc. The …").
_EITHER_WAY = frozenset(
    "jr sr inc corp ltd co llc plc bros etc a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_STARTERS = frozenset(
    "a an the this that these those it its he she they we you i his her their our my there here in on at by for from "
    "with as if when while after before since although though because however but and or so yet not no one two some "
    "many most all each both such other another what who how why where which meanwhile moreover furthermore instead "
    "thus therefore according under over during despite also".split()
)
# Terminal punctuation with the quotes and brackets that close after it. The CJK marks need no space behind them.
# A run of marks is tried once, from its first mark and without going back: else "!?" * 20000 takes quadratic time.
_END = re.compile(r"(?<![.!?…])[.!?…]++[)\]}\"'”’»›]*+(?=\s)|[。！？｡]++[」』）”’]*+")
_LAST_WORD = re.compile(r"[^\W_][\w.’'-]*\Z")
_NEXT_WORD = re.compile(r"\s*[(\[{\"'“‘«‹¿¡]*\s*([^\W_][\w’'-]*)?")
# Words are looked for this far around a mark, so that a text without spaces stays linear.
_REACH = 40


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences of `text[start:end]` as spans in `text`: in order, trimmed of white space, covering all else.

    >>> text = "Dr. Lee left the U.S. in May. It rained 3.5 mm!"
    >>> [span.of(text) for span in sentence_spans(text)]
    ['Dr. Lee left the U.S. in May.', 'It rained 3.5 mm!']
    """
    end = len(text) if end is None else end
    spans: list[Span] = []
    at = start
    for mark in _END.finditer(text, start, end):
        if _ends_sentence(text, mark, end) and not _is_item_number(text[at : mark.start()], first=at == start):
            _append_trimmed(spans, text, at, mark.end())
            at = mark.end()
    _append_trimmed(spans, text, at, end)
    return spans


def trimmed(text: str, start: int, end: int) -> Span | None:
    """`text[start:end]` without white space around it; None where nothing is left.

    >>> trimmed("a  b ", 1, 5)
    Span(start=3, end=4)
    """
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    if span := trimmed(text, start, end):
        spans.append(span)


def _ends_sentence(text: str, mark: re.Match[str], end: int) -> bool:
    marks = mark.group()
    if mark.end() >= end or marks[0] in "。！？｡":
        return True
    following = _NEXT_WORD.match(text, mark.end(), min(end, mark.end() + _REACH))
    word = (following.group(1) or "") if following else ""
    if word and word[0].islower():
        return False
    if marks[0] != "." or marks.startswith(".."):
        return True
    before = _LAST_WORD.search(text[max(0, mark.start() - _REACH) : mark.start()])
    last = before.group().lower() if before else ""
    if last in _TITLES and not (last in ("no", "art", "sec", "ed", "ch", "st", "est") and _is_plain_word(last, word)):
        return False
    if last in _EITHER_WAY or _is_initialism(last):
        return word.lower() in _STARTERS and not (len(last) == 1 and word.lower() in ("a", "i"))
    return True


def _is_item_number(before: str, *, first: bool) -> bool:
    """Whether what stands before a mark numbers a list item: the first thing there is, or on a new line."""
    number = before.strip()
    return len(number) <= 3 and number.isdecimal() and (first or "\n" in before)


def _is_initialism(word: str) -> bool:
    """Whether the word is an initial or dotted letters: "j", "u.s", "b.b.c"."""
    return all(len(part) == 1 and part.isalpha() for part in word.split("."))


def _is_plain_word(last: str, following: str) -> bool:
    """Whether an ambiguous abbreviation is more likely the word itself: "He said no. They left." but "No. 5"."""
    return following.lower() in _STARTERS
