"""Rate and time left follow the pace of late, whatever came before."""

import pytest

from index import Progress
from index.progress import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still unless it is set."""
    time = [0.0]
    monkeypatch.setattr("index.progress.time.monotonic", lambda: time[0])
    return time


def test_after_a_slow_start_the_time_left_is_soon_right(now: list[float]) -> None:
    told: list[Progress] = []
    clock = Clock(told.append, "embed", 1000)
    now[0] = 60  # a model was loaded
    clock.advance()
    assert told[-1].seconds_left == pytest.approx(999 * 60)
    for _ in range(40):
        now[0] += 1
        clock.advance(10)
    assert (told[-1].done, told[-1].total) == (401, 1000)
    assert told[-1].rate == pytest.approx(10)
    assert told[-1].seconds_left == pytest.approx(59.9)


def test_nothing_done_has_no_rate(now: list[float]) -> None:
    told: list[Progress] = []
    clock = Clock(told.append, "read", 3)
    clock.advance(0)
    now[0] = 5
    clock.advance(0)
    assert [(news.rate, news.seconds_left) for news in told] == [(None, None)] * 2


def test_what_is_found_not_to_be_needed_is_not_waited_for(now: list[float]) -> None:
    told: list[Progress] = []
    clock = Clock(told.append, "embed")
    clock.expect(5)
    now[0] = 1
    clock.advance(3)
    clock.end()
    assert [(news.done, news.total) for news in told] == [(3, 5), (3, 3)]
    clock.end()
    assert len(told) == 2
