"""What a reader has to know beside an answer."""

from collections.abc import Sequence

from assistant.kinds import left_open
from assistant.relevance import SURE
from assistant.schema import AnswerSentence
from index import Index


def notices(
    question: str,
    said: Sequence[AnswerSentence],
    *,
    index: Index,
    likely: float | None = None,
    left_out: int = 0,
    misnamed: int = 0,
) -> list[str]:
    """What limits an answer, a sentence each.

    `said` are its sentences, none for a refusal; `likely` is how likely the best of the documents' sentences answers;
    `left_out` counts those that nothing carries, `misnamed` the passages a language model cited that there are not.
    """
    told = []
    if said and likely is not None and likely < SURE:
        told.append("This may not be what was asked for: it is the nearest that the documents say.")
    if said and (missing := left_open(question, [sentence.text for sentence in said])):
        told.append(f"The passages found don’t say {' or '.join(missing)}.")
    waiting, passages = index.waiting(), index.counts()[1]
    if waiting:
        told.append(
            f"{waiting:,} of {passages:,} passages were searched by their words only: their vectors are being made."
        )
    if left_out:
        told.append(f"Sentences of the language model left out, because the documents do not carry them: {left_out}.")
    if misnamed:
        told.append(f"Passages that the language model cited and that do not exist: {misnamed}.")
    return told
