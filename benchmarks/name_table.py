"""Make the table of names in many scripts: `dedup/weights/names.npz`.

    python -m benchmarks.name_table TRAIN_FOLDER

TRAIN_FOLDER holds `name.tsv.xz` and `name2.tsv.xz` (language or script, Latin spelling, other
spelling, source) and `lex.tsv.xz` (language, English, foreign, source: a dictionary).

A spelling stands for one name: of the English spellings that it is a pair with, the one that most
sources and languages have and that is the most usual in English texts. What dictionaries give a
small letter in English or in other languages is no name. See `dedup/text/names.py` for what the
table is used for.
"""

from __future__ import annotations

import argparse
import functools
import lzma
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dedup.compute.arrays import Int64s
from dedup.text.consonant_keys import consonant_key
from dedup.text.names import (
    MAX_CHARACTERS,
    MAX_TOKENS,
    SELF_BITS,
    packed,
    run_hash,
    table_spellings,
)
from dedup.text.normalization import normalize
from dedup.text.rarity import MAX_BITS, WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.scripts import UNSPACED
from dedup.text.shingles import tokenize
from dedup.text.terms import terms

OUTPUT = Path(__file__).parent.parent / "dedup" / "weights" / "names.npz"
MIN_USUAL, MIN_USUAL_SOUNDING = 4.0, 5.0
"""How usual a name must be, see `usual`, to be in the table: of those that the consonants miss, and
of those that they find as well."""
SOURCES = {
    "wikidata_translit": 1.0,
    "rigour": 1.0,
    "arabic-name-romanizer/units": 0.5,
    "cldr": 4.0,
    "whosonfirst": 1.0,
    "whosonfirst_var": 0.5,
    "geonames": 1.0,
    "dbpedia_kens": 1.0,
    "osm_nsi": 1.0,
    "wiktionary2015": 3.0,
    "wiktionary2023": 1.0,
    "omw_wikt": 2.0,
    "cc_cedict": 2.0,
}
"""What a pair of each source counts. Those that are left out have other licences or doubtful
spellings."""
SOUNDING = {"wikidata_translit", "rigour", "arabic-name-romanizer/units"}
"""Sources of names that sound alike in both spellings."""
DICTIONARIES = ("wiktionary2015", "omw_wikt", "cc_cedict")
LANGUAGES_OF = {
    "cyr": "ru uk bg be sr mk kk",
    "ara": "ar fa ur",
    "han": "zh ja",
    "kan": "ja",
    "hang": "ko",
    "heb": "he",
    "dev": "hi mr",
    "ind": "bn ta te kn gu ml pa",
    "gre": "el",
    "arm": "hy",
    "geo": "ka",
    "tha": "th",
}
"""Languages in the scripts of `name2.tsv.xz`."""
NOUNS_CAPITAL = {"de", "lb", "nds", "en"}
_WORD = re.compile(r"[^\W_]+")
_NOT_A_NAME = re.compile(r"[(),/|\[\];:=0-9]|surname|given name")
_SMALL = {"of", "the", "and", "de", "la", "le", "du", "des", "al", "el", "von", "van", "del", "y"}
_LEAST = {"CJK": 2, "KATAKANA": 3, "THAI": 4, "LAO": 4, "KHMER": 4, "MYANMAR": 4, "HANGUL": 2}
_SKIPPED = {"HIRAGANA"}
_SIMILAR = 0.34
_MOSTLY = 0.6
_ENDING = re.compile("(?<=...)(?:ий|ый|ой|ая|[аяьйы])$")


@dataclass(slots=True)
class Spelling:
    """Names that a spelling may stand for, with how much speaks for each, and its languages."""

    names: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    languages: set[str] = field(default_factory=set)


def rows(folder: Path, name: str) -> Iterator[list[str]]:
    """Rows of four columns of a file."""
    with lzma.open(folder / f"{name}.tsv.xz", "rt", encoding="utf-8") as file:
        for line in file:
            columns = line.rstrip("\n").split("\t")
            if len(columns) == 4:
                yield columns


@functools.lru_cache(1 << 20)
def folded(spelling: str) -> str:
    """A spelling in small letters without accents, words joined by blanks.

    >>> folded("São-Paulo"), folded("北京")
    ('sao paulo', '北京')
    """
    plain = unicodedata.normalize("NFD", normalize(spelling).casefold())
    if script_of(plain) in ("LATIN", "GREEK"):
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", plain)))


@functools.lru_cache(1 << 16)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").replace("-", " ").split()[0]


def script_of(spelling: str) -> str:
    """The script of the first letter, as Unicode calls it."""
    return next((_script(letter) for letter in spelling if letter.isalpha()), "?")


def is_capital(spelling: str) -> bool:
    """Whether a spelling begins as a name does: not with a small letter."""
    return spelling[:1].isalnum() and not spelling[:1].islower()


def small_names(folder: Path) -> set[str]:
    """English words that other languages with capitals write small: Russian, Monday, world."""
    votes: Counter[str] = Counter()
    for name in ("lex", "name"):
        for code, english, other, source in rows(folder, name):
            if source in SOURCES and source not in SOUNDING and code not in NOUNS_CAPITAL:
                first = other[:1]
                if first.lower() != first.upper() and is_capital(english):
                    votes[folded(english)] += 1 if first.isupper() else -1
    return {english for english, balance in votes.items() if balance < 0}


def common_words(folder: Path) -> dict[str, set[str]]:
    """Spellings in scripts without capitals that dictionaries translate by small letters."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for code, english, other, source in rows(folder, "lex"):
        if source in DICTIONARIES and other[:1].lower() == other[:1].upper():
            named = english[:1].isupper() or "surname" in english or "name" in english.split()
            votes[code][folded(other)] += 1 if named else -1
    return {code: {word for word, n in counts.items() if n < 0} for code, counts in votes.items()}


def pairs(folder: Path) -> Iterator[tuple[list[str], str, str, str]]:
    """Languages, English spelling, other spelling, and source of the pairs that are names."""
    small = small_names(folder)
    for name in ("name", "name2", "lex"):
        for code, english, other, source in rows(folder, name):
            if source not in SOURCES or _NOT_A_NAME.search(english) or _NOT_A_NAME.search(other):
                continue
            capital = source in SOUNDING or (is_capital(english) and is_capital(other))
            if capital and folded(english) not in small and script_of(english) == "LATIN":
                yield LANGUAGES_OF.get(code, code).split(), english, other, source


def is_plausible(english: str, other: str) -> bool:
    """Whether two words sound alike, as far as both have consonants to compare."""
    first, second = consonant_key(english), consonant_key(other)
    return not first or not second or _distance(first, second) <= _SIMILAR * len(first + second)


@functools.lru_cache(1 << 18)
def _distance(first: str, second: str) -> int:
    """Insertions and deletions that make one string of another (Levenshtein without exchange)."""
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            best = last if letter == other else 1 + min(row[j], row[j - 1])
            last, row[j] = row[j], best
    return row[-1]


def is_spelling(word: str) -> bool:
    """Whether a folded spelling is long enough, not too long, and in one script."""
    script = script_of(word)
    letters = word.replace(" ", "")
    if script in _SKIPPED or len(letters) < _LEAST.get(script, 3):
        return False
    if UNSPACED.match(word):
        return len(letters) <= MAX_CHARACTERS and len({script_of(one) for one in letters}) == 1
    return len(word.split()) <= MAX_TOKENS and (" " not in word or len(letters) > 5)


def collect(folder: Path) -> dict[str, Spelling]:
    """All spellings but those that are common words."""
    common = common_words(folder)
    found: dict[str, Spelling] = defaultdict(Spelling)
    for codes, english, other, source in pairs(folder):
        name, spelling = folded(english), folded(other)
        if not is_spelling(name) or not is_spelling(spelling):
            continue
        if any(spelling in common.get(code, ()) for code in codes):
            continue
        if source in SOUNDING and (" " in spelling or not is_plausible(name, spelling)):
            continue
        one = found[spelling]
        one.names[name] += SOURCES[source]
        one.languages.update(codes)
    return found


def bits_of(words: list[str], code: str) -> list[float]:
    """Rarity of the rarest term of each word in a language, in bits."""
    number = int(language_numbers([code])[0])
    rarest = np.zeros(len(words))
    found = terms(words, [code] * len(words))
    weights = term_weights(found.hashes, np.full(len(found.hashes), number)) * WEIGHT_UNIT
    full = np.flatnonzero(found.counts > 0)
    rarest[full] = np.maximum.reduceat(weights, found.offsets[full])
    return rarest.tolist()


def usual(found: Mapping[str, Spelling]) -> dict[str, float]:
    """How usual each English spelling is: in how many languages, and how frequent in English."""
    languages: dict[str, set[str]] = defaultdict(set)
    for one in found.values():
        for name in one.names:
            languages[name] |= one.languages
    names = sorted(languages)
    frequent = dict(zip(names, bits_of(names, "en"), strict=True))
    return {
        name: float(np.log2(1 + len(languages[name]))) + (MAX_BITS - frequent[name]) / 2
        for name in names
    }


def aliases(found: Mapping[str, Spelling], names: Mapping[str, str]) -> dict[str, str]:
    """Less usual English spellings of one word: most of their pairs stand for another one.

    The two have to sound alike, and pairs in two scripts have to say so.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    scripts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for spelling, one in found.items():
        script = script_of(spelling)
        for name in one.names if script != "LATIN" else ():
            votes[name][names[spelling]] += 1
            scripts[name, names[spelling]].add(script)
    found_aliases = {}
    for name, counts in votes.items():
        best, count = counts.most_common(1)[0]
        clear = count >= _MOSTLY * counts.total() and len(scripts[name, best]) > 1
        if best != name and clear and " " not in name + best and is_plausible(name, best):
            found_aliases[name] = best
    return found_aliases


def chosen(found: Mapping[str, Spelling], usual_names: Mapping[str, float]) -> dict[str, str]:
    """The likeliest name of each spelling, also of those that are aliases."""
    best = {
        spelling: max(
            one.names, key=lambda name: (usual_names[name] + np.log2(one.names[name]), name)
        )
        for spelling, one in found.items()
    }
    other = aliases(found, best)
    together = {spelling: other.get(name, name) for spelling, name in best.items()}
    return other | together


def kept(
    names: Mapping[str, str], found: Mapping[str, Spelling], usual_names: Mapping[str, float]
) -> dict[str, str]:
    """Spellings of names that are usual enough; more so if the consonants say the same."""
    return {
        spelling: name
        for spelling, name in names.items()
        if usual_names[name]
        + np.log2(sum(found[spelling].names.values()) if spelling in found else 1)
        >= (MIN_USUAL_SOUNDING if sounds_alike(spelling, name) else MIN_USUAL)
    }


def sounds_alike(spelling: str, name: str) -> bool:
    """Whether both are single words with the same consonants, so that no table is needed."""
    key = consonant_key(name)[:8]
    single = " " not in spelling + name and _script(spelling[0]) not in ("KATAKANA", "HANGUL")
    return single and len(key) > 2 and key == consonant_key(spelling)[:8]


def complete(names: Mapping[str, str]) -> dict[str, str]:
    """Spellings with those of the names themselves, and with stems of words that are declined.

    A name that stands for itself and is rare in English need not be there.
    """
    together = {spelling: name for spelling, name in names.items() if spelling != name}
    usual_spellings = sorted(set(names.values()))
    bits = bits_of(usual_spellings, "en")
    for name, rarity in zip(usual_spellings, bits, strict=True):
        if (" " in name or rarity < SELF_BITS + 1) and is_spelling(name):
            together.setdefault(name, name)
    for spelling, name in sorted(together.items()):
        if script_of(spelling) == "CYRILLIC" and " " not in spelling:
            together.setdefault(spelling.replace("ё", "е"), name)
            together.setdefault(_ENDING.sub("", spelling), name)
    return together


def save(names: Mapping[str, str], output: Path) -> None:
    """Write the table of spellings with the name of each."""
    values: dict[int, tuple[int, bool]] = {}
    spellings = sorted(names)
    rows_of = tokenize([*spellings, *(names[one] for one in spellings)])
    hashes = [
        rows_of.hashes[start:stop].tolist()
        for start, stop in zip(rows_of.offsets[:-1], rows_of.offsets[1:], strict=True)
    ]
    for spelling, own, name in zip(spellings, hashes, hashes[len(spellings) :], strict=False):
        first = 2 if UNSPACED.match(spelling) else 1
        if len(own) < first:
            continue
        run = run_hash(own)
        values[run] = run_hash(name), values.get(run, (0, False))[1]
        if len(own) > first:
            begin = run_hash(own[:first])
            values[begin] = values.get(begin, (0, False))[0], True
    runs = np.array(list(values), np.uint64)
    keys, places = np.unique(table_spellings(runs), return_index=True)
    both = list(values.values())
    packed_values = packed(
        np.array([name for name, _ in both], np.uint64), np.array([on for _, on in both], bool)
    )[places]
    numbers = keys.astype(np.int64)
    gaps = np.diff(numbers, prepend=0)
    np.savez_compressed(output, gaps=_octets(gaps), values=_octets(packed_values.astype(np.int64)))
    print(f"{len(keys)} spellings, {output.stat().st_size} bytes")


def _octets(numbers: Int64s) -> np.ndarray:
    if numbers.max() >= 1 << 24:
        raise SystemExit("the table has too few spellings for gaps of 24 bits")
    return np.stack([numbers & 255, (numbers >> 8) & 255, numbers >> 16]).astype(np.uint8)


def main() -> None:
    """Collect names and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="TRAIN_FOLDER")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    found = collect(given.folder)
    usual_names = usual(found)
    save(complete(kept(chosen(found, usual_names), found, usual_names)), given.output)


if __name__ == "__main__":
    main()
