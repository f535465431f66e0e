"""A case is one question with what is known of its right answer; a suite is a set of them over one set of documents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, field_validator, model_validator

from assistant.schema import Verdict
from index.errors import CitebackError
from index.schema import Document

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# What is done with a case: answered; only searched for; its claim checked against its evidence.
Task = Literal["ask", "find", "judge"]


class SuiteError(CitebackError):
    """A suite is missing or does not say what it should."""


class Said(BaseModel):
    """An earlier turn whose answer is given, not asked for anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Text
    answer: Text


class Case(BaseModel):
    """One question and what a right answer holds.

    `history` are the turns before it in the same conversation: questions, which are asked, or with their answers, which
    are taken as given. `relevant` are sources (or ids) of the documents that hold the answer. `quotes` are fragments of
    the documents: a citation is right if it shares a character with one. Every string of `must_contain` (or one of its
    wordings, with | between them) has to occur in the answer, none of `must_not_contain` may; any one of `answers` is a
    right answer in few words. A case that is not `answerable` should be refused, so it has nothing that a right answer
    holds. Where a claim is to be judged, `question` is the claim, `evidence` what it is checked against, below
    `evidence_title`, `verdict` the right one. `note` is for people.

    >>> Case(id="call", question="How long?", answerable=True, must_contain=["90 minutes"]).must_contain
    ('90 minutes',)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    question: Text
    answerable: StrictBool
    history: tuple[Text | Said, ...] = ()
    relevant: tuple[Text, ...] = ()
    quotes: tuple[Text, ...] = ()
    must_contain: tuple[Text, ...] = ()
    must_not_contain: tuple[Text, ...] = ()
    answers: tuple[Text, ...] = ()
    evidence: tuple[Text, ...] = ()
    evidence_title: str = ""
    verdict: Verdict | None = None
    tags: tuple[Text, ...] = ()
    note: str = ""

    @field_validator("must_contain")
    @classmethod
    def _wordings(cls, facts: tuple[str, ...]) -> tuple[str, ...]:
        for fact in facts:
            if not all(map(str.strip, fact.split("|"))):
                raise ValueError(f"{fact!r} has an empty wording; write one on each side of every |")
        return facts

    @model_validator(mode="after")
    def _gold_only_where_there_is_an_answer(self) -> "Case":
        gold = [name for name in ("relevant", "quotes", "must_contain", "answers") if getattr(self, name)]
        if not self.answerable and gold:
            raise ValueError(f"a case that is not answerable can have no {' or '.join(gold)}; remove them")
        return self


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases over a folder of documents (or over `documents` that are given), and what is done with them.

    `gate` is the file of bounds a run has to keep. `digest` tells one content of a suite from another. `lost` are the
    ids of cases that had quotes which stand in no document.
    """

    name: str
    cases: Sequence[Case]
    task: Task = "ask"
    folder: Path | None = None
    documents: Sequence[Document] = field(default=(), repr=False)
    gate: Path | None = None
    digest: str = ""
    lost: Sequence[str] = ()
