"""How well clusters agree with labels made by people."""

from __future__ import annotations

from dedup.evaluation.labels import read_labels
from dedup.evaluation.languages import LanguagePair
from dedup.evaluation.measures import PrecisionRecall
from dedup.evaluation.scores import Evaluation, evaluate, evaluate_files

__all__ = [
    "Evaluation",
    "LanguagePair",
    "PrecisionRecall",
    "evaluate",
    "evaluate_files",
    "read_labels",
]
