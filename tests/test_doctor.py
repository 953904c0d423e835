"""What a check-up finds in small results made by hand, and what it does not."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.config import Config
from dedup.doctor.mixing import expected_share
from dedup.errors import ConfigError, InputError
from dedup.records import Article

START = datetime(2024, 3, 1, 6, tzinfo=UTC)
Row = dict[str, Any]


def row(id_: str, story: str = "", **values: Any) -> Row:
    """A row of a result; alone in its story and undated unless told otherwise."""
    text = str(values.get("representative", id_))
    return {
        "id": id_,
        "duplicate_cluster": f"d-{text}",
        "representative": text,
        "story_group": story or f"s-{text}",
        "probability": 0.9 if story else None,
        "language": "en",
        "published_at": None,
        "config_digest": "abc",
    } | values


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def told(story: str, days: list[float], **values: Any) -> list[Row]:
    """A story with a text on each of these days."""
    return [row(f"{story}-{n}", story, published_at=day(d), **values) for n, d in enumerate(days)]


def alone(count: int, **values: Any) -> list[Row]:
    return [row(f"alone-{n}", published_at=day(n / 10), **values) for n in range(count)]


def sourced(rows: list[Row], source: str, title: str = "") -> list[Article]:
    return [
        Article(each["id"], title=title.format(n), source=source) for n, each in enumerate(rows)
    ]


def test_a_story_that_holds_most_of_its_time_is_a_problem() -> None:
    rows = told("s", [n / 10 for n in range(20)]) + alone(60)
    found = dedup.examine(rows).finding("largest story")
    assert found.level == "problem"
    assert found.figures["share_within_reach"] == pytest.approx(20 / 80)
    assert found.stories == ("s",)
    assert found.examples[0].message == "20 texts, 2024-03-01 to 2024-03-03"


def test_only_what_the_story_could_have_held_counts() -> None:
    late = [row(f"late-{n}", published_at=day(100 + n)) for n in range(900)]
    undated = [row(f"undated-{n}") for n in range(80)]
    found = dedup.examine(told("s", [0.0] * 10) + late + undated).finding("largest story")
    assert found.figures["within_reach"] == 90
    assert found.level == "look"
    assert found.figures["share_of_all"] == pytest.approx(10 / 990)


def test_a_small_story_in_a_small_corpus_is_no_problem() -> None:
    assert dedup.examine(told("s", [0.0] * 9)).finding("largest story").level == "ok"


@pytest.mark.parametrize(("weak", "level"), [(0, "ok"), (1, "look"), (5, "problem")])
def test_texts_that_fit_badly_are_counted(weak: int, level: str) -> None:
    rows = told("s", [0.0] * 40)
    for each in rows[:weak]:
        each["probability"] = 0.3
    found = dedup.examine(rows).finding("weak links")
    assert (found.level, found.figures["weak_texts"]) == (level, weak)
    assert found.stories == (("s",) if weak else ())


def test_the_ten_stories_with_the_weakest_texts_are_named_the_weakest_first() -> None:
    rows = []
    for n in range(12):
        rows += [row(f"{n}-a", f"s{n:02}"), row(f"{n}-b", f"s{n:02}", probability=0.4 - n / 100)]
    found = dedup.examine(rows).finding("weak links")
    assert [each.story_group for each in found.examples] == [f"s{n:02}" for n in range(11, 1, -1)]
    assert found.examples[0].ids == ("11-b",)
    assert len(found.stories) == 12


def test_copies_of_a_weak_text_count_once() -> None:
    rows = [row("a", "s", probability=0.2), row("b", "s", probability=0.9)]
    rows += [row(f"a{n}", "s", probability=0.2, representative="a") for n in range(5)]
    found = dedup.examine(rows)
    assert found.finding("weak links").figures["weak_texts"] == 1
    assert sum(found.fit) == found.texts == 2
    assert found.fit[4] == found.fit[18] == 1


def test_a_story_in_which_each_day_touches_only_the_next_is_a_chain() -> None:
    found = dedup.examine(told("s", [float(n) for n in range(30)])).finding("chains")
    assert (found.level, found.figures["chains"]) == ("problem", 1)
    # Days 0 to 7 are within a week of each other, both ends included.
    assert "27 % in its busiest period" in found.examples[0].message


def test_a_long_story_with_a_core_is_no_chain() -> None:
    found = dedup.examine(told("s", [n / 10 for n in range(30)] + [8, 12, 16])).finding("chains")
    assert found.figures["chains"] == found.figures["holes"] == 0
    assert found.level == "ok"


def test_max_gap_says_what_is_too_long() -> None:
    rows = told("s", [float(n) for n in range(30)])
    month = dedup.examine(rows, max_gap=timedelta(days=30))
    assert month.finding("chains").level == "ok"
    with pytest.raises(ConfigError, match="max_gap"):
        dedup.examine(rows, max_gap=timedelta(0))


def test_a_hole_that_no_link_spans_is_found_and_a_shorter_one_is_not() -> None:
    found = dedup.examine(told("torn", [0, 1, 9, 10]) + told("whole", [0, 1, 8, 9]))
    assert found.finding("chains").stories == ("torn",)
    assert "longest silence 8 days" in found.finding("chains").examples[0].message


def test_a_late_copy_makes_no_hole() -> None:
    rows = [*told("s", [0, 1]), row("copy", "s", published_at=day(90), representative="s-0")]
    assert dedup.examine(rows).finding("chains").figures["holes"] == 0


def test_long_and_thin_is_measured_by_the_other_stories() -> None:
    short = [each for n in range(5) for each in told(f"short-{n}", [0, 0.5])]
    found = dedup.examine(told("thin", [0, 6, 12]) + short).finding("chains")
    assert (found.level, found.figures["thin"]) == ("ok", 1)
    assert found.examples[0].message.startswith("thin: 3 texts in 12 days (0.25 a day)")


def test_without_dates_nothing_is_said_of_chains() -> None:
    found = dedup.examine([row("a", "s"), row("b", "s")])
    assert found.finding("chains").level == "unknown"
    assert found.finding("undated").level == "problem"


def mixed(languages: str, stories: int) -> list[Row]:
    """Stories with one text in each of these languages."""
    return [
        row(f"{languages}-{n}-{code}", f"{languages}-{n}", language=code)
        for n in range(stories)
        for code in languages.split()
    ]


def test_a_language_that_never_mixes_is_named() -> None:
    lonely = [row(f"ko-{n}", f"ko-{n // 2}", language="ko") for n in range(20)]
    found = dedup.examine(mixed("en ar", 30) + lonely)
    assert found.finding("languages").level == "problem"
    assert "far too rarely among these: ko." in found.finding("languages").message
    shares = {share.language: share for share in found.languages}
    assert (shares["ko"].mixed, shares["ko"].grouped, shares["ko"].behind) == (0.0, 1.0, True)
    assert (shares["en"].mixed, shares["en"].behind) == (1.0, False)
    assert found.finding("languages").examples[0].message == "2 texts, all in ko"


def test_a_language_that_mixes_far_less_than_the_others_is_looked_at() -> None:
    lonely = [row(f"ko-{n}", f"ko-{n // 2}", language="ko") for n in range(20)]
    found = dedup.examine(mixed("en ar", 30) + mixed("en ko", 2) + lonely).finding("languages")
    assert (found.level, found.figures["behind"]) == ("look", 1)


def test_few_articles_of_a_language_are_not_judged() -> None:
    lonely = [row(f"ko-{n}", f"ko-{n // 2}", language="ko") for n in range(18)]
    assert dedup.examine(mixed("en ar", 30) + lonely).finding("languages").level == "ok"


def test_nothing_is_said_of_languages_where_there_is_one_or_none() -> None:
    for language, says in (("en", "All articles are in 'en'"), ("", "No language is known")):
        found = dedup.examine(alone(30, language=language)).finding("languages")
        assert found.level == "unknown"
        assert says in found.message


def test_the_expected_share_is_that_of_all_ways_to_deal() -> None:
    # 2 of 6 texts are in the language.
    stories = [{0, 1, 2}, {3, 4}, {5}]
    deals = [set(ours) for ours in combinations(range(6), 2)]
    exact = sum(len(ours & story) / 2 for ours in deals for story in stories if story - ours) / len(
        deals
    )
    assert expected_share(2, {3: 1, 2: 1, 1: 1}) == pytest.approx(exact)


def test_a_daily_bulletin_is_a_series() -> None:
    rows = told("s", [0, 1, 2, 3, 4, 7, 8])
    articles = sourced(rows, "bulletin", "Weather of the day {}")
    others = alone(40)
    found = dedup.examine(rows + others, articles + sourced(others, "other")).finding("series")
    assert found.level == "problem"
    assert (
        found.examples[0].message
        == "7 of 7 texts from bulletin, one every 24 hours, with similar titles"
    )
    assert found.examples[0].headline == "Weather of the day 0"


def test_coverage_of_an_event_by_one_source_is_no_series() -> None:
    rows = told("s", [0, 0.1, 0.2, 0.9, 1.0, 3.1])
    articles = [
        Article(each["id"], title=title, source="post")
        for each, title in zip(
            rows,
            ("Quake", "Hundreds hurt", "Aid sent", "Why so deep?", "A village", "Who pays"),
            strict=True,
        )
    ]
    others = alone(40)
    found = dedup.examine(rows + others, articles + sourced(others, "other")).finding("series")
    assert (found.level, found.figures["series"]) == ("ok", 0)


def test_where_one_source_has_everything_one_sign_does_not_suffice() -> None:
    irregular = told("s", [0, 0.3, 2.5, 2.6, 5])
    daily = told("t", [0, 1, 2, 3])
    found = dedup.examine(
        irregular + daily,
        sourced(irregular, "wiki", "Earthquake") + sourced(daily, "wiki", "Rates {}"),
    ).finding("series")
    assert found.stories == ("t",)


def test_without_sources_series_are_unknown_not_wrong() -> None:
    rows = told("s", [0, 1, 2, 3])
    for articles in (None, sourced(rows, "", "Rates {}")):
        found = dedup.examine(rows, articles).finding("series")
        assert found.level == "unknown"
        assert "--articles" in found.message


def test_plain_figures() -> None:
    rows = [*told("a", [0, 1, 2]), *told("b", [0, 1]), row("c"), row("c2", representative="c")]
    found = dedup.examine(rows)
    assert (found.articles, found.texts, found.stories) == (7, 6, 3)
    assert found.finding("undated").figures["undated"] == 2
    assert found.finding("copies").figures == {"copies": 1, "share": 1 / 7, "most": 2}
    sizes = found.finding("sizes").figures
    assert (sizes["alone"], sizes["median"], sizes["percentile_90"]) == (1, 2, 3)
    assert (sizes["median_of_several"], sizes["of_several"]) == (2, 2)


def test_levels_of_the_plain_figures() -> None:
    copied = [row("c"), *(row(f"c{n}", representative="c") for n in range(20))]
    assert dedup.examine(copied).finding("copies").level == "problem"
    assert dedup.examine(alone(60)).finding("sizes").level == "problem"
    assert dedup.examine(alone(9)).finding("sizes").level == "ok"
    assert dedup.examine([*alone(8), row("x")]).finding("undated").level == "look"


def test_every_finding_says_what_it_means_and_what_to_do() -> None:
    found = dedup.examine([*told("s", [0, 1]), *alone(3)])
    assert [each.name for each in found.findings] == [
        *("largest story", "weak links", "chains", "languages", "series"),
        *("undated", "copies", "walls", "copies apart", "sizes"),
    ]
    for each in found.findings:
        for sentence in (each.message, each.interpretation, each.advice):
            assert sentence.endswith(".")
    with pytest.raises(KeyError):
        found.finding("none")


@given(st.integers(0, 2**32))
def test_the_order_of_rows_and_articles_does_not_matter(seed: int) -> None:
    generator = random.Random(seed)
    rows = [
        row(
            str(n),
            f"s{generator.randrange(4)}",
            probability=generator.choice([0.2, 0.5, 0.9]),
            published_at=generator.choice([None, day(generator.randrange(30))]),
            language=generator.choice(["en", "ar", ""]),
        )
        for n in range(generator.randrange(1, 60))
    ]
    rows += [each | {"id": f"{each['id']}-copy"} for each in rows[::5]]
    articles = [
        Article(each["id"], title=f"Rates {n}", source=generator.choice("ab"))
        for n, each in enumerate(rows)
    ]
    expected = dedup.examine(rows, articles)
    generator.shuffle(rows)
    generator.shuffle(articles)
    assert dedup.examine(rows, articles) == expected
    assert sum(share.articles for share in expected.languages) == expected.articles
    assert sum(shape.texts for shape in expected.shapes) == expected.texts


def test_a_result_is_examined_with_its_own_articles() -> None:
    text = "The river rose above the bridge of the old town in the night to Monday. " * 3
    result = dedup.cluster(
        [Article(str(n), title="Flood", text=text, source="post") for n in range(3)], Config()
    )
    found = dedup.examine(result)
    assert found == dedup.examine(result.article_rows(), result.articles)
    assert found.finding("copies").examples[0].headline == "Flood"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no article"),
        ([row("a"), row("a")], "two rows have the id 'a'"),
        ([row("a", id="")], "a row has no id"),
        ([row("a", story_group=None)], "the row of 'a' has no story_group"),
        ([row("a", probability=1.2)], "probability 1.2"),
        ([row("a", probability="high")], "probability 'high'"),
        ([row("a", published_at="soon")], "published_at 'soon'"),
    ],
)
def test_rows_that_cannot_be_right_are_refused(rows: list[Row], message: str) -> None:
    with pytest.raises(InputError, match=message):
        dedup.examine(rows)


def test_articles_of_another_corpus_are_refused_and_missing_ones_noted() -> None:
    rows = told("s", [0, 1])
    with pytest.raises(InputError, match="none of the given articles"):
        dedup.examine(rows, [Article("x")])
    assert dedup.examine(rows, [Article("s-0"), Article("x")]).notes[0].startswith("1 article of")
    assert dedup.examine(rows).notes == ()


def test_rows_of_several_configurations_are_noted() -> None:
    found = dedup.examine([row("a"), row("b", config_digest="def")])
    assert found.notes == ("the rows were made with several configurations: abc, def",)


def test_times_without_a_zone_and_missing_numbers_of_pandas_are_understood() -> None:
    rows = [
        row("a", "s", published_at="2024-03-01T06:00:00", probability=float("nan")),
        row("b", "s", published_at=datetime(2024, 3, 11, 6), probability="0.25"),
        row("c", "s", published_at=math.nan),
    ]
    found = dedup.examine(rows)
    assert found.shapes[0].span_days == 10.0
    assert found.shapes[0].lowest_probability == 0.25
    assert found.finding("undated").figures["undated"] == 1
