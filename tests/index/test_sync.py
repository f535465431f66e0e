"""A folder and the index hold the same after every sync, and what did not change costs nothing."""

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from index import Failure, Index, Progress, SyncReport
from tests.fakes import HashEmbedder
from tests.index.folders import FOX, HEN, OWL, check, sources, texts, write
from tests.index.test_readers_pdf import make_pdf


def test_every_kind_of_change_is_reported_and_done(index: Index, folder: Path) -> None:
    assert index.sync(folder) == SyncReport(added=("deep/hen.txt", "fox.txt"))
    write(folder / "owl.txt", OWL)
    write(folder / "fox.txt", FOX + "\nIt was late.\n")
    write(folder / "empty.txt", "")
    report = index.sync(folder)
    assert (report.added, report.updated, report.unchanged) == (("owl.txt",), ("fox.txt",), ("deep/hen.txt",))
    assert report.failed == (Failure("empty.txt", "empty.txt holds no text; nothing to index"),)
    (folder / "deep" / "hen.txt").unlink()
    report = index.sync(folder)
    assert (report.unchanged, report.removed) == (("fox.txt", "owl.txt"), ("deep/hen.txt",))
    assert [failure.source for failure in report.failed] == ["empty.txt"]
    assert sources(index) == ["fox.txt", "owl.txt"]
    assert "hen" not in str(index.search("hen sat down"))
    check(index)


def test_an_unchanged_folder_costs_nothing(
    index: Index, folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    generation, encoded = index.derived().generation, list(embedder.encoded)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("an unchanged file was opened")

    monkeypatch.setattr("index.sync.open", never, raising=False)
    assert index.sync(folder) == SyncReport(unchanged=("deep/hen.txt", "fox.txt"))
    assert (index.derived().generation, embedder.encoded) == (generation, encoded)


def test_a_touched_file_is_hashed_once_and_not_read_again(
    index: Index, folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    encoded = list(embedder.encoded)
    os.utime(folder / "fox.txt", ns=(1, 1))
    monkeypatch.setattr("index.sync.read_file", lambda *_, **__: pytest.fail("read again"))
    assert index.sync(folder).unchanged == ("deep/hen.txt", "fox.txt")
    assert embedder.encoded == encoded
    monkeypatch.setattr("index.sync.open", lambda *_, **__: pytest.fail("hashed again"), raising=False)
    assert index.sync(folder).unchanged == ("deep/hen.txt", "fox.txt")
    check(index)


def test_a_change_of_the_same_size_is_seen(index: Index, folder: Path) -> None:
    index.sync(folder)
    status = (folder / "fox.txt").stat()
    write(folder / "fox.txt", FOX.replace("fox", "cat"))
    os.utime(folder / "fox.txt", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert index.sync(folder).updated == ("fox.txt",)
    assert any("cat" in text for text in texts(index))


def test_a_moved_file_is_not_embedded_again(index: Index, folder: Path, embedder: HashEmbedder) -> None:
    title = "Foxes at night\n\nBy A. Writer\n\n"
    write(folder / "fox.txt", title + FOX)
    index.sync(folder)
    encoded = list(embedder.encoded)
    (folder / "moved").mkdir()
    (folder / "fox.txt").rename(folder / "moved" / "renamed.txt")
    report = index.sync(folder)
    assert (report.added, report.removed) == (("moved/renamed.txt",), ("fox.txt",))
    assert embedder.encoded == encoded
    check(index)


def test_of_a_changed_file_only_changed_passages_are_embedded(
    index: Index, folder: Path, embedder: HashEmbedder
) -> None:
    sections = [
        f"## Part {n}\n\n{' '.join(f'Sentence {m} of part {n} goes on for long.' for m in range(30))}\n\n"
        for n in range(6)
    ]
    write(folder / "long.md", "# Long\n\n" + "".join(sections))
    index.sync(folder)
    encoded = len(embedder.encoded)
    sections[3] = sections[3].replace("goes", "ran", 1)
    write(folder / "long.md", "# Long\n\n" + "".join(sections))
    assert index.sync(folder).updated == ("long.md",)
    assert [("ran on for" in text) for text in embedder.encoded[encoded:]] == [True]
    # The vector of the passage as it was is gone.
    hashes = [sha256(text.encode()).hexdigest() for text in embedder.encoded]
    assert len(index._catalog.known_hashes(hashes)) == len(hashes) - 1
    check(index)


def test_a_file_that_can_no_longer_be_parsed_loses_its_documents(index: Index, folder: Path) -> None:
    index.sync(folder)
    locked = make_pdf([["Soup."]], locked=True)
    write(folder / "fox.txt", locked)
    for _ in range(2):
        [failure] = index.sync(folder).failed
        assert failure.source == "fox.txt"
        assert "password" in failure.reason
        assert sources(index) == ["deep/hen.txt"]
    # A failure is remembered as long as the file stays, however often it is touched.
    os.utime(folder / "fox.txt", ns=(1, 1))
    assert [failure.source for failure in index.sync(folder).failed] == ["fox.txt"]
    write(folder / "fox.txt", FOX)
    report = index.sync(folder)
    assert (report.updated, report.failed) == (("fox.txt",), ())
    check(index)


def test_a_file_that_cannot_be_opened_keeps_its_documents(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    write(folder / "fox.txt", OWL)

    def denied(path: Path, mode: str) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("index.sync.open", denied, raising=False)
    report = index.sync(folder)
    assert report.failed == (Failure("fox.txt", "cannot be opened: Permission denied; check its permissions"),)
    assert report.removed == ()
    assert texts(index) == sorted([FOX.strip(), HEN.strip()])
    monkeypatch.undo()
    assert index.sync(folder).updated == ("fox.txt",)
    check(index)


def test_a_file_of_several_articles_gives_several_documents(index: Index, folder: Path) -> None:
    data = Path(__file__).parents[1] / "data" / "readers" / "two_articles.txt"
    shutil.copy(data, folder / "two.txt")
    index.sync(folder)
    assert sources(index).count("two.txt") == 2
    write(folder / "two.txt", OWL)
    index.sync(folder)
    assert sources(index).count("two.txt") == 1


def test_progress_counts_files_then_passages(index: Index, folder: Path) -> None:
    told: list[Progress] = []
    index.sync(folder, progress=told.append)
    by_stage = {stage: [each for each in told if each.stage == stage] for stage in ("read", "embed", "publish")}
    assert [each.done for each in by_stage["read"]] == [1, 2]
    assert by_stage["read"][0].detail == "fox.txt"
    for reports in by_stage.values():
        assert reports[-1].done == reports[-1].total > 0
        assert [each.done for each in reports] == sorted(each.done for each in reports)
        assert all(each.seconds_left is None or each.seconds_left >= 0 for each in reports)
