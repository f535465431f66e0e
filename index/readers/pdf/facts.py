"""What a PDF says of itself: title, author and date, from its properties and from its first page."""

import datetime
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from index.readers.dates import iso_date
from index.readers.lines import heading_like, lines_of
from index.readers.pdf.lines import PdfLine
from index.readers.plain.imprint import find_imprint

_CREATED = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\b.*|untitled.*|(?:document|doc|slide|presentation|book|page)\s?\d*|no title|"
    r"print(?:ing)?|about:blank|\S*://.*|.*\.(?:docx?|pdf|indd|xlsx?|pptx?|qx[dp]|tex|dvi|html?|rtf|odt|ps|ai|fm|p65)",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:admin|administrator|user|owner|root|unknown|anonymous|author|default|guest|none|n/?a|pc|home|acrobat|adobe)\d*"
    r"|.*(?:\bEDGAR\b|://|@|\w\.(?:com|io|net|org)\b|\bconverter\b|\bsoftware\b).*",
    re.IGNORECASE,
)
# First lines of many covers, and the title of none.
_NO_COVER = re.compile(
    r"united states(?: of america)?|(?:u\.?s\.? )?securities and exchange commission|form \S{1,7}|current report|"
    r"(?:table of )?contents|exhibit \S{1,8}|press release|news release|page \d+.*|abstract|confidential|draft",
    re.IGNORECASE,
)
_FORM = re.compile(r"form (\S{1,7})", re.IGNORECASE)
_PERIOD = re.compile(
    r"for the ((?:fiscal year|year|quarterly period|quarter) ended):?\s+(\S.{5,30}\d{4})", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TIMELY = 366  # days after its period in which a filing is published; a file made later dates nothing
_LARGE = 1.15  # times the size of body text
_TITLE_LINES = 3
_TOP = 30  # lines of the first page on which the title stands


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the document as a whole."""

    title: str | None
    author: str | None
    publisher: str | None
    date: str | None


def facts_of(
    given: Mapping[str, str], cover: Sequence[PdfLine], body: float, *, running: Collection[PdfLine] = ()
) -> Facts:
    """The facts, from the file's properties and the lines of its first page; `body` is the size of running text.

    The lines that run along on every page give no title while there are others.

    A filing's title names its form and period, and the period's end dates it where nothing tells when it was published.

    >>> cover = [PdfLine(text, 9) for text in ("FORM 10-K", "For the fiscal year ended May 31, 2019", "Soup Company")]
    >>> facts = facts_of({}, cover, 0.0)
    >>> facts.title, facts.date
    ('Soup Company, form 10-K for the fiscal year ended May 31, 2019', '2019-05-31')
    """
    imprint = find_imprint(lines_of("\n".join(line.text for line in cover)))
    filing = _filing(cover)
    title = _given_title(given.get("Title", ""))
    if title is None:
        title = _printed_title([line for line in cover if line not in running] or cover, body)
        if title and filing and not _YEAR.search(title):
            title = f"{title}, {filing.name}"
    created = _created(given.get("CreationDate", ""))
    if filing and (created is None or not 0 <= _days(filing.end, created) <= _TIMELY):
        created = filing.end
    return Facts(
        title, _given_author(given.get("Author", "")) or imprint.author, imprint.publisher, imprint.date or created
    )


@dataclass(frozen=True, slots=True)
class _Filing:
    """What the cover of a periodic report says: its form and period in words, and the day on which that ended."""

    name: str
    end: str


def _filing(cover: Sequence[PdfLine]) -> _Filing | None:
    form = None
    for line in cover[:_TOP]:
        if match := _FORM.fullmatch(line.text):
            form = match[1]
        elif (match := _PERIOD.search(line.text)) and (end := iso_date(match[2])) and len(end) == len("2019-05-31"):
            period = f"{match[1].lower()} {match[2]}"
            return _Filing(f"form {form} for the {period}" if form else period, end)
    return None


def _days(earlier: str, later: str) -> int:
    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(earlier)).days


def _given_title(given: str) -> str | None:
    """The title as the file gives it, unless that is a file's name or a number."""
    letters = sum(character.isalpha() for character in given)
    told = letters >= 3 and 2 * letters >= len(given.replace(" ", "")) and not _NO_TITLE.fullmatch(given)
    return given if told else None


def _printed_title(cover: Sequence[PdfLine], body: float) -> str | None:
    """The largest print on the first page, else a heading near its top."""
    top = [line for line in cover[:_TOP] if any(map(str.isalpha, line.text)) and not _no_title(line.text)]
    large = max((line.size for line in top), default=0.0)
    if body and large >= _LARGE * body:
        first = next(number for number, line in enumerate(cover) if line.size == large and line in top)
        lines = [line.text for line in cover[first : first + _TITLE_LINES] if line.size == large]
        return " ".join(" ".join(lines).split())[:200]
    return next((line.text for line in top[:5] if heading_like(line.text)), None)


def _no_title(text: str) -> bool:
    return _NO_COVER.fullmatch(text) is not None or _PERIOD.match(text) is not None


def _given_author(given: str) -> str | None:
    """The author as the file gives it, unless that is a program or an account."""
    return given if any(map(str.isalpha, given)) and not _NO_AUTHOR.fullmatch(given) else None


def _created(given: str) -> str | None:
    """The ISO date of a PDF date: D:20230817105302+00'00' is 2023-08-17."""
    match = _CREATED.match(given)
    return iso_date("-".join(match.groups())) if match and 1980 <= int(match[1]) <= 2100 else None
