"""The commands that say who may use a server: `citeback users | keys`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import one_line_errors
from assistant.errors import AccountError
from assistant.home import data_folder
from assistant.settings import load_settings

if TYPE_CHECKING:
    from assistant.server.accounts import Accounts

users = typer.Typer(help="Who may use a server that has accounts.", no_args_is_help=True)
keys = typer.Typer(help="Keys for programs, each good for some scopes: read, ask, write, admin.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The user's name.")]


@contextmanager
def _accounts() -> "Iterator[Accounts]":
    from assistant.server.accounts import Accounts

    with one_line_errors():
        accounts = Accounts(data_folder(load_settings()))
        try:
            yield accounts
        finally:
            accounts.close()


@users.command("add")
def add_user(
    name: Name, admin: Annotated[bool, typer.Option("--admin", help="May manage the shared library.")] = False
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    with _accounts() as accounts:
        user = accounts.add_user(name, _password(), admin=admin)
        sys.stdout.write(f"added {user.name}\n")


@users.command("list")
def list_users() -> None:
    """List all users."""
    with _accounts() as accounts:
        for user in accounts.users():
            sys.stdout.write(f"{user.name}{'  (admin)' if user.admin else ''}\n")


@users.command("password")
def set_password(name: Name) -> None:
    """Give a user another password; all sessions of the user end."""
    with _accounts() as accounts:
        accounts.user(name)
        accounts.set_password(name, _password())
        sys.stdout.write(f"changed the password of {name}\n")


@users.command("remove")
def remove_user(name: Name) -> None:
    """Remove a user with all sessions and keys; the folders of their libraries stay on disk, unreachable."""
    with _accounts() as accounts:
        accounts.remove_user(name)
        sys.stdout.write(f"removed {name}\n")


@keys.command("add")
def add_key(
    user: Name,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "key",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, ask, write or admin; may be repeated.")
    ] = None,
) -> None:
    """Make a key. It is shown once, and only its hash is kept."""
    from assistant.server.accounts import chosen_scopes

    with _accounts() as accounts:
        key, secret = accounts.add_key(accounts.user(user), name, chosen_scopes(scope or ["read", "ask"]))
        sys.stderr.write(f"key {key.id} of {user}, for {', '.join(sorted(key.scopes))}; it is not shown again:\n")
        sys.stdout.write(f"{secret}\n")


@keys.command("list")
def list_keys(user: Name) -> None:
    """List a user's keys, without their secrets."""
    with _accounts() as accounts:
        for key in accounts.keys(accounts.user(user)):
            sys.stdout.write(f"{key.id}  {key.name}  {', '.join(sorted(key.scopes))}\n")


@keys.command("revoke")
def revoke_key(
    user: Name, key: Annotated[str, typer.Argument(help="The key's id, as `citeback keys list` shows it.")]
) -> None:
    """End a key, from the next request on."""
    with _accounts() as accounts:
        accounts.revoke_key(accounts.user(user), key)
        sys.stdout.write(f"revoked {key}\n")


def _password() -> str:
    """The password as typed twice, or as piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = typer.prompt("Password", hide_input=True)
    if password != typer.prompt("Again", hide_input=True):
        raise AccountError("the two passwords differ; try again")
    return password
