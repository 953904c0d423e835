"""Any sentence-transformers model as an encoder (extra `[transformers]`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.errors import EncoderError, MissingExtraError


class TransformerEncoder:
    """A sentence-transformers model.

    Args:
        config: `name` is a model name or the folder of a saved model; `prefix`
            is put before every text; `max_tokens` shortens what the model sees.

    Raises:
        MissingExtraError: sentence-transformers is not installed.
        EncoderError: The model cannot be loaded.
    """

    def __init__(self, config: EncoderConfig) -> None:
        self._config = config
        self._model = _load(config)
        if config.max_tokens:
            self._model.max_seq_length = config.max_tokens
        self.name = config.name
        self.revision = config.revision or "default"
        self.dim = int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), dim), unit rows."""
        vectors = self._model.encode(
            [self._config.prefix + text for text in texts],
            batch_size=self._config.batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float32).reshape(len(texts), self.dim)


def _load(config: EncoderConfig) -> Any:  # noqa: ANN401 (no types without the extra)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError(
            f"encoder {config.name!r} (a sentence-transformers model)",
            extra="transformers",
            before="pip install torch==2.13.0",
        ) from error
    try:
        return SentenceTransformer(config.name, revision=config.revision or None, device="cpu")
    except Exception as error:  # the library raises whatever its backends raise
        raise EncoderError(
            f"encoder {config.name!r} cannot be loaded: {error}. "
            "Give the folder of a saved sentence-transformers model, or `bundled`"
        ) from error
