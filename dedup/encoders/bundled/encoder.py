"""The encoder that ships with the package: one vector for each word piece, for all languages.

A text's vector is the sum of the rows of its pieces, made unit length. How much a piece
counts is the length of its row, learned with it. Rows are whole numbers, so that sums are
exact: a text has the same vector on every machine and in every batch. How the rows were
trained, on which data, and how good they are in each language: `MODEL_CARD.md` beside this file.

Source: static embeddings of pieces, Joulin et al. 2017, "Bag of Tricks for Efficient Text
Classification"; the alignment of languages by translations, Gouws et al. 2015, "BilBOWA".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from dedup.compute.arrays import Float32s, Int32s, Int64s
from dedup.encoders.bundled.segmentation import Segmenter
from dedup.errors import EncoderError

_CHUNK_TEXTS = 512


class BundledEncoder:
    """Sums of the rows of word pieces; `vocabulary` has the pieces and their log probabilities.

    Args:
        file: Weights as `benchmarks.encoder_training` writes them; empty for those that
            ship with the package. Arrays of the file: `pieces` (joined by line ends, UTF-8),
            `scores` float32 (n,), `nibbles` uint8 (n, dim / 2) with the value of the first
            half of the dimensions plus 8 in the lower four bits and that of the second in
            the upper, `scales` uint16 (n,), at most 4095.

    Raises:
        EncoderError: The file cannot be read or is not of that form.
    """

    name = "bundled"
    revision = "5"
    in_processes = True
    """Other processes receive only the name of the file, which each of them reads once."""

    def __init__(self, file: str | Path = "") -> None:
        shipped = resources.files("dedup.encoders.bundled").joinpath("weights.npz")
        self.files = (str(file or shipped),)
        try:
            with Path(self.files[0]).open("rb") as opened, np.load(opened) as stored:
                pieces = stored["pieces"].tobytes().decode().split("\n")
                self.vocabulary: tuple[list[str], list[float]] = pieces, stored["scores"].tolist()
                self._nibbles: npt.NDArray[np.uint8] = stored["nibbles"]
                self._scales: npt.NDArray[np.uint16] = stored["scales"]
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            raise EncoderError(
                f"encoder weights {self.files[0]}: cannot be used: {error}"
            ) from error
        self._segmenter = Segmenter(*self.vocabulary)
        self.dim = 2 * self._nibbles.shape[1]

    def __reduce__(self) -> tuple[Callable[[str], BundledEncoder], tuple[str]]:
        return _read_once, self.files

    def rows(self) -> Int32s:
        """What each piece adds to a sum: whole numbers, int32 of shape (pieces, dim)."""
        levels = self._levels(np.arange(len(self._scales)))
        return levels * self._scales.astype(np.int32)[:, None]

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), dim); zero where no piece is known."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            part = slice(start, start + _CHUNK_TEXTS)
            vectors[part] = self._encode_chunk(texts[part])
        return vectors

    def _encode_chunk(self, texts: Sequence[str]) -> Float32s:
        cuts = [self._segmenter.rows(text) for text in texts]
        offsets = np.cumsum([0, *map(len, cuts)])
        rows = np.fromiter(chain.from_iterable(cuts), np.int64, offsets[-1])
        used, places = np.unique(rows, return_inverse=True)
        scales = self._scales[used].astype(np.int32)
        counted = sp.csr_array((scales[places], places, offsets), (len(texts), len(used)))
        sums = (counted @ self._levels(used)).astype(np.int64)
        lengths = np.sqrt((sums * sums).sum(axis=1, keepdims=True).astype(np.float64))
        unit: Float32s = (sums / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return unit

    def _levels(self, rows: Int64s) -> Int32s:
        """Rows of the table before scaling: whole numbers from -7 to 7, int32 (n, dim)."""
        packed = self._nibbles[rows]
        return np.concatenate((packed & 15, packed >> 4), axis=1).astype(np.int32) - 8


@lru_cache(maxsize=1)
def _read_once(file: str) -> BundledEncoder:
    return BundledEncoder(file)
