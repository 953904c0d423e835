"""The process that writes beside the server's: what it answers, and what ends with what."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))

import httpx2 as httpx

from dedup.encoders import load_encoder
from dedup.errors import InputError, NotFoundError, StoreError
from dedup.index.story_index import StoryIndex
from dedup.records import Problem
from dedup.server.writer import WriterProcess
from dedup.store.lock import WriterLock
from tests.indexes import PATIENCE
from tests.served import FLOOD, OTHER, started, writer_of

ROWS = [asdict(each) for each in [*FLOOD, OTHER]]
ASKED = {"text": FLOOD[0].text}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def writer(folder: Path) -> Iterator[WriterProcess]:
    with closing(WriterProcess(folder, synchronous="NORMAL")) as opened:
        yield opened


def test_it_does_what_an_index_does(place: str, tmp_path: Path) -> None:
    with (
        closing(WriterProcess(place, synchronous="NORMAL")) as writer,
        StoryIndex.open(tmp_path / "here") as here,
        StoryIndex.open(place, read_only=True, encoder=writer) as there,
    ):
        problems: list[Problem] = []
        own: list[Problem] = []
        rows = [*ROWS, {"id": "empty"}]
        assert writer.add(rows, problems) == here.add(rows, own)
        assert problems == own != []
        # What it returned for is there for those who read.
        assert there.article("d").article == here.article("d").article
        assert writer.query(ASKED, limit=1) == here.query(ASKED, limit=1)
        assert there.why("a", "d") == here.why("a", "d")
        writer.remove("a")
        here.remove("a")
        with pytest.raises(NotFoundError):
            there.article("a")
        assert there.placement("b") == here.placement("b")


def test_it_makes_the_vectors_of_the_index(writer: WriterProcess) -> None:
    encoder = load_encoder()
    texts = [FLOOD[0].text, ""]
    assert (writer.name, writer.revision, writer.dim) == (
        encoder.name, encoder.revision, encoder.dim,
    )  # fmt: skip
    assert writer.encode(texts).tolist() == encoder.encode(texts).tolist()


def test_errors_arrive_and_it_goes_on(writer: WriterProcess) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"):
        writer.remove("nothing")
    with pytest.raises(InputError):
        writer.query({"text": " "})
    writer.add(ROWS, [])
    first = writer.query(ASKED)
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda _: writer.query(ASKED), range(40))) == [first] * 40


def test_an_index_that_cannot_be_opened_is_an_error(folder: Path, writer: WriterProcess) -> None:
    del writer
    with pytest.raises(StoreError, match="is being written by process"):
        WriterProcess(folder)


def test_one_that_has_ended_says_so(tmp_path: Path) -> None:
    writer = WriterProcess(tmp_path)
    writer.require_life()
    writer.close()
    with pytest.raises(StoreError, match="has ended"):
        writer.remove("a")
    writer.close()
    WriterLock(tmp_path / "index.lock").free()


@pytest.mark.faults
def test_the_server_ends_with_an_error_when_its_writer_is_killed(tmp_path: Path) -> None:
    process, base = started(tmp_path / "index")
    with process, httpx.Client(base_url=base, timeout=PATIENCE) as client:
        assert client.post("/v1/articles", json={"id": "n", "text": "News."}).status_code == 201
        assert client.get("/v1/articles/n").status_code == 200
        os.kill(writer_of(tmp_path / "index"), signal.SIGKILL)
        assert process.wait(PATIENCE) == 1
    with StoryIndex.open(tmp_path / "index") as index:
        assert index.check() == []
        assert index.article("n").article.text == "News."


@pytest.mark.faults
def test_the_writer_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    process, base = started(tmp_path / "index")
    with process:
        assert httpx.post(
            f"{base}/v1/articles", json={"text": "News."}, timeout=PATIENCE
        ).is_success
        writer = writer_of(tmp_path / "index")
        assert writer != process.pid
        process.kill()
    with (tmp_path / "index" / "index.lock").open() as lock:
        # Until the other one lets go of it.
        fcntl.flock(lock, fcntl.LOCK_EX)
    with StoryIndex.open(tmp_path / "index") as index:
        assert index.stats().articles == 1
