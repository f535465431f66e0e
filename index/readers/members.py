"""What stands inside a file: how a reader of archives and mail has it read, and what it is called."""

from typing import Protocol

from index.readers.formats import Format
from index.readers.text import clean
from index.schema import Reading

_LONGEST = 200  # characters of a name


class Unpacker(Protocol):
    """Reads what stands inside a file, within limits shared over the whole file.

    Never raises: what cannot be read is a failure of the reading. `room` is how many bytes may still be unpacked and
    `limit` says what bounds it; once `room` is 0, nothing more should be unpacked.
    """

    @property
    def room(self) -> int:
        """Bytes that may still be unpacked."""

    @property
    def limit(self) -> str:
        """What is read from one file at most, in words."""

    def spend(self, count: int) -> None:
        """Take `count` bytes from the room, before they are unpacked."""

    def __call__(self, data: bytes, source: str, *, form: Format | None = None) -> Reading:
        """The reading of a member; `form` is its format where the container knows it."""


class Names:
    """Makes the names of members safe to show, and different from each other.

    >>> names = Names()
    >>> [names.of(name) for name in ("../../etc/passwd", "C:\\\\docs\\\\a.txt", "a\\x00b.txt", "C:/docs/a.txt")]
    ['etc/passwd', 'C:/docs/a.txt', 'ab.txt', 'C:/docs/a (2).txt']
    """

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def of(self, name: str) -> str:
        """A path without "..", control characters or an end longer than a name may be."""
        parts = (" ".join(clean(part).split()) for part in name[-4 * _LONGEST :].replace("\\", "/").split("/"))
        path = "/".join(part[-_LONGEST:] for part in parts if part not in ("", ".", "..")) or "unnamed"
        count = self._given[path] = self._given.get(path, 0) + 1
        if count == 1:
            return path
        folder, slash, last = path.rpartition("/")
        stem, dot, suffix = last.rpartition(".")
        numbered = f"{stem} ({count}){dot}{suffix}" if stem else f"{last} ({count})"
        return self.of(f"{folder}{slash}{numbered}")
