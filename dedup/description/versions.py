"""Versions: articles of one story that a source published one after the other at one address.

An updated report, a correction, a live page: each replaces the one before. They are one page with
a history, whatever their texts have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dedup.articles import source_of
from dedup.readers.identity import page_address
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
        address = page_address(article.url)
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
        copies: Ids of the other articles of its duplicate cluster in the story, by time.
        versions: Ids of the articles that one of these replaced, whatever their texts, by time.
    """

    member: StoryMember
    copies: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def below(self) -> tuple[str, ...]:
        """Ids of the copies, then of the versions."""
        return (*self.copies, *self.versions)


def texts_of(story: StoryGroup, representatives: Mapping[str, str]) -> list[StoryText]:
    """The independent texts of a story, by time.

    Each article is in one line. The representative of a duplicate cluster stands for it, or
    another copy where that is in another story or was replaced.

    Args:
        story: The story.
        representatives: Of its duplicate clusters, by their ids.
    """
    replaced = replacements(story)
    members: dict[str, list[StoryMember]] = {}
    for member in story.members:
        if member.id not in replaced:
            members.setdefault(member.duplicate_cluster, []).append(member)
    history: dict[str, list[str]] = {}
    for member in story.members:
        if member.id in replaced:
            history.setdefault(replaced[member.id], []).append(member.id)
    lines = {}
    for text, (first, *others) in members.items():
        leader = representatives.get(text)
        shown = next((member for member in others if member.id == leader), first)
        copies = tuple(member.id for member in (first, *others) if member is not shown)
        versions = [id for member in (first, *others) for id in history.get(member.id, ())]
        lines[shown.id] = StoryText(shown, copies, tuple(versions))
    return [lines[member.id] for member in story.members if member.id in lines]
