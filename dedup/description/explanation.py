"""Why two articles are together or apart, as a sentence.

The sentence names the evidence that weighs most; the figures are in the evidence itself. Parts of
the evidence that have no words here are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dedup.description.remarks import ONE_PAGE, WALL
from dedup.output.wording import duration
from dedup.records import PAIR_KINDS, Evidence, Match, StoryGroup, StoryLink

if TYPE_CHECKING:
    from dedup.description.series import Series

_ALIKE = ((0.7, "very alike"), (0.5, "alike"), (0.3, "somewhat alike"))
# Texts in two languages are never as similar as texts in one.
_ALIKE_ACROSS = ((0.5, "very alike"), (0.35, "alike"), (0.2, "somewhat alike"))
_SAME_TIME = timedelta(minutes=10)
_FAR = timedelta(days=2)
_MANY_WORDS = 5
_TITLE_CHARS = 80

RELATION_LABELS = {
    "follow_up": ("Follows", "Followed by"),
    "background": ("Background", "Background of"),
    "related": ("Related", "Related"),
}
"""By kind of relation: how the later story shows the earlier one, and how the earlier the later."""


def sentence(why: Why) -> str:
    """The answer of `Result.why` as one sentence.

    It says whether the two are together, how sure that is, and what speaks for and against it.
    """
    return _verdict(why) + _about_walls(why.walls) + _versions(why)


def _about_walls(walls: tuple[bool, bool]) -> str:
    """That a body is a wall, as a sentence; empty if none is."""
    if not any(walls):
        return ""
    which = "Both bodies are walls" if all(walls) else f"The body of {'BA'[walls[0]]} is a wall"
    return f" {which}: {WALL}."


def _verdict(why: Why) -> str:
    if why.a == why.b:
        return "These are one and the same article."
    if why.same_duplicate_cluster and why.same_story_group:
        return f"Together: {_copies(why)}."
    if why.same_duplicate_cluster:
        return (
            f"Apart, although they are {_copies(why)}: a story ends where it is silent for longer "
            f"than {duration(why.max_gap)}{_apart_by(why)}."
        )
    if why.link is None:
        return "Together: one text represents both."
    return f"{_of_two_texts(why, why.link)}{_digest(why)}"


def _of_two_texts(why: Why, link: StoryLink) -> str:
    """The sentence for two that are no copies."""
    shown = shown_probability(link.probability)
    likely = link.probability >= why.min_probability
    for_it, against = _reasons(link, why.gap)
    if why.series is not None:
        for_it, against = [], [str(why.series)]
    if why.same_story_group and likely:
        evidence = _but(for_it, against) or "the evidence as a whole"
        return f"Together: both report the same event ({shown}): {evidence}."
    if why.same_story_group:
        return (
            f"Together through the others: these two alone look like different events ({shown}): "
            f"{_but(against, for_it) or 'little speaks for one event'}; {_why_together(why)}."
        )
    if likely:
        return (
            f"Apart, although these two alone look like the same event ({shown}): "
            f"{_but(for_it, against) or 'the evidence as a whole'}; {_why_apart(why)}."
        )
    evidence = _but(for_it, against) or "little speaks for one event"
    return f"Apart: {evidence}; P(same event) {shown}."


def reasons(link: StoryLink, gap: timedelta | None = None) -> str:
    """What speaks for a link and against it, as one phrase; empty without known evidence.

    Args:
        link: The link.
        gap: Time between the two articles; by default that of the evidence.
    """
    return _but(*_reasons(link, gap))


def shown_probability(value: float) -> str:
    """A probability in percent; nearly certain is not shown as certain.

    >>> shown_probability(0.973), shown_probability(0.999), shown_probability(0.001)
    ('97 %', 'more than 99 %', 'less than 1 %')
    """
    if value >= 0.995:
        return "more than 99 %"
    return f"{value:.0%}".replace("%", " %") if value >= 0.005 else "less than 1 %"


def _copies(why: Why) -> str:
    jaccard = why.match.jaccard
    if jaccard == 1:
        return "copies of one text, equal word for word"
    share = max(why.match.containment_a, why.match.containment_b)
    figures = f"containment {share:.2f}, Jaccard {jaccard:.2f}"
    if jaccard >= why.min_jaccard:
        return f"copies of one text (Jaccard {jaccard:.2f}, containment {share:.2f})"
    if share >= why.min_containment:
        return f"copies of one text: one lies inside the other ({figures})"
    return f"copies of a third text, with less in common than each has with that one ({figures})"


def _apart_by(why: Why) -> str:
    return "" if why.gap is None else f", and these appeared {duration(why.gap)} apart"


def _versions(why: Why) -> str:
    """That the two are versions of one page; empty if they are not."""
    if why.a != why.b and why.b in why.stories[0].versions_with(why.a):
        return f" They are versions of {ONE_PAGE}, which count as one article."
    return ""


def _digest(why: Why) -> str:
    """What there is to say of a digest; empty if neither is one."""
    shares = why.match.containment_b, why.match.containment_a
    for is_digest, share in zip(why.are_digests, shares, strict=True):
        if is_digest and share >= why.min_containment:
            return (
                f" One is a digest: it has the whole of the other (containment {share:.2f}) beside "
                "other texts, so it is no copy of it, and ties it to nothing."
            )
    if any(why.are_digests):
        which = "Both are digests" if all(why.are_digests) else "One is a digest"
        return f" {which} of texts that are no copies of each other, and can tie no others."
    return ""


def _why_together(why: Why) -> str:
    story = why.stories[0]
    means = [shown_probability(mean) for mean in why.mean_probabilities if mean is not None]
    return (
        f"the {story.texts} texts of the story {_quoted(story)} connect them "
        f"(average P(same event) with the other texts: {' and '.join(means)})"
    )


def _why_apart(why: Why) -> str:
    if why.gap is not None and abs(why.gap) > why.max_gap:
        return f"articles more than {duration(why.max_gap)} apart are not compared"
    if any(why.are_digests):
        return "a digest stands in the one story that it fits best"
    first, second = why.stories
    if first.texts == second.texts == 1:
        return "they were not compared, because their vectors are too different"
    return (
        f"the other texts of their stories, {_quoted(first)} and {_quoted(second)}, "
        "are less alike on average"
    )


def _quoted(story: StoryGroup) -> str:
    title = " ".join(story.headline.split())
    return f"“{title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1] + '…'}”"


def _but(first: Sequence[str], second: Sequence[str]) -> str:
    """The reasons for the verdict, then those against it."""
    if first and second:
        comma = "," if len(first) == 1 else ";"
        return f"{'; '.join(first)}{comma} but {'; '.join(second)}"
    return "; ".join(first or second)


def _reasons(link: StoryLink, gap: timedelta | None) -> tuple[list[str], list[str]]:
    """What speaks for one event, and what against it, in words."""
    parts = {part.name: part for part in link.evidence}
    phrases = [*_alike(parts), *_shared(parts), *_circumstances(parts), *_time(parts, gap)]
    return (
        [phrase for phrase, is_for in phrases if is_for],
        [phrase for phrase, is_for in phrases if not is_for],
    )


def _alike(parts: Mapping[str, Evidence]) -> Iterator[tuple[str, bool]]:
    across = _across(parts)
    degrees = _ALIKE_ACROSS if across else _ALIKE
    languages = ", in different languages," if across else ""
    text = parts.get("text_cosine")
    title = parts.get("title_cosine")
    cross = parts.get("cross_cosine")
    if text is not None:
        yield _degree(f"their texts{languages}", text.value, degrees)
    elif cross is not None:
        what = f"the headline of one and the text of the other{languages}"
        yield _degree(what, cross.value, degrees)
    if title is not None and title.value >= degrees[1][0]:
        yield _degree("their headlines", title.value, degrees)


def _across(parts: Mapping[str, Evidence]) -> bool:
    """Whether the two are in different languages, which the detail of the prior says."""
    return "prior" in parts and parts["prior"].detail == PAIR_KINDS[1]


def _holds(parts: Mapping[str, Evidence], name: str) -> bool:
    return name in parts and parts[name].value > 0


def _degree(what: str, cosine: float, degrees: Sequence[tuple[float, str]]) -> tuple[str, bool]:
    degree = next((word for least, word in degrees if cosine >= least), None)
    return f"{what} are {degree or 'not alike'}", degree is not None


def _shared(parts: Mapping[str, Evidence]) -> Iterator[tuple[str, bool]]:
    """Names, words, days and numbers that both have, each only once."""
    terms = _words(parts, "shared_terms")
    named: set[str] = set()
    kinds = []
    for kind, words in (
        ("name", _words(parts, "shared_names")),
        ("rare word", [word for word in terms if not word[:1].isdigit()]),
        ("day", _words(parts, "shared_dates")),
        ("number", [*_words(parts, "shared_numbers"), *(w for w in terms if w[:1].isdigit())]),
    ):
        new = [word for word in dict.fromkeys(words) if word.casefold() not in named]
        if new:
            named |= {part.casefold() for word in new for part in (word, *word.split())}
            kinds.append((kind, new))
    if kinds:
        yield f"they share {_listed_kinds(kinds)}", True
    known = "shared_terms" in parts and parts["shared_terms"].value <= 0
    # Two languages have few words in common, so sharing none proves nothing.
    if known and not named and not _across(parts):
        yield "they share no rare words", False
    if _holds(parts, "number_clash"):
        yield "their numbers differ", False
    if _holds(parts, "date_clash"):
        yield "they name different days", False


def _words(parts: Mapping[str, Evidence], name: str) -> list[str]:
    # A comma alone is inside a number: "12,500".
    words = parts[name].detail.split(", ") if name in parts else []
    return [word for word in words if word]


def _listed_kinds(kinds: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Kinds of words with the first few of each, as a list in prose."""
    phrases = [
        f"the {kind}{'s' if len(words) > 1 else ''} {_listed(words)}" for kind, words in kinds
    ]
    if len(phrases) > 1 and any(len(words) > 1 for _, words in kinds):
        return f"{', '.join(phrases[:-1])}, and {phrases[-1]}"
    return _listed(phrases)


def _listed(words: Sequence[str]) -> str:
    """The first few words as a list in prose.

    >>> _listed(["a", "b", "c"]), _listed(["a", "b", "c", "d", "e", "f"])
    ('a, b and c', 'a, b, c, d, e and others')
    """
    *most, last = [*words[:_MANY_WORDS], *(["others"] if len(words) > _MANY_WORDS else [])]
    return f"{', '.join(most)} and {last}" if most else last


def _circumstances(parts: Mapping[str, Evidence]) -> Iterator[tuple[str, bool]]:
    """Conditions that hold (value 1) and speak against one event (negative log-odds)."""
    for name, text in (
        ("short_text", "one of them is very short"),
        ("series", "they fill in one template of their source"),
    ):
        part = parts.get(name)
        # Positive log-odds only make up for what a short text cannot show.
        if part is not None and part.value > 0 and part.log_odds < 0:
            yield text, False


def _time(parts: Mapping[str, Evidence], gap: timedelta | None) -> Iterator[tuple[str, bool]]:
    if _holds(parts, "undated"):
        yield "a date is missing", False
        return
    days = parts.get("gap")
    if gap is None and days is not None:
        gap = timedelta(days=days.value)
    if gap is None:
        return
    if abs(gap) < _SAME_TIME:
        yield "they were published at the same time", True
    else:
        yield f"they were published {duration(gap)} apart", abs(gap) <= _FAR


@dataclass(frozen=True, slots=True)
class Why:
    """Why two articles are together, or why not.

    Args:
        a: Id of the first article.
        b: Id of the second article.
        same_duplicate_cluster: Whether they are copies of one text.
        same_story_group: Whether they cover the same event.
        match: Exact similarity of the two texts.
        link: P(same event) with its evidence; None if one text represents both articles.
        gap: Time between the first publications of the two texts; None without dates.
        stories: Story group of each.
        mean_probabilities: Mean P(same event) of each with the other texts of its story
            group; None in a group of one text.
        min_probability: Setting of the run: groups merge from this probability on.
        max_gap: Setting of the run: articles further apart in time are not compared.
        min_jaccard: Setting of the run: texts are nearly the same from this similarity on.
        min_containment: Setting of the run: a text lies inside another from this share on.
        are_digests: Whether the text of each is a digest, see `CopyType`.
        series: The series that the texts of the two are of; None if they are of none.
        walls: Whether the body of each is a wall.
    """

    a: str
    b: str
    same_duplicate_cluster: bool
    same_story_group: bool
    match: Match
    link: StoryLink | None
    gap: timedelta | None
    stories: tuple[StoryGroup, StoryGroup]
    mean_probabilities: tuple[float | None, float | None]
    min_probability: float
    max_gap: timedelta
    min_jaccard: float
    min_containment: float
    are_digests: tuple[bool, bool] = (False, False)
    series: Series | None = None
    walls: tuple[bool, bool] = (False, False)

    @property
    def sentence(self) -> str:
        """The answer in a sentence, as `str` gives it."""
        return sentence(self)

    def __str__(self) -> str:
        return self.sentence
