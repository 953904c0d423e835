"""What may happen to an index: killed writers, full disks, damaged files."""

from __future__ import annotations

import gc
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

import pytest

from dedup.articles import source_of
from dedup.errors import StoreError
from dedup.index.live.columns import ColumnFiles
from dedup.index.memory import IndexMemory
from dedup.index.story_index import CACHE
from dedup.records import Article
from tests.indexes import PATIENCE, SMALL, all_stories, articles_of, check_index, opened
from tests.news_streams import World

pytestmark = pytest.mark.faults
KILLS = 54
KILLS_OF_ONE_INDEX = 9
PAGE = 8192

# A child costs no imports: it is forked from a process that has them, and has added before.
KILLED = """
import json, os, signal, sys, tempfile
from pathlib import Path
from random import Random
from dedup.index import following
from dedup.index.live import columns
from dedup.index.live.live import LiveIndex
from tests.indexes import opened
from tests.news_streams import World

articles = World(Random(8), 60, crowd=14).articles

def tell(*words):
    os.write(1, (json.dumps(words) + "\\n").encode())

def killed_inside(where, calls):
    # Kills this process in the middle of the call after so many others.
    def killing(work):
        def one_less(*given, **wanted):
            nonlocal calls
            calls -= 1
            if calls < 0:
                if where == "append":
                    column, file, _ = given
                    file.write(column.tobytes()[: column.nbytes // 2])
                    file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*given, **wanted)

        return one_less

    if where == "append":
        columns._put = killing(columns._put)
    elif where == "repair":
        following._AT_ONCE = 4
        LiveIndex.take_over = killing(LiveIndex.take_over)

def add_until_killed(path, start, where, calls):
    killed_inside(where, calls)
    with opened(path) as index:
        index.warm_up()
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
    path, *how = json.loads(line)
    child = os.fork()
    if not child:
        add_until_killed(Path(path), *how)
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

    def start(self, path: Path, number: int, where: str = "", calls: int = 0) -> None:
        """A writer that adds articles from this one on, and kills itself inside a call."""
        assert self._process.stdin is not None
        told = json.dumps([str(path), number, where, calls])
        self._process.stdin.write(f"{told}\n".encode())

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


def until_it_kills_itself(forker: Forker, path: Path, start: int, where: str, calls: int) -> None:
    """The articles from this one on that a writer acknowledged before are there, and no others."""
    forker.start(path, start, where, calls)
    told: list[tuple[str, str | int]] = []
    while not told or told[-1][0] != "ended":
        each = forker.told(PATIENCE)
        assert each is not None
        told.append(each)
    words = [word for word, _ in told]
    assert "closed" not in words
    with opened(path) as index:
        assert index.check() == []
        assert len(articles_of(index)) == start + words.count("added")


def test_writers_that_are_killed_inside_an_append_to_the_columns_lose_nothing(
    forker: Forker, tmp_path: Path, pool: list[Article]
) -> None:
    """The first columns, those appended to them, and those of the next writer: file after file."""
    for number, calls in enumerate((0, 1, 40, 90, 150, 230)):
        path = tmp_path / str(number)
        with opened(path) as index:
            index.add(pool[:4])
        until_it_kills_itself(forker, path, 4, "append", calls)
        with opened(path, read_only=True) as index:
            count = len(articles_of(index))
        until_it_kills_itself(forker, path, count, "append", calls // 2)
        with opened(path) as index:
            index.add(pool[40:42])
            check_index(index)


@pytest.mark.parametrize("lost", [True, False])
def test_writers_that_are_killed_while_columns_are_repaired_lose_nothing(
    forker: Forker, tmp_path: Path, pool: list[Article], lost: bool
) -> None:
    path = tmp_path / "index"
    with opened(path) as index:
        index.add(pool[:6])
    shutil.copytree(path / CACHE, tmp_path / "before")
    with opened(path) as index:
        index.add(pool[6:20])
    for calls in range(4):
        shutil.rmtree(path / CACHE, ignore_errors=True)
        if not lost:
            shutil.copytree(tmp_path / "before", path / CACHE)
        until_it_kills_itself(forker, path, 20, "repair", calls)
    with opened(path) as index:
        index.add(pool[20:22])
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


def check_and_add(path: Path, pool: list[Article], added: int) -> None:
    """The first articles are there, the index is sound, and takes more."""
    with opened(path) as index:
        check_index(index)
        assert articles_of(index).keys() == {each.id for each in pool[:added]}
        index.add(pool[added : added + 5])
        check_index(index)


def test_files_that_cannot_grow_are_an_error_and_leave_the_index_usable(
    tmp_path: Path, pool: list[Article]
) -> None:
    error, added = fill(tmp_path, "limited")
    assert "what was stored is as it was" in error
    check_and_add(tmp_path, pool, added)


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
        check_and_add(tmp_path / "index", pool, added)
    finally:
        # Files are mapped as long as an index is there, closed or not.
        gc.collect()
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


def damaged(content: bytes, damage: str) -> bytes:
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]
    return {"empty": b"", "truncated": content[:middle], "flipped": flipped}[damage]


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped"])
def test_a_damaged_column_is_never_read(copied: Path, damage: str) -> None:
    """Each file of them, one after the other; the index with one of them is sound all the same."""
    files = [file for file in (copied / CACHE).iterdir() if file.stat().st_size]
    assert len(files) > 30
    fits: dict[str, set[str]] = {}
    for file in files:
        whole = file.read_bytes()
        assert ColumnFiles(copied / CACHE).read(fits) is not None
        file.unlink()
        if damage != "missing":
            file.write_bytes(damaged(whole, damage))
        assert ColumnFiles(copied / CACHE).read(fits) is None
        file.write_bytes(whole)
    files[len(damage)].unlink()
    with opened(copied) as index:
        check_index(index)


@pytest.mark.parametrize("damage", ["missing", "of another", "aside"])
def test_columns_that_are_not_its_own_are_passed_over(
    copied: Path, pool: list[Article], damage: str
) -> None:
    columns = copied / CACHE
    if damage == "missing":
        shutil.rmtree(columns)
    elif damage == "of another":
        with opened(copied.parent / "other") as other:
            other.add(pool[30:50])
        shutil.rmtree(columns)
        shutil.copytree(copied.parent / "other" / CACHE, columns)
    else:
        (columns / "head.new").write_bytes(b"dedup")
        (columns / "head.99").write_bytes(b"dedup")
    with opened(copied) as index:
        index.add(pool[25:30])
        check_index(index)
        index.remove([each.id for each in pool[5:12]])
        check_index(index)
    with opened(copied) as index:
        index.add(pool[5:12])
        check_index(index)


def test_columns_from_before_are_repaired_by_their_tail(
    copied: Path, tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has changed since is taken in, and nothing else."""
    shutil.copytree(copied / CACHE, tmp_path / "before")
    with opened(copied) as index:
        index.add(pool[25:35])
        index.remove([each.id for each in pool[:4]])
        index.add(replace(pool[7], text=pool[40].text))
    shutil.rmtree(copied / CACHE)
    shutil.move(tmp_path / "before", copied / CACHE)
    monkeypatch.setattr(IndexMemory, "_from_store", None)
    with opened(copied) as index:
        index.warm_up()
        changed = index._memory._follower.taken_in
        assert 15 <= changed < index.stats().articles + 4
        index.add(pool[:3])
        check_index(index)


def test_columns_of_a_later_copy_are_not_taken_for_those_of_an_earlier_one(
    copied: Path, tmp_path: Path, pool: list[Article]
) -> None:
    """What the columns say may be of articles that this copy never had."""
    shutil.copy(copied / "store.sqlite", tmp_path / "backup")
    with opened(copied) as index:
        index.add(pool[25:40])
        index.save_cache()
        index.add(pool[40:42])
        index.save_cache()
    shutil.copy(tmp_path / "backup", copied / "store.sqlite")
    with opened(copied) as index:
        index.add(pool[38:50])
        check_index(index)


def test_an_index_of_an_earlier_release_opens_and_says_that_it_compares_again(
    copied: Path, pool: list[Article], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(copied / CACHE)
    old = [copied / CACHE.parent / name for name in ("columns.bin", "links.npz")]
    for file in old:
        file.write_bytes(b"of before")
    with opened(copied) as index:
        index.query(pool[3])
        assert "of an earlier release: 25 articles are compared again" in caplog.text
        check_index(index)
    assert not any(file.exists() for file in old)
    with opened(copied) as index:
        caplog.clear()
        index.query(pool[3])
        assert not caplog.text


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
