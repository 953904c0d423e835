"""Corpora for the benchmarks: generated from a seed, or texts of real files."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WORDS_PER_ARTICLE = 300
_VOCABULARY = 80_000
_WORD = re.compile(r"\w+")


def vocabulary(generator: random.Random) -> list[str]:
    """Words of one to eight letters: with their spaces as long as English words are."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        "".join(generator.choices(letters, k=generator.randint(1, 8))) for _ in range(_VOCABULARY)
    ]


def planted(count: int, seed: int = 1) -> list[str]:
    """Articles of 300 words, one in five with copies at Jaccard similarities from .6 to .95.

    A copy differs from its original in words spread over the text; with word 5-grams,
    k changed words of n leave a similarity of about (n - 5k) / (n + 5k).
    """
    generator = random.Random(seed)
    words = vocabulary(generator)
    texts: list[str] = []
    while len(texts) < count:
        base = generator.choices(words, k=WORDS_PER_ARTICLE)
        texts.append(" ".join(base))
        if generator.random() < 1 / 5:
            for _ in range(generator.choice((1, 1, 1, 2, 2, 3, 5))):
                wanted = generator.uniform(0.6, 0.95)
                changes = round(WORDS_PER_ARTICLE * (1 - wanted) / (1 + wanted) / 5)
                copy = list(base)
                for place in generator.sample(range(WORDS_PER_ARTICLE), max(changes, 1)):
                    copy[place] = generator.choice(words)
                texts.append(" ".join(copy))
    texts = texts[:count]
    generator.shuffle(texts)
    return texts


def from_template(count: int, seed: int = 1) -> list[str]:
    """Articles of one template: every pair at a Jaccard similarity of about .615."""
    generator = random.Random(seed)
    words = vocabulary(generator)
    frame = generator.choices(words, k=230)
    return [" ".join(frame + generator.choices(words, k=70)) for _ in range(count)]


def real(path: Path, min_tokens: int = 40) -> list[str]:
    """Different texts of a file of articles, as words with spaces between them.

    In that form every system sees the same tokens. Texts below `min_tokens` are left
    out: systems treat short ones by different rules.
    """
    from dedup.cleaning import normalize
    from dedup.readers import read_articles

    texts = (
        " ".join(_WORD.findall(normalize(article.text).casefold()))
        for article in read_articles([path])
    )
    return [text for text in dict.fromkeys(texts) if text.count(" ") >= min_tokens]


def save(texts: list[str], path: Path) -> None:
    """Write texts as a Parquet file with a column `text`."""
    pq.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), path)


def load(path: Path) -> pa.Array:
    """Texts of such a file, in one Arrow array."""
    return pq.read_table(path, columns=["text"])["text"].combine_chunks().cast(pa.large_string())
