"""Make `dedup/weights/term_weights.npz`: how rare terms are in each language.

    pip install wordfreq==3.1.1 msgpack
    python -m benchmarks.term_weights TRAIN_FOLDER NTREX.jsonl.xz

TRAIN_FOLDER holds `sent.tsv.xz` (language, English, foreign, source: a pair of sentences a line),
`news.tsv.xz` (language, title, lead) and `telegram_ru.jsonl.xz` (Russian posts). Lists of words
come from the package wordfreq. Every second document of NTREX serves the languages for which
there are hardly any other counts; the other half is left for measuring.

Terms of sentences and lists are counted by occurrences; a term with a share p of all occurrences is
in a share `1 - (1 - p)^100` of the texts of a hundred terms. News is counted by texts. Of several
counts of one language the highest share is kept.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Float64s, Int64s, UInt64s
from dedup.text.languages import normalize_language
from dedup.text.normalization import normalize
from dedup.text.rarity import WEIGHT_UNIT, language_hash, rarity_bits, table_keys
from dedup.text.shingles import unique_rows
from dedup.text.sure_languages import COMMON_BITS
from dedup.text.terms import terms

TERMS_OF_A_TEXT = 100
MAX_TEXTS = 1 << 13
"""Counts of more texts are brought down to so many: rarer terms differ by chance."""
MIN_TEXTS = 2.0
"""Terms that fewer texts would have are as good as unseen."""
MIN_COUNT = 3
MAX_PER_SOURCE = 60_000
FEW_TEXTS = MAX_TEXTS / 2
"""Languages with less than this get half of NTREX."""
MIN_LANGUAGES = 3
"""What so many languages have may be in a text of any language."""
MIN_COMMON = 0.05
OFF_DOMAIN = {"bible"}
OUTPUT = Path(__file__).parent.parent / "dedup" / "weights" / "term_weights.npz"
_LISTS = {"sh": ("sr", "hr", "bs"), "nb": ("no", "nn")}
"""Languages that share a list of words."""
_AT_ONCE = 20_000


@dataclass
class Counts:
    """What was counted of one language: share of the texts by term, and how many texts."""

    shares: dict[int, float] = field(default_factory=dict)
    texts: float = 0.0

    def add(self, hashes: UInt64s, shares: Float64s, texts: float) -> None:
        """Of two shares of a term the higher one counts."""
        self.texts += texts
        for term, share in zip(hashes.tolist(), shares.tolist(), strict=True):
            self.shares[term] = max(share, self.shares.get(term, 0.0))

    def rows(self, code: str) -> tuple[npt.NDArray[np.uint32], Int64s]:
        """Keys of the terms that more than a text or two would have, and their weights."""
        hashes = np.array(sorted(self.shares), np.uint64)
        texts = float(min(self.texts, MAX_TEXTS))
        having = np.array([self.shares[term] for term in hashes.tolist()]) * texts
        weights = np.round(np.maximum(rarity_bits(texts, having), 0.0) / WEIGHT_UNIT)
        seen = having >= MIN_TEXTS
        keys = table_keys(hashes[seen], np.uint64(language_hash(code)))
        return keys, weights[seen].astype(np.int64)


def sentences(folder: Path) -> dict[str, list[str]]:
    """Sentences by language; at most `MAX_PER_SOURCE` of one source and language."""
    texts: dict[str, list[str]] = defaultdict(list)
    taken: Counter[tuple[str, str]] = Counter()
    for code, english, foreign, source in _rows(folder / "sent.tsv.xz"):
        taken[code, source] += 1
        if source not in OFF_DOMAIN and taken[code, source] <= MAX_PER_SOURCE:
            texts[normalize_language(code)].append(normalize(foreign))
            texts["en"].append(normalize(english))
    return texts


def news(folder: Path) -> dict[str, list[str]]:
    """Titles and leads by language."""
    texts: dict[str, list[str]] = defaultdict(list)
    for code, *text in _rows(folder / "news.tsv.xz"):
        texts[normalize_language(code)].append(normalize("\n".join(text)))
    with lzma.open(folder / "telegram_ru.jsonl.xz", "rt", encoding="utf-8") as file:
        texts["ru"] += [normalize(json.loads(line)["text"]) for line in file]
    return texts


def ntrex(path: Path, half: int) -> dict[str, list[tuple[str, str]]]:
    """Every second document and its text, by language, from the first (0) or the second (1) on."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    chosen = set(sorted({row["cluster"] for row in rows})[half::2])
    texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row["cluster"] in chosen:
            texts[ntrex_language(row["lang"])].append((row["cluster"], normalize(row["text"])))
    return texts


def ntrex_language(code: str) -> str:
    """The language of a code of NTREX."""
    return normalize_language(code.split("-")[-1 if "." in code else 0].split(".")[-1])


def _rows(path: Path) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


def _terms_of(texts: Sequence[str], code: str) -> Iterator[tuple[UInt64s, UInt64s]]:
    """Terms of some texts at a time, with repetitions, and those of each text once."""
    chosen = sorted(set(texts))
    for start in range(0, len(chosen), _AT_ONCE):
        part = chosen[start : start + _AT_ONCE]
        rows = terms(part, [code] * len(part))
        yield rows.hashes, unique_rows(rows).hashes


def count_occurrences(texts: Sequence[str], code: str, least: int, into: Counts) -> None:
    """Count terms of running text, as often as they stand there."""
    hashes, counts = np.unique(
        np.concatenate([every for every, _ in _terms_of(texts, code)]), return_counts=True
    )
    kept = counts >= least
    shares = _of_texts(counts[kept] / counts.sum())
    into.add(hashes[kept], shares, counts.sum() / TERMS_OF_A_TEXT)


def count_texts(texts: Sequence[str], code: str, into: Counts) -> None:
    """Count the texts that have a term."""
    hashes, counts = np.unique(
        np.concatenate([once for _, once in _terms_of(texts, code)]), return_counts=True
    )
    kept = counts >= MIN_COUNT
    into.add(hashes[kept], counts[kept] / len(set(texts)), len(set(texts)))


def _of_texts(shares: Float64s) -> Float64s:
    """Share of the texts that have a term, from its share of all occurrences."""
    return 1 - (1 - np.minimum(shares, 1.0)) ** TERMS_OF_A_TEXT


def word_lists() -> Iterator[tuple[str, dict[str, float]]]:
    """Language and frequencies of words, the larger list where wordfreq has two."""
    import msgpack

    spec = find_spec("wordfreq")
    if spec is None or spec.origin is None:
        raise SystemExit("the lists of words are missing: pip install wordfreq==3.1.1 msgpack")
    files = {path.name.split("_")[1].split(".")[0]: path for path in _lists(Path(spec.origin))}
    for name, path in sorted(files.items()):
        with gzip.open(path) as file:
            centibels = msgpack.load(file, raw=False, strict_map_key=False)[1:]
        frequencies: Counter[str] = Counter()
        for rank, words in enumerate(centibels):
            for word in words:
                frequencies[normalize(word)] += 10 ** (-rank / 100)  # type: ignore[assignment]
        for code in _LISTS.get(name, (normalize_language(name),)):
            yield code, dict(frequencies)


def _lists(package: Path) -> Iterable[Path]:
    """Files of the lists, the small one of a language before its large one."""
    folder = package.parent / "data"
    return [*sorted(folder.glob("small_*")), *sorted(folder.glob("large_*"))]


def count_words(frequencies: dict[str, float], into: Counts) -> None:
    """Count the terms of a list of words: whole words, and all terms of unspaced ones."""
    words = list(frequencies)
    rows = terms(words)
    owners = np.repeat(np.arange(len(words)), rows.counts)
    unspaced = np.array([max(word, default="") >= "\u0e00" for word in words])
    counted = (rows.counts[owners] == 1) | unspaced[owners]
    hashes, places = np.unique(rows.hashes[counted], return_inverse=True)
    values = np.array(list(frequencies.values()))[owners[counted]]
    into.add(hashes, _of_texts(np.bincount(places, values).astype(np.float64)), float(MAX_TEXTS))


def count_all(folder: Path, ntrex_file: Path) -> dict[str, Counts]:
    """Counts by language."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for code, texts in sentences(folder).items():
        count_occurrences(texts, code, MIN_COUNT, counts[code])
    for code, texts in news(folder).items():
        count_texts(texts, code, counts[code])
    for code, frequencies in word_lists():
        count_words(frequencies, counts[code])
    for code, documents in ntrex(ntrex_file, 0).items():
        if counts[code].texts < FEW_TEXTS:
            count_occurrences([text for _, text in documents], code, 1, counts[code])
    return {code: counts[code] for code in sorted(counts) if code}


def shared_counts(counts: dict[str, Counts]) -> Counts:
    """What several languages have, with the highest share."""
    having = Counter(term for of_one in counts.values() for term in of_one.shares)
    together = Counts(texts=float(MAX_TEXTS))
    for of_one in counts.values():
        for term, share in of_one.shares.items():
            if having[term] >= MIN_LANGUAGES:
                together.shares[term] = max(share, together.shares.get(term, 0.0))
    return together


def common_share(of_one: Counts, texts: Sequence[str], code: str) -> float:
    """Share of the terms of these texts that are common by the counts."""
    common = [term for term, share in of_one.shares.items() if share >= 2**-COMMON_BITS]
    hashes = np.concatenate([every for every, _ in _terms_of(texts, code)])
    return max(MIN_COMMON, float(np.isin(hashes, np.array(common, np.uint64)).mean()))


def save(counts: dict[str, Counts], common: dict[str, float], output: Path) -> None:
    """Write the table."""
    together = {"": shared_counts(counts), **counts}
    parts = [of_one.rows(code) for code, of_one in together.items()]
    keys, first = np.unique(np.concatenate([keys for keys, _ in parts]), return_index=True)
    weights = np.concatenate([weights for _, weights in parts])[first]
    numbers = keys.astype(np.int64)
    gaps = numbers - np.concatenate(([0], numbers[:-1]))
    if gaps.max() >= 1 << 24:
        raise SystemExit("the table has too few terms for gaps of 24 bits")
    np.savez_compressed(
        output,
        languages=np.frombuffer(" ".join(together).encode(), np.uint8),
        texts=np.array([min(of_one.texts, MAX_TEXTS) for of_one in together.values()], np.float32),
        common=np.array([common.get(code, 1.0) for code in together], np.float32),
        gaps=np.stack([gaps & 255, (gaps >> 8) & 255, gaps >> 16]).astype(np.uint8),
        weights=weights.astype(np.uint8),
    )
    print(f"{len(together) - 1} languages, {len(keys)} terms, {output.stat().st_size} bytes")


def main() -> None:
    """Count terms and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, metavar="TRAIN_FOLDER")
    parser.add_argument("ntrex", type=Path, metavar="NTREX")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    given = parser.parse_args()
    counts = count_all(given.folder, given.ntrex)
    usual = sentences(given.folder)
    usual.update(
        (code, [text for _, text in documents]) for code, documents in ntrex(given.ntrex, 0).items()
    )
    common = {
        code: common_share(of_one, usual[code], code)
        for code, of_one in counts.items()
        if usual.get(code)
    }
    save(counts, common, given.output)


if __name__ == "__main__":
    main()
