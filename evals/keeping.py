"""Keeps a turn of a conversation as a case of a suite that grows beside the indexes."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import yaml

from assistant.schema import Answer, Conversation, Turn
from evals.cases import Case, Said
from evals.loading import read_cases

if TYPE_CHECKING:
    from assistant import Assistant

# Of a turn: it is right as it is; the documents do say, and not this; they do not say.
Judgement = Literal["right", "wrong", "not_said"]
_UNEDITED = "kept"


def keep(conversation: Conversation, turn: int, judgement: Judgement, suite: Path, *, docs: Path | None = None) -> Case:
    """The turn (from 0) as a case, which `suite` (a .yaml, its cases beside it) now has; one kept before is replaced.

    What was right has to be found and quoted again. What was wrong must not be said again; which answer would be right
    is for the owner of the suite to add. Where the documents do not say, Citeback has to refuse.
    """
    case = case_of(conversation.turns[: turn + 1], judgement)
    cases = suite.with_suffix(".jsonl")
    kept = {each.id: each for each in (read_cases(cases) if cases.is_file() else ())}
    kept[case.id] = case
    suite.parent.mkdir(parents=True, exist_ok=True)
    _write(cases, "".join(f"{_line(each)}\n" for each in kept.values()))
    if not suite.exists():
        head = {"cases": cases.name, **({"docs": str(docs.resolve())} if docs else {})}
        _write(suite, yaml.safe_dump(head, allow_unicode=True, sort_keys=False))
    return case


def keep_for(assistant: "Assistant", conversation: Conversation, turn: int, judgement: str) -> str:
    """What to tell a reader, once the turn is kept in the suite beside the assistant's index."""
    home = assistant.index.home
    suite = home.with_name(f"{home.name}-kept.yaml")
    keep(conversation, turn, _judgement(judgement), suite, docs=assistant.folder)
    edit = "" if judgement != "wrong" else f" Add the right answer in {suite.with_suffix('.jsonl').name}."
    return f"Kept as a test.{edit} To run it: citeback eval {suite}"


def case_of(turns: Sequence[Turn], judgement: Judgement) -> Case:
    """The last of the turns as a case; those before it are its history."""
    *before, last = (turn.answer for turn in turns)
    right = judgement == "right"
    return Case(
        id=_id([*(answer.question for answer in before), last.question]),
        question=last.question,
        answerable=last.refusal is None if right else judgement == "wrong",
        history=tuple(_said(answer) for answer in before),
        quotes=tuple(dict.fromkeys(citation.quote for citation in last.citations)) if right else (),
        must_not_contain=() if right else tuple(sentence.text for sentence in last.sentences[:1]),
        tags=(_UNEDITED, judgement.replace("_", "-")),
    )


def _judgement(judgement: str) -> Judgement:
    if judgement not in get_args(Judgement):
        raise ValueError(f"{judgement!r} is none of {', '.join(get_args(Judgement))}")
    return cast(Judgement, judgement)


def _said(answer: Answer) -> str | Said:
    """A turn that was answered is given as it was; one that was refused is asked anew."""
    return answer.question if answer.refusal else Said(question=answer.question, answer=answer.text)


def _id(questions: Sequence[str]) -> str:
    """The same for the same questions in a row."""
    return f"kept-{hashlib.sha256(json.dumps(questions).encode()).hexdigest()[:10]}"


def _line(case: Case) -> str:
    return json.dumps(case.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    whole = path.with_name(f"{path.name}.new")
    whole.write_text(text, encoding="utf-8")
    whole.replace(path)
