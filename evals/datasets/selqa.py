"""SelQA: questions about sections of Wikipedia, of which the sentences that answer are marked.

Jurczyk, Zhai and Choi, SelQA: A New Benchmark for Selection-Based Question Answering, ICTAI 2016. Apache-2.0. Its test
set for answer sentence selection. Half of the questions are paraphrased so that they share few words with the answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite
from evals.datasets.files import digest, find, whole
from evals.datasets.naming import numbered, slug
from index.schema import Document


def load(name: str, data: Path) -> Suite:
    """Questions to answer, over the sections of all of them."""
    file = find(data / "selqa", "selqa-ass-test.json")
    asked = [(each, _section(each)) for each in whole(file)]
    documents = numbered(section for _, section in asked)
    cases = [_case(number, each, documents[section]) for number, (each, section) in enumerate(asked, start=1)]
    return Suite(name, cases, documents=list(documents.values()), digest=digest([file]))


def _section(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Title and text of the section a question is about: all its candidates, some of which are blank."""
    sentences = (sentence.strip() for sentence in asked["candidates"])
    return f"{asked['article']} › {asked['section']}", " ".join(filter(None, sentences))


def _case(number: int, asked: Mapping[str, Any], document: Document) -> Case:
    quotes = tuple(asked["candidates"][place] for place in asked["answers"])
    return Case(
        id=f"selqa-{number}",
        question=asked["question"],
        answerable=bool(quotes),
        relevant=(document.source,) if quotes else (),
        quotes=quotes,
        tags=(slug(asked["topic"]), "paraphrase" if asked["is_paraphrase"] else "original"),
    )
