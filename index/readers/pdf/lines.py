"""Lines of a PDF: what is printed in them, which are rows of a table, which run along on every page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[($€£¥+\-–—~<>]*\d(?:[\d.,:/]*\d)?(?:[)%xBMK]|bps|pts?|bn|mn?)*,?")
_LABELLED = re.compile(
    r"(?:note|item|exhibit|table|figure|fig\.|part|section|chapter|page|form|step|article|schedule|appendix|annex|volume|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)\s\S+",
    re.IGNORECASE,
)
_FILLER = frozenset(("$", "€", "£", "¥", "%", "—", "–", "-", "(", ")", ")%", "n/a", "N/A", "nm", "NM", "$—", "—%", "/"))
_MARK = re.compile(r"(?:[(\[]\w{1,2}[)\]]|[*†‡§®™]{1,3})(?!\S)")  # of a footnote, where it is set small and high
_FIRSTS = frozenset("0123456789($€£¥+-–—~<>%)/nN")  # … of numbers and of what stands for one
_ROW = 0.4  # share of numbers among the words of a table row
_MOSTLY = 0.6  # … where its last word is none
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[\s\[(|–—-]*(?:(?:page|p\.|seite)\s*\d{1,4}(?:\s*(?:of|/|von)\s*\d{1,4})?|\d{1,4}\s*(?:of|/|von)\s*\d{1,4}|\d{1,3}|"
    r"[a-z]-\d{1,3}|(?=[ivx])x{0,4}(?:ix|iv|v?i{0,3}))[\s\])|–—-]*",
    re.IGNORECASE,
)
_EDGE = 3  # lines at the top and at the bottom of a page among which headers and footers are looked for
_RUNNING = 0.6  # share of pages on which a line must return to be a header
_FEWEST_PAGES = 3
_HEAD = 4  # letters in the running head of a chapter
_UNIT = re.compile(r"\b(?:thousand|million|billion)s?\b", re.IGNORECASE)  # of the table below it
_SWAY = 2.0  # points by which places may differ that are one
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")  # likewise, behind a number
_MARKS = 12  # characters in a line of nothing but footnote marks
_LIFT = 0.6  # times the size of its line by which a mark stands higher

_Edge = tuple[bool, int, str]  # whether a line is near the top, its number, what it says digits and case aside


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of a page. Baselines grow upwards, in points.

    `size` is that of the first character, `weight` that of the thinner end; `bottom` and `width` (in characters) are
    those of the last line of print, where several were put together. `row` is what `is_row` says of the text: it is
    asked of each line and of its neighbours, many times.
    """

    text: str
    width: int
    baseline: float | None = None
    bottom: float | None = None
    size: float = 0.0
    weight: int = 0
    row: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", is_row(self.text))


def is_row(text: str) -> bool:
    """Whether a line is a row of a table: it ends in two numbers, or in one and is 40 % numbers, or is 60 % numbers.

    >>> is_row("Net revenue $ 9,583 $ (10.3)"), is_row("In 2022 and 2023, as before"), is_row("in 2022.")
    (True, False, False)
    """
    if not _DIGIT.search(text):
        return False
    words = text.split()
    # Most lines of text with a number in them are told from rows by the first characters of their words.
    like = [word[0] in _FIRSTS or word[0].isdecimal() for word in words]
    if sum(like) < _ROW * len(words) and not all(like[-2:]):
        return False
    numbers = [_NUMBER.fullmatch(word) is not None for word in words]
    if not any(numbers) or (len(words) == 2 and _LABELLED.fullmatch(text)):
        return False
    filled = [number or word in _FILLER for number, word in zip(numbers, words, strict=True)]
    share = sum(filled) / len(words)
    return (filled[-1] and (share >= _ROW or all(filled[-2:]))) or share >= _MOSTLY


def with_marks(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """The lines, those put together that a raised footnote mark had parted: a table row's label and its numbers.

    >>> row = PdfLine("Profit", 6, 90.0, 90.0, 9.0), PdfLine("(1) 8 9", 7, 92.0, 92.0, 6.0)
    >>> [line.text for line in with_marks(row)]
    ['Profit (1) 8 9']
    >>> row = PdfLine("4", 1, 90.0, 90.0, 9.0), PdfLine("th Quarter", 10, 93.0, 93.0, 6.0)
    >>> [line.text for line in with_marks(row)]
    ['4th Quarter']
    """
    found: list[PdfLine] = []
    open_ = False  # whether the last line ends in a mark, so that the rest of its row may follow
    for line in lines:
        above = found[-1] if found else None
        raised = above is not None and _raised(above, line)
        if above is not None and (raised or (open_ and _level(above, line))):
            space = "" if raised and _ORDINAL.match(line.text) else " "
            text = f"{above.text}{space}{line.text}"
            found[-1] = replace(above, text=text, width=above.width + len(space) + line.width)
        else:
            found.append(line)
        open_ = raised and _MARK.fullmatch(line.text) is not None
    return found


def _raised(above: PdfLine, line: PdfLine) -> bool:
    """Whether a line begins with a footnote mark, or the end of an ordinal, that belongs into the line above it."""
    if line.size >= above.size or above.bottom is None or line.baseline is None:
        return False
    if not (_MARK.match(line.text) or (above.text[-1:].isdecimal() and _ORDINAL.match(line.text))):
        return False
    return 0 < line.baseline - above.bottom <= _LIFT * above.size


def is_marks(text: str) -> bool:
    """Whether there are only footnote marks in a line.

    >>> is_marks("(a) (b)"), is_marks("(1) 50")
    (True, False)
    """
    return len(text) <= _MARKS and all(map(_MARK.fullmatch, text.split()))


def furniture_of(paged: Sequence[Sequence[PdfLine]]) -> list[set[int]]:
    """For every page the numbers of the lines that are running headers, footers or page numbers.

    A line runs when it stands near the top, or near the bottom, of 60 % of all pages or of every other page, digits
    aside. The running head of a chapter is one where it comes again in its place on three pages; the first is kept.

    >>> pages = [[PdfLine(text, 9) for text in ("Yearbook", f"Text {'abc'[n]}.", f"- {n} -")] for n in range(3)]
    >>> furniture_of(pages)
    [{0, 2}, {0, 2}, {0, 2}]
    """
    edges = [_edges(lines) for lines in paged]
    counts: dict[tuple[bool, str, int], int] = {}
    for number, found in enumerate(edges):
        for key in {(top, pattern) for top, _, pattern in found}:
            counts[*key, number % 2] = counts.get((*key, number % 2), 0) + 1
    pages = (len(paged) + 1) // 2, len(paged) // 2
    furniture = []
    again = _coming_again(paged, edges)
    for number, (lines, found) in enumerate(zip(paged, edges, strict=True)):
        running = {place for top, place, pattern in found if _runs(counts, (top, pattern), number % 2, pages)}
        running |= again[number]
        rest = [place for _, place, _ in found if place not in running]
        running.update(place for place in (*rest[:1], *rest[-1:]) if _PAGE_NUMBER.fullmatch(lines[place].text))
        furniture.append(running)
    return furniture


def _coming_again(paged: Sequence[Sequence[PdfLine]], edges: Sequence[Sequence[_Edge]]) -> list[set[int]]:
    """For every page the numbers of the lines that stood in the same place one or two pages before."""
    chains: list[list[tuple[int, int]]] = []
    last: dict[tuple[bool, str], list[tuple[int, int]]] = {}
    for number, (lines, found) in enumerate(zip(paged, edges, strict=True)):
        for top, place, _ in found:
            line = lines[place]
            if line.row or sum(map(str.isalpha, line.text)) < _HEAD or _UNIT.search(line.text):
                continue
            chain = last.get((top, line.text), [])
            if not chain or number - chain[-1][0] > 2 or not _level(paged[chain[-1][0]][chain[-1][1]], line):
                last[top, line.text] = chain = []
                chains.append(chain)
            chain.append((number, place))
    again: list[set[int]] = [set() for _ in paged]
    for number, place in (each for chain in chains if len(chain) >= _FEWEST_PAGES for each in chain[1:]):
        again[number].add(place)
    return again


def _level(one: PdfLine, other: PdfLine) -> bool:
    return one.baseline is not None and other.baseline is not None and abs(one.baseline - other.baseline) <= _SWAY


def _runs(counts: dict[tuple[bool, str, int], int], key: tuple[bool, str], side: int, pages: tuple[int, int]) -> bool:
    here, there = counts.get((*key, side), 0), counts.get((*key, 1 - side), 0)
    on_all = sum(pages) >= _FEWEST_PAGES and here + there >= _RUNNING * sum(pages)
    return on_all or (pages[side] >= _FEWEST_PAGES and here >= _RUNNING * pages[side])


def _edges(lines: Sequence[PdfLine]) -> list[_Edge]:
    """The first and last lines of a page: whether at its top, their numbers, what they say digits and case aside."""
    top = min(_EDGE, len(lines))
    bottom = max(len(lines) - _EDGE, 0)
    places = [(True, place) for place in range(top)] + [(False, place) for place in range(bottom, len(lines))]
    return [(at_top, place, _pattern(lines[place].text)) for at_top, place in places]


def _pattern(text: str) -> str:
    return _DIGITS.sub("#", " ".join(text.casefold().split()))
