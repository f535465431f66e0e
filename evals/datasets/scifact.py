"""SciFact: claims of scientists, the abstracts they are to be checked against, the sentences that decide.

Wadden et al., Fact or Fiction: Verifying Scientific Claims, EMNLP 2020. Claims CC BY 4.0, abstracts ODC-By 1.0. The
claims are those published for training, where the ones for development are not at hand. "scifact" searches for the
abstracts a claim cites; "scifact-verdicts" judges each claim by the sentences of one abstract that decide it.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.schema import Verdict
from evals.cases import Case, Suite
from evals.datasets.files import digest, find, records
from index.schema import Document

_CLAIMS = ("claims_dev.jsonl", "claims_train.jsonl")
# A claim its evidence speaks against is as little carried by it as one it says nothing of.
_VERDICTS: Mapping[str, Verdict] = {"SUPPORT": "supported", "CONTRADICT": "unsupported"}


def load(name: str, data: Path) -> Suite:
    """Claims to find abstracts for or, under "scifact-verdicts", to judge."""
    folder = data / "scifact"
    abstracts, claims = find(folder, "corpus.jsonl"), find(folder, *_CLAIMS)
    files = digest([abstracts, claims])
    if name == "scifact-verdicts":
        known = {str(abstract["doc_id"]): abstract for abstract in records(abstracts)}
        return Suite(name, list(_judged(records(claims), known)), "judge", digest=files)
    documents = [_document(abstract) for abstract in records(abstracts)]
    return Suite(name, [_cited(claim) for claim in records(claims)], "find", documents=documents, digest=files)


def _document(abstract: Mapping[str, Any]) -> Document:
    source = str(abstract["doc_id"])
    return Document(source, " ".join(abstract["abstract"]), abstract["title"], source)


def _cited(claim: Mapping[str, Any]) -> Case:
    cited = tuple(str(source) for source in claim["cited_doc_ids"])
    return Case(id=str(claim["id"]), question=claim["claim"], answerable=True, relevant=cited)


def _judged(claims: Iterable[Mapping[str, Any]], abstracts: Mapping[str, Mapping[str, Any]]) -> Iterator[Case]:
    """A case for each claim and abstract with evidence. Each set of sentences decides by itself; all have one label."""
    for claim in claims:
        for source, sets in claim["evidence"].items():
            title, sentences = abstracts[source]["title"], abstracts[source]["abstract"]
            yield Case(
                id=f"{claim['id']}-{source}",
                question=claim["claim"],
                answerable=True,
                evidence_title=title,
                evidence=tuple(" ".join(sentences[n].strip() for n in each["sentences"]) for each in sets),
                verdict=_VERDICTS[sets[0]["label"]],
            )
