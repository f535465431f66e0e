"""Who says so: how a source is named before its words."""

from collections.abc import Collection
from typing import Protocol


class Source(Protocol):
    """What is known of whom something is by; a passage, a document and a citation know it."""

    @property
    def title(self) -> str: ...

    @property
    def author(self) -> str | None: ...

    @property
    def publisher(self) -> str | None: ...


def attribution(source: Source, taken: Collection[str] = ()) -> str:
    """How a source is named: "author, publisher", and the title too where that name is `taken`.

    >>> from assistant.answerer import Passage
    >>> p = Passage(1, "d", "Peace", "A. Lee", "The Paper", None, "", "Hi.", 0, 3, (), 1.0, None)
    >>> attribution(p), attribution(p, ["A. Lee, The Paper"])
    ('A. Lee, The Paper', 'A. Lee, The Paper, “Peace”')
    """
    name, with_title = names_of_source(source)
    return with_title if name in taken else name


def names_of_source(source: Source) -> tuple[str, str]:
    """The names a source may have in an answer: by whom it is, and the same with its title."""
    by = [part for part in (source.author, source.publisher) if part]
    title = f"“{source.title}”"
    return ", ".join(by) or title, ", ".join([*by, title])
