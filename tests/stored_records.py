"""Random records as an index keeps them, with every odd character, and steps on a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from dedup.records import Article, CleanText, Removal, StoryGroup, StoryMember
from dedup.store import (
    Placement,
    Store,
    StoredArticle,
    StoredStory,
    StoryFilter,
)
from dedup.store.opening import open_store
from dedup.store.records import StoryEvent
from dedup.store.sql import SqlStore

DAY = datetime(2026, 3, 1, tzinfo=UTC)
IDS = ["a", "b", "B", "ä", "普京", "100%", "x_y", "'; --", "n\0ul", "\ud800", "\ufdd0", "a" * 300]
ODD = st.characters() | st.sampled_from("\0\ud83d\ude00\udfff\ufdd0\ufdefا%_\\'\"")
TEXT = st.text(ODD, max_size=12)
TIME = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
NEAR = st.integers(0, 5).map(lambda days: DAY + timedelta(days=days))
SHARE = st.floats(0, 1)
ID = st.sampled_from(IDS)
SOURCE = st.sampled_from(["", "a.example", "b.example", "c\0"])
LANGUAGE = st.sampled_from(["de", "en", "zh"])

ARTICLES = st.builds(
    StoredArticle,
    st.builds(Article, ID, TEXT, TEXT, SOURCE, NEAR | TIME, TEXT, TEXT),
    TIME,
    st.booleans(),
    TEXT,
    st.builds(CleanText, TEXT, TEXT, st.lists(st.builds(Removal, TEXT, TEXT)).map(tuple)),
)
# Much of what is cleaned stays as it was.
ARTICLES |= ARTICLES.map(
    lambda s: StoredArticle(
        s.article, s.added_at, s.time_imputed, s.digest, CleanText(s.article.title, s.article.text)
    )
)
BYTES = st.binary(max_size=20)
PLACES = st.builds(
    Placement,
    ID,
    ID,
    ID,
    st.sampled_from(["original", "near"]),
    SHARE,
    SHARE,
    ID,
    st.none() | SHARE,
)
MEMBERS = st.builds(StoryMember, TEXT, TEXT, st.none() | SHARE)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
WORDS = st.sampled_from(["fire", "rome", "100%", "x_y", "żółć", "\0", "d800", "0"])


@st.composite
def groups(draw: st.DrawFn, id: str) -> StoryGroup:
    return StoryGroup(
        id,
        draw(TEXT),
        draw(st.dictionaries(LANGUAGE, TEXT)),
        draw(TEXT),
        draw(st.none() | NEAR | TIME),
        draw(st.none() | NEAR | TIME),
        draw(st.integers(1, 3)),
        draw(st.lists(SOURCE, max_size=3, unique=True).map(tuple)),
        draw(st.lists(LANGUAGE, max_size=2, unique=True).map(tuple)),
        draw(TEXTS),
        draw(TEXTS),
        draw(st.none() | SHARE),
        draw(st.none() | MEMBERS),
        draw(st.lists(MEMBERS, max_size=3).map(tuple)),
    )


@st.composite
def stories(draw: st.DrawFn) -> StoredStory:
    id = draw(ID)
    states: list[Literal["open", "merged", "closed"]] = ["open", "open", "merged", "closed"]
    state = draw(st.sampled_from(states))
    successor = draw(ID) if state == "merged" else ""
    search = " ".join(draw(st.lists(WORDS, max_size=4)))
    return StoredStory(id, state, successor, draw(groups(id)) if state == "open" else None, search)


EVENTS = st.builds(
    StoryEvent,
    st.just(0),
    TIME,
    st.sampled_from(["created", "grown", "merged"]),
    ID,
    st.just("") | ID,
    TEXTS,
    TEXTS,
)
FILTER = st.builds(
    StoryFilter,
    st.none() | NEAR,
    st.none() | NEAR,
    st.just("") | LANGUAGE,
    st.just("") | SOURCE,
    st.lists(WORDS.map(str.upper), max_size=2).map("\n".join),
    st.integers(0, 3),
    st.sampled_from(["latest", "first", "largest"]),
)
FILTERS = st.lists(FILTER, min_size=1, max_size=3)


def calls(name: str, item: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, list[Any]]]:
    return st.tuples(st.just(name), st.lists(item, max_size=4))


STEPS = st.one_of(
    calls("set_meta", st.tuples(TEXT, TEXT)),
    calls("put_articles", ARTICLES),
    calls("put_articles", ARTICLES),
    calls("delete_articles", ID),
    calls("put_placements", PLACES),
    calls("archive.add", st.tuples(ID, st.booleans())),
    calls("archive.clear", ID),
    calls("put_stories", stories()),
    calls("put_summaries", st.tuples(ID, BYTES)),
    calls("add_events", EVENTS),
)
TRANSACTIONS = st.lists(st.tuples(st.booleans(), st.lists(STEPS, max_size=6)), max_size=6)


@contextmanager
def opened(place: str, *, read_only: bool = False) -> Iterator[Store]:
    store = open_store(place, read_only=read_only, synchronous="OFF")
    try:
        yield store
    finally:
        store.close()


def article(id: str = "a", **changes: Any) -> StoredArticle:
    record = Article(id, "Title", "Text", "a.example", DAY, "en", "")
    clean = CleanText("Title", "Text")
    return StoredArticle(replace(record, **changes), DAY, False, "digest", clean)


def story(id: str, number: int = 0, **changes: Any) -> StoredStory:
    seen = DAY + timedelta(minutes=number)
    group = StoryGroup(
        id, "Head", {}, "a", seen, seen, 1, ("a.example",), ("en",), (), (), None, None, ()
    )
    return StoredStory(id, "open", "", replace(group, **changes), "fire in rome")


def put_story(store: Store, number: int, *, text: str = "Text") -> None:
    """An article in a story group of its own, and the history of that; all that `check` asks for.

    Args:
        store: In a transaction.
        number: From 1 on, one after the other.
        text: Of the article.
    """
    id = f"a{number}"
    record = StoryGroup(
        f"s{number}", "Head", {}, id, DAY, DAY, 1, ("a.example",), ("en",), (), (), None, None,
        (StoryMember(id, f"c{number}", None),),
    )  # fmt: skip
    store.put_articles([article(id, text=text)])
    store.put_placements(
        [Placement(id, f"c{number}", id, "original", 1.0, 1.0, f"s{number}", None)]
    )
    store.put_stories([StoredStory(f"s{number}", "open", "", record, "head")])
    store.add_events([StoryEvent(number, DAY, "created", f"s{number}", added=(id,))])


def tamper(store: Store, statement: str) -> None:
    """Change the tables of a store behind its back."""
    assert isinstance(store, SqlStore)
    with store.database.writing() as writer:
        writer.script(statement)


def resolve_ids(events: Iterable[StoryEvent]) -> dict[str, str]:
    """Under which id each id goes on, after all events: itself, if it was never merged."""
    successors: dict[str, str] = {}
    for event in events:
        successors.setdefault(event.story_group, event.story_group)
        if event.kind == "merged":
            successors[event.story_group] = event.other
    return {story: _followed(story, successors) for story in successors}


def _followed(story: str, successors: Mapping[str, str]) -> str:
    while successors.get(story, story) != story:
        story = successors[story]
    return story
