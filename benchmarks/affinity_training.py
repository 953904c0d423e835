"""Choose the weights of the affinity for an encoder by the groups that they make.

    python -m benchmarks.affinity_training --encoder hashing GOLD.jsonl ... [--write FILE.json]

A grid over the weights; the measure is the mean B-cubed F1 of the story groups over
the gold files (JSONL with `id`, `title`, `text`, `date`, `lang`, `cluster`). The
first version of the affinity: few weights, wide grid, no fit to single pairs.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dedup.affinity import FEATURES, Affinity, AffinityModel
from dedup.assembly import lead_of, precedence, seconds_of
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.evaluation import evaluate
from dedup.neighbors import NeighborPairs, neighbor_pairs, whole_vectors
from dedup.readers.files import read_articles
from dedup.stories import group

GRID = {
    "cosine": (8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 24.0),
    "shared_terms": (0.2, 0.35, 0.5),
    "gap": (-0.1, -0.2),
    "undated": (0.0, -0.5, -1.0),
    "cross_language": (1.0,),
}
CENTRES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7)
"""Cosines at which a pair that shares 40 bits of rare terms is as likely as not."""
_TYPICAL_SHARED = 40**0.5


@dataclass(frozen=True)
class Labelled:
    """A gold set, ready to be scored with any weights."""

    name: str
    ids: list[str]
    gold: dict[str, str]
    affinity: Affinity
    pairs: NeighborPairs


def load(path: Path, encoder: Encoder, min_cosine: float) -> Labelled:
    """Embed the labelled articles of a gold file and find their neighbours."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    gold = {row["id"]: row["cluster"] for row in rows if row.get("cluster")}
    config = Config()
    found = [article for article in read_articles([path]) if article.id in gold]
    texts = {article.id: clean(article, config.cleaning) for article in found}
    found.sort(key=lambda article: precedence(article, texts[article.id]))
    leads = [lead_of(texts[article.id], config.encoder.lead_chars) for article in found]
    whole = whole_vectors(encoder.encode(leads))
    seconds = seconds_of(found)
    nothing = AffinityModel(encoder.name, min_cosine, 0.0, dict.fromkeys(FEATURES, 0.0))
    affinity = Affinity(nothing, whole, seconds, [each.language for each in found], leads)
    pairs = neighbor_pairs(whole, seconds, min_cosine=min_cosine, max_gap=config.neighbors.max_gap)
    return Labelled(path.stem, [article.id for article in found], gold, affinity, pairs)


def measure(labelled: Labelled, model: AffinityModel) -> float:
    """B-cubed F1 of the groups that these weights make."""
    labelled.affinity.model = model
    pairs = labelled.pairs
    log_odds = labelled.affinity.log_odds(pairs.first, pairs.second, pairs.products)
    count = len(labelled.ids)
    made = group(count, pairs.first, pairs.second, log_odds, labelled.affinity)
    predicted = {
        labelled.ids[member]: str(number)
        for number, each in enumerate(made.groups)
        for member in each.members.tolist()
    }
    return evaluate(predicted, labelled.gold).b_cubed.f1


def train(paths: list[Path], encoder: Encoder, min_cosine: float) -> AffinityModel:
    """The best weights of the grid."""
    sets = [load(path, encoder, min_cosine) for path in paths]
    best, chosen = -1.0, None
    for centre, *weights in itertools.product(CENTRES, *GRID.values()):
        named = dict(zip(GRID, weights, strict=True))
        intercept = -named["cosine"] * centre - named["shared_terms"] * _TYPICAL_SHARED
        model = AffinityModel(encoder.name, min_cosine, round(intercept, 3), named)
        scores = [measure(each, model) for each in sets]
        if np.mean(scores) > best:
            best, chosen = float(np.mean(scores)), model
            shown = " ".join(f"{s.name} {f:.4f}" for s, f in zip(sets, scores, strict=True))
            print(f"{best:.4f}  {shown}  intercept {model.intercept} {named}", flush=True)
    if chosen is None:
        raise SystemExit("no gold files")
    return chosen


def main() -> None:
    """Run the grid and print, or write, the best weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--encoder", default="hashing")
    parser.add_argument("--min-cosine", type=float, default=0.15)
    parser.add_argument("--name", default="", help="name in the file, else the encoder's")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    model = train(given.gold, load_encoder(given.encoder), given.min_cosine)
    stored = {
        "name": given.name or model.name,
        "note": "Chosen by benchmarks/affinity_training.py: a grid for the mean B-cubed F1 of "
        + ", ".join(path.stem for path in given.gold),
        "min_cosine": model.min_cosine,
        "intercept": model.intercept,
        "weights": dict(model.weights),
    }
    text = json.dumps(stored, indent=2) + "\n"
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
