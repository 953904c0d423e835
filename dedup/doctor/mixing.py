"""Languages that take no part in stories of several languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from dedup.doctor.checkup import Example, Finding, LanguageShare, Level, counted
from dedup.doctor.stories import Corpus

MIN_ARTICLES = 20
"""Languages with fewer articles are not judged."""

FAR_FEWER = 1 / 3
"""A language is named if it mixes less than this as much as the others do."""

_EXPECTED_TEXTS = 3
_EXAMPLES = 10
_NAMED = 8


def language_shares(corpus: Corpus) -> tuple[LanguageShare, ...]:
    """How far each language takes part, the one with most articles first."""
    texts: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    grouped: Counter[str] = Counter()
    mixed: Counter[str] = Counter()
    for story in corpus.stories:
        languages = {text.language for text in story.texts} - {""}
        for text in story.texts:
            texts[text.language] += 1
            articles[text.language] += text.articles
            grouped[text.language] += len(story.texts) > 1
            mixed[text.language] += len(languages) > 1
    sizes = Counter(len(story.texts) for story in corpus.stories)
    shares = [
        LanguageShare(
            language,
            articles[language],
            count,
            grouped[language] / count,
            mixed[language] / count,
            expected_share(count, sizes),
        )
        for language, count in sorted(texts.items(), key=lambda each: (-articles[each[0]], each[0]))
    ]
    judged = [share for share in shares if share.language and share.articles >= MIN_ARTICLES]
    return tuple(replace(share, behind=_stays_behind(share, judged)) for share in shares)


def expected_share(count: int, sizes: Mapping[int, int]) -> float:
    """Share of a language's texts in stories of several languages, if chance had dealt them.

    The texts of all stories are dealt out at random, the stories keep their sizes. A
    text of the language comes into a story of k texts with probability k / n of that
    story; the other k - 1 are all of its language with probability
    C(count - 1, k - 1) / C(n - 1, k - 1) (drawing without replacement).

    Args:
        count: Texts in the language.
        sizes: Number of stories by their number of texts.

    Source:
        The hypergeometric distribution, e.g. Feller 1968, vol. 1, II.6.

    >>> expected_share(2, {2: 2})  # two of four texts: the partner is of the others in 2 of 3
    0.6666666666666667
    """
    total = sum(size * stories for size, stories in sizes.items())
    alike, expected, size = 1.0, 0.0, 1
    for wanted in sorted(sizes):
        while size < wanted and alike > 0:
            alike *= max(count - size, 0) / (total - size)
            size += 1
        expected += wanted * sizes[wanted] / total * (1 - alike)
    return expected


def mixing(shares: Sequence[LanguageShare], corpus: Corpus) -> Finding:
    """Languages that mix with others not at all, or far less than the others do."""
    known = [share for share in shares if share.language]
    judged = [share for share in known if share.articles >= MIN_ARTICLES]
    behind = [share for share in judged if share.behind]
    several = sum(
        len({text.language for text in story.texts} - {""}) > 1 for story in corpus.several
    )
    return Finding(
        name="languages",
        level=_level(known, judged, behind),
        message=_says(known, several, [share.language for share in behind]),
        interpretation="Expected is the share if stories, as large as they are, took no notice of "
        "language. News is partly local, so all lie below it; a language that lies far below "
        f"the others is one that the encoder hardly knows. Judged from {MIN_ARTICLES} articles "
        "on: a problem if it mixes not at all, to look at below a third of the others.",
        advice="No language mixes: choose a multilingual encoder (the bundled one is). One stays "
        "behind: check the language codes of its articles, look for its figures in the card of "
        "the encoder, try another with --encoder. It may just tell other news.",
        figures={
            "languages": len(known),
            "judged": len(judged),
            "behind": len(behind),
            "stories_of_several_languages": several,
        },
        examples=_unmixed(corpus, [share.language for share in behind]),
    )


def _stays_behind(share: LanguageShare, judged: Sequence[LanguageShare]) -> bool:
    """Whether more mixing was to be expected, going by chance and by the others."""
    others = [_ratio(each) for each in judged if each is not share and each.expected]
    if share not in judged or share.expected * share.texts < _EXPECTED_TEXTS:
        return False
    return share.mixed == 0 or bool(others and _ratio(share) < FAR_FEWER * median(others))


def _ratio(share: LanguageShare) -> float:
    return share.mixed / share.expected


def _level(
    known: Sequence[LanguageShare],
    judged: Sequence[LanguageShare],
    behind: Sequence[LanguageShare],
) -> Level:
    if len(known) < 2 or not judged:
        return "unknown"
    if any(share.mixed == 0 for share in behind):
        return "problem"
    return "look" if behind else "ok"


def _says(known: Sequence[LanguageShare], several: int, behind: Sequence[str]) -> str:
    if len(known) < 2:
        only = f"All articles are in {known[0].language!r}" if known else "No language is known"
        return f"{only}: nothing can mix."
    mixed = counted(several, "story has", "stories have")
    more = f" and {len(behind) - _NAMED} more" if len(behind) > _NAMED else ""
    named = f"; far too seldom there: {', '.join(behind[:_NAMED])}{more}" if behind else ""
    return f"{counted(len(known), 'language')}; {mixed} several{named}."


def _unmixed(corpus: Corpus, languages: Sequence[str]) -> tuple[Example, ...]:
    """Of each of these languages the largest story that is in it alone."""
    examples = []
    for language in languages[:_EXAMPLES]:
        for story in corpus.several:
            if {text.language for text in story.texts} == {language}:
                size = counted(len(story.texts), "text")
                examples.append(story.example(f"{size}, all in {language}"))
                break
    return tuple(examples)
