"""FM2: claims that players of a game wrote to fool others, with the sentences of Wikipedia that decide.

Eisenschlos et al., Fool Me Twice: Entailment from Wikipedia Gamification, NAACL 2021. Apache-2.0.
"""

from collections.abc import Mapping
from pathlib import Path

from assistant.schema import Verdict
from evals.cases import Case, Suite
from evals.datasets.files import digest, find, records
from evals.datasets.naming import slug

_VERDICTS: Mapping[str, Verdict] = {"SUPPORTS": "supported", "REFUTES": "unsupported"}


def load(name: str, data: Path) -> Suite:
    """Claims to judge by the evidence their writers chose."""
    file = find(data / "fm2", "dev.jsonl")
    cases = [
        Case(
            id=claim["id"],
            question=claim["text"],
            answerable=True,
            evidence_title=claim["wikipedia_page"],
            evidence=tuple(sentence["text"] for sentence in claim["gold_evidence"]),
            verdict=_VERDICTS[claim["label"]],
            tags=(slug(claim["category"]),),
        )
        for claim in records(file)
    ]
    return Suite(name, cases, "judge", digest=digest([file]))
