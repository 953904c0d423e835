"""Digests, walls, series and versions are told in a sentence: `why`, pages, HTTP and report."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import dedup
from dedup.description.remarks import remarks_on
from dedup.index.story_index import StoryIndex
from dedup.records import Article
from dedup.report.page import render_report
from tests.news_streams import START, HashingEncoder
from tests.requirements import reason

BANK = (
    "The central bank of Ostland raised its main rate by a quarter point to 4.5 percent, the sixth "
    "rise in a row, and said that more would follow if prices went on rising as they do."
)
NOVEL = (
    "The novelist Hanne Sorvik has died at the age of 91, her publisher announced on Monday night. "
    "Her eleven books on the fishermen of the north were read in thirty languages."
)
QUAKE = (
    "A magnitude {} earthquake struck {} kilometres north of {} at {} local time on Friday, the "
    "seismological institute said. It was felt by people in the region, but there were no reports "
    "of damage or injuries. The institute has recorded {} quakes in the area since January."
)
OFFER = "The Gazette is made by thirty people. Give them three crowns and get all they write."
PAGE = "https://www.herald.example/flood"
FLOOD = (
    "The river Orrin rose by four metres overnight and flooded the old market of Brackwater. Some "
    "1,200 people were taken to schools, mayor Ilse Vantongeren said on Tuesday."
)
QUAKES = {
    "ferrol": QUAKE.format("3.4", 12, "Ferrol", "04:11", 8),
    "duneth": QUAKE.format("4.9", 31, "Duneth", "17:42", 22),
}
WALLED = {
    "wall-1": "Ferry aground off Brenn",
    "wall-2": "Ostland raises rates again",
    "wall-3": "Port strike enters third week",
}
ARTICLES = [
    Article("briefing", "Morning briefing", f"{BANK}\n\n{NOVEL}", "Herald", language="en"),
    Article("bank", "Ostland raises rate", BANK, "Post", language="en"),
    Article("novel", "Hanne Sorvik dies", NOVEL, "Courier", language="en"),
    *(
        Article(id, f"Quake near {id.capitalize()}", text, "Coast Times", language="en")
        for id, text in QUAKES.items()
    ),
    *(Article(id, title, OFFER, "Gazette", language="en") for id, title in WALLED.items()),
    Article("old", "Flood in Brackwater", FLOOD, "Herald", language="en", url=PAGE),
    Article(
        "new",
        "Flood in Brackwater: update",
        FLOOD.replace("four", "five"),
        "Herald",
        language="en",
        url=f"{PAGE}?utm_source=x",
    ),
]
ARTICLES = [
    replace(one, published_at=START + timedelta(hours=row)) for row, one in enumerate(ARTICLES)
]
SENTENCES = {
    "briefing": [
        "It has whole texts in it that are no copies of each other, and represents none of them."
    ],
    "bank": [],
    "ferrol": [
        "One template of Coast Times: 2 texts. They differ in names, numbers and days, and are no "
        "copies of each other."
    ],
    "wall-2": ["Its body is a wall: the headline stands for the article."],
    "old": [
        "A later version of one page (same source and address), which counts once, replaced it."
    ],
    "new": [
        "It replaced 1 earlier version of one page (same source and address), which counts once."
    ],
}
KINDS = {"briefing": "digest", "ferrol": "series", "wall-2": "wall", "old": "version"}
WHY = {
    ("bank", "briefing"): "One is a digest: it has the whole of the other (containment 1.00)",
    ("ferrol", "duneth"): "one template of Coast Times: 2 texts; these two differ in 3.4/4.9",
    ("wall-1", "wall-2"): "Both bodies are walls: the headline stands for the article.",
    ("old", "new"): "They are versions of one page (same source and address)",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoryIndex]:
    folder = tmp_path_factory.mktemp("index")
    with StoryIndex.open(folder, encoder=HashingEncoder(), synchronous="NORMAL") as opened:
        opened.add(ARTICLES)
        yield opened


def shown(page: str) -> str:
    """A page as it is read."""
    return html.unescape(page)


def test_the_index_says_what_an_article_is(index: StoryIndex) -> None:
    for id, sentences in SENTENCES.items():
        remarks = index.remarks(id)
        assert [remark.sentence for remark in remarks] == sentences
        assert [remark.kind for remark in remarks] == ([KINDS[id]] if id in KINDS else [
            "version" for _ in sentences
        ])  # fmt: skip
    with pytest.raises(dedup.NotFoundError, match="'nobody'"):
        index.remarks("nobody")


def test_a_remark_is_as_of_the_last_commit(tmp_path: Path) -> None:
    """Texts of an outlet are remembered, and read again when they are others."""
    ferrol, duneth = (one for one in ARTICLES if one.id in QUAKES)
    with StoryIndex.open(tmp_path, encoder=HashingEncoder(), synchronous="NORMAL") as index:
        index.add(ferrol)
        assert index.remarks("ferrol") == ()
        index.add(duneth)
        assert [remark.kind for remark in index.remarks("ferrol")] == ["series"]
        index.update(replace(duneth, title="Novelist dies", text=NOVEL))
        assert index.remarks("ferrol") == ()
        index.update(duneth)
        assert [remark.kind for remark in index.remarks("ferrol")] == ["series"]
        index.remove("duneth")
        assert index.remarks("ferrol") == ()


def test_why_says_it_of_two_in_the_batch_and_in_the_index(index: StoryIndex) -> None:
    result = dedup.cluster(ARTICLES, encoder=HashingEncoder())
    for (a, b), phrase in WHY.items():
        assert phrase in result.why(a, b).sentence
        assert phrase in index.why(a, b).sentence


def test_an_answer_over_http_and_its_page_say_it(index: StoryIndex) -> None:
    pytest.importorskip("fastapi", reason=reason("fastapi"))
    from fastapi.testclient import TestClient

    from dedup.server import create_app

    with TestClient(create_app(index)) as client:
        for id, sentences in SENTENCES.items():
            told = client.get(f"/v1/articles/{id}").json()["remarks"]
            assert [remark["sentence"] for remark in told] == sentences
            page = shown(client.get(f"/articles/{id}", headers={"Accept": "text/html"}).text)
            assert all(sentence in page for sentence in sentences)
        why = {pair: client.get("/v1/why", params=dict(zip("ab", pair, strict=True))).json()
               for pair in WHY}  # fmt: skip
        for pair, phrase in WHY.items():
            assert phrase in why[pair]["sentence"]
            page = shown(client.get("/why", params=dict(zip("ab", pair, strict=True))).text)
            assert phrase in page
    assert why["bank", "briefing"]["are_digests"] == [False, True]
    assert why["wall-1", "wall-2"]["bodies_are_walls"] == [True, True]
    assert why["ferrol", "duneth"]["series"]["texts"] == 2
    assert why["ferrol", "duneth"]["series"]["differences"][0] == ["3.4", "4.9"]
    assert why["old", "new"]["series"] is None


def test_the_page_of_a_story_and_the_report_say_it(index: StoryIndex) -> None:
    pytest.importorskip("fastapi", reason=reason("fastapi"))
    from fastapi.testclient import TestClient

    from dedup.server import create_app

    # In a story of several articles a text has its remarks beside it.
    copies = [
        replace(one, id=f"{one.id}-2", source="Mirror", title=f"{one.title} again")
        for one in ARTICLES
        if one.id in ("briefing", "ferrol", "new")
    ]
    report = render_report(dedup.cluster([*ARTICLES, *copies], encoder=HashingEncoder()))
    for id in ("briefing", "ferrol", "new"):
        assert SENTENCES[id][0] in report
    with TestClient(create_app(index)) as client:
        for id in ("briefing", "wall-2", "new"):
            story = index.placement(id).story_group
            page = client.get(f"/stories/{story}", headers={"Accept": "text/html"}).text
            assert SENTENCES[id][0] in page


def test_nothing_is_said_of_an_article_like_any_other() -> None:
    assert remarks_on("a", is_digest=False, is_wall=False) == ()
