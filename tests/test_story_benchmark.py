"""The benchmark of story groups: its sets, baselines, scores and tables."""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import story_baselines as baselines
from benchmarks.lookalikes import FOLDER, LANGUAGES, lookalikes
from benchmarks.saved import made_line
from benchmarks.stories import best_cut, measure, named, shipped
from benchmarks.story_baselines import BASELINES, Baseline
from benchmarks.story_scores import (
    Run,
    article_scores,
    interval,
    reliability,
    reliability_by_kind,
    reliability_by_language,
    scores_of,
)
from benchmarks.story_sets import (
    StorySet,
    in_language,
    load_sets,
    read_ntrex,
    titles_only,
)
from benchmarks.story_tables import overall_table, set_table
from benchmarks.story_texts import Prepared, RememberingEncoder, tfidf
from dedup.articles import UNDATED
from dedup.cleaning import clean
from dedup.compute.arrays import Float32s, Int64s
from dedup.duplicates.clustering import find_near_duplicates
from dedup.evaluation import evaluate
from dedup.evaluation.measures import codes
from dedup.records import Article

DAY = 86_400
WORDS = ("flood", "river", "town", "vote", "count", "rival", "bridge", "falls", "train")


class WordEncoder:
    """Counts a few words."""

    name = "words"
    revision = "1"
    dim = len(WORDS)

    def encode(self, texts: Sequence[str]) -> Float32s:
        counts = np.array([[text.lower().split().count(w) for w in WORDS] for text in texts])
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        return np.asarray(counts / np.where(lengths > 0, lengths, 1), np.float32)


def prepared(leads: Sequence[str], days: Sequence[float | None] | None = None) -> Prepared:
    seconds = [UNDATED if day is None else int(day * DAY) for day in days or [0] * len(leads)]
    return Prepared(
        titles=leads,
        bodies=leads,
        leads=leads,
        seconds=np.array(seconds, np.int64),
        max_gap_seconds=7 * DAY,
        vectors=WordEncoder().encode(leads),
    )


def article(number: int, title: str, day: int | None = 0, language: str = "en") -> Article:
    when = None if day is None else datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return Article(f"a{number:03}", title, "", "paper", when, language)


def small_set() -> StorySet:
    titles = ["flood river town", "flood town river", "vote count rival", "count vote rival now"]
    articles = [article(k, title, k) for k, title in enumerate([*titles, "bridge falls"])]
    gold = dict(zip((each.id for each in articles), "xxyyz", strict=True))
    return StorySet.of("small", articles, gold)


def groups(labels: Int64s) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for number, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(number)
    return sorted(found.values())


# Two floods, a vote three days later, and the vote's twin a month later.
NEWS = ["flood river town", "flood river", "vote count", "vote count rival", "train"]
TIMES = [0, 1, 3, 33, 3]


@pytest.mark.parametrize(
    "label", [baselines.components, baselines.average_linkage, baselines.nearest_centroid]
)
def test_baselines_join_what_is_alike_and_near_in_time(label: object) -> None:
    assert callable(label)
    found = label(prepared(NEWS, TIMES), 0.5)
    assert groups(found) == [[0, 1], [2], [3], [4]]
    undated = label(prepared(NEWS, [None, 1, None, 33, 3]), 0.5)
    assert groups(undated) == [[0, 1], [2, 3], [4]]
    assert len(groups(label(prepared(NEWS, TIMES), 1.01))) == len(NEWS)


def test_components_chain_and_average_linkage_does_not() -> None:
    chain = prepared(["flood river", "river town", "town vote", "vote count"])
    assert groups(baselines.components(chain, 0.4)) == [[0, 1, 2, 3]]
    assert groups(baselines.average_linkage(chain, 0.4)) == [[0, 1], [2, 3]]


def test_a_group_stays_open_as_long_as_its_latest_text_is_near() -> None:
    texts = prepared(["flood river"] * 3, [0, 6, 12])
    assert groups(baselines.nearest_centroid(texts, 0.9)) == [[0, 1, 2]]
    assert groups(baselines.nearest_centroid(prepared(["flood"] * 2, [0, 12]), 0.9)) == [[0], [1]]


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), min_size=1, max_size=12))
def test_nearest_centroid_is_that_of_explicit_centroids(words: list[list[str]]) -> None:
    texts = prepared([" ".join(each) for each in words])
    rows = tfidf(texts.leads).toarray()
    members: list[list[int]] = []
    for number, row in enumerate(rows):
        centroids = [rows[each].sum(axis=0) for each in members]
        cosines = [float(c @ row / np.linalg.norm(c)) for c in centroids]
        # No text is within rounding of the cut.
        if cosines and max(cosines) >= 0.5123:
            members[int(np.argmax(np.round(cosines, 5)))].append(number)
        else:
            members.append([number])
    assert groups(baselines.nearest_centroid(texts, 0.5123)) == sorted(members)


def test_density_baselines_keep_noise_apart() -> None:
    texts = prepared([*["flood river town"] * 4, "vote count", "bridge falls"])
    assert groups(baselines.dbscan(texts, 0.9)) == [[0, 1, 2, 3], [4], [5]]
    endings = ("", "bridge", "falls", "train")
    two = prepared(
        [f"{event} {end}" for event in ("flood river town", "vote count rival") for end in endings]
    )
    for label in (baselines.hdbscan, baselines.hdbscan_leaves):
        found = groups(label(two, 2))
        assert len(found) < 8
        assert all(max(each) < 4 or min(each) >= 4 for each in found)


def test_plain_baselines() -> None:
    texts = prepared(["flood", "flood", "", ""])
    assert groups(baselines.singletons(texts, 0)) == [[0], [1], [2], [3]]
    assert groups(baselines.exact_title(texts, 0)) == [[0, 1], [2], [3]]
    long = " ".join(f"word{k}" for k in range(60))
    copies = prepared([long, f"{long} end", "train"])
    assert groups(baselines.near_duplicates(copies, 0)) == [[0, 1], [2]]


def test_labels_of_noise_and_of_groups() -> None:
    assert groups(baselines.without_noise(np.array([-1, 0, -1, 0]))) == [[0], [1, 3], [2]]
    assert groups(baselines.from_groups(4, [[2, 0], [3]])) == [[0, 2], [1], [3]]


def test_community_detection_is_given_vectors_and_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    def community_detection(vectors: Float32s, **options: object) -> list[list[int]]:
        given.update(options, rows=len(vectors))
        return [[3, 1]]

    fake = ModuleType("sentence_transformers.util")
    fake.community_detection = community_detection  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", ModuleType("sentence_transformers"))
    monkeypatch.setitem(sys.modules, "sentence_transformers.util", fake)
    assert groups(baselines.fast_communities(prepared(NEWS), 0.6)) == [[0], [1, 3], [2], [4]]
    assert (given["rows"], given["threshold"], given["min_community_size"]) == (5, 0.6, 2)


def test_leiden_is_given_the_neighbour_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    class Graph:
        def __init__(self, count: int, edges: list[tuple[int, int]]) -> None:
            given.update(count=count, edges=edges)

        def community_leiden(self, objective: str, **options: object) -> SimpleNamespace:
            given.update(options, objective=objective)
            return SimpleNamespace(membership=[0, 0, 1, 2, 3])

    fake = ModuleType("igraph")
    fake.Graph = Graph  # type: ignore[attr-defined]
    fake.set_random_number_generator = lambda generator: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "igraph", fake)
    labels = baselines.leiden(prepared(NEWS, TIMES), 0.5)
    assert groups(labels) == [[0, 1], [2], [3], [4]]
    assert (given["count"], given["edges"], given["objective"]) == (5, [(0, 1)], "modularity")
    assert given["weights"] == pytest.approx([(2 / 3) ** 0.5])


def test_a_text_is_encoded_once() -> None:
    asked: list[str] = []

    class Counting(WordEncoder):
        def encode(self, texts: Sequence[str]) -> Float32s:
            asked.extend(texts)
            return super().encode(texts)

    encoder = RememberingEncoder(Counting())
    first = encoder.encode(["flood", "vote", "flood"])
    assert np.array_equal(first, WordEncoder().encode(["flood", "vote", "flood"]))
    assert np.array_equal(
        encoder.encode(["train", "vote"]), WordEncoder().encode(["train", "vote"])
    )
    assert asked == ["flood", "vote", "train"]
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_the_best_cut_is_taken_on_the_labelled_articles() -> None:
    each = small_set()
    texts = Prepared.of(each, WordEncoder())
    halves = Baseline("halves", lambda _, cut: np.arange(5) // int(cut), (1.0, 2.0, 5.0))
    cut, labels = best_cut(halves, texts, each)
    assert cut == 2
    assert evaluate(named(each, labels), each.gold).b_cubed.f1 == 1
    unlabelled = StorySet(each.name, each.articles, {"a000": "x", "a001": "x"})
    assert best_cut(halves, texts, unlabelled)[0] == 2


def interval_of(predicted: dict[str, str], gold: dict[str, str]) -> tuple[float, float]:
    return interval(*article_scores([Run(predicted)], gold), codes(gold.values()))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_the_interval_is_an_interval_and_always_the_same(rows: list[tuple[int, int]]) -> None:
    gold = {str(k): str(g) for k, (g, _) in enumerate(rows)}
    predicted = {str(k): str(p) for k, (_, p) in enumerate(rows)}
    low, high = interval_of(predicted, gold)
    assert 0 <= low <= high <= 1 + 1e-12
    assert (low, high) == interval_of(predicted, gold)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_scores_of_articles_add_up_to_b_cubed(rows: list[tuple[int, int]]) -> None:
    gold = {str(k): str(g) for k, (g, _) in enumerate(rows)}
    predicted = {str(k): str(p) for k, (_, p) in enumerate(rows)}
    precision, recall = article_scores([Run(predicted)], gold)
    expected = evaluate(predicted, gold).b_cubed
    assert precision.mean() == pytest.approx(expected.precision)
    assert recall.mean() == pytest.approx(expected.recall)


def test_an_article_is_scored_by_its_run_with_all_that_the_run_put_beside_it() -> None:
    gold = {"a": "x", "b": "x", "c": "y", "d": "y"}
    together, apart = dict.fromkeys(gold, "1"), dict(gold)
    runs = [Run(together, frozenset("ab")), Run(apart, frozenset("cd"))]
    precision, recall = article_scores(runs, gold)
    assert precision.tolist() == [0.5, 0.5, 1, 1]
    assert recall.tolist() == [1, 1, 1, 1]


def test_the_interval_contains_the_estimate_and_narrows_with_more_clusters() -> None:
    widths = []
    for clusters in (20, 200):
        gold = {f"{c} {k}": str(c) for c in range(clusters) for k in range(3)}
        # Every second cluster is split.
        predicted = {id_: c if int(c) % 2 else f"{c} {id_[-1] == '0'}" for id_, c in gold.items()}
        low, high = interval_of(predicted, gold)
        assert low < evaluate(predicted, gold).b_cubed.f1 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2
    assert interval_of(gold, gold) == (1, 1)


def test_scores_count_singletons_and_pairs_across_languages() -> None:
    articles = [article(0, "a", language="en"), article(1, "b", language="ru"), article(2, "c")]
    each = StorySet.of("s", articles, {"a000": "x", "a001": "x", "a002": "y"})
    found = scores_of(each, [Run({"a000": "1", "a001": "1"})])
    assert found["cross_language_recall"] == 1
    assert found["stories"] == 2
    apart = scores_of(each, [Run({})])
    assert apart["cross_language_recall"] == 0
    assert apart["b_cubed"]["recall"] == pytest.approx(2 / 3)


def test_reliability_of_probabilities_that_are_right_and_wrong() -> None:
    probability = np.array([0.0, 0.05, 0.15, 0.95, 1.0, 1.0])
    same = np.array([False, False, True, True, True, False])
    low, second, high = reliability(probability, same)
    assert (low.low, low.high, low.pairs, low.observed) == (0, 0.1, 2, 0)
    assert low.predicted == pytest.approx(0.025)
    assert (second.pairs, second.observed) == (1, 1)
    assert (high.low, high.high, high.pairs) == (0.9, 1, 3)
    assert high.observed == pytest.approx(2 / 3)
    assert reliability(np.empty(0), np.empty(0, np.bool_)) == ()


def test_probabilities_that_hold_lie_on_the_diagonal() -> None:
    generator = np.random.default_rng(0)
    probability = generator.random(50_000)
    same = generator.random(50_000) < probability
    for each in reliability(probability, same, 5):
        assert each.observed == pytest.approx(each.predicted, abs=0.02)
    across = np.arange(50_000) % 2 == 0
    found = reliability_by_kind(probability, same, across)
    assert sum(each.pairs for each in found["cross language"]) == 25_000
    assert found["same language"] == reliability(probability[~across], same[~across])


def test_languages_with_many_pairs_are_measured_each_by_itself() -> None:
    probability = np.array([0.05] * 600 + [0.95] * 500 + [0.5] * 600)
    same = np.array([False] * 600 + [False] * 500 + [True] * 600)
    languages = np.array(["ar"] * 600 + ["tr"] * 499 + ["ar"] + [""] * 600)
    (arabic,) = reliability_by_language(probability, same, languages)
    assert (arabic.language, arabic.pairs, arabic.observed) == ("ar", 601, 0)
    # One pair says nothing of a tenth.
    assert arabic.worst == pytest.approx(0.05)


def test_lookalikes_are_the_same_for_a_seed_and_have_valid_fields() -> None:
    articles, gold = lookalikes()
    assert (articles, gold) == lookalikes()
    assert lookalikes(2)[0] != articles
    assert 400 <= len(articles) <= 600
    assert {each.id for each in articles} == gold.keys()
    assert len(gold) == len(articles)
    for each in articles:
        assert each.title
        assert each.text
        assert each.source
        assert each.published_at is not None
        assert each.published_at.tzinfo is UTC
        assert not set("{}|") & set(each.title + each.text)
    assert {each.language for each in articles} == set(LANGUAGES)
    sizes = [list(gold.values()).count(name) for name in set(gold.values())]
    assert (min(sizes), max(sizes)) == (2, 6)
    assert len({name.split("-")[0] for name in gold.values()}) == len(list(FOLDER.glob("*.toml")))


def test_a_range_too_narrow_for_the_events_is_refused(tmp_path: Path) -> None:
    kind = (FOLDER / "protests.toml").read_text("utf-8")
    narrow = kind.replace("arrests = [6, 480]", "arrests = [6, 9]")
    assert narrow != kind
    (tmp_path / "protests.toml").write_text(narrow, "utf-8")
    with pytest.raises(ValueError, match=r"arrests: all numbers of \[6, 9\] are used"):
        lookalikes(1, tmp_path)


def test_lookalikes_do_not_copy_the_text_of_another_event() -> None:
    articles, gold = lookalikes()
    bodies = [clean(each).text for each in articles]
    found = find_near_duplicates(bodies, threads=1).representatives.tolist()
    events = [gold[each.id] for each in articles]
    confused = sum(events[a] != events[b] for a, b in enumerate(found))
    assert confused <= len(articles) // 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small files in the form of the real ones."""
    with lzma.open(tmp_path / "ntrex.jsonl.xz", "wt", encoding="utf-8") as file:
        for language in ("eng", "arb", "zul"):
            row = {"id": f"d:{language}", "lang": language, "cluster": "d", "text": "Head\nBody"}
            file.write(json.dumps(row) + "\n")
    for name in ("itn", "allsides", "ecbplus", "seeds"):
        rows = [
            {
                "id": f"{name}{k}", "title": "" if k == 2 else f"flood {k}", "text": "river town",
                "lang": "ru" if k == 1 else "en", "date": "2020-01-02", "cluster": f"c{k // 2}",
            }
            for k in range(4)
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        if name == "ecbplus":
            for packed in ("newswcl50", "gunviolence"):
                with lzma.open(tmp_path / f"{packed}.jsonl.xz", "wt", encoding="utf-8") as file:
                    file.write("\n".join(map(json.dumps, rows)))
    return tmp_path


def test_sets_are_read_cut_and_put_in_order(folder: Path) -> None:
    sets = {each.name: each for each in load_sets(folder, folder / "seeds.jsonl")}
    assert len(sets) == 10
    assert sets["ITN English"].languages == {"en"}
    assert len(sets["ITN English"].articles) == len(sets["ITN English"].gold) == 3
    titles = sets["ITN titles"]
    assert [each.text for each in titles.articles] == [""] * 3
    assert all(each.published_at for each in titles.articles)
    assert in_language(sets["ITN"], "none", "zh").articles == ()
    assert titles_only(titles, "again").articles == titles.articles
    ntrex = read_ntrex(folder / "ntrex.jsonl.xz", ("ar", "en"))
    assert [(each.language, each.title, each.text) for each in ntrex.articles] == [
        ("ar", "Head", "Body"), ("en", "Head", "Body"),
    ]  # fmt: skip
    days = [each.published_at for each in sets["look-alikes"].articles]
    assert days == sorted(days, key=lambda day: day or datetime.max.replace(tzinfo=UTC))


def test_all_systems_of_a_small_set_and_their_tables() -> None:
    def missing(texts: Prepared, cut: float) -> Int64s:
        raise ImportError("No module named 'nothing'")

    chosen = [each for each in BASELINES if each.name in ("exact title", "connected components")]
    rows = measure(
        [small_set()],
        WordEncoder(),
        "words",
        ours={"dedup": shipped},
        baselines=[*chosen, Baseline("absent", missing)],
    )
    ours, title, linked, absent = rows[0]["systems"]
    assert (rows[0]["articles"], rows[0]["gold_clusters"]) == (5, 3)
    assert 0 < ours["b_cubed"]["f1"] <= 1
    assert (title["vectors"], title["stories"]) == ("", 5)
    assert linked["b_cubed"]["f1"] == 1
    assert linked["best_cut"].startswith("cosine ")
    assert absent["note"] == "not run: No module named 'nothing'"
    shown = set_table(rows[0])
    assert "| absent, words | not run: No module named 'nothing' |" in shown
    assert len({line.count("|") for line in shown.splitlines()[2:]}) == 1
    overall = overall_table(rows)
    assert "connected components, words | 1.000 (1.000 to 1.000)" in overall
    assert len({line.count("|") for line in overall.splitlines()}) == 1
    made = {"command": "c", "date": "2026-01-01", "machine": "m", "python": "3"}
    line = made_line(made | {"versions": {"numpy": "2", "x": None}}, "ours")
    assert line == "Made by `c` on 2026-01-01; corpus: ours; machine: m; Python 3, numpy 2."
