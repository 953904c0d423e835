"""Middleware: host, token and size checks; metrics and security headers."""

from __future__ import annotations

import hmac
import time
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dedup.server.metrics import Metrics
from dedup.server.problems import Refusal, problem, refusal_of

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# A query has a body, and changes nothing.
_QUERIES = frozenset({"/v1/query", "/query"})
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# As they are sent; to look them up one by one would take each answer longer.
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


class RequestMetrics:
    """The outermost layer: security headers, metrics, and an answer where a route failed.

    Args:
        app: The next layer.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status, streamed = 0, False

        async def sending(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = dict(message["headers"])
                missing = [header for header in _RAW_HEADERS if header[0] not in headers]
                message["headers"] = [*message["headers"], *missing]
                streamed = headers.get(b"content-type", b"").startswith(b"text/event-stream")
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            refusal = refusal_of(error)
            if status:
                raise
            await problem(refusal)(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.count(scope["method"], route, status)
            if not streamed:
                self._metrics.time(scope["method"], route, time.perf_counter() - start)


class RequestChecks:
    """Refuses requests to another host, writes without the token, and bodies that are too large.

    Args:
        app: The next layer.
        token: Needed for writing; none if empty.
        hosts: Names by which the server may be called; any if empty.
        body_bytes: How large a body may be.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str], body_bytes: int) -> None:
        self._app = app
        self._token = f"Bearer {token}".encode() if token else b""
        self._hosts = frozenset(host.lower() for host in hosts)
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await problem(refusal)(scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        if self._hosts and _host(headers.get("host", "")) not in self._hosts:
            return Refusal(
                HTTPStatus.MISDIRECTED_REQUEST, "this server is not called by the name of that host"
            )
        writes = scope["method"] not in _READING and scope["path"] not in _QUERIES
        token = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if self._token and writes and not hmac.compare_digest(token, self._token):
            return Refusal(
                HTTPStatus.UNAUTHORIZED,
                "writing needs the token: `Authorization: Bearer TOKEN`",
                headers={"WWW-Authenticate": "Bearer"},
            )
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and self._over(int(length)):
            return self._too_large()
        return None if _is_json(scope, headers) else _NOT_JSON

    def _over(self, size: int) -> bool:
        return size > self._body_bytes

    def _too_large(self) -> Refusal:
        return Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has more than {self._body_bytes:,} bytes: send less at a time",
            headers={"Connection": "close"},
        )

    def _counted(self, receive: Receive) -> Receive:
        """Counts the bytes of a body as they arrive: its length is not always announced."""
        size = 0

        async def receiving() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if self._over(size):
                refusal = self._too_large()
                # The framework lets this error alone through while it reads a body.
                raise HTTPException(refusal.status, refusal.detail, refusal.headers)
            return message

        return receiving


_NOT_JSON = Refusal(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "the body has to be JSON: `Content-Type: application/json`",
    headers={"Accept-Post": "application/json"},
)


def _is_json(scope: Scope, headers: Headers) -> bool:
    """Whether a body is declared as JSON, where it has to be.

    A form of another site can send any other type without a preflight request.
    """
    if scope["method"] not in ("POST", "PUT") or not scope["path"].startswith("/v1/"):
        return True
    return headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"


def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""
