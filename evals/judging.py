"""Checks a claim against its evidence, as a sentence of an answer is checked against what it cites."""

import time

from assistant.answerer import Claim, passages_from
from assistant.grounding import ground
from assistant.models import Models
from evals.cases import Case
from evals.results import CaseResult
from index import Document, Index, ScoredChunk


def evidence_document(case: Case) -> Document:
    """The evidence of a case as a document of its own, a paragraph a piece, below its title."""
    return Document(case.id, "\n\n".join(case.evidence), case.evidence_title, case.id)


def judge(case: Case, index: Index, models: Models) -> CaseResult:
    """The verdict on the case's claim from its evidence, which `index` holds as a document."""
    began = time.perf_counter()
    hits = [ScoredChunk(chunk, 1.0, 0.0) for chunk in index.passages(case.id)]
    passages = passages_from(hits, index.infos([case.id]))
    claim = Claim(case.question, tuple(passage.number for passage in passages))
    grounded = ground(claim, passages, vocabulary=index.vocabulary(), models=models)
    return CaseResult(
        case,
        judged={"verdict": grounded.verdict, "score": grounded.score},
        seconds=time.perf_counter() - began,
        metrics={"right_verdict": None if case.verdict is None else float(grounded.verdict == case.verdict)},
    )
