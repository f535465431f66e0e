"""What tells that a file has not changed without reading it, and why one could not be opened, in words."""

import errno
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

# A file changed this recently may be changed again within the same tick of its clock: its times prove nothing.
_RECENT_NS = 2_000_000_000
_UNSURE = -1


@dataclass(frozen=True, slots=True)
class Look:
    """A file's size, when its content was written last and when anything of it was changed last (nanoseconds).

    The latter is the file system's own, and no program sets it: it tells of a file put in the place of another of the
    same size and age. `modified_ns` is -1 where the file was changed just before it was looked at.
    """

    size: int
    modified_ns: int
    changed_ns: int

    @property
    def sure(self) -> bool:
        """Whether a file that looks the same later has not changed since."""
        return self.modified_ns != _UNSURE


def look_at(path: Path | int) -> Look:
    """How a file (or an open handle) looks now. Raises OSError."""
    status = os.stat(path)
    latest = max(status.st_mtime_ns, status.st_ctime_ns)
    recent = time.time_ns() - latest < _RECENT_NS
    return Look(status.st_size, _UNSURE if recent else status.st_mtime_ns, status.st_ctime_ns)


def is_regular(path: Path) -> bool:
    """Whether it is a file and no pipe or device, which would block or never end. Raises OSError."""
    return stat.S_ISREG(os.stat(path).st_mode)


def unopened(error: OSError, path: Path) -> str:
    """Why a file could not be opened or read, and what to do.

    >>> unopened(PermissionError(errno.EACCES, "Permission denied"), Path("a.txt"))
    'cannot be opened: Permission denied; check its permissions'
    """
    reason = error.strerror or str(error)
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"cannot be opened: {reason}; check its permissions"
    if path.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP):
        return "is a link that leads nowhere; remove it"
    if error.errno == errno.ENOENT:
        return "is no longer there; sync again"
    return f"cannot be read: {reason}; the disk or the network may have failed, sync again"
