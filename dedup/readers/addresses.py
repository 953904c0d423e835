"""Documents at http(s) addresses, fetched politely and within limits.

A redirect to a private address (of this machine, of the network around it) is refused, unless it
stays on the host that was asked for or private addresses are allowed: else a feed could make this
program ask servers that only it can reach. The address that was checked is the one that is
connected to.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from dedup.errors import InputError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

USER_AGENT = "dedup (news deduplication; feed reader)"
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LASTING = frozenset((301, 308))
_BLOCK_BYTES = 1 << 16
_ACCEPTED = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "application/json;q=0.9, */*;q=0.5"
)


class FetchError(InputError):
    """An address that could not be read; `status` is that of HTTP, 0 where there is none."""

    def __init__(self, message: str, status: int = 0, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a server may cost.

    Args:
        max_bytes: Of a document, after decompression.
        connect_seconds: Until a connection stands.
        total_seconds: For one document, redirects included.
        max_redirects: In a row.
        allow_private: Whether redirects may lead to private addresses.
        user_agent: How this program names itself.
    """

    max_bytes: int = 20_000_000
    connect_seconds: float = 10.0
    total_seconds: float = 60.0
    max_redirects: int = 5
    allow_private: bool = False
    user_agent: str = USER_AGENT


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered.

    Args:
        address: Where the document was found, after redirects.
        moved_to: The new address, if the server says that the old one is out of date for good.
        content: The document; empty where it has not changed.
        is_unchanged: Whether the server says that it has not changed since last time.
        validators: `etag` and `last-modified`, to be sent next time.
    """

    address: str
    moved_to: str
    content: bytes
    is_unchanged: bool
    validators: Mapping[str, str] = field(default_factory=dict)


def is_address(text: str) -> bool:
    """Whether an input is an http(s) address and no file.

    >>> is_address("https://e.example/feed"), is_address("feed.xml")
    (True, False)
    """
    return text.lower().startswith(("http://", "https://"))


def fetch(
    address: str,
    *,
    validators: Mapping[str, str] | None = None,
    limits: FetchLimits = FetchLimits(),
) -> Fetched:
    """The document at an address.

    Args:
        address: Of http or https.
        validators: `Fetched.validators` of the last time.
        limits: What it may cost.

    Raises:
        FetchError: The server cannot be reached, answers with an error, leads in circles or to a
            private address, or the document is too long or takes too long.
    """
    ends_at = time.monotonic() + limits.total_seconds
    asked_host = urlsplit(address).netloc
    here, moved_to, lasting = address, "", True
    for _ in range(limits.max_redirects + 1):
        with _answer(here, validators or {}, limits, ends_at, asked_host) as answer:
            if answer.status not in _REDIRECTS:
                return _fetched(answer, here, moved_to, limits, ends_at)
            target = answer.headers.get("location", "")
            if not target:
                raise FetchError(f"{here}: redirects to nowhere", answer.status)
            lasting = lasting and answer.status in _LASTING
            here = urljoin(here, target)
            moved_to = here if lasting else moved_to
    raise FetchError(f"{address}: more than {limits.max_redirects} redirects in a row")


@contextmanager
def _answer(
    address: str,
    validators: Mapping[str, str],
    limits: FetchLimits,
    ends_at: float,
    first_host: str,
) -> Iterator[BaseHTTPResponse]:
    """The answer of the server of one address, its body not yet read."""
    import urllib3

    parts = urlsplit(address)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise FetchError(f"{address}: is no http or https address")
    must_be_public = parts.netloc != first_host and not limits.allow_private
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    host = _checked_host(address, parts.hostname, port, must_be_public=must_be_public)
    left = _seconds_left(address, ends_at)
    timeout = urllib3.Timeout(connect=min(limits.connect_seconds, left), read=left)
    if parts.scheme.lower() == "https":
        pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
            host, port, server_hostname=parts.hostname, assert_hostname=parts.hostname
        )
    else:
        pool = urllib3.HTTPConnectionPool(host, port)
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "User-Agent": limits.user_agent,
        "Accept": _ACCEPTED,
        "Accept-Encoding": "gzip, deflate",
        **_conditions(validators),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with pool:
            answer = pool.request(
                "GET",
                target,
                headers=headers,
                timeout=timeout,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                yield answer
            finally:
                answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise FetchError(f"{address}: {_reason(error)}") from error


def _conditions(validators: Mapping[str, str]) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {names[name]: value for name, value in validators.items() if name in names and value}


def _checked_host(address: str, host: str, port: int, *, must_be_public: bool) -> str:
    """The IP address to connect to."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise FetchError(f"{address}: there is no host {host!r}") from error
    ips = [str(entry[4][0]) for entry in entries]
    private = [ip for ip in ips if not ipaddress.ip_address(ip.partition("%")[0]).is_global]
    if must_be_public and private:
        raise FetchError(
            f"{address}: is a redirect to a private address ({private[0]}), which is refused: "
            "allow it with --allow-private if you trust the feed"
        )
    return ips[0]


def _fetched(
    answer: BaseHTTPResponse, address: str, moved_to: str, limits: FetchLimits, ends_at: float
) -> Fetched:
    names = ("etag", "last-modified")
    validators = {name: answer.headers[name] for name in names if name in answer.headers}
    if answer.status == 304:
        return Fetched(address, moved_to, b"", True, validators)
    if answer.status != 200:
        raise FetchError(
            f"{address}: the server answers {answer.status} {answer.reason or ''}".rstrip(),
            answer.status,
            _retry_after(answer.headers.get("retry-after", "")),
        )
    content = bytearray()
    # Not `read`, which waits until a block is full, however slowly the server drips.
    while block := answer.read1(_BLOCK_BYTES, decode_content=True):
        content += block
        if len(content) > limits.max_bytes:
            raise FetchError(f"{address}: has more than {limits.max_bytes:,} bytes")
        _seconds_left(address, ends_at)
    return Fetched(address, moved_to, bytes(content), False, validators)


def _retry_after(value: str) -> float:
    return float(value) if value.isdecimal() else 0.0


def _seconds_left(address: str, ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise FetchError(f"{address}: takes too long")
    return left


def _reason(error: Exception) -> str:
    """What went wrong, without the addresses of objects in memory."""
    import urllib3

    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "refuses the connection"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "takes too long"
    return str(error).rpartition(">")[2].lstrip(": ,(") or type(error).__name__
