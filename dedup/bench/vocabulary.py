"""The words of each language for generated texts, and how its sentences are written.

The words are in `words.json`, which `python -m benchmarks.corpus_words` makes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

import numpy as np

USUAL = 1 << 15
_ZIPF = 1.25
_FREQUENT_SHARE = 0.6
_FULL_STOPS = {"zh": "。", "hi": " ।"}


@lru_cache(maxsize=1)
def _stored_words() -> dict[str, dict[str, list[str]]]:
    stored = json.loads(resources.files("dedup.bench").joinpath("words.json").read_text("utf-8"))
    return {
        part: {code: text.split() for code, text in stored[part].items()}
        for part in ("frequent", "general")
    }


def general_words(code: str) -> list[str]:
    """Words of a language without the most frequent ones, the rarest last."""
    return _stored_words()["general"][code]


@lru_cache(maxsize=1)
def concepts() -> list[dict[str, str]]:
    """Words of one meaning by language; a language may lack one."""
    stored = json.loads(resources.files("dedup.bench").joinpath("words.json").read_text("utf-8"))
    rows = (row.split() for row in stored["concepts"])
    return [
        {code: word for code, word in zip(stored["frequent"], row, strict=True) if word != "-"}
        for row in rows
    ]


@lru_cache(maxsize=16)
def usual_words(code: str) -> list[str]:
    """`USUAL` words of a language, as often as they occur in texts, in a fixed order."""
    generator = np.random.default_rng(0)
    drawn: list[str] = []
    for part, count in (("frequent", int(USUAL * _FREQUENT_SHARE)), ("general", USUAL)):
        words = _stored_words()[part][code]
        shares = 1 / np.arange(2, len(words) + 2) ** _ZIPF
        drawn += [
            words[k]
            for k in generator.choice(len(words), count - len(drawn), p=shares / shares.sum())
        ]
    return [drawn[k] for k in generator.permutation(USUAL).tolist()]


def between(code: str) -> str:
    """The separator of two words or sentences."""
    return "" if code == "zh" else " "


def joined(words: Sequence[str], code: str) -> str:
    """Words as a line that begins with a capital letter."""
    text = between(code).join(words)
    return text[:1].upper() + text[1:]


def line(words: Sequence[str], code: str) -> str:
    """Words as a sentence."""
    return joined(words, code) + _FULL_STOPS.get(code, ".")
