"""Where indexes and uploads live."""

from pathlib import Path

import pytest

import assistant.home
from assistant.home import default_folder, index_home, take_in
from index import FolderError
from tests.assistant.corpus import settings


def test_the_documents_of_the_setting_else_the_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_folder(settings(docs=tmp_path)) == tmp_path
    assert default_folder(settings()).name == "seeds"
    monkeypatch.setattr(assistant.home, "_SEEDS", tmp_path / "gone")
    with pytest.raises(FolderError, match="give --docs FOLDER or set CITEBACK_DOCS"):
        default_folder(settings())


def test_each_folder_has_an_index_of_its_own(tmp_path: Path) -> None:
    here = settings(data_dir=tmp_path / "data")
    homes = {name: index_home(tmp_path / name, here) for name in ("a/docs", "b/docs", "Über uns", "日本", "x" * 200)}
    assert len(set(homes.values())) == len(homes)
    for home in homes.values():
        assert home.parent == tmp_path / "data" / "indexes"
        assert len(home.name) <= 60
    assert homes["a/docs"].name.startswith("docs-")
    assert index_home(tmp_path / "a" / "docs", here) == homes["a/docs"]
    assert index_home(Path("/"), here).name.startswith("documents-")
    assert not (tmp_path / "data").exists()


def test_without_a_setting_indexes_live_in_the_users_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert index_home(tmp_path / "docs", settings()).is_relative_to(tmp_path)


def test_uploads_are_copied_by_name(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    for name, text in (("a.txt", "one"), (".hidden", "two"), ("...", "three")):
        (tmp_path / "new" / name).write_text(text)
    uploads = take_in([tmp_path / "new" / "a.txt", str(tmp_path / "new" / ".hidden")], tmp_path / "deep" / "uploads")
    assert {path.name: path.read_text() for path in uploads.iterdir()} == {"a.txt": "one", "hidden": "two"}
    (tmp_path / "new" / "a.txt").write_text("changed")
    take_in([tmp_path / "new" / "a.txt"], uploads)
    assert (uploads / "a.txt").read_text() == "changed"
    take_in([tmp_path / "new" / "..."], uploads)
    assert (uploads / "upload").read_text() == "three"
    assert len(list(uploads.iterdir())) == 3


def test_files_that_come_together_with_one_name_are_all_kept(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "readme.md").write_text(folder, encoding="utf-8")
    files = [tmp_path / "a" / "readme.md", tmp_path / "b" / "readme.md"]
    uploads = take_in(files, tmp_path / "uploads")
    assert {path.name: path.read_text(encoding="utf-8") for path in uploads.iterdir()} == {
        "readme.md": "a",
        "readme (2).md": "b",
    }
    # One that comes later is the same file anew.
    take_in(files[1:], tmp_path / "uploads")
    assert (uploads / "readme.md").read_text(encoding="utf-8") == "b"
