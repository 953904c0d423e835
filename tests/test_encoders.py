"""The contract of every encoder, and what is particular to each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.encoders import Encoder, checked_vectors, load_encoder
from dedup.errors import EncoderError

TEXTS = [
    "Central bank raises rates by a quarter point",
    "The central bank raised its rates again",
    "Верховный суд отклонил жалобу",
    "",
    "普京会见习近平",
    "?!",
]


def check_encoder(encoder: Encoder) -> None:
    """What every encoder must do."""
    assert isinstance(encoder, Encoder)
    vectors = checked_vectors(encoder, TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dim)
    np.testing.assert_array_equal(encoder.encode(TEXTS), vectors)
    assert encoder.encode([]).shape == (0, encoder.dim)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, vectors, atol=1e-5)


def test_the_bundled_encoder_keeps_the_contract() -> None:
    check_encoder(load_encoder("bundled"))


def test_load_encoder_takes_a_name_or_a_configuration() -> None:
    assert load_encoder().name == "bundled"
    assert load_encoder(EncoderConfig(name="bundled")).name == "bundled"


class Broken:
    """An encoder that returns what it was given."""

    name, revision, dim = "broken", "1", 2

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> Float32s:
        return np.array(self._vectors, np.float32)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([[1.0, 0.0]], "shape"),
        ([[1.0, 0.0], [2.0, 0.0]], "unit vectors"),
        ([[1.0, 0.0], [float("nan"), 0.0]], "unit vectors"),
    ],
)
def test_unusable_vectors_are_refused(vectors: list[list[float]], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        checked_vectors(Broken(vectors), ["a", "b"])
