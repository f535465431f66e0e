"""Why there is no answer, in words for a reader."""

from assistant.grounding import unknown_names
from assistant.schema import RefusalCause
from index import Index, Where


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
    return "The documents don’t say: the nearest passages are related, but none of them answers the question."
