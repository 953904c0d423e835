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
_SAID = {
    "created": "It began",
    "grown": "Articles came",
    "shrunk": "Articles went",
    "split": "It split off from",
    "merged": "It was merged into",
    "closed": "Its last article was removed",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """An independent text of a story, with its copies folded."""

    id: str
    article: ArticleView
    excerpt: str
    probability: float | None
    copies: tuple[CopyLine, ...]
    more_copies: int


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a story's history: what happened, when, to how many articles."""

    said: str
    other: str
    time: str
    moment: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class StoryPageView:
    """A story.

    Args:
        line: What the list says of it.
        counts: Languages with their numbers of articles.
        timeline: Its articles by time and language.
        language_of: Languages by code, for the lanes.
        words: Its key words that are not among its names.
        first_told: Its earliest article, with its id.
        weakest: Its least sure text, with its id; None in a story of one text.
        sure, least_sure: Mean P(same event) of all its texts, and of that one, in percent.
        duration: How long it went on; empty below a minute.
        tellings: Independent texts by language, the language of most texts first.
        more_texts: Independent texts that are not among them.
        copies: Articles that are copies of another.
        relations: Other stories that it belongs to one affair with.
        history: What happened to it, the latest first.
        as_of: The time that it is shown as of; empty for now.
    """

    line: StoryLine
    counts: tuple[tuple[LanguageView, int], ...]
    timeline: Timeline | None
    language_of: Mapping[str, LanguageView]
    words: tuple[str, ...]
    first_told: tuple[str, ArticleView] | None
    weakest: tuple[str, ArticleView] | None
    sure: str
    least_sure: str
    duration: str
    tellings: tuple[tuple[LanguageView, tuple[Telling, ...]], ...]
    more_texts: int
    copies: int
    relations: tuple[RelationView, ...]
    history: tuple[Happening, ...]
    as_of: str


def story_page(index: StoryIndex, story: StoryGroup, as_of: datetime | None) -> StoryPageView:
    """The page of a story.

    Args:
        index: The index.
        story: The story, as it is or as it was.
        as_of: When it was so; None for now.
    """
    members = members_of(index, story)
    languages = languages_of(members)
    views = {id: byline(each, languages) for id, each in members.items()}
    tellings = _tellings(index, story, members, languages)
    weakest = story.least_likely_member
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
        first_told=_known(story.first_article, views),
        weakest=_known(weakest.id, views) if weakest else None,
        sure=shown_probability(story.cohesion or 0.0),
        least_sure=shown_probability((weakest and weakest.probability) or 0.0),
        duration=shown_span(first, last),
        tellings=_by_language(tellings, languages),
        more_texts=max(0, story.texts - len(tellings)),
        copies=len(story.members) - story.texts,
        history=tuple(map(_happening, history[: -_EVENTS - 1 : -1])),
        as_of=shown_time(as_of) if as_of else "",
    )


def _known(id: str, views: Mapping[str, ArticleView]) -> tuple[str, ArticleView] | None:
    return (id, views[id]) if id in views else None


def _timeline(
    members: Mapping[str, StoredArticle], views: Mapping[str, ArticleView]
) -> Timeline | None:
    moments = []
    for id, each in members.items():
        view = views[id]
        label = f"{view.time} · {view.source} · {shortened(view.title, _LABEL_CHARS)}"
        moments.append(Moment(each.article.published_at, view.language.code, label))
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
        # A writer was quicker.
        return ()
    known = {each.id for each in stories}
    kept = [relation for relation in relations if {relation.earlier, relation.later} <= known]
    return Relations(kept, stories, known, languages).of(story.id)


def _tellings(
    index: StoryIndex,
    story: StoryGroup,
    members: Mapping[str, StoredArticle],
    languages: Languages,
) -> list[tuple[str, Telling]]:
    """The first independent texts, each with its language, by time."""
    chances = {member.id: member.probability for member in story.members}
    clusters = dict.fromkeys(member.duplicate_cluster for member in story.members)
    tellings = []
    for cluster in list(clusters)[:_TEXTS]:
        leader, copies = _leader_and_copies(index, cluster)
        if leader is None or leader.id not in members:
            continue
        stored = members[leader.id]
        shown = articles_of(index, (each.id for each in copies[:MOST_COPIES]))
        telling = Telling(
            leader.id,
            byline(stored, languages),
            shortened(stored.clean.text, EXCERPT_CHARS),
            chances.get(leader.id),
            copy_lines(copies, shown, stored, languages),
            max(0, len(copies) - MOST_COPIES),
        )
        tellings.append((stored.article.language, telling))
    return tellings


def _leader_and_copies(index: StoryIndex, cluster: str) -> tuple[Placement | None, list[Placement]]:
    """Members of a duplicate cluster; none if it fell apart in the meantime."""
    try:
        leader, *copies = index.cluster(cluster)
    except NotFoundError:
        return None, []
    return leader, copies


def _by_language(
    tellings: Sequence[tuple[str, Telling]], languages: Languages
) -> tuple[tuple[LanguageView, tuple[Telling, ...]], ...]:
    found: dict[str, list[Telling]] = {}
    for language, telling in tellings:
        found.setdefault(language, []).append(telling)
    ranked = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
    return tuple((languages.of(code), tuple(each)) for code, each in ranked)


def _happening(event: StoryEvent) -> Happening:
    return Happening(
        _SAID[event.kind],
        event.other,
        shown_time(event.at),
        event.at.isoformat().replace("+00:00", "Z"),
        len(event.added),
        len(event.removed),
    )
