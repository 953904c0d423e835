"""The page of a story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from dedup.description.remarks import remarks_on
from dedup.description.versions import texts_of
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import StoryGroup
from dedup.report.differences import shortened
from dedup.report.parts import EXCERPT_CHARS, Languages, LanguageView, TextView, article_timeline
from dedup.report.relations import Relations, RelationView
from dedup.server.pages.lines import (
    MOST_COPIES,
    articles_of,
    byline,
    copy_lines,
    languages_of,
    members_of,
    story_line,
    text_of,
)
from dedup.server.pages.rendering import render
from dedup.store import StoredArticle

_TEXTS = 200
_EVENTS = 100


def story_page(index: StoryIndex, story: StoryGroup, as_of: datetime | None, since: int) -> str:
    """The page of a story.

    Args:
        index: The index.
        story: The story, as it is or as it was.
        as_of: The time of this state; None for now.
        since: Number of the last event that the page shows.
    """
    members = members_of(index, story)
    languages = languages_of(members)
    views = {id: byline(stored, languages) for id, stored in members.items()}
    texts = _texts(index, story, members, languages, as_it_is=as_of is None)
    least_likely = story.least_likely_member
    history = index.changes(story_group=story.id)
    relations = _related(index, story, languages) if as_of is None else ()
    return render(
        "story.html.j2",
        line=story_line(story, members, languages),
        languages=languages,
        timeline=article_timeline((stored.article, views[id]) for id, stored in members.items()),
        relations=relations,
        first_report=views.get(story.first_article),
        least_likely=views.get(least_likely.id) if least_likely else None,
        texts=_by_language(texts),
        more_texts=max(0, story.texts - len(texts)),
        history=history[: -_EVENTS - 1 : -1],
        as_of=as_of,
        since=since,
    )


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
    as_it_is: bool,
) -> list[TextView]:
    """The first independent texts, by time."""
    clusters = {}
    for id in dict.fromkeys(member.duplicate_cluster for member in story.members):
        # A write may have changed it in the meantime.
        with suppress(NotFoundError):
            clusters[id] = {copy.id: copy for copy in index.cluster(id)}
        if len(clusters) == _TEXTS:
            break
    placed = {id: copy for cluster in clusters.values() for id, copy in cluster.items()}
    leaders = {id: next(iter(cluster.values())) for id, cluster in clusters.items()}
    lines = texts_of(story, {id: leader.id for id, leader in leaders.items()})
    here = {member.id for member in story.members}
    texts = []
    for line in lines:
        id, text = line.member.id, line.member.duplicate_cluster
        if text not in clusters or id not in members:
            continue
        stored = members[id]
        below = [placed[copy] for copy in line.below if copy in placed]
        articles = articles_of(index, (copy.id for copy in below[:MOST_COPIES]))
        view = TextView(
            byline(stored, languages),
            shortened(text_of(stored), EXCERPT_CHARS),
            line.member.probability,
            copy_lines(below, articles, stored, languages, index.config, line.versions),
            max(0, len(below) - MOST_COPIES),
            remarks=remarks_on(
                id,
                is_digest=leaders[text].copy_type == "digest",
                is_wall=stored.clean.is_wall,
                versions=story.versions_with(id),
            ),
            elsewhere=len(clusters[text].keys() - here) if as_it_is else 0,
        )
        texts.append(view)
    return texts


def _by_language(texts: Iterable[TextView]) -> list[tuple[LanguageView, list[TextView]]]:
    by_language: dict[LanguageView, list[TextView]] = {}
    for text in texts:
        by_language.setdefault(text.article.language, []).append(text)
    return sorted(by_language.items(), key=lambda item: (-len(item[1]), item[0].code))
