"""Features and log-odds of pairs, computed by the compiled kernel in threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.articles import UNDATED
from dedup.compute.arrays import Int64s
from dedup.compute.keyed_rows import KeyedRows
from dedup.compute.threads import mapped
from dedup.encoders.whole_vectors import SCALE
from dedup.stories.chance import chance_by_language
from dedup.stories.profiles import RARE_WEIGHT, Profiles

_PAIRS_AT_ONCE = 1 << 14
_SECONDS_PER_DAY = 86_400.0
SQUARED = ("terms", "title_terms", "names")
"""Rows of the profiles whose squares `Sizes` has, in its order."""


def _hashed_rows(of: Profiles) -> tuple[KeyedRows, ...]:
    return of.terms, of.title_terms, of.names, of.numbers, of.dates


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the profiles of n texts.

    Args:
        squares: Sum of the squared rarities of the terms of each text, of those of its title,
            and of its names, int64 of shape (n,) each.
        longest: Entries of the longest row of terms, title terms, names, numbers and dates,
            int64 (5,).
    """

    squares: tuple[Int64s, ...]
    longest: Int64s

    @classmethod
    def of(cls, profiles: Profiles) -> Sizes:
        """Sizes of these profiles."""
        longest = [rows.counts.max(initial=0) for rows in _hashed_rows(profiles)]
        squares = tuple(getattr(profiles, name).squares() for name in SQUARED)
        return cls(squares, np.array(longest, np.int64))


class CompiledPairs:
    """Compiled scores of pairs among n texts, for `features.Features` and `affinity.Affinity`.

    Args:
        profiles: The texts.
        known: Sizes of the profiles; computed if not given.
    """

    def __init__(self, profiles: Profiles, known: Sizes | None = None) -> None:
        of = profiles
        rows = _hashed_rows(of)
        sizes = known or Sizes.of(of)
        columns = (of.seconds, of.languages, of.short)
        self._texts = (
            # Arrays with gaps would be other types to the kernels, compiled again for them.
            np.ascontiguousarray(of.vectors, np.int16),
            np.ascontiguousarray(of.title_vectors, np.int16),
            *map(np.ascontiguousarray, columns),
            *map(_arrays, rows),
            sizes.squares,
            sizes.longest,
            chance_by_language(),
        )
        self._units = (float(SCALE * SCALE), _SECONDS_PER_DAY, RARE_WEIGHT, UNDATED)

    def values(self, first: Int64s, second: Int64s, features: int) -> npt.NDArray[np.float64]:
        """Values of all features of pairs, float64 of shape (m, features)."""
        from dedup.stories.kernels.pairs import pair_values

        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        values = np.empty((len(first), features), np.float64)

        def work(part: slice) -> None:
            pair_values(self._texts, self._units, first[part], second[part], values[part])

        _in_parts(work, len(first), _PAIRS_AT_ONCE)
        return values

    def log_odds(self, curves: tuple[Any, ...], first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,); curves as `curve_arrays` makes them."""
        from dedup.stories.kernels.pairs import pair_log_odds

        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        scores = np.empty(len(first), np.int64)

        def work(part: slice) -> None:
            pair_log_odds(self._texts, self._units, curves, first[part], second[part], scores[part])

        _in_parts(work, len(first), _PAIRS_AT_ONCE)
        return scores

    def block(self, curves: tuple[Any, ...], rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l)."""
        from dedup.stories.kernels.pairs import block_log_odds

        rows, columns = np.ascontiguousarray(rows), np.ascontiguousarray(columns)
        scores = np.empty((len(rows), len(columns)), np.int64)
        mirrored = np.array_equal(rows, columns)

        def work(part: slice) -> None:
            block_log_odds(
                self._texts, self._units, curves, rows, columns,
                part.start, part.stop, mirrored, scores,
            )  # fmt: skip

        _in_parts(work, len(rows), max(1, _PAIRS_AT_ONCE // max(1, len(columns))))
        return scores


def curve_arrays(
    intercepts: Sequence[float], curves: Sequence[Mapping[str, Any]], features: Sequence[str]
) -> tuple[Any, ...]:
    """Arrays of the curves, for the kernel.

    Args:
        intercepts: Log-odds of a pair without evidence, for each kind of pair.
        curves: Points of the curves by feature, for each kind of pair.
        features: Names of the features, in the kernel's order.

    Returns:
        Intercepts; number of the first segment of each curve, int64 (kinds, features + 1);
        heights at the left end, float64 (kinds, features); left and right ends and slopes of
        all segments, float64.
    """
    starts: list[list[int]] = []
    segments: list[tuple[float, float, float]] = []
    for kind in curves:
        row = [len(segments)]
        for name in features:
            segments += [
                (left, right, (high - low) / (right - left))
                for (left, low), (right, high) in pairwise(kind[name])
            ]
            row.append(len(segments))
        starts.append(row)
    bases = [[kind[name][0][1] for name in features] for kind in curves]
    lefts, rights, slopes = np.array(segments, np.float64).reshape(-1, 3).T.copy()
    return (
        np.array(intercepts, np.float64),
        np.array(starts, np.int64),
        np.array(bases, np.float64),
        lefts,
        rights,
        slopes,
    )


def _arrays(rows: KeyedRows) -> tuple[Any, ...]:
    return rows.offsets, rows.keys, rows.values


def _in_parts(work: Any, count: int, at_once: int) -> None:  # noqa: ANN401 (a local function)
    starts = range(0, count, at_once)
    for _ in mapped(work, [slice(start, min(start + at_once, count)) for start in starts]):
        pass
