"""Versions: articles of one story that a source published one after the other at one address.

An updated report, a correction, a live page: each replaces the one before. They are one page with
a history, whatever their texts have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dedup.articles import address_of, source_of
from dedup.records import Article, StoryGroup, StoryMember


def versions_of(articles: Sequence[Article]) -> tuple[tuple[str, ...], ...]:
    """The pages that several of these articles are versions of.

    Args:
        articles: Articles of one story, by time.

    Returns:
        Ids of the versions of each page, the earliest first, the last replaces the others.
    """
    pages: dict[tuple[str, str], list[str]] = {}
    for article in articles:
        address = address_of(article.url)
        if address:
            pages.setdefault((source_of(article).casefold(), address), []).append(article.id)
    return tuple(tuple(ids) for ids in pages.values() if len(ids) > 1)


def replacements(story: StoryGroup) -> dict[str, str]:
    """The latest version of each article that was replaced, by id."""
    return {id: latest for *earlier, latest in story.versions for id in earlier}


@dataclass(frozen=True, slots=True)
class StoryText:
    """An independent text of a story, as one line.

    Args:
        member: The article that stands for it.
        copies: Ids of the other articles of its duplicate cluster that are in the story.
        versions: Ids of the articles here that are versions of its page: of the copies, and of
            texts of which only versions are here that one of its articles replaced.
    """

    member: StoryMember
    copies: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def below(self) -> tuple[str, ...]:
        """Copies and versions, each once."""
        return tuple(dict.fromkeys((*self.copies, *self.versions)))


def texts_of(story: StoryGroup, representatives: Mapping[str, str]) -> list[StoryText]:
    """The independent texts of a story, by time.

    Where the representative of a duplicate cluster is in another story, its first copy in this one
    stands for it. A text of which only versions are here that a later one replaced is no line.

    Args:
        story: The story.
        representatives: Of its duplicate clusters, by their ids.
    """
    replaced, text_of = replacements(story), {m.id: m.duplicate_cluster for m in story.members}
    members: dict[str, list[StoryMember]] = {}
    for member in story.members:
        members.setdefault(member.duplicate_cluster, []).append(member)
    kept = {text_of[member.id] for member in story.members if member.id not in replaced}
    history: dict[str, list[str]] = {}
    for *earlier, latest in story.versions:
        home = history.setdefault(text_of[latest], [])
        same = [id for id in (*earlier, latest) if text_of[id] == text_of[latest]]
        home += [id for id in earlier if text_of[id] not in kept] + (same if earlier else [])
    lines = {}
    for text in kept:
        first = next((m for m in members[text] if m.id == representatives.get(text)), None)
        shown = first or members[text][0]
        copies = tuple(member.id for member in members[text] if member.id != shown.id)
        versions = tuple(id for id in history.get(text, ()) if id != shown.id)
        lines[shown.id] = StoryText(shown, copies, versions)
    return [lines[member.id] for member in story.members if member.id in lines]
