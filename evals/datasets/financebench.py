"""FinanceBench: questions of analysts about filings of companies, as PDF.

Islam et al., FinanceBench: A New Benchmark for Financial Question Answering, 2023. It comes without a licence: to
measure with, never to train on. The evidence was taken from the pages by another reader than ours and differs in white
space and in the order of columns, so cases have no quotes; their tags name the pages.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite
from evals.datasets.files import digest, find, records
from evals.datasets.naming import slug


def load(name: str, data: Path) -> Suite:
    """Questions to answer, over the folder of the filings."""
    file, filings = find(data / "financebench", "questions.jsonl"), data / "financebench" / "pdfs"
    cases = [_case(asked, filings) for asked in records(file)]
    read = [file, *(filings / source for case in cases for source in case.relevant)]
    return Suite(name, cases, folder=filings, digest=digest(read))


def _case(asked: Mapping[str, Any], filings: Path) -> Case:
    """The authors count pages from 0, viewers and we from 1."""
    names = dict.fromkeys(evidence["doc_name"] for evidence in asked["evidence"])
    pages = sorted({evidence["evidence_page_num"] + 1 for evidence in asked["evidence"]})
    return Case(
        id=asked["financebench_id"],
        question=asked["question"],
        answerable=True,
        relevant=tuple(find(filings, f"{name}.pdf").relative_to(filings).as_posix() for name in names),
        answers=(asked["answer"],),
        tags=(slug(asked["question_type"]), *(f"page-{page}" for page in pages)),
    )
