"""Why two articles are together, or apart, in a sentence for people.

The numbers behind it are in the evidence; the sentence names what weighs most. It works with
whatever parts the evidence has: parts that it does not know it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dedup.records import PAIR_KINDS, Evidence, Match, StoryGroup, StoryLink

_ALIKE = ((0.7, "very alike"), (0.5, "alike"), (0.3, "somewhat alike"))
# Two languages never come as near as one.
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
"""What the other story is to one that is the later, and to one that is the earlier."""


def sentence(why: Why) -> str:
    """The answer of `Result.why` in a sentence.

    Args:
        why: The answer.

    Returns:
        One sentence: whether the two are together, how sure that is, and what speaks for it
        and against it.
    """
    if why.a == why.b:
        return "These are one and the same article."
    if why.same_duplicate_cluster:
        return f"Together: {_copies(why)}."
    if why.link is None:
        return "Together: one text stands for both."
    sure = shown_probability(why.link.probability)
    likely = why.link.probability >= why.min_probability
    found = _reasons(why.link, why.gap)
    said = [text for text, for_it in found if for_it]
    denied = [text for text, for_it in found if not for_it]
    if why.same_story_group and likely:
        reasons = _but(said, denied) or "the evidence as a whole"
        return f"Together: both tell of the same event ({sure}): {reasons}."
    if why.same_story_group:
        return (
            f"Together through the others: these two alone look like different events ({sure}): "
            f"{_but(denied, said) or 'little speaks for one'}; {_mean_of_story(why)}."
        )
    if likely:
        return (
            f"Apart, although these two alone look like the same event ({sure}): "
            f"{_but(said, denied) or 'the evidence as a whole'}; {_why_apart(why)}."
        )
    reasons = _but(said, denied) or "little speaks for one event"
    return f"Apart: {reasons}; P(same event) {sure}."


def reasons(link: StoryLink, gap: timedelta | None = None) -> str:
    """What speaks for a link and against it, as one phrase; empty without known evidence.

    Args:
        link: The link.
        gap: Time between the two articles; by default that of the evidence.
    """
    found = _reasons(link, gap)
    said = [text for text, for_it in found if for_it]
    return _but(said, [text for text, for_it in found if not for_it])


def shown_probability(value: float) -> str:
    """A probability in percent; what is nearly certain is not shown as certain.

    >>> shown_probability(0.973), shown_probability(0.999), shown_probability(0.001)
    ('97 %', 'more than 99 %', 'less than 1 %')
    """
    if value >= 0.995:
        return "more than 99 %"
    return f"{value:.0%}".replace("%", " %") if value >= 0.005 else "less than 1 %"


def shown_gap(gap: timedelta) -> str:
    """A length of time in its largest unit.

    >>> shown_gap(timedelta(hours=3)), shown_gap(timedelta(days=33)), shown_gap(timedelta(days=1))
    ('3 hours', '33 days', '24 hours')
    """
    minutes = round(abs(gap).total_seconds() / 60)
    for size, unit, most in ((1, "minute", 90), (60, "hour", 36 * 60), (1440, "day", None)):
        if most is None or minutes < most:
            count = round(minutes / size)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return ""


def _copies(why: Why) -> str:
    jaccard = why.match.jaccard
    if jaccard == 1:
        return "copies of one text, equal word for word"
    share = max(why.match.containment_a, why.match.containment_b)
    if share > 0.99 > jaccard:
        return f"copies of one text: one lies inside the other (Jaccard {jaccard:.2f})"
    return f"copies of one text (Jaccard {jaccard:.2f}, containment {share:.2f})"


def _mean_of_story(why: Why) -> str:
    story = why.stories[0]
    chances = [each for each in why.mean_probabilities if each is not None]
    means = " and ".join(shown_probability(each) for each in chances)
    return (
        f"the {story.texts} texts of the story {_quoted(story)} hold them together "
        f"(mean P(same event) of the two with all its texts: {means})"
    )


def _why_apart(why: Why) -> str:
    if why.gap is not None and abs(why.gap) > why.max_gap:
        return f"articles more than {shown_gap(why.max_gap)} apart are not compared"
    first, second = why.stories
    if first.texts == second.texts == 1:
        return "they were not compared, as their vectors are too different"
    return (
        f"the other texts of their stories, {_quoted(first)} and {_quoted(second)}, "
        "are less alike in the mean"
    )


def _quoted(story: StoryGroup) -> str:
    title = " ".join(story.headline.split())
    return f"“{title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1] + '…'}”"


def _but(said: Sequence[str], other: Sequence[str]) -> str:
    """First what speaks for the verdict's side, then what speaks against it."""
    if said and other:
        return f"{_listed(said)}, but {_listed(other)}"
    return _listed(said or other)


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _reasons(link: StoryLink, gap: timedelta | None) -> list[tuple[str, bool]]:
    """What the evidence says in words, and whether it speaks for one event."""
    parts = {part.name: part for part in link.evidence}
    found = [*_alike(parts), *_shared(parts), *_circumstances(parts), *_time(parts, gap)]
    return [(text, for_it) for text, for_it in found if text]


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
    """Whether the two are in different languages: the prior says which kind of pair they are."""
    return "prior" in parts and parts["prior"].detail == PAIR_KINDS[1]


def _holds(parts: Mapping[str, Evidence], name: str) -> bool:
    return name in parts and parts[name].value > 0


def _degree(what: str, cosine: float, degrees: Sequence[tuple[float, str]]) -> tuple[str, bool]:
    degree = next((word for least, word in degrees if cosine >= least), None)
    return f"{what} are {degree or 'not alike'}", degree is not None


def _shared(parts: Mapping[str, Evidence]) -> Iterator[tuple[str, bool]]:
    """Names, words, days and numbers that both have; each is named once."""
    terms = _words(parts, "shared_terms")
    said: set[str] = set()
    shared = []
    for what, words in (
        ("name", _words(parts, "shared_names")),
        ("rare word", [word for word in terms if not word.isdigit()]),
        ("day", _words(parts, "shared_dates")),
        ("number", [*_words(parts, "shared_numbers"), *filter(str.isdigit, terms)]),
    ):
        new = [word for word in dict.fromkeys(words) if word.casefold() not in said]
        if new:
            said |= {part for word in new for part in (word, *word.split())}
            said |= {word.casefold() for word in said}
            shared.append(f"the {what}{'s' if len(new) > 1 else ''} {_some(new)}")
    if shared:
        yield f"they share {_listed(shared)}", True
    known = "shared_terms" in parts and parts["shared_terms"].value <= 0
    # Two languages have few words in common: that they share none says nothing.
    if known and not said and not _across(parts):
        yield "they share no rare words", False
    if _holds(parts, "number_clash"):
        yield "their numbers differ", False
    if _holds(parts, "date_clash"):
        yield "they name different days", False


def _words(parts: Mapping[str, Evidence], name: str) -> list[str]:
    found = parts[name].detail.split(",") if name in parts else []
    return [word.strip() for word in found if word.strip()]


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:_MANY_WORDS]) + (" and others" if len(words) > _MANY_WORDS else "")


def _circumstances(parts: Mapping[str, Evidence]) -> Iterator[tuple[str, bool]]:
    """What is the case where the value is 1; which side it is on, its log-odds say."""
    for name, text in (
        ("same_source", "they are from the same source"),
        ("short_text", "one of them is very short"),
    ):
        part = parts.get(name)
        # Where it speaks for one event it only makes up for what a short text cannot show.
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
        yield f"they were published {shown_gap(gap)} apart", abs(gap) <= _FAR


@dataclass(frozen=True, slots=True)
class Why:
    """Why two articles are together, or why not.

    Args:
        a: Id of the first article.
        b: Id of the second article.
        same_duplicate_cluster: Whether they are copies of one text.
        same_story_group: Whether they cover the same event.
        match: Exact similarity of the two texts.
        link: Probability of the same event, with its parts; None if one text
            represents both articles.
        gap: Time between the first publications of the two texts; None without dates.
        stories: Story group of each.
        mean_probabilities: Mean P(same event) of each with the other texts of its story
            group; None in a group of one text.
        min_probability: Setting of the run: groups merge from there on.
        max_gap: Setting of the run: articles further apart are not compared.
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

    @property
    def sentence(self) -> str:
        """The answer in a sentence; `str` gives it, too."""
        return sentence(self)

    def __str__(self) -> str:
        return self.sentence
