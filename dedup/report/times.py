"""Times as the report shows them: days, periods and the timeline of a story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt

from dedup.output.wording import duration

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 365 * _DAY),
)
_MOST_STEPS = 4
_MOST_TICKS = 8
_BINS = 60
_MOST_LANES = 8
_MOST_LABELLED = 2
# Half a dot fits at either end of the axis.
_MARGIN, _WIDTH = 2.0, 96.0
_RADIUS, _MOST_RADIUS = 5.0, 9.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One article on the axis.

    Args:
        time: Aware UTC, or None.
        lane: Key of its lane, a language code.
        label: Text of its tooltip.
    """

    time: datetime | None
    lane: str
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """Articles of one lane at one position of the axis.

    Args:
        x: Position, in percent of the width.
        radius: In pixels; grows with the number of articles.
        count: Articles.
        labels: Labels of the first of them.
    """

    x: str
    radius: str
    count: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """Dots of one language, or of all languages without their own lane (`key` is None)."""

    key: str | None
    count: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled position of the axis, `x` in percent of the width."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes from the first to the last time."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]


def shown_day(time: datetime) -> str:
    """A date, independent of the locale.

    >>> shown_day(datetime(2023, 10, 3, 4, 5, tzinfo=UTC))
    '3 Oct 2023'
    """
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def shown_time(time: datetime) -> str:
    """A date with hour and minute, in UTC.

    >>> shown_time(datetime(2023, 10, 3, 4, 5, tzinfo=UTC))
    '3 Oct 2023, 04:05'
    """
    return f"{shown_day(time)}, {time:%H:%M}"


def shown_range(first: datetime, last: datetime) -> str:
    """A period; the date is shown once if both times have the same.

    >>> shown_range(datetime(2023, 10, 3, 4, 5, tzinfo=UTC), datetime(2023, 10, 3, 6, tzinfo=UTC))
    '3 Oct 2023, 04:05 – 06:00'
    """
    if first == last:
        return shown_time(first)
    if first.date() == last.date():
        return f"{shown_time(first)} – {last:%H:%M}"
    return f"{shown_time(first)} – {shown_time(last)}"


def shown_span(first: datetime | None, last: datetime | None) -> str:
    """Length of time between two times; empty below a minute or if one is unknown."""
    if not first or not last or last - first < timedelta(minutes=1):
        return ""
    return duration(last - first)


def timeline(moments: Sequence[Moment]) -> Timeline | None:
    """The dated articles of a story on an axis; None if there are none.

    There is a lane for each language, the most frequent first. Articles of a lane whose dots
    would overlap share one.
    """
    times = [moment.time for moment in moments if moment.time]
    if not times:
        return None
    first, last = min(times), max(times)
    lanes: dict[str, list[Moment]] = {}
    for moment in moments:
        if moment.time:
            lanes.setdefault(moment.lane, []).append(moment)
    ranked = sorted(lanes.items(), key=lambda lane: (-len(lane[1]), lane[0]))
    if len(ranked) > _MOST_LANES:
        rest = [moment for _, of_lane in ranked[_MOST_LANES - 1 :] for moment in of_lane]
        shown: list[tuple[str | None, list[Moment]]] = [*ranked[: _MOST_LANES - 1], (None, rest)]
    else:
        shown = [*ranked]
    drawn = tuple(Lane(key, len(lane), _dots(lane, first, last)) for key, lane in shown)
    return Timeline(drawn, _ticks(first, last))


def _share(time: datetime, first: datetime, last: datetime) -> float:
    """Position of a time between two others, in [0, 1]; 0.5 if those are equal."""
    return (time - first) / (last - first) if last > first else 0.5


def _percent(share: float) -> str:
    return f"{_MARGIN + _WIDTH * share:.1f}%"


def _dots(moments: Sequence[Moment], first: datetime, last: datetime) -> tuple[Dot, ...]:
    bins: dict[int, list[Moment]] = {}
    for moment in moments:
        if moment.time:
            position = round(_BINS * _share(moment.time, first, last))
            bins.setdefault(position, []).append(moment)
    return tuple(
        Dot(
            _percent(position / _BINS),
            f"{min(_RADIUS + 1.5 * sqrt(len(group) - 1), _MOST_RADIUS):.1f}",
            len(group),
            tuple(moment.label for moment in group[:_MOST_LABELLED]),
        )
        for position, group in sorted(bins.items())
    )


def _ticks(first: datetime, last: datetime) -> tuple[Tick, ...]:
    """A few round times between two; the time itself if they are less than a minute apart."""
    seconds = (last - first).total_seconds()
    if seconds < _MINUTE:
        return (Tick(_percent(0.5), shown_time(first)),)
    step = next((step for step in _STEPS if seconds / step <= _MOST_STEPS), _STEPS[-1])
    step *= max(1, int(seconds / step) // _MOST_TICKS)
    start = -(-int(first.timestamp()) // step) * step
    ticks = []
    for second in range(start, int(last.timestamp()) + 1, step):
        time = datetime.fromtimestamp(second, UTC)
        ticks.append(Tick(_percent(_share(time, first, last)), _tick_label(time, step)))
    return tuple(ticks)


def _tick_label(time: datetime, step: int) -> str:
    month = _MONTHS[time.month - 1]
    if step >= 30 * _DAY:
        return f"{month} {time.year}"
    if step >= _DAY or not (time.hour or time.minute):
        return f"{time.day} {month}"
    return f"{time:%H:%M}"
