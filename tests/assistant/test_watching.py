"""A folder that is watched: what changes there is soon known, and looking never gets in the way."""

import threading
import time
from itertools import pairwise
from pathlib import Path

from assistant.watching import Watch
from index import CitebackError
from tests.assistant.corpus import assistant_over, write


def until(done: "threading.Event") -> None:
    assert done.wait(20)


def test_it_looks_again_and_again_also_after_a_failure_until_it_is_closed() -> None:
    seen: list[int] = []
    enough = threading.Event()

    def look() -> None:
        seen.append(len(seen))
        if len(seen) == 3:
            enough.set()
        raise CitebackError("the folder is away")

    watch = Watch(look, 0.01)
    until(enough)
    watch.close()
    before = len(seen)
    time.sleep(0.1)
    assert len(seen) == before


def test_looking_takes_a_small_part_of_the_time() -> None:
    began: list[float] = []
    enough = threading.Event()

    def look() -> None:
        began.append(time.monotonic())
        time.sleep(0.05)
        if len(began) == 3:
            enough.set()

    watch = Watch(look, 0.001)
    until(enough)
    watch.close()
    assert all(later - earlier > 0.5 for earlier, later in pairwise(began))


def test_a_new_file_is_found_by_itself(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs")
    with (assistant := assistant_over(docs, tmp_path / "index", watch_seconds=0.05)).index:
        assistant.watch()
        before = assistant.index.counts()[0]
        (docs / "new.md").write_text("# Fountain\n\nThe fountain was built in 1911.\n", encoding="utf-8")
        deadline = time.monotonic() + 20
        while assistant.index.counts()[0] == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert assistant.index.counts()[0] == before + 1
        assistant.close()
