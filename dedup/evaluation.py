"""How well predicted clusters agree with gold ones.

Everything is computed from the sparse contingency table of the two partitions
(one cell per gold and predicted cluster that share articles), never from pairs
of articles. The articles that count are those of the gold labels:

* one that the prediction misses is a predicted cluster of its own, so that
  leaving out hard articles cannot raise a figure;
* one that gold does not label is left out of everything.

A share of nothing is 1.0: a precision without predicted pairs (nothing claimed
was wrong), a recall without gold pairs (nothing was missed); by languages, where
one of the two is often empty, it is None.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
import lzma
import math
import zlib
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dedup.errors import ConfigError, InputError

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_Stream = io.BufferedReader | io.BytesIO | gzip.GzipFile | lzma.LZMAFile
_Rows = list[dict[str, object]]

_RESULT_COLUMNS = {"story": ("story_group",), "duplicate": ("duplicate_cluster",)}
_GOLD_COLUMNS = {
    "story": ("cluster", "story_group"),
    "duplicate": ("duplicates", "duplicate_cluster", "cluster"),
}
_LANGUAGE_COLUMNS = ("language", "lang")
_IDS_IN_DICT = 20


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
class LanguagePair:
    """Pairwise precision and recall over pairs of articles in two languages.

    Args:
        first: A language; or "same language" / "cross language" for the sum
            over all such pairs, with an empty `second`.
        second: A language, equal to or after `first`.
        pairs_gold: Unordered pairs of articles that share a gold cluster.
        pairs_predicted: Those that share a predicted cluster.
        precision: Share of the predicted pairs that are gold; None without any.
        recall: Share of the gold pairs that are predicted; None without any.
    """

    first: str
    second: str
    pairs_gold: int
    pairs_predicted: int
    precision: float | None
    recall: float | None


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
        found = f"{next(iter(predicted), 'none')!r} in {result}, {next(iter(labels))!r} in {gold}"
        raise InputError(f"the two files share no id ({found}): give the files of one corpus")
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
    gold_codes = _codes(gold.values())
    # A tuple equals no label: each missing article is a cluster of its own.
    predicted_codes = _codes(predicted.get(id_, (id_,)) for id_ in gold)
    cell_codes, table = _overlap(gold_codes, predicted_codes)
    known = [(languages or {}).get(id_, "") for id_ in gold]
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
        b_cubed=_b_cubed(table),
        pairwise=_pairwise(table),
        ceaf_e=_ceaf_e(table),
        adjusted_rand_index=_adjusted_rand_index(table),
        **_information(table),
        language_pairs=_language_pairs(known, gold_codes, predicted_codes, cell_codes),
    )


@dataclass(frozen=True, slots=True)
class _Overlap:
    """Sparse contingency table: one cell per two clusters that share articles.

    Args:
        gold: int64 (cells,), gold cluster of each cell.
        predicted: int64 (cells,), predicted cluster of each cell.
        shared: int64 (cells,), articles in both, at least 1.
        gold_sizes: int64 (gold clusters,), articles in each.
        predicted_sizes: int64 (predicted clusters,), articles in each.
    """

    gold: _Ints
    predicted: _Ints
    shared: _Ints
    gold_sizes: _Ints
    predicted_sizes: _Ints

    @property
    def articles(self) -> int:
        return int(self.shared.sum())


def _codes(labels: Iterable[Hashable]) -> _Ints:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.int64)


def _overlap(gold_codes: _Ints, predicted_codes: _Ints) -> tuple[_Ints, _Overlap]:
    """The cell of each article, int64 (articles,), and the table of the cells."""
    predicted_sizes = np.bincount(predicted_codes)
    keys = gold_codes * len(predicted_sizes) + predicted_codes
    cells, cell_codes, shared = np.unique(keys, return_inverse=True, return_counts=True)
    gold, predicted = np.divmod(cells, len(predicted_sizes))
    table = _Overlap(gold, predicted, shared, np.bincount(gold_codes), predicted_sizes)
    return cell_codes, table


def _b_cubed(table: _Overlap) -> PrecisionRecall:
    """B-cubed, micro over articles: each article counts once, singletons too.

    `P = 1/n sum_cells shared^2 / predicted size`, and `R` with the gold size:
    `shared / size` is what each of the `shared` articles of a cell sees.

    Source:
        Bagga & Baldwin 1998, "Entity-based cross-document coreferencing using
        the vector space model".
    """
    squares = table.shared**2
    right = math.fsum(squares / table.predicted_sizes[table.predicted])
    found = math.fsum(squares / table.gold_sizes[table.gold])
    return PrecisionRecall(right / table.articles, found / table.articles)


def _pairs(sizes: _Ints) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _pairwise(table: _Overlap) -> PrecisionRecall:
    both = _pairs(table.shared)
    right = _share(both, _pairs(table.predicted_sizes))
    found = _share(both, _pairs(table.gold_sizes))
    return PrecisionRecall(1.0 if right is None else right, 1.0 if found is None else found)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _ceaf_e(table: _Overlap) -> PrecisionRecall:
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


def _without_idle_leaves(rows: _Ints, columns: _Ints, values: _Floats) -> _Ints:
    """Indices of the cells without those that no best alignment needs.

    Of the rows whose only cell lies in one column, at most one can have it: the
    one with the largest value. Most clusters of news go this way.
    """
    leaf = np.bincount(rows)[rows] == 1
    order = np.lexsort((-values, leaf, columns))
    leaf, columns = leaf[order], columns[order]
    idle = leaf[1:] & leaf[:-1] & (columns[1:] == columns[:-1])
    needed: _Ints = order[np.concatenate([[True], ~idle])]
    return needed


def _best_alignment(rows: _Ints, columns: _Ints, values: _Floats) -> float:
    """Largest sum of values (all above 0) of cells no two of which share a row or column.

    Exact and sparse: beside its cells each row gets a column of its own, worth
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


def _adjusted_rand_index(table: _Overlap) -> float:
    """`(both - chance) / ((gold + predicted) / 2 - chance)` over pairs of articles.

    `chance = gold * predicted / all`. In whole numbers, so that it is exact; 1.0
    where both partitions are the same trivial one.

    Source:
        Hubert & Arabie 1985, "Comparing partitions".
    """
    every, both = math.comb(table.articles, 2), _pairs(table.shared)
    gold, predicted = _pairs(table.gold_sizes), _pairs(table.predicted_sizes)
    chance = gold * predicted
    best = (gold + predicted) * every - 2 * chance
    return 2 * (both * every - chance) / best if best > 0 else 1.0


def _information(table: _Overlap) -> dict[str, float]:
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


def _entropy(counts: _Ints, *, within: _Ints | int | None = None) -> float:
    """Mean of `log(within / count)` over articles, in nats; `within` is all of them."""
    articles = int(counts.sum())
    return math.fsum(counts * np.log((articles if within is None else within) / counts)) / articles


def _expected_information(table: _Overlap) -> float:
    """Mutual information that random partitions with the same cluster sizes have.

    For a gold cluster of `a` and a predicted one of `b` of the `n` articles, the
    number they share is hypergeometric, and
    `E = sum_ab a b / n^2 * mean of log(n shared / (a b))`, where the mean weighs
    each `shared` by itself times its probability (Vinh et al. 2010, eq. 24a,
    regrouped: the mean of `shared` is `a b / n`). One sum for all clusters of
    equal sizes; scikit-learn's own, over all pairs of clusters, took 75 s for
    30,000 x 30,000, so it serves as check in the tests only.
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


def _language_pairs(
    languages: Sequence[str], gold: _Ints, predicted: _Ints, cells: _Ints
) -> tuple[LanguagePair, ...]:
    """Precision and recall by languages, from the codes int64 (articles,) of each."""
    names = sorted(set(languages) - {""})
    if not names:
        return ()
    places = {name: place for place, name in enumerate(names)}
    known = np.array([language != "" for language in languages])
    spoken = np.array([places[language] for language in languages if language], dtype=np.int64)
    in_gold, in_predicted, in_both = (
        _pairs_by_language(codes[known], spoken) for codes in (gold, predicted, cells)
    )

    def row(
        first: str, second: str, where: tuple[int, int] | npt.NDArray[np.bool_]
    ) -> LanguagePair:
        g, p, both = (int(np.sum(counts[where])) for counts in (in_gold, in_predicted, in_both))
        return LanguagePair(first, second, g, p, _share(both, p), _share(both, g))

    same = np.eye(len(names), dtype=np.bool_)
    return (
        *(row(names[i], names[j], (i, j)) for i, j in np.argwhere(np.triu(in_gold + in_predicted))),
        row("same language", "", same),
        row("cross language", "", np.triu(~same)),
    )


def _pairs_by_language(clusters: _Ints, languages: _Ints) -> _Ints:
    """Unordered pairs in one cluster by language: int64 (languages, languages), symmetric."""
    from scipy.sparse import coo_array

    ones = np.ones(len(clusters), dtype=np.int64)
    counts = coo_array((ones, (clusters, languages))).tocsr()  # adds up articles of one place
    pairs: _Ints = (counts.T @ counts).toarray()
    own = np.diag_indices_from(pairs)
    pairs[own] = (pairs[own] - np.bincount(languages)) // 2
    return pairs


def read_labels(
    path: str | Path, *, id_column: str = "id", label_columns: Sequence[str] = ("cluster",)
) -> tuple[dict[str, str], dict[str, str]]:
    """Clusters and languages by id, from a table of articles.

    Args:
        path: .jsonl, .ndjson, .csv, .tsv or .parquet, plain or as .gz, .xz or .zst.
        id_column: Column of the ids.
        label_columns: The first of these that there is holds the clusters.

    Returns:
        Cluster by id, without the rows whose cluster is empty; and lower-case
        language by id, where column `language` or `lang` has one.

    Raises:
        InputError: The file cannot be read or lacks a column, a row has a
            cluster but no id, or an id has two clusters.
    """
    columns, rows = _read_table(Path(path), {id_column, *label_columns, *_LANGUAGE_COLUMNS})
    id_column = _present(path, columns, [id_column])
    label_column = _present(path, columns, label_columns)
    labels: dict[str, str] = {}
    languages: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        id_, label = _text(row.get(id_column)), _text(row.get(label_column))
        language = next(filter(None, (_text(row.get(name)) for name in _LANGUAGE_COLUMNS)), "")
        if language and id_:
            languages[id_] = language.lower()
        if not label:
            continue
        if not id_:
            raise InputError(
                f"{path}: row {number} has {label_column} {label!r} but no {id_column}"
            )
        if labels.setdefault(id_, label) != label:
            raise InputError(
                f"{path}: {id_column} {id_!r} stands in {label_column} {labels[id_]!r} "
                f"and in {label!r}: keep one row of it"
            )
    return labels, languages


def _present(path: str | Path, columns: Collection[str], wanted: Sequence[str]) -> str:
    for name in wanted:
        if name in columns:
            return name
    raise InputError(
        f"{path}: has no column {' or '.join(map(repr, wanted))}, "
        f"only {', '.join(map(repr, columns)) or 'none at all'}: rename the one that holds it"
    )


def _text(value: object) -> str:
    """A cell as text: a missing number is empty, 12.0 is 12 (pandas makes it so)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _read_table(path: Path, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    """All column names, and the rows with the wanted columns that they have."""
    packed = path.suffix.lower() in (".gz", ".xz", ".zst")
    kind = (Path(path.stem) if packed else path).suffix.lower()
    try:
        with _open(path) as stream:
            if kind == ".parquet":
                return _parquet(io.BytesIO(stream.read()) if packed else stream, wanted)
            lines = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            if kind in (".jsonl", ".ndjson"):
                return _jsonl(lines, wanted)
            if kind in (".csv", ".tsv"):
                return _csv(lines, "," if kind == ".csv" else "\t", wanted)
    except (OSError, EOFError, ValueError, csv.Error, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    raise InputError(
        f"{path}: {kind!r} is no known kind of table: give .jsonl, .csv, .tsv or .parquet, "
        "plain or as .gz, .xz or .zst"
    )


def _open(path: Path) -> _Stream:
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path)
        case ".xz":
            return lzma.open(path)
        case ".zst":
            import pyarrow as pa

            return pa.input_stream(str(path), compression="zstd")  # type: ignore[no-any-return]
    return path.open("rb")


def _parquet(stream: _Stream, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    columns = file.schema_arrow.names
    return columns, file.read([name for name in columns if name in wanted]).to_pylist()


def _jsonl(lines: Iterable[str], wanted: Collection[str]) -> tuple[list[str], _Rows]:
    columns: dict[str, None] = {}  # a dict keeps the order of the file
    rows: _Rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not a JSON object")
        columns.update(dict.fromkeys(row))
        rows.append({name: row[name] for name in wanted if name in row})
    return list(columns), rows


def _csv(lines: Iterable[str], delimiter: str, wanted: Collection[str]) -> tuple[list[str], _Rows]:
    usual = csv.field_size_limit(2**31 - 1)  # a column may hold whole articles
    try:
        reader = csv.DictReader(lines, delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        rows: _Rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"line {reader.line_num} has not as many fields as the header")
            rows.append({name: row[name] for name in wanted if name in row})
    finally:
        csv.field_size_limit(usual)
    return columns, rows
