"""Links: scored pairs of texts, as a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from dedup.compute.arrays import BoolMask, Int32s, Int64s, ranges
from dedup.stories.pairs import RowPairs, ScoredPairs


class LinkGraph(Protocol):
    """Links among n texts, as the step `group` reads them: `Links` or the table of an index."""

    @property
    def arrays(self) -> tuple[Any, ...]:
        """Links by text, for kernels.

        Start of each text's links, int64 (n,); their number, and the room for them, int32 (n,);
        the other text and the log-odds of each link, int32 (m,).
        """
        ...

    def around(self, rows: Int64s) -> ScoredPairs:
        """All links of some texts: the text, the other one, the log-odds; int64 (m,) each."""
        ...


@dataclass(frozen=True, slots=True)
class LinkChanges:
    """Changes of links.

    Args:
        added: New links.
        removed: Pairs that were linked and may be linked no more.
    """

    added: ScoredPairs
    removed: RowPairs


@dataclass(frozen=True, slots=True)
class Links:
    """Links among n texts, ordered by (text, other text), each in both directions.

    Args:
        starts: Position of the first link of each text, and their number; int64 of shape (n + 1,).
        others: The other text of each link, int32 of shape (2m,).
        log_odds: Log-odds in units of 1/1000, int32 of shape (2m,).
    """

    starts: Int64s
    others: Int32s
    log_odds: Int32s

    @classmethod
    def of(cls, first: Int64s, second: Int64s, log_odds: Int64s, count: int) -> Self:
        """From pairs in any order and direction, each once.

        Args:
            first: Row of the first text of each pair, int64 of shape (m,).
            second: Row of the second text, int64 (m,).
            log_odds: Log-odds of each pair, in units of 1/1000, int64 (m,).
            count: Number of texts.
        """
        order = np.argsort(np.concatenate((first * count + second, second * count + first)))
        ends = np.concatenate((first, second))
        degrees = np.bincount(ends, minlength=count)
        return cls(
            np.concatenate(([0], np.cumsum(degrees))),
            np.concatenate((second, first)).astype(np.int32)[order],
            np.tile(log_odds.astype(np.int32), 2)[order],
        )

    @property
    def arrays(self) -> tuple[Any, ...]:
        """See `LinkGraph`."""
        degrees = np.diff(self.starts).astype(np.int32)
        return self.starts[:-1], degrees, degrees, self.others, self.log_odds

    def around(self, rows: Int64s) -> ScoredPairs:
        """All links of some texts: the text, the other one, the log-odds; int64 (m,) each."""
        degrees = self.starts[rows + 1] - self.starts[rows]
        places = ranges(self.starts[rows], degrees)
        others, log_odds = self.others[places], self.log_odds[places]
        return np.repeat(rows, degrees), others.astype(np.int64), log_odds.astype(np.int64)


class PairScorer(Protocol):
    """Scores of pairs, as `affinity.Affinity` gives them to `group`."""

    def log_odds(self, first: Int64s, second: Int64s) -> Int64s:
        """Log-odds of pairs, int64 of shape (m,)."""
        ...

    def block(self, rows: Int64s, columns: Int64s) -> Int64s:
        """Log-odds of k texts with each of l, int64 of shape (k, l); symmetric."""
        ...


@dataclass(frozen=True, slots=True)
class LinkedTexts:
    """n texts and the links among them, as the step `group` reads them.

    Args:
        links: The links.
        scorer: Scores pairs, also those that are not linked.
        seconds: Publication times, int64 of shape (n,), `UNDATED` where unknown.
        id_hashes: A hash of the id of each text, int64 of shape (n,).
        digests: Texts that quote several others, bool of shape (n,).
        alive: Texts that are there, bool of shape (n,): rows of removed ones stay.
        by_precedence: Puts rows in the order of precedence.
    """

    links: LinkGraph
    scorer: PairScorer
    seconds: Int64s
    id_hashes: Int64s
    digests: BoolMask
    alive: BoolMask
    by_precedence: Callable[[Int64s], Int64s] = np.sort
