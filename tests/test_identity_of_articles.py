"""The id of an article without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import dedup
from dedup.cli import app
from dedup.index.story_index import StoryIndex
from dedup.readers.fields import article_from_mapping
from dedup.readers.identity import canonical_address
from dedup.records import Problem


@pytest.mark.parametrize(
    "address",
    [
        "https://e.example/news/1?id=7",
        "http://e.example/news/1?id=7",
        "https://www.e.example/news/1?id=7",
        "https://m.e.example/news/1/?id=7",
        "https://amp.e.example/news/1?id=7&utm_source=x&utm_medium=y",
        "https://e.example/news/1/amp?id=7",
        "https://E.example:443/news/1?fbclid=abc&id=7#comments",
        "https://e-example.cdn.ampproject.org/c/s/e.example/news/1?id=7",
        "https://www.google.com/amp/s/www.e.example/news/1?id=7",
    ],
)
def test_all_addresses_of_a_page_are_one(address: str) -> None:
    assert canonical_address(address) == "https://e.example/news/1?id=7"


@pytest.mark.parametrize("address", ["", "news/1", "mailto:a@e.example", "https://", "http://[bad"])
def test_what_is_no_address_has_no_canonical_form(address: str) -> None:
    assert canonical_address(address) == ""


def test_pages_that_differ_in_what_they_show_stay_apart() -> None:
    one, two = (canonical_address(f"https://e.example/story.php?story_id={n}") for n in (1, 2))
    assert one != two


def id_of(**row: object) -> str:
    article = article_from_mapping({"text": "A ferry ran aground.", **row}, where="here")
    assert article is not None
    return article.id


def test_an_article_delivered_again_keeps_its_id() -> None:
    first = id_of(link="https://e.example/a?utm_campaign=1", published="2 hours ago")
    assert first == id_of(link="https://e.example/a?utm_campaign=2", published="3 hours ago")
    assert id_of(url="https://e.example/a", text="Corrected.") == id_of(url="https://e.example/a")


def test_a_home_page_is_no_identity() -> None:
    assert id_of(url="https://e.example/") != "https://e.example"


def test_an_own_id_comes_first() -> None:
    assert id_of(id="7", url="https://e.example/a") == "7"


def test_an_article_in_the_place_of_another_outlets_article_is_reported(tmp_path: Path) -> None:
    feeds = [
        {"id": "1", "source": "Echo", "title": "Ferry aground", "text": "A ferry ran aground."},
        {
            "id": "1",
            "source": "Herald",
            "title": "Rate raised",
            "text": "The bank raised its rate.",
        },
        {"id": "1", "source": "Herald", "title": "Rate raised", "text": "Corrected: by a quarter."},
    ]
    problems: list[Problem] = []
    with StoryIndex.open(tmp_path / "news") as index:
        for row in feeds:
            index.add([row], problems)
        assert index.stats().articles == 1
    assert [(problem.kind, problem.where, problem.value) for problem in problems] == [
        ("source changed", "1", "Echo -> Herald: Rate raised")
    ]


def test_sources_can_be_kept_apart(tmp_path: Path) -> None:
    for name, source in (("a", "Echo"), ("b", "Herald")):
        row = {"id": "1", "source": source, "title": f"{source} report", "text": "A ferry."}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row), encoding="utf-8")
    inputs = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    done = CliRunner().invoke(app, ["add", str(tmp_path / "news"), *inputs, "--keep-sources-apart"])
    assert done.exit_code == 0
    with StoryIndex.open(tmp_path / "news", read_only=True) as index:
        assert [index.article(id).article.source for id in ("Echo/1", "Herald/1")] == [
            "Echo",
            "Herald",
        ]


def test_a_day_without_a_time_is_not_the_first_of_the_day() -> None:
    text = "A dam above the town of Keltra gave way after four days of rain, the governor said."
    rows = [
        {"id": "reprint", "title": "Dam gives way", "text": text, "date": "2024-03-05"},
        {"id": "wire", "title": "Dam gives way", "text": text, "date": "2024-03-05T08:00:00Z"},
    ]
    result = dedup.cluster(rows)
    assert result.duplicate_clusters[0].representative == "wire"
    (story,) = result.story_groups
    assert (story.first_article, str(story.first_seen)) == ("wire", "2024-03-05 08:00:00+00:00")
