"""Growing samples of a user's own articles: the earliest ones.

A sample has as many articles a day as all articles together, and complete stories; a random
sample would have only a few articles of each story.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dedup.bench.corpus import GeneratedArticle, write_corpus
from dedup.compute.arrays import Int64s
from dedup.readers.files import read_articles

_UNDATED = np.iinfo(np.int64).max
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Samples:
    """A user's articles, which are read again for each sample.

    Args:
        inputs: Files and folders.
        columns: Columns by field, where the usual names do not fit.
        ranks: Rank of each article in time, those without a date last; int64 of shape (n,).
        seconds: Times in this order, in seconds since 1970; int64 of shape (n,).
    """

    inputs: Sequence[str]
    columns: Mapping[str, str]
    ranks: Int64s
    seconds: Int64s

    @classmethod
    def of(cls, inputs: Sequence[str], columns: Mapping[str, str]) -> Samples:
        """Read the times of all articles.

        Raises:
            InputError: An input cannot be read, or there is no article.
        """
        seconds = np.array(
            [
                _UNDATED if article.published_at is None else int(article.published_at.timestamp())
                for article in read_articles(inputs, columns=columns)
            ],
            np.int64,
        )
        order = np.argsort(seconds, kind="stable")
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return cls(inputs, columns, ranks, seconds[order])

    def __len__(self) -> int:
        return len(self.ranks)

    def days(self, size: int) -> float:
        """Days from the first to the last dated article of a sample."""
        dated = self.seconds[:size][self.seconds[:size] != _UNDATED]
        return float((dated[-1] - dated[0]) / _SECONDS_PER_DAY) if len(dated) else 0.0

    def write(self, path: Path, size: int) -> int:
        """Write the first `size` articles in time, in the order of the inputs; return how many."""
        articles = read_articles(self.inputs, columns=self.columns)
        ranked = zip(self.ranks.tolist(), articles, strict=True)
        first = (GeneratedArticle(article, "", "") for rank, article in ranked if rank < size)
        return write_corpus(path, first)
