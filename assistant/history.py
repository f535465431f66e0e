"""Conversations that are kept, in SQLite beside the index they were had over."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import ConversationNotFound
from assistant.schema import Answer, Conversation, Turn
from index import StoreError

FILE = "conversations.sqlite"
# Written as user_version: what a later Citeback may have to convert.
_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, began TEXT NOT NULL, changed TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    answer TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (conversation, place)
);
"""
_LONGEST_TITLE = 120
_BUSY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation as a list shows it; times are UTC, ISO 8601."""

    id: str
    title: str
    began: str
    changed: str
    turns: int


class History:
    """The conversations in one folder. Every call opens the file anew, so threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def append(self, answer: Answer, conversation: str | None = None) -> str:
        """The id of the conversation, to which the turn is added whole or not at all; a new one without an id."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._writing() as db:
            if conversation is None:
                conversation = uuid.uuid4().hex[:12]
                title = _storable(" ".join(answer.question.split())[:_LONGEST_TITLE])
                db.execute("INSERT INTO conversations VALUES (?, ?, ?, ?)", (conversation, title, now, now))
            elif not db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation)).rowcount:
                raise _not_found(conversation)
            words = _storable(f"{answer.question}\n{answer.text}").casefold()
            db.execute(
                "INSERT INTO turns SELECT ?, coalesce(max(place) + 1, 0), ?, ? FROM turns WHERE conversation = ?",
                (conversation, json.dumps(answer.to_dict()), words, conversation),
            )
        return conversation

    def conversations(self, containing: str = "") -> list[Kept]:
        """Those whose title, questions or answers hold the words, the one that changed last first."""
        words = [f"%{_escaped(word)}%" for word in containing.casefold().split()]
        held = " AND ".join(
            "(folded(title) LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns WHERE conversation = id AND words LIKE ?"
            " ESCAPE '\\'))"
            for _ in words
        )
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, title, began, changed, (SELECT count(*) FROM turns WHERE conversation = id)"
                f" FROM conversations {'WHERE ' + held if words else ''} ORDER BY changed DESC, rowid DESC",
                [value for word in words for value in (word, word)],
            ).fetchall()
        return [Kept(*row) for row in rows]

    def find(self, beginning: str) -> Kept:
        """The conversation whose id begins so. Raises ConversationNotFound where none or several do."""
        found = [kept for kept in self.conversations() if beginning and kept.id.startswith(beginning)]
        if len(found) != 1:
            raise _not_found(beginning, several=len(found) > 1)
        return found[0]

    def load(self, conversation: str) -> Conversation:
        """The conversation as it was: every answer with its citations as they were given."""
        with self._reading() as db:
            known = db.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation,)).fetchone()
            query = "SELECT answer FROM turns WHERE conversation = ? ORDER BY place"
            rows = db.execute(query, (conversation,)).fetchall()
        if not known:
            raise _not_found(conversation)
        try:
            answers = [Answer.from_dict(json.loads(row[0])) for row in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"a turn of {conversation} in {self._file} is damaged ({error}); delete it") from error
        return Conversation(tuple(Turn(answer.question, answer) for answer in answers))

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title, of which the first 120 characters are kept. Raises for an empty one."""
        title = _storable(" ".join(title.split())[:_LONGEST_TITLE])
        if not title:
            raise ConversationNotFound("the title is empty; give the conversation another")
        with self._writing() as db:
            if not db.execute("UPDATE conversations SET title = ? WHERE id = ?", (title, conversation)).rowcount:
                raise _not_found(conversation)

    def delete(self, conversation: str) -> None:
        """Remove a conversation with all its turns."""
        with self._writing() as db:
            if not db.execute("DELETE FROM conversations WHERE id = ?", (conversation,)).rowcount:
                raise _not_found(conversation)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection whose work is committed at the end, or undone where it fails."""
        with self._open(self._file.absolute().as_uri()) as db, db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = FULL")
            if self._version(db) == 0:
                db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that makes no file; where nothing was kept yet it is empty.

        It may write, as it must to undo what a kill has left half done.
        """
        if self._file.exists():
            with self._open(f"{self._file.absolute().as_uri()}?mode=rw") as db:
                if self._version(db):
                    yield db
                    return
        with self._open(":memory:") as db:
            db.executescript(_TABLES)
            yield db

    def _version(self, db: sqlite3.Connection) -> int:
        """Of the file: 0 where it is new. Raises StoreError for one that a later Citeback wrote."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > _VERSION:
            raise StoreError(
                f"the conversations in {self._file} have version {version}, this Citeback reads {_VERSION}; update it"
            )
        return version

    @contextmanager
    def _open(self, name: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(name, timeout=_BUSY_SECONDS, uri=name != ":memory:")) as db:
                db.create_function("folded", 1, str.casefold, deterministic=True)
                yield db
        except sqlite3.OperationalError as error:
            fix = "is it in use, read-only, or the disk full?"
            raise StoreError(f"the conversations in {self._file} cannot be used ({error}); {fix}") from error
        except sqlite3.DatabaseError as error:
            fix = "move the file away, and a new one is made"
            raise StoreError(f"the conversations in {self._file} are damaged ({error}); {fix}") from error


def _storable(text: str) -> str:
    """The text without halves of characters, which cannot be stored."""
    return text.encode("utf-8", "replace").decode()


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _not_found(conversation: str, *, several: bool = False) -> ConversationNotFound:
    told = "several conversations begin with" if several else "there is no conversation"
    return ConversationNotFound(f"{told} {conversation!r}; `citeback conversations` lists them")
