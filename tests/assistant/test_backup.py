"""A backup holds all there is at one moment, comes back as it was, and nothing that is none is put anywhere."""

import errno
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from assistant import Answer, Assistant
from assistant.archives import FORMAT
from assistant.backup import back_up, restore
from assistant.doctor import examine
from assistant.errors import BackupError
from assistant.history import History
from assistant.placing import kept_beside
from evals.keeping import keep, kept_suite
from evals.loading import read_suite
from index import Index
from tests.assistant.corpus import FILES, assistant_over, embedder, settings, write
from tests.fakes import HashEmbedder, document

QUERIES = ("When was the bridge closed?", "a day ticket", "repairs", "upload about whales")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """An assistant with all that is kept: uploads, conversations, those of a user, suites. Not to be changed."""
    base = tmp_path_factory.mktemp("source")
    with (assistant := assistant_over(write(base / "docs"), base / "index")).index:
        assistant.add_files([write(base / "new", {"whales.txt": "An upload about whales.\n"}) / "whales.txt"])
        talk = assistant.chat(keep=True)
        talk.ask(QUERIES[0])
        keep(talk.conversation, 0, "right", kept_suite(assistant.home), docs=assistant.folder)
        own = assistant.of_user("ab12")
        other = own.chat(keep=True)
        other.ask(QUERIES[1])
        keep(other.conversation, 0, "wrong", kept_suite(own.home), docs=assistant.folder)
        yield assistant


@pytest.fixture(scope="module")
def file(source: Assistant) -> Path:
    """A backup of it."""
    back_up(source.home, source.home.with_name("backup.zip"))
    return source.home.with_name("backup.zip")


@pytest.fixture
def home(file: Path, tmp_path: Path) -> Path:
    """An index like it, which may be changed."""
    return restore(file, tmp_path / "index").home


def opened(home: Path) -> Index:
    return Index.open(home, embedder=embedder())


def held(index: Index) -> tuple[object, ...]:
    """Everything that is in an index, and what is found in it."""
    found = [[(hit.chunk, round(hit.score, 5)) for hit in index.search(query, k=5)] for query in QUERIES]
    return index.counts(), index.waiting(), [index.document(info.id) for info in index.documents()], found


def refused(call: Callable[[], object], *words: str) -> str:
    """The one line of the error, which holds the words."""
    with pytest.raises(BackupError) as caught:
        call()
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said
    return said


def around(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with what is in it; but for locks, and what SQLite keeps while a file is open."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(f.relative_to(folder)): f.read_bytes() for f in files if not f.name.endswith(("-wal", "-shm"))}


# There and back


def test_what_comes_back_is_what_there_was(source: Assistant, file: Path, tmp_path: Path) -> None:
    done = restore(file, tmp_path / "elsewhere" / "again")
    assert (done.home, done.aside) == (tmp_path / "elsewhere" / "again", None)
    assert (done.manifest.documents, done.manifest.passages) == source.index.counts()
    assert (done.manifest.conversations, done.manifest.uploads, done.manifest.model) == (2, 1, "hash (4096)")
    with opened(done.home) as index:
        assert held(index) == held(source.index)
        again = Assistant(index, settings=settings())
        for one, other in ((source, again), (source.of_user("ab12"), again.of_user("ab12"))):
            [kept] = one.history.conversations()
            assert other.history.conversations() == [kept]
            assert other.history.load(kept.id) == one.history.load(kept.id)
        for suite in (kept_suite(done.home), kept_suite(again.of_user("ab12").home)):
            assert len(read_suite(suite).cases) == 1
            assert read_suite(suite).gate is not None
    assert (done.home / "uploads" / "whales.txt").read_text() == "An upload about whales.\n"
    assert sorted(path.name for path in done.home.parent.iterdir()) == [
        *("again", "again-kept.gate.toml", "again-kept.jsonl", "again-kept.yaml"),
    ]


def test_what_comes_back_is_in_order_and_indexed(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", embedder=HashEmbedder(name="all-MiniLM-L6-v2", dimension=384)) as index:
        index.add([document("a", "One. Two."), document("b", "Three.")])
    back_up(tmp_path / "index", tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "again")
    assert [path.name for path in (tmp_path / "again" / "derived").iterdir()] == ["000002"]
    checks = {check.name: check for check in examine(settings(), docs=tmp_path, index=tmp_path / "again")}
    assert checks["index"].ok
    assert checks["index"].found.startswith("2 documents, 2 passages, each the text at its place, generation 2")


def test_uploads_and_the_folder_are_followed_where_they_are_now(source: Assistant, file: Path, tmp_path: Path) -> None:
    assert source.folder
    shutil.copytree(source.folder, tmp_path / "moved")
    home = restore(file, tmp_path / "again", folder=tmp_path / "moved").home
    with opened(home) as index:
        before = held(index)
        assert index.sync(tmp_path / "moved").unchanged == tuple(sorted(FILES))
        assert index.sync(home / "uploads").unchanged == ("uploads//whales.txt",)
        assert held(index) == before
        write(tmp_path / "moved", {"notes.txt": "Other notes.\n"})
        assert index.sync(tmp_path / "moved").updated == ("notes.txt",)
    write(tmp_path / "other", {"else.md": "Something else."})
    refused(lambda: restore(file, tmp_path / "third", folder=tmp_path / "other"), "holds no file of", "--index")
    assert not (tmp_path / "third").exists()


def test_a_folder_stays_where_it_was_unless_another_is_named(source: Assistant, file: Path, tmp_path: Path) -> None:
    assert source.folder
    for folder in (None, source.folder):
        home = restore(file, tmp_path / f"again-{folder is None}", folder=folder).home
        with opened(home) as index:
            assert index.sync(source.folder).unchanged == tuple(sorted(FILES))


def test_an_index_without_anything_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path / "index"):
        pass
    manifest = back_up(tmp_path / "index", tmp_path / "b.zip")
    assert (manifest.documents, manifest.model, list(manifest.files)) == (0, None, ["catalog.sqlite"])
    with opened(restore(tmp_path / "b.zip", tmp_path / "again").home) as index:
        assert index.counts() == (0, 0)


def test_an_upload_whose_name_is_no_text_is_not_lost(home: Path, file: Path, tmp_path: Path) -> None:
    uploads = home / "uploads"
    Path(os.fsdecode(os.fsencode(uploads) + b"/\xff odd.txt")).write_text("Odd.")
    (uploads / ".half.part").write_text("Ha")
    (uploads / "link.txt").symlink_to(file)
    back_up(home, tmp_path / "b.zip")
    again = restore(tmp_path / "b.zip", tmp_path / "again").home
    assert sorted(path.name for path in (again / "uploads").iterdir()) == ["%FF%20odd.txt", "whales.txt"]


def test_the_suite_is_where_those_who_keep_it_look(tmp_path: Path) -> None:
    for home in (tmp_path / "index", tmp_path / "my.index"):
        suite = kept_suite(home)
        named = {".yaml": suite, ".jsonl": suite.with_suffix(".jsonl"), ".gate.toml": suite.with_suffix(".gate.toml")}
        assert kept_beside(home) == named


def test_progress_is_told(source: Assistant, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    back_up(source.home, tmp_path / "b.zip", tell=lambda *news: told.append(news))
    restore(tmp_path / "b.zip", tmp_path / "again", tell=lambda *news: told.append(news))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["copy", "pack", "unpack", "index"]
    assert all(done <= total for _, done, total in told)
    last = {stage: (done, total) for stage, done, total in told}
    assert all(done == total for done, total in last.values())


# Where it is written


def test_a_file_is_replaced_only_by_force(source: Assistant, tmp_path: Path) -> None:
    home, file = source.home, tmp_path / "b.zip"
    file.write_text("mine")
    refused(lambda: back_up(home, file), "exists", "--force")
    assert file.read_text() == "mine"
    back_up(home, file, force=True)
    assert zipfile.is_zipfile(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def comes(stage: str, done: int, total: int) -> None:
        (tmp_path / "c.zip").write_text("came meanwhile")

    refused(lambda: back_up(home, tmp_path / "c.zip", tell=comes), "exists")
    assert (tmp_path / "c.zip").read_text() == "came meanwhile"


def test_a_disk_without_links_will_do(source: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", none)
    back_up(source.home, tmp_path / "b.zip")
    refused(lambda: back_up(source.home, tmp_path / "b.zip"), "exists")


def test_what_cannot_be_backed_up_or_not_there(source: Assistant, tmp_path: Path) -> None:
    home, docs = source.home, source.folder
    assert docs
    before = around(docs.parent)
    refused(lambda: back_up(tmp_path / "none", tmp_path / "b.zip"), "holds no index")
    refused(lambda: back_up(home, tmp_path), "name a file")
    refused(lambda: back_up(home, tmp_path / "nowhere" / "b.zip"), "name a file")
    # It would become a document with the next sync, and with it all conversations.
    refused(lambda: back_up(home, docs / "b.zip"), "would be indexed")
    refused(lambda: back_up(home, home / "uploads" / "b.zip"), "would be indexed")
    assert around(docs.parent) == before
    assert around(tmp_path) == {}


def test_a_damaged_index_is_not_backed_up(tmp_path: Path) -> None:
    with opened(tmp_path / "index") as index:
        index.add([document(f"d{n}", "The fox ran home at night. " * 20 + str(n)) for n in range(40)])
    catalog = tmp_path / "index" / "catalog.sqlite"
    whole = catalog.read_bytes()
    catalog.write_bytes(whole[:40_960] + os.urandom(8_192) + whole[49_152:])
    refused(lambda: back_up(tmp_path / "index", tmp_path / "b.zip"), "cannot be backed up", "damaged")
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@pytest.mark.parametrize("stage", ["copy", "pack", "unpack", "index"])
@pytest.mark.parametrize("how", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_what_is_stopped_leaves_nothing(
    source: Assistant, file: Path, tmp_path: Path, stage: str, how: BaseException
) -> None:
    def stop(at: str, done: int, total: int) -> None:
        if at == stage:
            raise how

    def run() -> None:
        back_up(source.home, tmp_path / "other.zip", tell=stop)
        restore(file, tmp_path / "again", tell=stop)

    with pytest.raises((BackupError, KeyboardInterrupt), match=r"No space|^$"):
        run()
    assert [path.name for path in tmp_path.iterdir()] == ([] if stage in ("copy", "pack") else ["other.zip"])


def test_what_kills_left_is_swept_and_what_is_in_use_is_not(source: Assistant, tmp_path: Path) -> None:
    left, used = (tmp_path / f".citeback-unfinished-{name}" for name in ("left", "used"))
    left.mkdir()
    write(used, {"packed": "being made"})
    with FileLock(used / "lock"):
        back_up(source.home, tmp_path / "b.zip")
    assert not left.exists()
    assert (used / "packed").exists()


# Where it is put


def test_an_index_that_is_there_is_moved_aside_by_force_alone(home: Path, file: Path, tmp_path: Path) -> None:
    before = around(tmp_path)
    refused(lambda: restore(file, home), "holds an index", "--force")
    with opened(home) as index:
        refused(lambda: restore(file, home, force=True), "in use")
        assert around(tmp_path) == before
        index.add([document("later", "Added after the backup.")])
    done = restore(file, home, force=True)
    assert done.aside
    assert re.fullmatch(r"index\.before-\d{8}-\d{6}", done.aside.name)
    with opened(home) as index, opened(done.aside) as old:
        assert (index.counts()[0], old.counts()[0]) == (4, 5)
    assert len(read_suite(done.aside / "index-kept.yaml").cases) == 1
    assert len(read_suite(kept_suite(home)).cases) == 1
    assert restore(file, home, force=True).aside not in (None, done.aside)


def test_a_broken_index_can_be_replaced(home: Path, file: Path) -> None:
    (home / "catalog.sqlite").write_bytes(b"no database " * 1000)
    assert restore(file, home, force=True).aside
    (home / "catalog.sqlite").unlink()
    refused(lambda: restore(file, home), "holds an index")
    assert restore(file, home, force=True).aside
    with opened(home) as index:
        assert index.counts()[0] == 4


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_index_is_left_alone(file: Path, tmp_path: Path, force: bool) -> None:
    write(tmp_path / "photos", {"a.jpg": "a"})
    refused(lambda: restore(file, tmp_path / "photos", force=force), "other things than an index")
    refused(lambda: restore(file, file, force=force), "no folder")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    assert restore(file, tmp_path / "link", force=force).home == tmp_path / "empty"


def test_a_suite_of_another_index_is_not_lost(file: Path, tmp_path: Path) -> None:
    write(tmp_path, {"again-kept.jsonl": "mine\n"})
    refused(lambda: restore(file, tmp_path / "again"), "again-kept.jsonl exists", "--force")
    aside = restore(file, tmp_path / "again", force=True).aside
    assert aside
    assert around(aside) == {"again-kept.jsonl": b"mine\n"}
    # What a restore that was killed has put there already is no other's.
    shutil.rmtree(tmp_path / "again")
    assert restore(file, tmp_path / "again").aside is None


@pytest.mark.parametrize("place", ["index", "fresh"])
def test_what_fails_at_the_last_step_is_undone(
    home: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    write(tmp_path, {"fresh-kept.gate.toml": "# mine\n"})
    before, rename = around(tmp_path), os.rename

    def failing(source: Path, target: Path) -> None:
        if Path(source).parent.name.startswith(".citeback-"):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    refused(lambda: restore(file, tmp_path / place, force=True), "cannot be restored", "Input/output error")
    assert around(tmp_path) == before


# What is not trusted


def parts(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def told(parts: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The parts of a backup with a manifest that fits them, but for the changes."""
    manifest = json.loads(parts["manifest.json"])
    files = {n: {"size": len(p), "sha256": hashlib.sha256(p).hexdigest()} for n, p in parts.items() if n[:3] != "man"}
    manifest |= {"files": files, **changes}
    return {**parts, "manifest.json": json.dumps(manifest).encode()}


def packed(parts: dict[str, bytes], file: Path, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def later_catalog(parts: dict[str, bytes], work: Path, *, statement: str, name: str = "catalog.sqlite") -> bytes:
    (work / "altered").write_bytes(parts[name])
    with closing(sqlite3.connect(work / "altered")) as db, db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute(statement)
    return (work / "altered").read_bytes()


NAMES = (
    *("../evil", "uploads/../../evil", "/etc/evil", "uploads//evil", "uploads/./evil", "evil", "uploads/a\\..\0/evil"),
    *(
        "derived/000001/manifest.json",
        "users/u/catalog.sqlite-wal",
        "catalog.sqlite-wal",
        "uploads",
        "uploads/",
        "C:/x",
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_its_folder(file: Path, tmp_path: Path, name: str) -> None:
    evil = packed(told({**parts(file), name: b"evil"}), tmp_path / "evil.zip")
    before = around(tmp_path)
    refused(lambda: restore(evil, tmp_path / "again"), "evil.zip")
    assert around(tmp_path) == before
    assert not (tmp_path.parent / "evil").exists()


def test_what_manifest_and_directory_do_not_agree_on(file: Path, tmp_path: Path) -> None:
    good = parts(file)
    files = json.loads(good["manifest.json"])["files"]
    catalog = files["catalog.sqlite"]

    def evil(words: str, content: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> None:
        before = around(tmp_path)
        made = packed(content, tmp_path / "evil.zip", how)
        refused(lambda: restore(made, tmp_path / "again"), words, "evil.zip")
        made.unlink()
        assert around(tmp_path) == before

    evil("names other files", {**good, "uploads/more.txt": b"more"})
    evil("names other files", {name: part for name, part in good.items() if name != "uploads/whales.txt"})
    evil("names other files", told({name: part for name, part in good.items() if name != "catalog.sqlite"}))
    for size in (catalog["size"] + 1, 0, 1 << 60):
        changed = {**files, "catalog.sqlite": {**catalog, "size": size}}
        evil("not packed as", told(good, files=changed))
    changed = {**files, "catalog.sqlite": {**catalog, "sha256": "0" * 64}}
    evil("not what was backed up", told(good, files=changed))
    evil("has no manifest", {name: part for name, part in good.items() if name != "manifest.json"})
    for manifest in (b"{", b"[]", b"\xff", b'{"format": 1}', good["manifest.json"].replace(b'"size": ', b'"size": -')):
        evil("manifest", {**good, "manifest.json": manifest})
    evil("not packed as", told(good), zipfile.ZIP_BZIP2)
    evil("not packed as", told(good), zipfile.ZIP_LZMA)
    evil("documents, passages", told(good, documents=77))


def test_a_later_format_says_so(file: Path, tmp_path: Path) -> None:
    for changes in ({"format": FORMAT + 1}, {"format": FORMAT + 1, "new": True}):
        evil = packed(told(parts(file), **changes), tmp_path / "evil.zip")
        refused(lambda evil=evil: restore(evil, tmp_path / "again"), f"format {FORMAT + 1}", "update Citeback")  # type: ignore[misc]


def test_databases_that_cannot_be_opened(file: Path, tmp_path: Path) -> None:
    good = parts(file)
    later = later_catalog(good, tmp_path, statement="UPDATE meta SET value = '99' WHERE key = 'format'")
    talks = later_catalog(good, tmp_path, statement="PRAGMA user_version = 9", name="conversations.sqlite")
    for name, content, words in (
        ("catalog.sqlite", later, "has format 99"),
        ("conversations.sqlite", talks, "have version 9"),
        ("catalog.sqlite", b"no database" * 500, "catalog.sqlite"),
        ("conversations.sqlite", good["conversations.sqlite"][:4096], "conversations"),
        ("catalog.sqlite", good["catalog.sqlite"][:20_480] + b"\xa5" * 8_192 + good["catalog.sqlite"][28_672:], ""),
    ):
        evil = packed(told({**good, name: content}), tmp_path / "evil.zip")
        said = refused(lambda evil=evil: restore(evil, tmp_path / "again"), words, "evil.zip")  # type: ignore[misc]
        assert ".citeback-unfinished" not in said
        assert not (tmp_path / "again").exists()


def test_no_bomb_goes_off(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(told({**parts(file), "users/u/conversations.sqlite": bytes(70 << 20)}), tmp_path / "bomb.zip")
    assert bomb.stat().st_size < 1 << 20
    began = time.monotonic()
    refused(lambda: restore(bomb, tmp_path / "again"), "would unpack to 70 MiB")
    assert time.monotonic() - began < 1
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 1000))
    refused(lambda: restore(file, tmp_path / "again"), "make room")
    assert not (tmp_path / "again").exists()


def test_files_that_share_one_stretch_are_refused(file: Path, tmp_path: Path) -> None:
    """As in a bomb of Fifield's: many names in the directory, one stretch of the file."""
    evil = packed(told({**parts(file), "uploads/a": b"x" * 5000, "uploads/b": b"x" * 5000}), tmp_path / "evil.zip")
    with zipfile.ZipFile(evil) as archive:
        a, b = (archive.getinfo(name).header_offset for name in ("uploads/a", "uploads/b"))
    content = evil.read_bytes()
    directory = content.rfind(b"PK\x01\x02", 0, content.rfind(b"uploads/b"))
    altered = content[directory:].replace(b.to_bytes(4, "little"), a.to_bytes(4, "little"), 1)
    evil.write_bytes(content[:directory] + altered)
    refused(lambda: restore(evil, tmp_path / "again"), "evil.zip")


def test_what_is_no_backup(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    for name, made in {
        "empty.zip": b"",
        "text.zip": b"hello",
        "cut.zip": content[: len(content) // 2],
        "headless.zip": content[len(content) // 2 :],
        "other.zip": b"PK\x05\x06" + bytes(18),
    }.items():
        (tmp_path / name).write_bytes(made)
        refused(lambda name=name: restore(tmp_path / name, tmp_path / "again"), name)  # type: ignore[misc]
    refused(lambda: restore(tmp_path / "none.zip", tmp_path / "again"), "No such file")
    refused(lambda: restore(tmp_path, tmp_path / "again"), "directory")
    assert not (tmp_path / "again").exists()


@pytest.mark.slow
def test_whatever_byte_is_damaged_it_is_seen_or_does_not_matter(tmp_path: Path) -> None:
    with opened(tmp_path / "index") as index:
        index.add([document("a", "The fox ran home at night. The owl hunts mice.")])
        before = held(index)
    History(tmp_path / "index").append(Answer("Q?", "Q?", "A.", "extractive"))
    back_up(tmp_path / "index", tmp_path / "b.zip")
    content, chance = (tmp_path / "b.zip").read_bytes(), random.Random(3)
    # All of the directory at the end is tried, and a sample of the rest.
    end = content.index(b"PK\x01\x02")
    places = [*chance.sample(range(end), 150), *range(end, len(content), 2)]
    seen = 0
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << chance.randrange(8)
        (tmp_path / "d.zip").write_bytes(damaged)
        try:
            home = restore(tmp_path / "d.zip", tmp_path / "again").home
        except BackupError:
            assert not (tmp_path / "again").exists()
            seen += 1
            continue
        with opened(home) as index:
            assert held(index) == before
        shutil.rmtree(home)
    # What does not matter are times, permissions and the version of what packed it.
    assert seen > 150
    assert not list(tmp_path.glob(".citeback-*"))
