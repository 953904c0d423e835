"""Rows of a result -> its stories as the check-up sees them: texts, times, languages, sources."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dedup.articles import LATEST, source_of
from dedup.doctor.checkup import Example
from dedup.errors import InputError
from dedup.readers.tables import Rows, cell_text, read_table
from dedup.records import Article
from dedup.result import ARTICLE_COLUMNS

COLUMNS = tuple(name for name in ARTICLE_COLUMNS if name not in ("jaccard", "copy_type"))
_IDS_IN_EXAMPLE = 3


@dataclass(frozen=True, slots=True)
class ExaminedText:
    """One text with its copies in one story.

    Args:
        id: Id of its representative, or of a copy where that is in another story.
        duplicate_cluster: Id of its duplicate cluster.
        articles: Number of articles, copies included.
        story_group: Id of its story group.
        probability: Mean P(same event) with the other texts of the story; None
            in a story of one text.
        language: Code, or empty.
        time: First publication; None if none of its articles has a date.
        undated: Number of its articles without a date.
        source: Outlet, empty where unknown.
        title: Headline, empty where unknown.
    """

    id: str
    duplicate_cluster: str
    articles: int
    story_group: str
    probability: float | None
    language: str
    time: datetime | None
    undated: int
    source: str
    title: str


@dataclass(frozen=True, slots=True)
class ExaminedStory:
    """A story group.

    Args:
        id: Its id.
        texts: By time and id, those without a date last.
        times: First publications of its dated texts, ascending; later copies do not count.
    """

    id: str
    texts: tuple[ExaminedText, ...]
    times: tuple[datetime, ...]

    @property
    def articles(self) -> int:
        """Articles, copies included."""
        return sum(text.articles for text in self.texts)

    @property
    def span(self) -> timedelta | None:
        """From the first to the last text; None if none has a date."""
        return self.times[-1] - self.times[0] if self.times else None

    @property
    def headline(self) -> str:
        """Title of the text with the highest probability among those that have one."""
        titled = [text for text in self.texts if text.title]
        return max(titled, key=lambda text: text.probability or 0.0).title if titled else ""

    def example(self, message: str, texts: Sequence[ExaminedText] = ()) -> Example:
        """This story as an example, with the ids of its first texts or of the given ones."""
        shown = (texts or self.texts)[:_IDS_IN_EXAMPLE]
        return Example(self.id, message, tuple(text.id for text in shown), self.headline)


@dataclass(frozen=True, slots=True)
class ExaminedResult:
    """A result as the check-up sees it.

    Args:
        stories: Sorted by texts and articles (most first), then by id.
        articles: Number of articles.
        undated: Number of articles without a date.
        described: Number of articles of the result that were given, for titles and sources;
            None if no articles were given at all.
        digests: Digests of the configurations, sorted.
    """

    stories: tuple[ExaminedStory, ...]
    articles: int
    undated: int
    described: int | None
    digests: tuple[str, ...]

    @property
    def texts(self) -> tuple[ExaminedText, ...]:
        """All texts, story by story."""
        return tuple(text for story in self.stories for text in story.texts)

    @property
    def several(self) -> tuple[ExaminedStory, ...]:
        """The stories of several texts."""
        return tuple(story for story in self.stories if len(story.texts) > 1)

    @property
    def grouped(self) -> int:
        """Number of texts in stories of several texts."""
        return sum(len(story.texts) for story in self.several)


def read_rows(path: str | Path) -> Rows:
    """Rows of a file that `dedup cluster --output` wrote.

    Raises:
        InputError: The file cannot be read, is empty or lacks a column.
    """
    columns, rows = read_table(path, COLUMNS)
    if not rows:
        raise InputError(f"{path}: has no articles: give what `dedup cluster --output` wrote")
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InputError(
            f"{path}: has no column {', '.join(map(repr, missing))}: "
            "give what `dedup cluster --output` wrote, a row for each article"
        )
    return rows


def examined_result(
    rows: Iterable[Mapping[str, object]], articles: Iterable[Article] | None = None
) -> ExaminedResult:
    """The stories of a result; the order of rows and articles does not matter.

    Args:
        rows: One per article, with at least the keys `COLUMNS`.
        articles: The articles, for titles and sources; those that are in no row are ignored.

    Raises:
        InputError: There is no row, a cell is missing or unusable, two rows have the same id, or
            none of the given articles is in a row.
    """
    by_text: dict[tuple[str, str], list[Mapping[str, object]]] = defaultdict(list)
    ids: set[str] = set()
    digests: set[str] = set()
    for row in rows:
        by_text[_filled(row, "duplicate_cluster"), _filled(row, "story_group")].append(row)
        id_ = _filled(row, "id")
        if id_ in ids:
            raise InputError(f"two rows have the id {id_!r}: keep one of them")
        ids.add(id_)
        digests.add(cell_text(row.get("config_digest")))
    if not ids:
        raise InputError("the result has no articles: there is nothing to examine")
    known = None if articles is None else {a.id: a for a in articles if a.id in ids}
    if known == {}:
        raise InputError(
            f"none of the given articles is in the result (which has {min(ids)!r}, for example): "
            "give the articles that it was made from"
        )
    texts = [_text(copies, known or {}) for copies in by_text.values()]
    return ExaminedResult(
        stories=_stories(texts),
        articles=len(ids),
        undated=sum(text.undated for text in texts),
        described=None if known is None else len(known),
        digests=tuple(sorted(digests - {""})),
    )


def _stories(texts: Iterable[ExaminedText]) -> tuple[ExaminedStory, ...]:
    by_story: dict[str, list[ExaminedText]] = defaultdict(list)
    for text in texts:
        by_story[text.story_group].append(text)
    stories = [
        ExaminedStory(
            id_,
            tuple(sorted(members, key=lambda text: (text.time or LATEST, text.id))),
            tuple(sorted(text.time for text in members if text.time)),
        )
        for id_, members in by_story.items()
    ]
    stories.sort(key=lambda story: (-len(story.texts), -story.articles, story.id))
    return tuple(stories)


def _text(rows: Sequence[Mapping[str, object]], articles: Mapping[str, Article]) -> ExaminedText:
    rows = sorted(rows, key=lambda row: (not _represents(row), _filled(row, "id")))
    described = [articles[id_] for row in rows if (id_ := _filled(row, "id")) in articles]
    times = [time for row in rows if (time := _time(row)) is not None]
    return ExaminedText(
        id=_filled(rows[0], "id"),
        duplicate_cluster=_filled(rows[0], "duplicate_cluster"),
        articles=len(rows),
        story_group=_filled(rows[0], "story_group"),
        probability=_probability(rows[0]),
        language=cell_text(rows[0].get("language")).lower(),
        time=min(times, default=None),
        undated=len(rows) - len(times),
        source=next(filter(None, map(source_of, described)), ""),
        title=next(filter(None, (" ".join(a.title.split()) for a in described)), ""),
    )


def _represents(row: Mapping[str, object]) -> bool:
    return cell_text(row.get("representative")) == cell_text(row.get("id"))


def _filled(row: Mapping[str, object], column: str) -> str:
    value = cell_text(row.get(column))
    if not value:
        where = cell_text(row.get("id"))
        of = f"the row of {where!r}" if where else "a row"
        raise InputError(f"{of} has no {column}: give what `dedup cluster --output` wrote")
    return value


def _probability(row: Mapping[str, object]) -> float | None:
    value = row.get("probability")
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise _unusable(row, "probability", value, "a number from 0 to 1")
    return number


def _time(row: Mapping[str, object]) -> datetime | None:
    value = row.get("published_at")
    # pandas marks a missing time by a value that does not equal itself.
    if value in (None, "") or value != value:
        return None
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(cell_text(value))
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unusable(
            row, "published_at", value, "a time such as 2023-10-16T06:20:00Z"
        ) from error


def _unusable(row: Mapping[str, object], column: str, value: object, rule: str) -> InputError:
    return InputError(f"the row of {_filled(row, 'id')!r} has {column} {value!r}: must be {rule}")
