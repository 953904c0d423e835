"""The encoder that ships with the package: words, pieces, vectors, files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.models import Unigram

from dedup.encoders import load_encoder
from dedup.encoders.bundled import BundledEncoder
from dedup.encoders.bundled.segmentation import MAX_PIECES, Segmenter
from dedup.encoders.bundled.words import folded_words
from dedup.errors import EncoderError

SENTENCES = {
    "en": "Vladimir Putin met Xi Jinping in Beijing",
    "ru": "Владимир Путин встретился с Си Цзиньпином в Пекине",
    "ar": "التقى فلاديمير بوتين مع شي جين بينغ في بكين",
    "zh": "普京在北京会见习近平",
}
OTHERS = {
    "en": "Strong earthquake kills dozens in Turkey",
    "ru": "Сильное землетрясение в Турции унесло десятки жизней",
    "ar": "زلزال قوي يقتل العشرات في تركيا",
    "zh": "土耳其强烈地震造成数十人死亡",
}


@pytest.fixture(scope="module")
def encoder() -> BundledEncoder:
    return BundledEncoder()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Erdoğan İstanbul'da: naïve", ["erdogan", "istanbul", "da", "naive"]),
        ("ｆｕｌｌ ①23", ["full", "123"]),
        ("習近平2024年。プーチン「大統領」", ["習近平", "2024", "年", "プーチン", "大統領"]),
        ("الرئيسُ الأمريكيّ ـــ ٢٠٢٤", ["الرييس", "الامريكي", "2024"]),
        ("تهران ۱۲ می‌رود", ["تهران", "12", "ميرود"]),
        ("תֵּל־אָבִיב", ["תל", "אביב"]),
        ("नरेंद्र मोदी।", ["नरेंद्र", "मोदी"]),
        ("대통령이 서울에서", ["대통령이", "서울에서"]),
        ("Straße Łódź København", ["strasse", "lodz", "kobenhavn"]),
        ("snake_case x", ["snake", "case", "x"]),
        ("\x00 —!? ", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert folded_words(text) == words


@given(st.text())
def test_folding_folded_words_changes_nothing(text: str) -> None:
    words = folded_words(text)
    assert folded_words(" ".join(words)) == words


@given(
    st.lists(st.text("abcß中文▁", min_size=1, max_size=4), unique=True, max_size=40),
    st.lists(st.text("abcdß中文", min_size=1, max_size=12), max_size=5),
)
def test_pieces_are_those_of_the_library(pieces: list[str], words: list[str]) -> None:
    vocabulary = ["<unk>", *pieces]
    # Primes' square roots: no two different cuts have the same sum.
    scores = [0.0, *(-float(np.sqrt(p)) for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29) * 4)]
    scored = list(zip(vocabulary, scores[: len(vocabulary)], strict=True))
    library = Unigram(scored, 0, False)
    own = Segmenter(vocabulary, scores[: len(vocabulary)])
    for word in words:
        expected = [piece.id for piece in library.tokenize(word) if piece.id]
        assert sum(scores[row] for row in own.cut(word)) == pytest.approx(
            sum(scores[row] for row in expected)
        )


def test_shipped_pieces_are_those_of_the_library(encoder: BundledEncoder, seeds_path: Path) -> None:
    pieces, scores = encoder.vocabulary
    library = Unigram(list(zip(pieces, scores, strict=True)), 0, False)
    own = Segmenter(pieces, scores)
    words = set(folded_words(seeds_path.read_text(encoding="utf-8")))
    assert len(words) > 3000
    for word in words:
        assert own.cut(word) == [piece.id for piece in library.tokenize(word) if piece.id]


def test_vectors_are_sums_of_rows(encoder: BundledEncoder) -> None:
    segmenter = Segmenter(*encoder.vocabulary)
    texts = [*SENTENCES.values(), "Putin Putin Putin", "x" * 300]
    rows = encoder.rows()
    for text, vector in zip(texts, encoder.encode(texts), strict=True):
        slow = sum((rows[row] for row in segmenter.rows(text)), np.zeros(encoder.dim))
        np.testing.assert_allclose(vector, slow / np.linalg.norm(slow), atol=1e-6)


@given(st.lists(st.text(max_size=60), max_size=8), st.integers(1, 5))
def test_a_vector_does_not_depend_on_the_batch(texts: list[str], chunk: int) -> None:
    encoder = load_encoder("bundled")
    together = encoder.encode(texts)
    parts = [encoder.encode(texts[k : k + chunk]) for k in range(0, len(texts), chunk)]
    np.testing.assert_array_equal(np.concatenate([np.empty((0, encoder.dim)), *parts]), together)


def test_vectors_are_the_same_on_every_machine(encoder: BundledEncoder) -> None:
    vectors = encoder.encode([*SENTENCES.values(), *OTHERS.values()])
    assert hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest()[:16] == "5ff2043771a9dcf9"


def test_the_same_event_is_nearer_than_another_in_every_language(encoder: BundledEncoder) -> None:
    same = encoder.encode(list(SENTENCES.values()))
    other = encoder.encode(list(OTHERS.values()))
    for own, rest in ((same, other), (other, same)):
        others = (own @ own.T).sum(axis=1) - 1
        assert (others / (len(own) - 1) > (own @ rest.T).mean(axis=1) + 0.1).all()


def test_what_has_no_piece_has_no_vector(encoder: BundledEncoder) -> None:
    assert not encoder.encode(["", "\x00\x00", "!?", "𓀀𓀁"]).any()


def test_ten_megabytes_of_one_word_are_encoded(encoder: BundledEncoder) -> None:
    long, short = encoder.encode(["election " * 1_200_000, "election"])
    np.testing.assert_allclose(long, short, atol=1e-6)
    assert np.isfinite(encoder.encode(["y" * 10_000_000])).all()


def test_sums_of_the_longest_text_fit_their_integers(encoder: BundledEncoder) -> None:
    largest = 7 * 4095 * MAX_PIECES
    assert largest < 2**31
    assert largest**2 * encoder.dim < 2**63


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"damaged\.npz"):
        BundledEncoder(path)
    with pytest.raises(EncoderError, match=r"missing\.npz"):
        BundledEncoder(tmp_path / "missing.npz")


def test_weights_come_with_their_card_and_licence(encoder: BundledEncoder) -> None:
    weights = Path(encoder.files[0])
    assert weights.stat().st_size < 30_000_000
    assert "CC BY-SA 4.0" in weights.with_name("LICENSE").read_text(encoding="utf-8")
    assert weights.with_name("MODEL_CARD.md").exists()
