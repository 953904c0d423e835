"""The id of an article without one."""

from __future__ import annotations

import pytest

from dedup.readers.fields import article_from_mapping
from dedup.readers.identity import canonical_address


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
