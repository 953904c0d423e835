"""Records as JSON values: what `--json` prints."""

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
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def json_line(value: Any) -> str:  # noqa: ANN401
    """A record as JSON on one line."""
    return json.dumps(plain(value), ensure_ascii=False)


def json_document(value: Any) -> str:  # noqa: ANN401
    """A record as JSON to look at."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2)


def about(article: Article) -> dict[str, Any]:
    """What is known of an article, without its text."""
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published_at": article.published_at,
        "language": article.language,
        "url": article.url,
    }


def article_values(article: Article, place: Placement) -> dict[str, Any]:
    """An article of an index, without its text, and where it was put."""
    return {
        **about(article),
        "duplicate_cluster": place.duplicate_cluster,
        "representative": place.representative,
        "copy_type": place.copy_type,
        "jaccard": place.jaccard,
        "story_group": place.story_group,
        "probability": place.probability,
    }
