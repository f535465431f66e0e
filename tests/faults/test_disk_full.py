"""A disk that is really full: what was acknowledged stays readable, and with room again everything goes on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILL = """
import json, subprocess, sys
from pathlib import Path
from index import CitebackError, Index
from tests.fakes import HashEmbedder, document

disk = Path(sys.argv[1])
added, told = [], ""
with Index.open(disk / "home", embedder=HashEmbedder()) as index:
    for n in range(2000):
        text = " ".join(f"Paragraph {m} of document {n} tells of rope and tar." for m in range(60))
        try:
            index.add([document(f"d{n}", text)])
        except CitebackError as error:
            told = str(error)
            break
        added.append((f"d{n}", text))
found = []
try:
    with Index.open(disk / "home", embedder=HashEmbedder()) as index:
        found = [name for name, text in added if index.document(name).text == text]
        searched = {hit.chunk.document_id for hit in index.search("document 3 rope", k=50)} != set()
except CitebackError as error:
    searched = str(error)
subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
with Index.open(disk / "home", embedder=HashEmbedder()) as index:
    index.add([document("last", "At last there is room.")])
    after = [name for name, text in added if index.document(name).text == text]
    last = index.search("room at last", k=1)[0].chunk.document_id
    waiting = index.waiting()
print(json.dumps([len(added), told, len(found), searched, len(after), last, waiting]))
"""


@pytest.mark.slow
def test_a_small_disk_fills_up_and_is_given_room(tmp_path: Path) -> None:
    possible = (
        subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if (possible is None or possible.returncode) and "CITEBACK_TESTS_MUST_RUN" not in os.environ:
        pytest.skip("no right to mount a small disk")
    inside = 'mount -t tmpfs -o size=6m none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", inside, "sh", str(tmp_path), sys.executable, FILL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    added, told, found, searched, after, last, waiting = json.loads(done.stdout)
    assert added > 5
    assert "full" in told or "free some disk" in told
    assert (found, after) == (added, added)
    assert searched is True
    assert (last, waiting) == ("last", 0)
