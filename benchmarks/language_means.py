"""Make `dedup/weights/means_ENCODER.npz`: the mean vector of each language.

    python -m benchmarks.language_means NTREX.jsonl.xz [--encoder bundled] [--output FILE]

The means are those of titles with leads of every second document of NTREX, 128 translations of one
set of news: what differs between two of them is the language. The other half is left for
measuring. A language is known to the encoder if hardly any two of these documents have one vector.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.term_weights import ntrex
from dedup.compute.arrays import Float32s
from dedup.config import EncoderConfig
from dedup.encoders import Encoder, checked_vectors, load_encoder
from dedup.encoders.centering import LanguageMeans
from dedup.encoders.whole_vectors import SCALE, whole_vectors

MORE_TEXTS = 3
"""A mean of few texts is drawn towards 0, as if there were so many more at 0."""
MAX_ALIKE = 0.6
"""In a known language not one pair of documents in twenty is so alike."""
WEIGHTS = Path(__file__).parent.parent / "dedup" / "weights"


def means_of(encoder: Encoder, path: Path, lead_chars: int) -> tuple[dict[str, np.ndarray], str]:
    """Whole-number mean by language, and the languages that the encoder tells texts apart in."""
    means, known = {}, []
    for code, documents in sorted(ntrex(path, 0).items()):
        if not code:
            continue
        leads = [text.replace("\n", " ")[:lead_chars] for _, text in documents]
        vectors = whole_vectors(checked_vectors(encoder, leads))
        means[code] = np.round(vectors.sum(axis=0) / (len(leads) + MORE_TEXTS)).astype(np.int16)
        centered = LanguageMeans.of({code: means[code]}, frozenset({code})).centered(
            vectors, [code] * len(leads)
        )
        cosines = _cosines(centered, np.array([document for document, _ in documents]))
        if np.quantile(cosines, 0.95) < MAX_ALIKE:
            known.append(code)
        mean = np.linalg.norm(means[code]) / SCALE
        print(f"{code}: {len(leads)} texts, length of the mean {mean:.2f}", flush=True)
    return means, " ".join(known)


def _cosines(vectors: Float32s, documents: npt.NDArray[np.str_]) -> Float32s:
    """Cosines of all pairs of different documents."""
    lengths = np.maximum(1, np.linalg.norm(vectors, axis=1)).astype(np.float32)
    first, second = np.triu_indices(len(vectors), 1)
    different = documents[first] != documents[second]
    cosines = (vectors @ vectors.T / np.outer(lengths, lengths))[first, second]
    apart: Float32s = cosines[different].astype(np.float32)
    return apart


def main() -> None:
    """Encode the documents and write the means."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("ntrex", type=Path, metavar="NTREX")
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    config = EncoderConfig(name=given.encoder)
    means, known = means_of(load_encoder(config), given.ntrex, config.lead_chars)
    np.savez_compressed(
        given.output or WEIGHTS / f"means_{given.encoder}.npz",
        languages=np.frombuffer(" ".join(means).encode(), np.uint8),
        known=np.frombuffer(known.encode(), np.uint8),
        means=np.stack(list(means.values())),
    )


if __name__ == "__main__":
    main()
