"""Records to rows of a table and back, exactly.

Databases take no NUL and no lone surrogate in text. Each is kept as five of the 32 code points
from U+FDD0 on, which stand for no character in any text: the first, then four hexadecimal
digits from U+FDE0 on. Those code points are kept the same way. So every string comes back as
it was, and is found by its parts; one with such characters is sorted by what is kept of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

import xxhash

from dedup.compute.times import from_micros, to_micros
from dedup.errors import StoreError
from dedup.records import Article, CleanText, DatePrecision, Removal, StoryGroup, StoryMember
from dedup.store import Placement, StoredArticle, StoredStory
from dedup.store.records import StoryEvent

Row = Sequence[Any]

# Columns, in the order of the rows below. Tables and columns have the names of the first
# migrations, which are a format and stay (`places`, `outlines`, `time_given`,
# `heir`), whatever the records are called today.
CONTENT = (
    "id", "published_at", "added_at", "time_given", "digest", "source", "language", "url",
    "title", "clean_title", "removed", "text", "clean_text", "date_precision",
)  # fmt: skip
# What was computed from a text was in these columns once; they are empty in what is written now.
ARTICLE = (*CONTENT, "format", "signature", "vectors", "profile", "checksum")
_UNUSED = (0, b"", b"", b"")
PLACE = (
    "id", "duplicate_cluster", "representative", "copy_type", "jaccard", "containment",
    "story", "probability",
)  # fmt: skip
STORY = (
    "id", "state", "heir", "first_seen", "last_seen", "texts", "search", "record", "checksum",
)  # fmt: skip
EVENT = ("number", "at", "kind", "story", "other", "added", "removed", "checksum")

_PRECISIONS: tuple[DatePrecision, ...] = ("day", "minute", "second")
UNDATED = -(2**63)
"""Stands for no time in `stories`: before every other."""

_GROUPS = 512
"""Story groups that are not read again. Who lists stories asks for the same ones time and again;
to make the records of their members takes longer than all else."""
_MARK, _DIGITS = "\ufdd0", 0xFDE0
_ODD = re.compile("[\0\ud800-\udfff\ufdd0-\ufdef]")
_HIDDEN = re.compile(f"{_MARK}([\ufde0-\ufdef]{{4}})")


def to_text(text: str) -> str:
    """A string as databases can keep it."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return _ODD.sub(_hidden, text)
    # The second is how the code points from U+FDC0 to U+FDFF begin in UTF-8.
    return _ODD.sub(_hidden, text) if b"\0" in encoded or b"\xef\xb7" in encoded else text


def from_text(stored: str) -> str:
    """The string that `to_text` was given."""
    return _HIDDEN.sub(_shown, stored) if _MARK in stored else stored


def _hidden(odd: re.Match[str]) -> str:
    code = ord(odd[0])
    return _MARK + "".join(chr(_DIGITS + (code >> shift & 15)) for shift in (12, 8, 4, 0))


def _shown(hidden: re.Match[str]) -> str:
    digits = [ord(digit) - _DIGITS for digit in reversed(hidden[1])]
    return chr(sum(digit << 4 * power for power, digit in enumerate(digits)))


def checksum(row: Row) -> int:
    """Of a row of strings, bytes and whole numbers; a signed number of 64 bits."""
    values = (value if isinstance(value, bytes) else str(value).encode() for value in row)
    return xxhash.xxh3_64_intdigest(b"\x1f".join(values)) - 2**63


def article_row(stored: StoredArticle) -> Row:
    """A row of `ARTICLE`.

    Raises:
        StoreError: The article has no time.
    """
    article, clean = stored.article, stored.clean
    if article.published_at is None:
        raise StoreError(f"article {article.id!r} has no time: give it one before it is stored")
    row = (
        to_text(article.id),
        to_micros(article.published_at),
        to_micros(stored.added_at),
        int(stored.time_imputed),
        to_text(stored.digest),
        to_text(article.source),
        to_text(article.language),
        to_text(article.url),
        to_text(article.title),
        None if clean.title == article.title else to_text(clean.title),
        _to_json([(removal.text, removal.reason) for removal in clean.removed]),
        to_text(article.text),
        None if clean.text == article.text else to_text(clean.text),
        _PRECISIONS.index(article.date_precision),
        *_UNUSED,
    )
    return (*row, checksum(row))


def read_article(row: Row) -> StoredArticle:
    """The article of a row that begins with the columns `CONTENT`."""
    id, published, added, imputed, digest, source, language, url, *rest = row
    title, clean_title, removed, text, clean_text, precision, *_ = rest
    title, text = from_text(title), from_text(text)
    article = Article(
        id=from_text(id),
        title=title,
        text=text,
        # There are few of them: each is one string in memory.
        source=intern(from_text(source)),
        published_at=from_micros(published),
        language=intern(from_text(language)),
        url=from_text(url),
        date_precision=_PRECISIONS[precision],
    )
    clean = CleanText(
        title if clean_title is None else from_text(clean_title),
        text if clean_text is None else from_text(clean_text),
        tuple(Removal(*removal) for removal in _from_json(removed)),
    )
    return StoredArticle(article, from_micros(added), bool(imputed), from_text(digest), clean)


def place_row(placement: Placement) -> Row:
    """A row of `PLACE`."""
    ids = map(to_text, (placement.id, placement.duplicate_cluster, placement.representative))
    copy = placement.copy_type, placement.jaccard, placement.containment
    return *ids, *copy, to_text(placement.story_group), placement.probability


def read_place(row: Row) -> Placement:
    """The placement of a row of `PLACE`."""
    id, cluster, representative, copy_type, jaccard, containment, story, probability = row
    id, cluster, representative, story = map(from_text, (id, cluster, representative, story))
    copy = copy_type, jaccard, containment
    return Placement(id, cluster, representative, *copy, story, probability)


def story_row(stored: StoredStory) -> Row:
    """A row of `STORY`."""
    group = stored.group
    row = (
        to_text(stored.id),
        stored.state,
        to_text(stored.successor),
        _or_undated(group.first_seen if group else None),
        _or_undated(group.last_seen if group else None),
        group.texts if group else 0,
        to_text(stored.search),
        _to_json(_group_to_dict(group)) if group else None,
    )
    return (*row, checksum(row))


def read_story(row: Row) -> StoredStory:
    """The story of a row of `STORY`."""
    id, state, successor, first, last, texts, search, record, *_ = row
    if record is None:
        return StoredStory(from_text(id), state, from_text(successor), None, from_text(search))
    group = _read_group(id, record, texts, first, last)
    return StoredStory(group.id, state, from_text(successor), group, from_text(search))


def marks(stored: StoredStory) -> set[tuple[str, str]]:
    """What an open story group is found by: (kind, value), as they are kept."""
    if stored.group is None or stored.state != "open":
        return set()
    languages = {("language", to_text(language)) for language in stored.group.languages}
    return languages | {("source", to_text(source)) for source in stored.group.sources}


def event_row(event: StoryEvent) -> Row:
    """A row of `EVENT`."""
    ids = to_text(event.story_group), to_text(event.other)
    articles = _to_json(event.added), _to_json(event.removed)
    row = (event.number, to_micros(event.at), event.kind, *ids, *articles)
    return (*row, checksum(row))


def read_event(row: Row) -> StoryEvent:
    """The event of a row of `EVENT`."""
    number, at, kind, story, other, *articles, _ = row
    added, removed = (tuple(_from_json(ids)) for ids in articles)
    return StoryEvent(
        number, from_micros(at), kind, from_text(story), from_text(other), added, removed
    )


def _or_undated(time: datetime | None) -> int:
    return UNDATED if time is None else to_micros(time)


def _to_json(value: object) -> str:
    return to_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _from_json(stored: str) -> Any:  # noqa: ANN401
    return json.loads(from_text(stored))


def _group_to_dict(group: StoryGroup) -> dict[str, object]:
    """What of a story group has no column of its own."""
    weakest = group.least_likely_member
    return {
        "headline": group.headline,
        "headlines": dict(group.headlines),
        "first_article": group.first_article,
        "sources": group.sources,
        "languages": group.languages,
        "key_terms": group.key_terms,
        "names": group.names,
        "cohesion": group.cohesion,
        "weakest_member": weakest and (weakest.id, weakest.duplicate_cluster, weakest.probability),
        "members": [(m.id, m.duplicate_cluster, m.probability) for m in group.members],
        "versions": group.versions,
    }


@lru_cache(_GROUPS)
def _read_group(id: str, stored: str, texts: int, first: int, last: int) -> StoryGroup:
    record = _from_json(stored)
    weakest = record["weakest_member"]
    return StoryGroup(
        id=from_text(id),
        headline=record["headline"],
        headlines=record["headlines"],
        first_article=record["first_article"],
        first_seen=None if first == UNDATED else from_micros(first),
        last_seen=None if last == UNDATED else from_micros(last),
        texts=texts,
        sources=tuple(record["sources"]),
        languages=tuple(record["languages"]),
        key_terms=tuple(record["key_terms"]),
        names=tuple(record["names"]),
        cohesion=record["cohesion"],
        least_likely_member=weakest and StoryMember(*weakest),
        members=tuple(StoryMember(*member) for member in record["members"]),
        versions=tuple(map(tuple, record.get("versions", ()))),
    )
