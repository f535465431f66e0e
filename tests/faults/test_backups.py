"""A sample of `backups`: taken while others write, stopped at any moment; what is there is whole and of one moment."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.faults.faults import ROOT


def tally(*arguments: str) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.faults.backups", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    assert found["failures"] == []
    assert done.returncode == 0
    return found


@pytest.mark.slow
def test_while_another_process_writes_each_backup_is_of_one_moment() -> None:
    found = tally("written", "--seconds", "4")
    assert found["exit code"] == 0
    assert isinstance(found["backups"], int)
    assert isinstance(found["versions"], int)
    assert found["backups"] > 3
    assert found["versions"] > 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("exit", "--every", "149"), ("torn", "--every", "197"), ("full", "--every", "197"), ("kill", "--times", "6")],
    ids=lambda arguments: arguments[0],
)
def test_whatever_the_moment_nothing_broken_is_taken_for_whole(arguments: tuple[str, ...]) -> None:
    if arguments[0] != "kill" and shutil.which("cc") is None and "CITEBACK_TESTS_MUST_RUN" not in os.environ:
        pytest.skip("no C compiler to make a disk that fails")
    found = tally(*arguments)
    assert isinstance(found["stopped"], int)
    assert found["stopped"] > 1
