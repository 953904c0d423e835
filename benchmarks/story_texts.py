"""Texts of a set as the ways to group them see them: cleaned, encoded, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from benchmarks.story_sets import StorySet
from dedup.articles import UNDATED, body_of, lead_of, seconds_of
from dedup.cleaning import clean
from dedup.compute.arrays import Float32s, Int64s
from dedup.config import Config
from dedup.encoders import Encoder, checked_vectors
from dedup.text.terms import count_terms

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Prepared:
    """Texts of a set as the baselines see them, in the order of precedence.

    Attributes:
        titles: Canonical titles.
        bodies: What is compared for copies.
        leads: What is encoded: title and lead.
        seconds: Publication times, int64 (n,), `UNDATED` where unknown.
        max_gap_seconds: Texts published further apart are not compared.
        vectors: Of the leads, float32 (n, dim), unit or zero rows.
    """

    titles: Sequence[str]
    bodies: Sequence[str]
    leads: Sequence[str]
    seconds: Int64s
    max_gap_seconds: float
    vectors: Float32s

    @classmethod
    def of(cls, story_set: StorySet, encoder: Encoder, config: Config = Config()) -> Prepared:
        """Clean and encode the articles of a set."""
        texts = [clean(article, config.cleaning) for article in story_set.articles]
        leads = [lead_of(text, config.encoder.lead_chars) for text in texts]
        return cls(
            titles=[text.title for text in texts],
            bodies=[body_of(text) for text in texts],
            leads=leads,
            seconds=seconds_of(story_set.articles),
            max_gap_seconds=config.neighbors.max_gap.total_seconds(),
            vectors=checked_vectors(encoder, leads),
        )

    def __len__(self) -> int:
        return len(self.leads)

    @cached_property
    def near(self) -> Bools:
        """Which texts are compared, bool (n, n): near in time, or one has no date."""
        dated = self.seconds != UNDATED
        times = np.where(dated, self.seconds, 0)
        gaps = np.abs(times[:, None] - times[None, :])
        far: Bools = dated[:, None] & dated[None, :] & (gaps > self.max_gap_seconds)
        return ~far

    @cached_property
    def cosines(self) -> Float32s:
        """Cosines of the vectors, float32 (n, n); 0 where two texts are not compared."""
        cosines: Float32s = np.where(self.near, self.vectors @ self.vectors.T, np.float32(0))
        return cosines

    @cached_property
    def tfidf_cosines(self) -> Float32s:
        """Cosines of words weighted by the set itself, float32 (n, n), of all pairs."""
        weighted = tfidf(self.leads)
        return np.asarray((weighted @ weighted.T).toarray(), np.float32)

    @cached_property
    def distances(self) -> npt.NDArray[np.float64]:
        """1 - cosine, float64 (n, n), zeros on the diagonal."""
        distances = np.clip(1 - self.cosines.astype(np.float64), 0, 2)
        np.fill_diagonal(distances, 0)
        return distances

    @cached_property
    def average_merges(self) -> npt.NDArray[np.float64]:
        """All merges of average linkage, as SciPy writes them."""
        from scipy.cluster.hierarchy import linkage
        from scipy.spatial.distance import squareform

        return linkage(squareform(self.distances, checks=False), "average")

    def edges(self, min_cosine: float) -> tuple[Int64s, Int64s]:
        """Both ends of the pairs that are compared and at least so similar."""
        first, second = np.nonzero(np.triu(self.cosines >= min_cosine, 1) & self.near)
        return first, second


def tfidf(texts: Sequence[str]) -> sp.csr_array:
    """Terms weighted by their rarity in these texts, unit or zero rows (n, terms).

    Our terms are those of scripts without spaces too, so that the baseline can group Chinese.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    terms, counts = count_terms(texts)
    different, columns = np.unique(terms.hashes, return_inverse=True)
    shape = (len(texts), len(different))
    table = sp.csr_array((counts.astype(np.float64), columns, terms.offsets), shape)
    return sp.csr_array(TfidfTransformer(sublinear_tf=True).fit_transform(table))


class RememberingEncoder:
    """An encoder that encodes a text once: several systems share the vectors of a slow one.

    Args:
        encoder: Asked for the vectors of new texts.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.revision, self.dim = encoder.name, encoder.revision, encoder.dim
        self._encoder = encoder
        self._known: dict[str, Float32s] = {}

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), dim)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        rows = [self._known[text] for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), self.dim)
