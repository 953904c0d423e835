"""Parts of the report as plain values: bylines, texts with their copies, links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dedup.articles import headline_of, published_body, source_of
from dedup.description.explanation import reasons
from dedup.description.remarks import Remark
from dedup.records import (
    Article,
    CleanText,
    DuplicateMember,
    Evidence,
    Removal,
    StoryGroup,
    StoryLink,
)
from dedup.report.differences import Difference, difference, shortened
from dedup.report.times import Moment, Timeline, shown_day, shown_time, timeline

EXCERPT_CHARS = 300
_TITLE_CHARS = 240
_SOURCE_CHARS = 60
_LABEL_CHARS = 90
_COLOURS = 7

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#][^\s]{0,2000}", re.IGNORECASE)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_EVIDENCE_WORDS = {
    "prior": "Starting point: how rarely two texts cover the same event",
    "text_cosine": "Similarity of the texts (cosine of the embeddings)",
    "title_cosine": "Similarity of the headlines (cosine of the embeddings)",
    "cross_cosine": "Similarity of one headline and the other text (cosine of the embeddings)",
    "shared_terms": "Rare terms in both (square root of their rarity in bits)",
    "term_cosine": "Similarity of the words of the texts (cosine, weighted by rarity)",
    "title_terms": "Similarity of the words of the headlines (cosine, weighted by rarity)",
    "shared_names": "Similarity of the names, in any script (cosine, weighted by rarity)",
    "shared_numbers": "Numbers in both (square root of how many)",
    "number_clash": "Both have numbers, but none in common (1 = yes)",
    "shared_dates": "Days of the year in both (square root of how many)",
    "date_clash": "Both name days of the year, but none in common (1 = yes)",
    "gap": "Days between the two (0 if one has no date)",
    "undated": "A date is missing (1 = yes)",
    "short_text": "One of the texts is very short (1 = yes)",
}


@dataclass(frozen=True, slots=True)
class LanguageView:
    """A language: its code, English name, `lang` tag and number of its colour."""

    code: str
    name: str
    tag: str
    colour: int


@dataclass(frozen=True, slots=True)
class ArticleView:
    """Byline of an article; `url` is empty unless a web address, `moment` is for machines."""

    id: str
    title: str
    source: str
    time: str
    moment: str
    language: LanguageView
    url: str


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy, or another version, and how it differs from the text that it stands under.

    `label` is its copy type, or says that it is a version.
    """

    article: ArticleView
    label: str
    measured: DuplicateMember
    other_title: bool
    difference: Difference


@dataclass(frozen=True, slots=True)
class TextView:
    """An independent text of a story.

    Args:
        article: The representative.
        excerpt: Beginning of its text, as published but for what cleaning removed.
        probability: Mean P(same event) with the other texts; None in a story of one.
        copies: Its first copies.
        more_copies: Number of copies that are not listed.
        link: Link with the central text; None for that text itself.
        removed: The pieces that cleaning removed from it.
        remarks: What there is to say of it.
        elsewhere: Number of copies that are in other stories.
    """

    article: ArticleView
    excerpt: str
    probability: float | None
    copies: tuple[CopyView, ...]
    more_copies: int
    link: StoryLink | None = None
    removed: tuple[Removal, ...] = ()
    remarks: tuple[Remark, ...] = ()
    elsewhere: int = 0


class Languages:
    """The languages of a result; each of the most frequent ones has its own colour.

    Args:
        articles: All articles.
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        from babel import Locale

        self._names = Locale("en").languages
        ranked = _ranked_languages(articles)
        self._views = {
            code: self._view(code, min(rank, _COLOURS)) for rank, (code, _) in enumerate(ranked)
        }
        self.counts = tuple((self._views[code], count) for code, count in ranked)

    def _view(self, code: str, colour: int) -> LanguageView:
        name = str(self._names.get(code.replace("-", "_"), shortened(code, 20)))
        tag = code if _LANGUAGE_TAG.fullmatch(code) else ""
        return LanguageView(code or "?", name or "Unknown language", tag, colour)

    def of(self, code: str) -> LanguageView:
        """The language with that code."""
        return self._views.get(code) or self._view(code, _COLOURS)

    def counted(self, articles: Iterable[Article]) -> tuple[tuple[LanguageView, int], ...]:
        """Languages of some articles with their numbers, the most frequent first."""
        return tuple((self._views[code], count) for code, count in _ranked_languages(articles))

    def of_headline(self, story: StoryGroup) -> LanguageView:
        """The language of a story's headline."""
        codes = (code for code, title in story.headlines.items() if title == story.headline)
        return self.of(next(codes, ""))


def _ranked_languages(articles: Iterable[Article]) -> list[tuple[str, int]]:
    counts = Counter(article.language for article in articles)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def article_view(article: Article, clean: CleanText, languages: Languages) -> ArticleView:
    """Byline of an article; its headline is the beginning of the text if it has no title."""
    time = article.published_at
    return ArticleView(
        article.id,
        shortened(headline_of(article, clean), _TITLE_CHARS),
        shortened(source_of(article), _SOURCE_CHARS) or "unknown source",
        _byline_time(article),
        time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else "",
        languages.of(article.language),
        web_address(article),
    )


def web_address(article: Article) -> str:
    """The address of an article; empty unless it is one of the web."""
    return article.url if _WEB_ADDRESS.fullmatch(article.url) else ""


def _byline_time(article: Article) -> str:
    if article.published_at is None:
        return "no date"
    show = shown_day if article.date_precision == "day" else shown_time
    return show(article.published_at)


def copy_view(
    member: DuplicateMember,
    copy: tuple[Article, CleanText],
    original: tuple[Article, CleanText],
    languages: Languages,
    *,
    is_version: bool = False,
) -> CopyView:
    """A copy or another version of a text, and how it differs from the text."""
    return CopyView(
        article_view(*copy, languages),
        "version" if is_version else member.copy_type,
        member,
        copy[1].title != original[1].title,
        difference(published_body(*original), published_body(*copy)),
    )


def without_names(words: Iterable[str], names: Iterable[str]) -> list[str]:
    """The words that are not a part of a name.

    >>> without_names(["river", "flood"], ["River Tees"])
    ['flood']
    """
    named = {part.casefold() for name in names for part in name.split()}
    return [word for word in words if word.casefold() not in named]


def article_timeline(
    articles: Iterable[tuple[Article, ArticleView]], *, titled: bool = True
) -> Timeline | None:
    """The timeline of some articles; their headlines are in its labels if `titled`."""
    moments = []
    for article, view in articles:
        label = f"{view.time} · {view.source}"
        if titled:
            label += f" · {shortened(view.title, _LABEL_CHARS)}"
        moments.append(Moment(article.published_at, article.language, label))
    return timeline(moments)


def reasons_sentence(link: StoryLink) -> str:
    """What speaks for a link and against it, as a sentence; empty without known evidence."""
    phrase = reasons(link)
    return f"{phrase[0].upper()}{phrase[1:]}." if phrase else ""


def evidence_words(part: Evidence) -> str:
    """The name of a part of the evidence in words."""
    return _EVIDENCE_WORDS.get(part.name, part.name.replace("_", " "))


def fair_limit(sizes: Sequence[int], *, total: int, most: int) -> int:
    """Largest number to show of each group so that at most `total` are shown of all.

    At least 1 and at most `most`; what small groups do not need, large ones may use.

    >>> fair_limit([1, 2, 30, 40], total=23, most=50)
    10
    """
    for limit in range(most, 1, -1):
        if sum(min(size, limit) for size in sizes) <= total:
            return limit
    return 1
