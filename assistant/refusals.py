"""Why there is no answer, in words for a reader."""

import re

from assistant.asking import WHO_IS
from assistant.schema import RefusalCause
from index import Index, Vocabulary, Where

_TITLES = 3
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")


def refusal_message(cause: RefusalCause, question: str, index: Index, where: Where | None) -> str:
    """What a refusal says: its cause, as exactly as it is known, and what to try."""
    if cause == "empty_index":
        return "There are no documents to answer from: add some, or name a folder that holds them."
    if cause == "filtered_out":
        terms = " and ".join(f"{key} “{value}”" for key, value in (where or {}).items())
        return f"No document with {terms} has anything to search: widen the filter."
    if cause == "nothing_found":
        documents = index.counts()[0]
        return f"Nothing in the {documents} documents resembles the question: try other words, or their language."
    vocabulary = index.vocabulary()
    if not any(vocabulary.knows(term) for term in vocabulary.terms(question)):
        return (
            "The documents don’t say: none of the question’s words occur in them. "
            "If it is in another language than they are, ask in theirs."
        )
    if names := unknown_names(question, vocabulary):
        return f"The documents don’t say: they never mention {', '.join(f'“{name}”' for name in names)}."
    if written := _written_by(question, index):
        return f"The documents don’t say who that is, only what is by them: {written}."
    return "The documents don’t say: the nearest passages are related, but none of them answers the question."


def _written_by(question: str, index: Index) -> str:
    """The titles of the documents by the author that a question asks about; empty where it is none."""
    asked = WHO_IS.match(question)
    name = asked.group(1).casefold() if asked else ""
    titles = [
        f"“{info.title}”" for info in index.documents() if info.author and name and name == info.author.casefold()
    ]
    more = f" and {len(titles) - _TITLES} more" if len(titles) > _TITLES else ""
    return ", ".join(titles[:_TITLES]) + more


def unknown_names(question: str, vocabulary: Vocabulary) -> list[str]:
    """Names and years in the question that no passage of the index holds: what was asked about is not there.

    The first word is left out, its capital says nothing; so is a question with capitals all over.
    """
    words = re.findall(r"[\w’'-]+", question)[1:]
    names = [word for word in words if _is_name(word) or _YEAR.fullmatch(word)]
    if len(names) > max(3, len(words) / 2):
        return []
    return [
        name
        for name in names
        if vocabulary.content_terms(name) and not any(vocabulary.knows(term) for term in vocabulary.terms(name))
    ]


def _is_name(word: str) -> bool:
    """Whether a word of a question is a name. Short letterings (FY, USD) may be units that a text writes otherwise."""
    return word[0].isupper() and word.isalpha() and not (word.isupper() and len(word) < 5)
