"""What encoders are measured by, against brute force and scikit-learn."""

from __future__ import annotations

import json
import lzma
import math
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import precision_recall_curve, roc_auc_score

from benchmarks.encoder_baselines import TfIdf, open_encoder
from benchmarks.encoder_data import Int64s, load_data
from benchmarks.encoder_measures import measure_vectors, recall_at_precision, roc_auc, top1
from benchmarks.encoders import table
from dedup.compute.arrays import Float32s

# Few distinct scores, so that there are ties.
SCORES = st.lists(st.integers(-4, 4).map(lambda score: score / 4), min_size=1, max_size=30)
SMALL = arrays(np.float32, (7, 3), elements=st.integers(-2, 2).map(float))


@given(SMALL, SMALL)
def test_top1_counts_targets_nearer_than_all_others(queries: Float32s, targets: Float32s) -> None:
    products = (queries @ targets.T).tolist()
    hits = sum(
        all(row[k] > other for j, other in enumerate(row) if j != k)
        for k, row in enumerate(products)
    )
    assert top1(queries, targets) == hits / 7


def test_top1_of_more_rows_than_a_block() -> None:
    generator = np.random.default_rng(1)
    targets = generator.normal(size=(2500, 64)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    assert top1(targets, targets) == 1
    targets[7] = targets[2222]
    assert top1(targets, targets) == 2498 / 2500
    assert top1(np.roll(targets, 1, axis=0), targets) == 0


@given(SCORES, SCORES)
def test_roc_auc_is_that_of_scikit_learn(positive: list[float], negative: list[float]) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    expected = roc_auc_score(truth, positive + negative)
    assert roc_auc(np.array(positive), np.array(negative)) == pytest.approx(expected)


@given(SCORES, SCORES, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_recall_at_precision_is_that_of_scikit_learn(
    positive: list[float], negative: list[float], wanted: float
) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    precision, recall, _ = precision_recall_curve(truth, positive + negative)
    # The last point of the curve, recall 0 at precision 1, is no cut; it changes no maximum.
    expected = recall[precision >= wanted].max()
    found = recall_at_precision(np.array(positive), np.array(negative), wanted)
    assert found == pytest.approx(expected)


def test_nothing_to_compare_is_not_a_number() -> None:
    nothing, some = np.zeros(0), np.ones(3)
    assert math.isnan(roc_auc(nothing, some))
    assert math.isnan(roc_auc(some, nothing))
    assert math.isnan(recall_at_precision(nothing, some))
    assert recall_at_precision(some, nothing) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small files in the form of the real ones."""
    sentences = {
        "eng": ["one two\nthree", "four", "x", "y"],
        "arb": ["one\nthree three", "four four", "x", "x y"],
        "rus": ["x y\nthree", "three", "x", "two"],
        "zul": ["not\nread", "at all", "one", "one"],
    }
    with lzma.open(tmp_path / "ntrex.jsonl.xz", "wt", encoding="utf-8") as file:
        for language, texts in sentences.items():
            for number, text in enumerate(texts):
                row = {"id": f"{number}:{language}", "lang": language, "cluster": f"c{number}"}
                file.write(json.dumps({**row, "text": text}) + "\n")
    items = [
        ("a", "en", "2020-01-01", "flood valley"),
        ("a", "ru", "2020-01-02", "flood river"),
        ("a", "en", None, "flood valley town"),
        ("b", "ar", "2020-01-03", "vote in the valley"),
        ("b", "en", "2020-03-03", "vote counted"),
        ("", "en", "2020-01-01", "without a story"),
        ("c", "ru", "2021-01-01", "summit opens in the capital"),
        ("c", "zh", "2021-01-02", "summit"),
        ("c", "ar", "2021-06-01", "another summit"),
        ("d", "ru", "2021-01-02", "summit opens in the capital."),
        ("d", "en", "2021-01-02", "summit opens"),
        ("e", "en", "2021-01-03", "a bridge falls"),
    ]
    rows = [
        {"id": str(k), "title": text, "text": text, "lang": lang, "date": date, "cluster": cluster}
        for k, (cluster, lang, date, text) in enumerate(items)
    ]
    write_news_and_grades(tmp_path)
    for name in ("itn.jsonl", "allsides.jsonl"):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def write_news_and_grades(folder: Path) -> None:
    """Sentences of news in two languages, one of them with too few, and three graded pairs."""
    with lzma.open(folder / "wmt_news.jsonl.xz", "wt", encoding="utf-8") as file:
        for language, count in (("is", 200), ("kk", 199)):
            for number in range(count):
                foreign = " ".join(["one"] * (number % 20) + ["two"] * (number // 20) + ["x"])
                row = {"lang": language, "en": f"y {number}", "foreign": foreign}
                file.write(json.dumps(row) + "\n")
    texts = [("one two", "one two", 1), ("one", "x", 4), ("one two", "two", 2.5)]
    with lzma.open(folder / "semeval8.jsonl.xz", "wt", encoding="utf-8") as file:
        for number, (text1, text2, grade) in enumerate(texts * 2):
            pair: dict[str, object] = {
                "pair": str(number),
                "overall": grade,
                "date1": None,
                "date2": "2020-01-01",
            }
            sides = {"title1": text1, "text1": "", "title2": text2, "text2": ""}
            languages = {"lang1": "en", "lang2": "en" if number < 3 else "de"}
            file.write(json.dumps({**pair, **sides, **languages}) + "\n")


def test_sentences_and_documents_keep_their_places(folder: Path) -> None:
    data = load_data(folder, ["ar", "ru"])
    assert set(data.sentences) == {"en", "ar", "ru"}
    assert data.sentences["en"] == ["one two", "three", "four", "x", "y"]
    assert data.documents["en"] == ["one two three", "four", "x", "y"]
    assert data.unrelated["zu"] == ["at all", "one"]


def test_pairs_are_chosen_by_story_language_and_time(folder: Path) -> None:
    labelled = load_data(folder, ["ar"]).labelled
    itn = labelled["itn"].tasks
    assert len(labelled["itn"].texts) == 11
    assert early(itn["across languages"].positive) == [[0, 1], [1, 2], [3, 4]]
    assert early(itn["across languages"].negative) == [[0, 3], [1, 3]]
    assert itn["same language"].positive.tolist() == [[0, 2]]
    assert itn["same language"].negative.tolist() == [[5, 8], [9, 10]]
    english = labelled["allsides"].tasks["title and lead"]
    assert early(english.positive) == [[0, 1], [3, 4]]
    assert early(english.negative) == [[0, 3], [1, 3]]


def test_bodies_are_compared_where_labels_are_certain(folder: Path) -> None:
    tasks = load_data(folder, ["ar"]).labelled["itn bodies"].tasks
    # Not 3-4, 5-7 and 6-7, months apart; not c with d, one item under two articles.
    assert sorted(tasks["across languages"].positive.tolist()) == [[0, 1], [5, 6], [8, 9]]
    assert tasks["across languages"].negative.tolist() == [
        *([0, 3], [1, 3], [5, 10], [6, 10], [8, 10])
    ]
    assert tasks["same language"].negative.tolist() == [[9, 10]]


def early(pairs: Int64s) -> list[list[int]]:
    """Those of the first two stories."""
    found: list[list[int]] = pairs[pairs.max(axis=1) < 5].tolist()
    return found


def test_all_measurements_of_small_files(folder: Path) -> None:
    data = load_data(folder, ["ar", "ru"])
    words = ["one", "two", "three", "four", "flood", "vote", "x", "y"]

    def encode(texts: Sequence[str], languages: Sequence[str]) -> Float32s:
        assert len(texts) == len(languages)
        counts = np.array([[text.split().count(word) for word in words] for text in texts])
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        return np.asarray(counts / np.where(lengths > 0, lengths, 1), np.float32)

    found = measure_vectors(encode, data)
    assert found["sentences"]["to_english"] == {"ar": 0.8, "ru": 0.4}
    assert found["sentences"]["groups"]["A"]["to_english"] == pytest.approx(0.6)
    assert found["sentences"]["direct"]["ar-ru"] == {
        "there": 0.2,
        "back": 0.4,
        "mean": pytest.approx(0.3),
    }
    assert found["documents"]["pairs"] == 6
    assert found["documents"]["min"] < 1
    assert found["itn bodies"]["same language"]["negatives"] == 1
    # "three" and "two" have nothing in common; "at all" is no word that is counted.
    assert found["unrelated"]["ru"] == {"mean": 0, "quantile": 0}
    assert found["unrelated"]["zu"] == {"mean": 0, "quantile": 0}
    # English sentences of these have no word in common with them.
    assert found["news sentences"] == {"is": 0}
    assert set(found["graded"]["languages"]) == {"en-de", "en-en"}
    expected = -statistics.correlation([1, 0, math.sqrt(0.5)], [1, 4, 2.5])
    assert found["graded"]["pearson"] == pytest.approx(expected)
    assert found["graded"]["languages"]["en-de"] == pytest.approx(expected)
    assert found["allsides"]["title and lead"]["positives"] == 6
    quick = measure_vectors(encode, data, languages=["ar"], documents=False, labelled=False)
    assert list(quick) == ["sentences"]
    shown = table([{"encoder": "words", **found}, {"encoder": "quick", **quick}])
    assert "| ar to en / en to ar | 0.800 / 1.000 | 0.800 / 1.000 |" in shown
    assert len({line.count("|") for line in shown.splitlines()}) == 1


def test_baselines_return_unit_rows(folder: Path) -> None:
    vectors = open_encoder("tfidf", folder).encode(["flood in the valley", "valley flood", "?"])
    assert isinstance(open_encoder("tfidf", folder), TfIdf)
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 0])
