"""Who says so: how a source is named before its words."""

from collections.abc import Collection

from assistant.answerer import Passage


def attribution(passage: Passage, taken: Collection[str] = ()) -> str:
    """How the passage's document is named: "author, publisher", and the title too where that name is `taken`.

    >>> p = Passage(1, "d", "Peace", "A. Lee", "The Paper", None, "", "Hi.", 0, 3, (), 1.0, None)
    >>> attribution(p), attribution(p, ["A. Lee, The Paper"])
    ('A. Lee, The Paper', 'A. Lee, The Paper, “Peace”')
    """
    by = [part for part in (passage.author, passage.publisher) if part]
    title = f"“{passage.title}”"
    name = ", ".join(by) or title
    return ", ".join([*by, title]) if by and name in taken else name
