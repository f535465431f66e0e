"""SQuAD 2.0: questions about paragraphs of Wikipedia, half of them written so that the paragraph only seems to answer.

Rajpurkar, Jia and Liang, Know What You Don't Know: Unanswerable Questions for SQuAD, ACL 2018. CC BY-SA 4.0. Half of
the articles of its development set. All paragraphs are in one index, so that another of them may, rarely, hold the
answer to a question that its own does not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite
from evals.datasets.files import digest, find, whole
from evals.datasets.naming import numbered, slug
from index.schema import Document, Span
from index.sentences import sentence_spans


def load(name: str, data: Path) -> Suite:
    """Questions to answer or to refuse, over all paragraphs."""
    file = find(data / "squad2_half", "dev-v2.0.json")
    paragraphs = [
        (article["title"].replace("_", " "), paragraph["context"], paragraph["qas"])
        for article in whole(file)["data"]
        for paragraph in article["paragraphs"]
    ]
    documents = numbered((title, text) for title, text, _ in paragraphs)
    cases = [_case(asked, documents[title, text]) for title, text, questions in paragraphs for asked in questions]
    return Suite(name, cases, documents=list(documents.values()), digest=digest([file]))


def _case(asked: Mapping[str, Any], document: Document) -> Case:
    answerable = not asked["is_impossible"]
    answers = asked["answers"] if answerable else []
    spans = [Span(answer["answer_start"], answer["answer_start"] + len(answer["text"])) for answer in answers]
    return Case(
        id=asked["id"],
        question=asked["question"],
        answerable=answerable,
        relevant=(document.source,) if answerable else (),
        quotes=_sentences(document.text, spans),
        answers=tuple(dict.fromkeys(answer["text"] for answer in answers)),
        tags=(slug(document.title), "answerable" if answerable else "impossible"),
    )


def _sentences(text: str, spans: list[Span]) -> tuple[str, ...]:
    """The sentences of the text that share a character with any of the spans."""
    return tuple(each.of(text) for each in sentence_spans(text) if any(each.overlaps(span) for span in spans))
