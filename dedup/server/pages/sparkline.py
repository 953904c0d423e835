"""Sparklines: how many articles of a story were published in each hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from dedup.output.wording import counted

MOST_BARS = 48
HEIGHT = 28
_BAR, _PITCH = 3, 4
_LOWEST = 3
_HOUR = 3_600
_STEPS_H = (1, 2, 3, 6, 12, 24, 48, 7 * 24)


@dataclass(frozen=True, slots=True)
class Bar:
    """The articles of one step of time: position and size of the bar, in pixels."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Bars from a story's first hour to its last.

    Args:
        bars: Bars of the steps that have articles.
        bar_width: Width of a bar, in pixels.
        width: Width of the sparkline, in pixels: that of `MOST_BARS` bars.
        height: Height of the highest bar, in pixels.
        label: What it shows, in words.
        caption: The same in few words.
    """

    bars: tuple[Bar, ...]
    bar_width: int
    width: int
    height: int
    label: str
    caption: str


def sparkline(times: Sequence[datetime]) -> Sparkline | None:
    """The bars of some times; None if there are none.

    Steps are hours, or as many whole hours as give at most `MOST_BARS` bars, counted from the
    full hour before the first.

    >>> from datetime import UTC
    >>> sparkline([datetime(2024, 3, 1, 8, 5, tzinfo=UTC)] * 2).label
    '2 articles in 1 hour, at most 2 in an hour'
    """
    if not times:
        return None
    starts = [int(time.timestamp()) // _HOUR for time in times]
    first, span = min(starts), max(starts) - min(starts) + 1
    step = next((hours for hours in _STEPS_H if span <= hours * MOST_BARS), ceil(span / MOST_BARS))
    counts = Counter((hour - first) // step for hour in starts)
    most = max(counts.values())
    bars = []
    for place, count in sorted(counts.items()):
        height = max(_LOWEST, round(HEIGHT * count / most))
        bars.append(Bar(place * _PITCH, HEIGHT - height, height))
    label = _label(len(times), span, step, most)
    # All have the same width, so that short stories look short.
    return Sparkline(tuple(bars), _BAR, MOST_BARS * _PITCH, HEIGHT, label, _caption(span, step))


def _caption(span_h: int, step_h: int) -> str:
    length = f"{span_h:,} h" if span_h <= 2 * MOST_BARS else f"{ceil(span_h / 24):,} days"
    return length if step_h == 1 else f"{length}, a bar for {step_h:,} h"


def _label(articles: int, span_h: int, step_h: int, most: int) -> str:
    unit = "an hour" if step_h == 1 else f"{step_h:,} hours"
    return (
        f"{counted(articles, 'article')} in {counted(span_h, 'hour')}, at most {most:,} in {unit}"
    )
