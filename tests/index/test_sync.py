"""A folder and the index hold the same after every sync, and what did not change costs nothing."""

import os
import shutil
from pathlib import Path

import pytest

from index import Failure, FolderError, Index, Limits, Progress, SyncReport
from index.ingest import text_hash
from index.looks import look_at
from index.sandbox import Outcome
from tests.fakes import HashEmbedder
from tests.index.folders import FOX, HEN, OWL, check, sources, texts, write

TWO_ARTICLES = Path(__file__).parents[1] / "data" / "readers" / "two_articles.txt"


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


def never(*_: object, **__: object) -> None:
    raise AssertionError("this was not to be done")


def test_an_unchanged_folder_costs_nothing(
    index: Index, folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    generation, encoded = index.derived().generation, list(embedder.encoded)
    monkeypatch.setattr("index.sandbox.Sandbox.read", never)
    assert index.sync(folder) == SyncReport(unchanged=("deep/hen.txt", "fox.txt"))
    assert (index.derived().generation, embedder.encoded) == (generation, encoded)


def test_a_touched_file_is_read_once_and_not_parsed_again(
    index: Index, folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    generation, encoded = index.derived().generation, list(embedder.encoded)
    os.utime(folder / "fox.txt", ns=(1, 1))
    monkeypatch.setattr("index.sync.prepare", never)
    assert index.sync(folder).unchanged == ("deep/hen.txt", "fox.txt")
    monkeypatch.setattr("index.sandbox.Sandbox.read", never)
    assert index.sync(folder).unchanged == ("deep/hen.txt", "fox.txt")
    assert (index.derived().generation, embedder.encoded) == (generation, encoded)
    check(index)


def test_the_time_of_a_file_written_just_now_proves_nothing(index: Index, folder: Path) -> None:
    (folder / "fox.txt").write_text(FOX)
    status = (folder / "fox.txt").stat()
    index.sync(folder)
    (folder / "fox.txt").write_text(FOX.replace("fox", "cat"))
    os.utime(folder / "fox.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index.sync(folder).updated == ("fox.txt",)


def test_a_change_of_the_same_size_is_seen(index: Index, folder: Path) -> None:
    index.sync(folder)
    status = (folder / "fox.txt").stat()
    write(folder / "fox.txt", FOX.replace("fox", "cat"))
    os.utime(folder / "fox.txt", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert index.sync(folder).updated == ("fox.txt",)
    assert any("cat" in text for text in texts(index))


@pytest.mark.parametrize("title", ["", "Foxes at night\n\nBy A. Writer\n\n"])
def test_a_moved_file_keeps_its_ids_and_vectors(
    index: Index, folder: Path, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    write(folder / "fox.txt", title + FOX)
    index.sync(folder)
    encoded = list(embedder.encoded)
    [before] = [info for info in index.documents() if info.source == "fox.txt"]
    (folder / "moved").mkdir()
    (folder / "fox.txt").rename(folder / "moved" / "renamed.txt")
    with monkeypatch.context() as patched:
        patched.setattr("index.sandbox.Sandbox.read", never)
        report = index.sync(folder)
    assert (report.added, report.removed) == (("moved/renamed.txt",), ("fox.txt",))
    assert report.moved == (("fox.txt", "moved/renamed.txt"),)
    assert embedder.encoded == encoded
    after = index.infos([before.id])[before.id]
    # A title made of the file's name goes with the name.
    assert (after.source, after.title) == ("moved/renamed.txt", before.title if title else "Renamed")
    check(index)
    # What comes in its place is another document, however often it changes.
    for text in (OWL, HEN + OWL):
        write(folder / "fox.txt", text)
        index.sync(folder)
        assert sources(index) == ["deep/hen.txt", "fox.txt", "moved/renamed.txt"]
        assert len({info.id for info in index.documents()}) == 3
        check(index)


def test_files_that_swap_names(index: Index, folder: Path) -> None:
    write(folder / "owl.txt", OWL)
    index.sync(folder)
    (folder / "owl.txt").rename(folder / "x")
    (folder / "fox.txt").rename(folder / "owl.txt")
    (folder / "x").rename(folder / "fox.txt")
    assert index.sync(folder).updated == ("fox.txt", "owl.txt")
    found = {info.source: index.document(info.id).text for info in index.documents()}
    assert "fox" in found["owl.txt"]
    assert "Owls" in found["fox.txt"]
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
    hashes = [text_hash(text) for text in embedder.encoded]
    assert len(index._catalog.vectors.known(hashes)) == len(hashes) - 1
    check(index)


def test_a_file_that_can_no_longer_be_parsed_loses_its_documents(index: Index, folder: Path) -> None:
    index.sync(folder)
    write(folder / "fox.txt", b"\x89PNG\r\n\x1a\n and so on")
    for _ in range(2):
        [failure] = index.sync(folder).failed
        assert failure.source == "fox.txt"
        assert "PNG image" in failure.reason
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

    denied = Outcome(look=look_at(folder), unopened="cannot be opened: Permission denied; check its permissions")
    monkeypatch.setattr("index.sandbox.Sandbox.read", lambda *_, **__: denied)
    report = index.sync(folder)
    assert report.failed == (Failure("fox.txt", "cannot be opened: Permission denied; check its permissions"),)
    assert report.removed == ()
    assert texts(index) == sorted([FOX.strip(), HEN.strip()])
    monkeypatch.undo()
    assert index.sync(folder).updated == ("fox.txt",)
    check(index)


def test_a_file_of_several_articles_gives_several_documents(index: Index, folder: Path) -> None:
    shutil.copy(TWO_ARTICLES, folder / "two.txt")
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
    assert {each.detail for each in by_stage["read"]} == {"fox.txt", "deep/hen.txt"}
    for reports in by_stage.values():
        assert reports[-1].done == reports[-1].total > 0
        assert [each.done for each in reports] == sorted(each.done for each in reports)
        assert all(each.seconds_left is None or each.seconds_left >= 0 for each in reports)
        assert all(each.rate is None or each.rate > 0 for each in reports)


def test_a_failure_is_tried_again_when_asked_and_when_limits_are_raised(folder: Path, tmp_path: Path) -> None:
    write(folder / "long.txt", "Soup is hot. " * 200_000)
    write(folder / "empty.txt", "")
    with Index.open(tmp_path / "home", embedder=HashEmbedder(), limits=Limits(output_mb=1)) as index:
        for _ in range(2):
            reasons = {failure.source: failure.reason for failure in index.sync(folder).failed}
            assert reasons["long.txt"].startswith("long.txt holds 2 MB of text, and 1 are the most that is read; ")
            assert "empty.txt" in reasons
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        assert [failure.source for failure in index.sync(folder).failed] == ["empty.txt"]
        assert "long.txt" in sources(index)
        told: list[Progress] = []
        index.sync(folder, retry=True, progress=told.append)
        assert [each.detail for each in told if each.stage == "read"] == ["empty.txt"]


def test_a_folder_inside_one_that_is_followed_is_not_indexed_twice(index: Index, folder: Path) -> None:
    index.sync(folder)
    write(folder / "owl.txt", OWL)
    write(folder / "deep" / "owl.txt", OWL)
    assert index.sync(folder / "deep") == SyncReport(added=("deep/owl.txt",), unchanged=("deep/hen.txt",))
    assert index.sync(folder / "deep" / "hen.txt") == SyncReport(unchanged=("deep/hen.txt",))
    assert index.sync(folder / "owl.txt") == SyncReport(added=("owl.txt",))
    assert sources(index) == ["deep/hen.txt", "deep/owl.txt", "fox.txt", "owl.txt"]


def test_a_folder_around_one_that_is_followed_takes_it_over(index: Index, folder: Path, embedder: HashEmbedder) -> None:
    index.sync(folder / "deep")
    encoded = list(embedder.encoded)
    report = index.sync(folder)
    assert (report.added, report.unchanged) == (("fox.txt",), ("deep/hen.txt",))
    assert sources(index) == ["deep/hen.txt", "fox.txt"]
    assert [text for text in embedder.encoded[len(encoded) :] if "hen" in text] == []
    check(index)


def test_the_folder_of_the_index_is_no_document(folder: Path) -> None:
    with Index.open(folder / "index", embedder=HashEmbedder()) as index:
        for _ in range(2):
            assert index.sync(folder).failed == ()
        write(folder / "index" / "uploads" / "owl.txt", OWL)
        assert index.sync(folder / "index" / "uploads").added == ("uploads//owl.txt",)
        assert index.sync(folder).unchanged == ("deep/hen.txt", "fox.txt")


def test_a_machine_that_cannot_cut_costs_no_document(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    write(folder / "fox.txt", OWL)

    def failing(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("index.sync.prepare", failing)
        [failure] = index.sync(folder).failed
        assert (failure.source, "MemoryError" in failure.reason) == ("fox.txt", True)
        assert FOX.strip() in texts(index)
    assert index.sync(folder).updated == ("fox.txt",)
    assert OWL.strip() in texts(index)


def test_articles_keep_apart_where_a_name_is_used_again(index: Index, folder: Path) -> None:
    shutil.copy(TWO_ARTICLES, folder / "news.txt")
    index.sync(folder)
    (folder / "news.txt").rename(folder / "old.txt")
    index.sync(folder)
    write(folder / "news.txt", TWO_ARTICLES.read_text().replace("Trams", "Cars"))
    index.sync(folder)
    assert sorted(sources(index)) == ["deep/hen.txt", "fox.txt", "news.txt", "news.txt", "old.txt", "old.txt"]
    write(folder / "news.txt", TWO_ARTICLES.read_text().replace("Trams", "Buses"))
    assert index.sync(folder).updated == ("news.txt",)
    assert len(sources(index)) == 6


def test_files_without_passages_are_remembered_along_the_way(index: Index, tmp_path: Path) -> None:
    for n in range(300):
        write(tmp_path / "docs" / f"{n}.txt", "")

    def stopped(news: Progress) -> None:
        if news.stage == "read" and news.done == 299:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.sync(tmp_path / "docs", progress=stopped)
    assert len(index._catalog.followed.files(str(tmp_path / "docs"))) >= 256


def test_folders_that_are_gone_are_taken_over_apart(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "s1" / "x.txt", FOX)
    write(tmp_path / "s2" / "x.txt", HEN)
    for folder in ("s1", "s2"):
        index.sync(tmp_path / folder)
    (tmp_path / "s2" / "x.txt").rename(tmp_path / "x.txt")
    for folder in ("s1", "s2"):
        shutil.rmtree(tmp_path / folder)
    report = index.sync(tmp_path)
    assert report.moved == (("s2/x.txt", "x.txt"),)
    assert texts(index) == [HEN.strip()]


def test_the_index_itself_is_no_folder_of_documents(index: Index) -> None:
    with pytest.raises(FolderError, match="where the index itself is kept"):
        index.sync(index.home)
