"""Series in words: how many texts fill in one template, and in what two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dedup.articles import UNDATED
from dedup.duplicates.series import Origin, in_series
from dedup.output.wording import counted
from dedup.text.outlines import DAY, NAME, NUMBER, Detail, details_of

COUNTED_WITHIN = timedelta(days=30)
"""So long before and after two texts those of their series are counted."""
_KINDS = (NUMBER, NAME, DAY)
_MOST_DIFFERENCES = 5


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
        return (
            f"one template of {self.source}: {counted(self.texts, 'text')}; "
            f"these two differ in {shown or 'numbers and words'}"
        )


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


def _is_near(other: Origin, one: Origin) -> bool:
    if UNDATED in (other.seconds, one.seconds):
        return other.seconds == one.seconds
    return abs(other.seconds - one.seconds) <= COUNTED_WITHIN.total_seconds()


def _differences(a: Origin, b: Origin) -> tuple[tuple[str, str], ...]:
    """What only one of two texts has, in the order of the first."""
    first, second = (list(details_of(one.title, one.text, one.language)) for one in (a, b))
    ours, theirs = _only(first, second), _only(second, first)
    pairs = []
    for kind in _KINDS:
        both = ([detail for detail in side if detail.kind & kind] for side in (ours, theirs))
        pairs += list(zip(*both, strict=False))
    place = {detail.key: row for row, detail in reversed([*enumerate(first)])}
    pairs.sort(key=lambda pair: place[pair[0].key])
    return tuple((own.spelled, other.spelled) for own, other in pairs)


def _only(details: Sequence[Detail], others: Sequence[Detail]) -> list[Detail]:
    """Names, numbers and days that the others have not, each once."""
    known = {detail.key for detail in others}
    found: dict[int, Detail] = {}
    for detail in details:
        if detail.kind > 0 and detail.kind & (NAME | NUMBER | DAY) and detail.key not in known:
            found.setdefault(detail.key, detail)
    return list(found.values())
