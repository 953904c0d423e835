"""Pages of an article, of two articles compared, and of a pasted text."""

from __future__ import annotations

from dataclasses import dataclass

from dedup.description.clusters import copy_type_of
from dedup.description.explanation import Why
from dedup.errors import NotFoundError
from dedup.index.story_index import StoryIndex
from dedup.records import DuplicateMember, Match, Removal
from dedup.report.differences import Difference, difference
from dedup.report.parts import ArticleView, LinkView, link_view, removed_pieces
from dedup.report.times import shown_time
from dedup.server.pages.lines import (
    MOST_COPIES,
    CopyLine,
    StoryLine,
    articles_of,
    byline,
    copy_lines,
    languages_of,
    shown_chance,
    story_lines,
)
from dedup.server.writer import Writer
from dedup.store import Placement

_CHARS = 50_000
_TITLE_CHARS = 200


@dataclass(frozen=True, slots=True)
class ArticlePageView:
    """An article with its placement.

    Args:
        id: Its id.
        article: Its byline.
        text: The beginning of its cleaned text.
        more_chars: Number of further characters.
        placement: Its placement.
        probability: Mean P(same event) of its text with those of its story, in percent.
        story: Its story.
        original: The representative of its duplicate cluster, unless that is this article.
        difference: What differs from the representative.
        copies: Other copies of its text.
        more_copies: Number of further copies.
        removed: The first passages that cleaning removed from it.
        more_removed: Number of further passages.
        added: When it was added.
        time_imputed: Whether its time is that at which it was added.
    """

    id: str
    article: ArticleView
    text: str
    more_chars: int
    placement: Placement
    probability: str
    story: StoryLine
    original: tuple[str, ArticleView] | None
    difference: Difference | None
    copies: tuple[CopyLine, ...]
    more_copies: int
    removed: tuple[Removal, ...]
    more_removed: int
    added: str
    time_imputed: bool


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why two articles are together, or why not; `difference` is None unless they are copies."""

    why: Why
    articles: tuple[tuple[str, ArticleView, StoryLine], ...]
    link: LinkView | None
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class NeighborLine:
    """A text that may cover the same event."""

    id: str
    article: ArticleView
    probability: float


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What the index knows about a text."""

    copies: tuple[CopyLine, ...]
    neighbors: tuple[NeighborLine, ...]
    story: StoryLine | None
    probability: str


def article_page(index: StoryIndex, id: str) -> ArticlePageView:
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
    text = stored.clean.text
    removed, more_removed = removed_pieces(stored.clean)
    return ArticlePageView(
        id=id,
        article=byline(stored, languages),
        text=text[:_CHARS],
        more_chars=max(0, len(text) - _CHARS),
        placement=placement,
        probability=shown_chance(placement.probability),
        story=line,
        original=(original.article.id, byline(original, languages)) if original else None,
        difference=difference(original.clean.text, text) if original else None,
        copies=copy_lines(copies, others, original or stored, languages),
        more_copies=max(0, len(copies) - MOST_COPIES),
        removed=removed,
        more_removed=more_removed,
        added=shown_time(stored.added_at),
        time_imputed=stored.time_imputed,
    )


def why_page(index: StoryIndex, a: str, b: str) -> WhyView:
    """The page of two articles.

    Raises:
        NotFoundError: One of them is not in the index.
    """
    why = index.why(a, b)
    pair = index.article(a), index.article(b)
    languages = languages_of({stored.article.id: stored for stored in pair})
    lines = story_lines(index, why.stories)
    copied = why.same_duplicate_cluster and a != b
    return WhyView(
        why=why,
        articles=tuple(
            (stored.article.id, byline(stored, languages), line)
            for stored, line in zip(pair, lines, strict=True)
        ),
        link=link_view(why.link) if why.link else None,
        difference=difference(pair[0].clean.text, pair[1].clean.text) if copied else None,
    )


def answer_page(index: StoryIndex, writer: Writer, text: str) -> AnswerView:
    """What the index knows about a text; if its first line is short, it is the headline.

    Args:
        index: The index.
        writer: Answers the query.
        text: The text.

    Raises:
        InputError: There is no text in it.
    """
    title, body = _title_and_body(text)
    answer = writer.query({"title": title, "text": body})
    ids = [match.a for match in answer.duplicates] + [near.id for near in answer.neighbors]
    known = articles_of(index, ids)
    languages = languages_of(known)
    min_jaccard = index.config.near_duplicates.min_jaccard
    return AnswerView(
        copies=tuple(
            CopyLine(
                match.a,
                byline(known[match.a], languages),
                _duplicate_member(match, min_jaccard),
                False,
                difference(known[match.a].clean.text, body),
            )
            for match in answer.duplicates
            if match.a in known
        ),
        neighbors=tuple(
            NeighborLine(near.id, byline(known[near.id], languages), near.probability)
            for near in answer.neighbors
            if near.id in known
        ),
        story=_story_line(index, answer.story_group),
        probability=shown_chance(answer.probability),
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
