"""What several pages show: a story in a line, a copy with what it changed, articles by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.articles import source_of
from dedup.description.explanation import shown_probability
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import DuplicateMember, StoryGroup
from dedup.report.differences import Difference, difference, shortened
from dedup.report.parts import ArticleView, Languages, LanguageView, article_view
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
        sources: Its first outlets.
        more_sources: Outlets that are not among them.
        spark: When its articles appeared.
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


@dataclass(frozen=True, slots=True)
class CopyLine:
    """A copy of a text, measured against it, and what differs."""

    id: str
    article: ArticleView
    measured: DuplicateMember
    other_title: bool
    difference: Difference


def articles_of(index: StoryIndex, ids: Iterable[str]) -> dict[str, StoredArticle]:
    """Articles by id; one that was removed in the meantime is left out."""
    found = {}
    for each in ids:
        try:
            found[each] = index.article(each)
        except NotFoundError:
            continue
    return found


def members_of(index: StoryIndex, story: StoryGroup) -> dict[str, StoredArticle]:
    """The first articles of a story, by id."""
    return articles_of(index, (member.id for member in story.members[:_MEMBERS]))


def languages_of(articles: Mapping[str, StoredArticle]) -> Languages:
    """Languages of articles."""
    return Languages([each.article for each in articles.values()])


def byline(stored: StoredArticle, languages: Languages) -> ArticleView:
    """Byline of an article."""
    return article_view(stored.article, stored.clean, languages)


def story_lines(index: StoryIndex, stories: Iterable[StoryGroup]) -> tuple[StoryLine, ...]:
    """Stories in a line each; a language has one colour in all of them."""
    found = [(story, members_of(index, story)) for story in stories]
    languages = Languages([each.article for _, members in found for each in members.values()])
    return tuple(story_line(story, members, languages) for story, members in found)


def story_line(
    story: StoryGroup, members: Mapping[str, StoredArticle], languages: Languages
) -> StoryLine:
    """A story in a line, from its articles."""
    spoken = (code for code, title in story.headlines.items() if title == story.headline)
    times = [each.article.published_at for each in members.values()]
    first, last = story.first_seen, story.last_seen
    # The index takes sources as they are named; the host of a page stands in for none.
    sources = story.sources or tuple(
        sorted({source_of(each.article) for each in members.values()} - {""})
    )
    return StoryLine(
        story=story,
        headline=shortened(story.headline, _HEADLINE_CHARS),
        tag=languages.of(next(spoken, "")).tag,
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
) -> tuple[CopyLine, ...]:
    """The first copies of a text, each compared with it."""
    return tuple(
        CopyLine(
            each.id,
            byline(articles[each.id], languages),
            DuplicateMember(each.id, each.copy_type, each.jaccard, each.containment),
            articles[each.id].clean.title != original.clean.title,
            difference(original.clean.text, articles[each.id].clean.text),
        )
        for each in copies[:MOST_COPIES]
        if each.id in articles
    )


def chance(probability: float | None) -> str:
    """A probability in words; empty where there is none."""
    return "" if probability is None else shown_probability(probability)
