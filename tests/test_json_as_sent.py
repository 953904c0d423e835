"""JSON in the arrangements in which APIs and exports send it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dedup.errors import InputError
from dedup.readers.files import read_articles
from dedup.records import Article, Problem

ITEMS: list[dict[str, Any]] = [
    {"id": "a", "title": "Ferry aground", "text": "A ferry ran aground."},
    {"id": "b", "title": "Rate raised", "text": "The bank raised its rate."},
]


def read(document: object, **options: Any) -> list[Article]:
    content = document if isinstance(document, str) else json.dumps(document)
    return list(read_articles(["-"], stdin=io.BytesIO(content.encode()), **options))


@pytest.mark.parametrize(
    "document",
    [
        ITEMS,
        {"status": "ok", "totalResults": 2, "articles": ITEMS},
        {"articles": {"results": ITEMS, "totalResults": 2}},
        {
            "took": 3,
            "hits": {
                "total": {"value": 2},
                "hits": [
                    {
                        "_index": "news",
                        "_id": item["id"],
                        "_source": {"title": item["title"], "text": item["text"]},
                    }
                    for item in ITEMS
                ],
            },
        },
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Daily",
            "description": "All the news",
            "home_page_url": "https://e.example",
            "items": [
                {"id": item["id"], "title": item["title"], "content_text": item["text"]}
                for item in ITEMS
            ],
        },
        {"data": {"posts": {"edges": [{"cursor": "x", "node": item} for item in ITEMS]}}},
        {"data": [{"id": item["id"], "type": "post", "attributes": item} for item in ITEMS]},
        {
            "response": {
                "status": "ok",
                "results": [
                    {
                        "id": item["id"],
                        "webTitle": item["title"],
                        "fields": {"bodyText": item["text"]},
                    }
                    for item in ITEMS
                ],
            }
        },
        "\n".join(json.dumps(item, indent=2) for item in ITEMS),
        json.dumps(ITEMS, indent=1),
        "\n".join(map(json.dumps, ITEMS)),
        "\n".join(json.dumps({"_id": item["id"], "_source": item}) for item in ITEMS),
    ],
    ids=[
        "array",
        "newsapi",
        "eventregistry",
        "elasticsearch",
        "jsonfeed",
        "graphql",
        "jsonapi",
        "guardian",
        "several lines",
        "indented array",
        "lines",
        "elasticsearch lines",
    ],
)
def test_an_envelope_is_the_list_inside_of_it(document: object) -> None:
    assert [(a.id, a.title, a.text) for a in read(document)] == [
        (item["id"], item["title"], item["text"]) for item in ITEMS
    ]


def test_an_article_with_lists_is_one_article() -> None:
    article = {**ITEMS[0], "related": ITEMS, "images": [{"title": "A photo", "url": "p.jpg"}]}
    assert [a.id for a in read(article)] == ["a"]


def test_records_name_one_list_of_several() -> None:
    document = {"top": ITEMS[:1], "more": {"stories": ITEMS}}
    with pytest.raises(InputError, match=r"--records top\[\] or --records more\.stories\[\]"):
        read(document)
    assert len(read(document, records="more.stories[]")) == 2


def test_records_that_are_not_there_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"nothing at --records a\.b\[\]: the names at the top are 'x'"
    ):
        read({"x": ITEMS}, records="a.b[]")


def test_an_array_in_a_file_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ITEMS, indent=2), encoding="utf-8")
    assert [article.id for article in read_articles([path])] == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    ["", "\n", '{"kopf": "A"}', "[]", "[1, 2]", "{broken", "id,kopf\n1,A\n", "plain words"],
)
def test_an_input_without_articles_is_an_error(content: str) -> None:
    with pytest.raises(InputError):
        read(content)


def test_the_error_says_what_was_met() -> None:
    with pytest.raises(InputError, match=r"standard input: gives no article: broken JSON \(2\)"):
        read('{"title: 1\n{"title: 2\n')


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("title,text\nFerry,A ferry.\n", "csv"),
        ("title\ttext\nFerry\tA ferry.\n", "tsv"),
        ("title;text\nFerry;A ferry.\n", "csv"),
    ],
)
def test_tables_on_standard_input(content: str, kind: str) -> None:
    assert [(a.title, a.text) for a in read(content)] == [("Ferry", "A ferry.")]


def test_parquet_and_compressed_input_on_standard_input() -> None:
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ITEMS), sink)
    for content in (sink.getvalue(), gzip.compress(json.dumps(ITEMS).encode())):
        assert len(list(read_articles(["-"], stdin=io.BytesIO(content)))) == 2


def test_columns_in_other_languages_and_unused_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Titel;Inhalt;Quelle;Datum;Ressort\nFähre;Text.;Kurier;05.03.2024;Welt\n", "utf-8"
    )
    uses: list[Any] = []
    (article,) = read_articles([path], on_columns=uses.append)
    assert (article.title, article.source, str(article.published_at)[:10]) == (
        "Fähre",
        "Kurier",
        "2024-03-05",
    )
    assert uses[0].unused == ("Ressort",)
    assert uses[0].used["title"] == "Titel"


def test_broken_lines_are_reported_and_the_others_read() -> None:
    problems: list[Problem] = []
    content = json.dumps(ITEMS[0]) + "\n{broken\n" + json.dumps(ITEMS[1]) + "\n"
    assert len(read(content, on_problem=problems.append)) == 2
    assert [(problem.kind, problem.where) for problem in problems] == [("broken JSON", "stdin:2")]


@pytest.mark.parametrize(
    "document",
    [
        {"a": {"title": "Ferry aground", "text": "x y"}, "b": {"title": "Rate", "text": "z"}},
        {"title": ["Ferry aground", "Rate"], "text": ["x y", "z"]},
        {"title": {"0": "Ferry aground", "1": "Rate"}, "text": {"0": "x y", "1": "z"}},
        {
            "columns": ["title", "text"],
            "index": [0, 1],
            "data": [["Ferry aground", "x y"], ["Rate", "z"]],
        },
        {
            "response": {
                "docs": [
                    {"title": ["Ferry aground"], "content": ["x y"]},
                    {"title": ["Rate"], "content": ["z"]},
                ]
            }
        },
    ],
)
def test_tables_by_column_and_records_by_id(document: object) -> None:
    articles = [(article.title, article.text) for article in read(document)]
    assert articles == [("Ferry aground", "x y"), ("Rate", "z")]


def test_an_array_of_texts_and_one_record_of_lists() -> None:
    assert [article.text for article in read(["A ferry.", "A rate."])] == ["A ferry.", "A rate."]
    (article,) = read({"title": ["Ferry"], "content": ["One.", "Two."]})
    assert article.text == "One.\nTwo."


@pytest.mark.parametrize(
    "document",
    [
        {"status": "ok", "totalResults": 0, "articles": []},
        {"hits": {"total": {"value": 0}, "hits": []}},
        {"version": "https://jsonfeed.org/version/1.1", "title": "Daily", "items": []},
    ],
)
def test_an_answer_without_records_is_empty_and_no_record(document: object) -> None:
    with pytest.raises(InputError, match=r"gives no article: empty file"):
        read(document)


def test_a_record_with_an_empty_list_is_a_record() -> None:
    (article,) = read({"title": "Ferry aground", "url": "https://e.example/1", "children": []})
    assert article.title == "Ferry aground"


@pytest.mark.parametrize(
    "text",
    [
        [{"type": "paragraph", "text": "One."}, {"type": "paragraph", "content": "Two."}],
        {"blocks": [{"data": {"text": "One."}}, {"data": {"text": "Two."}}]},
        {"paragraphs": ["One.", "Two."]},
    ],
)
def test_a_text_in_blocks_is_no_list_of_records(text: object) -> None:
    (article,) = read({"title": "Ferry aground", "body": text, "id": "a"})
    assert (article.id, article.title, article.text) == ("a", "Ferry aground", "One.\nTwo.")
    feed = {"title": "Echo", "content": [{"title": "A", "text": "x"}, {"title": "B", "text": "y"}]}
    assert [article.title for article in read(feed)] == ["A", "B"]
