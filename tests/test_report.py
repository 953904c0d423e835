from __future__ import annotations

import base64
import hashlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from dedup.errors import ConfigError, OutputError
from dedup.pipeline import cluster
from dedup.readers import read_articles
from dedup.records import Article, CleanText, Problem, Removal, StoryRelation
from dedup.report import render_report, write_report
from dedup.report.differences import MAX_SPANS, MAX_TOKENS, Difference, difference, shortened
from dedup.report.parts import fair_limit
from dedup.report.times import Moment, shown_span, timeline
from dedup.report.view import report_view
from dedup.result import Result
from tests.markup import Page

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
BODY = (
    "The river rose by four metres overnight and flooded the old market of Brackwater. "
    "Some 1,200 people were taken to schools, the mayor Ilse Vantongeren said on Friday. "
    "Engineers expect the level to fall by Sunday, although more rain has been forecast. "
    "Two bridges stay closed and the railway runs on a single track until further notice. "
    "Farmers upstream moved their cattle to higher ground before the first dike gave way, and "
    "volunteers filled sandbags through the night behind the cathedral. The last flood of this "
    "size came in 1962, when the town had no warning and the water stood for eleven days."
)
EDITED = BODY.replace("four metres", "five metres").replace("Sunday", "Monday")


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> Result:
    return cluster(read_articles([seeds_path]))


@pytest.fixture(scope="module")
def flood() -> Result:
    """One story: a text with an edited copy and an equal one, and an independent text."""
    return cluster(
        [
            Article("a", "Flood in Brackwater", BODY, "Herald", START, "en", "https://a.example/1"),
            Article("b", "Brackwater flooded", EDITED, "Post", START + timedelta(hours=1), "en"),
            Article("c", "Flood in Brackwater", BODY, "Echo", None, "en"),
            Article(
                "d",
                "Brackwater flood: mayor Vantongeren closes old market",
                "Mayor Ilse Vantongeren closed the old market of Brackwater after the river flood. "
                "The Brackwater railway and two bridges are shut; 1,200 people sleep in schools.",
                "Courier",
                START + timedelta(hours=5),
                "en",
            ),
        ]
    )


def with_articles(result: Result, articles: Sequence[Article]) -> Result:
    """A result in which articles were replaced, past all cleaning."""
    by_id = {article.id: article for article in articles}
    kept = tuple(by_id.get(article.id, article) for article in result.articles)
    return replace(result, articles=kept)


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</title></style><!-- <img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)" x=\'',
        "&lt;b&gt; &amp; {{ 7 * 7 }} {% raw %}",
    ],
)
def test_nothing_of_an_article_becomes_markup(flood: Result, title: str) -> None:
    hostile = [
        replace(article, title=title, source=title, url=f"https://x.example/{title}")
        for article in flood.articles
    ]
    texts = {each: CleanText(title, title, (Removal(title, title),)) for each in flood.clean_texts}
    problems = (Problem(title, title, title),)
    result = replace(with_articles(flood, hostile), clean_texts=texts, problems=problems)
    plain, page = Page(render_report(flood)), Page(render_report(result, title=title))

    assert len(page.find("script")) == len(plain.find("script")) == 1
    assert not page.find("img")
    assert not [name for _, found, _ in page.elements for name in found if name.startswith("on")]
    assert page.find("h4")[0][1].strip() == title
    assert page.find("title")[0][1] == title


def test_only_the_pages_own_script_and_style_may_run(seeds: Result) -> None:
    page = Page(render_report(seeds))
    [content] = [found["content"] for found, _ in page.find("meta") if "http-equiv" in found]
    for tag in ("script", "style"):
        [(_, text)] = page.find(tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in content
    assert content.startswith("default-src 'none'; ")
    assert "unsafe" not in content
    assert not [found for _, found, _ in page.elements if "style" in found or "src" in found]


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://news.example.org/a?b=1&c=2#d", True),
        ("HTTP://news.example.org", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("file:///etc/passwd", False),
        ("//news.example.org", False),
        ("https://", False),
        ("https://a b", False),
        ("", False),
    ],
)
def test_links_lead_to_web_addresses_only(flood: Result, url: str, linked: bool) -> None:
    result = with_articles(flood, [replace(article, url=url) for article in flood.articles])
    links = [found for found, _ in Page(render_report(result)).find("a")]
    outside = [found for found in links if not found["href"].startswith("#")]
    assert {found["href"] for found in outside} == ({url} if linked else set())
    assert all(found["rel"] == "noopener noreferrer nofollow" for found in outside)


def test_no_text_can_reorder_or_break_its_surroundings(flood: Result) -> None:
    title = "\u202egnirts\u202c \u2067a\u2069\u2069 nul\x00 lone\ud800 \x1b[0m"
    page = render_report(with_articles(flood, [replace(flood.articles[0], title=title)]))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b\ud800-\udfff]", page)
    assert "gnirts a nul\ufffd lone\ufffd \ufffd[0m" in page
    page.encode("utf-8")


def test_the_page_is_well_formed_and_complete(seeds: Result) -> None:
    page = Page(render_report(seeds))
    ids = [found["id"] for _, found, _ in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    targets = [found["href"][1:] for found, _ in page.find("a") if found["href"].startswith("#")]
    assert set(targets) <= set(ids)
    assert page.find("html") and page.find("html")[0][0]["lang"] == "en"
    several = [story for story in seeds.story_groups if len(story.members) > 1]
    assert len(page.find("article")) == len(several)
    rows = [found for found, _ in page.find("li") if "data-articles" in found]
    assert [found["id"] for found in rows] == [story.id for story in seeds.story_groups]
    counts = [int(found["data-articles"] or 0) for found in rows]
    assert counts == [story.articles for story in seeds.story_groups]
    shown = {text for _, text in page.find("dd")}
    summary = seeds.summary
    assert {str(summary.articles), str(summary.texts), str(summary.story_groups)} <= shown


def test_every_text_has_its_direction_and_language(seeds: Result) -> None:
    page = Page(render_report(seeds))
    excerpts = page.find("p", class_="excerpt")
    assert {found["dir"] for found, _ in excerpts} == {"auto"}
    assert {"ar", "fa", "hi", "ru", "en"} <= {found["lang"] for found, _ in excerpts}
    assert {found["dir"] for found, _ in page.find("h3") + page.find("h4")} == {"auto"}


def test_a_strange_language_code_is_no_lang_attribute(flood: Result) -> None:
    strange = [replace(article, language='e" n') for article in flood.articles]
    page = Page(render_report(with_articles(flood, strange)))
    assert {found["lang"] for found, _ in page.find("p", class_="excerpt")} == {""}


def test_copies_are_folded_under_their_text_with_what_differs(flood: Result) -> None:
    page = Page(render_report(flood))
    assert [text.strip() for _, text in page.find("h4")] == [
        "Flood in Brackwater",
        "Brackwater flood: mayor Vantongeren closes old market",
    ]
    [(_, copies)] = page.find("ul", class_="copies")
    measured = flood.why("a", "b").match
    assert f"Jaccard {measured.jaccard:.4f}".rstrip("0") in copies
    assert "The texts are equal." in copies
    assert "Brackwater flooded" in copies
    spans = [text for _, text in page.find("ul", class_="spans")]
    assert "four five" in spans[0] and "Sunday, Monday," in spans[0]
    assert [text for _, text in page.find("ins")][:2] == ["five", "Monday,"]


def test_evidence_is_that_of_why(flood: Result) -> None:
    page = Page(render_report(flood))
    link = flood.why("a", "d").link
    assert link is not None
    [(_, table)] = page.find("table", class_="evidence")
    assert f"P(same event) = {link.probability:.4f}".rstrip("0") in table
    for part in link.evidence:
        if part.log_odds:
            assert f"{part.log_odds:+z.4f}".replace("-", "−") in table
        assert part.detail in table
    [(_, view)] = report_view(flood, detailed_stories=1).stories
    assert view
    [linked] = [text.link for text in view.texts if text.link]
    assert linked.evidence == link.evidence
    widths = [bar["width"] for bar, _ in page.find("rect")]
    assert max(float(width.removesuffix("%")) for width in widths) == 50


def test_the_same_articles_give_the_same_bytes(seeds: Result, seeds_path: Path) -> None:
    articles = list(read_articles([seeds_path]))
    random.Random(5).shuffle(articles)
    assert render_report(cluster(articles)) == render_report(seeds)


def test_the_file_is_complete_or_absent(
    flood: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_report(flood, path)
    complete = path.read_bytes()
    assert complete.decode("utf-8") == render_report(flood)

    def fail(*_: object, **__: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("dedup.report.page.report_view", fail)
    with pytest.raises(RuntimeError):
        write_report(flood, path)
    with pytest.raises(RuntimeError):
        write_report(flood, tmp_path / "other.html")
    assert path.read_bytes() == complete
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_an_output_error(flood: Result, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(flood, tmp_path / "missing" / "report.html")


def test_a_negative_number_of_stories_is_refused(flood: Result) -> None:
    with pytest.raises(ConfigError, match="detailed_stories is -1"):
        render_report(flood, detailed_stories=-1)


def test_a_result_without_articles_has_a_page() -> None:
    page = Page(render_report(cluster([])))
    assert page.find("h2", id="stories-title")[0][1] == "No stories"
    assert not page.find("article")


def test_all_stories_are_listed_and_the_largest_have_details(
    seeds: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = render_report(seeds, detailed_stories=2)
    assert len(Page(page).find("article")) == 2
    listed = [
        text.strip() for found, text in Page(page).find("span") if "headline" in found.values()
    ]
    listed += [text.strip() for found, text in Page(page).find("a") if "headline" in found.values()]
    assert Counter(listed) == Counter(
        shortened(story.headline, 200) for story in seeds.story_groups
    )
    assert f"{len(seeds.story_groups)} stories</h2>" in page
    assert "are not listed" not in page
    monkeypatch.setattr("dedup.report.view._SINGLES", 1)
    singles = sum(len(story.members) == 1 for story in seeds.story_groups)
    assert f"{singles - 1} stories of one article are not listed." in render_report(seeds)


def test_a_story_without_details_links_to_the_article_of_its_headline(flood: Result) -> None:
    [(row, view)] = report_view(flood, detailed_stories=0).stories
    assert view is None
    assert row.url == "https://a.example/1"
    [(found, text)] = Page(render_report(flood, detailed_stories=0)).find("a", class_="headline")
    assert (found["href"], text.strip()) == (row.url, flood.story_groups[0].headline)


def test_the_head_says_what_the_report_was_made_of_and_when(flood: Result) -> None:
    plain = render_report(flood)
    assert "made on" not in plain
    page = render_report(flood, inputs=["news/a.jsonl", "-"], made_at=START)
    text = " ".join("".join(Page(page).find("header")[0][1]).split())
    assert "a.jsonl, standard input, made on 1 Mar 2024, 08:00 UTC" in text
    assert page != plain


def test_rows_say_by_what_they_are_filtered(seeds: Result) -> None:
    stories = {story.id: story for story in seeds.story_groups}
    for row, _ in report_view(seeds, detailed_stories=3).stories:
        story = stories[row.story.id]
        assert set(row.codes.split()) == set(story.languages)
        assert tuple(row.sources.split("\t")) == story.sources
        assert story.first_seen and story.last_seen
        assert (row.first, row.last) == (
            int(story.first_seen.timestamp()), int(story.last_seen.timestamp()),
        )  # fmt: skip
        others = [line.split("\t") for line in row.headlines.splitlines()]
        assert {code for code, *_ in others} == {
            code for code, title in story.headlines.items() if title != story.headline
        }


def test_problems_and_removals_are_listed_with_their_number(flood: Result) -> None:
    problems = [Problem("broken JSON", f"f.jsonl:{line}", "{") for line in range(9)]
    problems.append(Problem("date in the future", "x", "2999", article_kept=True))
    counts = Counter(problem.kind for problem in problems)
    summary = replace(
        flood.summary,
        problems=MappingProxyType(counts),
        removals={"read also": 3},
        notes=("rough",),
    )
    page = render_report(replace(flood, problems=tuple(reversed(problems)), summary=summary))
    text = " ".join("".join(Page(page).find("body")[0][1]).split())
    assert "10 problems in the input" in text
    assert "broken JSON: 9" in text and "f.jsonl:0: {" in text and "and 4 more" in text
    assert "2999 (article kept)" in text
    assert "Cleaning removed read also (3)." in text and "Note: rough" in text


def test_the_page_of_a_large_result_is_bounded() -> None:
    generator = random.Random(3)
    articles = []
    for number in range(1_500):
        words = [f"the name{number // 60}x{generator.randrange(30)} of" for _ in range(60)]
        time = START + timedelta(minutes=37 * number)
        text = " ".join(words)
        articles.append(Article(str(number), text[:90], text, f"s{number % 90}", time, "en"))
    result = cluster(articles)
    assert max(story.texts for story in result.story_groups) > 50
    page = render_report(result, detailed_stories=200)
    assert len(page.encode()) < 7_000_000
    assert len(Page(page).find("section", class_="text")) <= 1_000


def test_facts_of_a_story_are_shown(seeds: Result) -> None:
    page = render_report(seeds)
    text = " ".join("".join(Page(page).find("main")[0][1]).split())
    story = next(each for each in seeds.story_groups if each.names and each.texts > 2)
    assert ", ".join(story.names) in text
    assert story.least_likely_member
    weakest = seeds.by_id[story.least_likely_member.id]
    assert f"{weakest.title}" in text
    assert "First report" in text and "on average; least likely member" in text
    for title in story.headlines.values():
        assert " ".join(title.split()) in text


def test_ties_are_shown_from_either_side_and_link_to_the_story(seeds: Result) -> None:
    tie = next(
        each
        for each in seeds.related
        if each.kind == "follow_up" and each.gap and each.gap.days > 1
    )
    stories = report_view(seeds, detailed_stories=99).stories
    view = {each.story.id: each for _, each in stories if each}
    [later] = [each for each in view[tie.later].related if each.story == tie.earlier]
    [earlier] = [each for each in view[tie.earlier].related if each.story == tie.later]
    assert (later.label, earlier.label) == ("Follows", "Followed by")
    assert later.when.endswith("days earlier") and earlier.when.endswith("days later")
    assert later.listed and set(later.shared) <= {*tie.shared_terms, *tie.shared_names}
    links = [found["href"] for found, _ in Page(render_report(seeds)).find("a")]
    assert links.count(f"#{tie.earlier}") >= 2


def test_ties_to_a_story_that_is_not_listed_have_no_link(seeds: Result) -> None:
    for most in (1, 3, 9):
        page = Page(render_report(seeds, detailed_stories=most))
        ids = {found["id"] for _, found, _ in page.elements if "id" in found}
        inside = [found["href"][1:] for found, _ in page.find("a") if found["href"][0] == "#"]
        assert set(inside) <= ids


def test_ties_of_a_story_are_bounded(seeds: Result) -> None:
    first, *others = seeds.story_groups
    ties = tuple(
        StoryRelation(first.id, other.id, "related", k / 100, 0.5, None, 40.0, ("zzyzx",) * 9, ())
        for k, other in enumerate(others)
    )
    (_, view), *_ = report_view(replace(seeds, related=ties), detailed_stories=5).stories
    assert view
    assert len(view.related) == 10
    assert others[-1].id in {tie.story for tie in view.related}


# --- what differs ---


def test_differences_are_found_in_every_script() -> None:
    assert difference("देश की राजधानी दिल्ली।", "देश का राजधानी दिल्ली।").spans[0].inserted == "का"
    chinese = difference("两国元首在北京举行会谈。", "两国元首在上海举行会谈。").spans
    assert [(span.deleted, span.inserted) for span in chinese] == [("北京", "上海")]
    arabic = difference("وصل الوزير إلى بكين اليوم", "وصل الوزير إلى موسكو اليوم").spans
    assert [(span.deleted, span.inserted) for span in arabic] == [("بكين", "موسكو")]
    thai = difference("กรุงเทพฯ วันนี้ฝนตก", "กรุงเทพฯ วันนี้แดดออก").spans
    assert thai and not thai[0].deleted[0].isspace()


def test_case_spacing_and_punctuation_are_no_difference() -> None:
    assert difference("One, two.\nThree", "one two – “three”") == Difference()
    assert difference("a", "a") == Difference(equal=True)
    assert difference("5 percent", "5% percent").spans


def test_differences_are_bounded() -> None:
    numbers = [str(number) for number in range(1_000)]
    changed = [f"x{n}" if int(n) % 20 == 0 else n for n in numbers]
    found = difference(" ".join(numbers), " ".join(changed))
    assert len(found.spans) == MAX_SPANS
    assert len(found.spans) + found.more == 50
    long = " ".join(["word"] * (MAX_TOKENS + 500))
    assert difference(long, long + " end") == Difference(partial=True)
    assert len(difference("a", "b " * 1_500).spans[0].inserted) <= 160


def test_what_lies_outside_the_compared_beginning_is_no_difference() -> None:
    tail = [f"t{number}" for number in range(MAX_TOKENS)]
    found = difference(" ".join(tail), " ".join(["new", "words", "here", *tail]))
    assert [(span.deleted, span.inserted) for span in found.spans] == [("", "new words here")]
    assert found.partial


def test_shortening_keeps_to_its_length() -> None:
    assert shortened("a" * 50, 10) == "a" * 9 + "…"
    assert shortened("short", 10) == "short"
    assert shortened("x" + " " * 500 + "y", 10).startswith("x")
    assert len(shortened("word " * 100_000, 300)) <= 300


# --- time ---


def test_a_timeline_has_a_lane_per_language_and_all_dated_articles() -> None:
    moments = [Moment(START + timedelta(hours=n), "en" if n % 3 else "ar", "") for n in range(30)]
    drawn = timeline([*moments, Moment(None, "fr", "")])
    assert drawn is not None
    assert [(lane.key, lane.count) for lane in drawn.lanes] == [("en", 20), ("ar", 10)]
    assert all(sum(dot.count for dot in lane.dots) == lane.count for lane in drawn.lanes)
    assert drawn.lanes[1].dots[0].x == "2.0%"
    assert [tick.label for tick in drawn.ticks] == ["12:00", "2 Mar", "12:00"]


def test_many_languages_share_the_last_lane() -> None:
    drawn = timeline([Moment(START, f"l{number:02}", "") for number in range(12)])
    assert drawn is not None
    assert len(drawn.lanes) == 8
    assert (drawn.lanes[-1].key, drawn.lanes[-1].count) == (None, 5)


@pytest.mark.parametrize("days", [0, 0.001, 0.1, 1, 9, 100, 1_000, 40_000])
def test_any_span_has_few_ticks(days: float) -> None:
    drawn = timeline([Moment(START, "en", ""), Moment(START + timedelta(days=days), "en", "")])
    assert drawn is not None
    assert 1 <= len(drawn.ticks) <= 9
    assert timeline([Moment(None, "en", "")]) is None


def test_a_span_is_shown_from_a_minute_on() -> None:
    later = [START + timedelta(minutes=n) for n in (0, 61, 24 * 60, 100 * 24 * 60 + 70)]
    shown = [shown_span(START, time) for time in later]
    assert shown == ["", "61 minutes", "24 hours", "100 days"]
    assert shown_span(START, None) == shown_span(None, None) == ""


def test_a_fair_limit_keeps_to_the_total() -> None:
    assert fair_limit([5, 5], total=100, most=50) == 50
    assert fair_limit([1_000] * 10, total=100, most=50) == 10
    assert fair_limit([1] * 500, total=100, most=50) >= 1
    assert fair_limit([], total=0, most=3) == 3
