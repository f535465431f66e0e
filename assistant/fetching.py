"""Fetches a page or file of the web, each hop checked: what somebody names must not lead into the network inside."""

import ipaddress
import mimetypes
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpcore

from assistant.errors import FetchError

HOPS: Final = 5
LARGEST: Final = 50_000_000
SECONDS: Final = 60.0
_SCHEMES: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LONGEST: Final = 2_000
_SAFE: Final = "%/:=&?~+!$,;'@()*[]"
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
# An address that translates to one of IPv4 is checked as that.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Of the addresses of IPv6, those that are given out.
_UNICAST: Final = ipaddress.ip_network("2000::/3")
_DOCUMENTATION: Final = ipaddress.ip_network("3fff::/20")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    >>> [is_public(each) for each in ("8.8.8.8", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST or ip in _DOCUMENTATION:
            return False
    return ip.is_global and not ip.is_multicast


class Checked(httpcore.NetworkBackend):
    """Connects to addresses that `allowed` lets through, looked up once: the one checked is the one connected to."""

    def __init__(self, allowed: Callable[[str], bool], until: float) -> None:
        self._allowed, self._until = allowed, until
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection. Raises FetchError where the name leads to an address that is not allowed."""
        try:
            found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            raise FetchError(f"{host} is not known here ({error}); check the address and the network") from error
        refused = [address for address in found if not self._allowed(address)]
        if refused or not found:
            raise FetchError(f"{host} leads to an address that is not of the public internet; not fetched")
        stream = self._backend.connect_tcp(found[0], port, self._left(timeout), local_address, socket_options)
        return _Bounded(stream, self._left)

    def _left(self, timeout: float | None) -> float:
        """The seconds that something may take. Raises FetchError where the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise FetchError(f"it took longer than {SECONDS:.0f} s; save it and add the file")
        return min(timeout or left, left)


class _Bounded(httpcore.NetworkStream):
    """A connection on which all that is read and written together has so long: a server may send byte by byte."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def fetch(
    url: str, folder: Path, *, allowed: Callable[[str], bool] = is_public, ports: Collection[int] = (80, 443)
) -> Path:
    """The file in `folder` that now holds what is at the address, named after it; a page says where it was saved from.

    Follows up to five redirects, each checked as the first: http or https, to one of the `ports` of addresses that are
    `allowed`. Sends no cookies or credentials. Raises FetchError for what is refused, too large (50
    MB), too slow (a minute) or not there.
    """
    until = time.monotonic() + SECONDS
    with httpcore.ConnectionPool(network_backend=Checked(allowed, until), max_keepalive_connections=0) as pool:
        for _ in range(HOPS + 1):
            url = _checked(url, ports=ports)
            found = _get(pool, url)
            if isinstance(found, str):
                url = found
                continue
            kind, content = found
            path = folder / _name(url, kind)
            path.write_bytes(_marked(url, content) if kind in _PAGES else content)
            return path
    raise FetchError(f"{_shown(url)} is the {HOPS + 1}th redirect in a row; give the address it ends at")


def _checked(url: str, *, ports: Collection[int]) -> str:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{_shown(url)} is no address ({error}); give one that begins with https://") from error
    if parts.scheme not in _SCHEMES or not parts.hostname or len(url) > _LONGEST:
        raise FetchError(f"{_shown(url)} is no address to fetch; give one that begins with https://")
    if parts.username or parts.password:
        raise FetchError(f"{_shown(parts.hostname)}: an address with a name or password in it is not fetched")
    if (port or _SCHEMES[parts.scheme]) not in ports:
        told = ", ".join(map(str, ports))
        raise FetchError(f"port {port} of {_shown(parts.hostname)} is not fetched from; only {told} are")
    try:
        host = parts.netloc.encode("idna").decode()
    except UnicodeError as error:
        raise FetchError(f"{_shown(parts.hostname)} is no name of a host ({error})") from error
    path, query = (quote(part, safe=_SAFE) for part in (parts.path, parts.query))
    return parts._replace(netloc=host, path=path, query=query, fragment="").geturl()


def _get(pool: httpcore.ConnectionPool, url: str) -> str | tuple[str, bytes]:
    """Where it is redirected to, or the media type and the content."""
    headers: dict[bytes | str, bytes | str] = {"User-Agent": "Citeback", "Accept": "*/*", "Accept-Encoding": "identity"}
    timeout = {"timeout": {"connect": 10.0, "read": 20.0, "write": 10.0, "pool": 10.0}}
    try:
        with pool.stream("GET", url, headers=headers, extensions=timeout) as response:
            answered = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
            if response.status in _REDIRECTS and "location" in answered:
                return urljoin(url, answered["location"])
            if response.status != 200:
                raise FetchError(f"{_shown(url)} answers {response.status}; open it in a browser to see why")
            if answered.get("content-encoding", "identity") != "identity":
                raise FetchError(
                    f"{_shown(url)} sends only compressed content; save it with a browser and add the file"
                )
            return answered.get("content-type", "").partition(";")[0].strip().lower(), _content(url, response)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, UnicodeError) as error:
        told = str(error) or type(error).__name__
        raise FetchError(f"{_shown(url)} could not be fetched ({told}); check the address") from error


def _content(url: str, response: httpcore.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise FetchError(f"{_shown(url)} is larger than {LARGEST // 1_000_000} MB; save it and add the file")
    return b"".join(parts)


def _name(url: str, kind: str) -> str:
    """A file name from the address; its end tells the readers what it is.

    >>> _name("https://example.org/news/2025/talks?id=7", "text/html")
    'example.org news 2025 talks id 7.html'
    >>> _name("https://example.org/a%2Fb/report.pdf", "application/pdf")
    'example.org a b report.pdf'
    """
    parts = urlsplit(url)
    path = PurePosixPath(parts.path)
    known = mimetypes.guess_extension(kind) if kind not in ("", "application/octet-stream") else None
    suffix = ".html" if kind in _PAGES else path.suffix if _is_suffix(path.suffix) else known or ".html"
    stem = path.with_suffix("") if path.suffix == suffix else path
    words = " ".join((parts.hostname or "", unquote(str(stem)), unquote(parts.query)))
    plain = re.sub(r"[^\w.-]+", " ", words).strip(" .")
    return f"{plain[:120].strip()}{suffix}"


def _is_suffix(suffix: str) -> bool:
    return re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{1,5}", suffix) is not None and suffix not in (".php", ".aspx", ".jsp")


def _marked(url: str, content: bytes) -> bytes:
    """The page with the remark that browsers put before a page they save, which its reader knows."""
    plain = url.replace("--", "%2D%2D").encode("ascii", "backslashreplace")
    remark = b"<!-- saved from url=(%04d)%s -->\n" % (len(plain), plain)
    # Before anything else there would be no byte order mark.
    return content if content[:2] in (b"\xff\xfe", b"\xfe\xff") else remark + content.removeprefix(b"\xef\xbb\xbf")


def _shown(url: str) -> str:
    """The address in an error: without what may be secret in it."""
    return repr(url.partition("?")[0][:120])
