"""Simple encoders beside ours: TF-IDF, and potion, a static English model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.encoders import load_encoder
from dedup.encoders.centering import shipped_means
from dedup.encoders.whole_vectors import SCALE, whole_vectors


class TextEncoder(Protocol):
    """What is measured of an encoder."""

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), d), unit or zero rows."""
        ...


def open_encoder(name: str, data_folder: Path, cache: str = "") -> TextEncoder:
    """The baseline or the encoder of that name.

    Args:
        name: A baseline, or what `load_encoder` takes.
        data_folder: potion lies in the folder `teacher` beside it.
        cache: Folder where vectors of an encoder are kept, see `EncoderConfig`.
    """
    if name == "tfidf":
        return TfIdf()
    if name == "potion":
        return Potion(data_folder.resolve().parent / "teacher")
    return load_encoder(EncoderConfig(name=name, cache=cache))


def centred(encoder: TextEncoder, name: str) -> Callable[[Sequence[str], Sequence[str]], Float32s]:
    """Vectors of texts from the means of their languages, as stories are found with them.

    Returns:
        A function of n texts and their languages: float32 of shape (n, d), unit or zero rows, or
        shorter in a language that the encoder hardly knows.
    """
    means = shipped_means(name)

    def encode(texts: Sequence[str], languages: Sequence[str]) -> Float32s:
        vectors = encoder.encode(texts)
        if means is None:
            return vectors
        apart = means.centered(whole_vectors(vectors), languages)
        return np.asarray(apart / SCALE, np.float32)

    return encode


class TfIdf:
    """Words weighted by the very texts that are compared: no encoder, as it needs them all."""

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts, comparable within this call only."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        weighted = TfidfVectorizer(sublinear_tf=True, dtype=np.float32).fit_transform(texts)
        return np.asarray(weighted.toarray(), np.float32)


class Potion:
    """A model2vec model: the mean of the rows of a text's word pieces.

    The weights of the pieces are part of the rows, and their common scale (int8) does
    not matter, as every vector is divided by its length. Unknown pieces are left out.

    Args:
        folder: Holds `tokenizer.json` and `model.safetensors`.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.files = (folder / "tokenizer.json", folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(self.files[0]))
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        self._rows = _read_rows(self.files[1])

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), 128)."""
        vectors = np.zeros((len(texts), self._rows.shape[1]), np.float32)
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        for vector, encoding in zip(vectors, encodings, strict=True):
            pieces = np.array(encoding.ids, np.int64)
            vector[:] = self._rows[pieces[pieces != self._unknown]].sum(axis=0)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.where(lengths > 0, lengths, 1)
        return vectors


def _read_rows(path: Path) -> Float32s:
    """The one table of a safetensors file: a JSON header after its length, then the numbers."""
    stored = path.read_bytes()
    start = 8 + int.from_bytes(stored[:8], "little")
    tensor = json.loads(stored[8:start])["embeddings"]
    first, end = tensor["data_offsets"]
    table = np.frombuffer(stored[start + first : start + end], np.int8)
    return table.reshape(tensor["shape"]).astype(np.float32)
