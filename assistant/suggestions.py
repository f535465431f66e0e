"""Questions to begin or go on with, made from the documents at hand."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from assistant.schema import Answer
from index import Document, Index, ScoredChunk

# Reading every document of a large library for four questions is not worth it.
_MOST_DOCUMENTS = 12
_MOST_WORDS = 9
# Stands between the headings of a passage.
_BELOW = " › "


def suggest(index: Index, n: int) -> list[str]:
    """Up to `n` questions about what the documents' own headings name, taken from the documents in turn."""
    documents = [index.document(info.id) for info in index.documents()[:_MOST_DOCUMENTS]]
    rounds = zip_longest(*(_about(document) for document in documents))
    questions = dict.fromkeys(question for question in chain.from_iterable(rounds) if question)
    return list(questions)[:n]


def further(index: Index, answer: Answer, found: Sequence[ScoredChunk], n: int) -> list[str]:
    """Up to `n` questions that passages found for an answer, and not quoted in it, are about."""
    cited = [(each.document_id, each.start, each.end) for each in answer.citations]
    asked = f"{answer.question} {answer.standalone_question} {answer.text}".casefold()
    questions: dict[str, None] = {}
    for chunk in (hit.chunk for hit in found):
        used = any(chunk.document_id == id and chunk.start < end and start < chunk.end for id, start, end in cited)
        # The last of those it stands below.
        heading = " ".join(chunk.heading.rpartition(_BELOW)[2].split())
        if used or not _asks_well(heading) or heading.casefold() in asked:
            continue
        document = index.document(chunk.document_id)
        if heading != document.title:
            questions.setdefault(_question(heading, document))
    return list(questions)[:n]


def _about(document: Document) -> Iterator[str]:
    for block in document.blocks:
        heading = " ".join(document.text[block.start : block.end].strip("*#•- \n").split())
        if block.kind != "heading" or heading == document.title or not _asks_well(heading):
            continue
        yield _question(heading, document)
    if document.title and not any(block.kind == "heading" for block in document.blocks):
        yield f"What is said about {document.title}?"


def _asks_well(heading: str) -> bool:
    """Whether a heading is of a length to ask about, and not a letterhead.

    >>> _asks_well("Terms of the deal"), _asks_well("Terms"), _asks_well("SECURITIES COMMISSION")
    (True, False, False)
    """
    return 1 < len(heading.split()) <= _MOST_WORDS and not heading.isupper()


def _question(heading: str, document: Document) -> str:
    """What one asks who wants to know what stands below a heading."""
    # "The proposal: only volunteers" has no place inside a sentence.
    heading = heading.partition(":")[0]
    if heading.endswith("?"):
        return heading
    if who := document.author or document.publisher:
        return f"What does {who} say about {_lowered(heading, document.text)}?"
    return f"What is said about {_lowered(heading, document.text)}?"


def _lowered(heading: str, text: str) -> str:
    """A heading as it stands inside a sentence: its first word in lower case if the text ever writes it so.

    >>> _lowered("Terms of the deal", "On these terms …"), _lowered("Lee and the deal", "Lee left.")
    ('terms of the deal', 'Lee and the deal')
    >>> _lowered("Terms Of The Deal", "On these terms …")
    'Terms Of The Deal'
    """
    first, _, rest = heading.partition(" ")
    is_common = re.search(rf"\b{re.escape(first.lower())}\b", text) is not None
    in_title_case = all(word[0].isupper() for word in rest.split() if len(word) > 3)
    return f"{first.lower()} {rest}" if is_common and not in_title_case else heading
