"""The step `embed`: titles and leads -> vectors as whole numbers, as everything else uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Float32s
from dedup.compute.processes import spread
from dedup.encoders import Encoder, checked_vectors
from dedup.encoders.whole_vectors import whole_vectors

Int16s = npt.NDArray[np.int16]

_AT_ONCE = 1024


def embedded(
    encoder: Encoder,
    texts: Sequence[str],
    heads: Sequence[str],
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Float32s, Float32s]:
    """Whole-number vectors of n texts and of their heads.

    Args:
        encoder: Makes the vectors. If it says `in_processes`, and for many texts, its copies
            in other processes do.
        texts: Titles and leads.
        heads: Titles.
        on_progress: Called with the number of texts embedded so far.

    Returns:
        Twice float32 of shape (n, dim), whole numbers, see `neighbors.whole_vectors`.

    Raises:
        EncoderError: The encoder returns what its protocol does not promise.
    """
    whole = np.zeros((2, len(texts), encoder.dim), np.float32)
    slices = [slice(start, start + _AT_ONCE) for start in range(0, len(texts), _AT_ONCE)]
    shared = getattr(encoder, "in_processes", False)
    with spread(len(texts) if shared else 0) as mapped:
        found = mapped(partial(_embedded, encoder), ((texts[k], heads[k]) for k in slices))
        for part, vectors in zip(slices, found, strict=True):
            whole[:, part] = vectors
            if on_progress is not None:
                on_progress(min(part.stop, len(texts)))
    return whole[0], whole[1]


def _embedded(encoder: Encoder, columns: tuple[Sequence[str], Sequence[str]]) -> Int16s:
    """Vectors of some texts and of their heads, as small as they can be sent."""
    both = [whole_vectors(checked_vectors(encoder, texts)) for texts in columns]
    return np.stack(both).astype(np.int16)
