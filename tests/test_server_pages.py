"""The pages as markup: what they show, and that they stay markup of ours alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))

from fastapi.testclient import TestClient

from dedup.index.story_index import StoryIndex
from dedup.records import Article
from dedup.server import Limits, create_app
from dedup.server.pages.sparkline import HEIGHT, MOST_BARS, sparkline
from tests.markup import Page
from tests.served import BODY, FLOOD, OTHER, START, flood_index

HOSTILE = (
    '<script>document.title="owned"</script>',
    '"><img src=x onerror="document.title=\'owned\'">',
    "</title></textarea></option><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u2066 text\x07",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoryIndex]:
    with flood_index(tmp_path_factory.mktemp("index")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(index: StoryIndex) -> Iterator[TestClient]:
    with TestClient(create_app(index, limits=Limits(text_chars=5_000))) as opened:
        yield opened


def page_at(client: TestClient, path: str, status: int = 200) -> Page:
    """A page, after the checks that hold for all of them."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return checked(answer.text)


def checked(text: str) -> Page:
    page = Page(text)
    assert [attributes["lang"] for attributes, _ in page.find("html")] == ["en"]
    assert len(page.find("main", id="content")) == len(page.find("h1")) == 1
    assert page.find("a", class_="skip")[0][0]["href"] == "#content"
    for tag, attributes, _ in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes == {"src": "/static/page.js", "defer": ""}
        if tag in ("link", "img", "iframe", "form"):
            address = attributes.get("href") or attributes.get("src") or attributes.get("action")
            assert address is not None
            assert address.startswith("/")
        if tag == "a":
            assert attributes["href"].startswith(("/", "#", "https://", "http://"))
    assert not page.find("style")
    return page


def story_of(client: TestClient, article: str) -> str:
    found: str = client.get(f"/v1/articles/{article}").json()["placement"]["story_group"]
    return found


def test_the_list_shows_stories_with_their_numbers(client: TestClient) -> None:
    page = page_at(client, "/")
    shown = [
        attributes["data-story"] for attributes, _ in page.find("li") if "data-story" in attributes
    ]
    assert shown == [story_of(client, "e"), story_of(client, "a")]
    text = " ".join(page.find("main")[0][1].split())
    assert "2 texts, 3 articles, 3 sources: Courier, Herald, Post" in text
    assert "3 articles in 6 hours, at most 1 in an hour" in text
    assert [
        attributes["href"] for attributes, _ in page.find("a") if "/stories/" in attributes["href"]
    ]


def test_filters_are_kept_in_the_form_and_bad_ones_explained(client: TestClient) -> None:
    page = page_at(
        client, "/?text=brackwater&language=en&since=2024-03-01&until=2024-03-01&order=first"
    )
    shown = [attributes for attributes, _ in page.find("li") if "data-story" in attributes]
    assert [each["data-story"] for each in shown] == [story_of(client, "a")]
    assert page.find("input", name="text")[0][0]["value"] == "brackwater"
    assert [each["value"] for each, _ in page.find("option") if "selected" in each] == [
        "first",
        "en",
    ]
    for empty in ("/?min_texts=9", "/?source=Nobody", "/?text=%3Cb%3E"):
        assert "No story matches" in page_at(client, empty).find("main")[0][1]
    page_at(client, "/?since=soon", 422)
    page_at(client, "/?until=9999-12-31", 422)
    page_at(client, "/?cursor=nonsense", 422)
    # What a form sends where nothing was filled in.
    page_at(client, "/?text=&order=&language=&source=&since=&until=&min_texts=")


def test_a_story_shows_texts_copies_and_what_they_changed(client: TestClient) -> None:
    page = page_at(client, f"/stories/{story_of(client, 'a')}")
    assert [text for _, text in page.find("ins")] == ["five"]
    assert [text for _, text in page.find("del")] == ["four"]
    assert {each["value"] for each, _ in page.find("input", name="a")} == {"a", "b", "d"}
    assert page.find("form", action="/why")
    assert page.find("circle")
    history = page.find("ol", class_="history")[0][1]
    assert "Created, 3 articles added" in " ".join(history.split())
    page_at(client, "/stories/none", 404)


def test_a_story_as_it_was(client: TestClient, index: StoryIndex) -> None:
    story = story_of(client, "a")
    (first, *_) = index.changes(story_group=story)
    page = page_at(client, f"/stories/{story}?as_of={quote(first.at.isoformat())}")
    assert "as it was at" in page.find("main")[0][1]
    page_at(client, f"/stories/{story}?as_of=2001-01-01", 410)
    page_at(client, f"/stories/{story}?as_of=never", 422)


def test_an_article_shows_its_text_copies_and_story(client: TestClient) -> None:
    page = page_at(client, "/articles/b")
    text = " ".join(page.find("main")[0][1].split())
    assert "near copy of Flood in Brackwater" in text
    assert [inserted for _, inserted in page.find("ins")] == ["five"]
    assert story_of(client, "a") in str(page.find("a"))
    assert "1 copy of this text" in page_at(client, "/articles/a").find("main")[0][1]
    page_at(client, "/articles/none", 404)


def test_two_articles_are_compared(client: TestClient) -> None:
    page = page_at(client, "/why?a=a&b=d")
    assert "Together" in page.find("main")[0][1]
    assert page.find("table", class_="evidence")
    copies = page_at(client, "/why?a=a&b=b")
    assert copies.find("ins")
    assert not copies.find("table")
    page_at(client, "/why?a=a", 422)
    page_at(client, "/why?a=a&b=none", 404)


def test_a_pasted_text_is_answered(client: TestClient, index: StoryIndex) -> None:
    page_at(client, "/query")
    copied = checked(client.post("/query", data={"text": BODY.replace("Friday", "Saturday")}).text)
    text = " ".join(copied.find("main")[0][1].split())
    assert "It copies 2 articles" in text or "It copies 1 article" in text
    assert "Saturday" in [inserted.strip(".") for _, inserted in copied.find("ins")]
    assert "It belongs to this story" in text
    # The first line is a headline: it is no difference of the texts.
    titled = checked(client.post("/query", data={"text": f"A headline\r\n\r\n{BODY}"}).text)
    assert "The texts are equal." in titled.find("main")[0][1]
    strange = checked(client.post("/query", data={"text": "Etwas ganz anderes über Schach."}).text)
    assert "It would start a new story" in strange.find("main")[0][1]
    # The nearest texts are listed, however little they are like it and however far in time.
    assert "The nearest texts" in strange.find("main")[0][1]
    later = {"text": "The old market of Brackwater is flooded.", "published_at": "2026-03-01"}
    dated = checked(client.post("/query", data=later).text)
    shown = " ".join(dated.find("main")[0][1].split())
    assert "It would start a new story" in shown
    assert "730 days apart" in shown or "729 days apart" in shown
    assert "no date" not in shown
    undated = checked(client.post("/query", data=later | {"published_at": ""}).text)
    shown = " ".join(undated.find("main")[0][1].split())
    assert "It has no date" in shown
    assert "It is most like this story" in shown
    assert "only stories of that time" in shown
    assert client.post("/query", data=later | {"published_at": "someday"}).status_code == 422
    assert client.post("/query", data={"text": " "}).status_code == 200
    assert client.post("/query", content=b"&" * 500).status_code == 200
    assert client.post("/query", data={"text": "x" * 5_001}).status_code == 413
    assert index.stats().articles == 4


def test_static_files_are_those_that_are_listed(client: TestClient) -> None:
    for name, kind in (("page.js", "javascript"), ("page.css", "css"), ("report.css", "css")):
        answer = client.get(f"/static/{name}")
        assert kind in answer.headers["content-type"]
        assert answer.headers["cache-control"] == "no-cache"
        unchanged = client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert unchanged.status_code == 304
        assert "http" not in answer.text
    assert client.get("/static/..%2Fpage.js").status_code == 404
    assert client.get("/static/none").status_code == 404


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    articles = [
        Article(
            f"{hostile}/{number}",
            f"{hostile} in Ghent",
            f"{hostile} happened in Ghent on the day of number {number}.",
            hostile,
            START + timedelta(days=30 * number),
            "en",
            f"javascript:{hostile}",
        )
        for number, hostile in enumerate(HOSTILE)
    ]
    copies = [
        replace(each, id=f"copy {each.id}", title=f"Copied {each.title}") for each in articles
    ]
    with StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as index:
        ids = [placed.id for placed in index.add([*articles, *copies])]
        with TestClient(create_app(index)) as client:
            checked(client.get("/").text)
            for id in ids:
                path = quote(id, safe="")
                pages = [client.get(f"/articles/{path}"), client.get(f"/why?a={path}&b={path}")]
                pages.append(client.get(f"/stories/{index.placement(id).story_group}"))
                pages.append(client.post("/query", data={"text": index.article(id).article.text}))
                pages.append(client.get(f"/?text={path}&source={path}"))
                refused = {"Accept": "text/html"}
                pages.append(client.get(f"/?since={path}", headers=refused))
                pages.append(client.get(f"/stories/{path}", headers=refused))
                for page in pages:
                    found = checked(page.text)
                    assert not found.find("img")
                    assert "\u202e" not in page.text
                    assert "\x07" not in page.text
                    assert not [a for a, _ in found.find("a") if "javascript" in a["href"][:11]]


def test_pages_follow_pages(tmp_path: Path, prose: Callable[[int, int], str]) -> None:
    """More stories than one page lists, from the first page to the last."""
    rows = [
        Article(
            f"n{number}",
            prose(number, 6),
            prose(1_000 + number, 60),
            "Herald",
            START + timedelta(days=40 * number),
            "en",
        )
        for number in range(70)
    ]
    with StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as index:
        index.add(rows)
        with TestClient(create_app(index)) as client:
            path, seen = "/?order=first", []
            while path:
                page = page_at(client, path)
                seen += [a["data-story"] for a, _ in page.find("li") if "data-story" in a]
                path = next((a["href"] for a, _ in page.find("a", rel="next")), "")
        assert len(seen) == len(set(seen)) == index.stats().story_groups > 60


def test_an_empty_index_has_pages(tmp_path: Path) -> None:
    with (
        StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as index,
        TestClient(create_app(index)) as client,
    ):
        assert "no stories yet" in page_at(client, "/").find("main")[0][1]
        answer = client.post("/query", data={"text": FLOOD[0].text})
        assert "It copies no article" in checked(answer.text).find("main")[0][1]
        assert client.post("/query", data={"text": OTHER.title}).status_code == 200


@pytest.mark.parametrize(
    ("hours", "step", "places"),
    [
        ([0], 1, [0]),
        ([0, 0.9, 1, 47], 1, [0, 1, 47]),
        ([0, 48], 2, [0, 24]),
        ([0, 24 * 400], 200, [0, 48]),
    ],
)
def test_bars_of_the_sparkline(hours: list[float], step: int, places: list[int]) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    drawn = sparkline([start + timedelta(hours=each) for each in hours])
    assert drawn is not None
    assert max(bar.height for bar in drawn.bars) == HEIGHT
    assert all(bar.y + bar.height == HEIGHT for bar in drawn.bars)
    if step < 200:
        assert [bar.x // 4 for bar in drawn.bars] == places
        assert ("bar" in drawn.caption) == (step > 1)
    assert drawn.bars[-1].x < drawn.width == MOST_BARS * 4
    assert sparkline([]) is None
