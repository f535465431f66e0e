"""Lines of a PDF: words cut at line ends put together, running headers and page numbers told from text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

# Not the halves of words that were cut: they would vouch for themselves.
_WORD = re.compile(r"(?<![\w\u00ad-])[^\W\d_]+(?:-[^\W\d_]+)*(?![\w\u00ad]|-\Z)")
_MARK = "\u00ad"
_LONGEST_HALF = 60  # characters
_CUT = re.compile(r"([^\W_]{1,60})\u00ad\s*([^\W_]{1,60})")
_ENDS_CUT = re.compile(r"([^\W_]+)-\Z")
_BEGINS = re.compile(r"[^\W_]+")
_ALWAYS = frozenset(("non", "self", "ex", "mid", "cross"))  # prefixes that keep their hyphen
_OFTEN = frozenset(("pre", "post", "co", "anti", "multi", "semi", "inter", "re"))  # … before a word that stands alone
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[\s\[(|–—-]*(?:(?:page|p\.|seite)\s*\d{1,4}(?:\s*(?:of|/|von)\s*\d{1,4})?|\d{1,4}\s*(?:of|/|von)\s*\d{1,4}|\d{1,3}|"
    r"(?=[ivx])x{0,4}(?:ix|iv|v?i{0,3}))[\s\])|–—-]*",
    re.IGNORECASE,
)
_EDGE = 3  # lines at the top and at the bottom of a page among which headers and footers are looked for
_RUNNING = 0.6  # share of pages on which a line must return to be a header
_FEWEST_PAGES = 3


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of a page. Baselines grow upwards, in points.

    `size` is that of the first character, `weight` that of the thinner end; `bottom` and `width` (in characters) are
    those of the last line of print, where several were put together.
    """

    text: str
    width: int
    baseline: float | None = None
    bottom: float | None = None
    size: float = 0.0
    weight: int = 0


def mend_hyphens(paged: Sequence[Sequence[PdfLine]]) -> list[list[PdfLine]]:
    """The pages with words that a line end cut put together again.

    pdfium joins two lines at a hyphen between lower-case letters and leaves a mark (here U+00AD), at a layout hyphen as
    at one that belongs to the word; the document's own words tell which it was.

    >>> texts = "our non\u00adstop gov\u00adernment", "of Form 10-", "K. A government."
    >>> [line.text for line in mend_hyphens([[PdfLine(text, len(text)) for text in texts]])[0]]
    ['our non-stop government', 'of Form 10-K. A government.']
    """
    if not any(_may_be_cut(line.text) for lines in paged for line in lines):
        return [list(lines) for lines in paged]
    hyphens = _Hyphens.of(paged)
    mended: list[list[PdfLine]] = []
    for lines in paged:
        page: list[PdfLine] = []
        for line in lines:
            text = _across(page[-1].text, line.text, hyphens) if page else None
            if text is None:
                page.append(line)
            else:
                page[-1] = replace(page[-1], text=text, bottom=line.bottom, width=line.width)
        mended.append([replace(line, text=hyphens.mend(line.text)) if _MARK in line.text else line for line in page])
    return mended


def _may_be_cut(text: str) -> bool:
    return _MARK in text or text.endswith("-")


def _cut_end(text: str) -> str | None:
    """The half of a word with which a line ends, before its hyphen."""
    match = _ENDS_CUT.search(text[-_LONGEST_HALF:]) if text.endswith("-") else None
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class _Hyphens:
    """What a document tells of its hyphens: its words in lower case, and whether it cuts words at line ends."""

    words: frozenset[str]
    cuts_words: bool = True

    @classmethod
    def of(cls, paged: Sequence[Sequence[PdfLine]]) -> "_Hyphens":
        """The words of all lines and the parts of those with hyphens; halves of cut words left out."""
        words: set[str] = set()
        pairs: list[tuple[str, str]] = []
        for lines in paged:
            cut: str | None = None
            for line in lines:
                begins = _BEGINS.match(line.text) if cut else None
                words.update(_WORD.findall(line.text.lower(), begins.end() if begins else 0))
                pairs.extend(_CUT.findall(line.text))
                if cut and begins:
                    pairs.append((cut, begins[0]))
                cut = _cut_end(line.text)
        parts = (word.split("-") for word in words if "-" in word)
        known = cls(frozenset(words.union(*parts)))
        # Few documents cut words, and those that do show it: most of the words they cut stand whole elsewhere.
        votes = [vote for pair in pairs if (vote := known.evidence(*pair)) is not None]
        return cls(known.words, cuts_words=2 * sum(votes) <= len(votes))

    def evidence(self, left: str, right: str) -> bool | None:
        """Whether a hyphen between two halves belongs to the word; None where the document does not tell."""
        low = left.lower()
        if not right[0].islower() or low[-1].isdigit() or low in _ALWAYS or f"{low}-{right}" in self.words:
            return True
        if low + right in self.words:
            return False
        return True if right in self.words and (low in self.words or low in _OFTEN) else None

    def stay(self, left: str, right: str) -> bool:
        """Whether a hyphen at a line's end is to be kept."""
        known = self.evidence(left, right)
        return not self.cuts_words if known is None else known

    def mend(self, text: str) -> str:
        """`text` with its marks gone: each a hyphen that stays, or nothing."""
        joined = _CUT.sub(lambda cut: cut[1] + ("-" if self.stay(cut[1], cut[2]) else "") + cut[2], text)
        return joined.replace(_MARK, "-")


def _across(upper: str, lower: str, hyphens: _Hyphens) -> str | None:
    """Two lines made one at a hyphen that ends the first; None where they are two."""
    left = _cut_end(upper)
    begins = _BEGINS.match(lower) if left else None
    if left is None or begins is None:
        return None
    right = begins[0]
    if left[-1].isdigit():
        # 737-/10 and Form 10-/K, but not a table's "HER2-" above the next row.
        return upper + lower if right[0].isdigit() or (right.isupper() and len(right) <= 2) else None
    if not right[0].islower():
        return None
    return (upper if hyphens.stay(left, right) else upper[:-1]) + lower


def furniture_of(paged: Sequence[Sequence[PdfLine]]) -> list[set[int]]:
    """For every page the numbers of the lines that are running headers, footers or page numbers.

    A line runs when it stands near the top, or near the bottom, of 60 % of all pages or of every other page, digits
    aside.

    >>> pages = [[PdfLine(text, 9) for text in ("Yearbook", f"Text {'abc'[n]}.", f"- {n} -")] for n in range(3)]
    >>> furniture_of(pages)
    [{0, 2}, {0, 2}, {0, 2}]
    """
    counts: dict[tuple[bool, str, int], int] = {}
    for number, lines in enumerate(paged):
        for key in {(top, _pattern(lines[place].text)) for top, place in _edges(lines)}:
            counts[*key, number % 2] = counts.get((*key, number % 2), 0) + 1
    pages = (len(paged) + 1) // 2, len(paged) // 2
    found: list[set[int]] = []
    for number, lines in enumerate(paged):
        running = {
            place
            for top, place in _edges(lines)
            if _runs(counts, (top, _pattern(lines[place].text)), number % 2, pages)
        }
        rest = [place for place in range(len(lines)) if place not in running]
        running.update(place for place in (*rest[:1], *rest[-1:]) if _PAGE_NUMBER.fullmatch(lines[place].text))
        found.append(running)
    return found


def _runs(counts: dict[tuple[bool, str, int], int], key: tuple[bool, str], side: int, pages: tuple[int, int]) -> bool:
    here, there = counts.get((*key, side), 0), counts.get((*key, 1 - side), 0)
    on_all = sum(pages) >= _FEWEST_PAGES and here + there >= _RUNNING * sum(pages)
    return on_all or (pages[side] >= _FEWEST_PAGES and here >= _RUNNING * pages[side])


def _edges(lines: Sequence[PdfLine]) -> list[tuple[bool, int]]:
    """The numbers of the first and last lines of a page, with whether they are at its top."""
    top = min(_EDGE, len(lines))
    bottom = max(len(lines) - _EDGE, 0)
    return [(True, place) for place in range(top)] + [(False, place) for place in range(bottom, len(lines))]


def _pattern(text: str) -> str:
    return _DIGITS.sub("#", " ".join(text.casefold().split()))
