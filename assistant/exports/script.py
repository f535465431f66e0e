"""A conversation laid out for writing: questions, answers, and the notes they lead to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from assistant.exports.notes import clean, written
from assistant.schema import Answer, Citation, Conversation

# Opens what is said of an answer that a language model wrote.
ANSWERED_BY = "Answered by "
# Stands in what was read for what a program may show otherwise than it is written.
UNSEEN = "\ufffd"
REMARKS: Mapping[str, str] = {"partly": "partly supported", "unsupported": "not supported"}
# The marks behind a sentence.
_MARKS = re.compile(r"(?: \[\d{1,9}\])*")
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
        if citation.place not in numbers:
            numbers[citation.place] = len(numbers) + 1
            notes[numbers[citation.place]] = clean(written(citation))
        return numbers[citation.place]

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
        yield from (Block("answer", tuple(parts)) for parts in _paragraphs(answer, marks) if parts)
    if answer.notice:
        yield Block("aside", (clean(answer.notice),))
    if answer.answered_by != "extractive":
        yield Block("aside", (f"{ANSWERED_BY}{clean(answer.answered_by)}.",))


def _paragraphs(answer: Answer, marks: Mapping[int, Mark]) -> list[list[Part]]:
    """The paragraphs of an answer, each sentence with what stands before it and behind it its marks and remark.

    Marks are known from the sentences: a quote may hold a number in brackets of its own.
    """
    paragraphs: list[list[Part]] = [[]]
    at = 0
    for sentence in sorted(answer.sentences, key=lambda sentence: sentence.start):
        lead = _added(paragraphs, answer.text[at : sentence.start])
        behind = _MARKS.match(answer.text, sentence.end)
        at = behind.end() if behind else sentence.end
        words = clean(f"{lead}{sentence.text}")
        # Sentences of one paragraph keep a space between them.
        paragraphs[-1].append(f" {words}" if paragraphs[-1] else words)
        paragraphs[-1] += [marks[number] for number in sentence.citations if number in marks]
        if sentence.verdict in REMARKS:
            paragraphs[-1].append(Remark(REMARKS[sentence.verdict]))
    if rest := clean(_added(paragraphs, answer.text[at:])):
        paragraphs[-1].append(f" {rest}" if paragraphs[-1] else rest)
    return paragraphs


def _added(paragraphs: list[list[Part]], between: str) -> str:
    """What of the text between two sentences stands before the second, in its paragraph; the others are added."""
    *done, lead = re.split(r"\n\n+", between)
    for words in done:
        if known := clean(words):
            paragraphs[-1].append(f" {known}" if paragraphs[-1] else known)
        paragraphs.append([])
    return lead
