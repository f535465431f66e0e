"""The file a backup is: a ZIP with a manifest, written whole, and trusted in nothing that does not agree with it.

manifest.json               the format, whose index this was, and size and SHA-256 of every other file
catalog.sqlite              the documents, their passages and vectors
conversations.sqlite        what was asked; users/ID/… the same of users
uploads/…                   copies of what was added on the page
kept.yaml, .jsonl, .gate.toml   the questions kept as tests beside the index; users/ID-kept.… those of users
"""

import hashlib
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import BackupError
from assistant.history import FILE as CONVERSATIONS
from assistant.home import UPLOADS

FORMAT: Final = 1
CATALOG: Final = "catalog.sqlite"
USERS: Final = "users"
# What follows "kept" in a backup, and "NAME-kept" beside an index.
KEPT: Final = (".jsonl", ".gate.toml", ".yaml")
Tell = Callable[[str, int, int], None]

_MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 64 << 20
# No index packs so well: vectors are noise, and uploads are not packed. Small files may, and harm nobody.
_MOST_TIMES, _SMALL = 200, 64 << 20
_PIECE = 1 << 20
# A level that packs a catalog to within a few hundredths of the best in a third of the time.
_LEVEL = 2
# What zipfile raises for a file that is damaged, wherever that is.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError, OverflowError),
)


class Member(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a backup says it is. `home` is where the index was, `folder` where its documents were."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    citeback: str
    made: str
    home: str
    folder: str | None
    model: str | None
    documents: int
    passages: int
    conversations: int
    files: dict[str, Member]

    @property
    def uploads(self) -> int:
        """How many copies of uploads there are."""
        return sum(name.startswith(f"{UPLOADS}/") for name in self.files)


class Packing:
    """A backup that is being written. A context manager; without `end` it is none."""

    def __init__(self, file: Path, tell: Tell, total: int) -> None:
        self._archive = zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._tell, self._done, self._total = tell, 0, total
        self.files: dict[str, Member] = {}

    def __enter__(self) -> "Packing":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def add(self, name: str, source: IO[bytes]) -> None:
        """Pack a file."""
        digest, size = hashlib.sha256(), 0
        # Most uploads are packed already, and one that packs too well must not be taken for a bomb.
        stored = zipfile.ZipInfo(name)
        with self._archive.open(stored if name.startswith(UPLOADS) else name, "w", force_zip64=True) as target:
            while piece := source.read(_PIECE):
                target.write(piece)
                digest.update(piece)
                size += len(piece)
                self._done += len(piece)
                self._tell("pack", self._done, max(self._done, self._total))
        self.files[name] = Member(size=size, sha256=digest.hexdigest())

    def end(self, manifest: Manifest) -> None:
        """Write the manifest, with the files there are."""
        told = manifest.model_copy(update={"files": self.files})
        self._archive.writestr(_MANIFEST, told.model_dump_json(indent=1))


class Backup:
    """A backup whose manifest and directory agree, opened to be unpacked."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self._file, self._archive = file, archive
        with _reading(file):
            self.manifest = self._read_manifest()
            self._check_directory()

    def unpack(self, folder: Path, tell: Tell) -> None:
        """Write every file into the folder. Raises BackupError where one is not what the manifest says."""
        total = sum(member.size for member in self.manifest.files.values())
        if total > (free := shutil.disk_usage(folder).free):
            raise BackupError(f"{self._file} unpacks to {total >> 20} MiB, {free >> 20} are free: make room")
        done = 0
        for name, member in self.manifest.files.items():
            digest, size = hashlib.sha256(), 0
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb") as written:
                for piece in self._pieces(name):
                    written.write(piece)
                    digest.update(piece)
                    size += len(piece)
                    done += len(piece)
                    tell("unpack", done, total)
            if (size, digest.hexdigest()) != (member.size, member.sha256):
                raise BackupError(f"{self._file} is damaged: {_shown(name)} is not what was backed up; use another")

    def _pieces(self, name: str) -> Iterator[bytes]:
        with _reading(self._file), self._archive.open(name) as source:
            while piece := source.read(_PIECE):
                yield piece

    def _read_manifest(self) -> Manifest:
        infos = [info for info in self._archive.infolist() if info.filename == _MANIFEST]
        if len(infos) != 1 or infos[0].file_size > _LONGEST_MANIFEST:
            raise BackupError(f"{self._file} is no backup of Citeback: it has no manifest; name another file")
        text = self._archive.read(infos[0])
        try:
            told = Manifest.model_validate_json(text)
        except ValidationError as error:
            if (later := _later(text)) is not None:
                raise BackupError(
                    f"{self._file} has format {later}, this Citeback reads {FORMAT}; update Citeback"
                ) from error
            raise BackupError(f"the manifest of {self._file} is damaged; use another backup") from error
        if told.format != FORMAT:
            raise BackupError(f"{self._file} has format {told.format}, this Citeback reads {FORMAT}; update Citeback")
        return told

    def _check_directory(self) -> None:
        """Raises BackupError where the directory has other files, other sizes, or anything no backup has."""
        infos = [info for info in self._archive.infolist() if info.filename != _MANIFEST]
        files = self.manifest.files
        if CATALOG not in files or len(infos) != len(files) or {info.filename for info in infos} != set(files):
            raise self._refused("its manifest names other files than it holds")
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if not _belongs(info.filename):
                raise self._refused(f"{_shown(info.filename)} has no place in an index")
            # One stretch that several files share is how a small file becomes an endless one.
            overlaps, end = info.header_offset < end, info.header_offset + info.compress_size
            unlike = info.file_size != files[info.filename].size
            packed = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not info.flag_bits & 1
            if unlike or overlaps or not packed:
                raise self._refused(f"{_shown(info.filename)} is not packed as its manifest says")
            if info.file_size > max(_SMALL, _MOST_TIMES * info.compress_size):
                size = f"{info.file_size >> 20} MiB out of {info.compress_size >> 10} KiB"
                raise self._refused(f"{_shown(info.filename)} would unpack to {size}")

    def _refused(self, reason: str) -> BackupError:
        return BackupError(f"{self._file} cannot be trusted: {reason}; use another backup")


@contextmanager
def opened(file: Path) -> Iterator[Backup]:
    """The backup in a file. Raises BackupError where it is none, or is not what it says."""
    with _reading(file, opening=True):
        archive = zipfile.ZipFile(file)
    with archive:
        yield Backup(file, archive)


@contextmanager
def _reading(file: Path, *, opening: bool = False) -> Iterator[None]:
    try:
        yield
    except BackupError:
        raise
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno and opening:
            raise BackupError(f"{file} cannot be read ({error.strerror}); name another file") from error
        told = "is no backup, or was cut short" if opening else "is damaged"
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise BackupError(f"{file} {told} ({_shown(reason)}); use another backup") from error


def _belongs(name: str) -> bool:
    """Whether a backup has such a file: by its name it stays in the folder, and is nothing an index would run into.

    >>> [_belongs(name) for name in ("uploads/a.pdf", "uploads/../a.pdf", "/catalog.sqlite", "users/1/own.sqlite")]
    [True, False, False, True]
    """
    top, *below = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in (top, *below)):
        return False
    if not below:
        return top in (CATALOG, CONVERSATIONS, *(f"kept{ending}" for ending in KEPT))
    return top == UPLOADS or (top == USERS and of_user(below[-1]))


def of_user(name: str) -> bool:
    """Whether a file of this name in the folder of users is theirs to keep."""
    return name.endswith((".sqlite", *(f"-kept{ending}" for ending in KEPT)))


def _later(text: bytes) -> int | None:
    """The format of a manifest that has other fields, where that is why."""

    class Any(BaseModel):
        format: int

    try:
        told = Any.model_validate_json(text).format
    except ValidationError:
        return None
    return told if told > FORMAT else None


def _shown(text: str) -> str:
    """What comes from the file, fit for a line in a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)[:80]
