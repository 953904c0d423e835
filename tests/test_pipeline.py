"""The contract of the batch: a function of the set of articles, with evidence for every link."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

import dedup
from dedup.compute.arrays import Float32s
from dedup.config import Config
from dedup.evaluation import evaluate
from dedup.records import Article
from dedup.result import Result

DAY = datetime(2023, 10, 16, tzinfo=UTC)
TALKS = "xi-putin-talks-2023-10-18"


@pytest.fixture(scope="module")
def rows(seeds_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in seeds_path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def result(rows: list[dict[str, str]]) -> Result:
    return dedup.cluster(rows)


def test_every_article_is_in_one_cluster_and_one_story(
    result: Result, rows: list[dict[str, str]]
) -> None:
    ids = sorted(row["id"] for row in rows)
    assert sorted(m.id for c in result.duplicate_clusters for m in c.members) == ids
    assert sorted(m.id for s in result.story_groups for m in s.members) == ids
    assert sum(story.texts for story in result.story_groups) == len(result.duplicate_clusters)


def test_copies_are_in_one_story(result: Result) -> None:
    for cluster in result.duplicate_clusters:
        assert len({result.story_of[member.id][0].id for member in cluster.members}) == 1


def test_seeds_duplicate_clusters_are_those_of_the_gold(
    result: Result, rows: list[dict[str, str]]
) -> None:
    found = {row["id"]: row["duplicate_cluster"] for row in result.article_rows()}
    scores = evaluate(found, {row["id"]: row["duplicates"] for row in rows})
    assert scores.pairwise.precision == 1.0
    assert scores.pairwise.recall == 1.0


def test_seeds_stories_are_mostly_right(result: Result, rows: list[dict[str, str]]) -> None:
    found = {row["id"]: row["story_group"] for row in result.article_rows()}
    scores = evaluate(found, {row["id"]: row["cluster"] for row in rows})
    assert scores.b_cubed.f1 > 0.75
    assert scores.b_cubed.recall > 0.85


def test_the_tellings_of_one_event_in_four_languages_are_together(
    result: Result, rows: list[dict[str, str]]
) -> None:
    talks = {row["id"]: row.get("language", "") for row in rows if row["cluster"] == TALKS}
    together = max(
        (talks.keys() & {member.id for member in group.members} for group in result.story_groups),
        key=len,
    )
    assert {talks[each] for each in together} >= {"ar", "ru", "zh", "en"}
    assert len(together) > 0.8 * len(talks)


def same(a: Result, b: Result) -> bool:
    by_id = [sorted(result.article_rows(), key=lambda row: str(row["id"])) for result in (a, b)]
    return by_id[0] == by_id[1] and a.story_rows() == b.story_rows()


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_articles_does_not_matter(seeds_path: Path, random: random.Random) -> None:
    lines = seeds_path.read_text(encoding="utf-8").splitlines()[:60]
    rows = [json.loads(line) for line in lines]
    mixed = random.sample(rows, len(rows))
    assert same(dedup.cluster(rows), dedup.cluster(mixed))


def test_batches_of_any_size_give_the_same(
    rows: list[dict[str, str]], result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {
        "encoders.embedding._AT_ONCE": 7,
        "stories.profiles._AT_ONCE": 4,
        "duplicates.fingerprints._CHUNK_BYTES": 500,
        "stories.neighbors._MAX_BLOCK": 5,
        "duplicates.candidates._PAIRS_AT_ONCE": 3,
    }.items():
        monkeypatch.setattr(f"dedup.{name}", size)
    assert same(dedup.cluster(rows), result)


def test_any_number_of_threads_gives_the_same(
    rows: list[dict[str, str]], result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.compute.threads.available_cores", lambda: 1)
    with threadpool_limits(1):
        assert same(dedup.cluster(rows), result)


def test_articles_of_another_time_change_no_story(
    rows: list[dict[str, str]], result: Result
) -> None:
    last = max(a.published_at for a in result.articles if a.published_at)
    dated = [row for row in rows if result.by_id[row["id"]].published_at]
    later = [
        {**row, "id": f"later {row['id']}", "text": f"{row['text']} {number}", "source": "later"}
        | {"published_at": (last + timedelta(days=30, minutes=number)).isoformat()}
        for number, row in enumerate(dated[::3])
    ]
    alone, beside = dedup.cluster(dated), dedup.cluster([*dated, *later])
    apart = {
        frozenset(m.id for m in story.members if not m.id.startswith("later "))
        for story in beside.story_groups
    }
    assert {frozenset(m.id for m in s.members) for s in alone.story_groups} == apart - {frozenset()}


@given(st.lists(st.sampled_from(["flood", "vote", "match"]), min_size=2, max_size=6))
def test_identical_articles_are_never_apart(names: list[str]) -> None:
    articles = [
        Article(str(number), f"A {name} in Lomé", f"The {name} in Lomé was large. " * 8, "s", DAY)
        for number, name in enumerate(names)
    ]
    found = dedup.cluster(articles)
    for name in names:
        same_text = [a.id for a, each in zip(articles, names, strict=True) if each == name]
        assert len({found.story_of[each][0].id for each in same_text}) == 1


def test_articles_dicts_and_tables_give_the_same(
    rows: list[dict[str, str]], result: Result, seeds_path: Path
) -> None:
    assert same(dedup.cluster(dedup.read_articles([seeds_path])), result)
    assert same(dedup.cluster(pa.Table.from_pylist(rows)), result)


def test_unknown_columns_are_never_used(rows: list[dict[str, str]], result: Result) -> None:
    other = [{**row, "cluster": "all", "duplicates": "one", "topic": "x"} for row in rows]
    assert same(dedup.cluster(other), result)


def test_every_match_carries_the_exact_similarity(result: Result) -> None:
    assert result.matches
    for match in result.matches:
        found = result.why(match.a, match.b).match
        assert (found.jaccard, found.containment_a) == (match.jaccard, match.containment_a)


def test_any_two_articles_have_an_answer(result: Result) -> None:
    ids = [article.id for article in result.articles][::12]
    for a in ids:
        for b in ids:
            if a != b:
                why = result.why(a, b)
                assert (why.link is None) == why.same_duplicate_cluster
                assert why.link is None or 0 <= why.link.probability <= 1


def test_why_of_an_unknown_id_is_an_error(result: Result) -> None:
    with pytest.raises(dedup.DedupError, match="'nobody'"):
        result.why(result.articles[0].id, "nobody")


def article(id: str, text: str, hours: int | None = 0, **fields: str) -> Article:
    time = None if hours is None else DAY + timedelta(hours=hours)
    return Article(id=id, text=text, published_at=time, language="en", **fields)  # type: ignore[arg-type]


LONG = (
    "Minister Abernathy opened the Kirkwall lighthouse bridge on Monday before 2,000 guests. " * 3
)


def test_the_representative_is_the_earliest_then_the_longest_then_by_id() -> None:
    made = dedup.cluster([article("b", LONG), article("a", LONG), article("c", LONG, hours=-1)])
    assert made.duplicate_clusters[0].representative == "c"
    made = dedup.cluster([article("b", LONG), article("a", LONG)])
    assert made.duplicate_clusters[0].representative == "a"
    made = dedup.cluster([article("b", LONG + " The end."), article("a", LONG)])
    assert made.duplicate_clusters[0].representative == "b"
    made = dedup.cluster([article("a", LONG, hours=None), article("b", LONG)])
    assert made.duplicate_clusters[0].representative == "b"


def test_copy_types_and_their_evidence() -> None:
    words = [f"token{i}" for i in range(120)]
    base = " ".join(words)
    made = dedup.cluster(
        [
            article("first", base),
            article("same", base, hours=1),
            article("edited", base.replace("token60", "other"), hours=2),
            article("brief", " ".join(words[:50]), hours=3),
        ]
    )
    members = {member.id: member for member in made.duplicate_clusters[0].members}
    assert {id: m.copy_type for id, m in members.items()} == {
        "first": "original",
        "same": "exact",
        "edited": "near",
        "brief": "contained",
    }
    assert members["edited"].jaccard == pytest.approx(111 / 121)
    assert members["brief"].containment == 1.0


def test_one_wire_text_under_two_headlines_is_one_text() -> None:
    made = dedup.cluster([article("a", LONG, title="One"), article("b", LONG, title="Another")])
    assert made.summary.texts == 1


def test_one_line_items_are_compared() -> None:
    made = dedup.cluster(
        [
            Article("a", title="Quake of magnitude 6.1 shakes Herat, dozens feared dead"),
            Article("b", title="Quake of magnitude 6.1 shakes Herat; dozens feared dead"),
            Article("c", title="Parliament of Latvia elects a new president"),
        ]
    )
    assert made.summary.texts == 2


def test_empty_articles_are_not_copies_of_one_another() -> None:
    made = dedup.cluster([article("a", "!!!"), article("b", "???"), Article("c", title="...")])
    assert made.summary.texts == 3


def test_duplicate_ids_keep_the_latest_whatever_the_order() -> None:
    old, new = article("x", "Old text of the page."), article("x", "New text.", hours=5)
    for both in ([old, new], [new, old]):
        made = dedup.cluster(both)
        assert [each.text for each in made.articles] == ["New text."]
        assert dict(made.summary.problems) == {"duplicate id with different content": 1}
        assert made.problems[0].where == "x"
    assert dict(dedup.cluster([old, old]).summary.problems) == {"repeated article": 1}


def test_look_alike_events_of_different_weeks_are_different_stories() -> None:
    text = "Putin receives Wang Yi in the Kremlin for talks on trade and security. " * 2
    made = dedup.cluster(
        [article("a", text), article("b", text + " Both spoke of gas.", hours=24 * 60)]
    )
    assert len({made.story_of[i][0].id for i in ("a", "b")}) == 2


def test_an_undated_article_is_compared_with_all() -> None:
    lead = "Krakatau erupts over Banten, Anak Krakatau observatory reports ash of nine kilometres."
    made = dedup.cluster(
        [
            article("a", lead + " Fishermen of Labuan fled."),
            article("b", lead + " Ships in Sunda Strait were warned.", hours=None),
            article("c", "Parliament of Latvia elects Edgars Rinkevics as president."),
        ]
    )
    assert made.story_of["a"][0] is made.story_of["b"][0]
    assert made.story_of["c"][0] is not made.story_of["a"][0]


def test_ids_of_clusters_and_stories_do_not_depend_on_other_articles() -> None:
    alone = dedup.cluster([article("a", LONG)])
    more = dedup.cluster(
        [article("a", LONG), article("z", "Something else happened in Quito today.")]
    )
    assert alone.story_of["a"][0].id == more.story_of["a"][0].id
    assert alone.duplicates_of["a"][0].id == more.duplicates_of["a"][0].id


def test_no_articles_give_an_empty_result() -> None:
    made = dedup.cluster([])
    assert (made.articles, made.duplicate_clusters, made.story_groups) == ((), (), ())
    assert made.summary.articles == 0


def test_a_generator_is_read_once() -> None:
    def articles() -> Iterator[Article]:
        yield article("a", LONG)

    assert dedup.cluster(articles()).summary.articles == 1


def test_unknown_weights_are_noted() -> None:
    class Other:
        name, revision, dim = "other/model", "7", 4

        def encode(self, texts: Sequence[str]) -> Float32s:
            return np.tile(np.array([1, 0, 0, 0], np.float32), (len(texts), 1))

    made = dedup.cluster([article("a", LONG)], encoder=Other())
    assert "other/model" in made.summary.notes[0]
    assert made.summary.encoder == "other/model 7"


def test_the_digest_of_the_configuration_is_in_every_row(result: Result) -> None:
    digests = {row["config_digest"] for row in result.article_rows() + result.story_rows()}
    assert digests == {Config().digest()}
