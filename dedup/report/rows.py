"""The list of all stories of the report: a light row for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dedup.articles import headline_of, source_of
from dedup.records import Article, StoryGroup
from dedup.report.differences import shortened
from dedup.report.parts import Languages, LanguageView, web_address
from dedup.report.times import shown_day
from dedup.result import Result

_HEADLINE_CHARS = 200
_LANGUAGES = 3


@dataclass(frozen=True, slots=True)
class RowView:
    """A story as a row of the list.

    Args:
        story: The group itself.
        headline: Its headline, shortened.
        lang: Language tag of the headline.
        headlines: Its other headlines, a line each: language, language tag and headline, separated
            by tabs.
        url: Web address of the article with that headline; empty if it has none.
        day: Day of its first article.
        first: Time of its first article in seconds since 1970; 0 if it has no date.
        last: Time of its last article, likewise.
        languages: Its first languages, by number of articles.
        more_languages: Number of its further languages.
        codes: All its languages, separated by spaces.
        sources: Its outlets, separated by tabs.
        words: Its names and key words, by which it is found.
        template: Of a story of one text: the template of its source that this fills in, in words;
            empty if it fills in none.
    """

    story: StoryGroup
    headline: str
    lang: str
    headlines: str
    url: str
    day: str
    first: int
    last: int
    languages: tuple[LanguageView, ...]
    more_languages: int
    codes: str
    sources: str
    words: str
    template: str = ""


def row_view(story: StoryGroup, result: Result, languages: Languages) -> RowView:
    """A story as a row of the list.

    Args:
        story: A story of the result.
        result: The result.
        languages: The languages of all its articles.
    """
    articles = [result.by_id[member.id] for member in story.members]
    spoken = [language for language, _ in languages.counted(articles)]
    shown = languages.of_headline(story)
    others = [
        (code, languages.of(code).tag, shortened(title, _HEADLINE_CHARS))
        for code, title in story.headlines.items()
        if title != story.headline
    ]
    return RowView(
        story=story,
        headline=shortened(story.headline, _HEADLINE_CHARS),
        lang=shown.tag,
        headlines="\n".join(map("\t".join, others)),
        url=_address(story, articles, result),
        day=shown_day(story.first_seen) if story.first_seen else "no date",
        first=_seconds(story.first_seen),
        last=_seconds(story.last_seen),
        languages=tuple(spoken[:_LANGUAGES]),
        more_languages=max(0, len(spoken) - _LANGUAGES),
        codes=" ".join(language.code for language in spoken),
        sources="\t".join(sorted({source_of(article) for article in articles} - {""})),
        words=", ".join([*story.names, *story.key_terms]),
        template=_template(story, result) if story.texts == 1 else "",
    )


def _template(story: StoryGroup, result: Result) -> str:
    representative = result.evidences.representative_of(story.members[0].id)
    return result.evidences.templates.get(representative, "")


def _address(story: StoryGroup, articles: list[Article], result: Result) -> str:
    """Address of the article whose headline is shown, or of the first one that has an address."""
    with_address = [article for article in articles if web_address(article)]
    shown = (
        article
        for article in with_address
        if headline_of(article, result.clean_texts[article.id]) == story.headline
    )
    chosen = next(shown, None) or next(iter(with_address), None)
    return web_address(chosen) if chosen else ""


def _seconds(time: datetime | None) -> int:
    return int(time.timestamp()) if time else 0
