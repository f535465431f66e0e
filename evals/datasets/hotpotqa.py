"""HotpotQA: questions that two paragraphs of Wikipedia answer only together, with the sentences they need.

Yang et al., HotpotQA: A Dataset for Diverse, Explainable Multi-hop Question Answering, EMNLP 2018. CC BY-SA 4.0. The
first 100 of the development set, each with eight paragraphs that distract; all paragraphs are in one index.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite
from evals.datasets.files import digest, find, whole
from evals.datasets.naming import numbered, slug
from index.schema import Document


def load(name: str, data: Path) -> Suite:
    """Questions to answer, over the paragraphs of all of them."""
    file = find(data / "hotpotqa", "dev_distractor_100.json")
    asked = whole(file)
    documents = numbered(paragraph for each in asked for paragraph in _paragraphs(each))
    cases = [_case(number, each, documents) for number, each in enumerate(asked, start=1)]
    return Suite(name, cases, documents=list(documents.values()), digest=digest([file]))


def _paragraphs(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and text of the question's paragraphs."""
    context = asked["context"]
    for title, sentences in zip(context["title"], context["sentences"], strict=True):
        yield title, " ".join(filter(None, (sentence.strip() for sentence in sentences)))


def _case(number: int, asked: Mapping[str, Any], documents: Mapping[tuple[str, str], Document]) -> Case:
    context, facts = asked["context"], asked["supporting_facts"]
    texts = dict(_paragraphs(asked))
    sentences = dict(zip(context["title"], context["sentences"], strict=True))
    return Case(
        id=f"hotpotqa-{number}",
        question=asked["question"],
        answerable=True,
        relevant=tuple(documents[title, texts[title]].source for title in dict.fromkeys(facts["title"])),
        quotes=tuple(sentences[title][n] for title, n in zip(facts["title"], facts["sent_id"], strict=True)),
        # A yes or a no is in no sentence of the paragraphs.
        answers=() if asked["answer"] in ("yes", "no") else (asked["answer"],),
        tags=(slug(asked["type"]), slug(asked["level"])),
    )
