"""Opening and rebuilding a `StoryIndex`, failures of its store, and others at work beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dedup
from dedup.config import Config
from dedup.errors import StoreError
from dedup.index.live.live import LiveIndex
from dedup.index.memory import IndexMemory
from dedup.index.story_index import StoryIndex
from dedup.records import Article
from dedup.store import StoredArticle
from dedup.store.opening import open_store
from dedup.store.sql import SqlStore
from dedup.store.sqlite import SqliteConnection
from tests.indexes import (
    HASHING,
    HOUR,
    MODEL,
    QUAKE,
    SMALL,
    VOTE,
    all_stories,
    article,
    articles_of,
    check_index,
    opened,
    what_is_known,
)
from tests.news_streams import HashingEncoder, World
from tests.stored_records import tamper


def test_rebuilding_keeps_ids_of_the_same_groups(tmp_path: Path, pool: list[Article]) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:40])
        before = {story.id: story for story in all_stories(index)}
        events = index.changes()
        index.rebuild()
        assert {story.id: story for story in all_stories(index)} == before
        assert index.changes() == events
    strict = SMALL.replace(stories={"min_probability": 0.9})
    with opened(tmp_path, strict, rebuild=True) as index:
        assert index.config == strict
        check_index(index)
        now = {story.id: story for story in all_stories(index)}
        assert len(now) > len(before)
        members = {frozenset(m.id for m in story.members): id for id, story in before.items()}
        for id, story in now.items():
            group = frozenset(member.id for member in story.members)
            assert members.get(group, id) == id
    with pytest.raises(StoreError, match=r"stories\.min_probability"):
        opened(tmp_path)


def test_a_rebuild_that_fails_changes_nothing_and_lets_go(
    tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:20])

    def fail(*_: object) -> None:
        raise StoreError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "add_events", fail)
        with pytest.raises(StoreError, match="the disk is gone"):
            opened(tmp_path, SMALL.replace(stories={"min_probability": 0.9}), rebuild=True)
    with opened(tmp_path) as index:
        check_index(index)


def test_closing_lets_go_whatever_happens(tmp_path: Path, pool: list[Article]) -> None:
    index = opened(tmp_path)
    index.add(pool[:5])
    with failing("meta"), pytest.raises(StoreError, match="the disk is gone"):
        index.close()
    with opened(tmp_path) as index:
        check_index(index)


def test_rebuilding_with_another_encoder(tmp_path: Path, pool: list[Article]) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:20])
    other = HashingEncoder(dim=64, revision="2")
    with pytest.raises(StoreError, match="encoder_revision '1', not '2'"):
        opened(tmp_path, encoder=other)
    with opened(tmp_path, encoder=other, rebuild=True) as index:
        index.add(pool[20:25])
        batch = dedup.cluster(articles_of(index).values(), SMALL, encoder=other, affinity=MODEL)
        assert {replace(story, id="") for story in all_stories(index)} == {
            replace(story, id="") for story in batch.story_groups
        }
    with opened(tmp_path, encoder=other) as index:
        assert index.stats().encoder == "hashing 2"
        assert index.check() == []


def test_an_index_refuses_other_curves_and_tables(
    tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:20])
    milder = replace(MODEL, intercepts={kind: odds + 3 for kind, odds in MODEL.intercepts.items()})
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"made with affinity .* rebuild"):
            opened(tmp_path, affinity=milder, read_only=read_only)
    with opened(tmp_path, affinity=milder, rebuild=True) as index:
        batch = dedup.cluster(articles_of(index).values(), SMALL, encoder=HASHING, affinity=milder)
        assert {story.first_article for story in all_stories(index)} == {
            story.first_article for story in batch.story_groups
        }
    opened(tmp_path, affinity=milder).close()
    monkeypatch.setattr("dedup.index.settings._tables", lambda: "others")
    with pytest.raises(StoreError, match=r"made with tables .*'others'"):
        opened(tmp_path, affinity=milder)


def test_an_index_of_before_takes_note_of_what_it_is_opened_with(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.add(article("a"))
    with closing(open_store(tmp_path)) as store:
        tamper(store, "DELETE FROM meta WHERE name IN ('affinity', 'tables', 'formats')")
        assert "affinity" not in store.meta()
    opened(tmp_path).close()
    with closing(open_store(tmp_path, read_only=True)) as store:
        assert {"affinity", "tables", "formats"} <= store.meta().keys()


def test_rebuilding_refuses_articles_that_are_not_as_written(
    tmp_path: Path, pool: list[Article]
) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:20])
        before = list(all_stories(index))
    with closing(open_store(tmp_path)) as store:
        tamper(store, f"UPDATE articles SET text = 'forged' WHERE id = '{pool[3].id}'")
    with opened(tmp_path) as index:
        with pytest.raises(StoreError, match=f"not as written: {pool[3].id}: restore"):
            index.rebuild()
        assert list(all_stories(index)) == before
        index.remove(pool[3].id)
        index.rebuild()
        check_index(index)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_reader_follows_a_writer_and_knows_what_one_knows_that_reads_all(
    place: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    world = World(random, 70, crowd=14)
    reads = 0
    read_all = IndexMemory._from_columns

    def counted(memory: IndexMemory) -> LiveIndex | None:
        nonlocal reads
        reads += 1
        return read_all(memory)

    monkeypatch.setattr(IndexMemory, "_from_columns", counted)
    with opened(place) as index:
        index.add(world.articles[:40])
        with opened(place, None, read_only=True) as reader:
            reader.warm_up()
            for step in world.steps(7):
                index.add(step.put[:12])
                index.remove([id for id in step.removed[:6] if index._store.articles([id])])
                before = reads
                followed = what_is_known(reader)
                assert reads == before
                with opened(place, None, read_only=True) as other:
                    assert followed == what_is_known(other)
                for item in random.sample(world.articles, 3):
                    asked = reader.query(replace(item, text=f"{item.text} {item.id}"))
                    assert asked == index.query(replace(item, text=f"{item.text} {item.id}"))


def test_an_index_is_opened_with_its_own_settings(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.add(article("a"))
    with opened(tmp_path, None) as index:
        assert index.config == SMALL
    with pytest.raises(StoreError, match=r"neighbors\.max_gap.*rebuild"):
        opened(tmp_path, Config())
    with opened(tmp_path) as index:
        assert index.stats().articles == 1


OLD_NAMES = {
    "related_stories": "storylines",
    "remove_boilerplate": "remove_furniture",
    "min_repeated_pages": "repeated_line_pages",
    "neighbors_per_language": "per_language",
    "min_shared_idf_bits": "min_shared_bits",
    "max_component_texts": "max_component",
    "roundup_min_links": "round_up_links",
    "max_related": "max_ties",
    "memory_window": "keep",
}


def test_an_index_with_settings_of_old_names_opens(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.add(article("a"))
    settings = {
        OLD_NAMES.get(section, section): {
            OLD_NAMES.get(name, name): value for name, value in values.items()
        }
        for section, values in SMALL.to_mapping().items()
    }
    with closing(open_store(tmp_path)) as store:
        today = dict(store.meta())
        store.set_meta({"config": json.dumps(settings), "config_digest": "f1c4d2a6b8e0"})
    with opened(tmp_path, None, read_only=True) as reader:
        assert reader.config == SMALL
    with pytest.raises(StoreError, match=r"other settings \(neighbors\.max_gap\)"):
        opened(tmp_path, SMALL.replace(neighbors={"max_gap": 72 * HOUR}))
    with opened(tmp_path) as index:
        assert index.article("a").article.text == QUAKE
    with closing(open_store(tmp_path, read_only=True)) as store:
        assert store.meta() == today


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no index"):
        opened(tmp_path / "missing", read_only=True)
    assert not (tmp_path / "missing").exists()
    with opened(tmp_path / "one") as index:
        with pytest.raises(StoreError, match="being written by process"):
            opened(tmp_path / "one")
        with opened(tmp_path / "one", None, read_only=True) as reader:
            with pytest.raises(StoreError, match="read"):
                reader.add(article("a"))
            index.add(article("a"))
            assert reader.article("a").article.text == QUAKE
    with pytest.raises(StoreError, match="closed"):
        index.add(article("b"))
    with pytest.raises(StoreError, match="closed"):
        index.article("a")


WRITE = """
import sys
from pathlib import Path
from dedup.errors import StoreError
from tests.indexes import opened
try:
    opened(Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""


def test_a_second_writer_in_another_process_is_refused(index: StoryIndex, tmp_path: Path) -> None:
    index.add(article("a"))
    command = [sys.executable, "-c", WRITE, str(tmp_path / "index")]
    message = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "is being written by process" in message
    index.add(article("b"))


@contextmanager
def failing(name: str) -> Iterator[None]:
    """No store can do one thing; `COMMIT`: what was written does not become firm."""
    query = SqliteConnection.query
    writing: set[SqliteConnection] = set()

    def fail(*_: object) -> None:
        raise StoreError("the disk is gone")

    def query_but_commit(
        connection: SqliteConnection, statement: str, values: Sequence[object]
    ) -> list[Any]:
        if statement == "BEGIN IMMEDIATE":
            writing.add(connection)
        elif statement == "COMMIT" and connection in writing:
            fail()
        return query(connection, statement, values)

    with pytest.MonkeyPatch.context() as patch:
        if name == "COMMIT":
            patch.setattr(SqliteConnection, "query", query_but_commit)
        else:
            patch.setattr(SqlStore, name, fail)
        yield


@pytest.mark.parametrize(
    "name",
    [
        "put_articles", "delete_articles", "put_placements", "put_stories", "add_events",
        "set_meta", "COMMIT",
    ],
)  # fmt: skip
def test_what_fails_leaves_memory_and_store_as_they_were(
    index: StoryIndex, pool: list[Article], name: str
) -> None:
    index.add(pool[:25])
    before = list(all_stories(index)), index.changes()
    with failing(name):
        with pytest.raises(StoreError, match="the disk is gone"):
            index.add([*pool[20:30], replace(pool[0], text=QUAKE)])
        with pytest.raises(StoreError, match="the disk is gone"):
            index.remove([item.id for item in pool[:5]])
        assert (list(all_stories(index)), index.changes()) == before
        index.query(pool[3])
    check_index(index)
    index.add(pool[20:32])
    index.remove([item.id for item in pool[:5]])
    check_index(index)


def test_readers_in_threads_see_whole_steps_while_a_writer_works(
    index: StoryIndex, tmp_path: Path, pool: list[Article]
) -> None:
    index.add(pool[:10])
    reader = opened(tmp_path / "index", None, read_only=True)

    def read(number: int) -> None:
        where = (index, reader)[number % 2]
        for round_ in range(3):
            assert all(story.members for story in where.stories(limit=3).stories)
            id = pool[(number + round_) % 10].id
            assert where.article(id).article.id == id
            assert where.story(where.placement(id).story_group).texts >= 1
            assert where.changes(limit=3)[0].number == 1
            if number % 20 < 2:
                where.query(pool[number % len(pool)])

    with ThreadPoolExecutor(100) as threads:
        readers = [threads.submit(read, number) for number in range(100)]
        for item in pool[10:20]:
            index.add(item)
        for future in readers:
            future.result()
    check_index(index)
    check_index(reader)
    reader.close()


def test_a_reader_loads_one_moment_while_a_writer_works(
    index: StoryIndex, tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(pool[:12])
    with opened(tmp_path / "index", None, read_only=True) as reader:
        new = pool[12:15]

        def late(read: Callable[..., Any]) -> Callable[..., Any]:
            def after_a_change(*given: Any, **wanted: Any) -> Any:
                if new:
                    index.add(new.pop())
                    index.remove(pool[len(new)].id)
                return read(*given, **wanted)

            return after_a_change

        # The first query reads all, the others what has changed.
        for name in ("all_articles", "articles"):
            monkeypatch.setattr(reader._store, name, late(getattr(reader._store, name)))
        while new:
            reader.query(pool[5])
        monkeypatch.undo()
        assert reader.query(pool[5]) == index.query(pool[5])


def test_why_is_of_one_moment(
    index: StoryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([article("a"), article("b", f"{QUAKE} {QUAKE[:70]}", hours=1)])
    with opened(tmp_path / "index", None, read_only=True) as reader:
        before = reader.why("a", "b")
        articles = reader._store.articles

        def late(ids: Sequence[str]) -> dict[str, StoredArticle]:
            index.update(article("a", VOTE))
            return articles(ids)

        monkeypatch.setattr(reader._store, "articles", late)
        assert reader.why("a", "b") == before
        monkeypatch.undo()
        assert reader.why("a", "b") != before


READ = """
import sys
from pathlib import Path
from tests.indexes import opened
index = opened(Path(sys.argv[1]), None, read_only=True)
seen = 0
for _ in sys.stdin:
    stats = index.stats()
    assert stats.articles >= seen, (stats, seen)
    seen = stats.articles
    members = sum(len(story.members) for story in index.stories(limit=1000).stories)
    print(seen, members, len(index.query("Anything at all").neighbors), flush=True)
"""


def test_a_reader_in_another_process_follows_the_writer(
    index: StoryIndex, tmp_path: Path, pool: list[Article]
) -> None:
    index.add(pool[0])
    command = [sys.executable, "-c", READ, str(tmp_path / "index")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for count, item in enumerate(pool[1:12], 2):
            index.add(item)
            process.stdin.write("go\n")
            articles, members, _ = map(int, process.stdout.readline().split())
            assert articles == members == count
        process.stdin.close()
    assert process.returncode == 0


def test_rebuilding_tells_how_far_it_is(tmp_path: Path, pool: list[Article]) -> None:
    with opened(tmp_path) as index:
        index.add(pool[:20])
    steps: list[tuple[str, int, int]] = []
    with opened(tmp_path, rebuild=True, progress=lambda *step: steps.append(step)) as index:
        evidences = index.result().evidences
        # Copies that are far apart in time are several texts of stories.
        texts = len({evidences.representative_of(item.id) for item in pool[:20]})
    assert ("embed", texts, texts) in steps
