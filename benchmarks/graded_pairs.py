"""Pairs of articles that people graded: `semeval8.jsonl.xz`, SemEval-2022 task 8.

From 1 (the same event) to 4 (another one); up to 2 counts as the same. The pairs were chosen to be
near: half of them are hard ones.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.calibration.curves import LabelledPairs
from dedup.cleaning import clean
from dedup.config import Config
from dedup.encoders import Encoder
from dedup.pipeline import profiles_of
from dedup.records import Article
from dedup.stories.affinity import LOG_ODDS_UNIT, AffinityModel, probability_of
from dedup.stories.features import Features

NAME = "semeval8"
_BOUND = 8.0
"""Log-odds beyond it are equally sure."""


@dataclass(frozen=True)
class GradedPairs:
    """Graded pairs.

    Attributes:
        articles: Those of pair k at 2k and 2k + 1.
        grades: float64 of shape (n,).
        languages: Language, or the two languages joined by `-`, of each pair.
    """

    articles: tuple[Article, ...]
    grades: npt.NDArray[np.float64]
    languages: npt.NDArray[np.str_]

    @classmethod
    def read(cls, path: Path) -> GradedPairs:
        """Read the file."""
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return cls(
            tuple(_article(row, side) for row in rows for side in "12"),
            np.array([float(row["overall"]) for row in rows]),
            np.array(["-".join(sorted({row["lang1"], row["lang2"]})) for row in rows]),
        )

    def labelled(self, encoder: Encoder, config: Config = Config()) -> LabelledPairs:
        """The pairs as labelled pairs, to fit curves on."""
        texts = {article.id: clean(article, config.cleaning) for article in self.articles}
        features = Features(profiles_of(self.articles, texts, encoder, config))
        first = np.arange(0, len(self.articles), 2)
        values, cross = features.of_pairs(first, first + 1), features.is_cross(first, first + 1)
        return LabelledPairs(values, cross, self.grades <= 2)

    def measured(self, pairs: LabelledPairs, model: AffinityModel, cut: float) -> dict[str, Any]:
        """How well log-odds follow the grades, and what a cut gets wrong in each language.

        Args:
            pairs: Those of `labelled`.
            model: Curves that have not seen them.
            cut: Smallest probability of the same event.

        Returns:
            `pearson` of the log-odds, within -8 and 8, with the grades, the sign turned; by
            language the `pairs`, and the shares `different_above` and `same_below` the cut.
        """
        log_odds = model.log_odds(pairs.values, pairs.cross)
        bounded = np.clip(log_odds * LOG_ODDS_UNIT, -_BOUND, _BOUND)
        above = np.array([probability_of(value) for value in log_odds.tolist()]) >= cut
        by_language: dict[str, Any] = defaultdict(dict)
        for name in sorted(set(self.languages.tolist())):
            here = self.languages == name
            by_language[name] = {
                "pairs": int(here.sum()),
                "different_above": float(above[here & ~pairs.same].mean()),
                "same_below": float(1 - above[here & pairs.same].mean()),
            }
        pearson = -float(np.corrcoef(bounded, self.grades)[0, 1])
        return {"pearson": pearson, "languages": dict(by_language)}


def _article(row: dict[str, Any], side: str) -> Article:
    article = Article(
        f"{row['pair']}/{side}",
        row[f"title{side}"],
        row[f"text{side}"],
        language=row[f"lang{side}"],
    )
    day = row[f"date{side}"] or ""
    if len(day) < len("2020-01-01"):
        return article
    published = datetime.fromisoformat(day)
    return replace(article, published_at=published.replace(tzinfo=published.tzinfo or UTC))
