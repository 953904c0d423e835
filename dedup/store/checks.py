"""What must be so in every store: checksums, places, members, successors, history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from dedup.store import StoredStory
from dedup.store.database import Select, pages
from dedup.store.identity import replay
from dedup.store.rows import (
    ARTICLE,
    EVENT,
    STORY,
    Row,
    checksum,
    from_text,
    read_article,
    read_event,
    read_story,
)

_SHOWN = 5
_PAGE = 1_000
_T = TypeVar("_T")
_Findings = defaultdict[str, list[str]]
"""Ids by what is wrong with them."""


def examine(select: Select) -> list[str]:
    """What is wrong in the tables, in words; empty if nothing is.

    Args:
        select: Runs a statement of SQL on one view of the store.
    """
    findings: _Findings = defaultdict(list)
    _articles(select, findings)
    stored_stories = _read(select, "stories", STORY, read_story, findings)
    stories = {stored.id: stored for stored in stored_stories}
    placed = _placements(select, findings)
    _members(stories, placed, findings)
    _successors(stories, findings)
    _history(select, stories, findings)
    _archive(select, findings)
    return _in_words(findings)


def examine_articles(select: Select) -> list[str]:
    """What is wrong in the table of articles, see `examine`."""
    findings: _Findings = defaultdict(list)
    _articles(select, findings)
    return _in_words(findings)


def _articles(select: Select, findings: _Findings) -> None:
    for _ in _read(select, "articles", ARTICLE, read_article, findings):
        pass


def _in_words(findings: _Findings) -> list[str]:
    return [
        f"{what}: {', '.join(ids[:_SHOWN])}"
        + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
        for what, ids in findings.items()
    ]


def _read(
    select: Select,
    table: str,
    columns: Sequence[str],
    read: Callable[[Row], _T],
    findings: _Findings,
) -> Iterator[_T]:
    """Records of the rows of a table that are as they were written."""
    what = "story groups" if table == "stories" else table
    for row in pages(select, table, columns, size=_PAGE):
        name = str(row[0])
        try:
            if checksum(row[:-1]) != row[-1]:
                findings[f"{what} not as written"].append(name)
            yield read(row)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            findings[f"{what} that cannot be read"].append(name)


def _placements(select: Select, findings: _Findings) -> dict[str, set[str]]:
    """Articles by the story group that they are placed in."""
    statement = (
        "SELECT places.id, places.story, articles.id FROM places "
        "LEFT JOIN articles ON articles.id = places.id ORDER BY places.id"
    )
    placed: defaultdict[str, set[str]] = defaultdict(set)
    for id, story, article in select(statement, ()):
        placed[from_text(story)].add(from_text(id))
        if article is None:
            findings["places without an article"].append(id)
    statement = (
        "SELECT id FROM articles WHERE NOT EXISTS "
        "(SELECT 1 FROM places WHERE places.id = articles.id) ORDER BY id"
    )
    for (id,) in select(statement, ()):
        findings["articles without a place"].append(id)
    return placed


def _members(
    stories: Mapping[str, StoredStory], placed: Mapping[str, set[str]], findings: _Findings
) -> None:
    for id in sorted(stories.keys() | placed.keys()):
        group = stories[id].group if id in stories else None
        members = {member.id for member in group.members} if group else set()
        if members - placed.get(id, set()):
            findings["story groups with members that are not placed in them"].append(id)
        if placed.get(id, set()) - members:
            findings["story groups that do not list articles placed in them"].append(id)


def _archive(select: Select, findings: _Findings) -> None:
    """Story groups that are archived in part."""
    statement = (
        "SELECT places.story FROM places LEFT JOIN archived ON archived.id = places.id "
        "GROUP BY places.story HAVING COUNT(archived.id) > 0 AND COUNT(archived.id) < COUNT(*) "
        "ORDER BY places.story"
    )
    for (story,) in select(statement, ()):
        findings["story groups that are archived in part"].append(from_text(story))


def _successors(stories: Mapping[str, StoredStory], findings: _Findings) -> None:
    for id, stored in stories.items():
        if (stored.state == "open") != (stored.group is not None):
            findings["story groups whose state and description differ"].append(id)
        seen = {id}
        successor: StoredStory | None = stored
        while successor is not None and successor.state == "merged":
            successor = (
                stories.get(successor.successor) if successor.successor not in seen else None
            )
            seen.add(successor.id if successor else "")
        if successor is None:
            findings["story groups merged into none"].append(id)


def _history(select: Select, stories: Mapping[str, StoredStory], findings: _Findings) -> None:
    events = list(_read(select, "events", EVENT, read_event, findings))
    for number, event in enumerate(events, 1):
        if event.number != number:
            findings["events missing before number"].append(str(event.number))
            break
    replayed = replay(events)
    open_stories = {
        stored.id: {member.id for member in stored.group.members}
        for stored in stories.values()
        if stored.group is not None
    }
    for id in sorted(replayed.keys() | open_stories.keys()):
        if replayed.get(id, set()) != open_stories.get(id, set()):
            findings["story groups that are not what the history tells"].append(id)
