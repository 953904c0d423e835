"""Rows of any DataFrame -> articles, each id once; articles -> canonical texts in their order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from dedup.articles import body_of, precedence, seconds_of, source_of
from dedup.cleaning import clean
from dedup.cleaning.repeated import lines_of_source
from dedup.config import CleaningConfig, Config, ReadingConfig
from dedup.description.terms import DESCRIBED_CHARS
from dedup.duplicates.candidates import band_buckets
from dedup.duplicates.clustering import text_digest
from dedup.duplicates.fingerprints import fingerprint
from dedup.errors import InputError
from dedup.pipeline import distinct
from dedup.readers.columns import ColumnUse
from dedup.readers.completion import complete
from dedup.readers.date_order import date_of, order_guessed
from dedup.readers.fields import article_from_mapping
from dedup.readers.files import articles_of_file
from dedup.readers.folders import partitions_of, passed_over, with_partitions, with_values
from dedup.readers.json_rows import json_lines
from dedup.readers.parquet import rows_of_batch
from dedup.records import Article, CleanText, Problem
from dedup.spark.rows import (
    DataFrame,
    SparkSession,
    from_arrow_schema,
    functions,
    gathered,
    mapped,
    microseconds,
    strings,
    table_of,
    times,
)
from dedup.text.dates.reading import order_of
from dedup.text.published import published_text

_TEXT, _NUMBER = pa.string(), pa.int64()
FIELDS = {
    "id": _TEXT,
    "title": _TEXT,
    "text": _TEXT,
    "source": _TEXT,
    "published_us": _NUMBER,
    "language": _TEXT,
    "url": _TEXT,
    "date_precision": _TEXT,
}
DOCUMENT = ["path", "inner", "content"]
"""Columns of files that are read whole."""
INNER = "dedup: place of the file"
"""Column of the place of a row's file below its folder, percent-encoded, where folders add columns.
"""
COLUMN_USE = "columns of a table"
"""Kind of a row of `READ` that says which columns of a document are used: no problem."""
_ORDERS = pa.schema({"order": _TEXT})
_SAMPLE_ROWS = 1_000
READ = pa.schema(
    FIELDS
    | {"outlet": _TEXT}
    | {"kind": _TEXT, "place": _TEXT, "value": _TEXT, "article_kept": pa.bool_()}
)
"""An article; or, where `kind` is not null, a problem."""
REPEATED = pa.schema({"outlet": _TEXT, "repeated": pa.list_(_TEXT)})
CLEANED = pa.schema(
    {
        "id": _TEXT,
        "published_us": _NUMBER,
        "date_precision": _TEXT,
        "latest": _NUMBER,
        "shortness": _NUMBER,
        "seconds": _NUMBER,
        "title": _TEXT,
        "clean_title": _TEXT,
        "text": _TEXT,
        "published": _TEXT,
        "body": _TEXT,
        "source": _TEXT,
        "url": _TEXT,
        "language": _TEXT,
        "digest": pa.binary(),
        "removed": pa.list_(_TEXT),
        "tokens": _NUMBER,
        "signature": pa.binary(),
        "buckets": pa.list_(_NUMBER),
        "anchors": pa.list_(_NUMBER),
    }
)
"""`published` is the beginning of `text` as it was published, null where that is the same.
`body` is null where it is `text`; `latest` and `shortness` sort as precedence does."""


def read(
    frames: Sequence[DataFrame],
    config: Config,
    columns: Mapping[str, str] | None,
    now: datetime | None,
    records: str = "",
) -> DataFrame:
    """Articles, each id once, and problems, from rows under the usual names of columns.

    A row of one binary column `line` is a line of JSON, one of the columns `DOCUMENT` a whole file.
    """
    parts = []
    given: dict[str, Any] = {"columns": columns, "config": config.reading, "now": now}
    for frame in frames:
        if frame.columns == READ.names:
            parts.append(frame)
            continue
        if frame.columns == DOCUMENT:
            work = partial(_read_documents, **given, records=records)
        else:
            month_first = _month_first(frame, config.reading, columns)
            work = partial(_read, **given, month_first=bool(month_first))
            if month_first is None:
                parts.append(mapped(frame.limit(1), _report_guess, READ))
        parts.append(mapped(frame, work, READ))
    rows = reduce(DataFrame.unionAll, parts)
    # Problems have no id: divided by their place, they do not all go to one partition.
    keyed = rows.withColumn("key", functions.coalesce("id", "place"))
    return mapped(keyed, _distinct, READ, "key")


def _month_first(
    frame: DataFrame, config: ReadingConfig, columns: Mapping[str, str] | None
) -> bool | None:
    """Whether the dates of a table are written month first: as those show that allow one way only.

    All dates are looked at only if one of the first rows is in numbers. None if none shows it.
    """
    if config.dates != "auto":
        return config.dates == "month-first"
    work = partial(_date_orders, columns=columns)
    for part in (frame.limit(_SAMPLE_ROWS), frame):
        orders = {row["order"] for row in mapped(part, work, _ORDERS).distinct().collect()}
        if not orders - {""}:
            return False
        if len(orders & {"day first", "month first"}) == 1:
            return "month first" in orders
    return None


def problem_rows(spark: SparkSession, problems: list[Problem]) -> DataFrame:
    """Problems as rows of `READ`."""
    return spark.createDataFrame(_table([], problems))


def column_uses(read_rows: DataFrame) -> list[ColumnUse]:
    """Which columns of the documents among the rows of `read` are used; alike ones together."""
    rows = read_rows.where(functions.col("kind") == COLUMN_USE).groupBy("value")
    uses = []
    for value, name, count in rows.agg(functions.min("place"), functions.count("*")).collect():
        others = f" and {count - 1:,} more" if count > 1 else ""
        used, unused = json.loads(value)
        uses.append(ColumnUse(f"{name}{others}", used, tuple(unused)))
    return sorted(uses, key=lambda use: use.name)


def _of_use(use: ColumnUse) -> Problem:
    return Problem(COLUMN_USE, use.name, json.dumps([dict(use.used), use.unused]))


def _report_guess(table: pa.Table) -> pa.Table:
    return _table([], [order_guessed("rows")] if table.num_rows else [])


def _date_orders(table: pa.Table, columns: Mapping[str, str] | None) -> pa.Table:
    orders = {order_of(date_of(row, columns)[1]) for _, row in _rows(table, [])}
    return table_of(_ORDERS, order=sorted(orders))


def _read_documents(
    table: pa.Table,
    columns: Mapping[str, str] | None,
    config: ReadingConfig,
    now: datetime | None,
    records: str,
) -> pa.Table:
    problems: list[Problem] = []
    articles: list[Article] = []
    for document in table.to_pylist():
        try:
            articles += articles_of_file(
                document["content"],
                document["path"],
                inner=document["inner"],
                columns=columns,
                records=records,
                config=config,
                now=now,
                on_problem=problems.append,
                on_columns=lambda use: problems.append(_of_use(use)),
            )
        except InputError as error:
            problems.append(passed_over(error, document["path"]))
    return _table(articles, problems)


def _read(
    table: pa.Table,
    columns: Mapping[str, str] | None,
    config: ReadingConfig,
    now: datetime | None,
    month_first: bool,
) -> pa.Table:
    problems: list[Problem] = []
    articles = []
    for place, row in _rows(table, problems):
        article = article_from_mapping(
            row,
            where=place,
            columns=columns,
            config=config,
            now=now,
            month_first=month_first,
            on_problem=problems.append,
        )
        if article is not None:
            articles.append(complete(article, now=now))
    return _table(articles, problems)


def _rows(table: pa.Table, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, object]]]:
    inner = table[INNER].to_pylist() if INNER in table.schema.names else None
    own = table if inner is None else table.drop_columns(INNER)
    partitions = repeat("") if inner is None else inner
    if own.schema.names == ["line"]:
        lines = zip(partitions, own["line"].to_pylist(), strict=False)
        for place, of_file in groupby(lines, key=itemgetter(0)):
            written = [line for _, line in of_file if line.strip()]
            rows = json_lines(written, "line", problems.append)
            yield from with_partitions(rows, partitions_of(unquote(place)))
        return
    rows_of = chain.from_iterable(map(rows_of_batch, own.to_batches()))
    for number, (place, row) in enumerate(zip(partitions, rows_of, strict=False), start=1):
        yield f"row {number}", with_values(row, partitions_of(unquote(place))) if place else row


def _table(articles: list[Article], problems: list[Problem]) -> pa.Table:
    no_problem: list[None] = [None] * len(articles)
    no_article: list[None] = [None] * len(problems)
    of_articles = {
        name: [getattr(article, name) for article in articles]
        for name in FIELDS
        if name != "published_us"
    }
    of_articles["outlet"] = list(map(source_of, articles))
    of_articles["published_us"] = [microseconds(article.published_at) for article in articles]
    return table_of(
        READ,
        **{name: [*column, *no_article] for name, column in of_articles.items()},
        kind=[*no_problem, *(problem.kind for problem in problems)],
        place=[*no_problem, *(problem.where for problem in problems)],
        value=[*no_problem, *(problem.value for problem in problems)],
        article_kept=[*no_problem, *(problem.article_kept for problem in problems)],
    )


def _articles(table: pa.Table) -> list[Article]:
    columns = [strings(table, name) for name in FIELDS if name != "published_us"]
    published = times(table["published_us"].to_pylist())
    return [
        Article(id, title, text, source, time, language, url, precision)
        for (id, title, text, source, language, url, precision), time in zip(
            zip(*columns, strict=True), published, strict=True
        )
    ]


def _distinct(table: pa.Table) -> pa.Table:
    """One article of each id, and the problems."""
    ids = table["id"].to_pylist()
    repeated = {id for id, count in Counter(ids).items() if id is not None and count > 1}
    rows = table.select(READ.names)
    if not repeated:
        return rows
    several = pa.array([id in repeated for id in ids], pa.bool_())
    problems: list[Problem] = []
    first = distinct(_articles(rows.filter(several)), problems)
    return pa.concat_tables([rows.filter(pc.invert(several)), _table(first, problems)])


def articles_of(rows: DataFrame) -> DataFrame:
    """The articles among the rows of `read`, without the problems."""
    return rows.where("kind is null").select(*FIELDS, "outlet")


def repeated_lines(articles: DataFrame, config: CleaningConfig) -> DataFrame:
    """The lines that each source puts on many of its pages; a source is read page by page."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (zip(*(batch[k].to_pylist() for k in range(3)), strict=True) for batch in batches)
        by_outlet = groupby(chain.from_iterable(rows), key=itemgetter(0))
        for outlet, pages in by_outlet:
            texts = ((title or "", text or "") for _, title, text in pages)
            lines = sorted(lines_of_source(texts, config))
            if lines:
                yield from table_of(REPEATED, outlet=[outlet], repeated=[lines]).to_batches()

    pages = articles.where("outlet <> ''").select("outlet", "title", "text")
    return gathered(pages, "outlet").mapInArrow(run, from_arrow_schema(REPEATED))


def clean_texts(articles: DataFrame, repeated: DataFrame | None, config: Config) -> DataFrame:
    """Canonical texts with their fingerprints."""
    if repeated is None:
        rows = articles.withColumn("repeated", functions.expr("cast(null as array<string>)"))
    else:
        rows = articles.join(repeated, "outlet", "left")
    return mapped(rows, partial(_clean, config=config), CLEANED)


def _clean(table: pa.Table, config: Config) -> pa.Table:
    articles = _articles(table)
    repeated = [frozenset(lines or ()) for lines in table["repeated"].to_pylist()]
    texts = [
        clean(article, config.cleaning, repeated=lines)
        for article, lines in zip(articles, repeated, strict=True)
    ]
    bodies = [body_of(text) for text in texts]
    prints = fingerprint(bodies, config.fingerprints, threads=1)
    ends = prints.anchor_counts.cumsum()
    starts = ends - prints.anchor_counts
    ranks = [precedence(article, text) for article, text in zip(articles, texts, strict=True)]
    return table_of(
        CLEANED,
        id=[article.id for article in articles],
        published_us=[microseconds(article.published_at) for article in articles],
        date_precision=[article.date_precision for article in articles],
        latest=[microseconds(time) for time, *_ in ranks],
        shortness=[shortness for _, shortness, _ in ranks],
        seconds=seconds_of(articles),
        title=[article.title for article in articles],
        clean_title=[text.title for text in texts],
        text=[text.text for text in texts],
        published=[_published(a, t) for a, t in zip(articles, texts, strict=True)],
        body=[None if b == t.text else b for b, t in zip(bodies, texts, strict=True)],
        source=[source_of(article) for article in articles],
        url=[article.url for article in articles],
        language=[article.language for article in articles],
        digest=[text_digest(body.encode("utf-8", "replace")) for body in bodies],
        removed=[[piece.reason for piece in text.removed] for text in texts],
        tokens=prints.token_counts,
        signature=[row.astype("<u4").tobytes() for row in prints.signatures],
        buckets=band_buckets(prints.signatures, config.near_duplicates).tolist(),
        anchors=[
            prints.anchors[start:stop].tolist()
            for start, stop in zip(starts.tolist(), ends.tolist(), strict=True)
        ],
    )


def _published(article: Article, clean: CleanText) -> str | None:
    lead = clean.text[:DESCRIBED_CHARS]
    published = published_text(article.text, lead)
    return None if published == lead else published


def with_numbers(texts: DataFrame) -> DataFrame:
    """The texts with a column `number`, which ascends in the order of precedence, with gaps."""
    ordered = texts.orderBy("latest", "shortness", "id").drop("latest", "shortness")
    return ordered.withColumn("number", functions.monotonically_increasing_id())


def originals(texts: DataFrame) -> DataFrame:
    """The number of each text with that of the first one that is equal to it."""
    first = texts.groupBy("digest").agg(functions.min("number").alias("original"))
    known = first.where("digest is not null")
    joined = texts.select("number", "digest").join(known, "digest", "left")
    return joined.select("number", functions.coalesce("original", "number").alias("original"))
