"""The libraries there are, and the one way to one: by somebody who may use it."""

import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from assistant.chat import Assistant
from assistant.errors import AccountError

from .accounts import Accounts
from .callers import ROLES, Caller, Role

DEFAULT: Final = "default"
_LONGEST_NAME: Final = 80
_MOST_OWNED: Final = 50


class LibraryNotFound(AccountError):
    """There is no such library, or the caller may not know that there is."""


class NotAllowed(AccountError):
    """The caller may use the library, but not for this."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library as one caller sees it."""

    id: str
    name: str
    role: Role


class Libraries(Protocol):
    """Where every interface gets its assistant from."""

    def of(self, caller: Caller) -> list[Library]:
        """Those the caller may use, the one that is meant where none is named first."""
        ...

    def open(self, caller: Caller, library: str | None = None, *, role: Role = "reader") -> Assistant:
        """The caller's assistant over a library, where the caller's role there is at least this.

        Raises LibraryNotFound where the caller may not use it, as where there is none; NotAllowed for a lesser role.
        """
        ...

    def close(self) -> None:
        """Close what was opened here."""
        ...


class OneLibrary:
    """The documents at hand, for whoever reaches the server."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._library = Library(DEFAULT, assistant.folder.name if assistant.folder else "documents", "owner")

    def of(self, caller: Caller) -> list[Library]:
        """The one there is."""
        return [self._library]

    def open(self, caller: Caller, library: str | None = None, *, role: Role = "reader") -> Assistant:
        """Its assistant."""
        if library not in (None, "", DEFAULT):
            raise _not_found(library)
        return self._assistant

    def close(self) -> None:
        """Nothing: whoever opened the assistant closes it."""


class SharedLibraries:
    """The libraries of all users, each opened once; what a caller gets is the caller's own view of it.

    `shared` is the assistant over the documents the server was started with, which every user may read. Those of users
    are kept in folders below `folder`.
    """

    def __init__(self, accounts: Accounts, shared: Assistant, folder: Path) -> None:
        self._accounts, self._shared, self._folder = accounts, shared, folder
        self._opened: dict[str, Assistant] = {DEFAULT: shared}
        self._opening = threading.Lock()

    def of(self, caller: Caller) -> list[Library]:
        """The shared one, then the caller's own and those shared with the caller, oldest first."""
        role: Role = "owner" if caller.may("admin") else "reader"
        name = self._shared.folder.name if self._shared.folder else "documents"
        rows = self._accounts.connection.execute(
            "SELECT l.id, l.name, l.owner, l.everyone, m.role FROM libraries l "
            "LEFT JOIN members m ON m.library = l.id AND m.user = ? ORDER BY l.made, l.id",
            (caller.user,),
        )
        found = [(row, self._role(row, caller)) for row in rows]
        return [Library(DEFAULT, name, role), *(Library(row["id"], row["name"], may) for row, may in found if may)]

    @staticmethod
    def _role(row: Any, caller: Caller) -> Role | None:
        told = [row["role"], row["everyone"], "owner" if row["owner"] == caller.user else None]
        return max((role for role in ROLES if role in told), key=ROLES.index, default=None)

    def open(self, caller: Caller, library: str | None = None, *, role: Role = "reader") -> Assistant:
        """The assistant over it with the caller's own conversations."""
        assert caller.user is not None, "with accounts nobody calls without one"
        found = next((each for each in self.of(caller) if each.id == (library or DEFAULT)), None)
        if found is None:
            raise _not_found(library)
        if ROLES.index(found.role) < ROLES.index(role):
            raise NotAllowed(f"this needs the role {role} in {found.name!r}; yours is {found.role}")
        return self._assistant(found.id).of_user(caller.user)

    def _assistant(self, library: str) -> Assistant:
        with self._opening:
            if library not in self._opened:
                self._opened[library] = self._shared.beside(self._folder / library)
            return self._opened[library]

    def add(self, caller: Caller, name: str) -> Library:
        """A new library of the caller's, which nobody else may use."""
        name = " ".join(name.split())[:_LONGEST_NAME]
        if not name:
            raise AccountError("the library's name is empty; give it one")
        library = Library(secrets.token_hex(6), name, "owner")
        with self._accounts.transaction() as db:
            owned = db.execute("SELECT count(*) FROM libraries WHERE owner = ?", (caller.user,)).fetchone()[0]
            if owned >= _MOST_OWNED:
                raise AccountError(f"you have {owned} libraries, the limit is {_MOST_OWNED}; delete one")
            self._accounts.put_library(library.id, name, caller.user or "")
        return library

    def share(self, caller: Caller, library: str, name: str | None, role: Role | None) -> None:
        """Let a user (every user where None) have a role in a library of the caller's; with no role, none any more."""
        self._owned(caller, library)
        user = None if name is None else self._accounts.user(name)
        with self._accounts.transaction() as db:
            if user is None:
                db.execute("UPDATE libraries SET everyone = ? WHERE id = ?", (role or "", library))
            elif role is None:
                db.execute("DELETE FROM members WHERE library = ? AND user = ?", (library, user.id))
            else:
                db.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", (library, user.id, role))

    def owns(self, caller: Caller, library: str) -> bool:
        """Whether the library is the caller's own."""
        row = self._accounts.connection.execute("SELECT owner FROM libraries WHERE id = ?", (library,)).fetchone()
        return row is not None and row["owner"] == caller.user

    def members(self, caller: Caller, library: str) -> list[tuple[str, Role]]:
        """Whom a library of the caller's is shared with, by name; nobody for one that is another's."""
        if not self.owns(caller, library):
            return []
        connection = self._accounts.connection
        rows = connection.execute(
            "SELECT u.name, m.role FROM members m JOIN users u ON u.id = m.user WHERE m.library = ? ORDER BY u.name",
            (library,),
        ).fetchall()
        everyone = connection.execute("SELECT everyone FROM libraries WHERE id = ?", (library,)).fetchone()["everyone"]
        return [(row["name"], row["role"]) for row in rows] + ([("everybody", everyone)] if everyone else [])

    def delete(self, caller: Caller, library: str) -> None:
        """Take a library of the caller's away; its folder is set aside, its name with "deleted-" before it."""
        self._owned(caller, library)
        with self._accounts.transaction() as db:
            db.execute("DELETE FROM libraries WHERE id = ?", (library,))
        with self._opening:
            if opened := self._opened.pop(library, None):
                opened.close()
            if (home := self._folder / library).is_dir():
                home.rename(self._folder / f"deleted-{library}")

    def _owned(self, caller: Caller, library: str) -> None:
        if all(each.id != library for each in self.of(caller)):
            raise _not_found(library)
        if not self.owns(caller, library):
            raise NotAllowed("only its owner may do this with a library")

    def close(self) -> None:
        """Close every library but the one the server was started with."""
        with self._opening:
            for library, assistant in self._opened.items():
                if library != DEFAULT:
                    assistant.close()
            self._opened = {DEFAULT: self._shared}


def _not_found(library: str | None) -> LibraryNotFound:
    shown = re.sub(r"[^\w.-]", "?", library or "")[:40]
    return LibraryNotFound(f"there is no library {shown!r}; the list of libraries has those you may use")
