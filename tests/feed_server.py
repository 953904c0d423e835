"""A server on loopback that misbehaves as servers of feeds do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ENTRY = (
    "<item><title>{title}</title><link>https://e.example/{id}?utm_source=rss</link>"
    "<pubDate>Tue, 05 Mar 2024 08:00:00 GMT</pubDate>"
    "<description>{title} near Brenn.</description></item>"
)


def feed_of(*ids: str) -> bytes:
    """An RSS feed with one entry for each id."""
    items = "".join(ENTRY.format(id=id, title=f"Ferry {id} aground") for id in ids)
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>Echo</title>'
    return f"{head}{items}</channel></rss>".encode()


class FeedServer:
    """What a test says of the server, and what the server was asked.

    Args:
        address: Of the server, without a slash at its end.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.ids: tuple[str, ...] = ("a", "b")
        self.requests: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    @property
    def state(self) -> FeedServer:
        state: FeedServer = self.server.state  # type: ignore[attr-defined]
        return state

    def log_message(self, *args: Any) -> None:
        """Tests want no log."""

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.requests.append((self.path, headers))
        getattr(self, f"answer_{self.path.strip('/').partition('?')[0]}", self.answer_none)()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_none(self) -> None:
        self.answer(404)

    def answer_feed(self) -> None:
        tag = f'"{"-".join(self.state.ids)}"'
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, ETag=tag)
        else:
            self.answer(200, feed_of(*self.state.ids), ETag=tag, Last_Modified="x")

    def answer_moved(self) -> None:
        self.answer(301, Location="/feed")

    def answer_elsewhere(self) -> None:
        port = self.server.server_port  # type: ignore[attr-defined]
        self.answer(302, Location=f"http://localhost:{port}/feed")

    def answer_circle(self) -> None:
        self.answer(302, Location="/circle")

    def answer_gone(self) -> None:
        self.answer(410)

    def answer_error(self) -> None:
        self.answer(503, Retry_After="7200")

    def answer_broken(self) -> None:
        self.answer(200, feed_of("c") + b"<item><title>cut off")

    def answer_words(self) -> None:
        self.answer(200, b"<html><body>Closed.</body></html>")

    def answer_bomb(self) -> None:
        self.answer(200, gzip.compress(b"\0" * 50_000_000, 1), Content_Encoding="gzip")

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            self.close_connection = True

    def answer_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.stopped.wait(0.05):  # type: ignore[attr-defined]
                self.wfile.write(b"x")
                self.wfile.flush()
        except OSError:
            self.close_connection = True


@contextmanager
def running_feed_server() -> Iterator[FeedServer]:
    """A server while a test runs."""
    state = FeedServer("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.state = state  # type: ignore[attr-defined]
        server.stopped = threading.Event()  # type: ignore[attr-defined]
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.stopped.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()
