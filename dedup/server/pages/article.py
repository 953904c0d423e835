"""Pages of an article, of two articles compared, and of a pasted text."""

from __future__ import annotations

from datetime import timedelta

from dedup.articles import published_removals
from dedup.description.clusters import copy_type_of
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.output.wording import duration
from dedup.records import DuplicateMember, Match
from dedup.report.differences import difference
from dedup.report.parts import CopyView
from dedup.server.pages.lines import (
    MOST_COPIES,
    StoryLine,
    articles_of,
    byline,
    copy_lines,
    languages_of,
    story_lines,
    text_of,
)
from dedup.server.pages.rendering import render
from dedup.server.writer import Writer

_CHARS = 50_000
_TITLE_CHARS = 200


def article_page(index: StoryIndex, id: str) -> str:
    """The page of an article.

    Raises:
        NotFoundError: The index has none of that id.
    """
    stored, placement = index.article(id), index.placement(id)
    representative = placement.representative
    cluster = index.cluster(placement.duplicate_cluster)
    copies = [copy for copy in cluster if copy.id not in (id, representative)]
    listed = [representative, *(copy.id for copy in copies[:MOST_COPIES])]
    others = {**articles_of(index, listed), id: stored}
    languages = languages_of(others)
    original = others.get(representative) if representative != id else None
    (line,) = story_lines(index, [index.story(placement.story_group)])
    text = text_of(stored)
    return render(
        "article.html.j2",
        stored=stored,
        article=byline(stored, languages),
        text=text[:_CHARS],
        more_chars=max(0, len(text) - _CHARS),
        removed=published_removals(stored.article, stored.clean),
        placement=placement,
        remarks=index.remarks(id),
        line=line,
        original=byline(original, languages) if original else None,
        difference=difference(text_of(original), text) if original else None,
        copies=copy_lines(copies, others, original or stored, languages, index.config),
        more_copies=max(0, len(copies) - MOST_COPIES),
    )


def why_page(index: StoryIndex, a: str, b: str) -> str:
    """The page of two articles.

    Raises:
        NotFoundError: One of them is not in the index.
    """
    why = index.why(a, b)
    pair = index.article(a), index.article(b)
    languages = languages_of({stored.article.id: stored for stored in pair})
    lines = story_lines(index, why.stories)
    copied = why.same_duplicate_cluster and a != b
    return render(
        "why.html.j2",
        why=why,
        articles=[
            (byline(stored, languages), line) for stored, line in zip(pair, lines, strict=True)
        ],
        link=why.link,
        difference=difference(text_of(pair[0]), text_of(pair[1])) if copied else None,
    )


def answer_page(index: StoryIndex, writer: Writer, text: str, published_at: str = "") -> str:
    """The page of what the index knows about a text.

    If the first line of the text is short, it is the headline.

    Args:
        index: The index.
        writer: Answers the query.
        text: The text.
        published_at: When it was published, as a form sends it; empty: it is compared by content
            alone.

    Raises:
        InputError: There is no text in it.
    """
    title, body = _title_and_body(text)
    answer = writer.query({"title": title, "text": body, "published_at": published_at or None})
    ids = [match.a for match in answer.duplicates] + [near.id for near in answer.neighbors]
    known = articles_of(index, ids)
    languages = languages_of(known)
    min_jaccard = index.config.near_duplicates.min_jaccard
    return render(
        "query.html.j2",
        text=text,
        published_at=published_at,
        max_gap=duration(index.config.neighbors.max_gap),
        answer=answer,
        copies=[
            CopyView(
                byline(known[match.a], languages),
                _duplicate_member(match, min_jaccard).copy_type,
                _duplicate_member(match, min_jaccard),
                False,
                difference(text_of(known[match.a]), body),
            )
            for match in answer.duplicates
            if match.a in known
        ],
        neighbors=[
            (byline(known[near.id], languages), near, duration(near.gap or timedelta()))
            for near in answer.neighbors
            if near.id in known
        ],
        story=_story_line(index, answer.story_group),
    )


def _story_line(index: StoryIndex, id: str) -> StoryLine | None:
    """A story as a line; None if there is none, or a write that is under way has yet to add it."""
    try:
        return next(iter(story_lines(index, [index.story(id)])), None)
    except NotFoundError:
        return None


def _title_and_body(text: str) -> tuple[str, str]:
    r"""Headline and body of a pasted text; the headline is empty if the first line is long.

    >>> _title_and_body("Flood in Brackwater\n\nThe river rose.")
    ('Flood in Brackwater', 'The river rose.')
    >>> _title_and_body("The river rose.")
    ('', 'The river rose.')
    """
    first, _, rest = text.strip().partition("\n")
    if len(first) <= _TITLE_CHARS and rest.strip():
        return first.strip(), rest.strip()
    return "", text


def _duplicate_member(match: Match, min_jaccard: float) -> DuplicateMember:
    containment = max(match.containment_a, match.containment_b)
    kind = copy_type_of(match.jaccard, min_jaccard, equal=match.jaccard == 1.0)
    return DuplicateMember(match.a, kind, match.jaccard, containment)
