"""ZIP archives: every member read as the file it is, within bounds; nothing is written anywhere."""

import functools
import zipfile

from index.errors import EmptyFile, ReadError, out_of_memory
from index.readers.members import Names, Unpacker
from index.readers.signatures import HEAD, refuse_unread
from index.readers.zipped import opened, unpacked
from index.schema import Document, Failure, Reading

_LARGEST = 200_000_000  # bytes of a member


def read_zip(data: bytes, *, source: str, read: Unpacker) -> Reading:
    """What the members of an archive hold, in its order; folders and hidden files are left out.

    A member's source is the archive's, a slash, and its own path. Members that cannot be read are failures, and so is
    the rest of an archive that unpacks to more than `read` has room for. Raises EmptyFile where there is no member.
    """
    documents: list[Document] = []
    failures: list[Failure] = []
    names = Names()
    with opened(data, source=source) as archive:
        members = [(names.of(name), member) for member in archive.infolist() if _is_file(name := _name(member))]
        if not members:
            raise EmptyFile(f"{source} is an archive without files; nothing to index")
        for number, (name, member) in enumerate(members):
            if not read.room:
                failures.append(Failure(source, _left_out(source, len(members) - number, len(members), read)))
                break
            inner = f"{source}/{name}"
            try:
                content = _content(archive, member, inner, read)
            except ReadError as error:
                failures.append(Failure(inner, str(error)))
                continue
            reading = read(content, inner)
            documents += reading.documents
            failures += reading.failures
    return Reading(tuple(documents), tuple(failures))


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str, read: Unpacker) -> bytes:
    """The bytes of a member, taken from the room there is. Raises ReadError."""
    if _LARGEST >= member.file_size > read.room:
        read.spend(HEAD)  # so that thousands of them come to an end
        raise ReadError(f"{source} would be more than the {read.limit} that are read from one file; unpack it first")
    # A directory may lie about sizes, but no more is unpacked than it says; of what is too large, only the beginning.
    read.spend(member.file_size if member.file_size <= _LARGEST else HEAD)
    accept = functools.partial(refuse_unread, source=source)
    try:
        return unpacked(archive, member, source=source, most=_LARGEST, accept=accept)
    except MemoryError as error:
        raise out_of_memory(source) from error


def _is_file(name: str) -> bool:
    """Whether a member is a file somebody would open: no folder, nothing hidden, none of what macOS adds."""
    parts = name.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts) or "__MACOSX" in parts
    return not hidden and bool(parts[-1])


def _name(member: zipfile.ZipInfo) -> str:
    """The name of a member. Programs that do not say that a name is UTF-8 write it all the same."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode()
    except UnicodeError:
        return member.filename


def _left_out(source: str, count: int, total: int, read: Unpacker) -> str:
    return (
        f"{source} holds more than the {read.limit} that are read from one file; its last {count:,} of {total:,} "
        "members were left out, unpack it and sync the folder"
    )
