"""The note that leads from an exported sentence to the characters it stands on."""

import re
from dataclasses import dataclass

from assistant.schema import Citation

_PLACE = re.compile(r", characters (?P<start>\d{1,9})-(?P<end>\d{1,9})\.?\Z")
# What a file cannot hold, or a terminal would obey.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "\u00a0": " "})
# Quotes, titles and sources may hold these themselves: all places where they could end or begin are tried.
QUOTE_ENDS, SOURCE = '" - ', ". Source: "
_MOST = 20


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says: all of it as `alike` writes it, the quotes and the sources it may mean, and where."""

    said: str
    quotes: tuple[str, ...]
    sources: tuple[str, ...]
    start: int
    end: int


def clean(text: str) -> str:
    r"""The text on one line, without characters that no file can hold.

    >>> clean("One\n  two\x1b[2K")
    'One two [2K'
    """
    return " ".join(_CONTROL.sub(" ", text).split())


def alike(text: str) -> str:
    """The text as notes are compared: editors wrap lines, curl quotation marks and lengthen dashes.

    >>> alike("“It’s  so” —\\nLee")
    '"It\\'s so" - Lee'
    """
    return clean(text.translate(_STRAIGHT))


def written(citation: Citation) -> str:
    """A citation as a note, on one line.

    >>> written(Citation(1, "d", "Peace", "A. Lee", None, "2025-02-14", "a.md", None, 7, 10, "Yes", "page 3"))
    '“Yes” — A. Lee, “Peace”, 2025-02-14, page 3. Source: a.md, characters 7–10.'
    """
    place = f"Source: {citation.source}, characters {citation.start}–{citation.end}."
    return clean(f"“{citation.quote}” — {who(citation)}. {place}")


def who(citation: Citation) -> str:
    """Author, publisher, title, date and place in the source, as far as they are known."""
    told = [citation.author, citation.publisher, f"“{citation.title}”", citation.date, citation.locator]
    return ", ".join(part for part in told if part)


def read(text: str) -> Note | None:
    """What a note says; None for a text that is none.

    >>> note = read("“Yes” — A. Lee, “Peace”, 2025-02-14, page 3. Source: a.md, characters 7–10.")
    >>> note.quotes, note.sources, note.start, note.end
    (('Yes',), ('a.md',), 7, 10)
    """
    said = alike(text)
    place = _PLACE.search(said)
    if not place or not said.startswith('"'):
        return None
    quotes = tuple(said[1:end] for end in _places(QUOTE_ENDS, said))
    sources = tuple(said[at + len(SOURCE) : place.start()] for at in _places(SOURCE, said))
    return Note(said, quotes, sources, int(place["start"]), int(place["end"])) if quotes and sources else None


def _places(words: str, text: str) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(words), text)][:_MOST]
