"""Encoders, which turn texts into vectors: one protocol, several implementations.

Every encoder returns unit rows, so that the inner product of two vectors is the cosine of their
texts. Heavy libraries are imported when an encoder is loaded, never before.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.errors import EncoderError

__all__ = ["Encoder", "Float32s", "checked_vectors", "load_encoder"]


@runtime_checkable
class Encoder(Protocol):
    """An object that turns texts into vectors, as the step `embed` needs it."""

    @property
    def name(self) -> str:
        """Name of the encoder in configurations and outputs."""

    @property
    def revision(self) -> str:
        """Version of the encoder: vectors of two revisions must not be mixed."""

    @property
    def dim(self) -> int:
        """Dimensions of its vectors."""

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts.

        Returns:
            float32 of shape (len(texts), dim). Each row has length 1, or is zero
            for a text without anything that the encoder knows.
        """


def load_encoder(encoder: str | EncoderConfig = "bundled") -> Encoder:
    """The encoder of that name.

    Args:
        encoder: `bundled`, or the name or folder of a sentence-transformers
            model; with an `EncoderConfig` also its prefix, truncation and so on.

    Raises:
        EncoderError: The model cannot be found or loaded.
        MissingExtraError: A model needs packages that are not installed.
    """
    config = EncoderConfig(name=encoder) if isinstance(encoder, str) else encoder
    if config.name == "bundled":
        return _bundled()
    from dedup.encoders.transformer import TransformerEncoder

    return TransformerEncoder(config)


@functools.cache
def _bundled() -> Encoder:
    from dedup.encoders.bundled import BundledEncoder

    return BundledEncoder()


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
