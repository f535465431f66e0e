"""The evaluation data the benchmarks read, compressed or not, wherever below the folder they lie."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.datasets import load, mtrag
from evals.datasets.files import find, records, rows


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents as (id, title, text), queries as (id, text), judgements as query id to document id to grade."""

    documents: Sequence[tuple[str, str, str]]
    queries: Sequence[tuple[str, str]]
    judged: Mapping[str, Mapping[str, int]]

    def cut(self, most: int) -> "Collection":
        """At most so many documents, those judged relevant first; queries keep what judgements are left.

        >>> Collection([("a", "", "A"), ("b", "", "B")], [("q", "B?"), ("r", "?")], {"q": {"b": 1}}).cut(1)
        Collection(documents=[('b', '', 'B')], queries=[('q', 'B?')], judged={'q': {'b': 1}})
        """
        relevant = {document for grades in self.judged.values() for document in grades}
        # Sorting keeps the order within both halves.
        kept = sorted(self.documents, key=lambda document: document[0] not in relevant)[:most]
        ids = {document[0] for document in kept}
        left = {q: {d: grade for d, grade in grades.items() if d in ids} for q, grades in self.judged.items()}
        judged = {query: grades for query, grades in left.items() if grades}
        return Collection(kept, [query for query in self.queries if query[0] in judged], judged)

    def write(self, folder: Path) -> None:
        """Write corpus.jsonl, queries.jsonl and qrels.tsv, as collections of retrieval tests are passed on."""
        folder.mkdir(parents=True)
        _write_lines(folder / "corpus.jsonl", ({"_id": i, "title": t, "text": text} for i, t, text in self.documents))
        _write_lines(folder / "queries.jsonl", ({"_id": i, "text": text} for i, text in self.queries))
        lines = [f"{query}\t{document}\t{grade}\n" for query, g in self.judged.items() for document, grade in g.items()]
        (folder / "qrels.tsv").write_text("".join(lines), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Collection":
        """The collection that was written into the folder."""
        documents = [(r["_id"], r["title"], r["text"]) for r in records(folder / "corpus.jsonl")]
        queries = [(r["_id"], r["text"]) for r in records(folder / "queries.jsonl")]
        judged: dict[str, dict[str, int]] = {}
        for query, document, grade in rows(folder / "qrels.tsv"):
            judged.setdefault(query, {})[document] = int(grade)
        return cls(documents, queries, judged)


def scifact(data: Path) -> Collection:
    """SciFact (Wadden et al., 2020): claims as queries, the abstracts they cite as relevant."""
    suite = load("scifact", data)
    documents = [(document.id, document.title, document.text) for document in suite.documents]
    judged = {case.id: dict.fromkeys(case.relevant, 1) for case in suite.cases}
    return Collection(documents, [(case.id, case.question) for case in suite.cases], judged)


def mtrag_passages(data: Path) -> list[tuple[str, str]]:
    """Title and text of every passage in the pool of mtRAG (Katsis et al., 2025)."""
    return [(r.get("title") or "", r["text"]) for r in records(find(data / "mtrag", "pooled_corpus.jsonl"))]


def mtrag_questions(data: Path) -> list[str]:
    """The last question of every conversation of mtRAG, as it was asked."""
    files = sorted((data / "mtrag").rglob("*_lastturn.jsonl"))
    return [mtrag.question_of(query) for file in files for query in records(file)]


def _write_lines(file: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    file.write_text("".join(json.dumps(each) + "\n" for each in objects), encoding="utf-8")
