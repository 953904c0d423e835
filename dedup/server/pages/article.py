"""The pages of an article, of two articles, and of a text that somebody pasted."""

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
    chance,
    copy_lines,
    languages_of,
    story_lines,
)
from dedup.server.writer import Writer
from dedup.store import Placement

_CHARS = 50_000
_TITLE_CHARS = 200


@dataclass(frozen=True, slots=True)
class ArticlePageView:
    """An article with where it was put.

    Args:
        id: Its id.
        article: Its byline.
        text: The beginning of its cleaned text.
        more_chars: Characters that are not in it.
        place: Where it was put.
        probability: Mean P(same event) of its text with those of its story, in percent.
        story: Its story.
        original: The article that stands for its text, if that is another one.
        difference: What differs from that one.
        copies: Other copies of its text.
        more_copies: Copies that are not among them.
        removed: The first pieces that cleaning cut from it.
        more_removed: Pieces that are not among them.
        added: When it came.
        time_imputed: Whether the index gave it its time.
    """

    id: str
    article: ArticleView
    text: str
    more_chars: int
    place: Placement
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
    """Why two articles are together, or why not; `difference` is there for copies."""

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
    stored, place = index.article(id), index.placement(id)
    cluster = index.cluster(place.duplicate_cluster)
    copies = [each for each in cluster if each.id not in (id, place.representative)]
    shown = [place.representative, *(each.id for each in copies[:MOST_COPIES])]
    others = {**articles_of(index, shown), id: stored}
    languages = languages_of(others)
    original = others.get(place.representative) if place.representative != id else None
    (line,) = story_lines(index, [index.story(place.story_group)])
    text = stored.clean.text
    removed, more_removed = removed_pieces(stored.clean)
    return ArticlePageView(
        id=id,
        article=byline(stored, languages),
        text=text[:_CHARS],
        more_chars=max(0, len(text) - _CHARS),
        place=place,
        probability=chance(place.probability),
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
    found = index.why(a, b)
    pair = index.article(a), index.article(b)
    languages = languages_of({each.article.id: each for each in pair})
    lines = story_lines(index, found.stories)
    copied = found.same_duplicate_cluster and a != b
    return WhyView(
        why=found,
        articles=tuple(
            (each.article.id, byline(each, languages), line)
            for each, line in zip(pair, lines, strict=True)
        ),
        link=link_view(found.link) if found.link else None,
        difference=difference(pair[0].clean.text, pair[1].clean.text) if copied else None,
    )


def answer_page(index: StoryIndex, writer: Writer, text: str) -> AnswerView:
    """What the index knows about a text, whose first line is its headline if it is short.

    Args:
        index: What is read.
        writer: Who is asked.
        text: The text.

    Raises:
        InputError: There is no text in it.
    """
    title, body = _parted(text)
    found = writer.query({"title": title, "text": body})
    ids = [match.a for match in found.duplicates] + [each.id for each in found.neighbors]
    known = articles_of(index, ids)
    languages = languages_of(known)
    min_jaccard = index.config.near_duplicates.min_jaccard
    return AnswerView(
        copies=tuple(
            CopyLine(
                match.a,
                byline(known[match.a], languages),
                _measured(match, min_jaccard),
                False,
                difference(known[match.a].clean.text, body),
            )
            for match in found.duplicates
            if match.a in known
        ),
        neighbors=tuple(
            NeighborLine(each.id, byline(known[each.id], languages), each.probability)
            for each in found.neighbors
            if each.id in known
        ),
        story=_story_line(index, found.story_group),
        probability=chance(found.probability),
    )


def _story_line(index: StoryIndex, id: str) -> StoryLine | None:
    """A story in a line; None where it is not there, or not yet: a batch may be on its way."""
    try:
        return next(iter(story_lines(index, [index.story(id)])), None)
    except NotFoundError:
        return None


def _parted(text: str) -> tuple[str, str]:
    r"""Headline and body of a pasted text; without a headline if its first line is no short one.

    >>> _parted("Flood in Brackwater\n\nThe river rose."), _parted("The river rose.")
    (('Flood in Brackwater', 'The river rose.'), ('', 'The river rose.'))
    """
    first, _, rest = text.strip().partition("\n")
    if len(first) <= _TITLE_CHARS and rest.strip():
        return first.strip(), rest.strip()
    return "", text


def _measured(match: Match, min_jaccard: float) -> DuplicateMember:
    containment = max(match.containment_a, match.containment_b)
    kind = copy_type_of(match.jaccard, min_jaccard, equal=match.jaccard == 1.0)
    return DuplicateMember(match.a, kind, match.jaccard, containment)
