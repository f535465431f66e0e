"""Words that line ends cut, put together again as the document's own words tell."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.readers.pdf.lines import PdfLine

# Not the halves of words that were cut: they would vouch for themselves.
_WORD = re.compile(r"(?<![\w\u00ad-])[^\W\d_]+(?:-[^\W\d_]+)*(?![\w\u00ad]|-\Z)")
_MARK = "\u00ad"
_LONGEST_HALF = 60  # characters
_CUT = re.compile(r"([^\W_]{1,60})\u00ad\s*([^\W_]{1,60})")
_ENDS_CUT = re.compile(r"([^\W_]+)-\Z")
_BEGINS = re.compile(r"[^\W_]+")
_ALWAYS = frozenset(("non", "self", "ex", "mid", "cross"))  # prefixes that keep their hyphen
_OFTEN = frozenset(("pre", "post", "co", "anti", "multi", "semi", "inter", "re"))  # … before a word that stands alone


@dataclass(frozen=True, slots=True)
class Hyphens:
    """What a document tells of its hyphens: its words in lower case, and whether it cuts words at line ends."""

    words: frozenset[str] = frozenset()
    cuts_words: bool = True

    @classmethod
    def of(cls, paged: Sequence[Sequence[PdfLine]]) -> "Hyphens":
        """The words of all lines and the parts of those with hyphens; halves of cut words left out.

        >>> sorted(Hyphens.of([[PdfLine("A non-stop gov-", 15), PdfLine("ernment", 7)]]).words)
        ['a', 'non', 'non-stop', 'stop']
        """
        texts = [line.text for lines in paged for line in lines]
        if not any(_MARK in text or text.endswith("-") for text in texts):
            return cls()
        said: set[str] = set()
        pairs: list[tuple[str, str]] = []
        cut: str | None = None
        for text in texts:
            begins = _BEGINS.match(text) if cut else None
            said.update((text[begins.end() :] if begins else text).lower().split())
            if _MARK in text:
                pairs.extend(_CUT.findall(text))
            if cut and begins:
                pairs.append((cut, begins[0]))
            cut = _cut_end(text)
        # A document has few words and says them often: each is looked at once.
        words = set(_words_of(said))
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

    def mended(self, paged: Sequence[Sequence[PdfLine]]) -> list[list[PdfLine]]:
        """The pages with words that a line end cut put together again.

        pdfium joins two lines at a hyphen between lower-case letters and leaves a mark (here U+00AD), at a layout
        hyphen as at one that belongs to the word; the document's own words tell which it was.

        >>> texts = "our non\u00adstop gov\u00adernment", "of Form 10-", "K. A government."
        >>> page = [PdfLine(text, len(text)) for text in texts]
        >>> [line.text for line in Hyphens.of([page]).mended([page])[0]]
        ['our non-stop government', 'of Form 10-K. A government.']
        """
        return [self._mended(lines) for lines in paged]

    def _mended(self, lines: Sequence[PdfLine]) -> list[PdfLine]:
        page: list[PdfLine] = []
        for line in lines:
            halves = self.join(page[-1].text, line.text) if page and page[-1].text.endswith("-") else None
            if halves is None:
                page.append(line)
            else:
                page[-1] = replace(page[-1], text="".join(halves), bottom=line.bottom, width=line.width)
        return [replace(line, text=self._without_marks(line.text)) if _MARK in line.text else line for line in page]

    def _without_marks(self, text: str) -> str:
        """`text` with its marks gone: each a hyphen that stays, or nothing."""
        joined = _CUT.sub(lambda cut: cut[1] + ("-" if self.stay(cut[1], cut[2]) else "") + cut[2], text)
        return joined.replace(_MARK, "-")

    def join(self, upper: str, lower: str) -> tuple[str, str] | None:
        """Two lines as they are to follow one another without a space; None where no hyphen ends the first.

        >>> Hyphens(frozenset(("broken",))).join("a bro-", "ken word"), Hyphens().join("a word", "more")
        (('a bro', 'ken word'), None)
        """
        left = _cut_end(upper)
        begins = _BEGINS.match(lower) if left else None
        if left is None or begins is None:
            return None
        right = begins[0]
        if left[-1].isdigit():
            # 737-/10 and Form 10-/K, but not a table's "HER2-" above the next row.
            return (upper, lower) if right[0].isdigit() or (right.isupper() and len(right) <= 2) else None
        if not right[0].islower():
            return None
        return (upper if self.stay(left, right) else upper[:-1]), lower


def _words_of(said: Iterable[str]) -> list[str]:
    return [word for token in said for word in _WORD.findall(token)]


def _cut_end(text: str) -> str | None:
    """The half of a word with which a line ends, before its hyphen."""
    match = _ENDS_CUT.search(text[-_LONGEST_HALF:]) if text.endswith("-") else None
    return match[1] if match else None
