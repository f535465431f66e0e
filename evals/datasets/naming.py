"""Gives the texts of a set ids that stay the same, its tags one spelling."""

import re
from collections import Counter
from collections.abc import Iterable

from index.schema import Document


def slug(text: str) -> str:
    """The words of a text in lower case with dashes between them.

    >>> slug("The_Flood_of_1911"), slug("Follow-up")
    ('the-flood-of-1911', 'follow-up')
    """
    return "-".join(re.findall(r"[^\W_]+", text.lower()))


def numbered(texts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Document]:
    """A document for each title and text there is, under both. Id and source are its title and a number.

    >>> [each.id for each in numbered([("Old Mill", "Wet."), ("Soup", "Hot."), ("Old Mill", "Dry.")]).values()]
    ['old-mill-1', 'soup-1', 'old-mill-2']
    """
    counts: Counter[str] = Counter()
    documents = {}
    for title, text in dict.fromkeys(texts):
        name = slug(title)
        counts[name] += 1
        source = f"{name}-{counts[name]}"
        documents[title, text] = Document(source, text, title, source)
    return documents
