"""What an encoder is: an object that turns texts into unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dedup.compute.arrays import Float32s


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
