"""How well predicted clusters agree with gold ones.

The articles that count are those of the gold labels:

* one that the prediction misses is a predicted cluster of its own, so that
  leaving out hard articles cannot raise a figure;
* one that gold does not label is left out of everything.

A share of nothing is 1.0: a precision without predicted pairs (nothing claimed
was wrong), a recall without gold pairs (nothing was missed); by languages, where
one of the two is often empty, it is None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dedup.errors import ConfigError, InputError
from dedup.evaluation.labels import read_labels
from dedup.evaluation.languages import LanguagePair, language_pairs
from dedup.evaluation.measures import (
    PrecisionRecall,
    adjusted_rand_index,
    b_cubed,
    ceaf_e,
    codes,
    information,
    overlap,
    pairwise,
)

_RESULT_COLUMNS = {"story": ("story_group",), "duplicate": ("duplicate_cluster",)}
_GOLD_COLUMNS = {
    "story": ("cluster", "story_group"),
    "duplicate": ("duplicates", "duplicate_cluster", "cluster"),
}
_IDS_IN_DICT = 20


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Agreement of a prediction with gold, over the articles that gold labels.

    Args:
        articles: Articles that gold labels.
        gold_clusters: Their gold clusters, those of one article included.
        predicted_clusters: Their predicted clusters, likewise.
        gold_singletons: Gold clusters of one article.
        predicted_singletons: Predicted clusters with one of the articles.
        largest_gold: Articles in the largest gold cluster.
        largest_predicted: Articles in the largest predicted cluster.
        missing_in_result: Ids that gold labels and the prediction lacks, sorted.
        not_in_gold: Ids of the prediction that gold does not label, sorted.
        b_cubed: Mean over articles of the share of the own cluster that is right.
        pairwise: Over unordered pairs of articles ("standard F1").
        ceaf_e: Over clusters, aligned one to one.
        adjusted_rand_index: At most 1.0; 0.0 is chance.
        adjusted_mutual_information: At most 1.0; 0.0 is chance.
        homogeneity: In [0, 1]; 1.0 if no predicted cluster mixes gold ones.
        completeness: In [0, 1]; 1.0 if no gold cluster is split.
        v_measure: Harmonic mean of these two.
        language_pairs: Languages that share a cluster, sorted, then the sums
            "same language" and "cross language"; empty where no language is known.
    """

    articles: int
    gold_clusters: int
    predicted_clusters: int
    gold_singletons: int
    predicted_singletons: int
    largest_gold: int
    largest_predicted: int
    missing_in_result: tuple[str, ...]
    not_in_gold: tuple[str, ...]
    b_cubed: PrecisionRecall
    pairwise: PrecisionRecall
    ceaf_e: PrecisionRecall
    adjusted_rand_index: float
    adjusted_mutual_information: float
    homogeneity: float
    completeness: float
    v_measure: float
    language_pairs: tuple[LanguagePair, ...]

    def to_dict(self) -> dict[str, object]:
        """The same as JSON values, under the same names.

        Precision and recall get an `f1` beside them; of the two lists of ids
        only the `count` and the `first_ids` (at most 20) are given.
        """
        values = dataclasses.asdict(self)
        for name in ("b_cubed", "pairwise", "ceaf_e"):
            values[name]["f1"] = getattr(self, name).f1
        for name in ("missing_in_result", "not_in_gold"):
            ids = getattr(self, name)
            values[name] = {"count": len(ids), "first_ids": list(ids[:_IDS_IN_DICT])}
        values["language_pairs"] = list(values["language_pairs"])
        return values


def evaluate_files(
    result: str | Path, gold: str | Path, *, level: Literal["story", "duplicate"] = "story"
) -> Evaluation:
    """Compare the output of `dedup cluster` with a table of gold clusters.

    Args:
        result: Table with `id` and `story_group` (or `duplicate_cluster`).
        gold: Table with `id` and `cluster` (or `story_group`, so that two results
            can be compared); for duplicates `duplicates`, `duplicate_cluster`
            or `cluster`, the first there is. Rows without a cluster are left out.
        level: What is compared: story groups or duplicate clusters.

    Languages are gold's (`language` or `lang`) if it names any, else those of
    the result: the two files may spell them differently.

    Raises:
        ConfigError: The level is unknown.
        InputError: A file cannot be read, lacks a column or contradicts itself,
            gold labels nothing, or the two share no id.
    """
    if level not in _RESULT_COLUMNS:
        raise ConfigError(f"level = {level!r}: must be {' or '.join(_RESULT_COLUMNS)}")
    predicted, result_languages = read_labels(result, label_columns=_RESULT_COLUMNS[level])
    labels, gold_languages = read_labels(gold, label_columns=_GOLD_COLUMNS[level])
    if not labels:
        raise InputError(f"{gold}: no row has a cluster: give a table of labelled articles")
    if predicted.keys().isdisjoint(labels):
        ids = f"{next(iter(predicted), 'none')!r} in {result}, {next(iter(labels))!r} in {gold}"
        raise InputError(f"the two files share no id ({ids}): give the files of one corpus")
    return evaluate(predicted, labels, gold_languages or result_languages)


def evaluate(
    predicted: Mapping[str, str],
    gold: Mapping[str, str],
    languages: Mapping[str, str] | None = None,
) -> Evaluation:
    """Compare predicted clusters with gold ones.

    Args:
        predicted: Cluster of each article by its id.
        gold: Gold cluster of each labelled article by its id.
        languages: Language by id; an article without one is left out of the
            pairs of languages, and of nothing else.

    Returns:
        The agreement; it depends neither on the order of the articles nor on
        what the clusters are called (real numbers: to the last digit or two).

    Raises:
        InputError: Gold is empty.

    >>> evaluate({"a": "1", "b": "1", "c": "2"}, {"a": "x", "b": "x", "c": "x"}).pairwise
    PrecisionRecall(precision=1.0, recall=0.3333333333333333)
    """
    if not gold:
        raise InputError("gold labels no article: there is nothing to compare with")
    gold_codes = codes(gold.values())
    # A tuple equals no label: each missing article is a cluster of its own.
    predicted_codes = codes(predicted.get(id, (id,)) for id in gold)
    cell_codes, table = overlap(gold_codes, predicted_codes)
    known = [(languages or {}).get(id, "") for id in gold]
    return Evaluation(
        articles=table.articles,
        gold_clusters=len(table.gold_sizes),
        predicted_clusters=len(table.predicted_sizes),
        gold_singletons=int((table.gold_sizes == 1).sum()),
        predicted_singletons=int((table.predicted_sizes == 1).sum()),
        largest_gold=int(table.gold_sizes.max()),
        largest_predicted=int(table.predicted_sizes.max()),
        missing_in_result=tuple(sorted(gold.keys() - predicted.keys())),
        not_in_gold=tuple(sorted(predicted.keys() - gold.keys())),
        b_cubed=b_cubed(table),
        pairwise=pairwise(table),
        ceaf_e=ceaf_e(table),
        adjusted_rand_index=adjusted_rand_index(table),
        **information(table),
        language_pairs=language_pairs(known, gold_codes, predicted_codes, cell_codes),
    )
