"""Versions of one page: counted once, shown as one line, everything of them still there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dedup
from dedup.description.versions import replacements, texts_of
from dedup.records import Article
from tests.news_streams import START, HashingEncoder

FLOOD = (
    "The river Orrin rose by four metres overnight and flooded the old market of Brackwater. Some "
    "1,200 people were taken to schools, mayor Ilse Vantongeren said on Tuesday."
)
PAGE = "https://www.herald.example/flood"


def report(id: str, hours: float, text: str, url: str = "", source: str = "Herald") -> Article:
    at = START + timedelta(hours=hours)
    return Article(id, f"Flood in Brackwater {id}", text, source, at, "en", url)


ARTICLES = [
    report("first", 0, FLOOD, PAGE),
    report("second", 1, FLOOD.replace("four", "five"), f"{PAGE}?utm_source=x"),
    report("other", 2, f"{FLOOD} {FLOOD[::-1]}", "https://post.example/flood", "Post"),
    report(
        "third", 3,
        "Brackwater: the old market is flooded by the river Orrin, 1,900 people are in schools, "
        "says mayor Ilse Vantongeren; two are missing and the bridge is closed since Tuesday.",
        "http://m.herald.example/flood#update",
    ),
]  # fmt: skip


def test_a_page_with_versions_counts_once() -> None:
    result = dedup.cluster(ARTICLES, encoder=HashingEncoder())
    (story,) = result.story_groups
    assert story.versions == (("first", "second", "third"),)
    assert replacements(story) == {"first": "third", "second": "third"}
    assert len(story.members) == 4
    assert story.articles == 2
    assert result.story_rows()[0]["articles"] == 2
    lines = texts_of(story, {c.id: c.representative for c in result.duplicate_clusters})
    assert story.texts == len(lines)
    below = {line.member.id: line.below for line in lines}
    assert below["third"] == ("first", "second")


def test_why_says_that_two_are_versions_of_one_page() -> None:
    result = dedup.cluster(ARTICLES, encoder=HashingEncoder())
    for a, b in (("first", "second"), ("first", "third")):
        assert result.why(a, b).sentence.endswith(
            "They are versions of one page (same source and address), which count as one article."
        )
    assert "versions" not in result.why("other", "third").sentence
    assert "versions" not in result.why("third", "third").sentence


def test_other_sources_addresses_and_front_pages_are_no_versions() -> None:
    front = "https://www.herald.example/"
    articles = [
        report("a", 0, FLOOD, PAGE),
        report("b", 1, FLOOD, PAGE, "Post"),
        report("c", 2, FLOOD, f"{PAGE}/2"),
        report("d", 3, FLOOD, front),
        report("e", 4, FLOOD, front),
        report("f", 5, FLOOD),
        report("g", 6, FLOOD),
    ]
    (story,) = dedup.cluster(articles, encoder=HashingEncoder()).story_groups
    assert story.versions == ()
    assert story.articles == 7


def test_the_index_has_the_versions_of_the_batch(tmp_path: Path) -> None:
    result = dedup.cluster(ARTICLES, encoder=HashingEncoder())
    with dedup.StoryIndex.open(tmp_path, encoder=HashingEncoder()) as index:
        for article in reversed(ARTICLES):
            index.add(article)
        story = index.story(index.placement("first").story_group)
        assert story.versions == result.story_groups[0].versions
        index.remove("third")
        story = index.story(index.placement("first").story_group)
        assert story.versions == (("first", "second"),)
    with dedup.StoryIndex.open(tmp_path, encoder=HashingEncoder(), read_only=True) as index:
        assert index.story(story.id).versions == (("first", "second"),)


def test_the_report_shows_a_page_as_one_line_with_its_history(tmp_path: Path) -> None:
    from dedup.report.page import write_report

    path = tmp_path / "report.html"
    write_report(dedup.cluster(ARTICLES, encoder=HashingEncoder()), path)
    page = path.read_text("utf-8")
    assert page.count('<section class="text">') == 2
    assert '<span class="tag">version</span>' in page
