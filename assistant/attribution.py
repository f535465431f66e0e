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

    @property
    def date(self) -> str | None: ...


def attribution(source: Source, taken: Collection[str] = (), *, dated: bool = False) -> str:
    """How a source is named: "author, publisher", the title too where that name is `taken`, its date where `dated`.

    >>> from assistant.answerer import Passage
    >>> p = Passage(1, "d", "Peace", "A. Lee", "The Paper", "2025-02", "", "Hi.", 0, 3, (), 1.0, None)
    >>> attribution(p), attribution(p, ["A. Lee, The Paper"])
    ('A. Lee, The Paper', 'A. Lee, The Paper, “Peace”')
    >>> attribution(p, dated=True)
    'A. Lee, The Paper (2025-02)'
    """
    names = names_of_source(source)
    if dated and source.date:
        names = names[2:]
    return names[1] if names[0] in taken else names[0]


def names_of_source(source: Source) -> tuple[str, ...]:
    """The names a source may have in an answer: by whom it is, the same with its title, and both with its date."""
    by = [part for part in (source.author, source.publisher) if part]
    title = f"“{source.title}”"
    names = ", ".join(by) or title, ", ".join([*by, title])
    return (*names, *(f"{name} ({source.date})" for name in names)) if source.date else names
