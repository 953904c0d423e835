"""How often pieces are seen in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.encoder_training.batches import Int64s, Texts


def document_frequency(collections: Sequence[Texts], pieces: int) -> Int64s:
    """In how many texts each piece stands, int64 of shape (pieces,)."""
    counts = np.zeros(pieces, np.int64)
    for texts in collections:
        count = len(texts.offsets) - 1
        owner = np.repeat(np.arange(count), np.diff(texts.offsets))
        different = np.unique(owner * pieces + texts.rows)
        counts += np.bincount(different % pieces, minlength=pieces)
    return counts
