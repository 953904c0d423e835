"""What a `StoryIndex` answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import dedup
from dedup.articles import precedence
from dedup.cleaning import clean_articles
from dedup.errors import InputError, NotFoundError, StoreError
from dedup.index.story_index import StoryIndex
from dedup.pipeline import profiles_of
from dedup.readers.fields import as_articles
from dedup.records import Article, StoryGroup
from dedup.store.identity import replay
from dedup.stories.affinity import (
    Affinity,
    log_odds_of,
    log_odds_of_ratio,
    probability_of,
)
from dedup.stories.candidates import story_candidates
from dedup.stories.linkage import bounds
from tests.indexes import (
    HASHING,
    HOUR,
    MODEL,
    NOON,
    QUAKE,
    SMALL,
    VOTE,
    Clock,
    all_stories,
    article,
    articles_of,
    check_index,
    opened,
)
from tests.news_streams import START, World
from tests.stored_records import resolve_ids


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
    assert found.story_group == index.placement("a").story_group
    assert index.query("A calm day at sea near Bergen.").story_group == ""
    assert len(index.query(replace(article("", QUAKE)), limit=1).duplicates) == 1
    with pytest.raises(InputError, match="empty article"):
        index.query("  ")


ROOMY = SMALL.replace(
    neighbors={"neighbors_per_language": 1000}, cleaning={"remove_boilerplate": False}
)
"""No text takes the place of another among the nearest of a third."""


def best_story(index: StoryIndex, query: Article) -> tuple[str, float | None]:
    """The slow way: of the stories that a text would have links to and would not loosen, the one
    of the highest mean.
    """
    articles = articles_of(index)
    evidences = index.result().evidences
    ids = {evidences.representative_of(id) for id in articles}
    (asked,) = as_articles([replace(query, id="query")])
    texts = {id: index.article(id).clean for id in ids}
    texts |= clean_articles([asked], index.config.cleaning)
    rows = [*(articles[id] for id in ids), asked]
    rows.sort(key=lambda item: precedence(item, texts[item.id]))
    row = rows.index(asked)
    affinity = Affinity(MODEL, profiles_of(rows, texts, HASHING, index.config), compiled=False)
    near = story_candidates(affinity.profiles, MODEL.min_cosine, index.config.neighbors)
    linked = {*near.first[near.second == row].tolist(), *near.second[near.first == row].tolist()}
    odds = affinity.log_odds(np.full(len(rows), row), np.arange(len(rows)))
    floor = log_odds_of(index.config.stories.min_link_probability)
    story_of = ["" if item is asked else index.placement(item.id).story_group for item in rows]
    stories = {story_of[other] for other in linked if odds[other] >= floor}
    least = log_odds_of(index.config.stories.min_probability)
    drop = log_odds_of_ratio(index.config.stories.max_odds_ratio)
    means = {}
    for story in stories:
        texts_of = [k for k, its in enumerate(story_of) if its == story]
        pairs = list(combinations(texts_of, 2))
        inside = sum(int(affinity.log_odds(*np.array([pair]).T)[0]) for pair in pairs)
        (bound,) = bounds(np.array([inside]), np.array([len(pairs)]), least, drop).tolist()
        mean = float(np.mean(odds[texts_of]))
        if mean >= bound:
            means[story] = mean
    if not means:
        return "", None
    best = max(means, key=means.__getitem__)
    return best, probability_of(means[best])


def test_a_query_names_the_story_that_it_fits_best(tmp_path: Path) -> None:
    told = World(Random(12), 120, crowd=14).articles
    with opened(tmp_path, ROOMY) as index:
        index.add(told[:60])
        named = 0
        for each in told[60:]:
            found = index.query(each)
            if not found.duplicates:
                assert (found.story_group, found.probability) == best_story(index, each)
                named += bool(found.story_group)
        assert named > 3


def test_an_article_mostly_joins_the_story_that_a_query_named(
    tmp_path: Path, pool: list[Article]
) -> None:
    """Not always: it can be a round-up, or join two stories, or a part of one that it divides."""
    with opened(tmp_path, ROOMY) as index:
        index.add(pool[:35])
        others = asked = 0
        for each in pool[35:60]:
            found = index.query(each)
            placed = index.add(each)
            joined = {member.id for member in index.story(placed.story_group).members} - {each.id}
            if placed.copy_type == "original" and not found.duplicates:
                asked += 1
                others += index.placement(each.id).story_group != found.story_group and bool(
                    joined or found.story_group
                )
            index.remove(each.id)
        assert asked > 15
        assert others <= asked // 5


def test_what_is_not_there_is_not_found(index: StoryIndex) -> None:
    index.add(article("a"))
    for ask in (index.article, index.placement, index.cluster, index.successor, index.story):
        with pytest.raises(NotFoundError, match="'nobody'"):
            ask("nobody")
    with pytest.raises(NotFoundError, match="'nobody'"):
        index.why("a", "nobody")


def test_why_is_the_answer_of_the_batch(full: StoryIndex, pool: list[Article]) -> None:
    articles = articles_of(full)
    batch = dedup.cluster(articles.values(), SMALL, encoder=HASHING, affinity=MODEL)
    lasting = {batch.story_of[id][0].id: full.placement(id).story_group for id in articles}
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
        {"min_texts": 2},
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


def test_ids_last_and_the_history_tells_how(index: StoryIndex) -> None:
    random = Random(2)
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
    successors = resolve_ids(events)
    for story, successor in successors.items():
        assert index.successor(story) == successor
        assert [e for e in events if e.story_group == story] == index.changes(story_group=story)
        if successor in views[-1][1]:
            assert index.story(story).id == successor
        else:
            with pytest.raises(NotFoundError, match="closed"):
                index.story(story)


def test_a_merged_id_leads_to_its_heir_for_ever(index: StoryIndex) -> None:
    half = QUAKE[: len(QUAKE) // 2]
    index.add([article("a"), article("b", VOTE, hours=1), article("c", VOTE, hours=2)])
    lost, kept = index.placement("a").story_group, index.placement("b").story_group
    index.update(article("a", VOTE))
    assert index.successor(lost) == kept
    assert index.story(lost).id == kept
    assert [event.kind for event in index.changes(story_group=lost)] == ["created", "merged"]
    index.add(article("d", half))
    assert index.placement("d").story_group not in (lost, kept)
    assert index.successor(lost) == kept
    check_index(index)


def test_a_story_as_it_was(index: StoryIndex) -> None:
    clock = Clock()
    index._clock = clock
    index.add([article("a"), article("b", VOTE)])
    first = clock.now
    index.add([article("c", f"{QUAKE} {QUAKE[:40]}", hours=1), article("d", hours=2)])
    second = clock.now
    story = index.placement("a").story_group
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
