"""What a sync must notice, whatever the files' names, sizes and times say."""

import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from index import Index
from index.sandbox import Outcome, Sandbox
from tests.fakes import HashEmbedder
from tests.index.folders import FOX, HEN, OWL, check, sources, texts, write


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "home", embedder=HashEmbedder())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "docs" / "a.txt", FOX)
    write(tmp_path / "docs" / "b.txt", HEN)
    return tmp_path / "docs"


def fresh(folder: Path, home: Path) -> list[tuple[str, str, str]]:
    """What an index made of the folder as it is now holds."""
    with Index.open(home, embedder=HashEmbedder()) as index:
        index.sync(folder)
        return held(index)


def held(index: Index) -> list[tuple[str, str, str]]:
    return [(info.source, info.title, index.document(info.id).text) for info in index.documents()]


@pytest.mark.parametrize("how", ["written", "replaced by an older file"])
def test_a_file_that_changes_after_it_was_read_is_read_by_the_next_sync(
    index: Index, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    reading = Sandbox.read
    other = write(tmp_path / "other.txt", OWL)
    os.utime(other, (1_000_000_000, 1_000_000_000))
    time.sleep(2.1)  # what was changed just now is not trusted anyway

    def read(sandbox: Sandbox, path: Path, *, source: str, known: str | None = None) -> Outcome:
        outcome = reading(sandbox, path, source=source, known=known)
        if path.name == "b.txt" and how == "written":
            write(path, OWL)
        elif path.name == "b.txt":
            os.replace(other, path)
        return outcome

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "read", read)
        index.sync(folder)
    assert texts(index) == sorted([FOX.strip(), HEN.strip()])
    assert index.sync(folder).updated == ("b.txt",)
    assert texts(index) == sorted([FOX.strip(), OWL.strip()])


def test_two_files_of_the_same_size_and_age_that_change_places_are_seen(index: Index, folder: Path) -> None:
    a, b = folder / "a.txt", folder / "b.txt"
    assert a.write_text("Soup is hot.") == b.write_text("Stew is not.")
    for path in (a, b):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    index.sync(folder)
    time.sleep(2.1)
    assert index.sync(folder).unchanged == ("a.txt", "b.txt")
    a.rename(folder / "c")
    b.rename(a)
    (folder / "c").rename(b)
    assert index.sync(folder).updated == ("a.txt", "b.txt")
    assert [text for *_, text in held(index)] == ["Stew is not.", "Soup is hot."]


def test_every_file_can_be_compared(index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.looks._RECENT_NS", 0)
    index.sync(folder)
    looked: list[str] = []
    reading = Sandbox.read

    def read(sandbox: Sandbox, path: Path, *, source: str, known: str | None = None) -> Outcome:
        looked.append(source)
        return reading(sandbox, path, source=source, known=known)

    monkeypatch.setattr(Sandbox, "read", read)
    assert index.sync(folder).unchanged == ("a.txt", "b.txt")
    assert looked == []
    assert index.sync(folder, every=True).unchanged == ("a.txt", "b.txt")
    assert sorted(looked) == ["a.txt", "b.txt"]


def test_a_name_that_decides_how_a_file_is_read_is_no_mere_move(index: Index, folder: Path, tmp_path: Path) -> None:
    write(folder / "n.txt", "# Peace\n\nThey left the town.\n")
    index.sync(folder)
    (folder / "n.txt").rename(folder / "n.md")
    assert index.sync(folder).moved == ()
    assert held(index) == fresh(folder, tmp_path / "fresh")


def test_the_folder_around_one_that_was_synced_takes_its_documents_over(
    index: Index, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "sub" / "deep" / "c.txt", OWL)
    write(folder / "sub" / "bad.txt", b"\x00\x01\x02\x03" * 99)
    first = index.sync(folder / "sub")
    assert [failure.source for failure in first.failed] == ["bad.txt"]
    (before,) = index.documents()
    embedded = len(index.embedder.encoded)  # type: ignore[attr-defined]

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "read", stopped)
        with pytest.raises(KeyboardInterrupt):
            index.sync(folder)
    # Interrupted as early as can be, it has lost nothing.
    assert [info.id for info in index.documents()] == [before.id]
    report = index.sync(folder)
    assert report.added == ("a.txt", "b.txt")
    assert report.unchanged == ("sub/deep/c.txt",)
    assert [failure.source for failure in report.failed] == ["sub/bad.txt"]
    assert index.document(before.id).source == "sub/deep/c.txt"
    assert len(index.embedder.encoded) == embedded + 2  # type: ignore[attr-defined]
    assert sources(index) == ["a.txt", "b.txt", "sub/deep/c.txt"]
    check(index)
    # The subfolder goes on to be a part of it.
    write(folder / "sub" / "d.txt", "A cat sat.\n")
    assert index.sync(folder / "sub").added == ("sub/d.txt",)


def test_a_folder_that_became_a_file_keeps_none_of_its_documents(index: Index, folder: Path) -> None:
    index.sync(folder)
    shutil.rmtree(folder)
    write(folder, OWL)
    report = index.sync(folder)
    assert (report.added, report.removed) == (("docs",), ("a.txt", "b.txt"))
    assert texts(index) == [OWL.strip()]


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_a_file_that_cannot_be_read_for_now_keeps_its_documents(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    index.sync(folder)
    write(folder / "a.txt", OWL)

    def read(sandbox: Sandbox, path: Path, *, source: str, known: str | None = None) -> Outcome:
        from index.looks import look_at, unopened

        return Outcome(look=look_at(path), unopened=unopened(OSError(code, os.strerror(code)), path))

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "read", read)
        (failure,) = [each for each in index.sync(folder).failed if each.source == "a.txt"]
    assert os.strerror(code) in failure.reason
    assert texts(index) == sorted([FOX.strip(), HEN.strip()])
    assert index.sync(folder).updated == ("a.txt",)
    assert texts(index) == sorted([HEN.strip(), OWL.strip()])


def test_a_read_error_in_the_middle_of_a_file_is_no_fault_of_the_file(tmp_path: Path) -> None:
    """/proc/self/mem is a regular file that opens and does not read."""
    with Sandbox() as sandbox:
        outcome = sandbox.read(Path("/proc/self/mem"), source="a.txt")
    assert outcome.failure is None
    assert "cannot be read: Input/output error; the disk or the network may have failed" in (outcome.unopened or "")


def test_a_file_that_goes_while_the_others_are_read_is_removed(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    write(folder / "a.txt", OWL)
    write(folder / "new.txt", OWL)
    reading = Sandbox.read

    def read(sandbox: Sandbox, path: Path, *, source: str, known: str | None = None) -> Outcome:
        path.unlink()
        return reading(sandbox, path, source=source, known=known)

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "read", read)
        report = index.sync(folder)
    assert (report.failed, report.added, report.removed) == ((), (), ("a.txt",))
    assert texts(index) == [HEN.strip()]


def test_names_people_give_are_shown_as_they_are(index: Index, folder: Path) -> None:
    names = ["می\u200cخواهم.txt", "Screenshot 10.00\u202fAM.txt", "👩\u200d👧.txt"]
    for number, name in enumerate(names):
        write(folder / name, f"A cat sat {number} times.\n")
    index.sync(folder)
    assert set(names) <= set(sources(index))


def test_two_names_that_look_the_same_are_told(index: Index, folder: Path) -> None:
    write(folder / "c\\x1b.txt", FOX)
    write(folder / "c\x1b.txt", HEN)
    (failure,) = index.sync(folder).failed
    assert failure.source == "c\\x1b.txt"
    assert "rename it" in failure.reason


def test_a_slow_file_does_not_hold_up_those_behind_it(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        write(folder / f"small-{number:02d}.txt", f"A cat sat {number} times.\n")
    reading = Sandbox.read
    finished: list[str] = []

    def read(sandbox: Sandbox, path: Path, *, source: str, known: str | None = None) -> Outcome:
        while source == "a.txt" and len(finished) < 50:
            time.sleep(0.01)
        outcome = reading(sandbox, path, source=source, known=known)
        finished.append(source)
        return outcome

    monkeypatch.setattr(Sandbox, "read", read)
    began = time.monotonic()
    index.sync(folder)
    assert time.monotonic() - began < 20
    assert finished.index("a.txt") >= 50


def test_children_inherit_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBACK_LLM_KEY", "a-secret")
    with Sandbox() as sandbox:
        sandbox.read(write(tmp_path / "a.txt", FOX), source="a.txt")
        (child,) = sandbox._idle
        assert b"a-secret" not in Path(f"/proc/{child._process.pid}/environ").read_bytes()


def test_no_process_to_read_in_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(subprocess, "Popen", full)
    with Sandbox() as sandbox:
        outcome = sandbox.read(write(tmp_path / "a.txt", FOX), source="a.txt")
    assert outcome.unopened == "was not read: no process could be started (Too many open files); sync again"
