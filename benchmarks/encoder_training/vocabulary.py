"""The vocabulary: the pieces of one small Unigram model for each language, together.

One model over all languages gives most pieces to those with the most text, and to
scripts with few characters; a model for each, with a size of its own, does not. A piece
that several languages have keeps its best score.

Source: Kudo 2018, "Subword Regularization" (the Unigram model), as implemented by the
library tokenizers.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, trainers

from benchmarks.encoder_training.corpus import read_news, read_pairs
from benchmarks.encoder_training.traits import is_unspaced
from dedup.encoders.bundled.words import folded_words

UNKNOWN = "<unk>"
PIECES = {
    "en": 24_000,
    **dict.fromkeys(("ar", "ru", "zh", "ja", "ko", "he"), 9_000),
    **dict.fromkeys(("tr", "fa", "hi", "uk"), 8_000),
    **dict.fromkeys(("fr", "es", "de", "pt", "it", "nl", "pl", "cs", "sv"), 6_000),
    **dict.fromkeys(("id", "vi", "ro", "hu", "da", "no", "fi", "el", "bg", "sl"), 4_500),
}
"""Pieces of each language; the others have `_PIECES_OF_OTHERS`."""
_PIECES_OF_OTHERS = 1_500
_TIMES = {"sent": 8, "lex": 3, "name": 1}
"""Of a word in each kind of pairs: some languages have ten names for each sentence."""
_COST_OF_PIECE = 10.0
"""Taken from every log probability, so that words are cut into few, long pieces: a short
one is likely in some language, and a word is not to be cut with the pieces of another."""
_LATIN_PIECES = 40_000
"""So many of those without accents, the best: thirty languages share them."""
_WORDS = {
    "en": 16_000,
    **dict.fromkeys(("ar", "ru", "he", "ko", "tr", "fa", "hi", "uk", "pl", "cs"), 6_000),
    **dict.fromkeys(("fr", "es", "de", "pt", "it", "nl", "sv", "fi", "hu"), 4_500),
    **dict.fromkeys(("id", "vi", "ro", "da", "no", "el", "bg", "sl"), 3_000),
}
"""Most frequent words of each language that are pieces whatever the model says."""
_WORDS_OF_OTHERS = 600
_MIN_WORD_COUNT = 16
_WORDS_PER_PIECE = 8
_WORDS_AT_MOST = 1_500_000
_MAX_WORD_CHARS = 24
_MIN_CHARACTER_COUNT = 16
_MAX_RUN_CHARS = {"han": 4, "other": 8}


def train_vocabulary(folder: Path) -> list[tuple[str, float]]:
    """Pieces with their log probabilities; the unknown piece is the first."""
    counts = _word_counts(folder)
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        together: dict[str, float] = {}
        for pieces in workers.map(_pieces_of, sorted(counts.items()), chunksize=1):
            _add(together, pieces)
    latin = sorted(
        (entry for entry in together.items() if entry[0].isascii()),
        key=lambda entry: (len(entry[0]) > 1, -entry[1], entry[0]),
    )
    best = {piece: score for piece, score in together.items() if not piece.isascii()}
    best |= dict(latin[:_LATIN_PIECES])
    for language, words in sorted(counts.items()):
        _add(best, _frequent(words, _WORDS.get(language, _WORDS_OF_OTHERS)))
    # In the precision of the file, so that training cuts words as the encoder will.
    scored = ((piece, float(np.float32(best[piece] - _COST_OF_PIECE))) for piece in sorted(best))
    return [(UNKNOWN, 0.0), *scored]


def _add(together: dict[str, float], pieces: Iterable[tuple[str, float]]) -> None:
    """A piece of several languages keeps its best score."""
    for piece, score in pieces:
        together[piece] = max(score, together.get(piece, score))


def _frequent(words: Counter[str], size: int) -> list[tuple[str, float]]:
    """The most frequent words with their log probabilities; runs are left to the model."""
    total = words.total()
    ranked = sorted(
        (
            (word, count)
            for word, count in words.items()
            if count >= _MIN_WORD_COUNT
            and 1 < len(word) <= _MAX_WORD_CHARS
            and not is_unspaced(word)
        ),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return [(word, math.log(count / total)) for word, count in ranked[:size]]


def _pieces_of(counted: tuple[str, Counter[str]]) -> list[tuple[str, float]]:
    """Pieces of one language, from its most frequent words."""
    language, counts = counted
    size = PIECES.get(language, _PIECES_OF_OTHERS)
    frequent = sorted(
        ((word, count) for word, count in counts.items() if len(word) <= _MAX_WORD_CHARS),
        key=lambda pair: (-pair[1], pair[0]),
    )[: size * _WORDS_PER_PIECE]
    characters: Counter[str] = Counter()
    for word, count in frequent:
        characters.update(dict.fromkeys(word, count))
    known = {character for character, count in characters.items() if count >= _MIN_CHARACTER_COUNT}
    unit = max(1.0, sum(count for _, count in frequent) / _WORDS_AT_MOST)
    words = chain.from_iterable(
        [word] * max(1, round(count / unit)) for word, count in frequent if known.issuperset(word)
    )
    model = Tokenizer(models.Unigram())
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=[UNKNOWN], unk_token=UNKNOWN, show_progress=False
    )
    model.train_from_iterator(words, trainer)
    pieces = json.loads(model.to_str())["model"]["vocab"]
    return [(piece, score) for piece, score in pieces if piece != UNKNOWN and _short(piece)]


def _short(piece: str) -> bool:
    """Whether a piece of a run is a word; longer ones are phrases that hardly occur again."""
    han = any("\u3400" <= character <= "\u9fff" for character in piece)
    return not is_unspaced(piece) or len(piece) <= _MAX_RUN_CHARS["han" if han else "other"]


def _word_counts(folder: Path) -> dict[str, Counter[str]]:
    """How often each language has each word, running text before lists."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(language: str, text: str, times: int) -> None:
        words = counts[language]
        for word in folded_words(text):
            words[word] += times

    for kind in _TIMES:
        times = _TIMES[kind]
        seen: set[str] = set()
        for language, english, foreign, source in read_pairs(folder, kind):
            if source != "bible":
                add(language, foreign, times)
                if english not in seen:
                    seen.add(english)
                    add("en", english, times)
    for item in read_news(folder):
        add(item.language, f"{item.title}\n{item.lead}", _TIMES["sent"])
    return counts
