"""Serving an index until a signal stops the server."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from dedup.config import Config
from dedup.errors import ConfigError
from dedup.index.story_index import StoryIndex
from dedup.server.app import create_app
from dedup.server.limits import Limits
from dedup.server.writer import WriterProcess
from dedup.store.sqlite import Synchronous

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SWITCH_SECONDS = 0.0005
"""Beside a thread that computes, a read waits again and again for Python's switch interval, by
default ten times as long."""


def serve(
    location: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str = "",
    force: bool = False,
    config: Config | None = None,
    headline_languages: tuple[str, ...] = (),
    synchronous: Synchronous = "FULL",
    hosts: Collection[str] = (),
    limits: Limits = Limits(),
    patience_s: int = 30,
    log_level: str = "info",
    access_log: bool = False,
    on_start: Callable[[str], None] | None = None,
) -> None:
    """Open an index and serve it until SIGINT or SIGTERM.

    Then no more requests are accepted, those under way are finished, streams of changes end, and
    the index is closed. What was acknowledged is on disk already.

    Another process writes and answers queries about texts, so that reads do not wait for them;
    it ends when this process ends, for whatever reason.

    Args:
        location: A folder, or the address of a database; see `StoryIndex.open`.
        host: Address to listen at.
        port: Port to listen at; 0 takes a free one.
        token: Needed for writing; see `create_app`.
        force: Listen at an address that others reach although there is no token.
        config: All settings; by default those of the index.
        headline_languages: Headlines are shown in the first of these languages that a story has;
            by default in those of the settings.
        synchronous: How durable a write is when it is acknowledged; see `StoryIndex.open`.
        hosts: Further names by which the server may be called. A server that only this machine
            reaches is always called by the names of this machine.
        limits: Limits of the server.
        patience_s: Seconds that requests under way have to finish.
        log_level: Of uvicorn's log: "critical", "error", "warning", "info", "debug".
        access_log: Whether the log has a line for each request.
        on_start: Called with the server's address once it listens.

    Raises:
        ConfigError: Others could reach the server and write, or the address cannot be used.
        StoreError: The index cannot be opened, or the process that writes has ended by itself.
    """
    local = is_local(host)
    if not (local or token or force):
        raise ConfigError(
            f"refusing to listen at {host!r} without a token: whoever reaches it could write; "
            "give a token, or force it"
        )
    names = {*_LOCAL_NAMES, host, *hosts} if local else set(hosts)
    with (
        listening(host, port) as listener,
        closing(WriterProcess(location, config, synchronous, limits.step)) as writer,
        StoryIndex.open(location, read_only=True, encoder=writer) as index,
    ):
        if headline_languages:
            index.config = index.config.replace(output={"headline_languages": headline_languages})
        app = create_app(index, token=token, limits=limits, hosts=names, writer=writer)
        settings = uvicorn.Config(
            app,
            log_level=log_level,
            access_log=access_log,
            server_header=False,
            timeout_graceful_shutdown=patience_s,
            # An idle connection of a browser outlives a few seconds of reading.
            timeout_keep_alive=30,
        )
        server = _Server(settings, app, lambda: _announce(listener, on_start))
        writer.on_failure(server.stop)
        with _signals_end_only_the_server(), _short_switch_interval():
            server.run([listener])
        writer.require_life()


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> is_local("127.0.0.1"), is_local("::1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Server(uvicorn.Server):
    """Ends streams of changes before it waits for open connections.

    Args:
        config: Settings of uvicorn.
        app: The application.
        on_start: Called once it listens.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._on_start = on_start

    def stop(self) -> None:
        """Stop as after a signal; may be called from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.service.feed.close()
        await super().shutdown(sockets)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket; the index is opened only where the address is free.

    Args:
        host: Address to listen at.
        port: Port to listen at; 0 takes a free one.

    Raises:
        ConfigError: The address cannot be used.
    """
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Where the protocol is named, asyncio sends at once what it is given: else the second half of
    # an answer waits until the client has acknowledged the first, which takes it 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except (OSError, OverflowError) as error:
            raise ConfigError(f"cannot listen at {host!r}, port {port}: {error}") from error
        yield listener


@contextmanager
def _short_switch_interval() -> Iterator[None]:
    """Let threads switch more often, so that quick reads need not wait for slow ones."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _announce(listener: socket.socket, on_start: Callable[[str], None] | None) -> None:
    if on_start is not None:
        host, port = listener.getsockname()[:2]
        on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}")


@contextmanager
def _signals_end_only_the_server() -> Iterator[None]:
    """Ignore the signal that uvicorn raises again at its end: the index has yet to be closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
