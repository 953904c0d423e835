"""Measures of agreement of two partitions, each from their contingency table.

The table is sparse, one cell per gold and predicted cluster that share articles; no
measure looks at pairs of articles one by one.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from dedup.compute.arrays import Float64s, Int64s


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """A precision and a recall, both in [0, 1]."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 0.0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Sparse contingency table: one cell per two clusters that share articles.

    Args:
        gold: int64 (cells,), gold cluster of each cell.
        predicted: int64 (cells,), predicted cluster of each cell.
        shared: int64 (cells,), articles in both, at least 1.
        gold_sizes: int64 (gold clusters,), articles in each.
        predicted_sizes: int64 (predicted clusters,), articles in each.
    """

    gold: Int64s
    predicted: Int64s
    shared: Int64s
    gold_sizes: Int64s
    predicted_sizes: Int64s

    @property
    def articles(self) -> int:
        """Number of articles."""
        return int(self.shared.sum())


def codes(labels: Iterable[Hashable]) -> Int64s:
    """Labels as numbers, in the order of their first occurrence; int64 of shape (n,)."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.int64)


def overlap(gold_codes: Int64s, predicted_codes: Int64s) -> tuple[Int64s, Overlap]:
    """The cell of each article, int64 of shape (n,), and the table of the cells.

    Args:
        gold_codes: Code of the gold cluster of each article, int64 of shape (n,).
        predicted_codes: Code of the predicted cluster of each, int64 of shape (n,).
    """
    predicted_sizes = np.bincount(predicted_codes)
    keys = gold_codes * len(predicted_sizes) + predicted_codes
    cells, cell_codes, shared = np.unique(keys, return_inverse=True, return_counts=True)
    gold, predicted = np.divmod(cells, len(predicted_sizes))
    table = Overlap(gold, predicted, shared, np.bincount(gold_codes), predicted_sizes)
    return cell_codes, table


def b_cubed(table: Overlap) -> PrecisionRecall:
    """B-cubed, micro over articles: each article counts once, singletons too.

    `P = 1/n sum_cells shared^2 / predicted size`, and `R` with the gold size:
    `shared / size` is the precision of each of the `shared` articles of a cell.

    Source:
        Bagga & Baldwin 1998, "Entity-based cross-document coreferencing using
        the vector space model".
    """
    squares = table.shared**2
    precision = math.fsum(squares / table.predicted_sizes[table.predicted])
    recall = math.fsum(squares / table.gold_sizes[table.gold])
    return PrecisionRecall(precision / table.articles, recall / table.articles)


def pairs(sizes: Int64s) -> int:
    """Unordered pairs inside groups of those sizes."""
    return int((sizes * (sizes - 1) // 2).sum())


def pairwise(table: Overlap) -> PrecisionRecall:
    """Precision and recall of the unordered pairs that share a cluster."""
    both = pairs(table.shared)
    precision = share(both, pairs(table.predicted_sizes))
    recall = share(both, pairs(table.gold_sizes))
    return PrecisionRecall(
        1.0 if precision is None else precision, 1.0 if recall is None else recall
    )


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None where there is no whole."""
    return part / whole if whole > 0 else None


def ceaf_e(table: Overlap) -> PrecisionRecall:
    """CEAF-e: clusters aligned one to one so that the sum of phi4 is largest.

    `phi4 = 2 shared / (gold size + predicted size)`; the sum over the aligned
    clusters, divided by the number of predicted (gold) clusters, is P (R).

    Source:
        Luo 2005, "On coreference resolution performance metrics".
    """
    sizes = table.gold_sizes[table.gold] + table.predicted_sizes[table.predicted]
    phi4 = 2 * table.shared / sizes
    rows, columns = table.gold, table.predicted
    for _ in range(2):
        keep = _without_idle_leaves(rows, columns, phi4)
        rows, columns, phi4 = columns[keep], rows[keep], phi4[keep]
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    total = math.fsum(phi4[alone])
    if not alone.all():
        total += _best_alignment(rows[~alone], columns[~alone], phi4[~alone])
    return PrecisionRecall(total / len(table.predicted_sizes), total / len(table.gold_sizes))


def _without_idle_leaves(rows: Int64s, columns: Int64s, values: Float64s) -> Int64s:
    """Indices of the cells without those that no best alignment needs.

    Of the rows whose only cell is in the same column, the alignment needs at most the one with
    the largest value. This leaves few cells of most clusters of news.
    """
    leaf = np.bincount(rows)[rows] == 1
    order = np.lexsort((-values, leaf, columns))
    leaf, columns = leaf[order], columns[order]
    idle = leaf[1:] & leaf[:-1] & (columns[1:] == columns[:-1])
    needed: Int64s = order[np.concatenate([[True], ~idle])]
    return needed


def _best_alignment(rows: Int64s, columns: Int64s, values: Float64s) -> float:
    """Largest sum of values (all above 0) of cells no two of which share a row or column.

    Exact and sparse: in addition to its cells each row gets a column of its own, worth
    0, so that a full matching always exists. Weights are raised by 1 because
    the solver takes no zeros.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    rows, columns = (np.unique(codes, return_inverse=True)[1] for codes in (rows, columns))
    few, many = int(rows.max()) + 1, int(columns.max()) + 1
    if few > many:  # the solver is several times faster with the shorter side as rows
        rows, columns, few, many = columns, rows, many, few
    own = np.arange(few)
    cells = np.concatenate([rows, own]), np.concatenate([columns, many + own])
    weights = coo_array((np.concatenate([values, np.zeros(few)]) + 1, cells)).tocsr()
    chosen, partners = min_weight_full_bipartite_matching(weights, maximize=True)
    return math.fsum(weights[chosen, partners] - 1)


def adjusted_rand_index(table: Overlap) -> float:
    """`(both - chance) / ((gold + predicted) / 2 - chance)` over pairs of articles.

    `chance = gold * predicted / all`. In whole numbers, so that it is exact; 1.0
    where both partitions are the same trivial one.

    Source:
        Hubert & Arabie 1985, "Comparing partitions".
    """
    every, both = math.comb(table.articles, 2), pairs(table.shared)
    gold, predicted = pairs(table.gold_sizes), pairs(table.predicted_sizes)
    chance = gold * predicted
    best = (gold + predicted) * every - 2 * chance
    return 2 * (both * every - chance) / best if best > 0 else 1.0


def information(table: Overlap) -> dict[str, float]:
    """Homogeneity, completeness, V-measure and adjusted mutual information.

    `homogeneity = 1 - H(gold | predicted) / H(gold)`, completeness the other way
    round; `AMI = (I - E[I]) / ((H(gold) + H(predicted)) / 2 - E[I])`. Equal
    partitions have exactly 1.0 everywhere.

    Source:
        Rosenberg & Hirschberg 2007, "V-measure"; Vinh, Epps & Bailey 2010,
        "Information theoretic measures for clusterings comparison".
    """
    gold, predicted = _entropy(table.gold_sizes), _entropy(table.predicted_sizes)
    mixed = _entropy(table.shared, within=table.predicted_sizes[table.predicted])
    split = _entropy(table.shared, within=table.gold_sizes[table.gold])
    homogeneity = max(0.0, 1 - mixed / gold) if gold > 0 else 1.0  # -1e-16 by rounding
    completeness = max(0.0, 1 - split / predicted) if predicted > 0 else 1.0
    chance = _expected_information(table)
    adjusted = 1.0
    if mixed > 0 or split > 0:
        adjusted = (gold - mixed - chance) / ((gold + predicted) / 2 - chance)
    return {
        "homogeneity": homogeneity,
        "completeness": completeness,
        "v_measure": PrecisionRecall(homogeneity, completeness).f1,
        "adjusted_mutual_information": adjusted,
    }


def _entropy(counts: Int64s, *, within: Int64s | int | None = None) -> float:
    """Mean of `log(within / count)` over articles, in nats; `within` is all of them."""
    articles = int(counts.sum())
    return math.fsum(counts * np.log((articles if within is None else within) / counts)) / articles


def _expected_information(table: Overlap) -> float:
    """Mutual information that random partitions with the same cluster sizes have.

    For a gold cluster of `a` and a predicted one of `b` of the `n` articles, the
    number they share is hypergeometric, and
    `E = sum_ab a b / n^2 * mean of log(n shared / (a b))`, where the mean weighs
    each `shared` by itself times its probability (Vinh et al. 2010, eq. 24a,
    regrouped: the mean of `shared` is `a b / n`). One sum for all clusters of
    equal sizes; scikit-learn's own, over all pairs of clusters, took 75 s for
    30,000 x 30,000, so it is used only as an oracle in the tests.
    """
    from scipy.special import gammaln

    n = table.articles
    log_factorial = gammaln(np.arange(1, n + 2))
    gold_sizes, gold_times = np.unique(table.gold_sizes, return_counts=True)
    sizes, times = np.unique(table.predicted_sizes, return_counts=True)
    total = 0.0
    for a, a_times in zip(gold_sizes.tolist(), gold_times.tolist(), strict=True):
        lowest = np.maximum(1, a + sizes - n)
        lengths = np.minimum(a, sizes) - lowest + 1
        starts = np.cumsum(lengths) - lengths
        b = np.repeat(sizes, lengths)
        shared = np.arange(len(b)) - np.repeat(starts - lowest, lengths)
        log_weights = -log_factorial[shared - 1] - log_factorial[a - shared]
        log_weights -= log_factorial[b - shared] + log_factorial[n - a - b + shared]
        peaks = np.maximum.reduceat(log_weights, starts)
        weights = np.exp(log_weights - np.repeat(peaks, lengths))
        sums = np.add.reduceat(weights * np.log(n * shared / (a * b)), starts)
        means = sums / np.add.reduceat(weights, starts)
        total += a_times * math.fsum(times * (a / n) * (sizes / n) * means)
    return total
