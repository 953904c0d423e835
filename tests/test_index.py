"""`StoryIndex`: what it answers, what it refuses, what lasts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

import pytest

import dedup
from dedup.config import Config
from dedup.errors import InputError, NotFoundError, StoreError
from dedup.identity import leads_to, replay
from dedup.index import StoryIndex
from dedup.records import Article, Problem, StoryGroup
from dedup.store import Derived, StoredArticle
from dedup.store.sqlite import SqliteStore
from tests.indexes import (
    HASHING,
    MODEL,
    NOON,
    SMALL,
    Clock,
    all_stories,
    articles_of,
    check_index,
    opened,
)
from tests.news_streams import START, HashingEncoder, World, after

HOUR = timedelta(hours=1)
QUAKE = (
    "An earthquake of magnitude 6.1 shook Herat on Saturday; Abdul Karimi of the relief office "
    "said that rescuers had reached Zindajan, where houses of clay had fallen, by noon. "
)
VOTE = (
    "Parliament in Riga elected Edgars Kalnins speaker after a night of talks between the four "
    "parties of the coalition, said Baiba Ozola, who counted the ballots in the old hall. "
)


def article(id: str, text: str = QUAKE, hours: int = 0, **fields: Any) -> Article:  # noqa: A002
    given = {"title": "", "source": "north.example", "language": "en", **fields}
    return Article(id, text=text, published_at=START + hours * HOUR, **given)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StoryIndex]:
    with opened(tmp_path / "index") as made:
        yield made


@pytest.fixture(scope="module")
def pool() -> list[Article]:
    return World(Random(11), 60, crowd=14).articles


@pytest.fixture(scope="module")
def full_path(tmp_path_factory: pytest.TempPathFactory, pool: list[Article]) -> Path:
    path = tmp_path_factory.mktemp("full") / "index"
    with opened(path) as made:
        made.add(pool)
    return path


@pytest.fixture
def full(full_path: Path) -> Iterator[StoryIndex]:
    """An index for reading only, with the pool in it."""
    with opened(full_path, None, read_only=True) as made:
        yield made


# Equal to the batch


@pytest.mark.parametrize("seed", range(2))
def test_streams_equal_the_batch_also_when_opened_again(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    index = opened(tmp_path)
    expected: dict[str, Article] = {}
    for step in World(random, 60, crowd=20).steps(7):
        index.add(step.put)
        index.remove(step.removed)
        expected = after(expected, step)
        if random.random() < 0.5:
            index.close()
            index = opened(tmp_path, random.choice([None, SMALL]))
        check_index(index)
        assert articles_of(index).keys() == expected.keys()
    index.close()


def test_the_bundled_encoder_and_usual_settings(tmp_path: Path, seeds_path: Path) -> None:
    articles = [each for each in dedup.read_articles([seeds_path]) if each.published_at][:40]
    with StoryIndex.open(tmp_path / "index") as index:
        index.add(articles[:25])
    with StoryIndex.open(tmp_path / "index") as index:
        for each in articles[25:]:
            index.add(each)
        batch = dedup.cluster(articles)
        assert {replace(story, id="") for story in all_stories(index)} == {
            replace(story, id="") for story in batch.story_groups
        }


def test_batches_of_any_size_give_the_same(tmp_path: Path, pool: list[Article]) -> None:
    found = []
    for number, size in enumerate((1, 7, len(pool))):
        with opened(tmp_path / str(number)) as index:
            for start in range(0, 30, size):
                index.add(pool[start : min(30, start + size)])
            found.append({replace(story, id="") for story in all_stories(index)})
    assert found[0] == found[1] == found[2]


# Adding, updating, removing


def test_placements_say_where_each_article_is(index: StoryIndex) -> None:
    first = index.add(article("a"))
    assert (first.id, first.status, first.copy_type) == ("a", "added", "original")
    assert first.probability is None
    copy, other = index.add([article("b", hours=1), article("c", VOTE)])
    assert (copy.representative, copy.copy_type, copy.story) == ("a", "exact", first.story)
    assert other.story != first.story
    for made in (copy, other):
        place = asdict(index.place(made.id))
        assert place | asdict(made) == {**place, "status": "added"}


def test_the_same_again_changes_nothing(index: StoryIndex, pool: list[Article]) -> None:
    index.add(pool[:20])
    events, stories = index.changes(), list(all_stories(index))
    again = index.add([asdict(each) for each in reversed(pool[:20])])
    assert {each.status for each in again} == {"unchanged"}
    assert index.changes() == events
    assert list(all_stories(index)) == stories


def test_an_article_with_another_content_replaces_the_one_before(index: StoryIndex) -> None:
    index.add([article("a"), article("b", VOTE), article("c", VOTE, hours=1)])
    changed = index.add(article("a", VOTE, hours=2))
    assert (changed.status, changed.representative) == ("updated", "b")
    assert index.update(article("a", VOTE, hours=-1)).representative == "a"
    assert index.place("c").representative == "a"
    assert index.stats().articles == 3
    check_index(index)


def test_update_and_remove_need_articles_that_are_there(index: StoryIndex) -> None:
    index.add([article("a"), article("b", VOTE)])
    with pytest.raises(NotFoundError, match="'c'"):
        index.update(article("c"))
    with pytest.raises(NotFoundError, match="'c'"):
        index.remove(["a", "c"])
    assert articles_of(index).keys() == {"a", "b"}
    index.remove(each for each in ("a", "b", "a"))
    assert articles_of(index) == {}
    check_index(index)


def test_nothing_may_be_added_and_removed(index: StoryIndex) -> None:
    assert index.add([]) == []
    index.remove([])
    assert index.changes() == []
    check_index(index)


def test_a_removed_article_may_come_back(index: StoryIndex) -> None:
    story = index.add(article("a")).story
    index.remove("a")
    again = index.add(article("a"))
    assert (again.status, [event.kind for event in index.changes()]) == (
        "added",
        ["created", "closed", "created"],
    )
    assert again.story != story
    with pytest.raises(NotFoundError, match="closed"):
        index.story(story)
    check_index(index)


def test_bad_rows_are_told_and_the_others_added(index: StoryIndex) -> None:
    problems: list[Problem] = []
    rows: list[Any] = [{"id": "x"}, {"id": "a", "text": QUAKE}, article("b"), article("b", VOTE)]
    assert {each.id for each in index.add(rows, problems)} == {"a", "b"}
    assert {each.kind for each in problems} == {
        "empty article",
        "duplicate id with different content",
    }
    with pytest.raises(InputError, match="empty article"):
        index.add({"id": "x"})
    with pytest.raises(InputError, match="empty article"):
        index.update({"id": "a", "text": ""})
    check_index(index)


def test_an_article_without_a_date_has_the_time_of_its_adding_for_ever(index: StoryIndex) -> None:
    before = NOON + timedelta(days=1)
    clock = Clock(before)
    index._clock = clock
    undated = replace(article("a"), published_at=None)
    index.add([undated, article("b", VOTE)])
    given = index.article("a")
    assert given.time_given
    assert given.article.published_at == given.added_at == before + timedelta(seconds=1)
    assert not index.article("b").time_given
    clock.now += 5 * HOUR
    assert index.add(undated).status == "unchanged"
    assert index.add(replace(undated, text=f"{QUAKE} More soon.")).status == "updated"
    assert index.article("a").article.published_at == given.added_at
    index.add(article("a", hours=3))
    known = index.article("a")
    assert (known.article.published_at, known.time_given) == (START + 3 * HOUR, False)
    assert known.added_at == given.added_at
    index.add(undated)
    assert index.article("a").article.published_at == given.added_at
    check_index(index)


def test_odd_ids_and_texts_come_back_as_they_are(index: StoryIndex) -> None:
    odd = ["'; DROP TABLE articles; --", "ä b", "\U0001f300", "x" * 2000, "%", "普京"]
    index.add([article(id, f"{QUAKE} {id}\ud800", hours=k) for k, id in enumerate(odd)])  # noqa: A001
    assert set(articles_of(index)) == set(odd)
    check_index(index)
    index.remove(odd)
    check_index(index)


# Asking


def test_a_query_changes_nothing(index: StoryIndex, pool: list[Article]) -> None:
    index.add(pool[:30])
    events = index.changes()
    for each in pool[:40]:
        index.query(each)
    assert index.changes() == events
    index.add(pool[30:40])
    index.remove([each.id for each in pool[:10]])
    check_index(index)


def test_a_query_tells_copies_neighbours_and_the_story(index: StoryIndex) -> None:
    index.add([article("a"), article("b", f"{QUAKE} {QUAKE[:60]}", hours=1), article("c", VOTE)])
    found = index.query({"text": QUAKE, "published_at": START.isoformat()})
    assert [each.a for each in found.duplicates] == ["a", "b"]
    assert found.duplicates[0].jaccard == 1.0
    assert found.story == index.place("a").story
    assert index.query("A calm day at sea near Bergen.").story == ""
    assert len(index.query(replace(article("", QUAKE)), limit=1).duplicates) == 1
    with pytest.raises(InputError, match="empty article"):
        index.query("  ")


def test_a_query_agrees_with_adding(tmp_path: Path, pool: list[Article]) -> None:
    """Where no text takes the place of another among the nearest of a third."""
    roomy = SMALL.replace(neighbors={"per_language": 1000}, cleaning={"remove_furniture": False})
    with opened(tmp_path, roomy) as index:
        index.add(pool[:35])
        for each in pool[35:50]:
            found = index.query(each)
            members = {m.id for m in index.story(found.story).members} if found.story else set()
            placed = index.add(each)
            joined = {member.id for member in index.story(placed.story).members} - {each.id}
            if placed.copy_type == "original" and not found.duplicates:
                assert bool(joined) == bool(found.story)
                assert joined & members or not joined
                assert found.probability == placed.probability
            index.remove(each.id)


def test_what_is_not_there_is_not_found(index: StoryIndex) -> None:
    index.add(article("a"))
    for ask in (index.article, index.place, index.cluster, index.heir, index.story):
        with pytest.raises(NotFoundError, match="'nobody'"):
            ask("nobody")
    with pytest.raises(NotFoundError, match="'nobody'"):
        index.why("a", "nobody")


def test_why_is_the_answer_of_the_batch(full: StoryIndex, pool: list[Article]) -> None:
    articles = articles_of(full)
    batch = dedup.cluster(articles.values(), SMALL, encoder=HASHING, affinity=MODEL)
    lasting = {
        batch.story_of[id][0].id: full.place(id).story
        for id in articles  # noqa: A001
    }
    random = Random(2)
    for a, b in (random.sample(sorted(articles), 2) for _ in range(60)):
        theirs = batch.why(a, b)
        first, second = (replace(each, id=lasting[each.id]) for each in theirs.stories)
        assert full.why(a, b) == replace(theirs, stories=(first, second))


def _wanted(story: StoryGroup, articles: dict[str, Article], **wanted: Any) -> bool:
    members = [articles[member.id] for member in story.members]
    times = [each.published_at for each in members if each.published_at]
    return (
        ("since" not in wanted or max(times) >= wanted["since"])
        and ("until" not in wanted or min(times) < wanted["until"])
        and ("language" not in wanted or wanted["language"] in story.languages)
        and ("source" not in wanted or wanted["source"] in story.sources)
        and story.texts >= wanted.get("min_texts", 1)
    )


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"since": START + 60 * HOUR},
        {"until": START + 60 * HOUR},
        {"since": START + 40 * HOUR, "until": START + 90 * HOUR},
        {"language": "ru"},
        {"source": "Harbour Times"},
        {"min_texts": 3},
        {"language": "en", "min_texts": 2, "order": "first"},
        {"order": "largest"},
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_stories_are_filtered_ordered_and_paged(
    full: StoryIndex, wanted: dict[str, Any], limit: int
) -> None:
    articles = articles_of(full)
    found = list(all_stories(full, limit=limit, **wanted))
    expected = [each for each in all_stories(full) if _wanted(each, articles, **wanted)]
    assert {each.id for each in found} == {each.id for each in expected}
    assert 0 < len(found) == len(expected)
    values = [
        {"latest": each.last_seen, "first": each.first_seen, "largest": each.texts}[
            wanted.get("order", "latest")
        ]
        for each in found
    ]
    assert values == sorted(values, reverse=True)  # type: ignore[type-var]


def test_stories_are_found_by_words(index: StoryIndex) -> None:
    index.add([article("a", title="Herat shaken"), article("b", VOTE, title="Žižka in RIGA")])
    assert [each.headline for each in index.stories(text="riga žižka").stories] == ["Žižka in RIGA"]
    assert [each.headline for each in index.stories(text="HERAT").stories] == ["Herat shaken"]
    assert index.stories(text="herat riga").stories == ()
    assert index.stories(text="100%").stories == ()
    with pytest.raises(StoreError, match="cursor"):
        index.stories(cursor="nonsense")


# Ids that last


def test_ids_last_and_the_history_tells_how(index: StoryIndex) -> None:
    random = Random(4)
    views: list[tuple[int, dict[str, frozenset[str]]]] = []
    for step in World(random, 60, crowd=10).steps(8):
        index.add(step.put)
        index.remove(step.removed)
        stories = {
            each.id: frozenset(member.id for member in each.members) for each in all_stories(index)
        }
        views.append((index.stats().events, stories))
        assert replay(index.changes()) == stories
    events = index.changes()
    for number, view in views:
        assert replay(events[:number]) == view
        assert replay(index.changes(number), view) == views[-1][1]
        assert index.changes(number, 2) == events[number : number + 2]
    kinds = {event.kind for event in events}
    assert kinds >= {"created", "grown", "shrunk", "split", "merged", "closed"}
    heirs = leads_to(events)
    for story, heir in heirs.items():
        assert index.heir(story) == heir
        assert [e for e in events if e.story == story] == index.changes(story=story)
        if heir in views[-1][1]:
            assert index.story(story).id == heir
        else:
            with pytest.raises(NotFoundError, match="closed"):
                index.story(story)


def test_a_merged_id_leads_to_its_heir_for_ever(index: StoryIndex) -> None:
    half = QUAKE[: len(QUAKE) // 2]
    index.add([article("a"), article("b", VOTE, hours=1), article("c", VOTE, hours=2)])
    lost, kept = index.place("a").story, index.place("b").story
    index.update(article("a", VOTE))
    assert index.heir(lost) == kept
    assert index.story(lost).id == kept
    assert [event.kind for event in index.changes(story=lost)] == ["created", "merged"]
    index.add(article("d", half))
    assert index.place("d").story not in (lost, kept)
    assert index.heir(lost) == kept
    check_index(index)


def test_a_story_as_it_was(index: StoryIndex) -> None:
    clock = Clock()
    index._clock = clock
    index.add([article("a"), article("b", VOTE)])
    first = clock.now
    index.add([article("c", f"{QUAKE} {QUAKE[:40]}", hours=1), article("d", hours=2)])
    second = clock.now
    story = index.place("a").story
    index.remove("d")

    def then(at: Any) -> set[str]:
        return {member.id for member in index.story(story, as_of=at).members}

    assert then(first) == {"a"}
    # What is not in the index any more cannot be told.
    assert then(second) == {"a", "c"}
    assert index.story(story, as_of=clock.now) == index.story(story)
    with pytest.raises(NotFoundError, match="had no articles"):
        index.story(story, as_of=first - HOUR)
    with pytest.raises(NotFoundError, match="'nobody'"):
        index.story("nobody", as_of=first)


def test_a_story_as_of_now_is_the_story(full: StoryIndex) -> None:
    for story in all_stories(full):
        assert full.story(story.id, as_of=NOON + timedelta(days=9)) == story


# Opening


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
        members = {frozenset(m.id for m in story.members): id for id, story in before.items()}  # noqa: A001
        for id, story in now.items():  # noqa: A001
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
        patch.setattr(SqliteStore, "add_events", fail)
        with pytest.raises(StoreError, match="the disk is gone"):
            opened(tmp_path, SMALL.replace(stories={"min_probability": 0.9}), rebuild=True)
    with opened(tmp_path) as index:
        check_index(index)


def test_closing_lets_go_whatever_happens(tmp_path: Path, pool: list[Article]) -> None:
    index = opened(tmp_path)
    index.add(pool[:5])
    with failing(index, "meta"), pytest.raises(StoreError, match="the disk is gone"):
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


def test_an_index_is_opened_with_its_own_settings(tmp_path: Path) -> None:
    with opened(tmp_path) as index:
        index.add(article("a"))
    with opened(tmp_path, None) as index:
        assert index.config == SMALL
    with pytest.raises(StoreError, match=r"neighbors\.max_gap.*rebuild"):
        opened(tmp_path, Config())
    with opened(tmp_path) as index:
        assert index.stats().articles == 1


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
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "is being written by process" in told
    index.add(article("b"))


# Failures and others at work


@contextmanager
def failing(index: StoryIndex, name: str) -> Iterator[None]:
    """The store of the index cannot do one thing; `COMMIT`: what it was told becomes not firm."""
    store = index._store
    assert isinstance(store, SqliteStore)
    query = store._query

    def fail(*_: object) -> None:
        raise StoreError("the disk is gone")

    def query_but_commit(connection: Connection, statement: str, values: Any) -> list[Any]:
        if statement == "COMMIT" and connection is store._writer:
            fail()
        return list(query(connection, statement, values))

    with pytest.MonkeyPatch.context() as patch:
        if name == "COMMIT":
            patch.setattr(store, "_query", query_but_commit)
        else:
            patch.setattr(store, name, fail)
        yield


@pytest.mark.parametrize(
    "name",
    [
        "put_articles", "delete_articles", "put_places", "put_stories", "add_events", "set_meta",
        "COMMIT",
    ],
)  # fmt: skip
def test_what_fails_leaves_memory_and_store_as_they_were(
    index: StoryIndex, pool: list[Article], name: str
) -> None:
    index.add(pool[:25])
    before = list(all_stories(index)), index.changes()
    with failing(index, name):
        with pytest.raises(StoreError, match="the disk is gone"):
            index.add([*pool[20:30], replace(pool[0], text=QUAKE)])
        with pytest.raises(StoreError, match="the disk is gone"):
            index.remove([each.id for each in pool[:5]])
        assert (list(all_stories(index)), index.changes()) == before
        index.query(pool[3])
    check_index(index)
    index.add(pool[20:32])
    index.remove([each.id for each in pool[:5]])
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
            id = pool[(number + round_) % 10].id  # noqa: A001
            assert where.article(id).article.id == id
            assert where.story(where.place(id).story).texts >= 1
            assert where.changes(limit=3)[0].number == 1
            if number % 20 < 2:
                where.query(pool[number % len(pool)])

    with ThreadPoolExecutor(100) as threads:
        readers = [threads.submit(read, number) for number in range(100)]
        for each in pool[10:20]:
            index.add(each)
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
        all_articles = reader._store.all_articles
        new = pool[12:15]

        def late() -> Iterator[tuple[StoredArticle, Derived]]:
            index.add(new.pop())
            index.remove(pool[len(new)].id)
            return all_articles()

        monkeypatch.setattr(reader._store, "all_articles", late)
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
        for count, each in enumerate(pool[1:12], 2):
            index.add(each)
            process.stdin.write("go\n")
            articles, members, _ = map(int, process.stdout.readline().split())
            assert articles == members == count
        process.stdin.close()
    assert process.returncode == 0
