"""The content of the report: a result as plain values that the template only lays out.

The size of the page is limited; the view counts what is left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dedup.articles import headline_of, source_of
from dedup.description.explanation import shown_probability
from dedup.records import Article, Problem, StoryGroup
from dedup.report.differences import shortened
from dedup.report.parts import ArticleView, Languages, LanguageView, Parts, TextView, fair_limit
from dedup.report.relations import Relations, RelationView
from dedup.report.times import Moment, Timeline, shown_day, shown_range, shown_span, timeline
from dedup.result import Result, Summary

# Limits of a page, for all its stories together and for a single one.
_TEXTS, _TEXTS_OF_STORY = 1_000, 50
_COPIES, _COPIES_OF_TEXT = 1_000, 20
_ROWS, _ROWS_OF_STORY = 2_000, 200
_TITLED, _TITLED_OF_STORY = 3_000, 300
_SINGLES = 300
_EXAMPLES = 5
_VALUE_CHARS = 120
_LABEL_CHARS = 90


@dataclass(frozen=True, slots=True)
class ProblemsView:
    """Problems of one kind: how many, and the first of them."""

    kind: str
    count: int
    examples: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story group.

    Args:
        story: The group itself.
        headline: Its headline, shortened.
        language: Language of the headline.
        period: First and last time; empty without dates.
        duration: Length of the period; empty below a minute.
        first, last: The two times for sorting, in seconds since 1970; 0 without dates.
        articles, copies, undated: Numbers of articles.
        languages: Languages with their numbers of articles.
        timeline: Its dated articles; None if there are none.
        central: Headline and source of the most central text.
        headlines: Headlines in its other languages.
        words: Its key words that are not part of its names.
        first_article: Its earliest article; None without dates.
        least_likely: Its least likely text; None in a story of one text.
        mean, lowest: Average P(same event) of all its texts, and of that one, in percent.
        related: Other stories that are related to it.
        texts: Its first independent texts.
        rows: Further independent texts, as a line each.
        more_rows: Number of independent texts in neither list.
    """

    story: StoryGroup
    headline: str
    language: LanguageView
    period: str
    duration: str
    first: int
    last: int
    articles: int
    copies: int
    undated: int
    languages: tuple[tuple[LanguageView, int], ...]
    timeline: Timeline | None
    central: ArticleView
    headlines: tuple[tuple[LanguageView, str], ...]
    words: tuple[str, ...]
    first_article: ArticleView | None
    least_likely: ArticleView | None
    mean: str
    lowest: str
    related: tuple[RelationView, ...]
    texts: tuple[TextView, ...]
    rows: tuple[ArticleView, ...]
    more_rows: int


@dataclass(frozen=True, slots=True)
class ReportView:
    """The page.

    Args:
        title: Its title.
        summary: Counts of the run.
        sources: Number of outlets.
        period, duration: Time span of the articles; empty without dates.
        languages: Languages with their numbers of articles.
        language_of: Languages by code, for the lanes of the timelines.
        problems: Problems by kind.
        stories: The largest stories of several articles.
        more_stories: Number of such stories that are not listed.
        singles: The first articles that are a story by themselves.
        more_singles: Number of such articles that are not listed.
    """

    title: str
    summary: Summary
    sources: int
    period: str
    duration: str
    languages: tuple[tuple[LanguageView, int], ...]
    language_of: dict[str, LanguageView]
    problems: tuple[ProblemsView, ...]
    stories: tuple[StoryView, ...]
    more_stories: int
    singles: tuple[ArticleView, ...]
    more_singles: int


def report_view(result: Result, *, max_stories: int, title: str) -> ReportView:
    """What the report of a result shows.

    Args:
        result: The result.
        max_stories: List at most this many stories.
        title: Title of the page.
    """
    languages = Languages(result.articles)
    several = [story for story in result.story_groups if len(story.members) > 1]
    single = [story for story in result.story_groups if len(story.members) == 1]
    period, duration = _period(result.articles)
    listed = several[:max_stories]
    stories = _Stories(result, languages, listed)
    return ReportView(
        title=title,
        summary=result.summary,
        sources=len({source_of(article) for article in result.articles} - {""}),
        period=period,
        duration=duration,
        languages=languages.counts,
        language_of={view.code: view for view, _ in languages.counts},
        problems=_problems(result),
        stories=tuple(stories.view(story) for story in listed),
        more_stories=len(several) - len(listed),
        singles=tuple(
            stories.parts.article(result.by_id[story.members[0].id]) for story in single[:_SINGLES]
        ),
        more_singles=max(0, len(single) - _SINGLES),
    )


def _problems(result: Result) -> tuple[ProblemsView, ...]:
    """Kinds of problems by number; the order of the input does not matter."""
    by_kind: dict[str, list[Problem]] = {}
    for problem in sorted(
        result.problems, key=lambda problem: (problem.kind, problem.where, problem.value)
    ):
        by_kind.setdefault(problem.kind, []).append(problem)
    ranked = sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        ProblemsView(kind, len(problems), tuple(map(_example, problems[:_EXAMPLES])))
        for kind, problems in ranked
    )


def _example(problem: Problem) -> Problem:
    where, value = (shortened(text, _VALUE_CHARS) for text in (problem.where, problem.value))
    return Problem(problem.kind, where, value, problem.article_kept)


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


def _words(story: StoryGroup) -> tuple[str, ...]:
    """The key terms that are not part of a name of the story."""
    named = {part.casefold() for name in story.names for part in name.split()}
    return tuple(word for word in story.key_terms if word not in named)


class _Stories:
    """Makes the views of the listed stories within the limits of the page."""

    def __init__(self, result: Result, languages: Languages, stories: Sequence[StoryGroup]) -> None:
        texts = [story.texts for story in stories]
        copies = [
            len(result.duplicates_of[member.id][0].members) - 1
            for story in stories
            for member in story.members
            if result.duplicates_of[member.id][0].representative == member.id
        ]
        self._most_texts = fair_limit(texts, total=_TEXTS, most=_TEXTS_OF_STORY)
        further = [max(0, count - self._most_texts) for count in texts]
        self._most_rows = fair_limit(further, total=_ROWS, most=_ROWS_OF_STORY)
        most_copies = fair_limit(copies, total=_COPIES, most=_COPIES_OF_TEXT)
        articles = [len(story.members) for story in stories]
        self._most_titled = fair_limit(articles, total=_TITLED, most=_TITLED_OF_STORY)
        self.parts = Parts(result, languages, most_copies)
        listed = [story.id for story in stories]
        self._related = Relations(result.related, result.story_groups, listed, languages)
        self._result = result
        self._languages = languages

    def view(self, story: StoryGroup) -> StoryView:
        """The view of one story."""
        by_id = self._result.by_id
        articles = [by_id[member.id] for member in story.members]
        times = [article.published_at for article in articles if article.published_at]
        first, last = story.first_seen, story.last_seen
        least_likely = story.least_likely_member
        chances = self._representatives(story)
        central = self._central(story, chances)
        shown, further = list(chances)[: self._most_texts], list(chances)[self._most_texts :]
        return StoryView(
            story=story,
            headline=shortened(story.headline, 2 * _VALUE_CHARS),
            language=self._languages.of(by_id[central].language),
            period=shown_range(first, last) if first and last else "",
            duration=shown_span(first, last),
            first=int(first.timestamp()) if first else 0,
            last=int(last.timestamp()) if last else 0,
            articles=len(articles),
            copies=len(articles) - story.texts,
            undated=len(articles) - len(times),
            languages=self._languages.counted(articles),
            timeline=self._timeline(articles),
            central=self.parts.article(by_id[central]),
            headlines=tuple(
                (self._languages.of(code), shortened(title, 2 * _VALUE_CHARS))
                for code, title in story.headlines.items()
                if title != story.headline
            ),
            words=_words(story),
            first_article=self.parts.article(by_id[story.first_article]) if first else None,
            least_likely=self.parts.article(by_id[least_likely.id]) if least_likely else None,
            mean=shown_probability(story.cohesion or 0.0),
            lowest=shown_probability((least_likely and least_likely.probability) or 0.0),
            related=self._related.of(story.id),
            texts=tuple(self.parts.text(id, chances[id], central) for id in shown),
            rows=tuple(self.parts.article(by_id[id]) for id in further[: self._most_rows]),
            more_rows=max(0, len(further) - self._most_rows),
        )

    def _representatives(self, story: StoryGroup) -> dict[str, float | None]:
        """Mean P(same event) by id of the independent texts, in order of time."""
        return {
            member.id: member.probability
            for member in story.members
            if self._result.duplicates_of[member.id][0].representative == member.id
        }

    def _central(self, story: StoryGroup, chances: dict[str, float | None]) -> str:
        """Id of the text with the highest probability; of equal ones, that of the headline."""

        def rank(id: str) -> tuple[float, bool]:
            article, clean = self._result.by_id[id], self._result.clean_texts[id]
            return chances[id] or 0.0, headline_of(article, clean) == story.headline

        return max(chances, key=rank)

    def _timeline(self, articles: Sequence[Article]) -> Timeline | None:
        """Timeline of the articles; the labels of a large story have no headlines."""
        titled = len(articles) <= self._most_titled
        moments = []
        for article in articles:
            view = self.parts.article(article)
            label = f"{view.time} · {view.source}"
            if titled:
                label += f" · {shortened(view.title, _LABEL_CHARS)}"
            moments.append(Moment(article.published_at, view.language.code, label))
        return timeline(moments)
