"""Encoders, which turn texts into vectors: one protocol, several implementations.

Every encoder returns unit rows, so that the inner product of two vectors is the cosine of their
texts. Heavy libraries are imported when an encoder is loaded, never before.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.encoders.protocol import Encoder
from dedup.errors import EncoderError

__all__ = ["Encoder", "Float32s", "checked_vectors", "load_encoder"]


def load_encoder(encoder: str | EncoderConfig = "bundled") -> Encoder:
    """The encoder of that name.

    Args:
        encoder: `bundled`, `e5` (extra `[e5]`), or the name or folder of a
            sentence-transformers model; with an `EncoderConfig` also its prefix, truncation,
            cache and so on.

    Raises:
        EncoderError: The model cannot be found or loaded, or the cache cannot be used.
        MissingExtraError: A model needs packages that are not installed.
    """
    config = EncoderConfig(name=encoder) if isinstance(encoder, str) else encoder
    loaded = _loaded(config)
    if config.cache:
        from dedup.encoders.cached import CachedEncoder

        return CachedEncoder(loaded, Path(config.cache).expanduser())
    return loaded


def _loaded(config: EncoderConfig) -> Encoder:
    if config.name == "bundled":
        return _bundled()
    if config.name == "e5":
        return _e5()
    from dedup.encoders.transformer import TransformerEncoder

    return TransformerEncoder(config)


@functools.cache
def _bundled() -> Encoder:
    from dedup.encoders.bundled import BundledEncoder

    return BundledEncoder()


@functools.cache
def _e5() -> Encoder:
    from dedup.encoders.e5 import E5Encoder

    return E5Encoder()


def checked_vectors(encoder: Encoder, texts: Sequence[str]) -> Float32s:
    """Vectors of texts, checked against the protocol.

    Args:
        encoder: Makes the vectors.
        texts: n texts.

    Returns:
        float32 of shape (n, dim), unit rows or zero.

    Raises:
        EncoderError: The shape is wrong, a value is not finite, or a row is neither unit nor zero.
    """
    vectors = np.asarray(encoder.encode(texts), np.float32)
    if vectors.shape != (len(texts), encoder.dim):
        raise EncoderError(
            f"encoder {encoder.name!r} returned shape {vectors.shape} for {len(texts)} texts: "
            f"must be ({len(texts)}, {encoder.dim})"
        )
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)):
        raise EncoderError(
            f"encoder {encoder.name!r} returned rows that are not unit vectors: "
            "divide each by its length"
        )
    return vectors
