"""Files parsed ahead of the one that is stored next."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path

from index.sandbox import Outcome, Sandbox

# Files handed out at a time; their texts are held in memory.
_AHEAD = 8
_PATIENCE_SECONDS = 1.0


def outcomes(
    sandbox: Sandbox, files: Mapping[str, Path], known: Callable[[str], str | None], *, waiting: Callable[[], None]
) -> Iterator[tuple[str, Path, Outcome]]:
    """What became of each file, in order; but one that takes long is overtaken by those behind it.

    `known` gives the checksum of content that need not be parsed again. `waiting` is called every second or so in which
    no file was finished. However it ends, the sandbox is closed: nobody waits for what is still being parsed.
    """
    queue = iter(files.items())
    begun: deque[tuple[str, Path, Future[Outcome]]] = deque()
    with ThreadPoolExecutor(sandbox.limits.workers, "citeback-reading") as pool:
        try:
            while True:
                for source, path in islice(queue, _AHEAD - len(begun)):
                    begun.append((source, path, pool.submit(sandbox.read, path, source=source, known=known(source))))
                if not begun:
                    return
                wait([outcome for *_, outcome in begun], _PATIENCE_SECONDS, FIRST_COMPLETED)
                place = next((n for n, (*_, outcome) in enumerate(begun) if outcome.done()), None)
                if place is None:
                    waiting()
                    continue
                source, path, outcome = begun[place]
                del begun[place]
                yield source, path, outcome.result()
        finally:
            for *_, outcome in begun:
                outcome.cancel()
            sandbox.close()
