"""Who waits goes first; what is behind goes on all the same."""

import threading
import time

import pytest

from index.precedence import Precedence


def test_what_is_behind_waits_while_somebody_is_first() -> None:
    precedence, order = Precedence(), list[str]()

    def behind() -> None:
        precedence.give_way()
        order.append("behind")

    with precedence.first():
        thread = threading.Thread(target=behind)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "behind"]


def test_it_lingers_so_that_one_step_after_the_other_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.precedence._LINGER_SECONDS", 0.3)
    precedence = Precedence()
    with precedence.first():
        pass
    began = time.monotonic()
    precedence.give_way()
    assert 0.2 < time.monotonic() - began < 0.9
    began = time.monotonic()
    precedence.give_way()
    assert time.monotonic() - began < 0.1


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.precedence._MOST_SECONDS", 0.2)
    precedence = Precedence()
    with precedence.first():
        began = time.monotonic()
        precedence.give_way()
        assert 0.1 < time.monotonic() - began < 5
