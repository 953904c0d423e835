"""Records to rows and back; migrations; cursors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.compute.times import from_micros, to_micros
from dedup.errors import StoreError
from dedup.store import StoredArticle, StoredStory, migrations
from dedup.store.identity import replay
from dedup.store.migrations import Migration, known_migrations
from dedup.store.opening import open_store
from dedup.store.records import StoryEvent
from dedup.store.rows import (
    UNDATED,
    article_row,
    checksum,
    event_row,
    from_text,
    read_article,
    read_event,
    read_story,
    story_row,
    to_text,
)
from tests.requirements import require
from tests.stored_records import (
    ARTICLES,
    DAY,
    EVENTS,
    ODD,
    TIME,
    article,
    opened,
    stories,
    tamper,
)

# A file that was released is never edited: a change of the tables is another file.
RELEASED = {
    "0001_index": "5ea3de87afc6f0b58f62d744193fc1a0ecc72ddab37a8ebe2076d1ed18b2d590",
    "0002_window": "1351af5e296156a1445ff10f5331cc351f0f6c6044dd3e60f294c0206a16a11d",
    "0003_outlines": "ffb7a6b986dd594199b8b4373f9634112157e52b4132cc9e4b68f657d1d98f2f",
    "0004_date_precision": "e87775660cbb037a21dbc1c5280761bec7d61669bb02727737c7938a929a59c5",
    "0005_archived": "ab76d6e79c2c9a712f058774214108ee818264a679441ac1506b22e2cd19750f",
    "0006_columns": "f88c9cc7cd79d411c6bd271d5aed75c126c96983dbd3d1f823b679d78b193daf",
}


@given(st.text(ODD), st.text(ODD))
def test_every_string_is_kept_as_plain_text_and_comes_back(one: str, other: str) -> None:
    stored = to_text(one)
    assert "\0" not in stored.encode().decode()
    assert from_text(stored) == one
    assert to_text(one + other) == stored + to_text(other)


@given(st.text(st.sampled_from("a0f\0\ud800\udc00\ufdd0\ufde0\ufdef\ufdc0\ufdf0"), max_size=4))
def test_what_is_kept_is_found_by_its_parts_only(part: str) -> None:
    text = "\0a0\ud800\ufdd0\ufde0f"
    assert (to_text(part) in to_text(text)) == (part in text)


@given(TIME)
def test_times_come_back(time: object) -> None:
    assert from_micros(to_micros(time)) == time  # type: ignore[arg-type]
    assert to_micros(time) > UNDATED  # type: ignore[arg-type]


@given(ARTICLES)
def test_articles_come_back(stored: StoredArticle) -> None:
    row = article_row(stored)
    assert read_article(row) == stored
    assert checksum(row[:-1]) == row[-1]


@given(stories())
def test_stories_come_back(stored: StoredStory) -> None:
    assert read_story(story_row(stored)) == stored


@given(EVENTS)
def test_events_come_back(event: StoryEvent) -> None:
    assert read_event(event_row(event)) == event


def event(kind: str, story: str, other: str = "", added: str = "", removed: str = "") -> StoryEvent:
    return StoryEvent(0, DAY, kind, story, other, tuple(added), tuple(removed))  # type: ignore[arg-type]


def test_a_history_is_replayed() -> None:
    history = [
        event("created", "s1", added="ab"),
        event("created", "s2", added="c"),
        event("grown", "s1", added="de"),
        event("split", "s3", "s1", added="de"),
        event("shrunk", "s1", removed="de"),
        event("created", "s4", added="f"),
        event("closed", "s4", removed="f"),
    ]
    assert replay(history) == {"s1": {"a", "b"}, "s2": {"c"}, "s3": {"d", "e"}}
    merged = event("merged", "s2", "s1", removed="c")
    grown = event("grown", "s1", added="c")
    for ending in ([merged, grown], [grown, merged], [event("merged", "s2", "s1")]):
        assert replay([*history, *ending]) == {"s1": {"a", "b", "c"}, "s3": {"d", "e"}}


def test_released_migrations_are_as_they_were() -> None:
    assert {migration.name: migration.digest for migration in known_migrations()} == RELEASED


def test_migrations_are_numbered_from_one() -> None:
    assert [migration.number for migration in known_migrations()] == [
        *range(1, len(known_migrations()) + 1)
    ]


def test_a_store_of_a_later_release_is_refused(place: str) -> None:
    with opened(place) as store:
        tamper(store, "INSERT INTO migrations (number, name, digest) VALUES (999, 'later', '')")
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"newer release .* version 999"):
            open_store(place, read_only=read_only)


def test_an_older_store_is_brought_up_to_date(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(place) as store:
        store.put_articles([article("a")])
    newest = known_migrations()[-1].number
    new = Migration(newest + 1, "later", "CREATE TABLE later (id TEXT); DROP TABLE later;")
    broken = Migration(newest + 2, "broken", "CREATE TABLE half (id TEXT); CREATE TABLE (;")
    known = known_migrations()
    monkeypatch.setattr(migrations, "known_migrations", lambda: (*known, new))
    with pytest.raises(StoreError, match="older release: open it for writing once"):
        open_store(place, read_only=True)
    monkeypatch.setattr(migrations, "known_migrations", lambda: (*known, new, broken))
    with pytest.raises(StoreError):
        open_store(place)
    monkeypatch.setattr(migrations, "known_migrations", lambda: (*known, new))
    with opened(place) as store:
        assert list(store.articles(["a"])) == ["a"]
        # What was done before the broken statement was undone with it.
        tamper(store, "CREATE TABLE half (id TEXT)")
    open_store(place, read_only=True).close()


def test_an_address_without_a_plain_schema_is_refused() -> None:
    require("psycopg")
    with pytest.raises(StoreError, match="no plain name"):
        open_store("postgresql:///x?schema=a-b")


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    require("psycopg")
    with pytest.raises(StoreError, match="cannot be reached") as refused:
        open_store(f"postgresql://user:secret@/x?host={tmp_path}")
    assert "secret" not in str(refused.value)
