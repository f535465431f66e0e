"""A sample of the faults of `faults`: wherever the disk fails or the process is killed, what was promised holds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("exit", "--every", "211"), ("torn", "--every", "263"), ("full", "--every", "263"), ("kill", "--times", "7")],
    ids=lambda arguments: arguments[0],
)
def test_whatever_the_moment_nothing_acknowledged_is_lost(arguments: tuple[str, ...]) -> None:
    if shutil.which("cc") is None and "CITEBACK_TESTS_MUST_RUN" not in os.environ:
        pytest.skip("no C compiler to make a disk that fails")
    command = [sys.executable, "-m", "tests.faults.faults", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2000:]
    tally = json.loads(done.stdout)
    assert tally["failures"] == []
    assert tally["stopped"] > 3
    assert done.returncode == 0
