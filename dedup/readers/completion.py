"""The last step of reading: a missing language or date is taken from the text."""

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
        article: As the input describes it; only missing values are filled in.
        now: No date later than a day after this is taken from the text.

    Returns:
        The article itself if nothing is missing or nothing can be filled in.
    """
    changes: dict[str, str | datetime] = {}
    language = article.language
    if not language:
        # Needed before the date: the names of months depend on it.
        language = detect_language(f"{article.title}\n{article.text}")
        changes["language"] = language
    if article.published_at is None:
        published_at = find_dateline(article.text, language=language)
        if published_at is not None and not is_future(published_at, now):
            changes["published_at"] = published_at
            # A line of text rarely says midnight: then it names the day only.
            named = published_at.hour or published_at.minute
            changes["date_precision"] = "minute" if named else "day"
    return dataclasses.replace(article, **changes) if changes else article  # type: ignore[arg-type]


def is_future(when: datetime, now: datetime | None) -> bool:
    """Whether `when` is more than a day after `now`; False where `now` is not given."""
    return now is not None and when >= now + _AHEAD
