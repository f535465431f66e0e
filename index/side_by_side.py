"""A file of very many pages, read by several children side by side, a run of pages each."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]


def read_in_parts(ask: Ask, source: str, sha256: str, *, pages: int, children: int) -> dict[str, Any]:
    """A child's answer as if it had read the whole file, whose content has this checksum, by itself.

    `ask` gives a request to a child that is free. The parts are put together in a child, too: what is done with them
    may be as slow as reading. Raises what asking raises.
    """
    file = {"source": source, "member": source, "sha256": sha256}
    runs = [{**file, "action": "part", "first": first, "last": last} for first, last in runs_of(pages, children)]
    with ThreadPoolExecutor(len(runs), "citeback-part") as pool:
        answers = list(pool.map(ask, runs))
    told = next((answer for answer in answers if "part" not in answer), None)
    if told is None:
        told = ask({**file, "action": "join", "parts": [answer["part"] for answer in answers]})
        answers.append(told)
    used = {"cpu": sum(each["cpu"] for each in answers), "peak_mb": max(each["peak_mb"] for each in answers)}
    return {**told, "sha256": sha256, **used}


def runs_of(pages: int, count: int) -> Iterator[tuple[int, int]]:
    """First and last page of so many runs, as even in length as can be.

    >>> list(runs_of(7, 3))
    [(1, 2), (3, 4), (5, 7)]
    """
    for number in range(count):
        yield number * pages // count + 1, (number + 1) * pages // count
