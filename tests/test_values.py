"""Objects as values are opened where their shape is known, else reported."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
import pytest

from dedup.readers.fields import article_from_mapping, as_articles
from dedup.readers.values import as_date, as_text
from dedup.records import Problem

EIGHT = datetime(2024, 3, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        {"$date": "2024-03-05T08:00:00Z"},
        {"$date": {"$numberLong": "1709625600000"}},
        {"$date": 1709625600000},
        {"seconds": 1709625600, "nanos": 0},
        {"_seconds": 1709625600},
        {"seconds": "1709625600"},
        {"@type": "x", "#text": "Tue, 05 Mar 2024 08:00:00 GMT"},
        {"date": "2024-03-05 09:00:00.000000", "timezone_type": 3, "timezone": "Europe/Berlin"},
        {"__type": "Date", "iso": "2024-03-05T08:00:00.000Z"},
        [2024, 3, 5, 8, 0, 0, 1, 65, 0],
        time.gmtime(1709625600),
        [2024, 3, 5, 8, 0],
        np.datetime64("2024-03-05T08:00:00"),
        {"year": 2024, "month": 3, "day": 5, "hour": 8},
        ["2024-03-05T08:00:00Z"],
    ],
)
def test_dates_of_any_shape(value: object) -> None:
    article = article_from_mapping({"text": "T", "date": value}, where="here")
    assert article is not None
    assert article.published_at == EIGHT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"direction": "ltr", "content": "Body."}, "Body."),
        ({"rendered": "Body."}, "Body."),
        ({"@type": "html", "#text": "Body."}, "Body."),
        ([{"value": "One."}, {"value": "Two."}], "One.\nTwo."),
        ({"$oid": "65e6"}, "65e6"),
        ({"id": None, "name": "Wire"}, "Wire"),
        (np.array(["a", "b"]), "a\nb"),
        ({"href": "https://e.example"}, "https://e.example"),
        ({"nothing": "known"}, ""),
    ],
)
def test_texts_of_any_shape(value: object, text: str) -> None:
    assert as_text(value) == text


def test_an_object_of_an_unknown_shape_is_reported() -> None:
    problems: list[Problem] = []
    row = {"title": "T", "text": {"blocks": {"a": 1}}}
    article = article_from_mapping(row, where="here", on_problem=problems.append)
    assert article is not None
    assert problems == [
        Problem("unreadable value", "here", "text: an object with blocks", article_kept=True)
    ]


def test_an_address_as_source_is_no_outlet() -> None:
    row = {"text": "T", "source": "https://daily.example/7", "hostname": "daily.example"}
    article = article_from_mapping(row, where="here")
    assert article is not None
    assert (article.source, article.url) == ("daily.example", "https://daily.example/7")


def test_the_time_of_an_exporter_in_utc_comes_before_the_local_one() -> None:
    row = {"text": "T", "date": "2024-03-05T09:00:00", "date_gmt": "2024-03-05T08:00:00"}
    article = article_from_mapping(row, where="here")
    assert article is not None
    assert article.published_at == EIGHT


def test_a_tuple_that_is_no_date_is_text() -> None:
    assert as_date([7, 8]) == "7\n8"
    assert as_date([2024, 99, 99]) == "2024 99 99"


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "NULL", "null", "\\N", "<NA>"])
def test_what_stands_for_nothing_is_nothing(nothing: str) -> None:
    row = {"id": nothing, "title": nothing, "text": "A ferry ran aground.", "date": nothing}
    problems: list[Problem] = []
    (article,) = as_articles([row], on_problem=problems.append)
    assert (article.title, article.published_at, problems) == ("", None, [])
    assert article.id != nothing


def test_the_parts_of_a_formatted_text_are_one_line() -> None:
    parts = [{"type": "bold", "text": "Ferry"}, " aground near ", {"type": "link", "text": "Brenn"}]
    assert as_text(parts) == "Ferry aground near Brenn"
    assert as_text({"main": "Ferry", "kicker": None}) == "Ferry"


def test_without_a_source_the_host_of_the_address_is_the_outlet() -> None:
    (article,) = as_articles([{"title": "Ferry", "url": "https://www.e.example/a"}])
    assert article.source == "e.example"
    (odd,) = as_articles([{"title": "Ferry", "url": "http://[e"}])
    assert odd.source == ""
