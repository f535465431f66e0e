"""Bringing an index up to date behind the questions that are asked of it."""

import threading
from collections.abc import Callable

from index import CitebackError, Progress, ProgressCallback, SyncReport

_STOP_SECONDS = 30.0


class _Stopped(CitebackError):
    """The sync was told to stop; the next one goes on from there."""


class Following:
    """A sync in a thread of its own: how far it has come, and what came of it.

    `progress` is the last news of each stage, `read` the files read so far, each with why it could not be, or "".
    `report` and `error` are None until the end, and then one of them is set.
    """

    def __init__(self, work: Callable[[ProgressCallback], SyncReport]) -> None:
        self.progress: dict[str, Progress] = {}
        self.read: dict[str, str] = {}
        self.report: SyncReport | None = None
        self.error: CitebackError | None = None
        self._failure: BaseException | None = None
        self._work = work
        self._readable = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="citeback-following", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

    def wait_for_words(self) -> None:
        """Return when all text is read and can be searched by its words. Raises what reading raised."""
        self._readable.wait()
        self._check()

    def stop(self) -> None:
        """End it at its next news, and return when it has ended. What it has stored stays."""
        self._stop.set()
        self._thread.join(_STOP_SECONDS)

    def wait(self) -> SyncReport:
        """What was done, once it is done. Raises what it raised."""
        self._thread.join()
        self._check()
        assert self.report is not None
        return self.report

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self.report = self._work(self._tell)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._failure = error
            self.error = error if isinstance(error, CitebackError) else CitebackError(f"indexing stopped: {error!r}")
        finally:
            self._readable.set()

    def _tell(self, news: Progress) -> None:
        if self._stop.is_set():
            raise _Stopped("indexing was stopped; sync again to go on")
        self.progress[news.stage] = news
        if news.stage == "read" and news.detail:
            self.read[news.detail] = news.failure
        if news.stage == "publish":
            self._readable.set()
