"""The content of the report: a result as plain values that the template only lays out.

The size of the page is limited; the view counts what is left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dedup.articles import headline_of, published_body, published_removals, source_of
from dedup.description.remarks import remarks_on
from dedup.description.versions import StoryText, texts_of
from dedup.duplicates.stretches import is_digest
from dedup.records import Article, Problem, StoryGroup, StoryMember
from dedup.report.differences import shortened
from dedup.report.parts import (
    EXCERPT_CHARS,
    ArticleView,
    CopyView,
    Languages,
    LanguageView,
    TextView,
    article_timeline,
    article_view,
    copy_view,
    fair_limit,
)
from dedup.report.relations import Relations, RelationView
from dedup.report.rows import RowView, row_view
from dedup.report.times import Timeline, shown_day
from dedup.result import Result

# Limits of a page, for all its stories together and for a single one.
_TEXTS, _TEXTS_OF_STORY = 1_000, 50
_COPIES, _COPIES_OF_TEXT = 1_000, 20
_ROWS, _ROWS_OF_STORY = 2_000, 200
_TITLED, _TITLED_OF_STORY = 3_000, 300
_SINGLES = 20_000


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story group.

    Args:
        story: The group itself.
        undated: Number of its articles without a date.
        languages: Languages with their numbers of articles.
        timeline: Its dated articles; None if there are none.
        central: Headline and source of the most central text, with which the others are compared.
        first_article: Its earliest article; None without dates.
        least_likely: Its least likely text; None in a story of one text.
        related: Other stories that are related to it.
        texts: Its first independent texts.
        rows: Further independent texts, as a line each.
    """

    story: StoryGroup
    undated: int
    languages: tuple[tuple[LanguageView, int], ...]
    timeline: Timeline | None
    central: ArticleView
    first_article: ArticleView | None
    least_likely: ArticleView | None
    related: tuple[RelationView, ...]
    texts: tuple[TextView, ...]
    rows: tuple[ArticleView, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """The page.

    Args:
        sources: Number of outlets.
        period, duration: Time span of the articles; empty without dates.
        languages: The languages of all articles.
        problems: Problems by kind.
        stories: All stories, the largest first; and the details of the largest.
        detailed: Number of the stories with details.
        outlets: All outlets, sorted.
        more_singles: Number of stories of one article that are not listed.
    """

    sources: int
    period: str
    duration: str
    languages: Languages
    problems: list[tuple[str, list[Problem]]]
    stories: tuple[tuple[RowView, StoryView | None], ...]
    detailed: int
    outlets: tuple[str, ...]
    more_singles: int


def report_view(result: Result, *, detailed_stories: int) -> ReportView:
    """What the report of a result shows.

    Args:
        result: The result.
        detailed_stories: Show the texts of at most this many stories of several articles.
    """
    languages = Languages(result.articles)
    several = [story for story in result.story_groups if len(story.members) > 1]
    single = [story for story in result.story_groups if len(story.members) == 1]
    period, duration = _period(result.articles)
    listed = [*several, *single[:_SINGLES]]
    detailed = several[:detailed_stories]
    stories = _Stories(result, languages, detailed, listed)
    views = {story.id: stories.view(story) for story in detailed}
    outlets = sorted({source_of(article) for article in result.articles} - {""})
    return ReportView(
        sources=len(outlets),
        period=period,
        duration=duration,
        languages=languages,
        problems=_problems(result),
        stories=tuple(
            (row_view(story, result, languages), views.get(story.id)) for story in listed
        ),
        detailed=len(detailed),
        outlets=tuple(outlets),
        more_singles=max(0, len(single) - _SINGLES),
    )


def _problems(result: Result) -> list[tuple[str, list[Problem]]]:
    """Kinds of problems by number; the order of the input does not matter."""
    ordered = sorted(
        result.problems, key=lambda problem: (problem.kind, problem.where, problem.value)
    )
    kinds = [(kind, list(group)) for kind, group in groupby(ordered, lambda problem: problem.kind)]
    return sorted(kinds, key=lambda item: -len(item[1]))


def _period(articles: Iterable[Article]) -> tuple[str, str]:
    """First and last day of the articles, and the number of days; empty without dates."""
    times = [article.published_at for article in articles if article.published_at]
    if not times:
        return "", ""
    first, last = min(times), max(times)
    days = (last.date() - first.date()).days + 1
    if days == 1:
        return shown_day(first), "1 day"
    return f"{shown_day(first)} – {shown_day(last)}", f"{days:,} days"


class _Stories:
    """Makes the views of the detailed stories within the limits of the page."""

    def __init__(
        self,
        result: Result,
        languages: Languages,
        stories: Sequence[StoryGroup],
        listed: Sequence[StoryGroup],
    ) -> None:
        self._result = result
        self._languages = languages
        self._representatives = {
            cluster.id: cluster.representative for cluster in result.duplicate_clusters
        }
        texts = [story.texts for story in stories]
        copies = [
            len(text.below) for story in stories for text in texts_of(story, self._representatives)
        ]
        self._most_texts = fair_limit(texts, total=_TEXTS, most=_TEXTS_OF_STORY)
        further = [max(0, count - self._most_texts) for count in texts]
        self._most_rows = fair_limit(further, total=_ROWS, most=_ROWS_OF_STORY)
        self._most_copies = fair_limit(copies, total=_COPIES, most=_COPIES_OF_TEXT)
        articles = [len(story.members) for story in stories]
        self._most_titled = fair_limit(articles, total=_TITLED, most=_TITLED_OF_STORY)
        ids = [story.id for story in listed]
        self._related = Relations(result.related, result.story_groups, ids, languages)

    def article(self, id: str) -> ArticleView:
        """Byline of an article."""
        return article_view(self._result.by_id[id], self._result.clean_texts[id], self._languages)

    def view(self, story: StoryGroup) -> StoryView:
        """The view of one story."""
        articles = [self._result.by_id[member.id] for member in story.members]
        least_likely = story.least_likely_member
        texts = texts_of(story, self._representatives)
        central = self._central(story, [text.member for text in texts])
        shown, further = texts[: self._most_texts], texts[self._most_texts :]
        return StoryView(
            story=story,
            undated=sum(article.published_at is None for article in articles),
            languages=self._languages.counted(articles),
            # Labels without headlines for the articles of a large story.
            timeline=article_timeline(
                ((article, self.article(article.id)) for article in articles),
                titled=len(articles) <= self._most_titled,
            ),
            central=self.article(central),
            first_article=self.article(story.first_article) if story.first_seen else None,
            least_likely=self.article(least_likely.id) if least_likely else None,
            related=self._related.of(story.id),
            texts=tuple(self._text(story, text, central) for text in shown),
            rows=tuple(self.article(text.member.id) for text in further[: self._most_rows]),
        )

    def _text(self, story: StoryGroup, text: StoryText, central: str) -> TextView:
        """An independent text of a story whose most central text is represented by `central`."""
        result, representative = self._result, text.member.id
        cluster, _ = result.duplicates_of[representative]
        article, clean = result.by_id[representative], result.clean_texts[representative]
        listed, evidences = text.below[: self._most_copies], result.evidences
        return TextView(
            self.article(representative),
            shortened(published_body(article, clean), EXCERPT_CHARS),
            text.member.probability,
            tuple(self._copy(id, representative, is_version=id in text.versions) for id in listed),
            len(text.below) - len(listed),
            evidences.link(representative, central),
            published_removals(article, clean),
            remarks_on(
                representative,
                is_digest=is_digest(cluster),
                is_wall=clean.is_wall,
                template=evidences.templates.get(evidences.representative_of(representative), ""),
                versions=story.versions_with(representative),
            ),
            sum(self._result.story_of[member.id][0] is not story for member in cluster.members),
        )

    def _copy(self, id: str, representative: str, *, is_version: bool) -> CopyView:
        result = self._result
        cluster, member = result.duplicates_of[id]
        if cluster.representative != representative:
            match = result.evidences.match(representative, id)
            containment = max(match.containment_a, match.containment_b)
            member = replace(member, jaccard=match.jaccard, containment=containment)
        copy, original = (
            (result.by_id[one], result.clean_texts[one]) for one in (id, representative)
        )
        return copy_view(member, copy, original, self._languages, is_version=is_version)

    def _central(self, story: StoryGroup, texts: Sequence[StoryMember]) -> str:
        """Id of the text with the highest probability; of equal ones, that of the headline."""

        def rank(member: StoryMember) -> tuple[float, bool]:
            article, clean = self._result.by_id[member.id], self._result.clean_texts[member.id]
            return member.probability or 0.0, headline_of(article, clean) == story.headline

        return max(texts, key=rank).id
