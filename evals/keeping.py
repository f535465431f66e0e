"""Keeps a turn of a conversation as a case of a suite that grows beside the indexes."""

import hashlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from filelock import FileLock

from assistant.schema import Conversation, Judgement, Turn
from evals.cases import Case, SuiteError
from evals.loading import read_cases, read_suite

if TYPE_CHECKING:
    from assistant import Assistant

_KEPT = "kept"
_GATE = """\
# A test that was kept has to hold: what was right is quoted again, what was wrong is not said again.
[minimum]
right_decision = 1.0

[maximum]
mistakes = 0
lost_quotes = 0
errors = 0
"""


def keep(
    conversation: Conversation,
    turn: int,
    judgement: Judgement,
    suite: Path,
    *,
    docs: Path | None = None,
    note: str = "",
) -> Case:
    """The turn (from 0) as a case, which `suite` (a .yaml, its cases beside it) now has; one kept before is replaced.

    What was right has to be found and quoted again. What was wrong must not be said again; which answer would be right
    is for the owner of the suite to add. Where the documents do not say, Citeback has to refuse. Raises SuiteError
    where the suite's owner has edited this case, or the suite takes its cases from elsewhere.
    """
    turns = conversation.turns[: turn + 1]
    case, cases = case_of(turns, judgement, note), suite.with_suffix(".jsonl")
    suite.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(suite.with_suffix(".lock")):
        kept = {each.id: each for each in _cases_in(cases)}
        before = kept.get(case.id)
        if before and _is_edited(before):
            raise SuiteError(f"this question is kept already, and was edited; change it in {cases}")
        kept[case.id] = case
        _write(cases, "".join(f"{_line(each)}\n" for each in kept.values()))
        if not suite.exists():
            gate = suite.with_suffix(".gate.toml")
            _write(gate, _GATE)
            head = {"cases": cases.name, "gate": gate.name, **({"docs": str(docs.resolve())} if docs else {})}
            _write(suite, yaml.safe_dump(head, allow_unicode=True, sort_keys=False))
        if case not in read_suite(suite).cases:
            raise SuiteError(f"{suite} does not have what is kept in {cases.name}; write in it: cases: {cases.name}")
    return case


def keep_for(
    assistant: "Assistant", conversation: Conversation, turn: int, judgement: Judgement, note: str = ""
) -> str:
    """What to tell a reader, once the turn is kept in the suite beside the assistant's index."""
    suite = kept_suite(assistant.home)
    keep(conversation, turn, judgement, suite, docs=assistant.folder, note=note)
    if assistant.user:
        # Where there are accounts, who runs suites is whoever runs the server.
        return "Kept as a test" + (", with your note." if note else ".")
    edit = "" if judgement != "wrong" else f" Add the right answer in {suite.with_suffix('.jsonl').name}."
    command = shlex.join(["citeback", "eval", str(suite), "--index", str(assistant.index.home)])
    return f"Kept as a test{', with your note' if note else ''}.{edit} To run it: {command}"


def kept_suite(home: Path) -> Path:
    """Where the questions kept beside `home`, an index's or a user's in it, are, once there are any."""
    return home.with_name(f"{home.name}-kept.yaml")


def case_of(turns: Sequence[Turn], judgement: Judgement, note: str = "") -> Case:
    """The last of the turns as a case; those before it are its history."""
    *before, last = (turn.answer for turn in turns)
    right = judgement == "right"
    return Case(
        id=_id([*(answer.question for answer in before), last.question]),
        question=last.question,
        answerable=last.refusal is None if right else judgement == "wrong",
        # Asked anew: what was quoted before has a part in what is quoted next.
        history=tuple(answer.question for answer in before),
        quotes=tuple(dict.fromkeys(citation.quote for citation in last.citations)) if right else (),
        must_not_contain=() if right else tuple(sentence.text for sentence in last.sentences[:1]),
        tags=(_KEPT, judgement.replace("_", "-")),
        note=note,
    )


def _is_edited(case: Case) -> bool:
    """Whether its owner added what is right: that is not to be lost. What Citeback kept changes as its answers do."""
    return bool(case.must_contain or case.answers or case.relevant or len(case.must_not_contain) > 1)


def _cases_in(cases: Path) -> list[Case]:
    return read_cases(cases) if cases.is_file() and cases.read_text("utf-8-sig", errors="replace").strip() else []


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
