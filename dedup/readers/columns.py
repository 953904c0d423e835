"""Which column of a table means which field of an `Article`.

Columns are recognised by their usual names, whatever their case and with or without `_`, `-` and
blanks. All other columns are never read, so that labels of a test set cannot leak into a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from dedup.errors import InputError

# In the order of preference: the first column with a value is used.
_NAMES = {
    "id": "id article_id doc_id document_id news_id item_id post_id guid uuid uid",
    "title": "title headline heading article_title news_title subject",
    "text": (
        "text body content full_text article_text article_body article maintext news_text"
        " body_text content_text cleaned_text plain_text raw_text"
        " description summary lead abstract snippet excerpt"
    ),
    "source": (
        "source source_name source_domain outlet publisher publication newspaper site"
        " site_name domain hostname media media_name provider agency"
    ),
    "published_at": (
        "published_at date pub_date published publish_date published_date publication_date"
        " date_published date_publish published_time publish_time published_on published_utc"
        " datetime date_time timestamp time created_at created date_created posted_at"
    ),
    "language": "language lang lang_code language_code locale in_language",
    "url": "url link uri permalink article_url source_url web_url canonical_url href",
}
FIELDS = tuple(_NAMES)
"""Fields of `Article` that a column can fill."""


class NoColumnsError(InputError):
    """A file lacks a title or text column, or a column that was named."""


def used_columns(
    available: Iterable[str], columns: Mapping[str, str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Which of the `available` columns mean which field, in order of preference.

    Args:
        available: Columns of a table or a row.
        columns: The column to use for a field, instead of the usual names.

    Returns:
        Columns by field; empty for a field without a column.
    """
    chosen = tuple(sorted(columns.items())) if columns else ()
    return _columns_by_field(tuple(available), chosen)


def require_columns(available: Iterable[str], columns: Mapping[str, str] | None, name: str) -> None:
    """Refuse a table without the columns that an article needs.

    Raises:
        NoColumnsError: The title and text column or the column named is missing.
    """
    present = tuple(available)
    listed = ", ".join(map(repr, present)) or "none"
    for field, column in (columns or {}).items():
        if column not in present:
            raise NoColumnsError(
                f"{name}: no column {column!r} (wanted for {field}); columns found: {listed}"
            )
    used = used_columns(present, columns)
    if not used["title"] and not used["text"]:
        raise NoColumnsError(
            f"{name}: no title or text column; columns found: {listed}: "
            "name one with --text-column NAME or --title-column NAME "
            "(in Python, columns={'text': NAME})"
        )


def check_columns(columns: Mapping[str, str] | None) -> None:
    """Refuse a mapping of columns that names a field which does not exist.

    Raises:
        InputError: A key is not a field of `Article`.
    """
    for field in columns or {}:
        if field not in _NAMES:
            raise InputError(f"{field!r} is not a field of an article: use {', '.join(FIELDS)}")


@lru_cache(maxsize=1024)
def _columns_by_field(
    available: tuple[str, ...], chosen: tuple[tuple[str, str], ...]
) -> dict[str, tuple[str, ...]]:
    column_of = dict(chosen)
    reserved = set(column_of.values())
    by_plain_name: dict[str, list[str]] = {}
    for column in available:
        if isinstance(column, str) and column not in reserved:
            by_plain_name.setdefault(_plain(column), []).append(column)
    columns: dict[str, tuple[str, ...]] = {}
    for field, names in _NAMES.items():
        if field in column_of:
            columns[field] = (column_of[field],) if column_of[field] in available else ()
        else:
            columns[field] = tuple(
                column for name in names.split() for column in by_plain_name.get(_plain(name), ())
            )
    return columns


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
