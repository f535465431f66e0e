"""A server with accounts and one without, over the seeds; two users, each with a secret of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app import page_of
from assistant import Assistant
from assistant.server import server_app
from assistant.server.access import COOKIE
from assistant.server.accounts import Accounts
from assistant.settings import load_settings

ROOT = Path(__file__).parents[3]
HOST = "http://127.0.0.1"
# A word that is in nobody else's documents, by whose it is.
CANARIES = {"ada": "zanzibarfink", "bob": "quixoticwren"}


@dataclass(frozen=True)
class User:
    """A user as a client has them."""

    name: str
    key: str
    session: str
    library: str = ""
    document: str = ""
    conversation: str = ""


@dataclass(frozen=True)
class Served:
    """A server with accounts."""

    client: TestClient
    app: FastAPI
    accounts: Accounts
    ada: User
    bob: User
    revoked: str
    ended: str


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over the seeds, all in a folder of its own."""
    data = tmp_path_factory.mktemp("data")
    with Assistant.open(ROOT / "seeds", settings=load_settings(data_dir=data, rate=0)) as assistant:
        assistant.warm_up()
        yield assistant


@pytest.fixture(scope="session")
def alone(seeds: Assistant) -> Iterator[TestClient]:
    """A client of a server without accounts."""
    with TestClient(server_app(seeds, build=page_of), base_url=HOST) as client:
        yield client


@pytest.fixture(scope="session")
def served(seeds: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with accounts: ada and bob each have a document and a conversation that hold their canary."""
    accounts = Accounts(tmp_path_factory.mktemp("accounts"))
    app = server_app(seeds, build=page_of, accounts=accounts)
    with TestClient(app, base_url=HOST, follow_redirects=False) as client:
        ada, bob = (_user(client, accounts, name) for name in ("ada", "bob"))
        bobs = accounts.user("bob")
        key, revoked = accounts.add_key(bobs, "old", ["read", "ask", "write"])
        accounts.revoke_key(bobs, key.id)
        ended = accounts.begin_session(bobs)
        accounts.end_session(ended)
        yield Served(client, app, accounts, ada, bob, revoked, ended)
    accounts.close()


def _user(client: TestClient, accounts: Accounts, name: str) -> User:
    user = accounts.add_user(name, f"password of {name}")
    _, key = accounts.add_key(user, "all", ["read", "ask", "write"])
    session = accounts.begin_session(user)
    headers = bearer(key)
    library = client.get("/api/v1/libraries", headers=headers).json()["libraries"][-1]["id"]
    canary = CANARIES[name]
    text = f"# About the {canary}\n\nThe {canary} sings at dawn, says {name}.\n".encode()
    where = {"library": library}
    added = client.post("/api/v1/documents", params=where, files=[("files", (f"{canary}.md", text))], headers=headers)
    assert added.json()["added"] == [f"{canary}.md"]
    [document] = client.get("/api/v1/documents", params=where, headers=headers).json()["documents"]
    asked = {"question": f"When does the {canary} sing?", "library": library, "keep": True}
    answer = client.post("/api/v1/ask", json=asked, headers=headers).json()
    assert canary in answer["text"]
    return User(name, key, session, library, document["id"], answer["conversation"])


def bearer(key: str) -> dict[str, str]:
    """The header that sends a key."""
    return {"Authorization": f"Bearer {key}"}


def cookie(session: str) -> dict[str, str]:
    """The header that sends a session."""
    return {"Cookie": f"{COOKIE}={session}"}
