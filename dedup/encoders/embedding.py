"""The step `embed`: titles and leads -> whole-number vectors, which all other steps use.

Where the means of the encoder's vectors by language are known, vectors are those from the mean of
their language (`encoders.centering`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Float32s
from dedup.compute.processes import spread
from dedup.encoders import Encoder, checked_vectors
from dedup.encoders.centering import shipped_means
from dedup.encoders.whole_vectors import whole_vectors

_Int16s = npt.NDArray[np.int16]

_AT_ONCE = 1024


def embed(
    encoder: Encoder,
    texts: Sequence[str],
    titles: Sequence[str],
    languages: Sequence[str],
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Float32s, Float32s]:
    """Whole-number vectors of n texts and of their titles.

    Args:
        encoder: Makes the vectors; if its `in_processes` is true and there are many texts,
            copies of it in other processes do.
        texts: Titles with leads.
        titles: Titles alone.
        languages: Languages of the texts, empty where not sure.
        on_progress: Called with the number of texts embedded so far.

    Returns:
        Vectors of texts and of titles: float32 of shape (n, dim) each, see `whole_vectors`,
        and `LanguageMeans.centered`.

    Raises:
        EncoderError: The vectors are not as the protocol of `Encoder` demands.
    """
    vectors = np.zeros((2, len(texts), encoder.dim), np.float32)
    slices = [slice(start, start + _AT_ONCE) for start in range(0, len(texts), _AT_ONCE)]
    shared = getattr(encoder, "in_processes", False)
    with spread(len(texts) if shared else 0) as mapped:
        columns = ((texts[part], titles[part]) for part in slices)
        results = mapped(partial(_embed, encoder), columns)
        for part, part_vectors in zip(slices, results, strict=True):
            vectors[:, part] = part_vectors
            if on_progress is not None:
                on_progress(min(part.stop, len(texts)))
    means = shipped_means(encoder.name)
    if means is None:
        return vectors[0], vectors[1]
    return means.centered(vectors[0], languages), means.centered(vectors[1], languages)


def _embed(encoder: Encoder, columns: tuple[Sequence[str], Sequence[str]]) -> _Int16s:
    """Vectors of texts and of titles, int16 of shape (2, n, dim): half the bytes to send."""
    both = [whole_vectors(checked_vectors(encoder, texts)) for texts in columns]
    return np.stack(both).astype(np.int16)
