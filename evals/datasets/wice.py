"""WiCE: sentences of Wikipedia with the whole of the web page they cite, which may carry only a part of them.

Kamoi, Goyal, Rodriguez and Durrett, WiCE: Real-World Entailment for Claims in Wikipedia, EMNLP 2023. ODC-By, its text
CC BY-SA.
"""

from collections.abc import Mapping
from pathlib import Path

from assistant.schema import Verdict
from evals.cases import Case, Suite
from evals.datasets.files import digest, find, records

_VERDICTS: Mapping[str, Verdict] = {
    "supported": "supported",
    "partially_supported": "partly",
    "not_supported": "unsupported",
}


def load(name: str, data: Path) -> Suite:
    """Claims to judge by every sentence of their page, most of which say nothing of them."""
    file = find(data / "wice", "claim_dev.jsonl")
    cases = [
        Case(
            id=claim["meta"]["id"],
            question=claim["claim"],
            answerable=True,
            evidence=tuple(sentence for sentence in claim["evidence"] if sentence.strip()),
            verdict=_VERDICTS[claim["label"]],
        )
        for claim in records(file)
    ]
    return Suite(name, cases, "judge", digest=digest([file]))
