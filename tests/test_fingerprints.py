"""Signatures against datasketch, and against the true similarity."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from dedup.config import FingerprintConfig
from dedup.fingerprints import EMPTY_SLOT, fingerprint, shingle_sizes
from dedup.matches import compare
from dedup.shingles import shingle, tokenize

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
    assert prints.anchors.counts[:2].tolist() == [0, 0]


def test_many_chunks_equal_one(
    prose: Callable[[int, int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [prose(seed, 5 + seed * 7) for seed in range(12)] + [""]
    whole = fingerprint(texts)
    monkeypatch.setattr("dedup.fingerprints._CHUNK_CHARS", 100)
    monkeypatch.setattr("dedup.fingerprints._CHUNK_HASHES", 10)
    parts = fingerprint(texts)
    assert whole.signatures.tolist() == parts.signatures.tolist()
    assert whole.anchors.hashes.tolist() == parts.anchors.hashes.tolist()
    assert whole.anchors.offsets.tolist() == parts.anchors.offsets.tolist()


def test_values_of_format_v1_never_change() -> None:
    prints = fingerprint(["Xi and Putin hold talks in Beijing", "普京会见习近平"])
    assert prints.signatures[:, :4].tolist() == [
        [1830257223, 21536170, 145517404, 680143837],
        [52738386, 683859450, 1391281350, 398911032],
    ]
