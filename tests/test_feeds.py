"""Feeds and agencies' documents, frames of Python, web archives."""

from __future__ import annotations

import gzip
import io
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

import dedup
from dedup.errors import InputError
from dedup.readers.fields import as_articles
from dedup.readers.files import read_articles
from dedup.records import Article, Problem
from tests.requirements import require

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xml:base="https://e.example/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Echo</title><link>https://e.example</link><language>en</language>
<item><title>Ferry &amp;amp; tug aground</title><link>https://e.example/a?utm_source=rss</link>
 <guid isPermaLink="false">e-1</guid><pubDate>Tue, 05 Mar 2024 08:00:00 +0000</pubDate>
 <description>A ferry ran aground.</description>
 <content:encoded><![CDATA[<p>A ferry ran aground near Brenn&#8217;s light.</p>
 <p>140 were taken off.</p>]]></content:encoded>
</item>
<item><title>Rate raised</title><link>https://e.example/b</link>
 <guid>https://e.example/b</guid><dc:date>2024-03-05T09:30:00Z</dc:date>
 <source url="https://w.example/rss">Wire</source>
 <description>The bank raised its rate.</description></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Echo</title><id>urn:x</id>
<updated>2024-03-05T10:00:00Z</updated>
<entry><id>tag:e.example,2024:1</id><title>Ferry aground</title>
<link href="https://e.example/a"/><updated>2024-03-05T10:00:00Z</updated>
<published>2024-03-05T08:00:00Z</published>
<content type="html">&lt;p&gt;A ferry ran aground.&lt;/p&gt;</content></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://e.example"><title>Echo</title></channel>
<item rdf:about="https://e.example/a"><title>Ferry aground</title><link>https://e.example/a</link>
<dc:date>2024-03-05T08:00:00Z</dc:date>
<description>A ferry ran aground.</description></item></rdf:RDF>"""
NITF = """<nitf>
<head><docdata><doc-id id-string="n-1"/><date.issue norm="20240305T080000Z"/></docdata></head>
<body><body.head><hedline><hl1>Ferry aground</hl1></hedline>
<distributor>Wire</distributor></body.head>
<body.content><p>A ferry ran aground.</p><p>All are safe.</p></body.content></body></nitf>"""
NEWSML = """<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>
<newsItem guid="urn:n:1" xml:lang="en"><itemMeta><provider literal="Wire"/>
<versionCreated>2024-03-05T08:00:00Z</versionCreated></itemMeta>
<contentMeta><headline>Ferry aground</headline><language tag="en"/></contentMeta>
<contentSet><inlineXML>
<html xmlns="http://www.w3.org/1999/xhtml"><body><p>A ferry ran aground.</p></body></html>
</inlineXML></contentSet></newsItem></itemSet></newsMessage>"""


def read(content: str | bytes, problems: list[Problem] | None = None) -> list[Article]:
    stdin = io.BytesIO(content.encode() if isinstance(content, str) else content)
    report = (problems if problems is not None else []).append
    return list(read_articles(["-"], stdin=stdin, on_problem=report))


def test_rss() -> None:
    first, second = read(RSS)
    assert (first.id, first.title, first.source) == ("e-1", "Ferry & tug aground", "Echo")
    assert first.text == "A ferry ran aground near Brenn’s light.\n140 were taken off."
    assert str(first.published_at) == "2024-03-05 08:00:00+00:00"
    assert (second.id, second.source) == ("https://e.example/b", "Wire")
    assert str(second.published_at) == "2024-03-05 09:30:00+00:00"


@pytest.mark.parametrize(
    "document", [ATOM, RDF, NITF, NEWSML], ids=["atom", "rss 1.0", "nitf", "newsml"]
)
def test_other_kinds_of_xml(document: str) -> None:
    (article,) = read(document)
    assert article.title == "Ferry aground"
    assert article.text.startswith("A ferry ran aground.")
    assert str(article.published_at) == "2024-03-05 08:00:00+00:00"


def test_a_feed_in_a_file(tmp_path: Path) -> None:
    for name in ("a.xml", "a.rss"):
        (tmp_path / name).write_text(RSS, encoding="utf-8")
        assert len(list(read_articles([tmp_path / name]))) == 2


def test_a_broken_feed_gives_what_is_whole() -> None:
    problems: list[Problem] = []
    articles = read(RSS[: RSS.index("<dc:date>")], problems)
    assert articles[0].id == "e-1"
    assert (problems[0].kind, problems[0].article_kept) == ("broken XML", True)


def test_xml_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="is no feed: known are RSS, Atom, NITF and NewsML"):
        read("<?xml version='1.0'?><catalog><book/></catalog>")


def test_entities_that_grow_are_refused() -> None:
    bomb = "<!DOCTYPE nitf [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>" + NITF
    with pytest.raises(InputError, match="declares entities"):
        read(bomb)


def test_the_same_article_in_two_feeds_of_one_site_is_one() -> None:
    ids = {article.id for article in read(RSS.replace('<guid isPermaLink="false">e-1</guid>', ""))}
    assert "https://e.example/a" in ids


def test_frames_are_tables_of_articles() -> None:
    pandas, polars = require("pandas"), require("polars")
    columns = {"id": ["1", "2"], "title": ["Ferry", "Rate"], "date": ["2024-03-05", "2024-03-06"]}
    expected = list(
        as_articles(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        )
    )
    assert [article.id for article in expected] == ["1", "2"]
    for table in (
        pandas.DataFrame(columns),
        polars.DataFrame(columns),
        polars.DataFrame(columns).lazy(),
        columns,
    ):
        assert list(as_articles(table)) == expected
    for column in (
        pandas.Series(["A ferry.", "A rate."]),
        polars.Series(["A ferry.", "A rate."]),
        pa.array(["A ferry.", "A rate."]),
        pa.chunked_array([["A ferry."], ["A rate."]]),
    ):
        assert [article.text for article in as_articles(column)] == ["A ferry.", "A rate."]


def test_datasets_of_hugging_face_are_tables_of_articles() -> None:
    datasets = require("datasets")
    rows = [
        {"title": "Ferry", "date": datetime(2024, 3, 5, 8), "label": 1},
        {"title": "Rate", "date": datetime(2024, 3, 6, 8), "label": 2},
    ]
    expected = list(as_articles(rows))
    dataset = datasets.Dataset.from_list(rows)
    for table in (
        dataset,
        dataset.to_iterable_dataset(),
        *(dataset.with_format(name) for name in ("numpy", "pandas", "arrow", "polars")),
        dataset.to_iterable_dataset().with_format("arrow"),
    ):
        assert list(as_articles(table)) == expected
    assert list(as_articles(dataset.select([1]))) == expected[1:]
    assert [article.text for article in as_articles(dataset["title"])] == ["Ferry", "Rate"]
    for splits in (
        datasets.DatasetDict(train=dataset),
        datasets.IterableDatasetDict(train=dataset.to_iterable_dataset()),
    ):
        with pytest.raises(InputError, match=r"'train' is no table.*give one of its values"):
            list(as_articles(splits))


def test_several_tables_are_one() -> None:
    pandas, polars = require("pandas"), require("polars")
    columns = {"title": ["Ferry", "Rate"]}
    tables = [
        pandas.DataFrame(columns),
        polars.DataFrame(columns),
        pa.table(columns),
        *pa.table(columns).to_batches(),
        {"title": "Strike"},
    ]
    titles = [article.title for article in as_articles(tables)]
    assert titles == [*["Ferry", "Rate"] * 4, "Strike"]


def test_texts_alone_can_be_clustered() -> None:
    text = "A ferry ran aground near the island of Brenn on Tuesday, and 140 were taken off."
    assert len(dedup.cluster([text, text, "The bank raised its rate."]).duplicate_clusters) == 2


@pytest.mark.parametrize("table", ["a.jsonl", {"train": [1], "test": [1, 2]}, 7])
def test_what_is_no_table_is_refused(table: object) -> None:
    with pytest.raises(InputError, match=r"no (list|table) of articles"):
        list(as_articles(table))


def test_web_archives(tmp_path: Path) -> None:
    require("warcio")
    text = b"Ferry aground\nA ferry ran aground near Brenn on 5 March 2024."
    head = (
        "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://e.example/a\r\n"
        "WARC-Date: 2024-04-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    path = tmp_path / "crawl.warc.wet.gz"
    path.write_bytes(gzip.compress(head.encode() + text + b"\r\n\r\n"))
    (article,) = read_articles([path])
    assert (article.title, article.url, article.id) == (
        "Ferry aground",
        *["https://e.example/a"] * 2,
    )
    assert article.text.startswith("A ferry ran aground")


def test_the_title_of_a_collection_is_no_outlet() -> None:
    items = "".join(
        f"<item><title>T {n}</title><link>https://{host}.example/{n}</link></item>"
        for n, host in enumerate(["www.a", "b", "c", "d"])
    )
    rss = f"<rss version='2.0'><channel><title>A &amp;amp; B</title>{items}</channel></rss>"
    sources = [article.source for article in read_articles(["-"], stdin=io.BytesIO(rss.encode()))]
    assert sources == ["a.example", "b.example", "c.example", "d.example"]
    one = rss.replace("b.example", "a.example").replace("c.example", "a.example")
    sources = [article.source for article in read_articles(["-"], stdin=io.BytesIO(one.encode()))]
    assert sources == ["A & B"] * 4
