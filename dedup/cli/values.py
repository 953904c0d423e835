"""Records as the JSON values that `--json` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.records import Article
    from dedup.store import Placement


def plain(value: Any) -> Any:  # noqa: ANN401 (any record, any JSON value)
    """Records as dicts, times in ISO 8601 (UTC as Z), lengths of time in seconds."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def json_line(value: Any) -> str:  # noqa: ANN401
    """A record as JSON on one line."""
    return json.dumps(plain(value), ensure_ascii=False)


def json_document(value: Any) -> str:  # noqa: ANN401
    """A record as indented JSON."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2)


def article_fields(article: Article) -> dict[str, Any]:
    """The fields of an article, without its text."""
    names = ("id", "title", "source", "published_at", "date_precision", "language", "url")
    return {name: getattr(article, name) for name in names}


def article_values(article: Article, placement: Placement) -> dict[str, Any]:
    """The fields of an article of an index, without its text, and its placement."""
    shown: dict[str, Any] = plain(placement)
    del shown["containment"], shown["status"]
    return article_fields(article) | shown
