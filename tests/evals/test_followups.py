"""What rewrites and the wordings that are searched for are worth."""

from pathlib import Path

import pytest

from evals.datasets.canard import Rewritten
from evals.followups import WORDINGS, found, held
from tests.evals.test_datasets import mtrag
from tests.evals.test_run import Model

LEE = ("Lee", "Life")


def test_rewrites_are_compared_with_those_of_people_by_hand() -> None:
    compared = held(
        [
            Rewritten(
                LEE, ("What did Mayor Lee promise?", "A bridge."), "When did he say so?", "When did Mayor Lee say so?"
            ),
            Rewritten(LEE, (), "Who is Lee?", "Who is Lee?"),
        ]
    )
    # Both words that were added are held, and nothing else was changed.
    assert (compared.added.value, compared.added.n) == (1.0, 1)
    assert compared.rewrite_f1.value == 1.0
    assert compared.question_f1.value == pytest.approx((2 * 4 / 11 + 1) / 2)
    assert (compared.left_alone, compared.changed) == (1, 0)


def test_every_wording_is_searched_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.store.TransformerEmbedder", Model)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "home"))
    mtrag(tmp_path)
    scores = found("mtrag-govt", tmp_path)
    assert set(scores) == set(WORDINGS)
    assert {len(each) for each in scores.values()} == {1}
    assert all(0 <= value <= 1 for each in scores.values() for pair in each for value in pair)
