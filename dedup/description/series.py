"""Series in words: how many texts fill in one template, and in what two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from itertools import islice

from dedup.articles import UNDATED
from dedup.duplicates.series import Origin, by_outlines, in_series
from dedup.output.wording import counted
from dedup.text.outlines import DAY, NAME, NUMBER, Detail, details_of

COUNTED_WITHIN = timedelta(days=30)
"""So long before and after two texts those of their series are counted."""
_MOST_DIFFERENCES = 5
_MOST_COMPARED = 2000


@dataclass(frozen=True, slots=True)
class Series:
    """What two texts of one series have to do with each other.

    Args:
        source: Their outlet.
        texts: How many different texts of it, within `COUNTED_WITHIN` of these two, fill in the
            template.
        differences: Words and numbers in which the two differ: that of the first, that of the
            second.
    """

    source: str
    texts: int
    differences: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        shown = ", ".join(f"{a}/{b}" for a, b in self.differences[:_MOST_DIFFERENCES])
        template = template_of(self.source, self.texts)
        return f"{template}; these two differ in {shown or 'numbers and words'}"


def template_of(source: str, texts: int, *, more: bool = False) -> str:
    """The template of a series in words.

    Args:
        source: Its outlet.
        texts: How many texts fill it in.
        more: Whether there may be more.

    >>> template_of("Coast Times", 12)
    'one template of Coast Times: 12 texts'
    """
    return f"one template of {source}: {counted(texts, 'text')}{' or more' if more else ''}"


def series_of(a: Origin, b: Origin, others: Iterable[Origin]) -> Series | None:
    """The series of two texts; None if they are of none.

    Args:
        a: One text.
        b: Another.
        others: All texts that were published within `COUNTED_WITHIN` of one of these.
    """
    if not in_series(a, b):
        return None
    texts = {a.text or a.title, b.text or b.title}
    near = (other for other in others if any(_is_near(other, one) for one in (a, b)))
    texts.update(
        other.text or other.title for other in near if in_series(other, a) or in_series(other, b)
    )
    return Series(a.source, len(texts), _differences(a, b))


def template_around(one: Origin, others: Iterable[Origin]) -> str:
    """The template that a text fills in, in words; empty if no other text does.

    Args:
        one: The text.
        others: All texts of its source that were published within `COUNTED_WITHIN` of it, of which
            the first 2,000 are looked at.
    """
    looked_at = list(islice(others, _MOST_COMPARED + 1))
    texts = {
        other.text or other.title
        for other in looked_at[:_MOST_COMPARED]
        if _is_near(other, one) and by_outlines(other, one)
    }
    more = len(looked_at) > _MOST_COMPARED
    return template_of(one.source, len(texts) + 1, more=more) if texts else ""


def _is_near(other: Origin, one: Origin) -> bool:
    if UNDATED in (other.seconds, one.seconds):
        return other.seconds == one.seconds
    return abs(other.seconds - one.seconds) <= COUNTED_WITHIN.total_seconds()


def _differences(a: Origin, b: Origin) -> tuple[tuple[str, str], ...]:
    """Names, numbers and days that stand in one text where others stand in the other."""
    first, second = (list(details_of(one.title, one.text, one.language)) for one in (a, b))
    keys = [[detail.key for detail in side] for side in (first, second)]
    blocks = SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes()
    pairs: dict[tuple[str, str], None] = {}
    for name, start, stop, other_start, other_stop in blocks:
        if name == "replace":
            sides = first[start:stop], second[other_start:other_stop]
            pairs.update(dict.fromkeys(_of_a_kind(*sides)))
    return tuple(pairs)


def _of_a_kind(ours: Sequence[Detail], theirs: Sequence[Detail]) -> Iterator[tuple[str, str]]:
    """Numbers beside numbers, names beside names, days beside days, in the order of the first."""
    left = list(theirs)
    for own in ours:
        kind = own.kind & (NAME | NUMBER | DAY) if own.kind > 0 else 0
        other = next((one for one in left if one.kind > 0 and one.kind & kind), None)
        if other is not None:
            left.remove(other)
            yield own.spelled, other.spelled
