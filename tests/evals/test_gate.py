"""Gates: what passes, what fails, and what is no gate."""

from pathlib import Path

import pytest

from evals.gate import Gate, GateError, check_names, failures, load_gate
from evals.loading import SUITES
from evals.metrics import Score
from evals.summary import scores


def score(value: float | None) -> Score:
    return Score(value, None, None, 10, 0)


def test_bounds_are_inclusive() -> None:
    gate = Gate(minimum={"fact_recall": 0.8}, maximum={"broken_quotes": 0})
    assert failures(gate, {"fact_recall": score(0.8), "broken_quotes": score(0)}) == []


def test_one_line_for_each_bound_not_kept() -> None:
    gate = Gate(minimum={"fact_recall": 0.8, "citation_hit": 0.5}, maximum={"broken_quotes": 0})
    lines = failures(gate, {"fact_recall": score(0.7999), "citation_hit": score(0.6), "broken_quotes": score(2)})
    assert lines == [
        "fact_recall is 0.7999, the gate wants at least 0.8",
        "broken_quotes is 2, the gate wants at most 0",
    ]


def test_undefined_keeps_no_bound() -> None:
    gate = Gate(minimum={"fact_recall": 0.0}, maximum={"errors": 5})
    assert failures(gate, {"fact_recall": score(None), "errors": score(None)}) == [
        "fact_recall is undefined, the gate wants at least 0",
        "errors is undefined, the gate wants at most 5",
    ]


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(GateError, match=r"the gate names fact_recal; known metrics are .*fact_recall"):
        check_names(Gate(minimum={"fact_recal": 0.5}), scores([], "ask"))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("[minimum", "is not TOML"),
        ("[minimun]\nfact_recall = 0.5", "minimun"),
        ('[minimum]\nfact_recall = "high"', "minimum.fact_recall"),
        ("", "sets no bound"),
    ],
)
def test_what_is_no_gate_is_named(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GateError) as caught:
        load_gate(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_gate_is_named(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"gone\.toml: cannot be read"):
        load_gate(tmp_path / "gone.toml")


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.gate.toml")), ids=lambda path: path.name)
def test_the_bundled_gates_name_known_metrics(path: Path) -> None:
    check_names(load_gate(path), scores([], "ask"))
