"""How costs grow with the corpus, and a projection to ten times as many articles.

A cost is assumed to grow as a power: cost = base + a * articles ** b. The exponent b is the slope
of the line through log(cost - base) over log(articles) by least squares; 1 means that twice the
articles cost twice as much.

Source: interval of a slope by Student's t with n - 2 degrees of freedom, as in Draper and Smith
1998, "Applied Regression Analysis", section 1.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NEXT = 10
"""A projection is for so many times as many articles as the most that were measured."""
MIN_SECONDS = 0.1
"""Shorter times are not distinguished from the start of a program."""
_CONFIDENCE = 0.95
_MOST_WIDE = 1.0
_FEW = 10
_LONG_SECONDS = 12 * 3600
_BYTES_PER_MB = 1024**2
_BYTES_PER_GB = 1024**3


@dataclass(frozen=True, slots=True)
class Growth:
    """A power law through some measurements.

    Args:
        exponent: Its slope.
        low: Lower end of the 95 % interval of the slope; None with fewer than three measurements.
        high: The upper end.
        largest: Number of articles of the largest measurement.
        cost: The cost measured there.
        base: The part of the cost that does not grow.
    """

    exponent: float
    low: float | None
    high: float | None
    largest: int
    cost: float
    base: float = 0.0

    def at(self, articles: float) -> float:
        """The cost of so many articles, extrapolated from the largest measurement."""
        return self._at(articles, self.exponent)

    def _at(self, articles: float, exponent: float) -> float:
        times: float = (articles / self.largest) ** exponent
        return self.base + (self.cost - self.base) * times

    def range_at(self, articles: float) -> tuple[float, float] | None:
        """The cost by both ends of the interval of the exponent.

        None without an interval, or where it is too wide to say anything.
        """
        if self.low is None or self.high is None or self.high - self.low > _MOST_WIDE:
            return None
        return self._at(articles, self.low), self._at(articles, self.high)

    def articles_at(self, cost: float) -> float:
        """How many articles have that cost; infinitely many if it does not grow."""
        if self.exponent <= 0 or self.cost <= self.base:
            return math.inf
        times: float = ((cost - self.base) / (self.cost - self.base)) ** (1 / self.exponent)
        return self.largest * times


def fit_growth(articles: Sequence[int], costs: Sequence[float], base: float = 0.0) -> Growth | None:
    """The power law through measurements, by least squares of the logarithms.

    Args:
        articles: Sizes, ascending.
        costs: Of each size, in any unit; sizes whose cost is the base or less are left out.
        base: The part that does not grow, as the memory of a program before it does anything.

    Returns:
        None with fewer than two sizes.

    >>> fit_growth([10, 100, 1000], [2.0, 20.0, 200.0])
    Growth(exponent=1.0, low=1.0, high=1.0, largest=1000, cost=200.0, base=0.0)
    """
    points = [(size, cost) for size, cost in zip(articles, costs, strict=True) if cost > base]
    if len({size for size, _ in points}) < 2:
        return None
    x, y = np.log(np.array(points, np.float64) - (0, base)).T
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    low = high = None
    if len(points) > 2:
        from scipy.special import stdtrit

        residuals = y - y.mean() - slope * (x - x.mean())
        error = math.sqrt(float((residuals**2).sum()) / (len(points) - 2) / spread)
        half = float(stdtrit(len(points) - 2, (1 + _CONFIDENCE) / 2)) * error
        low, high = round(slope - half, 4), round(slope + half, 4)
    return Growth(round(slope, 4), low, high, *points[-1], base)


def linear_growth(articles: Sequence[int], costs: Sequence[float]) -> Growth | None:
    """The straight line through the two largest sizes, for a cost that each article adds to.

    Memory is such a cost: small corpora need less than the program itself, so that the smaller
    sizes say little.

    Returns:
        None with fewer than two sizes; a constant where the cost did not grow.

    >>> linear_growth([10, 100, 1000], [500.0, 600.0, 1500.0])
    Growth(exponent=1.0, low=None, high=None, largest=1000, cost=1500.0, base=500.0)
    """
    if len(articles) < 2:
        return None
    per_article = max(0.0, (costs[-1] - costs[-2]) / (articles[-1] - articles[-2]))
    base = round(costs[-1] - per_article * articles[-1], 6)
    return Growth(1.0, None, None, articles[-1], costs[-1], base)


def fit_seconds(
    articles: Sequence[int], seconds: Sequence[float], least: float = MIN_SECONDS
) -> Growth | None:
    """`fit_growth` for times, without those that are too short.

    Sizes up to the last one that took less than `least` are left out, if two are left.
    """
    short = [row for row, value in enumerate(seconds) if value < least]
    first = short[-1] + 1 if short else 0
    if len(articles) - first < 2:
        first = 0
    return fit_growth(articles[first:], seconds[first:])


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that the work has to fit into.

    Args:
        cores: Cores that a process may use.
        memory_bytes: Memory that it may use.
    """

    cores: int
    memory_bytes: int


def next_sentence(
    seconds: Mapping[str, Growth], memory_mb: Mapping[str, Growth], total: Growth, machine: Machine
) -> str:
    """A sentence on ten times as many articles as the most that were measured.

    Args:
        seconds: Growth of the time of each stage.
        memory_mb: Growth of the peak memory of each stage; empty where it did not grow.
        total: Growth of the time of all stages together.
        machine: The machine that the work has to fit into.
    """
    articles = NEXT * total.largest
    slowest = max(seconds, key=lambda name: seconds[name].at(articles))
    time = span_of(total.at(articles))
    if bounds := total.range_at(articles):
        time += f" ({span_of(bounds[0])} to {span_of(bounds[1])})"
    needs = (
        f"ten times as many, {articles:,} articles, would take about {time}, most of it in "
        f"`{slowest}`"
    )
    memory = size_of(machine.memory_bytes)
    if memory_mb:
        fullest = max(memory_mb, key=lambda name: memory_mb[name].at(articles))
        needed = memory_mb[fullest].at(articles) * _BYTES_PER_MB
        needs += f", and {size_of(needed)} of memory, at its peak in `{fullest}`"
        if needed > machine.memory_bytes:
            most = memory_mb[fullest].articles_at(machine.memory_bytes / _BYTES_PER_MB)
            return (
                f"{needs}: more than the {memory} of this machine. Memory ends first, in "
                f"`{fullest}`, at about {round_number(most):,} articles."
            )
    if total.at(articles) > _LONG_SECONDS:
        return f"{needs}. It would fit the {memory} of this machine; time breaks, in `{slowest}`."
    return f"{needs}: nothing breaks, it fits the {memory} of this machine."


def span_of(seconds: float) -> str:
    """A length of time for people.

    >>> [span_of(value) for value in (0.01, 2.06, 40, 720, 12600, 350_000)]
    ['10 ms', '2.1 s', '40 s', '12 minutes', '3.5 hours', '4 days']
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _FEW:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.0f} days"


def size_of(count: float) -> str:
    """Bytes for people, in MB of 2^20 or GB of 2^30.

    >>> [size_of(value) for value in (3e6, 3e7, 25e9)]
    ['2.9 MB', '29 MB', '23.3 GB']
    """
    if count < _FEW * _BYTES_PER_MB:
        return f"{count / _BYTES_PER_MB:.1f} MB"
    if count < _BYTES_PER_GB:
        return f"{count / _BYTES_PER_MB:,.0f} MB"
    return f"{count / _BYTES_PER_GB:,.1f} GB"


def round_number(value: float) -> int:
    """A number rounded to two significant digits.

    >>> round_number(318_244)
    320000
    """
    if not math.isfinite(value) or value < 10:
        return round(min(value, 1e12))
    step = int(10 ** (math.floor(math.log10(value)) - 1))
    return round(value / step) * step
