"""An encoder without training: hashed terms, weighted by their fixed rarity.

It knows no meaning: texts are close when they share rare words, names and
numbers. Within a language that is a strong baseline; across languages only what
is written alike (numbers, names in one script) counts.

Source: Weinberger et al. 2009, "Feature hashing for large scale multitask
learning"; damping of repetitions by the square root as in Lucene's classic similarity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.encoders import Float32s
from dedup.shingles import mix64
from dedup.terms import count_terms, term_weights

_CHUNK_TEXTS = 2048
_SCALE = 16


class HashingEncoder:
    """Signed feature hashing of the terms of a text.

    The value of a term is its weight times the square root of its count, in
    whole numbers, so that their sums are exact on every machine.

    Args:
        dim: Dimensions of the vectors.
    """

    name = "hashing"
    revision = "1"

    def __init__(self, dim: int = 512) -> None:
        self.dim = dim

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of canonical texts: float32 (len(texts), dim), unit rows or zeros."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            part = slice(start, start + _CHUNK_TEXTS)
            vectors[part] = self._encode_chunk(texts[part])
        return vectors

    def _encode_chunk(self, texts: Sequence[str]) -> Float32s:
        found, repeats = count_terms(texts)
        owner = np.repeat(np.arange(len(texts)), found.counts)
        hashes = mix64(found.hashes)
        slots = (hashes % np.uint64(self.dim)).astype(np.int64)
        sizes = np.round(term_weights(found.hashes) * np.sqrt(repeats) * _SCALE)
        signs = np.where(hashes >> np.uint64(63), 1.0, -1.0)
        sums = np.bincount(owner * self.dim + slots, sizes * signs, len(texts) * self.dim)
        rows = sums.reshape(len(texts), self.dim)
        lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
        return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
