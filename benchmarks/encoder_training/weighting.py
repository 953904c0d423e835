"""Rare pieces count a little more than training makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.batches import Int64s, Texts

_POWER = 0.5
_SMOOTHING = 5


def document_frequency(collections: Sequence[Texts], pieces: int) -> tuple[Int64s, int]:
    """In how many texts each piece stands, int64 of shape (pieces,); the number of texts."""
    found = np.zeros(pieces, np.int64)
    texts = 0
    for each in collections:
        count = len(each.offsets) - 1
        owner = np.repeat(np.arange(count), np.diff(each.offsets))
        different = np.unique(owner * pieces + each.rows)
        found += np.bincount(different % pieces, minlength=pieces)
        texts += count
    return found, texts


def rarity(found: Int64s, texts: int) -> npt.NDArray[np.float32]:
    """Factors for the rows: inverse document frequency to the power of a half.

    Source: Sparck Jones 1972; the power was chosen by the AUC of news pairs.

    Returns:
        float32 of shape (pieces, 1), at most 1.
    """
    rare = np.log((texts + _SMOOTHING) / (found + _SMOOTHING))
    factors: npt.NDArray[np.float32] = (rare / rare.max()).astype(np.float32)[:, None] ** _POWER
    return factors
