"""The numbers that the assistant decides by are fitted to what was learnt, and judged on what was not."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.grounding import VERDICTS
from evals.calibration import moving, reading, verdicts
from evals.calibration.reading import Asking, scaling, share_for, threshold_for
from evals.calibration.verdicts import Judged, fit, limit_for
from tests.evals.test_datasets import claims, mtrag, scifact, squad
from tests.evals.test_run import Model

HELD = np.asarray([True, False, False])


def asking(counted: list[float], read: list[float], *, answerable: bool = True) -> Asking:
    """Three candidates of which the first answers; all are read."""
    return Asking("a", answerable, np.asarray(counted), HELD & answerable, np.arange(3), np.asarray(read))


def test_the_share_is_what_puts_answers_first_and_no_more() -> None:
    misled = [asking([1.0, 2.0, 0.0], [3.0, 0.0, 0.0]) for _ in range(4)]
    assert share_for(misled, (0.0, 0.25, 0.5, 1.0)) == 0.5
    assert share_for([asking([1.0, 0.5, 0.0], [0.0, 9.0, 0.0])], (0.0, 0.25, 0.5)) == 0.0


def test_what_is_not_read_is_no_likelier_than_the_least_that_is() -> None:
    example = asking([1.0, 2.0, 1.9], [0.0, 0.0, 0.0])
    example = replace(example, likeliest=np.asarray([1, 0]), logits=np.asarray([-1.0, 5.0]))
    assert example.all(1.0).tolist() == [6.0, 1.0, pytest.approx(0.9)]
    assert (example.best(1.0), example.best(0.0)) == (0, 1)


def test_scores_become_probabilities_and_a_threshold_parts_them() -> None:
    learnt = [
        *(asking([6.0 + n / 10, 1.0, 0.0], [0.0, 0.0, 0.0]) for n in range(8)),
        *(asking([2.0 + n / 10, 1.0, 0.0], [0.0, 0.0, 0.0], answerable=False) for n in range(8)),
    ]
    scale, bias = scaling(learnt, 0.0)
    assert scale * 6.5 + bias > 0 > scale * 1.5 + bias
    assert 2.7 < threshold_for(learnt, 0.0) <= 6.0


def test_moving_weighs_what_is_best_over_the_sets_not_the_questions() -> None:
    large = [moving.Moved("large", {0.0: 0.5, 0.01: 0.6, 0.02: 0.6})] * 5
    small = [moving.Moved("small", {0.0: 0.5, 0.01: 0.5, 0.02: 0.8})]
    assert moving.share_for([*large, *small], (0.0, 0.01, 0.02)) == 0.02
    assert moving.share_for(large, (0.0, 0.01, 0.02)) == 0.01


def judged(worth: float, read: float, *, absent: bool = False, of: str = "fm2") -> Judged:
    """A claim with one place that may carry it."""
    features = np.asarray([[read, 0.5, 1.0, 0.0, 0.0, 0.0]])
    return Judged(of, "p", worth, features, np.asarray([absent]))


def test_verdicts_lean_on_reading_where_it_tells_and_on_what_is_absent() -> None:
    learnt = [judged(1.0, 2.0), judged(0.0, -2.0), judged(1.0, 1.5), judged(0.0, -1.0)] * 5
    numbers = fit(learnt)
    assert numbers[0] > 0
    assert judged(1.0, 2.0).chance(numbers) > judged(0.0, -2.0).chance(numbers)
    assert judged(0.0, 2.0, absent=True).chance(numbers) < VERDICTS["partly"]
    assert Judged("fm2", "p", 0.0, np.zeros((0, 6)), np.zeros(0, dtype=np.bool_)).chance(numbers) == 0.0


def test_the_limit_parts_what_was_written_and_is_carried_from_what_is_not() -> None:
    written = [judged(1.0, 3.0, of="generated"), judged(0.0, 1.0, of="generated"), judged(0.0, 9.0)] * 4
    numbers = np.asarray([1.0, 0, 0, 0, 0, 0, 0])
    assert judged(1.0, 3.0).chance(numbers) >= limit_for(written, numbers) > judged(0.0, 1.0).chance(numbers)


@pytest.mark.slow
def test_all_run_over_real_shapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("index.store.TransformerEmbedder", Model)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr("evals.training.questions.SQUAD_HELD_OUT", frozenset({"The Old Mill", "Forge"}))
    monkeypatch.setattr(verdicts, "HALF", 1.0)
    some = verdicts.GENERATED.read_text(encoding="utf-8").splitlines()[:200:9]
    (tmp_path / "generated.jsonl").write_text("\n".join(some), encoding="utf-8")
    monkeypatch.setattr(verdicts, "GENERATED", tmp_path / "generated.jsonl")
    for make in (squad, scifact, claims, mtrag):
        make(tmp_path)
    tasks = tmp_path / "mtrag" / "human_tasks.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(tasks.read_bytes()).splitlines()]
    context = {"text": "Members of the club may fish here all year. Guests may fish with a member by their side."}
    for number, task in enumerate(lines):
        task["conversation_id"] = str(number)
        task["agent"] |= {"contexts": [context], "text": "Guests may fish with a member by their side at any time."}
    tasks.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    file = tmp_path / "squad2_half" / "dev-v2.0.json.gz"
    held = json.loads(gzip.decompress(file.read_bytes()))
    (mill,) = held["data"]
    again = [{**each, "context": each["context"].replace("mill", "forge")} for each in mill["paragraphs"]]
    held["data"].append({"title": "Forge", "paragraphs": again})
    file.write_bytes(gzip.compress(json.dumps(held).encode()))
    reading.main(tmp_path, factors=None, most=10, seed=1)
    verdicts.main(tmp_path, factors=None)
    monkeypatch.setattr(moving, "SETS", {"squad": moving.SETS["squad"]})
    moving.main(tmp_path, factors=None, most=10)
    told = capsys.readouterr().out
    assert "on all four articles: share" in told
    assert "as shipped" in told
    assert "shares chosen on the halves" in told
    assert "carried" in told
