"""Questions to begin with, made from the documents at hand."""

from collections.abc import Iterator
from itertools import chain, zip_longest

from index import Document, Index

# Reading every document of a large library for four questions is not worth it.
_MOST_DOCUMENTS = 12
_MOST_WORDS = 9


def suggest(index: Index, n: int) -> list[str]:
    """Up to `n` questions about what the documents' own headings name, taken from the documents in turn."""
    documents = [index.document(info.id) for info in index.documents()[:_MOST_DOCUMENTS]]
    rounds = zip_longest(*(_about(document) for document in documents))
    questions = dict.fromkeys(question for question in chain.from_iterable(rounds) if question)
    return list(questions)[:n]


def _about(document: Document) -> Iterator[str]:
    who = document.author or document.publisher
    for block in document.blocks:
        heading = " ".join(document.text[block.start : block.end].strip("*#•- \n").split())
        if block.kind != "heading" or heading == document.title or not 1 < len(heading.split()) <= _MOST_WORDS:
            continue
        if heading.endswith("?"):
            yield heading
        elif who:
            yield f"What does {who} say about {_lowered(heading)}?"
        else:
            yield f"What is said about {_lowered(heading)}?"
    if document.title and not any(block.kind == "heading" for block in document.blocks):
        yield f"What is said about {document.title}?"


def _lowered(heading: str) -> str:
    """A heading as it stands inside a sentence.

    >>> _lowered("The terms of the deal")
    'the terms of the deal'
    >>> _lowered("NATO and Article 5")
    'NATO and Article 5'
    """
    first, _, rest = heading.partition(" ")
    is_sentence_case = rest == rest.lower() or first.lower() in ("the", "a", "an", "what", "how", "why", "who")
    return f"{first.lower()} {rest}" if is_sentence_case and not first.isupper() else heading
