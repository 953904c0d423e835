"""A row of any input -> an `Article`: how its values are read, and which are usable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import xxhash

from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.readers.columns import FIELDS, check_columns, used_columns
from dedup.readers.completion import complete, is_future
from dedup.readers.problems import OnProblem, ignore, replace_surrogates, shorten
from dedup.records import Article, Problem
from dedup.text.dates.values import parse_date
from dedup.text.languages import detect_language, normalize_language

if TYPE_CHECKING:
    import pyarrow as pa


# Keys by which a dictionary in a field (NewsAPI's source, WordPress' title) is read.
_NESTED_NAMES = ("name", "title", "rendered", "value", "text")
_MAX_DEPTH = 4
_DEFAULT_READING = ReadingConfig()


def article_from_mapping(
    row: Mapping[str, object],
    *,
    where: str,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
) -> Article | None:
    """The article that a row describes.

    A missing language or date is not taken from the text: `complete` does that.

    Args:
        row: Values by column.
        where: Place of the row, for reports of problems.
        columns: The column to use for a field of `Article`, where its usual
            names do not fit; no other column is used for that field.
        config: The greatest length of an article.
        now: Aware; a date later than a day after this is ignored.
        on_problem: Called with each problem: what was skipped or ignored.

    Returns:
        None if the row has neither title nor text, or the article is too long.

    >>> article = article_from_mapping({"Headline": "Fire", "lang": "eng", "ID": 7}, where="x:1")
    >>> article.id, article.title, article.language
    ('7', 'Fire', 'en')
    """
    report = on_problem or ignore
    values = {
        field: _first_value(row, names) for field, names in used_columns(row, columns).items()
    }
    raw = {field: as_text(value) for field, value in values.items()}
    title = _without_nulls(raw["title"], where, report).strip()
    text = _without_nulls(raw["text"], where, report)
    if not text.strip():
        text = ""
    if not title and not text:
        report(Problem("empty article", where, shorten(raw["id"] or raw["url"])))
        return None
    if len(title) + len(text) > config.max_article_chars:
        report(Problem("too long", where, f"{len(title) + len(text)} characters"))
        return None
    language = normalize_language(raw["language"])
    if raw["language"] and not language:
        report(Problem("unknown language", where, shorten(raw["language"]), article_kept=True))
    when = _published_at(values["published_at"], language, f"{title}\n{text}")
    if when is None and raw["published_at"]:
        report(Problem("impossible date", where, shorten(raw["published_at"]), article_kept=True))
    elif when is not None and is_future(when, now):
        report(
            Problem("date in the future", where, shorten(raw["published_at"]), article_kept=True)
        )
        when = None
    return Article(
        # Only its ends are trimmed: users look for it in their input.
        id=raw["id"].replace("\0", "").strip() or _derived_id(raw),
        title=title,
        text=text,
        source=_clean_line(raw["source"]),
        published_at=when,
        language=language,
        url=_clean_line(raw["url"]),
    )


def as_articles(
    articles: Iterable[Article | Mapping[str, object]] | pa.Table,
    *,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
) -> Iterator[Article]:
    """Articles from Python objects, checked and completed like those from files.

    Args:
        articles: `Article`s, mappings of column to value, or a `pyarrow.Table`.
        columns: See `article_from_mapping`.
        config: The greatest length of an article.
        now: A date later than a day after this is ignored.
        on_problem: Called with each problem: what was skipped or ignored.

    Raises:
        InputError: An item is neither an `Article` nor a mapping, or `columns`
            names a field that does not exist.
    """
    check_columns(columns)
    for number, item in enumerate(_rows_of(articles), start=1):
        row: Mapping[str, object]
        if isinstance(item, Article):
            row = {field: getattr(item, field) for field in FIELDS}
            where, renamed = item.id or f"item {number}", None
        elif isinstance(item, Mapping):
            row, where, renamed = item, f"item {number}", columns
        else:
            raise InputError(
                f"item {number} is of type {type(item).__name__}: give Article objects, "
                "mappings of column to value, or a pyarrow Table "
                "(for a DataFrame: `frame.to_dict('records')`)"
            )
        article = article_from_mapping(
            row, where=where, columns=renamed, config=config, now=now, on_problem=on_problem
        )
        if article is not None:
            yield complete(article, now=now)


def _rows_of(articles: Iterable[Any] | pa.Table) -> Iterator[Any]:
    # Recognised by its methods, since an import of pyarrow costs a tenth of a second.
    if hasattr(articles, "to_batches") and hasattr(articles, "schema"):
        from dedup.readers.parquet import rows_of_batch

        for batch in articles.to_batches(max_chunksize=1_000):
            yield from rows_of_batch(batch)
    else:
        yield from articles


def as_text(value: object) -> str:
    """A value of any type as text; empty for a missing value.

    Lists are joined by newlines, whole numbers lose their `.0`, and a dictionary
    gives its name.
    """
    return _text_of(value, _MAX_DEPTH)


def _text_of(value: object, depth: int) -> str:
    if isinstance(value, str):
        return replace_surrogates(value)
    if _is_missing(value) or isinstance(value, bool):
        return ""
    if isinstance(value, Mapping | list | tuple):
        return _nested_text(value, depth - 1) if depth else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        # Python refuses to print an integer of thousands of digits.
        return str(value) if value.bit_length() <= 1024 else hex(value)
    return replace_surrogates(str(value))


def _nested_text(value: Mapping[str, object] | Sequence[object], depth: int) -> str:
    if isinstance(value, Mapping):
        return next(filter(None, (_text_of(value.get(key), depth) for key in _NESTED_NAMES)), "")
    return "\n".join(filter(None, (_text_of(item, depth) for item in value)))


def _is_missing(value: object) -> bool:
    """Whether `value` is None, NaN, or what pandas writes for nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NaTType", "NAType")


def _first_value(row: Mapping[str, object], names: Sequence[str]) -> object:
    for name in names:
        value = row[name]
        if isinstance(value, str):
            if value.strip():
                return value
        elif as_text(value):
            return value
    return None


def _without_nulls(text: str, where: str, report: OnProblem) -> str:
    if "\0" not in text:
        return text
    report(Problem("null bytes", where, f"{text.count(chr(0))} removed", article_kept=True))
    return text.replace("\0", "")


def _clean_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _published_at(value: object, language: str, text: str) -> datetime | None:
    if not isinstance(value, date | int | float):
        value = as_text(value)
    when = parse_date(value, language=language)
    if when is None and value and not language and isinstance(value, str):
        # The names of months depend on the language: it is detected only where it is needed.
        when = parse_date(value, language=detect_language(text))
    return when


def _derived_id(raw: Mapping[str, str]) -> str:
    parts = (raw[field] for field in ("title", "text", "source", "url", "published_at"))
    return xxhash.xxh3_128_hexdigest("\x1f".join(parts).encode())[:16]
