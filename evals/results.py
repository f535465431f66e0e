"""What came of a case: one line of cases.jsonl."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.cases import Case


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case, as JSON can hold it. With an `error` no metric has a value.

    `answer` is an answer as every interface gives it, `found` the passages it was made from or, where a case is only
    searched for, all that were found. `refused` and `confidence` are None where nothing was asked. `judged` is the
    verdict on a claim with its score. `metrics` are None where they are undefined. `quotes` are how many were compared
    with their documents, and how many of them did not fit.
    """

    case: Case
    answer: Mapping[str, Any] | None = None
    standalone_question: str | None = None
    found: Sequence[Mapping[str, Any]] = ()
    refused: bool | None = None
    confidence: float | None = None
    judged: Mapping[str, Any] | None = None
    error: str | None = None
    seconds: float = 0.0
    tokens: int | None = None
    quotes: tuple[int, int] = (0, 0)
    metrics: Mapping[str, float | None] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready dictionaries."""
        fields = {name: getattr(self, name) for name in CaseResult.__slots__}
        return {**fields, "case": self.case.model_dump(mode="json")}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "CaseResult":
        """The result of a record that `to_dict` made."""
        quotes = (int(record["quotes"][0]), int(record["quotes"][1]))
        return cls(**{**record, "case": Case.model_validate(record["case"]), "quotes": quotes})

    @property
    def mistakes(self) -> int:
        """How many of the things that must not be said the answer says."""
        avoided = self.metrics.get("mistakes_avoided")
        return 0 if avoided is None else round((1 - avoided) * len(self.case.must_not_contain))

    @property
    def right(self) -> bool:
        """Whether it was answered, should be, and the answer holds at least half of what is right and nothing wrong."""
        known = [self.metrics.get(name) for name in ("fact_recall", "citation_hit", "answer_sentence_hit")]
        values = [value for value in known if value is not None]
        held = not values or sum(values) / len(values) >= 0.5
        return self.case.answerable and not self.refused and not self.mistakes and held
