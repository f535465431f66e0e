"""What of a folder is read, and how folders stay apart: links, hidden files, any names, several roots."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from index import Failure, FolderError, Index, SyncReport
from tests.fakes import document
from tests.index.folders import HEN, OWL, check, sources, texts, write


def test_links_are_followed_only_within_the_folder(index: Index, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", OWL)
    write(tmp_path / "docs-private" / "secret.txt", OWL)
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "beside.txt").symlink_to(tmp_path / "docs-private" / "secret.txt")
    (folder / "outside").symlink_to(tmp_path / "docs-private")
    (folder / "inside.txt").symlink_to(folder / "fox.txt")
    (folder / "dangling.txt").symlink_to(folder / "gone.txt")
    (folder / "one.txt").symlink_to(folder / "two.txt")
    (folder / "two.txt").symlink_to(folder / "one.txt")
    report = index.sync(folder)
    assert report.added == ("deep/hen.txt", "fox.txt", "inside.txt")
    reasons = {failure.source: failure.reason.split(";")[0].split(":")[0] for failure in report.failed}
    assert reasons == {
        **dict.fromkeys(["dangling.txt", "one.txt", "two.txt"], "is a link that leads nowhere"),
        **dict.fromkeys(["beside.txt", "outside", "outside.txt"], "is a link that leads out of the folder"),
    }
    assert "Owls" not in str(texts(index))


def test_hidden_files_and_folders_are_skipped(index: Index, folder: Path) -> None:
    write(folder / ".hidden.txt", OWL)
    write(folder / ".git" / "owl.txt", OWL)
    write(folder / "deep" / ".cache" / "owl.txt", OWL)
    assert index.sync(folder).added == ("deep/hen.txt", "fox.txt")


def test_names_of_any_bytes_are_indexed(index: Index, folder: Path) -> None:
    names = [b"caf\xe9.txt", "😀 \u2028 ñ.txt".encode(), b"a\nb.txt", b"%s {x} 'q'.txt", b"no extension"]
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "w") as stream:
            stream.write(OWL)
    report = index.sync(folder)
    assert (len(report.added), report.failed) == (7, ())
    assert "caf\\udce9.txt" in report.added
    assert len(index.sync(folder).unchanged) == 7
    check(index)


def test_an_empty_folder_and_one_that_is_gone(index: Index, folder: Path, tmp_path: Path) -> None:
    index.sync(folder)
    (tmp_path / "nothing").mkdir()
    assert index.sync(tmp_path / "nothing") == SyncReport()
    missing = tmp_path / "missing"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (missing, str(missing), loop, "~nobody-of-that-name/docs"):
        with pytest.raises(FolderError, match="does not exist; give a folder"):
            index.sync(path)
    shutil.rmtree(folder)
    with pytest.raises(FolderError):
        index.sync(folder)
    # Gone altogether it may be a disk that is not mounted: its documents stay.
    assert index.counts()[0] == 2
    folder.mkdir()
    assert index.sync(folder).removed == ("deep/hen.txt", "fox.txt")


def test_a_single_file_can_be_the_root(index: Index, folder: Path) -> None:
    assert index.sync(folder / "fox.txt") == SyncReport(added=("fox.txt",))
    assert index.sync(folder / "fox.txt") == SyncReport(unchanged=("fox.txt",))
    assert sources(index) == ["fox.txt"]


def test_roots_do_not_disturb_each_other(index: Index, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "deep"
    write(other / "fox.txt", OWL)
    # The second root's "deep/" is not the first one's.
    write(other / "hen.txt", OWL + HEN)
    index.add([document("own", "A document of one's own.", source="own.txt")])
    index.sync(folder)
    assert index.sync(other).added == ("deep//fox.txt", "deep//hen.txt")
    assert sources(index) == ["deep//fox.txt", "deep//hen.txt", "deep/hen.txt", "fox.txt", "own.txt"]
    assert len(texts(index)) == 5
    check(index)
    (other / "hen.txt").unlink()
    assert index.sync(other).removed == ("deep//hen.txt",)
    assert index.sync(folder) == SyncReport(unchanged=("deep/hen.txt", "fox.txt"))
    assert sources(index) == ["deep//fox.txt", "deep/hen.txt", "fox.txt", "own.txt"]


def test_a_folder_is_the_same_by_whatever_path(
    index: Index, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (tmp_path / "link", "docs", "./docs/../docs/", "~/docs"):
        assert index.sync(path) == SyncReport(unchanged=("deep/hen.txt", "fox.txt"))


def test_a_subfolder_that_cannot_be_listed_keeps_its_documents(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(folder)
    scandir = os.scandir

    def denied(path: str) -> Any:
        if Path(path).name in blocked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    blocked = {"deep"}
    monkeypatch.setattr("os.scandir", denied)
    report = index.sync(folder)
    assert report.failed == (Failure("deep/", "cannot be listed: Permission denied; check its permissions"),)
    assert (report.unchanged, report.removed) == (("fox.txt",), ())
    blocked = {"docs"}
    with pytest.raises(FolderError, match="docs cannot be listed"):
        index.sync(folder)
    monkeypatch.undo()
    assert index.sync(folder) == SyncReport(unchanged=("deep/hen.txt", "fox.txt"))
