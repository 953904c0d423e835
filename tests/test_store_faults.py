"""What goes wrong around a store: killed processes, full disks, damaged files."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pytest

from dedup.errors import StoreError
from dedup.store import Store
from dedup.store.database import Database
from dedup.store.opening import open_store
from dedup.store.sql import SqlStore
from dedup.store.sqlite import SqliteConnection, SqliteEngine
from tests.indexes import PATIENCE
from tests.requirements import require
from tests.stored_records import article, opened, put_story, tamper

pytestmark = pytest.mark.faults
ENDLESS_WRITER = """
import sys
from dedup.store.opening import open_store
from tests.stored_records import put_story

store = open_store(sys.argv[1])
number = int(store.meta().get("generation", "0"))
while True:
    with store.begin():
        put_story(store, 2 * number + 1, text="word " * 2_000)
        print("inside", number, flush=True)
        put_story(store, 2 * number + 2)
        number += 1
        store.set_meta({"generation": str(number)})
    print("done", number, flush=True)
"""

FULL_DISK = """
import resource, sys
from dedup.errors import StoreError
from dedup.store.opening import open_store
from tests.stored_records import put_story

store = open_store(sys.argv[1])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
if sys.argv[2] == "limited":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
number = 0
try:
    while True:
        with store.begin():
            put_story(store, number + 1, text="word " * 5_000)
        number += 1
except StoreError as error:
    print(error)
assert store.check() == [], store.check()
assert store.counts()["articles"] == number > 3
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
if sys.argv[2] == "limited":
    with store.begin():
        put_story(store, number + 1)
    number += 1
print(number)
"""


@contextmanager
def writer(place: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Another process that adds to a store until it is killed, and what it says."""
    command = [sys.executable, "-c", ENDLESS_WRITER, place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def reopened(place: str) -> Store:
    """The store, as soon as its server has seen that the one who wrote is gone."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return open_store(place)
        except StoreError:
            if time.monotonic() > until:
                raise


def test_killed_writers_leave_whole_transactions(place: str) -> None:
    acknowledged = 0
    for message in ("inside", "done", "inside", "inside", "done", "inside"):
        with writer(place) as (process, lines):
            for _ in range(3):
                for line in lines:
                    word, number = line.split()
                    acknowledged = int(number) if word == "done" else acknowledged
                    if word == message:
                        break
            os.kill(process.pid, signal.SIGKILL)
            # What it still said before the kill was acknowledged too.
            for line in lines:
                word, number = line.split()
                acknowledged = int(number) if word == "done" else acknowledged
        store = reopened(place)
        generation = int(store.meta()["generation"])
        assert acknowledged <= generation <= acknowledged + 1
        assert store.counts()["articles"] == store.counts()["events"] == 2 * generation
        assert store.check() == []
        store.close()
        acknowledged = generation


def test_a_second_process_is_told_who_writes_and_may_read(place: str) -> None:
    with writer(place) as (process, lines):
        assert any(line.startswith("done 2") for line in lines)
        with pytest.raises(StoreError, match="is being written") as refused:
            open_store(place)
        if not place.startswith("postgresql"):
            assert f"process {process.pid}:" in str(refused.value)
        with opened(place, read_only=True) as reader:
            assert int(reader.meta()["generation"]) >= 2
            assert reader.counts()["articles"] % 2 == 0


def test_what_was_closed_is_free_before_its_server_has_seen_that(
    postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg = require("psycopg")
    place = f"{postgres_address}&schema=unseen"
    with monkeypatch.context() as slow:
        unseen: list[Any] = []
        slow.setattr(psycopg.Connection, "close", lambda self: unseen.append(self))
        open_store(place).close()
        assert unseen
        open_store(place).close()
    for connection in unseen:
        connection.close()


def fill(place: Path, how: str) -> tuple[str, int]:
    """What a store said as the disk was full, and how many articles it had then."""
    command = [sys.executable, "-c", FULL_DISK, str(place), how]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    message, number = done.stdout.strip().splitlines()
    return message, int(number)


def test_a_file_that_cannot_grow_is_an_error_and_leaves_the_store_whole(tmp_path: Path) -> None:
    message, number = fill(tmp_path / "index", "limited")
    assert "disk" in message
    with opened(str(tmp_path / "index")) as store:
        assert store.counts()["articles"] == number
        assert store.check() == []


def test_a_full_disk_is_an_error_and_leaves_the_store_whole(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk; a limit on files stands in for it")
    try:
        message, number = fill(tmp_path / "index", "mounted")
        assert "the disk is full" in message
        with opened(str(tmp_path / "index"), read_only=True) as store:
            assert store.counts()["articles"] == number
            assert store.check() == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store of 40 articles."""
    folder = tmp_path_factory.mktemp("sound")
    with opened(str(folder)) as store, store.begin():
        for number in range(1, 41):
            put_story(store, number, text=f"word {number} " * 100)
    return folder / "store.sqlite"


def lasting(store: Store) -> list[object]:
    """What cannot be computed again from the rest."""
    ids = [f"s{number}" for number in range(1, 41)]
    articles = [stored.article.id for stored in store.all_articles()]
    return [store.articles(articles), store.stories(ids), store.events()]


def is_noticed(folder: Path, expected: list[object]) -> bool:
    """Whether opening or checking says that something is wrong, or else nothing is."""
    try:
        with opened(str(folder)) as store:
            return bool(store.check()) or lasting(store) == expected
    except StoreError:
        return True


@pytest.mark.parametrize("part", range(8))
def test_every_flipped_bit_is_noticed(sound: Path, tmp_path: Path, part: int) -> None:
    with opened(str(sound.parent), read_only=True) as store:
        expected = lasting(store)
        assert store.check() == []
    generator = random.Random(part)
    # The first page tells what all others are.
    end = 8_192 if part == 0 else sound.stat().st_size
    for _ in range(12):
        damaged = bytearray(sound.read_bytes())
        damaged[generator.randrange(end)] ^= 1 << generator.randrange(8)
        (tmp_path / "store.sqlite").write_bytes(damaged)
        assert is_noticed(tmp_path, expected)
        for rest in ("store.sqlite-wal", "store.sqlite-shm"):
            (tmp_path / rest).unlink(missing_ok=True)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.999])
def test_a_truncated_file_is_noticed(sound: Path, tmp_path: Path, share: float) -> None:
    whole = sound.read_bytes()
    (tmp_path / "store.sqlite").write_bytes(whole[: int(len(whole) * share)])
    message: list[str] = []
    with suppress(StoreError), opened(str(tmp_path), read_only=True) as store:
        message = store.check()
        assert message
    if not message:
        with pytest.raises(StoreError, match=r"damaged|not that of an index"):
            open_store(tmp_path, read_only=True)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("Dear editor,\n" * 1_000)
    for read_only in (False, True):
        with pytest.raises(StoreError, match="damaged or is none"):
            open_store(tmp_path, read_only=read_only)


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file" / "index")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file")
    with pytest.raises(StoreError, match="no index"):
        open_store(tmp_path / "file", read_only=True)


DAMAGE = {
    "UPDATE articles SET text = 'other' WHERE id = 'a1'": "articles not as written: a1",
    "UPDATE articles SET removed = '[' WHERE id = 'a2'": "articles that cannot be read: a2",
    "DELETE FROM places WHERE id = 'a3'": "articles without a place: a3",
    "UPDATE places SET story = 's1' WHERE id = 'a2'": "members that are not placed in them: s2",
    "DELETE FROM stories WHERE id = 's1'": "story groups that do not list articles placed in them",
    "UPDATE stories SET record = '{}' WHERE id = 's2'": "story groups that cannot be read: s2",
    "UPDATE stories SET state = 'closed' WHERE id = 's2'": "state and description differ: s2",
    "DELETE FROM events WHERE number = 2": "events missing before number: 3",
    "UPDATE events SET kind = 'closed' WHERE number = 2": "not what the history tells: s2",
    "UPDATE places SET story = 's2' WHERE id = 'a1'": "story groups that are archived in part: s2",
    "DELETE FROM articles": "members that are not placed in them: s1, s2, s3",
}


@pytest.mark.parametrize(("statement", "message"), DAMAGE.items())
def test_check_says_what_is_inconsistent(place: str, statement: str, message: str) -> None:
    with opened(place) as store:
        with store.begin():
            for number in (1, 2, 3):
                put_story(store, number)
            store.archive.add({"a2": True})
        assert store.check() == []
        tamper(store, statement)
        assert any(message in line for line in store.check())


def test_check_finds_places_without_an_article(tmp_path: Path) -> None:
    with opened(str(tmp_path)) as store, store.begin():
        put_story(store, 1)
    with sqlite3.connect(tmp_path / "store.sqlite") as raw:
        raw.execute("DELETE FROM articles")
    raw.close()
    with opened(str(tmp_path)) as store:
        assert "places without an article: a1" in store.check()


def test_a_record_that_cannot_be_read_is_an_error_of_the_store(place: str) -> None:
    with opened(place) as store:
        store.put_articles([article("a")])
        tamper(store, "UPDATE articles SET removed = '{'")
        with pytest.raises(StoreError, match="cannot be read: run `dedup check`"):
            store.articles(["a"])


class CountingEngine(SqliteEngine):
    """Counts the connections that it opens for readers."""

    readers = 0

    def reader(self) -> SqliteConnection:
        self.readers += 1
        return super().reader()


def test_readers_share_connections(tmp_path: Path) -> None:
    engine = CountingEngine(tmp_path)
    with closing(SqlStore(Database(engine, read_only=False))) as store:
        store.put_articles([article("a")])
        for _ in range(5):
            store.meta()
        reading = store.all_articles()
        next(reading)
        store.meta()
        del reading
        store.meta()
        assert engine.readers == 2
