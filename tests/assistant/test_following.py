"""A sync behind: its news are there to see, its end and its errors reach whoever waits."""

import threading

import pytest

from assistant.following import Following
from index import Progress, ProgressCallback, StoreError, SyncReport


def test_news_report_and_end() -> None:
    go_on = threading.Event()

    def work(tell: ProgressCallback) -> SyncReport:
        tell(Progress("read", 1, 2, "a.txt"))
        tell(Progress("read", 2, 2, "b.bin", failure="is no document"))
        tell(Progress("embed", 1, 4))
        tell(Progress("publish", 1, 1))
        go_on.wait()
        return SyncReport(added=("a.txt",))

    following = Following(work)
    following.wait_for_words()
    assert following.running
    assert {stage: news.done for stage, news in following.progress.items()} == {"read": 2, "embed": 1, "publish": 1}
    assert following.read == {"a.txt": "", "b.bin": "is no document"}
    assert [following.report] == [None]
    go_on.set()
    assert following.wait() == SyncReport(added=("a.txt",)) == following.report
    assert (following.running, following.error) == (False, None)


@pytest.mark.parametrize("error", [StoreError("the disk is full"), ValueError("a defect")])
def test_an_error_reaches_whoever_waits(error: Exception) -> None:
    def work(tell: ProgressCallback) -> SyncReport:
        raise error

    following = Following(work)
    for wait in (following.wait_for_words, following.wait):
        with pytest.raises(type(error)):
            wait()
    assert str(error) in str(following.error)


def test_one_that_is_stopped_ends_at_its_next_news() -> None:
    begun = threading.Event()

    def work(tell: ProgressCallback) -> SyncReport:
        while True:
            begun.set()
            tell(Progress("embed", 1, 4))

    following = Following(work)
    begun.wait()
    following.stop()
    assert not following.running
    assert "sync again" in str(following.error)
