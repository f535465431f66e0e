"""Who says so: how a source is named before its words."""

from collections.abc import Iterable

from assistant.answerer import Passage


def attributions(passages: Iterable[Passage]) -> dict[str, str]:
    """For each document id how it is named: "author, publisher", with the title where two would be named alike.

    >>> p = Passage(1, "d", "Peace", "A. Lee", "The Paper", None, "", "Hi.", 0, 3, (), 1.0, None)
    >>> attributions([p])
    {'d': 'A. Lee, The Paper'}
    """
    documents = {passage.document_id: passage for passage in passages}
    names = {document_id: _name(passage) for document_id, passage in documents.items()}
    alike = list(names.values())
    return {
        document_id: f"{name}, “{documents[document_id].title}”"
        if alike.count(name) > 1 and _by(documents[document_id])
        else name
        for document_id, name in names.items()
    }


def _by(passage: Passage) -> list[str]:
    return [part for part in (passage.author, passage.publisher) if part]


def _name(passage: Passage) -> str:
    return ", ".join(_by(passage)) or f"“{passage.title}”"
