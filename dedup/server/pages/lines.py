"""Parts of several pages: a story as a line, a copy with its differences, articles by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.articles import body_of, published_body, source_of
from dedup.config import Config
from dedup.duplicates.matches import compare
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import DuplicateMember, StoryGroup
from dedup.report.parts import (
    ArticleView,
    CopyView,
    Languages,
    LanguageView,
    article_view,
    copy_view,
)
from dedup.server.pages.sparkline import Sparkline, sparkline
from dedup.store import Placement, StoredArticle

MOST_COPIES = 50
_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in the list.

    Args:
        story: The group.
        tag: Language tag of its headline.
        languages: Its languages.
        sources: Its sources; where no article names one, the hosts of their pages.
        spark: When its articles were published.
    """

    story: StoryGroup
    tag: str
    languages: tuple[LanguageView, ...]
    sources: tuple[str, ...]
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


def text_of(stored: StoredArticle) -> str:
    """The text of an article as published, without what cleaning removed."""
    return published_body(stored.article, stored.clean)


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
    hosts = {source_of(stored.article) for stored in members.values()} - {""}
    return StoryLine(
        story=story,
        tag=languages.of_headline(story).tag,
        languages=tuple(languages.of(code) for code in story.languages),
        sources=story.sources or tuple(sorted(hosts)),
        spark=sparkline([time for time in times if time]),
    )


def copy_lines(
    copies: Sequence[Placement],
    articles: Mapping[str, StoredArticle],
    original: StoredArticle,
    languages: Languages,
    config: Config,
    versions: Collection[str] = (),
) -> tuple[CopyView, ...]:
    """The first copies of a text, or versions of its page, each compared with it."""
    return tuple(
        copy_view(
            _measured(copy, articles[copy.id], original, config),
            (articles[copy.id].article, articles[copy.id].clean),
            (original.article, original.clean),
            languages,
            is_version=copy.id in versions,
        )
        for copy in copies[:MOST_COPIES]
        if copy.id in articles
    )


def _measured(
    copy: Placement, stored: StoredArticle, original: StoredArticle, config: Config
) -> DuplicateMember:
    """A copy as it is placed; one that stands under another text is compared with that."""
    jaccard, containment = copy.jaccard, copy.containment
    if copy.representative != original.article.id:
        found = compare(body_of(original.clean), body_of(stored.clean), config)
        jaccard, containment = found.jaccard, found.containment
    return DuplicateMember(copy.id, copy.copy_type, jaccard, containment)
