"""What may happen to an index: killed writers, full disks, damaged files."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dedup.articles import source_of
from dedup.errors import StoreError
from dedup.index.live.columns import packed, read_columns, unpacked, write_columns
from dedup.index.story_index import CACHE
from dedup.records import Article
from dedup.store.opening import open_store
from tests.indexes import PATIENCE, SMALL, all_stories, articles_of, check_index, opened
from tests.news_streams import World

pytestmark = pytest.mark.faults
KILLS = 54
KILLS_OF_ONE_INDEX = 9
PAGE = 8192

# A child costs no imports: it is forked from a process that has them, and has added before.
KILLED = """
import json, os, sys, tempfile
from pathlib import Path
from random import Random
from tests.indexes import opened
from tests.news_streams import World

articles = World(Random(8), 60, crowd=14).articles

def tell(*words):
    os.write(1, (json.dumps(words) + "\\n").encode())

def add_until_killed(path, start):
    with opened(path) as index:
        tell("opened", index.stats().articles)
        for number in range(start, len(articles)):
            tell("added", index.add(articles[number]).id)
            if number % 3 == 2:
                index.save_cache()
    tell("closed", "")

with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "warm") as index:
    for each in articles[:8]:
        index.add(each)
    index.query(articles[9])
for line in sys.stdin:
    path, start = json.loads(line)
    child = os.fork()
    if not child:
        add_until_killed(Path(path), start)
        os._exit(0)
    tell("child", child)
    os.waitpid(child, 0)
    tell("ended", "")
"""


class Forker:
    """Starts writers, each of which can be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._read = b""

    def start(self, path: Path, number: int) -> None:
        """A writer that adds articles from this one on."""
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps([str(path), number]) + "\n").encode())

    def told(self, seconds: float) -> tuple[str, str | int] | None:
        """The next word and what it is about; None if none comes in this time."""
        assert self._process.stdout is not None
        while b"\n" not in self._read:
            if not select.select([self._process.stdout], [], [], seconds)[0]:
                return None
            block = self._process.stdout.read(1 << 16)
            assert block, "the process has ended"
            self._read += block
        line, _, self._read = self._read.partition(b"\n")
        word, about = json.loads(line)
        return word, about

    def kill_after(self, lines: int, seconds: float) -> set[str]:
        """Kill the writer so long after so many lines; ids of what it acknowledged."""
        acknowledged: set[str] = set()
        writer = 0
        while (told := self.told(PATIENCE if lines > 0 else seconds)) is not None:
            word, about = told
            if word == "child":
                writer = int(about)
            elif word == "added":
                acknowledged.add(str(about))
            elif word == "ended":
                return acknowledged
            # What comes in the last moment does not make it longer.
            lines, seconds = lines - 1, seconds if lines > 0 else 0.0
        os.kill(writer, signal.SIGKILL)
        while (told := self.told(PATIENCE)) is not None and told[0] != "ended":
            acknowledged.add(str(told[1]))
        assert told is not None
        return acknowledged

    def stop(self) -> None:
        self._process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    made = Forker()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def pool() -> list[Article]:
    return World(random.Random(8), 60, crowd=14).articles


@pytest.mark.parametrize("part", range(KILLS // KILLS_OF_ONE_INDEX))
def test_killed_writers_lose_nothing(
    forker: Forker, tmp_path: Path, pool: list[Article], part: int
) -> None:
    """Killed while opening, adding, writing the cache or closing: all that was told is there."""
    chosen = random.Random(part)
    acknowledged: set[str] = set()
    count = 0
    for _ in range(KILLS_OF_ONE_INDEX):
        forker.start(tmp_path, count)
        acknowledged |= forker.kill_after(chosen.randrange(1, 7), chosen.random() * 0.06)
        with opened(tmp_path) as index:
            assert index.check() == []
            found = articles_of(index)
            # The one that was being added may be there, or not.
            assert len(found) in (len(acknowledged), len(acknowledged) + 1)
            count = len(found)
        assert found.keys() == {each.id for each in pool[:count]}
        assert acknowledged <= found.keys()
        for each in pool[:count]:
            expected = replace(each, language="", source=source_of(each))
            assert replace(found[each.id], language="") == expected
        acknowledged = set(found)
    with opened(tmp_path) as index:
        check_index(index)
        index.add(pool[count : count + 3])
        check_index(index)


FULL_DISK = """
import json, resource, sys
from pathlib import Path
from random import Random
from dedup.errors import StoreError
from tests.indexes import opened
from tests.news_streams import World

articles = World(Random(8), 60, crowd=14).articles
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
limited = sys.argv[2] == "limited"
index = opened(Path(sys.argv[1]))
index.add(articles[0])
if limited:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
added = 1
try:
    for each in articles[1:]:
        index.add(each)
        added += 1
except StoreError as error:
    print(error)
    print(added, index.stats().articles, len(index.query(articles[0]).duplicates) > 0)
    index.save_cache()
if limited:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    index.add(articles[added])
    added += 1
index.close()
print(added)
"""


def fill(path: Path, how: str) -> tuple[str, int]:
    """Add until the disk is full: the error, and how many articles are in then."""
    command = [sys.executable, "-c", FULL_DISK, str(path), how]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    error, then, added = told.stdout.strip().splitlines()
    before = int(added) - (how == "limited")
    assert then == f"{before} {before} True"
    return error, int(added)


def test_files_that_cannot_grow_are_an_error_and_leave_the_index_usable(
    tmp_path: Path, pool: list[Article]
) -> None:
    error, added = fill(tmp_path, "limited")
    assert "what was stored is as it was" in error
    with opened(tmp_path) as index:
        check_index(index)
        assert articles_of(index).keys() == {each.id for each in pool[:added]}
        index.add(pool[added : added + 5])
        check_index(index)


def test_a_full_disk_is_an_error_and_leaves_the_index_whole(
    tmp_path: Path, pool: list[Article]
) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk; a limit on files stands in for it")
    try:
        error, added = fill(tmp_path / "index", "mounted")
        assert "the disk is full" in error
        subprocess.run(["mount", "-o", "remount,size=64m", str(tmp_path)], check=True)
        with opened(tmp_path / "index") as index:
            assert articles_of(index).keys() == {each.id for each in pool[:added]}
            index.add(pool[added : added + 5])
            check_index(index)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, pool: list[Article]) -> Path:
    """Folder of an index of 25 articles."""
    path = tmp_path_factory.mktemp("sound")
    with opened(path) as index:
        index.add(pool[:25])
    return path


@pytest.fixture
def copied(sound: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index"
    shutil.copytree(sound, path)
    return path


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "truncated", "flipped", "of another", "aside"]
)
def test_a_damaged_cache_is_passed_over(copied: Path, pool: list[Article], damage: str) -> None:
    cache = copied / CACHE
    whole = cache.read_bytes()
    store = open_store(copied, read_only=True)
    assert read_columns(cache, store.meta()["generation"]) is not None
    store.close()
    if damage == "missing":
        cache.unlink()
    elif damage == "of another":
        with opened(copied.parent / "other") as other:
            other.add(pool[30:50])
        shutil.copy(copied.parent / "other" / CACHE, cache)
    elif damage == "aside":
        cache.with_suffix(".new").write_bytes(whole[:100])
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :]
        cache.write_bytes({"empty": b"", "truncated": whole[:-7], "flipped": flipped}[damage])
    with opened(copied) as index:
        index.add(pool[25:30])
        check_index(index)
        index.remove([each.id for each in pool[5:12]])
        check_index(index)
    with opened(copied) as index:
        index.add(pool[5:12])
        check_index(index)


def test_columns_come_back_as_they_were_or_not_at_all(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    columns: dict[str, Any] = {
        "none": np.empty((0, 3), np.float64),
        "rows": generator.integers(-9, 9, (5, 3)).astype(np.int16),
        "flags": np.array([True, False, True]),
        **packed("words", ["", "a", "żółć\n", "\0", "\ud800", ""]),
    }
    path = tmp_path / "cache" / "columns.bin"
    write_columns(path, "7", columns)
    read = read_columns(path, "7")
    assert read is not None
    assert read.keys() == columns.keys()
    for name, column in columns.items():
        assert read[name].dtype == column.dtype
        assert np.array_equal(read[name], column)
    assert unpacked(read, "words") == ["", "a", "żółć\n", "\0", "\ud800", ""]
    # What is read may be changed, and the file stays as it is.
    read["rows"][0] = 0
    assert read_columns(path, "8") is None
    whole = path.read_bytes()
    for _ in range(200):
        flipped = bytearray(whole)
        flipped[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        path.write_bytes(flipped)
        assert read_columns(path, "7") is None
        path.write_bytes(whole[: generator.integers(len(whole))])
        assert read_columns(path, "7") is None
    path.write_bytes(whole)
    assert read_columns(path, "7") is not None


def test_an_older_cache_is_passed_over(copied: Path, pool: list[Article]) -> None:
    cache = copied / CACHE
    old = cache.read_bytes()
    with opened(copied) as index:
        index.add(pool[25:35])
        index.remove([each.id for each in pool[:4]])
    assert cache.read_bytes() != old
    cache.write_bytes(old)
    with opened(copied) as index:
        index.add(pool[:3])
        check_index(index)


def test_a_closed_index_is_one_file(copied: Path, tmp_path: Path, pool: list[Article]) -> None:
    with opened(copied) as index:
        # Readers have connections of their own.
        index.query(pool[2])
        assert list(all_stories(index))
        index.add(pool[25])
    (tmp_path / "alone").mkdir()
    shutil.copy(copied / "store.sqlite", tmp_path / "alone")
    with opened(tmp_path / "alone") as index:
        assert articles_of(index).keys() == {each.id for each in pool[:26]}
        check_index(index)


def test_a_damaged_database_is_said_to_be(copied: Path) -> None:
    file = copied / "store.sqlite"
    whole = file.read_bytes()
    pages = len(whole) // PAGE
    assert pages > 20
    for number in range(0, pages, 3):
        start = number * PAGE
        page = bytes(byte ^ 255 for byte in whole[start : start + PAGE])
        file.write_bytes(whole[:start] + page + whole[start + PAGE :])
        try:
            with opened(copied, None, read_only=True) as index:
                assert index.check()
        except StoreError as error:
            assert "damaged" in str(error) or "dedup check" in str(error)
        for rest in ("store.sqlite-wal", "store.sqlite-shm"):
            (copied / rest).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM places WHERE id = 'n003'", "n003"),
        ("UPDATE places SET story = 's-0' WHERE id = 'n003'", "n003|s-0"),
        ("UPDATE articles SET text = 'other' WHERE id = 'n004'", "n004"),
        ("DELETE FROM events WHERE number = 2", "events"),
        ("UPDATE stories SET state = 'merged', heir = 's-1' WHERE state = 'open'", "merged"),
    ],
)
def test_check_says_what_does_not_fit(copied: Path, statement: str, said: str) -> None:
    with sqlite3.connect(copied / "store.sqlite") as connection:
        assert connection.execute(statement).rowcount
    connection.close()
    with opened(copied, SMALL, read_only=True) as index:
        found = "\n".join(index.check())
        assert any(each in found for each in said.split("|"))
        assert list(all_stories(index)) or "merged" in statement
