from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import lzma
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn import metrics

from dedup.errors import ConfigError, InputError
from dedup.evaluation import (
    Evaluation,
    LanguagePair,
    PrecisionRecall,
    evaluate,
    evaluate_files,
    read_labels,
)

Labels = dict[str, str]


def labelled(clusters: Sequence[int]) -> Labels:
    return {f"a{place}": f"c{cluster}" for place, cluster in enumerate(clusters)}


def groups(text: str) -> Labels:
    """`"12 3"` is article 1 and 2 in one cluster and 3 in another."""
    return {id_: group for group in text.split() for id_ in group}


def partitions(max_articles: int, max_clusters: int) -> st.SearchStrategy[tuple[Labels, Labels]]:
    """Two partitions of the same articles: predicted and gold."""

    def both(articles: int) -> st.SearchStrategy[tuple[Labels, Labels]]:
        codes = st.lists(st.integers(1, max_clusters), min_size=articles, max_size=articles)
        return st.tuples(codes.map(labelled), codes.map(labelled))

    return st.integers(1, max_articles).flatmap(both)


def members(labels: Labels) -> list[set[str]]:
    return [{i for i in labels if labels[i] == name} for name in sorted(set(labels.values()))]


def brute_b_cubed(predicted: Labels, gold: Labels) -> PrecisionRecall:
    precisions, recalls = [], []
    for article in gold:
        found = {i for i in gold if predicted[i] == predicted[article]}
        right = {i for i in gold if gold[i] == gold[article]}
        precisions.append(len(found & right) / len(found))
        recalls.append(len(found & right) / len(right))
    return PrecisionRecall(math.fsum(precisions) / len(gold), math.fsum(recalls) / len(gold))


def brute_pairs(labels: Labels, keep: Callable[[str, str], bool]) -> set[tuple[str, str]]:
    pairs = itertools.combinations(sorted(labels), 2)
    return {(a, b) for a, b in pairs if labels[a] == labels[b] and keep(a, b)}


def phi4(predicted: Labels, gold: Labels) -> list[list[float]]:
    return [[2 * len(g & p) / (len(g) + len(p)) for p in members(predicted)] for g in members(gold)]


def close(found: PrecisionRecall, precision: float, recall: float) -> bool:
    return (found.precision, found.recall) == pytest.approx((precision, recall), abs=1e-12)


@given(partitions(12, 5))
@settings(deadline=None)
def test_b_cubed_is_the_mean_over_articles(both: tuple[Labels, Labels]) -> None:
    expected = brute_b_cubed(*both)
    assert close(evaluate(*both).b_cubed, expected.precision, expected.recall)


@given(partitions(12, 6))
@settings(deadline=None)
def test_pairwise_counts_pairs(both: tuple[Labels, Labels]) -> None:
    predicted, gold = (brute_pairs(labels, lambda a, b: True) for labels in both)
    found = evaluate(*both).pairwise
    assert found.precision == (len(predicted & gold) / len(predicted) if predicted else 1.0)
    assert found.recall == (len(predicted & gold) / len(gold) if gold else 1.0)


@given(partitions(10, 5))
@settings(deadline=None)
def test_ceaf_e_is_the_best_of_all_alignments(both: tuple[Labels, Labels]) -> None:
    rows = phi4(*both)
    if len(rows) > len(rows[0]):
        rows = [list(column) for column in zip(*rows, strict=True)]
    best = max(
        math.fsum(row[column] for row, column in zip(rows, columns, strict=True))
        for columns in itertools.permutations(range(len(rows[0])), len(rows))
    )
    predicted, gold = (len(members(labels)) for labels in both)
    assert close(evaluate(*both).ceaf_e, best / predicted, best / gold)


@given(partitions(80, 40))
@settings(deadline=None)
def test_ceaf_e_equals_the_dense_assignment(both: tuple[Labels, Labels]) -> None:
    similarities = np.array(phi4(*both))
    best = float(similarities[linear_sum_assignment(similarities, maximize=True)].sum())
    assert close(evaluate(*both).ceaf_e, best / similarities.shape[1], best / len(similarities))


@given(partitions(60, 30))
@settings(deadline=None)
@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_scikit_learn_agrees(both: tuple[Labels, Labels]) -> None:
    predicted, gold = (list(labels.values()) for labels in both)
    found = evaluate(*both)
    exact = pytest.approx(metrics.adjusted_rand_score(gold, predicted), abs=1e-12)
    assert found.adjusted_rand_index == exact
    assert (found.homogeneity, found.completeness, found.v_measure) == pytest.approx(
        metrics.homogeneity_completeness_v_measure(gold, predicted), abs=1e-12
    )
    # scikit-learn's own error grows where hardly any agreement is left to chance.
    adjusted = metrics.adjusted_mutual_info_score(gold, predicted)
    assert found.adjusted_mutual_information == pytest.approx(adjusted, abs=1e-9)


@given(partitions(20, 6), st.lists(st.sampled_from(["en", "ru", "zh", ""]), min_size=20))
@settings(deadline=None)
def test_language_pairs_count_pairs(both: tuple[Labels, Labels], spoken: list[str]) -> None:
    predicted, gold = both
    languages = dict(zip(gold, spoken, strict=False))
    rows = {
        (row.first, row.second): row for row in evaluate(predicted, gold, languages).language_pairs
    }

    def expected(first: str, second: str, keep: Callable[[str, str], bool]) -> LanguagePair:
        p, g = brute_pairs(predicted, keep), brute_pairs(gold, keep)
        precision = len(p & g) / len(p) if p else None
        recall = len(p & g) / len(g) if g else None
        return LanguagePair(first, second, len(g), len(p), precision, recall)

    def speak(a: str, b: str) -> tuple[str, ...]:
        return tuple(sorted((languages[a], languages[b])))

    for pair in itertools.combinations_with_replacement(["en", "ru", "zh"], 2):
        row = expected(*pair, lambda a, b, pair=pair: speak(a, b) == pair)  # type: ignore[misc]
        assert rows.pop(pair, None) == (row if row.pairs_gold + row.pairs_predicted else None)
    same = expected(
        "same language", "", lambda a, b: speak(a, b) in {("en",) * 2, ("ru",) * 2, ("zh",) * 2}
    )
    cross = expected(
        "cross language", "", lambda a, b: speak(a, b) in {("en", "ru"), ("en", "zh"), ("ru", "zh")}
    )
    assert list(rows.values()) == ([same, cross] if any(languages.values()) else [])


# The 12 mentions of Bagga & Baldwin 1998, which Luo 2005 takes up; worked out by hand.
@pytest.mark.parametrize(
    ("predicted", "b_cubed", "ceaf_e"),
    [
        ("12345 6789ABC", (16 / 21, 1.0), 0.733),
        ("1234589ABC 67", (7 / 12, 1.0), 0.667),
        ("123456789ABC", (3 / 8, 1.0), 0.294),
        ("1 2 3 4 5 6 7 8 9 A B C", (1.0, 1 / 4), 0.178),
    ],
)
def test_textbook_example(predicted: str, b_cubed: tuple[float, float], ceaf_e: float) -> None:
    found = evaluate(groups(predicted), groups("12345 67 89ABC"))
    assert close(found.b_cubed, *b_cubed)
    assert found.ceaf_e.f1 == pytest.approx(ceaf_e, abs=5e-4)


def agreements(found: Evaluation) -> list[float]:
    shares = (found.b_cubed, found.pairwise, found.ceaf_e)
    return [
        *(value for share in shares for value in (share.precision, share.recall, share.f1)),
        *(found.adjusted_rand_index, found.adjusted_mutual_information),
        *(found.homogeneity, found.completeness, found.v_measure),
    ]


@given(partitions(60, 60))
@settings(deadline=None)
def test_a_perfect_prediction_has_exactly_one_everywhere(both: tuple[Labels, Labels]) -> None:
    gold, _ = both
    assert set(agreements(evaluate(gold, gold))) == {1.0}


@pytest.mark.parametrize("clusters", [[1], [1, 1, 1, 1], [1, 2, 3, 4]])
def test_trivial_partitions_agree_with_themselves(clusters: list[int]) -> None:
    assert set(agreements(evaluate(labelled(clusters), labelled(clusters)))) == {1.0}


def test_all_singletons_claim_no_wrong_pair_and_find_none() -> None:
    found = evaluate(groups("1 2 3 4"), groups("12 34"))
    assert found.pairwise == PrecisionRecall(1.0, 0.0)
    assert found.pairwise.f1 == 0.0
    assert found.b_cubed == PrecisionRecall(1.0, 0.5)
    assert found.adjusted_rand_index == 0.0
    assert found.adjusted_mutual_information == pytest.approx(0.0, abs=1e-12)
    assert (found.homogeneity, found.completeness) == (1.0, 0.5)


def test_one_cluster_finds_all_pairs() -> None:
    found = evaluate(groups("1234"), groups("12 34"))
    assert found.pairwise == PrecisionRecall(1 / 3, 1.0)
    assert found.b_cubed == PrecisionRecall(0.5, 1.0)
    assert (found.adjusted_rand_index, found.adjusted_mutual_information) == (0.0, 0.0)
    assert (found.homogeneity, found.completeness, found.v_measure) == (0.0, 1.0, 0.0)


def test_no_pairs_in_gold_is_full_recall() -> None:
    assert evaluate(groups("12 3"), groups("1 2 3")).pairwise == PrecisionRecall(0.0, 1.0)


@given(partitions(30, 15), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_neither_order_nor_names_matter(both: tuple[Labels, Labels], rng: random.Random) -> None:
    def renamed(labels: Labels) -> Labels:
        names = sorted(set(labels.values()))
        new = dict(zip(names, rng.sample(range(1000), len(names)), strict=True))
        return {id_: f"new {new[labels[id_]]}" for id_ in rng.sample(sorted(labels), len(labels))}

    languages = {id_: rng.choice(["en", "ar"]) for id_ in both[0]}
    before = evaluate(*both, languages)
    after = evaluate(renamed(both[0]), renamed(both[1]), languages)
    assert agreements(after) == pytest.approx(agreements(before), abs=1e-12)
    assert after.language_pairs == before.language_pairs


def test_sizes_are_those_of_the_labelled_articles() -> None:
    found = evaluate(groups("123 4 5xyz"), groups("12 345"))
    assert (found.articles, found.gold_clusters, found.predicted_clusters) == (5, 2, 3)
    assert (found.gold_singletons, found.predicted_singletons) == (0, 2)
    assert (found.largest_gold, found.largest_predicted) == (3, 3)
    assert found.not_in_gold == ("x", "y", "z")


def test_missing_articles_are_clusters_of_their_own() -> None:
    found = evaluate(groups("12"), groups("1234"))
    whole = evaluate(groups("12 3 4"), groups("1234"))
    assert found.missing_in_result == ("3", "4")
    assert agreements(found) == agreements(whole)


def test_empty_gold_is_refused() -> None:
    with pytest.raises(InputError, match="labels no article"):
        evaluate(groups("12"), {})


def test_without_languages_there_are_no_rows() -> None:
    assert evaluate(groups("12"), groups("12")).language_pairs == ()


def test_a_hundred_thousand_articles_take_seconds() -> None:
    rng = np.random.default_rng(7)
    gold = rng.integers(0, 30_000, 100_000)
    predicted = np.where(rng.random(100_000) < 0.9, gold, rng.integers(0, 30_000, 100_000))
    gold[:5_000] = 0
    start = time.process_time()
    found = evaluate(labelled(predicted.tolist()), labelled(gold.tolist()))
    assert time.process_time() - start < 20  # about 0.5 s; pairs of clusters took minutes
    assert found.largest_gold >= 5_000
    assert found.ceaf_e.f1 > 0.8


ROWS: list[dict[str, object]] = [
    {
        "id": "007",
        "cluster": "x",
        "lang": "EN",
        "text": 'two\nlines, "quoted"\t' + "long " * 40_000,
    },
    {"id": "б", "cluster": "x", "lang": "", "text": ""},
    {"id": "c", "cluster": "", "lang": "ru", "text": ""},
]


def as_bytes(rows: Sequence[Mapping[str, object]], kind: str) -> bytes:
    if kind == ".parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return bytes(sink.getvalue())
    if kind in (".jsonl", ".ndjson"):
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter="," if kind == ".csv" else "\t")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def packed(data: bytes, packing: str) -> bytes:
    if packing == ".zst":
        return bytes(pa.Codec("zstd").compress(data))
    if packing == ".gz":
        return gzip.compress(data, mtime=0)
    return lzma.compress(data) if packing == ".xz" else data


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.write_bytes(as_bytes(rows, path.suffix))
    return path


@pytest.mark.parametrize("packing", ["", ".gz", ".xz", ".zst"])
@pytest.mark.parametrize("kind", [".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"])
def test_labels_are_read_from_every_kind_of_table(tmp_path: Path, kind: str, packing: str) -> None:
    path = tmp_path / f"gold.v1{kind}{packing}"
    path.write_bytes(packed(as_bytes(ROWS, kind), packing))
    assert read_labels(path) == ({"007": "x", "б": "x"}, {"007": "en", "c": "ru"})


def test_numbers_and_missing_values_are_labels_as_written(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": 1, "cluster": 12.0},
        {"id": 2, "cluster": float("nan")},
        {"id": 3, "cluster": None},
    ]
    expected: tuple[Labels, Labels] = ({"1": "12"}, {})
    assert read_labels(table(tmp_path / "gold.jsonl", rows)) == expected
    assert read_labels(table(tmp_path / "gold.parquet", rows)) == expected


def test_a_row_that_stands_twice_with_one_label_is_one(tmp_path: Path) -> None:
    rows = [{"id": "a", "cluster": "x"}, {"id": "a", "cluster": "x"}, {"id": "a", "cluster": ""}]
    assert read_labels(table(tmp_path / "gold.csv", rows)) == ({"a": "x"}, {})


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gold.xlsx", b"", r"gold\.xlsx: '\.xlsx' is no known kind of table: give \.jsonl"),
        ("gold.csv", b"id,group\n1,x\n", r"gold\.csv: has no column 'cluster', only 'id', 'group'"),
        ("gold.csv", b"key,cluster\n1,x\n", r"gold\.csv: has no column 'id', only 'key'"),
        ("gold.jsonl", b"", r"gold\.jsonl: has no column 'id', only none at all"),
        ("gold.jsonl", b'{"id": 1}\n{"id"', r"gold\.jsonl: cannot be read: line 2 is not JSON"),
        ("gold.jsonl", b"[1]", r"gold\.jsonl: cannot be read: line 1 is not a JSON object"),
        ("gold.csv", b"id,cluster\n1,x,y\n", r"gold\.csv: .*line 2 has not as many fields"),
        ("gold.csv", b"id,cluster\n1\n", r"gold\.csv: .*line 2 has not as many fields"),
        ("gold.csv", b"id,cluster\n1,\xff\n", r"gold\.csv: cannot be read: .*utf-8"),
        (
            "gold.csv",
            b"id,cluster\n1,x\n1,y\n",
            r"gold\.csv: id '1' is in cluster 'x' and in 'y'",
        ),
        ("gold.csv", b"id,cluster\n,x\n", r"gold\.csv: row 1 has cluster 'x' but no id"),
        ("gold.parquet", b"PAR1 no", r"gold\.parquet: cannot be read"),
        (
            "gold.csv.gz",
            gzip.compress(b"id,cluster", mtime=0)[:-9],
            r"gold\.csv\.gz: cannot be read",
        ),
        ("gold.csv.gz", b"id,cluster", r"gold\.csv\.gz: cannot be read"),
        ("gold.csv.xz", b"id,cluster", r"gold\.csv\.xz: cannot be read"),
        ("gold.csv.zst", b"id,cluster", r"gold\.csv\.zst: cannot be read"),
    ],
)
def test_unusable_tables_are_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / name)


@pytest.mark.parametrize("name", ["gold.csv", "gold.csv.gz", "gold.csv.zst", "gold.parquet"])
def test_a_missing_table_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: cannot be opened"):
        read_labels(tmp_path / name)


RESULT: list[dict[str, object]] = [
    {"id": "a", "duplicate_cluster": "d1", "story_group": "s1", "language": "en"},
    {"id": "b", "duplicate_cluster": "d1", "story_group": "s1", "language": "en"},
    {"id": "c", "duplicate_cluster": "d2", "story_group": "s1", "language": "ru"},
]


def test_files_are_compared_by_story_group(tmp_path: Path) -> None:
    result = table(tmp_path / "result.parquet", RESULT)
    gold = table(tmp_path / "gold.csv", [{"id": id_, "cluster": "x"} for id_ in "abc"])
    found = evaluate_files(result, gold)
    assert found.pairwise == PrecisionRecall(1.0, 1.0)
    assert [(row.first, row.second, row.pairs_gold) for row in found.language_pairs] == [
        ("en", "en", 1),
        ("en", "ru", 2),
        ("same language", "", 1),
        ("cross language", "", 2),
    ]


@pytest.mark.parametrize("column", ["duplicates", "duplicate_cluster", "cluster"])
def test_files_are_compared_by_duplicate_cluster(tmp_path: Path, column: str) -> None:
    labels = [{"id": id_, column: "x", "lang": "zh"} for id_ in "abc"]
    if column != "cluster":
        labels = [{**row, "cluster": row["id"]} for row in labels]
    result, gold = table(tmp_path / "r.jsonl", RESULT), table(tmp_path / "g.jsonl", labels)
    found = evaluate_files(result, gold, level="duplicate")
    assert found.pairwise == PrecisionRecall(1.0, 1 / 3)
    assert found.language_pairs[0].first == "zh"


def test_a_result_can_be_compared_with_itself(tmp_path: Path) -> None:
    result = table(tmp_path / "result.csv", RESULT)
    for level in ("story", "duplicate"):
        assert set(agreements(evaluate_files(result, result, level=level))) == {1.0}


def test_files_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    result = table(tmp_path / "result.csv", RESULT)
    other = table(tmp_path / "other.csv", [{"id": "z", "cluster": "x"}])
    empty = table(tmp_path / "empty.csv", [{"id": "a", "cluster": ""}])
    with pytest.raises(
        InputError, match=r"share no id \('a' in .*result.csv, 'z' in .*other.csv\)"
    ):
        evaluate_files(result, other)
    with pytest.raises(InputError, match=r"empty\.csv: no row has a cluster"):
        evaluate_files(result, empty)
    with pytest.raises(InputError, match=r"other\.csv: has no column 'story_group'"):
        evaluate_files(other, result)
    with pytest.raises(ConfigError, match="level = 'page': must be story or duplicate"):
        evaluate_files(result, result, level="page")  # type: ignore[arg-type]


def test_dict_is_json_with_stable_names() -> None:
    many = {f"m{place:02}": "y" for place in range(30)}
    found = evaluate(groups("12 3"), groups("12 3") | many, {"1": "en", "2": "ru"})
    values = json.loads(json.dumps(found.to_dict()))
    assert list(values) == list(Evaluation.__dataclass_fields__)
    assert values["b_cubed"].keys() == {"precision", "recall", "f1"}
    assert values["missing_in_result"]["count"] == 30
    assert values["missing_in_result"]["first_ids"] == sorted(many)[:20]
    assert values["language_pairs"][0] == {
        "first": "en",
        "second": "ru",
        "pairs_gold": 1,
        "pairs_predicted": 1,
        "precision": 1.0,
        "recall": 1.0,
    }
