"""Every store against the obvious one, under any sequence of transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dedup.errors import CursorError, StoreError
from dedup.store import Placement, Store, StoredStory, StoryFilter
from dedup.store.opening import open_store
from dedup.store.records import StoryEvent
from tests.dict_store import DictStore
from tests.stored_records import DAY, FILTERS, IDS, TRANSACTIONS, article, opened, story


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    with opened(place) as store:
        yield store


def take(store: Store, name: str, items: list[Any], oracle: DictStore) -> None:
    """One step; what has to be there for it is asked of the oracle."""
    if name == "put_placements":
        items = [place for place in items if oracle.articles([place.id])]
    if name == "add_events":
        first = oracle.counts()["events"] + 1
        items = [replace(event, number=number) for number, event in enumerate(items, first)]
    if name == "archive.add":
        items = [(id, represents) for id, represents in items if oracle.articles([id])]
    if name == "archive.clear":
        store.archive.clear()
        return
    put = attrgetter(name)(store)
    put(dict(items) if name in ("set_meta", "archive.add", "put_summaries") else items)


def pages(store: Store, wanted: StoryFilter, limit: int) -> list[list[StoredStory]]:
    page, cursor = store.find_stories(wanted, limit)
    record = [page]
    while cursor:
        page, cursor = store.find_stories(wanted, limit, cursor)
        record.append(page)
    return record


def everything(store: Store, filters: list[StoryFilter]) -> list[object]:
    """Everything that can be read."""
    ids = [*IDS, "unknown", "a"]
    return [
        dict(store.meta()),
        store.articles(ids),
        list(store.all_articles()),
        list(store.all_articles(DAY, DAY + timedelta(days=3))),
        list(store.all_articles(since=DAY + timedelta(days=1), source="a.example")),
        list(store.all_articles(source="")),
        store.checksums(DAY, DAY + timedelta(days=3), "a.example"),
        store.placements(ids),
        list(store.all_placements()),
        [store.cluster(key) for key in ids],
        list(store.all_placements(in_memory=True)),
        store.archive.among(ids),
        store.archive.size(),
        store.archive.representatives(),
        store.stories(ids),
        store.summaries(),
        store.summaries(1),
        store.last_summary(),
        [pages(store, wanted, limit) for wanted in filters for limit in (1, 2, 50)],
        [
            store.events(1),
            store.events(0, 2),
            store.events(story_group="a"),
            store.events(1, 1, "a"),
        ],
        store.last_event(),
        {name: count for name, count in store.counts().items() if name != "bytes"},
    ]


class Undone(Exception):
    """Ends a transaction."""


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(transactions=TRANSACTIONS, filters=FILTERS)
def test_a_store_answers_like_dicts(
    new_place: Callable[[], str],
    transactions: list[tuple[bool, list[tuple[str, list[Any]]]]],
    filters: list[StoryFilter],
) -> None:
    oracle = DictStore()
    place = new_place()
    with opened(place) as store, opened(place, read_only=True) as reader:
        for committed, steps in transactions:
            try:
                with store.begin(), oracle.begin():
                    for name, items in steps:
                        # The store first: what it needs is what the oracle had before.
                        take(store, name, items, oracle)
                        take(oracle, name, items, oracle)
                    assert everything(store, filters) == everything(oracle, filters)
                    if not committed:
                        raise Undone
            except Undone:
                pass
            assert everything(reader, filters) == everything(oracle, filters)
    with opened(place) as store:
        assert everything(store, filters) == everything(oracle, filters)


def test_readers_see_the_last_commit_while_another_thread_writes(store: Store) -> None:
    store.put_articles([article("a")])
    with store.begin():
        store.put_articles([article("b")])
        store.delete_articles(["a"])
        seen: list[list[str]] = []
        reading = threading.Thread(target=lambda: seen.append(list(store.articles(["a", "b"]))))
        reading.start()
        reading.join()
        assert seen == [["a"]]
        assert list(store.articles(["a", "b"])) == ["b"]
    assert list(store.articles(["a", "b"])) == ["b"]


def test_what_is_iterated_stays_as_it_was_when_it_began(store: Store) -> None:
    store.put_articles([article(f"a{number:04}") for number in range(1_200)])
    reading = store.all_articles()
    next(reading)
    store.delete_articles([f"a{number:04}" for number in range(1_200)])
    assert sum(1 for _ in reading) == 1_199
    assert list(store.all_articles()) == []


def test_long_tables_are_read_to_the_end(store: Store) -> None:
    ids = [f"a{number:05}" for number in range(10_001)]
    with store.begin():
        store.put_articles([*map(article, ids)])
        store.put_placements([Placement(id, id, id, "original", 1.0, 1.0, "s", None) for id in ids])
    assert [place.id for place in store.all_placements()] == ids


def test_an_error_undoes_the_transaction(store: Store) -> None:
    store.put_articles([article("a")])
    with pytest.raises(Undone), store.begin():
        store.put_articles([article("b")])
        raise Undone
    assert list(store.articles(["a", "b"])) == ["a"]
    with store.begin():
        store.put_articles([article("c")])
    assert list(store.articles(["a", "b", "c"])) == ["a", "c"]


def test_a_place_needs_its_article(store: Store) -> None:
    place = Placement("a", "c", "a", "original", 1.0, 1.0, "s", None)
    with pytest.raises(StoreError, match="does not fit"), store.begin():
        store.put_placements([place])
    assert store.placements(["a"]) == {}
    with store.begin():
        store.put_placements([place])
        store.put_articles([article("a")])
    assert store.placements(["a"]) == {"a": place}


def test_an_article_without_a_time_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="has no time"):
        store.put_articles([article("a", published_at=None)])


@pytest.mark.parametrize("number", [1, 3, 4])
def test_events_are_numbered_without_gap_or_repetition(store: Store, number: int) -> None:
    event = StoryEvent(1, DAY, "created", "s")
    store.add_events([event])
    with pytest.raises(StoreError, match=f"event {number} does not follow event 1"):
        store.add_events([replace(event, number=number)])
    assert store.events() == [event]


def test_a_transaction_in_a_transaction_is_refused(store: Store) -> None:
    with store.begin(), pytest.raises(StoreError, match="end it first"), store.begin():
        pass


def test_a_list_of_nothing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="ask for 1 at least"):
        store.find_stories(StoryFilter(), 0)


def test_closing_waits_for_the_transaction_of_another_thread(place: str) -> None:
    inside, closing = threading.Event(), threading.Event()
    store = open_store(place)

    def write() -> None:
        with store.begin():
            store.set_meta({"a": "b"})
            inside.set()
            closing.wait()
            store.set_meta({"c": "d"})

    writing = threading.Thread(target=write)
    writing.start()
    inside.wait()
    closer = threading.Thread(target=store.close)
    closer.start()
    closing.set()
    writing.join()
    closer.join()
    with opened(place) as again:
        assert again.meta() == {"a": "b", "c": "d"}


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.meta()
    with pytest.raises(StoreError, match="is closed"):
        store.set_meta({"a": "b"})


def test_a_store_for_reading_is_not_written(place: str) -> None:
    with pytest.raises(StoreError, match="no index"):
        open_store(place, read_only=True)
    with opened(place) as store:
        store.set_meta({"a": "b"})
    with opened(place, read_only=True) as reader:
        assert reader.meta() == {"a": "b"}
        with pytest.raises(StoreError, match="opened for reading"):
            reader.set_meta({"a": "c"})


def test_the_second_writer_is_refused_until_the_first_is_closed(place: str) -> None:
    with opened(place):
        with pytest.raises(StoreError, match=r"is being written (by|through) process \d+"):
            open_store(place)
        open_store(place, read_only=True).close()
    open_store(place).close()


def test_a_cursor_is_of_one_list_only(store: Store) -> None:
    store.put_stories([story(f"s{number}", number) for number in range(5)])
    _, cursor = store.find_stories(StoryFilter(), 2)
    page, _ = store.find_stories(StoryFilter(), 2, cursor)
    assert [record.id for record in page] == ["s2", "s1"]
    assert cursor.replace("-", "").replace("_", "").isalnum()
    for wanted in (StoryFilter(order="first"), StoryFilter(language="en"), StoryFilter(text="x")):
        with pytest.raises(CursorError, match="of another list"):
            store.find_stories(wanted, 2, cursor)


@pytest.mark.parametrize(
    "cursor", ["x", "é", "%", "bnVsbA", "W10", "WzFd", "eyJhIjoxfQ", "A" * 999]
)
def test_what_is_no_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(CursorError, match="cursor"):
        store.find_stories(StoryFilter(), 2, cursor)


def test_pages_go_on_where_they_stopped_though_stories_come_and_go(store: Store) -> None:
    store.put_stories([story(f"s{number}", number) for number in range(6)])
    first, cursor = store.find_stories(StoryFilter(), 2)
    store.put_stories([story("new", 99), StoredStory(first[1].id, "merged", "s0", None)])
    second, _ = store.find_stories(StoryFilter(), 2, cursor)
    assert [record.id for record in second] == ["s3", "s2"]


def test_size_and_settings(store: Store) -> None:
    store.set_meta({"encoder": "x", "config": "y"})
    store.set_meta({"config": "z"})
    assert store.meta() == {"encoder": "x", "config": "z"}
    assert store.counts()["bytes"] > 1_000


def test_many_threads_read_while_one_writes(store: Store) -> None:
    store.put_articles([article("a")])
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert store.articles(["a"])["a"].digest == "digest"
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for number in range(30):
        store.put_articles([article(f"b{number}")])
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert store.counts()["articles"] == 31


def test_what_is_read_in_one_go_is_of_one_moment(store: Store) -> None:
    def set_generation(value: str) -> None:
        with store.begin():
            store.set_meta({"generation": value})

    set_generation("1")
    with store.reading():
        assert store.meta()["generation"] == "1"
        thread = threading.Thread(target=set_generation, args=("2",))
        thread.start()
        thread.join()
        with store.reading():
            assert store.meta()["generation"] == "1"
        assert store.meta()["generation"] == "1"
    assert store.meta()["generation"] == "2"
    with store.begin(), store.reading():
        store.set_meta({"generation": "3"})
        assert store.meta()["generation"] == "3"
