"""A row of any input -> an `Article`: what its values mean and which are usable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.readers.addresses import is_address
from dedup.readers.columns import FIELDS, check_columns, used_columns
from dedup.readers.completion import complete, is_future
from dedup.readers.date_order import ordered_rows
from dedup.readers.frames import rows_of_table
from dedup.readers.identity import identity_of
from dedup.readers.markup import without_markup
from dedup.readers.mojibake import may_be_mojibake, without_mojibake
from dedup.readers.problems import OnProblem, ignore, shorten
from dedup.readers.rows import OwnRow, Row
from dedup.readers.values import NO_VALUES, as_date, as_text, is_missing
from dedup.records import Article, DatePrecision, Problem, host_of
from dedup.text.dates.reading import ReadDate, read_date, read_date_of_any_language
from dedup.text.languages import detect_language, normalize_language

if TYPE_CHECKING:
    import pyarrow as pa


_DEFAULT_READING = ReadingConfig()
_PLAIN = frozenset((str, int, float, bool, type(None)))
"""Types of which nothing is inside."""
_NO_DATE = ReadDate(None)
_OUTLET_MARKS = (" -", " |", " –", " —", " ·")
_CUT_OFF = re.compile(r"\s*(?:…|\.\.\.)?\s*\[\+\d+ chars\]$")
"""What NewsAPI puts in place of the rest of a text."""


def article_from_mapping(
    row: Mapping[str, object],
    *,
    where: str,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    month_first: bool = False,
    on_problem: OnProblem | None = None,
) -> Article | None:
    """The article that a row describes, as far as the row says it.

    Language and date are not looked for in the text: see `complete`.

    Args:
        row: Values by column.
        where: Of the row, for the reports of problems.
        columns: The column to take for a field of `Article`, where its usual
            names do not fit; no other column is taken for that field.
        config: How long an article may be.
        now: Aware; a date later than a day after this is set aside.
        month_first: Whether 03/04/2024 is 4 March.
        on_problem: Told of everything that was skipped or set aside.

    Returns:
        None if the row holds no article, or one that is too long.

    >>> article = article_from_mapping({"Headline": "Fire", "lang": "eng", "ID": 7}, where="x:1")
    >>> article.id, article.title, article.language
    ('7', 'Fire', 'en')
    """
    report = on_problem or ignore
    wanted = used_columns(row, columns)
    values = {field: _first_value(row, names) for field, names in wanted.items()}
    raw = {
        # Most values are plain text already: a call for each of them costs more than the look.
        field: value if type(value) is str and value.isascii() else as_text(value)
        for field, value in values.items()
    }
    if None in values.values() and not _PLAIN.issuperset(map(type, row.values())):
        _report_unreadable(row, wanted, values, where, report)
    title, text = _readable(raw["title"], raw["text"], where, report)
    if not title and not text:
        report(Problem("empty article", where, shorten(raw["id"] or raw["url"])))
        return None
    if len(title) + len(text) > config.max_article_chars:
        report(Problem("too long", where, f"{len(title) + len(text)} characters"))
        return None
    language = normalize_language(raw["language"])
    if raw["language"] and not language:
        report(Problem("unknown language", where, shorten(raw["language"]), article_kept=True))
    source, url = _clean_line(raw["source"]), _clean_line(raw["url"])
    if "&" in source or "<" in source:
        source = _clean_line(without_markup(source))
    if "://" in source:
        source, url = _outlet(source, url, row)
    elif url and not source:
        source = host_of(url)
    if source and title.endswith(source):
        title = _without_outlet(title, source)
    if text.endswith(" chars]"):
        text = _CUT_OFF.sub("", text)
    read = _published(values["published_at"], language, title, text, month_first)
    when = _reported_date(read, raw["published_at"], now, where, report)
    return Article(
        # Kept as it is but for its ends: it has to be found again in the input.
        id=raw["id"].replace("\0", "").strip()
        or identity_of({**raw, "title": title, "text": text, "source": source, "url": url}),
        title=title,
        text=text,
        source=source,
        published_at=when,
        language=language,
        url=url,
        date_precision=_precision(row, read) if when is not None else "second",
    )


def has_id(row: Mapping[str, object], columns: Mapping[str, str] | None = None) -> bool:
    """Whether a row has an id of its own.

    Args:
        row: Values by column.
        columns: See `article_from_mapping`.
    """
    return any(as_text(row[name]).strip() for name in used_columns(row, columns)["id"])


def _precision(row: Mapping[str, object], read: ReadDate) -> DatePrecision:
    """How exactly a time is known: what the row says of it itself, else what the date shows."""
    own = row.get("date_precision")
    if own is None:
        return read.precision
    return next((name for name in get_args(DatePrecision) if name == own), read.precision)


def _readable(title: str, text: str, where: str, report: OnProblem) -> tuple[str, str]:
    """Title and text as a reader sees them: without markup, null bytes and mojibake."""
    if not (_may_need_care(text) or _may_need_care(title)):
        return title.strip(), text if text.strip() else ""
    pair = [_without_nulls(part, where, report) for part in (title, text)]
    for kind, mended_by in (
        ("markup removed", without_markup),
        ("mojibake mended", without_mojibake),
    ):
        mended = [mended_by(part) for part in pair]
        if mended != pair:
            which = [
                name for name, a, b in zip(("title", "text"), pair, mended, strict=True) if a != b
            ]
            report(Problem(kind, where, " and ".join(which), article_kept=True))
            pair = mended
    return " ".join(pair[0].split()), pair[1] if pair[1].strip() else ""


def _may_need_care(text: str) -> bool:
    """Whether a text can hold markup, null bytes or mojibake: one look at each sign of them."""
    return (
        "<" in text
        or "&" in text
        or "*" in text
        or "[" in text
        or "\0" in text
        or (not text.isascii() and may_be_mojibake(text))
    )


def _without_outlet(title: str, source: str) -> str:
    """A title without its outlet, which aggregators put behind it: `Fire in Ostland - Echo`."""
    head = title[: -len(source)].rstrip()
    return head[:-1].rstrip() if head.endswith(_OUTLET_MARKS) else title


def _outlet(source: str, url: str, row: Mapping[str, object]) -> tuple[str, str]:
    """Source and address, where a page's address stands as its source (trafilatura's JSON)."""
    if not is_address(source):
        return source, url
    names = ("source-hostname", "source_hostname", "hostname", "sitename", "site_name")
    outlet = next((text for name in names if (text := _clean_line(as_text(row.get(name))))), "")
    return outlet or host_of(source) or source, url or source


def _reported_date(
    read: ReadDate, raw: str, now: datetime | None, where: str, report: OnProblem
) -> datetime | None:
    """The time that was read; what is wrong with it is reported."""
    when = read.when
    kind: str
    if read.failure:
        kind, detail = read.failure, raw
    elif when is not None and is_future(when, now):
        kind, detail, when = "date in the future", raw, None
    elif read.unknown_zone:
        kind, detail = "unknown time zone", f"{read.unknown_zone}, taken as UTC"
    else:
        return when
    report(Problem(kind, where, shorten(detail), article_kept=True))
    return when


def _report_unreadable(
    row: Mapping[str, object],
    wanted: Mapping[str, Sequence[str]],
    values: Mapping[str, object],
    where: str,
    report: OnProblem,
) -> None:
    """Report a value that holds something, of which nothing could be made."""
    for field, names in wanted.items():
        if values[field] is None:
            for name in names:
                inner = row[name]
                if isinstance(inner, Mapping) and any(not is_missing(v) for v in inner.values()):
                    detail = f"{name}: an object with {', '.join(map(str, inner))}"
                    report(Problem("unreadable value", where, shorten(detail), article_kept=True))


def as_articles(
    articles: Iterable[Article | Mapping[str, object] | str] | pa.Table | Any,  # noqa: ANN401
    *,
    columns: Mapping[str, str] | None = None,
    config: ReadingConfig = _DEFAULT_READING,
    now: datetime | None = None,
    on_problem: OnProblem | None = None,
    on_item: Callable[[Article | None], None] | None = None,
) -> Iterator[Article]:
    """Articles from Python objects, checked and completed like those from files.

    Args:
        articles: A list of `Article`s, mappings of column to value or texts, or a table: a pandas
            or polars frame, Arrow, a `datasets.Dataset`; see `rows_of_table`.
        columns: See `article_from_mapping`.
        config: How long an article may be, and how dates are read.
        now: A date later than a day after this is set aside.
        on_problem: Told of everything that was skipped or set aside.
        on_item: Told of each item, in order, its article; None if it was skipped.

    Raises:
        InputError: An item is neither an `Article` nor a mapping nor a text, or `columns`
            names a field that does not exist.
    """
    check_columns(columns)
    report = on_problem or ignore
    rows = _rows_of_items(rows_of_table(articles))
    for where, row, month_first in ordered_rows(rows, "articles", columns, config, report):
        article = article_from_mapping(
            row,
            where=where,
            columns=None if isinstance(row, OwnRow) else columns,
            config=config,
            now=now,
            month_first=month_first,
            on_problem=report,
        )
        article = article and complete(article, now=now)
        if on_item is not None:
            on_item(article)
        if article is not None:
            yield article


def _rows_of_items(items: Iterable[object]) -> Iterator[Row]:
    for number, item in enumerate(items, start=1):
        where = f"item {number}"
        if isinstance(item, Article):
            fields = (*FIELDS, "date_precision")
            yield item.id or where, OwnRow({name: getattr(item, name) for name in fields})
        elif isinstance(item, Mapping):
            yield where, item
        elif isinstance(item, str):
            yield where, OwnRow(text=item)
        else:
            raise InputError(
                f"{where} is of type {type(item).__name__}: give Article objects, mappings of "
                "column to value, texts, or a table (pandas, polars, Arrow, datasets)"
            )


def _first_value(row: Mapping[str, object], names: Sequence[str]) -> object:
    for name in names:
        value = row[name]
        if type(value) is str:
            if value and not value.isspace() and (len(value) > 4 or value not in NO_VALUES):
                return value
        elif as_text(value) or as_date(value) not in (None, ""):
            return value
    return None


def _without_nulls(text: str, where: str, report: OnProblem) -> str:
    if "\0" not in text:
        return text
    report(Problem("null bytes", where, f"{text.count(chr(0))} removed", article_kept=True))
    return text.replace("\0", "")


def _clean_line(text: str) -> str:
    if text.isprintable() and " " not in text:
        return text
    return " ".join(text.replace("\0", "").split()) if text else ""


def _published(value: object, language: str, title: str, text: str, month_first: bool) -> ReadDate:
    if type(value) is not str:
        value = as_date(value)
        if value is None or is_missing(value):
            return _NO_DATE
    read = read_date(value, language=language, month_first=month_first)
    if read.failure != "impossible date" or not isinstance(value, str):
        return read
    if not language:
        # The names of months depend on the language: worth finding out only now.
        spoken = detect_language(f"{title}\n{text}")
        read = read_date(value, language=spoken, month_first=month_first)
    if read.failure == "impossible date":
        # A system of another language than its articles.
        return read_date_of_any_language(value, month_first=month_first)
    return read
