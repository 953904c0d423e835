"""The training of the bundled encoder: its parts against slow, obvious ones."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.encoder_training.batches import News, Pairs, Texts
from benchmarks.encoder_training.corpus import KINDS, read_pairs
from benchmarks.encoder_training.counting import document_frequency
from benchmarks.encoder_training.distillation import (
    HELD_OUT,
    Taught,
    from_the_means,
    taught_texts,
)
from benchmarks.encoder_training.export import quantized, save
from benchmarks.encoder_training.table import Table, grouped
from benchmarks.encoder_training.traits import Traits
from benchmarks.encoder_training.vocabulary import UNKNOWN, train_vocabulary
from dedup.encoders.bundled import BundledEncoder
from dedup.encoders.bundled.segmentation import Segmenter
from tests.requirements import requires

needs_torch = requires("torch")

WORDS = ["stadt haus", "ville maison", "city house", "river", "fluss", "fleuve"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small training folder in the layout of the real one."""
    rows: dict[str, list[tuple[str, ...]]] = {
        "sent": [
            *(("de", f"the house number {k}", f"das haus nummer {k}", "tico19") for k in range(40)),
            *(("fr", f"the house number {k}", f"la maison {k}", "tico19") for k in range(40)),
            ("xx", "a language", "nobody knows", "tico19"),
            ("de", "broken row", "", "tico19"),
        ],
        "lex": [("de", "house", "Haus", "omw"), ("fr", "house", "maison", "omw")],
        "name": [("de", "Munich", "München", "cldr")],
        "name2": [("cyr", "house", "haus", "rigour"), ("xyz", "putin", "putin", "rigour")],
        "news": [("en", f"House {k} burns", f"A house with number {k} burned") for k in range(9)],
    }
    for name, lines in rows.items():
        text = "".join("\t".join(line) + "\n" for line in lines)
        (tmp_path / f"{name}.tsv.xz").write_bytes(lzma.compress(text.encode()))
    posts = [
        "Дом номер три сгорел вчера: https://example.org/1",
        "Дом номер три сгорел вчера: ",
        "нет",
        "Река и дом у реки",
    ]
    written = "".join(json.dumps({"text": post}) + "\n" for post in posts)
    (tmp_path / "telegram_ru.jsonl.xz").write_bytes(lzma.compress(written.encode()))
    return tmp_path


def letters() -> Segmenter:
    pieces = [UNKNOWN, *"abcdefghijklmnopqrstuvwxyz0123456789"]
    return Segmenter(pieces, [-1.0] * len(pieces))


def test_pairs_of_unknown_languages_and_broken_rows_are_left_out(folder: Path) -> None:
    assert {pair.language for pair in read_pairs(folder, "sent")} == {"de", "fr"}
    assert all(pair.foreign for pair in read_pairs(folder, "sent"))


def test_drawn_pairs_are_translations_of_different_texts(folder: Path) -> None:
    pairs = Pairs.load(folder, "sent", letters())
    x, y = pairs.draw(64, np.random.default_rng(1))
    meaning = dict(zip(pairs.foreign.tolist(), pairs.english.tolist(), strict=True))
    meaning |= {each: each for each in pairs.english.tolist()}
    left, right = ([meaning[each] for each in side.tolist()] for side in (x, y))
    assert left == right
    assert len(set(left)) == len(left) <= 40
    assert (x != y).all()
    english = set(pairs.english.tolist())
    kinds = {(a in english, b in english) for a, b in zip(x.tolist(), y.tolist(), strict=True)}
    assert kinds == {(True, False), (False, True), (False, False)}


def test_languages_are_drawn_by_the_root_of_their_size(folder: Path) -> None:
    pairs = Pairs.load(folder, "lex", letters())
    np.testing.assert_allclose(np.diff(pairs.cumulative, prepend=0), 1.0)


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6))
def test_texts_are_taken_and_halved(segments: list[list[int]]) -> None:
    texts = Texts.of([np.array(each, np.int32) for each in segments])
    chosen = np.arange(len(segments))[::-1].copy()

    def listed(each: Texts) -> list[list[int]]:
        return [part.tolist() for part in np.split(each.rows, each.offsets[1:-1])]

    assert listed(texts.take(chosen)) == segments[::-1]
    first, second = texts.halves()
    halves = zip(listed(first), listed(second), strict=True)
    assert [a + b for a, b in halves] == segments
    assert listed(texts.thinned(0.0, np.random.default_rng(0))) == segments
    assert not len(texts.thinned(1.0, np.random.default_rng(0)).rows)


def test_sums_and_steps_are_those_of_dense_adam() -> None:
    # Traits 0 and 1; the pieces 0 and 3 share the first, 1 has both, 2 and 4 have none.
    traits = Traits(np.array([0, 1, 3, 3, 4, 4]), np.array([0, 0, 1, 0]), 2)
    has = np.array([[1, 0], [1, 1], [0, 0], [1, 0], [0, 0]], np.float64)
    table = Table(traits, 4, np.random.default_rng(0))
    generator = np.random.default_rng(0)
    own, common = (generator.normal(0, 0.01, (count, 4)) for count in (5, 2))
    texts = Texts.of([np.array(each, np.int32) for each in ([0, 1, 1], [3], [])])
    counts = np.array([[1, 2, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0]], np.float64)
    np.testing.assert_allclose(table.sums(texts), counts @ (own + has @ common), rtol=1e-4)
    moments = [np.zeros((2, *each.shape)) for each in (own, common)]
    for step in range(1, 4):
        slopes = generator.normal(size=(3, 4)).astype(np.float32)
        table.update(texts, slopes, 0.1)
        slope = counts.T @ slopes
        for values, (first, second), each in zip(
            (own, common), moments, (slope, has.T @ slope), strict=True
        ):
            first[:] = 0.9 * first + 0.1 * each
            second[:] = 0.98 * second + 0.02 * each**2
            values -= 0.1 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.98**step)) + 1e-8)
    np.testing.assert_allclose(table.rows, own + has @ common, atol=1e-3)


@given(st.lists(st.integers(0, 9), max_size=30))
def test_equal_keys_stand_together_in_their_order(keys: list[int]) -> None:
    touched, ends, order = grouped(np.array(keys, np.int64), 10)
    assert touched.tolist() == sorted(set(keys))
    assert order.tolist() == sorted(range(len(keys)), key=keys.__getitem__)
    assert np.diff(ends, prepend=0).tolist() == [keys.count(key) for key in sorted(set(keys))]


def test_pieces_share_parts_beginnings_and_sounds() -> None:
    pieces = [
        UNKNOWN,
        *"abcdefghijklmnopqrstuvwxyz",
        "putin",
        "путин",
        "govern",
        "governor",
        "北京",
    ]
    traits = Traits.of(pieces, [-1.0] * len(pieces))
    shared = {
        piece: set(traits.of_pieces(np.array([row]))[1].tolist())
        for row, piece in enumerate(pieces)
    }
    assert shared["putin"] & shared["путин"]
    assert shared["govern"] & shared["governor"]
    assert len(shared["govern"] & shared["governor"]) > len(shared["putin"] & shared["govern"])
    assert not shared[UNKNOWN] | shared["北京"]
    place, _ = traits.of_pieces(np.array([28, 0, 27]))
    assert set(place.tolist()) == {0, 2}


@needs_torch
@pytest.mark.parametrize("loss", ["contrast", "imitate"])
def test_gradients_are_the_slopes_of_the_loss(loss: str) -> None:
    from benchmarks.encoder_training import losses

    generator = np.random.default_rng(2)
    x, y = (generator.normal(size=(6, 8)).astype(np.float32) for _ in range(2))
    taught = [generator.normal(size=(6, 3)).astype(np.float16) for _ in range(2)]

    def value(a: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        if loss == "contrast":
            return losses.contrast(a, b, 0.5)
        return losses.imitate(a, b, taught[0], taught[1], 0.5, 0.5)

    _, by_x, by_y = value(x, y)
    for side, slopes in ((0, by_x), (1, by_y)):
        direction = generator.normal(size=x.shape).astype(np.float32)
        moved = [each.copy() for each in (x, y)]
        step = np.float32(0.2)
        moved[side] += step * direction
        ahead = value(moved[0], moved[1])[0]
        moved[side] -= 2 * step * direction
        behind = value(moved[0], moved[1])[0]
        slope = float((slopes * direction).sum())
        assert (ahead - behind) / (2 * float(step)) == pytest.approx(slope, rel=0.15, abs=0.02)


@needs_torch
def test_the_contrastive_loss_is_the_cross_entropy_of_torch() -> None:
    import torch

    from benchmarks.encoder_training.losses import contrast

    x = np.random.default_rng(11).normal(size=(64, 32)).astype(np.float32)
    y = x + np.random.default_rng(12).normal(size=x.shape).astype(np.float32)
    y[1] = 2 * y[0]
    loss, *slopes = contrast(x, y, 0.05)
    exact = [torch.tensor(side, dtype=torch.float64, requires_grad=True) for side in (x, y)]
    left, right = (torch.nn.functional.normalize(side, dim=1) for side in exact)
    logits, own = left @ right.T / 0.05, torch.arange(len(x))
    entropy = torch.nn.functional.cross_entropy
    wanted = (entropy(logits, own) + entropy(logits.T, own)) / 2
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=0.02)
    for side, slope in zip(exact, slopes, strict=True):
        assert side.grad is not None
        expected = side.grad.numpy()
        assert np.linalg.norm(slope - expected) < 0.02 * np.linalg.norm(expected)


def test_a_piece_counts_once_in_a_text() -> None:
    texts = Texts.of([np.array(each, np.int32) for each in ([0, 0, 1], [0], *([[0]] * 98))])
    assert document_frequency([texts, texts], 3).tolist() == [200, 2, 0]


def test_four_bits_keep_the_direction_of_a_row() -> None:
    rows = np.random.default_rng(3).normal(size=(50, 64)).astype(np.float32)
    rows *= np.geomspace(0.1, 10, 50, dtype=np.float32)[:, None]
    levels, scales = quantized(rows)
    assert np.abs(levels).max() <= 7
    assert scales.max() == 4095
    made = levels * scales.astype(np.float64)[:, None]
    cosines = (
        (made * rows).sum(axis=1) / np.linalg.norm(made, axis=1) / np.linalg.norm(rows, axis=1)
    )
    assert cosines.min() > 0.98


def test_what_is_saved_is_what_the_encoder_loads(tmp_path: Path) -> None:
    pieces, scores = [UNKNOWN, "city", "house"], [0.0, -1.0, -2.5]
    rows = np.random.default_rng(4).normal(size=(3, 8)).astype(np.float32)
    save(tmp_path / "weights.npz", pieces, scores, rows)
    encoder = BundledEncoder(tmp_path / "weights.npz")
    assert encoder.vocabulary == (pieces, scores)
    levels, scales = quantized(rows)
    np.testing.assert_array_equal(encoder.rows(), levels.astype(int) * scales[:, None])
    wanted = rows[1] + rows[2]
    assert encoder.encode(["City house!"])[0] @ wanted / np.linalg.norm(wanted) > 0.98


def taught_at_random(folder: Path, segmenter: Segmenter) -> Taught:
    """Vectors without meaning for the texts of the folder."""
    chosen = taught_texts(folder)
    vectors = np.random.default_rng(10).normal(size=(len(chosen), 6)).astype(np.float16)
    return Taught.of(chosen, vectors, segmenter)


def test_texts_to_be_taught_are_of_all_kinds_and_each_once(folder: Path) -> None:
    chosen = taught_texts(folder)
    assert len({each.text for each in chosen}) == len(chosen)
    kinds = {(each.language, each.kind) for each in chosen}
    news = {("en", kind) for kind in ("sentence", "title", "lead")}
    assert kinds == {*news, ("de", "sentence"), ("fr", "sentence"), ("ru", "post")}
    # Without its address the second post is the first one; the third says too little.
    posts = [each.text for each in chosen if each.kind == "post"]
    assert posts == ["Дом номер три сгорел вчера:"]
    assert taught_texts(folder) == chosen


def test_vectors_are_taken_from_the_mean_of_their_kind() -> None:
    generator = np.random.default_rng(5)
    vectors = generator.normal(size=(130, 4)) + np.repeat([[9, 0, 0, 0], [0, 9, 0, 0]], 65, axis=0)
    kinds = ["a"] * 65 + ["b"] * 65
    found = from_the_means(vectors.astype(np.float16), kinds)
    for rows in (slice(0, 65), slice(65, 130)):
        expected = vectors[rows] - 0.9 * vectors[rows].mean(axis=0)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(found[rows], expected, atol=0.02)
    alone = from_the_means(vectors[:1].astype(np.float16), ["a"])
    np.testing.assert_allclose(alone @ vectors[0] / np.linalg.norm(vectors[0]), 1, atol=0.01)


def test_drawn_texts_are_near_to_others_and_none_is_held_out(folder: Path) -> None:
    taught = taught_at_random(folder, letters())
    drawn = taught.draw(np.random.default_rng(6))
    assert len(set(drawn.tolist())) == len(drawn) > 20
    assert not (drawn % HELD_OUT == 0).any()
    assert (np.diff(taught.texts.offsets)[drawn] >= 3).all()
    near = taught.vectors.astype(np.float64)
    cosines = near @ near.T
    np.fill_diagonal(cosines, -np.inf)
    for text in range(len(near)):
        nearest = np.sort(cosines[text])[::-1][: taught.neighbors.shape[1]]
        found = cosines[text, taught.neighbors[text]]
        np.testing.assert_allclose(np.sort(found)[::-1], nearest, atol=0.01)


def test_correlation_with_the_teacher_is_that_of_numpy(folder: Path) -> None:
    taught = taught_at_random(folder, letters())
    assert taught.correlation(3 * taught.vectors.astype(np.float32)) == pytest.approx(1, abs=1e-3)
    made = np.random.default_rng(7).normal(size=(len(taught.vectors), 8)).astype(np.float32)
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    wanted = [
        np.corrcoef(
            unit[near] @ unit[text],
            taught.vectors[near].astype(np.float64) @ taught.vectors[text].astype(np.float64),
        )[0, 1]
        for text, near in enumerate(taught.neighbors)
        if text % HELD_OUT == 0 and np.diff(taught.texts.offsets)[text] >= 3
    ]
    assert taught.correlation(made) == pytest.approx(np.mean(wanted), abs=1e-3)


@needs_torch
def test_the_gradient_within_a_batch_is_the_slope_of_the_loss() -> None:
    from benchmarks.encoder_training.losses import imitate_within

    generator = np.random.default_rng(8)
    x, direction = (generator.normal(size=(6, 8)).astype(np.float32) for _ in range(2))
    taught = generator.normal(size=(6, 3)).astype(np.float16)
    _, slopes = imitate_within(x, taught, 0.5, 0.5)
    step = np.float32(0.2)
    ahead, behind = (imitate_within(x + s * direction, taught, 0.5, 0.5)[0] for s in (step, -step))
    slope = float((slopes * direction).sum())
    assert (ahead - behind) / (2 * float(step)) == pytest.approx(slope, rel=0.15, abs=0.02)
    assert imitate_within(taught.astype(np.float32), taught, 0.5, 0.5)[0] > 0


@needs_torch
def test_a_table_goes_on_from_given_rows() -> None:
    rows = np.random.default_rng(9).normal(size=(3, 4)).astype(np.float32)
    traits = Traits(np.array([0, 1, 2, 2]), np.array([0, 0]), 1)
    np.testing.assert_array_equal(Table.of(traits, rows, np.random.default_rng(0)).rows, rows)


@needs_torch
def test_a_small_table_learns_to_translate(folder: Path) -> None:
    from benchmarks.encoder_training.training import Material, Recipe, train

    pieces, scores = (list(each) for each in zip(*train_vocabulary(folder), strict=True))
    assert pieces[0] == UNKNOWN
    segmenter = Segmenter(pieces, scores)
    pairs = {kind: Pairs.load(folder, kind, segmenter) for kind in KINDS}
    news = News.load(folder, segmenter)
    assert news.spelled[0][0] == "House 0 burns"
    taught = np.eye(9, 12, dtype=np.float16)
    table = Table(Traits.of(pieces, scores), 16, np.random.default_rng(0))
    recipe = Recipe(steps=600, batch=32, news_batch=8, warm_up=5, rate=0.02)
    material = Material(pairs, news, taught, taught, taught_at_random(folder, segmenter))
    train(recipe, material, table)
    x, y = pairs["sent"].english, pairs["sent"].foreign
    left, right = (table.sums(pairs["sent"].texts.take(side)) for side in (x, y))
    left, right = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (left, right))
    nearest = x[(right @ left.T).argmax(axis=1)]
    assert (nearest == x).mean() > 0.9
