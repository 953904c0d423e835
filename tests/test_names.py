"""Names in any script: the table, its keys, and what two texts share by them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.name_table import folded, is_plausible, is_spelling, save
from dedup.text import names as module
from dedup.text.name_keys import SHARE_OF_SOUND, keyed_names, spelled_names
from dedup.text.names import (
    BEGINNINGS,
    ENDINGS,
    MAX_CHARACTERS,
    MAX_TOKENS,
    MIN_BITS,
    SELF_BITS,
    is_known,
    may_begin,
    placed_names,
    read_table,
    run_hash,
)
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.shingles import scan
from dedup.text.terms import placed_terms

NEWS = {
    "en": "On Monday Putin flew to Beijing, where he met the head of the United Nations.",
    "ru": "В понедельник Путин прибыл в Пекин. Визит Путина в ООН отложен, сообщили в Германии.",
    "ar": "وصل الرئيس الروسي بوتين إلى بكين والتقى رئيس الأمم المتحدة",
    "zh": "俄罗斯总统普京抵达北京，会见联合国秘书长。",
    "ja": "ドイツのメルケル首相はロンドンでプーチンと会談した。",
    "ko": "푸틴은 월요일에 베이징에 도착했다.",
    "de": "Putin ist in Peking, sagt man in Deutschland und in London.",
    "fr": "Poutine est à Pékin, et à Londres on parle des Nations unies.",
}


def keys_of(text: str, language: str) -> dict[str, int]:
    """Keys of the table by spelling."""
    return {name: key for key, name in spelled_names(text, language).items() if is_known(key)}


def key_of(name: str, language: str) -> int:
    keys = keys_of(NEWS[language], language)
    return keys[name]


@pytest.mark.parametrize(
    "spellings",
    [
        "en:putin ru:путин ar:بوتين zh:普京 ja:プーチン ko:푸틴은 de:putin",
        "en:beijing ar:بكين ko:베이징에 de:peking",
        "en:united_nations ru:оон ar:الأمم_المتحدة zh:联合国 fr:nations_unies",
        "ja:ロンドン de:london fr:londres",
        "ru:германии de:deutschland ja:ドイツ",
    ],
)
def test_a_name_has_one_key_in_all_scripts(spellings: str) -> None:
    pairs = [one.split(":") for one in spellings.split()]
    keys = {key_of(name.replace("_", " "), language) for language, name in pairs}
    assert len(keys) == 1


def test_common_words_and_small_letters_are_no_names() -> None:
    assert "понедельник" not in keys_of(NEWS["ru"], "ru")
    # A head, to rise, hope: words of the dictionary that are names of persons, too.
    assert not keys_of("نجم أمل سعيد", "ar")
    assert not keys_of("they may march to the polish frank turkey", "en")
    assert "china" in keys_of("The talks in China", "en")
    assert "china" not in keys_of("a plate of china", "en")


def test_a_name_counts_once_whatever_keys_it_has() -> None:
    placed = placed_terms([NEWS["ar"]], ["ar"])
    names = keyed_names(placed, ["ar"])
    known = placed_names(placed, ["ar"])
    at = known.starts[0]
    both = [w for w, start in zip(names.weights, names.starts, strict=True) if start == at]
    assert len(both) == 2
    assert sum(both) == known.weights[0]
    assert min(both) == known.weights[0] // SHARE_OF_SOUND


def stems(word: str, letters: str) -> list[str]:
    """Endings and beginnings that may be taken off, the obvious way."""
    point, found = ord(letters[0]), []
    for first, last, least, affixes in ENDINGS:
        if first <= point <= last:
            found += [
                word[: -len(one)]
                for one in sorted(affixes, key=len)
                if word.endswith(one) and len(word) - len(one) >= least
            ]
    for first, last, least, affixes in BEGINNINGS:
        if first <= point <= last:
            found += [w[1:] for w in [word] if w[0] in affixes and len(w) - 1 >= least]
    return found


class PlainNames:
    """Oracle: the names of one text, looked up one by one in a dictionary."""

    def __init__(self, text: str, language: str) -> None:
        table = module._table()
        spelled = zip(table.spellings.tolist(), table.values.tolist(), strict=True)
        self.table: dict[int, int] = dict(spelled)
        self.scan = scan([text])
        self.spelled = "".join(map(chr, self.scan.points.tolist()))
        self.hashes = self.scan.tokens.hashes.tolist()
        self.begins = may_begin(self.scan)
        self.number = language_numbers([language])
        self.placed = placed_terms([text], [language])

    def names(self) -> list[tuple[str, int]]:
        names, i = [], 0
        while i < len(self.hashes):
            size, key, least = self.name_at(i) if self.begins[i] else (0, 0, 0.0)
            if key:
                start, end = self.scan.starts[i], self.scan.ends[i + size - 1]
                if self.weight(start, end) * WEIGHT_UNIT >= least:
                    names.append((self.spelled[start:end], key))
            i += max(size, 1) if key else 1
        return names

    def name_at(self, i: int) -> tuple[int, int, float]:
        size, key = self.longest(i)
        word = self.spelled[self.scan.starts[i] : self.scan.ends[i]]
        if not size and not self.scan.unspaced[i]:
            found = [self.value([int(scan([one]).tokens.hashes[0])]) for one in stems(word, word)]
            size, key = 1, next((one >> 1 for one in found if one > 1), 0)
        if not key and re.match(r"[a-z]|[à-ɏ]", word) and len(word) >= 3:
            return 1, self.hashes[i] >> 41, SELF_BITS
        return size, key, MIN_BITS

    def longest(self, i: int) -> tuple[int, int]:
        first, last = (2, MAX_CHARACTERS) if self.scan.unspaced[i] else (1, MAX_TOKENS)
        best = 0, 0
        for size in range(1, last + 1):
            if not all(self.connected(place) for place in range(i, i + size - 1)):
                break
            value = self.value(self.hashes[i : i + size])
            if size >= first and value > 1:
                best = size, value >> 1
            if size == first and not value & 1:
                break
        return best

    def connected(self, i: int) -> bool:
        if i + 1 >= len(self.hashes) or self.scan.unspaced[i] > self.scan.unspaced[i + 1]:
            return False
        between = self.spelled[self.scan.ends[i] : self.scan.starts[i + 1]]
        return between in ("", "·", "‧", "・", *("" if self.scan.unspaced[i] else " '-"))

    def value(self, run: list[int]) -> int:
        return self.table.get(run_hash(run) >> 32, 0)

    def weight(self, start: int, end: int) -> int:
        terms = list(zip(self.placed.starts, self.placed.ends, strict=True))
        inside = [n for n, (first, last) in enumerate(terms) if first >= start and last <= end]
        inside = inside or [next(n for n, (first, _) in enumerate(terms) if first >= start)]
        hashes = self.placed.terms.hashes[inside]
        return int(term_weights(hashes, np.repeat(self.number, len(inside))).max())


WORDS = [word for text in NEWS.values() for word in text.split()]
WORDS += [
    "Putin's",
    "Путиным",
    "وبوتين",
    "New",
    "York",
    "普京・",
    "·",
    "\n",
    "Москву",
    "Al-Assad",
    "ß",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from([*NEWS, "", "vi"]))
def test_names_are_those_found_one_by_one(words: list[str], language: str) -> None:
    text = unicodedata.normalize("NFKC", " ".join(words))
    found = placed_names(placed_terms([text], [language]), [language])
    spelled = "".join(map(chr, scan([text]).points.tolist()))
    names = [
        (spelled[start:end], int(key) & ((1 << 23) - 1))
        for key, start, end in zip(found.keys, found.starts, found.ends, strict=True)
    ]
    assert names == PlainNames(text, language).names()


def test_the_names_of_a_text_do_not_depend_on_others() -> None:
    texts, languages = [*NEWS.values(), ""], [*NEWS, "en"]
    together = keyed_names(placed_terms(texts, languages), languages)
    for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
        alone = keyed_names(placed_terms([text], [language]), [language])
        assert together.keys[together.owners == row].tolist() == alone.keys.tolist()
        assert together.weights[together.owners == row].tolist() == alone.weights.tolist()


def test_what_the_table_is_made_of() -> None:
    assert folded("São-Paulo") == "sao paulo"
    assert is_plausible("putin", "путин")
    assert not is_plausible("captain", "ريمون")
    # Too short, in letters that are mostly words, or in two scripts.
    assert not any(map(is_spelling, ["习", "おがわ", "北京シ", "一二三四五六七八九十一"]))
    assert all(map(is_spelling, ["北京", "プーチン", "united nations", "서울"]))


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    many = {f"name{number}": f"other{number}" for number in range(20_000)}
    save({**many, "new york": "new york"}, tmp_path / "names.npz")
    table = read_table(tmp_path / "names.npz")
    for word, name in (("name7", "other7"), ("new york", "new york")):
        run = run_hash(scan([word]).tokens.hashes.tolist())
        named = run_hash(scan([name]).tokens.hashes.tolist())
        assert int(table.find(np.array([run], np.uint64))[0]) >> 1 == named >> 41
    begin = table.find(scan(["new"]).tokens.hashes)
    assert begin.tolist() == [1]
