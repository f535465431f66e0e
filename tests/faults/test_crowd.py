"""Many at one index: every hit is whole and where it says it is, and nobody is in anybody's way."""

from pathlib import Path

import pytest

from tests.faults.crowd import crowd


@pytest.mark.slow
def test_two_writers_and_eight_readers(tmp_path: Path) -> None:
    counts = crowd(tmp_path / "home", 6)
    assert counts["errors"] == []
    assert counts["exit codes"] == [0]
    assert counts["additions"] > 3
    assert counts["searches"] > 20
    assert counts["checked"] > 20
    for wrong in ("stale", "foreign", "mixed", "misplaced"):
        assert counts.get(wrong, 0) == 0, counts
