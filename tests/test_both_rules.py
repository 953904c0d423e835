"""Series, digests and copies of other times together, in batch and index."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

import dedup
from dedup.config import Config
from dedup.records import Article
from dedup.result import Result
from tests.indexes import HASHING, MODEL, SMALL, check_index, opened
from tests.news_streams import START
from tests.test_digests import words
from tests.test_stretches import copy

SERVICE = (
    "The service counts every quake that its stations feel, and writes it down for all who want "
    "to know when and where the ground moved, how far from the surface it was, whether anyone came "
    "to harm or lost a house or a barn because of it, and what the people of the place did then. "
    "It asks all who felt the ground move to say so, since no station stands in most valleys, "
    "and what people tell is often the only news of a small quake that there is in a whole year. "
    "Those who live there know it well, and few of them leave their beds when the windows shake at "
    "night, as they have done in every winter that the oldest of them can think of."
)


def quake(id: str, hours: int, *details: object) -> Article:
    text = "A quake of magnitude {} struck {} km north of {} at {}, {} km below the surface."
    return Article(
        id,
        f"Quake near {details[2]}",
        f"{text.format(*details)} {SERVICE}",
        "Coast Times",
        START + timedelta(hours=hours),
        "en",
    )


QUAKES = [
    quake("ferrol", 0, "3.4", 12, "Ferrol", "04:11", 8),
    quake("duneth", 1, "4.9", 31, "Duneth", "17:42", 22),
]
PAGE = Article(
    "page",
    "What happened today",
    "\n".join([*(one.text for one in QUAKES), words(9, 300)]),
    "Wire",
    START + timedelta(hours=5),
    "en",
)


def kinds(result: Result) -> dict[str, str]:
    return {id: member.copy_type for id, (_, member) in result.duplicates_of.items()}


def clustered(articles: list[Article], config: Config = SMALL) -> Result:
    return dedup.cluster(articles, config, encoder=HASHING, affinity=MODEL)


def test_a_page_with_two_texts_of_a_series_is_a_digest() -> None:
    """As texts of one series they are no copies of each other."""
    apart = {"ferrol": "original", "duneth": "original", "page": "digest"}
    assert kinds(clustered([*QUAKES, PAGE])) == apart
    # Without an outlet nearly the same texts are copies, and the page has one text inside.
    anonymous = [replace(one, source="") for one in QUAKES]
    copies = {"ferrol": "original", "duneth": "near", "page": "contained"}
    assert kinds(clustered([*anonymous, PAGE])) == copies


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_an_index_has_the_series_and_the_digest_of_the_batch(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    articles = [*QUAKES, PAGE]
    with opened(tmp_path / "index") as index:
        for row in order:
            index.add([articles[row]])
            check_index(index)
        assert index.placement("page").copy_type == "digest"
        index.update(replace(QUAKES[1], source="Other Times"))
        check_index(index)
        index.remove([QUAKES[1].id])
        check_index(index)


def test_another_longest_silence_makes_other_texts_from_the_same_copies() -> None:
    articles = [copy(f"c{day}", day) for day in (0, 5, 6, 13)]
    articles.append(copy("undated", None))
    week = clustered(articles, Config())
    for days in (3, 1000, 0.5):
        config = Config().replace(neighbors={"max_gap": timedelta(days=days)})
        fresh = clustered(articles, config)
        again = week.regroup(max_gap=timedelta(days=days))
        assert again == fresh
        assert again.why("c0", "c13").sentence == fresh.why("c0", "c13").sentence
        assert again.regroup(config=Config()) == week
    assert len(week.regroup(max_gap=timedelta(days=3)).story_groups) == 3


def test_what_an_index_holds_as_a_result_has_stretches(tmp_path: Path) -> None:
    days = (0, 1, 5, 6, 12)
    with opened(tmp_path / "index") as index:
        index.add([*(copy(f"c{day}", day) for day in days), *QUAKES, PAGE])
        check_index(index)
        whole = index.result()
        assert len({whole.story_of[f"c{day}"][0].id for day in days}) == 3
        assert len({whole.duplicates_of[f"c{day}"][0].id for day in days}) == 1


def test_a_query_that_lies_in_a_digest_is_no_copy_of_it(tmp_path: Path) -> None:
    with opened(tmp_path / "index") as index:
        index.add([*QUAKES, PAGE])
        query = replace(PAGE, id="query", text=words(9, 300))
        assert index.query(query).duplicates == ()
        assert [match.a for match in index.copies(query)] == ["page"]
        again = index.query(replace(PAGE, id="query", text=f"{PAGE.text} More."))
        assert again.duplicates[0].a == "page"


@pytest.mark.parametrize("dated", [True, False])
def test_a_query_has_the_story_of_a_copy_of_its_time(tmp_path: Path, dated: bool) -> None:
    with opened(tmp_path / "index") as index:
        index.add([copy("then", 0), copy("now", 10)])
        query = copy("query", 11 if dated else None)
        answer = index.query(query)
        assert {match.a for match in answer.duplicates} == {"then", "now"}
        expected = {"now"} if dated else {"then", "now"}
        assert answer.story_group in {index.placement(id).story_group for id in expected}
        far = index.query(copy("query", 5))
        assert len(far.duplicates) == 2
        assert far.story_group == ""
