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


def reported(name: str, source: Source, speaker: str | None) -> str:
    """The name of a source before words it reports: of whoever else it lets speak, then its own.

    >>> from assistant.answerer import Passage
    >>> p = Passage(1, "d", "Peace", "A. Lee", "The Paper", "2025-02", "", "Hi.", 0, 3, (), 1.0, None)
    >>> reported("A. Lee, The Paper", p, "Ada Stone"), reported("A. Lee, The Paper", p, "Lee")
    ('Ada Stone, reported by A. Lee, The Paper', 'A. Lee, The Paper')
    """
    own = {word for part in (source.author, source.publisher) if part for word in part.split()}
    if speaker is None or own & set(speaker.split()):
        return name
    return f"{speaker}, reported {'by' if own else 'in'} {name}"


def leads_of(source: Source, speaker: str | None, person: str | None) -> tuple[str, ...]:
    """Everything that an answer may have put before a quote: who says so, and in brackets who its "he" is."""
    names = {reported(name, source, speaker) for name in names_of_source(source)} | {*names_of_source(source)}
    before = [f"{name}: " for name in names]
    within = [f"[{person}] "] if person else []
    return (*before, *within, *(lead + bracket for lead in before for bracket in within))
