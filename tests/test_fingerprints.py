"""Signatures against datasketch, and against the true similarity."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from dedup.articles import body_of
from dedup.config import FingerprintConfig
from dedup.duplicates.fingerprints import EMPTY_SLOT, Fingerprints, fingerprint, shingle_sizes
from dedup.duplicates.matches import compare
from dedup.records import CleanText
from dedup.text.shingles import FORMAT_VERSION, shingle, tokenize

WORDS = st.lists(
    st.sampled_from(["red", "green", "blue", "wind", "rain", "北京", "снег"]), max_size=80
)


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=4))
def test_signatures_are_those_of_datasketch(texts: list[str]) -> None:
    prints = fingerprint(texts)
    tokens = tokenize(texts)
    shingles = shingle(tokens, shingle_sizes(tokens.counts))
    for i in range(len(texts)):
        oracle = MinHash(num_perm=128, hashfunc=int)
        hashes = shingles.hashes[shingles.offsets[i] : shingles.offsets[i + 1]]
        oracle.update_batch([int(each) & 0xFFFFFFFF for each in hashes])
        assert oracle.hashvalues.tolist() == prints.signatures[i].tolist()


def test_datasketch_objects_work_in_its_index(prose: Callable[[int, int], str]) -> None:
    texts = [prose(1, 200), prose(1, 200) + " more", prose(2, 200)]
    index = MinHashLSH(threshold=0.7, num_perm=128)
    objects = fingerprint(texts).to_datasketch()
    for key, each in enumerate(objects):
        index.insert(key, each)
    assert sorted(index.query(objects[0])) == [0, 1]
    assert objects[0].jaccard(objects[2]) < 0.1


@given(WORDS, st.randoms(use_true_random=False))
def test_the_signature_ignores_order_and_repetition(words: list[str], random: Random) -> None:
    config = FingerprintConfig(shingle_tokens=1, short_shingle_tokens=1)
    shuffled = words * 2
    random.shuffle(shuffled)
    first, second = fingerprint([" ".join(words), " ".join(shuffled)], config).signatures
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("kept", [60, 120, 180])
def test_the_estimate_is_within_four_standard_errors(
    prose: Callable[[int, int], str], kept: int
) -> None:
    a = prose(1, 240)
    b = " ".join(a.split()[:kept] + prose(2, 240 - kept).split())
    first, second = fingerprint([a, b]).signatures
    truth = compare(a, b).jaccard
    assert abs(float(np.mean(first == second)) - truth) <= 4 * (truth * (1 - truth) / 128) ** 0.5


def test_a_text_without_tokens_has_the_empty_signature() -> None:
    prints = fingerprint(["", "!!! …", "word"])
    assert (prints.signatures[:2] == EMPTY_SLOT).all()
    assert prints.token_counts.tolist() == [0, 0, 1]
    assert prints.anchor_counts[:2].tolist() == [0, 0]


def test_many_chunks_equal_one(
    prose: Callable[[int, int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [prose(seed, 5 + seed * 7) for seed in range(12)] + [""]
    whole = fingerprint(texts)
    monkeypatch.setattr("dedup.duplicates.fingerprints._CHUNK_BYTES", 100)
    monkeypatch.setattr("dedup.duplicates.minhash._CHUNK_HASHES", 10)
    assert_same(fingerprint(texts), whole)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aßİ普タ ไ.🙂ा\u200f"))


@given(st.lists(TEXTS | WORDS.map(" ".join), max_size=5), st.integers(1, 3))
def test_kernels_give_the_same_as_numpy(texts: list[str], threads: int) -> None:
    compiled = fingerprint(texts, compiled=True, threads=threads)
    assert_same(compiled, fingerprint(texts, compiled=False))


@pytest.mark.parametrize(
    "config",
    [
        FingerprintConfig(shingle_tokens=1, num_perm=2),
        FingerprintConfig(shingle_tokens=9, short_text_tokens=3, num_perm=130),
    ],
)
def test_kernels_follow_the_configuration(
    prose: Callable[[int, int], str], config: FingerprintConfig
) -> None:
    texts = [prose(seed, seed * 5) for seed in range(12)]
    assert_same(
        fingerprint(texts, config, compiled=True), fingerprint(texts, config, compiled=False)
    )


def test_an_arrow_array_gives_the_same_as_strings(prose: Callable[[int, int], str]) -> None:
    texts = [prose(seed, 50) for seed in range(4)] + ["", "普京"]
    for kind in (pa.string(), pa.large_string()):
        whole = pa.array(["before", *texts, None], kind)
        assert_same(fingerprint(whole[1:]), fingerprint([*texts, ""]))
    chosen = pa.chunked_array([texts[:2], texts[2:]]).combine_chunks()
    assert_same(fingerprint(chosen, compiled=True), fingerprint(texts))


def assert_same(a: Fingerprints, b: Fingerprints) -> None:
    for name in ("signatures", "token_counts", "shingle_sizes", "anchors", "anchor_counts"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_values_of_format_3_never_change() -> None:
    assert FORMAT_VERSION == 3
    accents = CleanText(
        "", "L’État a décidé de réduire l’aide à l’élevage après l’été; Şcoala și ΈΛΛΗΝΑΣ."
    )
    prints = fingerprint(["Xi and Putin hold talks in Beijing", "普京会见习近平", body_of(accents)])
    assert prints.signatures[:, :4].tolist() == [
        [850276076, 1179585322, 474536200, 444121025],
        [52738386, 683859450, 1391281350, 398911032],
        [165920977, 64717210, 251457390, 125195401],
    ]
