"""The server as a process of its own, or at least as a thread: streams, signals, real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))

import httpx2 as httpx

from dedup.errors import ConfigError, MissingExtraError, StoreError
from dedup.index.story_index import StoryIndex
from dedup.server import Limits, create_app, serve
from dedup.server.serving import is_local, listening
from tests.indexes import PATIENCE
from tests.served import running, started, writer_of

ROW = {"id": "n", "title": "News of the day", "text": "Something happened in Ghent today."}
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StoryIndex]:
    with StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as opened:
        yield opened


def sent(lines: Iterator[str]) -> dict[str, str]:
    """The next event of a stream, or the next comment under an empty name."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            return fields
        name, _, value = line.partition(":")
        fields[name] = value.strip()
    raise EOFError


def test_a_stream_tells_what_happened_and_then_what_happens(index: StoryIndex) -> None:
    index.add([ROW])
    with (
        running(create_app(index)) as base,
        httpx.Client(base_url=base, timeout=PATIENCE) as client,
    ):
        with client.stream("GET", "/v1/changes", headers=EVENTS) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            lines = stream.iter_lines()
            assert "retry" in sent(lines)
            first = sent(lines)
            assert (first["id"], first["event"]) == ("1", "change")
            assert json.loads(first["data"])["added"] == ["n"]
            # Another client writes, then the program that holds the index.
            client.delete("/v1/articles/n")
            assert json.loads(sent(lines)["data"])["kind"] == "closed"
            index.add(ROW)
            assert json.loads(sent(lines)["data"])["number"] == 3
        again = EVENTS | {"Last-Event-ID": "2"}
        with client.stream("GET", "/v1/changes?since=0", headers=again) as stream:
            lines = stream.iter_lines()
            sent(lines)
            assert sent(lines)["id"] == "3"
        wrong = client.get("/v1/changes", headers=EVENTS | {"Last-Event-ID": "x"})
        assert wrong.status_code == 422


def test_a_stream_of_one_story_leaves_out_the_others(index: StoryIndex) -> None:
    index.add([ROW])
    story = index.placement("n").story_group
    with (
        running(create_app(index)) as base,
        httpx.Client(base_url=base, timeout=PATIENCE) as client,
        client.stream("GET", f"/v1/changes?story_group={story}", headers=EVENTS) as stream,
    ):
        lines = stream.iter_lines()
        sent(lines)
        assert sent(lines)["id"] == "1"
        client.post("/v1/articles", json={"id": "o", "text": "Chess in Tallinn: Oduya wins."})
        client.delete("/v1/articles/n")
        assert json.loads(sent(lines)["data"])["kind"] == "closed"


def test_a_silent_stream_says_that_it_lives_and_ends_with_the_server(index: StoryIndex) -> None:
    app = create_app(index, limits=Limits(keep_alive_s=0.05))
    with (
        running(app) as base,
        httpx.Client(base_url=base, timeout=PATIENCE) as client,
        client.stream("GET", "/v1/changes", headers=EVENTS) as stream,
    ):
        lines = stream.iter_lines()
        sent(lines)
        assert sent(lines) == {"": "still here"}
        assert client.get("/readyz").status_code == 200
        app.state.service.feed.closed = True
        app.state.service.feed.poll_now()
        assert all(line in ("", ": still here") for line in lines)
        assert client.get("/readyz").status_code == 503


def test_streams_are_limited(index: StoryIndex) -> None:
    app = create_app(index, limits=Limits(streams=1))
    with (
        running(app) as base,
        httpx.Client(base_url=base, timeout=PATIENCE) as client,
        client.stream("GET", "/v1/changes", headers=EVENTS) as stream,
    ):
        lines = stream.iter_lines()
        sent(lines)
        refused = client.get("/v1/changes", headers=EVENTS)
        assert refused.status_code == 503
        assert "dedup_streams 1.0" in client.get("/metrics").text


def test_ids_with_escapes_work_over_a_real_socket(index: StoryIndex) -> None:
    with running(create_app(index)) as base, httpx.Client(timeout=PATIENCE) as client:
        for id, path in (("%2F", "%252F"), ("a/b", "a%2Fb"), ("a/b/", "a/b%2F")):
            put = client.put(f"{base}/v1/articles/{path}", json={"text": ROW["text"]})
            assert put.json()["placements"][0]["id"] == id
            assert client.get(f"{base}/v1/articles/{path}").json()["article"]["id"] == id


@pytest.mark.faults
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_what_was_acknowledged_is_there_after_a_stop(stop: int, tmp_path: Path) -> None:
    process, base = started(tmp_path / "index")
    acknowledged: list[str] = []
    enough = threading.Event()

    def add() -> None:
        with httpx.Client(base_url=base, timeout=PATIENCE) as client:
            for number in range(1_000):
                row: dict[str, Any] = ROW | {"id": f"n{number}", "text": f"Text {number}."}
                try:
                    answer = client.post("/v1/articles", json=row)
                except httpx.TransportError:
                    return
                if answer.status_code == 201:
                    acknowledged.append(row["id"])
                if number == 3:
                    enough.set()

    adding = threading.Thread(target=add)
    adding.start()
    try:
        with (
            httpx.Client(base_url=base, timeout=PATIENCE) as client,
            client.stream("GET", "/v1/changes", headers=EVENTS) as stream,
        ):
            lines = stream.iter_lines()
            sent(lines)
            assert enough.wait(PATIENCE)
            # As to a group: the one that writes leaves it to the server.
            for each in (writer_of(tmp_path / "index"), process.pid):
                os.kill(each, stop)
            # The stream ends by itself: nothing here closes it.
            for _ in lines:
                pass
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        adding.join(PATIENCE)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert len(acknowledged) >= 4
    with StoryIndex.open(tmp_path / "index") as index:
        assert index.check() == []
        stored = {each for each in acknowledged if index.article(each).article.id == each}
        # The last one may have been stored, and its answer lost.
        assert index.stats().articles - len(stored) in (0, 1)


def test_others_are_not_let_in_without_a_token_unless_forced(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "dedup.example"):
        with pytest.raises(ConfigError, match="without a token"):
            serve(tmp_path / "index", host=host)
    # It gets as far as the address, which is not one of this machine.
    for allowed in ({"token": "t"}, {"force": True}):
        with pytest.raises(ConfigError, match="cannot listen"):
            serve(tmp_path / "index", host="192.0.2.1", **allowed)
    assert not (tmp_path / "index").exists()
    assert is_local("127.0.0.2")
    assert is_local("[::1]")
    assert not is_local("")


def test_an_address_or_an_index_in_use_is_an_error(tmp_path: Path, index: StoryIndex) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="cannot listen"):
            serve(tmp_path / "other", port=taken.getsockname()[1])
    with pytest.raises(ConfigError, match="cannot listen"):
        serve(tmp_path / "other", port=70_000)
    with pytest.raises(StoreError):
        serve(tmp_path / "index", port=0)
    assert index.stats().articles == 0


def test_answers_do_not_wait_for_the_acknowledgement_of_their_first_half() -> None:
    async def delays() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def told(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            found.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(told, sock=listener):
                with socket.create_connection(listener.getsockname()):
                    return await found

    assert asyncio.run(delays()) == 1


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import dedup.server

    # The reference, where a test makes it, loads the names for good.
    monkeypatch.delitem(vars(dedup.server), "create_app", raising=False)
    for name in [name for name in sys.modules if name.startswith("dedup.server.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(MissingExtraError, match=r"story-dedup\[server\]"):
        _ = dedup.server.create_app
    with pytest.raises(AttributeError):
        _ = dedup.server.nothing
