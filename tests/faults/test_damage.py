"""A sample of `damage`: whatever happens to a derived file, the same is found, and nothing is embedded again."""

from pathlib import Path

import pytest

from tests.faults.damage import damage_all


@pytest.mark.slow
def test_a_damaged_derived_file_changes_nothing(tmp_path: Path) -> None:
    done, failures = damage_all(tmp_path, cuts=2, flips=1)
    assert failures == []
    assert min(done[kind] for kind in ("cut", "bit turned", "longer", "gone")) >= 10
    assert done["of another generation"] >= 3
