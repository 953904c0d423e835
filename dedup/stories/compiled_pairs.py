"""Features and log-odds of pairs by the compiled kernel, in threads."""

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
from dedup.stories.profiles import RARE_WEIGHT, Profiles
from dedup.text.terms import WEIGHT_UNIT

_PAIRS_AT_ONCE = 1 << 14
_SECONDS_PER_DAY = 86_400.0


def _hashed_rows(of: Profiles) -> tuple[KeyedRows, ...]:
    return of.terms, of.head_terms, of.names, of.numbers, of.dates


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the rows of n texts.

    Args:
        terms: Squares of the terms, int64 of shape (n,).
        head_terms: Squares of the terms of the heads, int64 of shape (n,).
        longest: The most entries of a row of terms, terms of heads, names, numbers and
            dates, int64 (5,).
    """

    terms: Int64s
    head_terms: Int64s
    longest: Int64s

    @classmethod
    def of(cls, profiles: Profiles) -> Sizes:
        """Of these texts."""
        longest = [each.counts.max(initial=0) for each in _hashed_rows(profiles)]
        return cls(
            profiles.terms.squares(), profiles.head_terms.squares(), np.array(longest, np.int64)
        )


class CompiledPairs:
    """Pairs among n texts, for `features.Features` and `affinity.Affinity`.

    Args:
        profiles: The texts.
        known: What would have to be computed from them, where it is known.
    """

    def __init__(self, profiles: Profiles, known: Sizes | None = None) -> None:
        of = profiles
        rows = _hashed_rows(of)
        sizes = known or Sizes.of(of)
        columns = (of.seconds, of.languages, of.sources, of.short)
        self._texts = (
            # Arrays with gaps would be other types to the kernels, compiled again for them.
            np.ascontiguousarray(of.whole, np.int16),
            np.ascontiguousarray(of.head_whole, np.int16),
            *map(np.ascontiguousarray, columns),
            *map(_arrays, rows),
            (sizes.terms, sizes.head_terms),
            sizes.longest,
        )
        self._units = (float(SCALE * SCALE), WEIGHT_UNIT, _SECONDS_PER_DAY, RARE_WEIGHT, UNDATED)

    def values(self, first: Int64s, second: Int64s, features: int) -> npt.NDArray[np.float64]:
        """Values of all features of pairs, float64 of shape (m, features)."""
        from dedup.stories.kernels.pairs import pair_values

        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        found = np.empty((len(first), features), np.float64)

        def one(part: slice) -> None:
            pair_values(self._texts, self._units, first[part], second[part], found[part])

        _in_parts(one, len(first), _PAIRS_AT_ONCE)
        return found

    def log_odds(self, curves: tuple[Any, ...], first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,); curves as `curve_arrays` makes them."""
        from dedup.stories.kernels.pairs import pair_log_odds

        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        found = np.empty(len(first), np.int64)

        def one(part: slice) -> None:
            pair_log_odds(self._texts, self._units, curves, first[part], second[part], found[part])

        _in_parts(one, len(first), _PAIRS_AT_ONCE)
        return found

    def block(self, curves: tuple[Any, ...], rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l)."""
        from dedup.stories.kernels.pairs import block_log_odds

        rows, columns = np.ascontiguousarray(rows), np.ascontiguousarray(columns)
        found = np.empty((len(rows), len(columns)), np.int64)
        mirrored = np.array_equal(rows, columns)

        def one(part: slice) -> None:
            block_log_odds(
                self._texts, self._units, curves, rows, columns,
                part.start, part.stop, mirrored, found,
            )  # fmt: skip

        _in_parts(one, len(rows), max(1, _PAIRS_AT_ONCE // max(1, len(columns))))
        return found


def curve_arrays(
    intercepts: Sequence[float], curves: Sequence[Mapping[str, Any]], features: Sequence[str]
) -> tuple[Any, ...]:
    """Curves as the kernel reads them.

    Args:
        intercepts: Of each kind of pair.
        curves: Points of the curves by feature, of each kind of pair.
        features: In their order.

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
