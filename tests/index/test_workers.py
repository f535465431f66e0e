"""Work on one core each: in order, a little ahead, and no more once nobody takes it."""

import threading
import time

import pytest
import torch

from index.workers import Workers


def test_results_come_in_the_order_of_the_things() -> None:
    def slowest_first(n: int) -> int:
        time.sleep(0.02 * (5 - n % 5))
        return n * n

    assert list(Workers(3).map(slowest_first, range(20))) == [n * n for n in range(20)]


def test_each_thread_has_one_core_and_the_others_keep_theirs() -> None:
    usual = torch.get_num_threads()
    workers = Workers(3)
    assert set(workers.map(lambda _: torch.get_num_threads(), range(9))) == {1}
    assert torch.get_num_threads() == usual
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [usual]


def test_whoever_stops_taking_stops_the_work() -> None:
    done: list[int] = []
    results = Workers(2).map(done.append, range(1000))
    next(results)
    results.close()  # type: ignore[attr-defined]
    time.sleep(0.2)
    assert len(done) <= 10


def test_one_thing_too_is_done_on_one_core() -> None:
    assert list(Workers(4).map(lambda _: torch.get_num_threads(), ["alone"])) == [1]
    assert list(Workers(4).map(lambda _: 1, [])) == []


def test_an_error_reaches_whoever_takes() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Workers(2).map(lambda n: 1 // n, [1, 0, 1]))


def test_many_may_ask_at_once() -> None:
    workers = Workers(2)
    results: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: results.append(list(workers.map(lambda n: n + 1, range(50))))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [list(range(1, 51))] * 6
