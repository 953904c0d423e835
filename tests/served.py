"""What the tests of the server share: a small index, and a server that really listens."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from dedup.index.story_index import StoryIndex
from dedup.records import Article
from tests.indexes import PATIENCE

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
BODY = (
    "The river rose by four metres overnight and flooded the old market of Brackwater. "
    "Some 1,200 people were taken to schools, the mayor Ilse Vantongeren said on Friday. "
    "Engineers expect the level to fall by Sunday, although more rain has been forecast. "
    "Two bridges stay closed and the railway runs on a single track until further notice."
)
FLOOD = [
    Article("a", "Flood in Brackwater", BODY, "Herald", START, "en", "https://a.example/1"),
    Article(
        "b",
        "Brackwater flooded",
        BODY.replace("four metres", "five metres"),
        "Post",
        START + timedelta(hours=1),
        "en",
    ),
    Article(
        "d",
        "Brackwater flood: mayor Vantongeren closes old market",
        "Mayor Ilse Vantongeren closed the old market of Brackwater after the river flood. "
        "The Brackwater railway and two bridges are shut; 1,200 people sleep in schools.",
        "Courier",
        START + timedelta(hours=5),
        "en",
    ),
]
OTHER = Article(
    "e",
    "Chess: Oduya wins in Tallinn",
    "Grandmaster Amara Oduya won the final of the chess tournament in Tallinn with the black "
    "pieces after a rook ending of ninety moves.",
    "Courier",
    START + timedelta(days=9),
    "en",
)


def flood_index(folder: Path) -> StoryIndex:
    """An index of one story of two texts, with a copy, and another story."""
    index = StoryIndex.open(folder, synchronous="NORMAL")
    index.add([*FLOOD, OTHER])
    return index


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The address of an application that is served from another thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    started = threading.Event()
    startup = server.startup

    async def starting(sockets: object = None) -> None:
        await startup()
        started.set()

    server.startup = starting  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(PATIENCE)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        app.state.service.feed.close()
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


SERVE = """
import sys
from dedup.server import serve
serve(sys.argv[1], port=0, log_level="warning", on_start=lambda at: print(at, flush=True))
"""


def started(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A server of its own process, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def writer_of(folder: Path) -> int:
    """Number of the process that writes an index."""
    return int((folder / "index.lock").read_text())
