"""Fetching an address: what is there becomes a file; what leads inside, never ends or is too large is refused."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import fetching
from assistant.chat import Assistant
from assistant.errors import FetchError
from assistant.fetching import fetch, is_public
from assistant.settings import load_settings
from index import CitebackError, Index
from index.readers.markup.html import read_html

PAGE = b"<html><head><title>Mill</title></head><body><p>The mill was built in 1803.</p></body></html>"


class Site(BaseHTTPRequestHandler):
    """A small site; remembers what was asked for."""

    asked: ClassVar[list[str]] = []
    replies: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/mill": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE),
        "/fares.csv": (200, {"Content-Type": "application/octet-stream"}, b"Place,Crowns\nOstby,12\n"),
        "/moved": (302, {"Location": "/mill"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/inside": (302, {"Location": "http://169.254.169.254/latest/meta-data"}, b""),
        "/scheme": (302, {"Location": "file:///etc/passwd"}, b""),
        "/packed": (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, b"\x1f\x8b"),
        "/large": (200, {"Content-Type": "text/plain"}, b"x" * 3_000),
        "/Stra%C3%9Fe": (200, {"Content-Type": "text/html"}, PAGE),
    }

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/drips":
            # Never silent for long, and never done.
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for number in range(40):
                    self.wfile.write(b"X-%d: y\r\n" % number)
                    self.wfile.flush()
                    time.sleep(0.02)
            return
        status, headers, body = self.replies.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def got(site: str, path: str, folder: Path) -> Path:
    """Fetched as if loopback were the public internet."""
    port = int(site.rpartition(":")[2])
    return fetch(site + path, folder, allowed=lambda address: address == "127.0.0.1", ports=[port, 80])


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "::127.0.0.1", "64:ff9b:1::7f00:1", "fec0::1", "5f00::1"),
        *("::ffff:0:127.0.0.1", "3fff::1"),
    ],
)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is_outside_is(address: str) -> None:
    assert is_public(address)


def test_a_page_becomes_a_file_that_knows_where_it_is_from(site: str, tmp_path: Path) -> None:
    path = got(site, "/moved", tmp_path)
    assert path.name == "127.0.0.1 mill.html"
    [document] = read_html(path.read_bytes(), source=path.name)
    assert (document.text, document.metadata["url"]) == ("The mill was built in 1803.", f"{site}/mill")
    # A file is kept as it is.
    table = got(site, "/fares.csv", tmp_path)
    assert (table.name, table.read_bytes()) == ("127.0.0.1 fares.csv", b"Place,Crowns\nOstby,12\n")
    assert got(site, "/Straße", tmp_path).name == "127.0.0.1 Straße.html"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/inside", "not of the public internet"),
        ("/scheme", "no address to fetch"),
        ("/round", "redirect"),
        ("/packed", "compressed"),
        ("/nowhere", "404"),
    ],
)
def test_what_is_refused_is_named(site: str, path: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=told):
        got(site, path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_all_of_it_together_has_so_long(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with pytest.raises(FetchError, match=r"longer than|timed out"):
        got(site, "/drips", tmp_path)


def test_what_is_too_large_is_refused(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 2_000)
    with pytest.raises(FetchError, match="larger"):
        got(site, "/large", tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"])
def test_loopback_is_not_fetched_whatever_it_is_called(host: str, site: str, tmp_path: Path) -> None:
    port = int(site.rpartition(":")[2])
    asked = len(Site.asked)
    with pytest.raises(FetchError):
        fetch(f"http://{host}:{port}/mill", tmp_path, ports=[port])
    assert len(Site.asked) == asked


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "https://me:secret@example.org", "https://example.org:8443/", "//x", "", "https://["]
)
def test_what_is_no_address_is_refused_without_its_secrets(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(url, tmp_path)
    assert "secret" not in str(caught.value)


@given(st.text())
def test_no_words_crash_it(url: str) -> None:
    with pytest.raises(FetchError):
        fetch(f"http://127.0.0.1:1/{url}" if url.startswith("/") else url, Path("/nonexistent"))


def test_nothing_is_fetched_unless_it_is_allowed(site: str, tmp_path: Path) -> None:
    with Index.open(tmp_path / "index") as index:
        with pytest.raises(CitebackError, match="CITEBACK_FETCH_URLS"):
            Assistant(index).add_url(f"{site}/mill")
        with pytest.raises(FetchError, match="not fetched from"):
            Assistant(index, settings=load_settings(fetch_urls=True)).add_url(f"{site}/mill")
