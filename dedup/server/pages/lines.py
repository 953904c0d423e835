"""Parts of several pages: a story as a line, a copy with its differences, articles by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.articles import source_of
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import DuplicateMember, StoryGroup
from dedup.report.differences import shortened
from dedup.report.parts import (
    ArticleView,
    CopyView,
    Languages,
    LanguageView,
    article_view,
    copy_view,
)
from dedup.report.times import shown_range
from dedup.server.pages.sparkline import Sparkline, sparkline
from dedup.store import Placement, StoredArticle

MOST_COPIES = 50
_MEMBERS = 1_000
_HEADLINE_CHARS = 240
_SOURCE_CHARS = 60
_SOURCES = 6


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in the list.

    Args:
        story: The group.
        headline: Its headline, shortened.
        tag: Language tag of the headline.
        period: From its first to its last time.
        moment: Its last time, for machines.
        languages: Its languages.
        sources: Its first sources.
        more_sources: Number of further sources.
        spark: When its articles were published.
    """

    story: StoryGroup
    headline: str
    tag: str
    period: str
    moment: str
    languages: tuple[LanguageView, ...]
    sources: tuple[str, ...]
    more_sources: int
    spark: Sparkline | None


def articles_of(index: StoryIndex, ids: Iterable[str]) -> dict[str, StoredArticle]:
    """Articles by id; one that was removed in the meantime is left out."""
    articles = {}
    for id in ids:
        try:
            articles[id] = index.article(id)
        except NotFoundError:
            continue
    return articles


def members_of(index: StoryIndex, story: StoryGroup) -> dict[str, StoredArticle]:
    """The first articles of a story, by id."""
    return articles_of(index, (member.id for member in story.members[:_MEMBERS]))


def languages_of(articles: Mapping[str, StoredArticle]) -> Languages:
    """Languages of articles."""
    return Languages([stored.article for stored in articles.values()])


def byline(stored: StoredArticle, languages: Languages) -> ArticleView:
    """Byline of an article."""
    return article_view(stored.article, stored.clean, languages)


def story_lines(index: StoryIndex, stories: Iterable[StoryGroup]) -> tuple[StoryLine, ...]:
    """Stories as lines; a language has the same colour in all of them."""
    members_by_story = [(story, members_of(index, story)) for story in stories]
    everything = [stored.article for _, members in members_by_story for stored in members.values()]
    languages = Languages(everything)
    return tuple(story_line(story, members, languages) for story, members in members_by_story)


def story_line(
    story: StoryGroup, members: Mapping[str, StoredArticle], languages: Languages
) -> StoryLine:
    """A story as a line, from its articles."""
    times = [stored.article.published_at for stored in members.values()]
    first, last = story.first_seen, story.last_seen
    # Where no article names its source, the hosts of their pages are shown.
    sources = story.sources or tuple(
        sorted({source_of(stored.article) for stored in members.values()} - {""})
    )
    return StoryLine(
        story=story,
        headline=shortened(story.headline, _HEADLINE_CHARS),
        tag=languages.of_headline(story).tag,
        period=shown_range(first, last) if first and last else "no dates",
        moment=last.strftime("%Y-%m-%dT%H:%M:%SZ") if last else "",
        languages=tuple(languages.of(code) for code in story.languages),
        sources=tuple(shortened(source, _SOURCE_CHARS) for source in sources[:_SOURCES]),
        more_sources=max(0, len(sources) - _SOURCES),
        spark=sparkline([time for time in times if time]),
    )


def copy_lines(
    copies: Sequence[Placement],
    articles: Mapping[str, StoredArticle],
    original: StoredArticle,
    languages: Languages,
) -> tuple[CopyView, ...]:
    """The first copies of a text, each compared with it."""
    return tuple(
        copy_view(
            DuplicateMember(copy.id, copy.copy_type, copy.jaccard, copy.containment),
            articles[copy.id].article,
            articles[copy.id].clean,
            original.clean,
            languages,
        )
        for copy in copies[:MOST_COPIES]
        if copy.id in articles
    )
