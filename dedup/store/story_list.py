"""The statement that lists open story groups, and the cursor that goes on with it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from dedup.compute.times import to_micros
from dedup.errors import CursorError
from dedup.store import StoryFilter
from dedup.store.rows import STORY, UNDATED, Row, from_text, to_text

_KEYS = {"latest": "last_seen", "first": "first_seen", "largest": "texts"}


def story_list(wanted: StoryFilter, cursor: str) -> tuple[str, list[object]]:
    """The SELECT of columns `STORY` and its values, without a limit.

    Raises:
        CursorError: The cursor is none of this list.
    """
    key = _KEYS[wanted.order]
    conditions, values = _conditions(wanted)
    if cursor:
        last, id = _read_cursor(wanted, cursor)
        # The first condition is what an index can start at.
        conditions.append(f"{key} <= ? AND ({key} < ? OR id > ?)")
        values += [last, last, id]
    where = " AND ".join(["state = 'open'", *conditions])
    return f"SELECT {', '.join(STORY)} FROM stories WHERE {where} ORDER BY {key} DESC, id", values


def cursor_after(wanted: StoryFilter, row: Row) -> str:
    """The cursor of what follows a row of the list, safe in addresses."""
    last = row[STORY.index(_KEYS[wanted.order])]
    cursor = json.dumps([_digest(wanted), last, row[0]], separators=(",", ":"))
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def _read_cursor(wanted: StoryFilter, cursor: str) -> tuple[int, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        digest, last, id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError, RecursionError) as error:
        raise CursorError(
            f"cursor {cursor[:80]!r} is none: take it from a list of stories"
        ) from error
    fits = digest == _digest(wanted) and type(last) is int and isinstance(id, str)
    if not fits or not UNDATED <= last < -UNDATED:
        raise CursorError(
            f"cursor {cursor[:80]!r} is of another list: ask with the filters and the order that "
            "it came from"
        )
    return last, to_text(from_text(id))


def _digest(wanted: StoryFilter) -> str:
    """Of everything that makes the list."""
    since, until = (time and to_micros(time) for time in (wanted.since, wanted.until))
    words = sorted(set(wanted.text.casefold().split()))
    parts = [since, until, wanted.language, wanted.source, words, wanted.min_texts, wanted.order]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _conditions(wanted: StoryFilter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    if wanted.since is not None:
        conditions.append("last_seen >= ?")
        values.append(to_micros(wanted.since))
    if wanted.until is not None:
        conditions.append("first_seen < ? AND first_seen > ?")
        values += [to_micros(wanted.until), UNDATED]
    for kind, value in (("language", wanted.language), ("source", wanted.source)):
        if value:
            conditions.append(
                "EXISTS (SELECT 1 FROM story_marks AS m "
                "WHERE m.kind = ? AND m.value = ? AND m.story = stories.id)"
            )
            values += [kind, to_text(value)]
    for word in sorted(set(wanted.text.casefold().split())):
        # Not LIKE, whose % and _ and small and capital letters mean other things elsewhere.
        conditions.append("instr(search, ?) > 0")
        values.append(to_text(word))
    if wanted.min_texts > 1:
        conditions.append("texts >= ?")
        values.append(wanted.min_texts)
    return conditions, values
