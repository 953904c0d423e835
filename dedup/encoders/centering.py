"""Vectors from the mean of their language: two unrelated texts have a similarity near 0 in each.

Without it, what all texts of a language have in common counts as likeness: the cosine of unrelated
news is .12 in English and .82 in Tongan. The means are fixed numbers that ship with the package,
one a language, so that the vector of a text is a function of the text alone.

Where the mean is nearly the whole vector, an encoder hardly tells two texts of the language apart:
what is left is shortened, and a language that it does not know at all has no vector. Rather two
stories too many than one heap.

Source: Arora, Liang & Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings"
(removal of what all sentences share); a mean for each language after Libovický, Rosa & Fraser
2020, "On the Language Neutrality of Pre-trained Multilingual Representations".
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Self

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Float32s, Float64s, Int64s
from dedup.encoders.whole_vectors import SCALE

FULL_SPREAD = 0.7
"""Languages whose texts lie at least so far from their mean, of 1, have vectors of full length."""


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """Means of the vectors of texts, by language.

    Args:
        rows: Row of each language; row 0 is that of unknown ones.
        means: Whole-number means, see `whole_vectors`; int16 of shape (languages + 1, dim).
        lengths: Length of a centred vector, float64 of shape (languages + 1,), from 0 to 1.
    """

    rows: dict[str, int]
    means: npt.NDArray[np.int16]
    lengths: Float64s

    @classmethod
    def of(cls, means: dict[str, npt.NDArray[np.int16]], known: frozenset[str]) -> Self:
        """Means by language; the encoder tells texts apart in those that are known.

        Args:
            means: Whole-number mean of each language, int16 of shape (dim,).
            known: Languages with vectors; the others have none.
        """
        codes = sorted(means)
        table = np.stack([np.zeros_like(means[codes[0]]), *(means[code] for code in codes)])
        squares = (table.astype(np.int64) ** 2).sum(axis=1) / SCALE**2
        lengths = np.minimum(1.0, np.sqrt(np.maximum(0.0, 1 - squares)) / FULL_SPREAD)
        lengths[[0, *(row for row, code in enumerate(codes, 1) if code not in known)]] = 0.0
        return cls({code: row for row, code in enumerate(codes, 1)}, table, np.round(lengths, 4))

    def centered(self, vectors: Float32s, languages: Sequence[str]) -> Float32s:
        """Vectors from the means of their languages, whole numbers again.

        Sums and differences are of whole numbers: a text has the same vector everywhere.

        Args:
            vectors: Whole-number vectors of n texts, float32 of shape (n, dim).
            languages: Language of each text.

        Returns:
            float32 of shape (n, dim): of the length that the language has, or zero.
        """
        rows = np.fromiter((self.rows.get(code, 0) for code in languages), np.int64, len(languages))
        apart = vectors.astype(np.int64) - self.means[rows]
        squares: Int64s = (apart * apart).sum(axis=1)
        scales = SCALE * self.lengths[rows] / np.sqrt(np.maximum(squares, 1).astype(np.float64))
        scales[~vectors.any(axis=1)] = 0.0
        return np.round(apart * scales[:, None]).astype(np.float32)


@functools.lru_cache(maxsize=4)
def shipped_means(encoder: str) -> LanguageMeans | None:
    """The means that ship for the encoder of that name; None if there are none."""
    path = resources.files("dedup.weights").joinpath(f"means_{encoder}.npz")
    if not encoder.isidentifier() or not path.is_file():
        return None
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        codes = stored["languages"].tobytes().decode().split(" ")
        known = frozenset(stored["known"].tobytes().decode().split(" "))
        return LanguageMeans.of(dict(zip(codes, stored["means"], strict=True)), known)
