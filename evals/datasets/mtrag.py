"""mtRAG: conversations of people with an assistant, in four domains with a pool of passages each.

Katsis et al., MTRAG: A Multi-Turn Conversational Benchmark for Evaluating Retrieval-Augmented Generation Systems, TACL
2025. Apache-2.0. The pool holds what many systems found, a part of the whole collections, so that scores cannot be
compared with published ones. A domain gives three suites: "lastturn", a question as it was asked, after what was said
before it; "rewrite", the same as a person rewrote it to stand alone; "answers", every turn that asks for something,
also where the passages do not say. Those about which the passages say a part are to be answered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from evals.cases import Case, Said, Suite
from evals.datasets.files import digest, find, records, rows
from evals.datasets.naming import slug
from index.schema import Document

_ASKING = "|user|: "
# Of a first turn, which follows nothing.
_NO_KIND = "N/A"
_SMALL_TALK, _NOT_SAID = "CONVERSATIONAL", "UNANSWERABLE"


@dataclass(frozen=True, slots=True)
class _Turn:
    """A user's turn, what was said before it, and what the authors' notes say of both."""

    id: str
    question: str
    history: tuple[str | Said, ...]
    tags: tuple[str, ...]
    answerability: frozenset[str]


def load(name: str, data: Path) -> Suite:
    """The suite of a name like "mtrag-govt-lastturn", over all passages of its domain."""
    _, domain, form = name.split("-")
    pool, talks = (find(data / "mtrag", f"{file}.jsonl") for file in ("pooled_corpus", "human_tasks"))
    folder = data / "mtrag" / "retrieval_tasks" / domain
    files = [pool, talks, find(folder, "dev.tsv")]
    relevant = _relevant(files[-1])
    turns = _turns(task for task in records(talks) if task["domain"] == domain)
    if form == "answers":
        cases = [_answering(turn, relevant) for turn in turns if _SMALL_TALK not in turn.answerability]
    else:
        files.append(find(folder, f"{domain}_{form}.jsonl"))
        by_id = {turn.id: turn for turn in turns}
        asked = ((by_id[query["_id"]], question_of(query)) for query in records(files[-1]))
        cases = [_finding(turn, question, relevant, alone=form == "rewrite") for turn, question in asked]
    documents = [_document(passage) for passage in records(pool) if passage["domain"] == domain]
    return Suite(name, cases, "ask" if form == "answers" else "find", documents=documents, digest=digest(files))


def question_of(query: Mapping[str, Any]) -> str:
    """The question of one of the files of queries.

    >>> question_of({"text": "|user|: And when?"})
    'And when?'
    """
    return str(query["text"]).removeprefix(_ASKING)


def _document(passage: Mapping[str, Any]) -> Document:
    return Document(passage["_id"], passage["text"], passage.get("title") or "", passage["_id"])


def _relevant(qrels: Path) -> dict[str, tuple[str, ...]]:
    """The passages that people judged to help with a turn, by its id. The first line names the columns."""
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for turn, passage, grade in list(rows(qrels))[1:]:
        if int(grade) > 0:
            found[turn] += (passage,)
    return found


def _turns(tasks: Iterable[Mapping[str, Any]]) -> list[_Turn]:
    """The turns of all conversations, each in its order. A task holds one turn; those before it are its history."""
    found = []
    in_order = sorted(tasks, key=itemgetter("conversation_id", "turn_id"))
    for _, conversation in groupby(in_order, key=itemgetter("conversation_id")):
        history: tuple[str | Said, ...] = ()
        for task in conversation:
            found.append(_turn(task, history))
            history += (_said(task),)
    return found


def _turn(task: Mapping[str, Any], history: tuple[str | Said, ...]) -> _Turn:
    notes = task["user"]["enrichments"]
    kinds = (slug(kind) for kind in notes["Multi-Turn"] if kind != _NO_KIND)
    tags = (task["domain"], "later" if history else "first", *kinds)
    return _Turn(task["task_id"], task["user"]["text"], history, tags, frozenset(notes["Answerability"]))


def _said(task: Mapping[str, Any]) -> str | Said:
    question, answer = task["user"]["text"], task["agent"]["text"]
    return Said(question=question, answer=answer) if answer.strip() else str(question)


def _answering(turn: _Turn, relevant: Mapping[str, tuple[str, ...]]) -> Case:
    answerable = _NOT_SAID not in turn.answerability
    return Case(
        id=turn.id,
        question=turn.question,
        answerable=answerable,
        history=turn.history,
        relevant=relevant.get(turn.id, ()) if answerable else (),
        tags=(*turn.tags, *sorted(slug(each) for each in turn.answerability)),
    )


def _finding(turn: _Turn, question: str, relevant: Mapping[str, tuple[str, ...]], *, alone: bool) -> Case:
    return Case(
        id=turn.id,
        question=question,
        answerable=True,
        history=() if alone else turn.history,
        relevant=relevant.get(turn.id, ()),
        tags=turn.tags,
    )
