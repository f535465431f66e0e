"""ZIP archives: every member as the file it is, bad ones alone, and no bomb unpacked."""

import io
import struct
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyFile, EncryptedFile, ReadError, UnsupportedFormat
from index.readers import dispatch, read_bytes
from index.readers.zipped import opened, unpacked
from index.schema import Reading
from tests.index.readers.reading import assert_read_or_refused, assert_survives_damage, check, zipped

TEXT = "The toll is nine crowns."


def read(data: bytes, source: str = "a.zip") -> Reading:
    reading = read_bytes(data, source=source)
    if reading.documents:
        check(reading.documents)
    return reading


def sources(reading: Reading) -> list[str]:
    return [document.source for document in reading.documents]


def with_declared_size(data: bytes, size: int) -> bytes:
    """The archive, its first member said to be `size` bytes."""
    at = data.find(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def test_members_are_read_in_order_and_as_what_they_are() -> None:
    inner = zipped({"deep/note.txt": TEXT})
    reading = read(
        zipped({"b.txt": f"<!DOCTYPE html><p>{TEXT}</p>", "a/": "", "a/n.md": "# *Toll*\n\nx", "z.bin": inner})
    )
    assert sources(reading) == ["a.zip/b.txt", "a.zip/a/n.md", "a.zip/z.bin/deep/note.txt"]
    assert [document.text for document in reading.documents] == [TEXT, "Toll\n\nx", TEXT]
    assert not reading.failures


def test_hidden_members_are_left_out() -> None:
    data = zipped({"__MACOSX/._a.txt": "x", ".DS_Store": "x", "a/.git/b.txt": "x", "a.txt": TEXT})
    assert sources(read(data)) == ["a.zip/a.txt"]


def test_names_are_only_names() -> None:
    names = ["../../../etc/passwd", "/root/a.txt", "..\\..\\w.txt", "a/./b.txt", "x\x1b[2J\n.txt", ".."]
    reading = read(zipped(dict.fromkeys(names, TEXT)))
    expected = ["etc/passwd", "root/a.txt", "w.txt", "a/b.txt", "x[2J .txt", "unnamed"]
    assert sources(reading) == [f"a.zip/{name}" for name in expected]


def test_names_are_decoded_and_different() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", TEXT)
        for _ in range(2):
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a.txt", TEXT)
    assert sources(read(stream.getvalue())) == ["a.zip/a.txt", "a.zip/a (2).txt", "a.zip/a (3).txt"]
    unmarked = bytearray(zipped({"zölle.txt": TEXT}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        unmarked[unmarked.find(signature) + flags + 1] &= ~0x08
    assert sources(read(bytes(unmarked))) == ["a.zip/zölle.txt"]


def test_one_bad_member_does_not_fail_the_rest() -> None:
    data = zipped({"a.png": b"\x89PNG\r\n\x1a\n", "b.txt": "", "c.txt": TEXT, "d.pdf": b"%PDF-1.4 x"})
    reading = read(data)
    assert sources(reading) == ["a.zip/c.txt"]
    assert [failure.source for failure in reading.failures] == ["a.zip/a.png", "a.zip/b.txt", "a.zip/d.pdf"]


def test_archives_without_files_are_empty() -> None:
    for members in ({}, {"a/": ""}, {".hidden": "x"}):
        with pytest.raises(EmptyFile, match=r"a\.zip is an archive without files"):
            read(zipped(members))


def test_damaged_archives_say_so() -> None:
    data = zipped({"a.txt": TEXT * 50})
    with pytest.raises(ReadError, match="cut short or damaged"):
        read(data[: len(data) // 2])
    at = data.find(b"a.txt") + 8
    (failure,) = read(data[:at] + b"\xff\xff\xff" + data[at + 3 :]).failures
    assert "damaged inside its archive" in failure.reason


@pytest.mark.parametrize("size", [10, 10_000, 1_000_000_000, 0xFFFFFFF0])
def test_sizes_that_lie_fail_the_member(size: int) -> None:
    reading = read(with_declared_size(zipped({"a.txt": TEXT * 50, "b.txt": TEXT}), size))
    assert sources(reading) == ["a.zip/b.txt"]
    (failure,) = reading.failures
    assert failure.reason.startswith("a.zip/a.txt ")


def test_protected_and_strangely_packed_members_fail() -> None:
    data = zipped({"a.txt": TEXT})
    locked, strange = bytearray(data), bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[data.find(signature) + at] |= 1
        strange[data.find(signature) + at + 2] = 99
    for damaged, reason in ((locked, "protected by a password"), (strange, "cannot unpack")):
        (failure,) = read(bytes(damaged)).failures
        assert reason in failure.reason
    with opened(bytes(locked), source="a") as archive, pytest.raises(EncryptedFile):
        unpacked(archive, archive.infolist()[0], source="a", most=100)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_unpacked(compression: int) -> None:
    assert read(zipped({"a.txt": TEXT}, compression)).documents[0].text == TEXT


def test_archives_in_archives_come_to_an_end() -> None:
    data = zipped({"a.txt": TEXT})
    for _ in range(6):
        data = zipped({"n.zip": data, "x.txt": TEXT})
    reading = read(data)
    assert sources(reading) == [f"a.zip/{'n.zip/' * depth}x.txt" for depth in (3, 2, 1, 0)]
    (failure,) = reading.failures
    assert failure.source == "a.zip" + "/n.zip" * 4
    assert "stands inside 4 archives or mails" in failure.reason


def test_what_is_unpacked_is_limited_over_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_ALWAYS", 100_000)
    monkeypatch.setattr(dispatch, "_MOST_TIMES", 1)
    inner = zipped({"1.txt": TEXT * 2_000, "2.txt": TEXT * 2_000})
    reading = read(zipped({"a.zip": inner, "b.zip": inner, "c.txt": TEXT}))
    assert sources(reading) == ["a.zip/a.zip/1.txt", "a.zip/a.zip/2.txt"]
    reasons = " ".join(failure.reason for failure in reading.failures)
    assert "unpack it first" in reasons or "were left out" in reasons


def test_members_are_limited_over_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_MOST_MEMBERS", 3)
    reading = read(zipped({f"{number}.txt": TEXT for number in range(9)}))
    assert len(reading.documents) == 3
    (failure,) = reading.failures
    assert "its last 6 of 9 members were left out, unpack it and sync the folder" in failure.reason


def test_bombs_are_not_unpacked() -> None:
    start = time.perf_counter()
    level = zipped({"0.txt": b"a" * 20_000_000})
    for _ in range(3):
        level = zipped({f"{number}.zip": level for number in range(16)})
    assert sum(len(document.text) for document in read(level).documents) < 60_000_000
    base = zipped({"a.txt": b"Soup. " * 3_000_000})
    at, end = base.rfind(b"PK\x01\x02"), base.rfind(b"PK\x05\x06")
    entries = base[at:end] * 10_000
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 10_000, 10_000, len(entries), at, 0)
    overlapping = read(base[:at] + entries + last)
    assert sum(len(document.text) for document in overlapping.documents) < 60_000_000
    assert len(overlapping.failures) < 1_000
    with pytest.raises(ReadError, match="lists more than 200,000 parts"):
        read(base[:at] + base[at:end] * 200_001 + last)
    assert time.perf_counter() - start < 20


def test_a_beginning_that_is_not_read_is_enough() -> None:
    data = zipped({"film.mp4": b"\0\0\0\x18ftypmp42" + bytes(3_000_000)})
    with opened(data, source="a") as archive:
        seen: list[int] = []

        def accept(head: bytes) -> None:
            seen.append(len(head))
            raise UnsupportedFormat("a film")

        with pytest.raises(UnsupportedFormat):
            unpacked(archive, archive.infolist()[0], source="a", most=1_000, accept=accept)
    assert seen == [65_536]
    assert "MP4" in read(data).failures[0].reason


def test_damage_is_survived() -> None:
    assert_survives_damage(zipped({"a.txt": TEXT * 20, "b.md": f"# Toll\n\n{TEXT}"}), "a.zip")


@settings(max_examples=100)
@given(
    members=st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=30), st.binary(max_size=30)), max_size=4),
    cut=st.integers(0, 40),
)
def test_hostile_archives_are_read_or_refused(members: dict[str, str | bytes], cut: int) -> None:
    # zipfile cuts a name at its first NUL, and fails over an empty one.
    names = {name.encode(errors="ignore").decode().split("\0")[0] or "x": part for name, part in members.items()}
    data = zipped(
        {name: part if isinstance(part, bytes) else part.encode("utf-8", "ignore") for name, part in names.items()}
    )
    assert_read_or_refused(data, "a.zip")
    assert_read_or_refused(data[: len(data) - cut], "a.zip")
