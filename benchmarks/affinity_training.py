"""Fit the weights of the affinity for an encoder on labelled articles.

    python -m benchmarks.affinity_training --encoder bundled GOLD.jsonl ... [--write FILE.json]

A logistic regression over the neighbouring pairs of the gold files (JSONL with `id`,
`title`, `text`, `date`, `lang`, `cluster`), each file with the same total weight. A weight
against its known direction is set to 0 and the others are fitted again. Linkage averages
log-odds and the gold is not the same everywhere, so that the weights are then moved, one at a
time, by the mean B-cubed F1 of the groups.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from dedup.affinity import FEATURES, Affinity, AffinityModel
from dedup.assembly import lead_of, precedence, seconds_of
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.evaluation import evaluate
from dedup.neighbors import NeighborPairs, neighbor_pairs, whole_vectors
from dedup.readers.files import read_articles
from dedup.stories import group

DIRECTIONS = {"cosine": 1, "shared_terms": 1, "gap": -1}
"""Known signs of weights; the others may have any."""
STEPS = {
    "intercept": 1.0,
    "cosine": 2.0,
    "shared_terms": 0.2,
    "gap": 0.1,
    "undated": 1.0,
    "cross_language": 1.0,
}
STEP_FACTORS = (1.0, 0.4)


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


def fit(sets: list[Labelled], name: str, min_cosine: float) -> AffinityModel:
    """Logistic regression over the pairs of all sets."""
    values = np.concatenate([_values(each) for each in sets])
    same = np.concatenate([_same(each) for each in sets])
    weights = np.concatenate([np.full(len(s.pairs.first), 1 / len(s.pairs.first)) for s in sets])
    kept = list(FEATURES)
    while True:
        columns = [FEATURES.index(feature) for feature in kept]
        model = LogisticRegression(C=1e3, max_iter=1000)
        model.fit(values[:, columns], same, sample_weight=weights * len(same) / len(sets))
        fitted = dict(zip(kept, model.coef_[0].tolist(), strict=True))
        wrong = [f for f, sign in DIRECTIONS.items() if fitted.get(f, 0.0) * sign < 0]
        if not wrong:
            found = {feature: round(fitted.get(feature, 0.0), 4) for feature in FEATURES}
            return AffinityModel(name, min_cosine, round(float(model.intercept_[0]), 4), found)
        kept = [feature for feature in kept if feature not in wrong]


def _values(labelled: Labelled) -> npt.NDArray[np.float64]:
    pairs = labelled.pairs
    features = labelled.affinity.features(pairs.first, pairs.second, pairs.products)
    return np.stack([features[name] for name in FEATURES], axis=1)


def _same(labelled: Labelled) -> npt.NDArray[np.bool_]:
    clusters = np.array([labelled.gold[each] for each in labelled.ids])
    same: npt.NDArray[np.bool_] = clusters[labelled.pairs.first] == clusters[labelled.pairs.second]
    return same


def train(paths: list[Path], encoder: Encoder, min_cosine: float) -> AffinityModel:
    """The fitted weights, moved one at a time as long as the groups get better."""
    sets = [load(path, encoder, min_cosine) for path in paths]
    chosen = fit(sets, encoder.name, min_cosine)
    print(f"fitted: {chosen}", flush=True)
    best = _mean_f1(sets, chosen)
    for factor in STEP_FACTORS:
        for name, step in STEPS.items():
            for change in (step * factor, -step * factor):
                while True:
                    model = _moved(chosen, name, change)
                    found = _mean_f1(sets, model)
                    if found <= best:
                        break
                    best, chosen = found, model
                    print(f"{best:.4f}  {name} {change:+.3f}", flush=True)
    print(" ".join(f"{each.name} {measure(each, chosen):.4f}" for each in sets), flush=True)
    return chosen


def _mean_f1(sets: list[Labelled], model: AffinityModel) -> float:
    return float(np.mean([measure(each, model) for each in sets]))


def _moved(model: AffinityModel, name: str, change: float) -> AffinityModel:
    """The model with one weight changed, not beyond 0 where its direction is known."""
    if name == "intercept":
        return replace(model, intercept=round(model.intercept + change, 3))
    weight = round(model.weights[name] + change, 3)
    if weight * DIRECTIONS.get(name, 0) < 0:
        weight = 0.0
    return replace(model, weights={**model.weights, name: weight})


def main() -> None:
    """Run the grid and print, or write, the best weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--min-cosine", type=float, default=0.3)
    parser.add_argument("--name", default="", help="name in the file, else the encoder's")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    model = train(given.gold, load_encoder(given.encoder), given.min_cosine)
    stored = {
        "name": given.name or model.name,
        "note": "Fitted by benchmarks/affinity_training.py on "
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
