"""The last step of reading: what an article does not say about itself is looked for in its text."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from dedup.records import Article
from dedup.text.dates.datelines import find_dateline
from dedup.text.languages import detect_language

# Clocks and zones differ: a page may be up to a day ahead of the reader.
_AHEAD = timedelta(days=1)


def complete(article: Article, *, now: datetime | None = None) -> Article:
    """`article` with a missing language or date filled in from its text.

    Args:
        article: What the input said; nothing that is there is changed.
        now: No date later than a day after this is taken from the text.

    Returns:
        The article itself where nothing is missing or nothing was found.
    """
    changes: dict[str, str | datetime] = {}
    language = article.language
    if not language:
        # A detected language is cheap to believe and the months depend on it.
        language = detect_language(f"{article.title}\n{article.text}")
        changes["language"] = language
    if article.published_at is None:
        found = find_dateline(article.text, language=language)
        if found is not None and not is_future(found, now):
            changes["published_at"] = found
    return dataclasses.replace(article, **changes) if changes else article  # type: ignore[arg-type]


def is_future(when: datetime, now: datetime | None) -> bool:
    """Whether `when` is more than a day after `now`; False where `now` is not given."""
    return now is not None and when >= now + _AHEAD
