"""A conversation laid out for writing: questions, answers, and the notes they lead to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from assistant.exports.notes import clean, written
from assistant.schema import Answer, Citation, Conversation

REMARKS: Mapping[str, str] = {"partly": "partly supported", "unsupported": "not supported"}
Kind = Literal["question", "answer", "aside"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Leads to a note by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What Citeback says of the sentence before it."""

    text: str


Part = str | Mark | Remark


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. An "aside" is what Citeback says itself: how it searched, who answered."""

    kind: Kind
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """What every format writes, and what reading one gives back."""

    title: str
    blocks: tuple[Block, ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)


def script_of(conversation: Conversation, title: str) -> Script:
    """The conversation as a script. A place that is cited twice has one number throughout."""
    numbers: dict[tuple[str, int, int, str], int] = {}
    notes: dict[int, str] = {}

    def number_of(citation: Citation) -> int:
        key = citation.document_id, citation.start, citation.end, citation.quote
        if key not in numbers:
            numbers[key] = len(numbers) + 1
            notes[numbers[key]] = clean(written(citation))
        return numbers[key]

    blocks: list[Block] = []
    for turn in conversation.turns:
        marks = {each.number: Mark(number_of(each)) for each in turn.answer.citations}
        asked = [Block("question", (question,))] if (question := clean(turn.question)) else []
        blocks += [*asked, *_said(turn.answer, marks)]
        if turn.answer.refusal:
            blocks += [
                Block("answer", (f"“{clean(near.quote)}”", Mark(number_of(near))))
                for near in turn.answer.refusal.nearest
            ]
    return Script(clean(title) or "A conversation", tuple(blocks), notes)


def _said(answer: Answer, marks: Mapping[int, Mark]) -> Iterator[Block]:
    """The paragraphs of an answer. What Citeback says itself, a refusal among it, is an aside."""
    if answer.standalone_question != answer.question:
        yield Block("aside", (f"Searched for: {clean(answer.standalone_question)}",))
    if answer.refusal:
        yield Block("aside", (clean(answer.refusal.message),))
        yield from [Block("aside", ("Nearest passages:",))] if answer.refusal.nearest else []
    else:
        remarks = {s.end: Remark(REMARKS[s.verdict]) for s in answer.sentences if s.verdict in REMARKS}
        at = 0
        for paragraph in re.split(r"(\n\n+)", answer.text):
            if parts := tuple(_parts(paragraph, at, marks, remarks)):
                yield Block("answer", parts)
            at += len(paragraph)
    if answer.notice:
        yield Block("aside", (clean(answer.notice),))
    if answer.answered_by != "extractive":
        yield Block("aside", (f"Answered by {clean(answer.answered_by)}.",))


def _parts(paragraph: str, at: int, marks: Mapping[int, Mark], remarks: Mapping[int, Remark]) -> Iterator[Part]:
    """A paragraph that begins at `at` of the answer, cut at its marks; a remark follows those of its sentence."""
    done, due = 0, None
    for found in (*re.finditer(r" \[(\d{1,9})\]", paragraph), None):
        stop = found.start() if found else len(paragraph)
        if words := clean(paragraph[done:stop]):
            if due:
                yield due
            # Sentences of one paragraph keep a space between them.
            yield f" {words}" if done else words
            due = None
        due = due or remarks.get(at + stop)
        if found and int(found[1]) in marks:
            yield marks[int(found[1])]
        elif found:
            yield found[0]
        done = found.end() if found else stop
    if due:
        yield due
