"""Users, their sessions and keys, in one SQLite file. Of what is secret only hashes are kept."""

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from assistant.errors import AccountError
from index.database import Database

from .callers import SCOPES, Caller, Scope

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, admin INTEGER NOT NULL, made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
  hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, used REAL NOT NULL,
  made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS libraries (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  everyone TEXT NOT NULL DEFAULT '', made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS members (
  library TEXT NOT NULL REFERENCES libraries (id) ON DELETE CASCADE,
  user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, role TEXT NOT NULL, PRIMARY KEY (library, user));
"""
FILE: Final = "accounts.sqlite"
# A session ends so long after it was last used, and however busy after so long.
IDLE_SECONDS: Final = 8 * 3600.0
LONGEST_SECONDS: Final = 30 * 86_400.0
LEAST_PASSWORD: Final = 10
_KEY: Final = re.compile(r"cb_([0-9a-f]{8})_([\w-]{40,60})")
_NAME: Final = re.compile(r"[\w.@+-]{1,64}")
# Seconds between two notes that a session is in use: not every request has to write.
_NOTE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account."""

    id: str
    name: str
    admin: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its secret."""

    id: str
    user: str
    name: str
    scopes: frozenset[Scope]


class Accounts(Database):
    """The open file. Raises AccountError for what there is not, and for what cannot be."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / FILE, schema=_SCHEMA, format_version="1")
        self.path.chmod(0o600)
        self._hasher = PasswordHasher()
        # What a name nobody has is compared with, so that it takes as long as one somebody has.
        self._nobody = self._hasher.hash(secrets.token_hex())

    # Users

    def add_user(self, name: str, password: str, *, admin: bool = False) -> User:
        """The new user, who has a library of their own."""
        name = _name(name)
        user = User(secrets.token_hex(6), name, admin)
        values = (user.id, user.name, self._hashed(password), user.admin, time.time())
        with self.transaction() as db:
            if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise AccountError(f"there is a user {name!r} already; choose another name")
            db.execute("INSERT INTO users VALUES (?, ?, ?, ?, ?)", values)
            self.put_library(secrets.token_hex(6), "My documents", user.id)
        return user

    def put_library(self, library: str, name: str, owner: str) -> None:
        """Enter a library, inside a transaction."""
        statement = "INSERT INTO libraries (id, name, owner, made) VALUES (?, ?, ?, ?)"
        self.connection.execute(statement, (library, name, owner, time.time()))

    def users(self) -> list[User]:
        """All users, by name."""
        rows = self.connection.execute("SELECT id, name, admin FROM users ORDER BY name")
        return [_user(row) for row in rows]

    def user(self, name: str) -> User:
        """The user of this name."""
        row = self.connection.execute("SELECT id, name, admin FROM users WHERE name = ?", (folded(name),)).fetchone()
        if row is None:
            raise AccountError(f"there is no user {name!r}; `citeback users list` names those there are")
        return _user(row)

    def remove_user(self, name: str) -> None:
        """Remove a user, with sessions, keys and the entries of libraries; files of libraries stay."""
        user = self.user(name)
        with self.transaction() as db:
            db.execute("DELETE FROM users WHERE id = ?", (user.id,))

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password, and end all sessions."""
        user = self.user(name)
        with self.transaction() as db:
            db.execute("UPDATE users SET password = ? WHERE id = ?", (self._hashed(password), user.id))
            db.execute("DELETE FROM sessions WHERE user = ?", (user.id,))

    def checked_user(self, name: str, password: str) -> User | None:
        """The user, where the password is right; takes as long where there is no such user."""
        row = self.connection.execute("SELECT * FROM users WHERE name = ?", (folded(name),)).fetchone()
        try:
            self._hasher.verify(row["password"] if row else self._nobody, password)
        except (Argon2Error, InvalidHashError):
            return None
        return _user(row) if row else None

    # Sessions

    def begin_session(self, user: User) -> str:
        """The secret of a new session, which is not kept."""
        secret, now = secrets.token_urlsafe(32), time.time()
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE used < ? OR made < ?", (now - IDLE_SECONDS, now - LONGEST_SECONDS))
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_hash(secret), user.id, now, now))
        return secret

    def session(self, secret: str) -> Caller | None:
        """Whose session this is, while it lasts."""
        now = time.time()
        row = self.connection.execute(
            "SELECT s.hash, s.used, u.id, u.name, u.admin FROM sessions s JOIN users u ON u.id = s.user "
            "WHERE s.hash = ? AND s.used >= ? AND s.made >= ?",
            (_hash(secret), now - IDLE_SECONDS, now - LONGEST_SECONDS),
        ).fetchone()
        if row is None:
            return None
        if now - row["used"] > _NOTE_SECONDS:
            with self.transaction() as db:
                db.execute("UPDATE sessions SET used = ? WHERE hash = ?", (now, row["hash"]))
        scopes = frozenset(SCOPES if row["admin"] else SCOPES[:-1])
        return Caller(row["id"], row["name"], scopes, signed_in=True)

    def end_session(self, secret: str) -> None:
        """End a session."""
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE hash = ?", (_hash(secret),))

    # Keys

    def add_key(self, user: User, name: str, scopes: Collection[Scope]) -> tuple[Key, str]:
        """A new key of a user, and its secret, which is not kept."""
        unknown = set(scopes) - set(SCOPES)
        if unknown or not scopes:
            raise AccountError(f"{', '.join(sorted(unknown)) or 'no scope'} is no scope; use {', '.join(SCOPES)}")
        if "admin" in scopes and not user.admin:
            raise AccountError(f"{user.name} is no administrator; a key of theirs cannot have the scope admin")
        key = Key(secrets.token_hex(4), user.id, " ".join(name.split())[:64] or "key", frozenset(scopes))
        secret = f"cb_{key.id}_{secrets.token_urlsafe(32)}"
        values = (key.id, user.id, key.name, _hash(secret), " ".join(sorted(key.scopes)), time.time())
        with self.transaction() as db:
            db.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)", values)
        return key, secret

    def keys(self, user: User) -> list[Key]:
        """The user's keys, oldest first."""
        rows = self.connection.execute("SELECT * FROM keys WHERE user = ? ORDER BY made", (user.id,))
        return [Key(row["id"], row["user"], row["name"], _scopes(row["scopes"])) for row in rows]

    def revoke_key(self, user: User, key_id: str) -> None:
        """End a key of the user's."""
        with self.transaction() as db:
            if not db.execute("DELETE FROM keys WHERE id = ? AND user = ?", (key_id, user.id)).rowcount:
                raise AccountError(f"{user.name} has no key {key_id!r}; `citeback keys list` names those there are")

    def key(self, secret: str) -> Caller | None:
        """Whose key this is."""
        if not _KEY.fullmatch(secret):
            return None
        row = self.connection.execute(
            "SELECT k.scopes, u.id, u.name, u.admin FROM keys k JOIN users u ON u.id = k.user WHERE k.hash = ?",
            (_hash(secret),),
        ).fetchone()
        if row is None:
            return None
        scopes = _scopes(row["scopes"]) - (frozenset() if row["admin"] else {"admin"})
        return Caller(row["id"], row["name"], scopes)

    def _hashed(self, password: str) -> str:
        if len(password) < LEAST_PASSWORD:
            raise AccountError(f"the password has {len(password)} characters; give it {LEAST_PASSWORD} or more")
        return self._hasher.hash(password)


def _hash(secret: str) -> str:
    """Of secrets made here: they are as long as a guesser needs, and no slow hash is called for."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def folded(name: str) -> str:
    """A user's name as it is kept, however it is written."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def _name(name: str) -> str:
    kept = folded(name)
    if not _NAME.fullmatch(kept):
        raise AccountError(f"{name!r} is no name for a user; use up to 64 letters, digits and . _ - + @")
    return kept


def _user(row: Any) -> User:
    return User(row["id"], row["name"], bool(row["admin"]))


def _scopes(words: str) -> frozenset[Scope]:
    return frozenset(scope for scope in SCOPES if scope in words.split())


def chosen_scopes(words: Sequence[str]) -> frozenset[Scope]:
    """The scopes so named. Raises AccountError for others."""
    unknown = [word for word in words if word not in SCOPES]
    if unknown:
        raise AccountError(f"{', '.join(unknown)} is no scope; use {', '.join(SCOPES)}")
    return _scopes(" ".join(words))
