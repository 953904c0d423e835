"""The page of a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dedup.description.explanation import shown_probability
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import StoryGroup
from dedup.report.differences import shortened
from dedup.report.parts import EXCERPT_CHARS, ArticleView, Languages, LanguageView
from dedup.report.relations import Relations, RelationView
from dedup.report.times import Moment, Timeline, shown_span, shown_time, timeline
from dedup.server.pages.lines import (
    MOST_COPIES,
    CopyLine,
    StoryLine,
    articles_of,
    byline,
    copy_lines,
    languages_of,
    members_of,
    story_line,
)
from dedup.store import Placement, StoredArticle
from dedup.store.records import StoryEvent

_TEXTS = 200
_EVENTS = 100
_LABEL_CHARS = 90
_EVENT_NAMES = {
    "created": "Created",
    "grown": "Grew",
    "shrunk": "Shrank",
    "split": "Split from",
    "merged": "Merged into",
    "closed": "Closed",
}


@dataclass(frozen=True, slots=True)
class IndependentText:
    """An independent text of a story, with its copies."""

    id: str
    article: ArticleView
    excerpt: str
    probability: float | None
    copies: tuple[CopyLine, ...]
    more_copies: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An event of a story's history: what happened, when, to how many articles."""

    name: str
    other: str
    time: str
    moment: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class StoryPageView:
    """A story.

    Args:
        line: The story as lists show it.
        counts: Languages with their numbers of articles.
        timeline: Its articles by time and language.
        language_of: Languages by code, for the timeline.
        words: Its key words that are not among its names.
        first_report: Its earliest article, with its id.
        least_likely: Its text of the lowest probability, with its id; None in a story of one text.
        probability: Mean P(same event) of all its texts, in percent.
        least_probability: Mean P(same event) of `least_likely` with the others, in percent.
        duration: From its first to its last article; empty below a minute.
        texts: Independent texts by language, the language of most texts first.
        more_texts: Number of further independent texts.
        copies: Articles that are copies of another.
        relations: Related stories.
        history: Its events, the latest first.
        as_of: The time of the state that is shown; empty for now.
    """

    line: StoryLine
    counts: tuple[tuple[LanguageView, int], ...]
    timeline: Timeline | None
    language_of: Mapping[str, LanguageView]
    words: tuple[str, ...]
    first_report: tuple[str, ArticleView] | None
    least_likely: tuple[str, ArticleView] | None
    probability: str
    least_probability: str
    duration: str
    texts: tuple[tuple[LanguageView, tuple[IndependentText, ...]], ...]
    more_texts: int
    copies: int
    relations: tuple[RelationView, ...]
    history: tuple[HistoryLine, ...]
    as_of: str


def story_page(index: StoryIndex, story: StoryGroup, as_of: datetime | None) -> StoryPageView:
    """The page of a story.

    Args:
        index: The index.
        story: The story, as it is or as it was.
        as_of: The time of this state; None for now.
    """
    members = members_of(index, story)
    languages = languages_of(members)
    views = {id: byline(stored, languages) for id, stored in members.items()}
    texts = _texts(index, story, members, languages)
    least_likely = story.least_likely_member
    first, last = story.first_seen, story.last_seen
    named = {part.casefold() for name in story.names for part in name.split()}
    history = index.changes(story_group=story.id)
    relations = _related(index, story, languages) if as_of is None else ()
    return StoryPageView(
        line=story_line(story, members, languages),
        counts=languages.counts,
        timeline=_timeline(members, views),
        language_of={view.code: view for view, _ in languages.counts},
        relations=relations,
        words=tuple(word for word in story.key_terms if word not in named),
        first_report=_known(story.first_article, views),
        least_likely=_known(least_likely.id, views) if least_likely else None,
        probability=shown_probability(story.cohesion or 0.0),
        least_probability=shown_probability((least_likely and least_likely.probability) or 0.0),
        duration=shown_span(first, last),
        texts=_by_language(texts, languages),
        more_texts=max(0, story.texts - len(texts)),
        copies=len(story.members) - story.texts,
        history=tuple(map(_history_line, history[: -_EVENTS - 1 : -1])),
        as_of=shown_time(as_of) if as_of else "",
    )


def _known(id: str, views: Mapping[str, ArticleView]) -> tuple[str, ArticleView] | None:
    return (id, views[id]) if id in views else None


def _timeline(
    members: Mapping[str, StoredArticle], views: Mapping[str, ArticleView]
) -> Timeline | None:
    moments = []
    for id, stored in members.items():
        view = views[id]
        label = f"{view.time} · {view.source} · {shortened(view.title, _LABEL_CHARS)}"
        moments.append(Moment(stored.article.published_at, view.language.code, label))
    return timeline(moments)


def _related(
    index: StoryIndex, story: StoryGroup, languages: Languages
) -> tuple[RelationView, ...]:
    try:
        relations = index.related(story.id)
        ids = {id for relation in relations for id in (relation.earlier, relation.later)} - {
            story.id
        }
        stories = [story, *(index.story(id) for id in sorted(ids))]
    except NotFoundError:
        # A write removed one of them in the meantime.
        return ()
    known = {story.id for story in stories}
    between = [relation for relation in relations if {relation.earlier, relation.later} <= known]
    return Relations(between, stories, known, languages).of(story.id)


def _texts(
    index: StoryIndex,
    story: StoryGroup,
    members: Mapping[str, StoredArticle],
    languages: Languages,
) -> list[tuple[str, IndependentText]]:
    """The first independent texts, each with its language, by time."""
    chances = {member.id: member.probability for member in story.members}
    clusters = dict.fromkeys(member.duplicate_cluster for member in story.members)
    texts = []
    for cluster in list(clusters)[:_TEXTS]:
        leader, copies = _leader_and_copies(index, cluster)
        if leader is None or leader.id not in members:
            continue
        stored = members[leader.id]
        articles = articles_of(index, (copy.id for copy in copies[:MOST_COPIES]))
        text = IndependentText(
            leader.id,
            byline(stored, languages),
            shortened(stored.clean.text, EXCERPT_CHARS),
            chances.get(leader.id),
            copy_lines(copies, articles, stored, languages),
            max(0, len(copies) - MOST_COPIES),
        )
        texts.append((stored.article.language, text))
    return texts


def _leader_and_copies(index: StoryIndex, cluster: str) -> tuple[Placement | None, list[Placement]]:
    """Members of a duplicate cluster; none if a write changed it in the meantime."""
    try:
        leader, *copies = index.cluster(cluster)
    except NotFoundError:
        return None, []
    return leader, copies


def _by_language(
    texts: Sequence[tuple[str, IndependentText]], languages: Languages
) -> tuple[tuple[LanguageView, tuple[IndependentText, ...]], ...]:
    by_code: dict[str, list[IndependentText]] = {}
    for code, text in texts:
        by_code.setdefault(code, []).append(text)
    ranked = sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple((languages.of(code), tuple(group)) for code, group in ranked)


def _history_line(event: StoryEvent) -> HistoryLine:
    return HistoryLine(
        _EVENT_NAMES[event.kind],
        event.other,
        shown_time(event.at),
        event.at.isoformat().replace("+00:00", "Z"),
        len(event.added),
        len(event.removed),
    )
