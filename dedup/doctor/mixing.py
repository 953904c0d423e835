"""Languages that are missing from stories of several languages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from dedup.doctor.checkup import Example, Finding, LanguageShare, Level
from dedup.doctor.stories import ExaminedResult
from dedup.output.wording import counted

MIN_ARTICLES = 20
"""Languages with fewer articles are not judged."""

FAR_FEWER = 1 / 3
"""A language is reported if it mixes less than this part of what the others do."""

_EXPECTED_TEXTS = 3
_EXAMPLES = 10
_NAMED = 8


def language_shares(result: ExaminedResult) -> tuple[LanguageShare, ...]:
    """How often each language mixes with others, the one with most articles first."""
    texts: defaultdict[str, list[tuple[int, bool, bool]]] = defaultdict(list)
    for story in result.stories:
        mixes = len({text.language for text in story.texts} - {""}) > 1
        for text in story.texts:
            texts[text.language].append((text.articles, len(story.texts) > 1, mixes))
    sizes = Counter(len(story.texts) for story in result.stories)
    shares = []
    for language, rows in texts.items():
        articles, grouped, mixed = map(sum, zip(*rows, strict=True))
        n, expected = len(rows), expected_share(len(rows), sizes)
        shares.append(LanguageShare(language, articles, n, grouped / n, mixed / n, expected))
    shares.sort(key=lambda share: (-share.articles, share.language))
    judged = [share for share in shares if share.language and share.articles >= MIN_ARTICLES]
    return tuple(replace(share, behind=_stays_behind(share, judged)) for share in shares)


def expected_share(count: int, sizes: Mapping[int, int]) -> float:
    """Expected share of a language's texts in stories of several languages, by chance.

    The n texts are drawn into stories of the given sizes at random. A text of the language is in
    a given story of k texts with probability k / n; the other k - 1 texts are all of its
    language with probability C(count - 1, k - 1) / C(n - 1, k - 1) (without replacement).

    Args:
        count: Texts in the language.
        sizes: Number of stories by their number of texts.

    Source:
        The hypergeometric distribution, e.g. Feller 1968, vol. 1, II.6.

    >>> expected_share(2, {2: 2})  # two of four texts: 2 of 3 possible partners are of the others
    0.6666666666666667
    """
    total = sum(size * stories for size, stories in sizes.items())
    alike, expected, size = 1.0, 0.0, 1
    for story_size in sorted(sizes):
        while size < story_size and alike > 0:
            alike *= max(count - size, 0) / (total - size)
            size += 1
        expected += story_size * sizes[story_size] / total * (1 - alike)
    return expected


def mixing(shares: Sequence[LanguageShare], result: ExaminedResult) -> Finding:
    """Languages that never mix with others, or far less than the others do."""
    known = [share for share in shares if share.language]
    judged = [share for share in known if share.articles >= MIN_ARTICLES]
    behind = [share for share in judged if share.behind]
    several = sum(
        len({text.language for text in story.texts} - {""}) > 1 for story in result.several
    )
    return Finding(
        name="languages",
        level=_level(known, judged, behind),
        message=_message(known, several, [share.language for share in behind]),
        interpretation="The column “by chance” is the share to expect if stories of these sizes "
        "ignored language. News is partly local, so most languages are below it; if one is far "
        "below the others, the encoder probably does not know it well. Languages with "
        f"{MIN_ARTICLES} or more articles are judged: flagged at less than a third of what the "
        "others reach, a problem at 0.",
        advice="If no language mixes, choose a multilingual encoder (the bundled one is). If one "
        "stays behind, check the language codes of its articles, look up its figures in the card "
        "of the encoder, or try another one with --encoder. Its news may just be different.",
        figures={
            "languages": len(known),
            "judged": len(judged),
            "behind": len(behind),
            "stories_of_several_languages": several,
        },
        examples=_unmixed(result, [share.language for share in behind]),
    )


def _stays_behind(share: LanguageShare, judged: Sequence[LanguageShare]) -> bool:
    """Whether a language mixes less than chance and the other languages let expect."""
    others = [_ratio(other) for other in judged if other is not share and other.expected]
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


def _message(known: Sequence[LanguageShare], several: int, behind: Sequence[str]) -> str:
    if len(known) < 2:
        only = f"All articles are in {known[0].language!r}" if known else "No language is known"
        return f"{only}: nothing can mix."
    mixed = counted(several, "story is", "stories are")
    more = f" and {len(behind) - _NAMED} more" if len(behind) > _NAMED else ""
    named = f"; far too rarely among these: {', '.join(behind[:_NAMED])}{more}" if behind else ""
    return f"{counted(len(known), 'language')}; {mixed} in several{named}."


def _unmixed(result: ExaminedResult, languages: Sequence[str]) -> tuple[Example, ...]:
    """The largest story that is only in a language, for each of these languages."""
    examples = []
    for language in languages[:_EXAMPLES]:
        for story in result.several:
            if {text.language for text in story.texts} == {language}:
                size = counted(len(story.texts), "text")
                examples.append(story.example(f"{size}, all in {language}"))
                break
    return tuple(examples)
