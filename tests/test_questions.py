"""Queries without a time, which content alone answers, and those that are far from everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

import dedup
from dedup.cleaning import clean_articles
from dedup.config import Config
from dedup.errors import InputError
from dedup.index.records import QueryAnswer
from dedup.index.story_index import StoryIndex
from dedup.pipeline import profiles_of
from dedup.readers.fields import as_articles
from dedup.records import Article
from dedup.stories.affinity import Affinity, log_odds_of, probability_of
from tests.indexes import HASHING, MODEL, QUAKE, SMALL, VOTE, article, articles_of, opened
from tests.news_streams import START, World

DAY = timedelta(days=1)
WINDOW = SMALL.replace(index={"memory_window": 4 * DAY})


def expected(index: StoryIndex, query: Article) -> tuple[list[tuple[str, float]], set[str]]:
    """The slow way: the P of every text that takes part in stories, and the story of the best."""
    articles = articles_of(index)
    places = {id: index.placement(id) for id in articles}
    evidences = index.result().evidences
    ids = sorted({evidences.representative_of(id) for id in articles})
    texts = {id: index.article(id).clean for id in ids}
    (asked,) = as_articles([query])
    texts |= clean_articles([asked], index.config.cleaning)
    rows = [*(articles[id] for id in ids), replace(asked, published_at=None)]
    affinity = Affinity(MODEL, profiles_of(rows, texts, HASHING, index.config), compiled=False)
    last = np.full(len(ids), len(ids))
    odds = affinity.log_odds(last, np.arange(len(ids))).tolist()
    ranked = sorted(zip(odds, ids, strict=True), key=lambda pair: (-pair[0], pair[1]))
    likely = ranked[0][0] >= log_odds_of(index.config.stories.min_probability)
    best = {places[id].story_group for odd, id in ranked if odd == ranked[0][0]} if likely else {""}
    return [(id, probability_of(odd)) for odd, id in ranked], best


def check(index: StoryIndex, answer: QueryAnswer, query: Article) -> None:
    ranked, stories = expected(index, query)
    known = dict(ranked)
    assert [near.probability for near in answer.neighbors] == [
        probability for _, probability in ranked[: len(answer.neighbors)]
    ]
    assert all(known[near.id] == near.probability for near in answer.neighbors)
    assert all(near.gap is None for near in answer.neighbors)
    if not answer.duplicates:
        assert answer.story_group in stories


@pytest.mark.parametrize("config", [SMALL, WINDOW], ids=["all in memory", "window"])
def test_a_query_without_a_time_is_compared_with_every_text(tmp_path: Path, config: Config) -> None:
    articles = sorted(World(Random(5), 90, crowd=12).articles, key=_time)
    with opened(tmp_path / "index", config) as index:
        for start in range(0, 60, 10):
            index.add(articles[start : start + 10])
        stats = index.stats()
        assert (stats.in_memory < stats.articles) == (config is WINDOW)
        for asked in articles[60:80]:
            undated = replace(asked, published_at=None, source="", url="")
            answer = index.query(undated, limit=7)
            assert answer.published_at is None
            check(index, answer, undated)


def _time(item: Article) -> tuple[datetime, str]:
    return item.published_at or START, item.id


def test_a_text_names_its_time_or_has_none(index: StoryIndex) -> None:
    index.add([article("a"), article("b", VOTE, hours=1)])
    long_after = START + 500 * DAY
    for time in (long_after, long_after.isoformat()):
        answer = index.query(f"{QUAKE} {QUAKE[:60]}", published_at=time)
        assert answer.published_at == long_after
    assert [near.id for near in answer.neighbors] == ["a", "b"]
    assert [near.probability for near in answer.neighbors] == [None, None]
    assert [near.gap for near in answer.neighbors] == [500 * DAY, 500 * DAY - timedelta(hours=1)]
    assert answer.neighbors[0].cosine > answer.neighbors[1].cosine
    # A copy is one whatever the times, but no story spans such a silence.
    assert [copied.a for copied in answer.duplicates] == ["a"]
    assert answer.story_group == ""
    other = "An earthquake shook Herat, where Abdul Karimi of the relief office said houses fell."
    far = index.query(other, published_at=long_after)
    assert (far.story_group, far.probability, far.neighbors[0].id) == ("", None, "a")
    own = {"text": other, "published_at": START.isoformat()}
    assert index.query(own, published_at=long_after).published_at == START
    dateline = index.query(f"Published 3 February 2021\n{other}")
    assert dateline.published_at == datetime(2021, 2, 3, tzinfo=UTC)
    assert index.query(other, published_at="2040-01-01").published_at is not None


@pytest.mark.parametrize(
    ("query", "time"),
    [(QUAKE, "banana"), (QUAKE, "2023-02-31"), ({"text": QUAKE, "date": "2023-02-31"}, None)],
)
def test_a_time_that_cannot_be_read_is_not_passed_over(
    index: StoryIndex, query: str | dict[str, str], time: str | None
) -> None:
    with pytest.raises(InputError, match="is no time of a query"):
        index.query(query, published_at=time)


def test_an_empty_index_knows_nothing(index: StoryIndex) -> None:
    for time in (None, START):
        answer = index.query(QUAKE, published_at=time)
        assert (answer.duplicates, answer.neighbors, answer.story_group) == ((), (), "")


EVENTS = {
    "Ferry runs aground off Barra": (
        "The ferry Isla Clara ran aground on rocks off the island of Barra; coastguards took 84 "
        "passengers to Castlebay, captain Ruairidh MacNeil said."
    ),
    "Kestrel wins the Harbour Cup": (
        "Kestrel of Orrin won the Harbour Cup final against Brackwater on penalties after "
        "goalkeeper Ilse Vantongeren saved two shots in front of 21,000 people."
    ),
    "Central bank of Ostland raises rates": (
        "The central bank of Ostland raised its interest rate to 4.5 percent; governor Piet Maran "
        "said that inflation in Ostland was still too high."
    ),
    "Factory fire in Haslund": (
        "A fire destroyed the paper mill of Haslund overnight; chief fire officer Karin Olstad "
        "said that nobody was hurt and that the cause was unknown."
    ),
}


def _two_years(events: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each event on a day of its own, and every fifth day the small news of a town."""
    for number in range(0, 730, 5):
        text = (
            f"The council of Norvik met for session {number} and spoke about bus {number % 17}, "
            f"the swimming pool and {number + 3} new trees along the canal."
        )
        day = (START + number * DAY).isoformat()
        yield {"id": f"town-{number}", "title": "Council", "text": text, "date": day}
    for number, (title, text) in enumerate(events.items()):
        day = (START + (number * 180 + 40) * DAY).isoformat()
        for outlet, end in (("Echo", ""), ("Post", " More was not known at first.")):
            yield {
                "id": f"event-{number}-{outlet}",
                "title": title,
                "text": text + end,
                "source": outlet,
                "date": day,
            }


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of news, with the encoder of the package."""
    place = tmp_path_factory.mktemp("archive") / "news"
    with dedup.StoryIndex.open(place) as made:
        made.add(_two_years(EVENTS))
    return place


@pytest.mark.parametrize(
    ("question", "event"),
    [
        ("ferry aground off Barra", 0),
        ("What happened to the passengers of the ferry near Barra?", 0),
        ("Fähre vor der Insel Barra auf Grund gelaufen, Passagiere nach Castlebay gebracht", 0),
        ("Who won the Harbour Cup final, Kestrel or Brackwater?", 1),
        ("Ostland central bank raises interest rate to 4.5 percent", 2),
        ("paper mill fire Haslund", 3),
    ],
)
def test_a_question_in_words_finds_its_story_in_two_years(
    archive: Path, question: str, event: int
) -> None:
    with dedup.StoryIndex.open(archive, read_only=True) as index:
        answer = index.query(question, limit=3)
        wanted = index.placement(f"event-{event}-Echo").story_group
        assert (answer.neighbors[0].story_group, answer.story_group) == (wanted, wanted)
        # Bound to a day that is far from it, it is not there, and the nearest texts still are.
        dated = index.query(question, published_at=START + 800 * DAY, limit=3)
        assert dated.story_group == ""
        assert dated.neighbors[0].story_group == wanted
