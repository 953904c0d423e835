"""Training texts as rows of the vocabulary, and batches of pairs drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.corpus import LANGUAGES, read_news, read_pairs
from dedup.encoders.bundled.segmentation import Segmenter

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]

MAX_PIECES = 192

_SOURCE_WEIGHT = {
    "bible": 0.4,
    "tico19": 4.0,
    "mlqe_pe": 4.0,
    "xquad": 4.0,
    "xquad_ctx": 4.0,
    "xquad_r_sent": 4.0,
    "sdg": 2.0,
    "mgsm": 1.0,
    "dr5hn_city(MT?)": 0.3,
    "osm_tagging": 0.5,
    "cldr_annotations": 0.5,
}
_LANGUAGE_WEIGHT = {
    **dict.fromkeys(LANGUAGES[30:], 0.5),
    **dict.fromkeys(("ar", "ru", "zh", "fa", "hi", "uk", "ja", "tr"), 2.0),
    **dict.fromkeys(("it", "pt", "nl", "cs", "sv"), 1.6),
    **dict.fromkeys(("he", "ko", "pl"), 3.0),
}
_FLATTENING = 0.5
_TYPICAL_PIECES = 12
_FOREIGN_SHARE = 0.4


@dataclass(frozen=True)
class Texts:
    """Rows of n texts, one after the other: text i has `rows[offsets[i]:offsets[i + 1]]`."""

    rows: Int32s
    offsets: Int64s

    @classmethod
    def of(cls, segments: list[Int32s]) -> Self:
        """Join the rows of single texts."""
        sizes = np.array([len(rows) for rows in segments], np.int64)
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        return cls(np.concatenate(segments).astype(np.int32), offsets)

    def take(self, chosen: Int64s) -> Texts:
        """The chosen texts, in that order."""
        starts = self.offsets[chosen]
        sizes = self.offsets[chosen + 1] - starts
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
        return Texts(self.rows[places], offsets)

    def halves(self) -> tuple[Texts, Texts]:
        """The first half of each text, and the second."""
        sizes = np.diff(self.offsets)
        place = np.arange(len(self.rows)) - np.repeat(self.offsets[:-1], sizes)
        early = place < np.repeat(sizes // 2, sizes)
        return self._only(early), self._only(~early)

    def _only(self, mask: npt.NDArray[np.bool_]) -> Texts:
        return Texts(self.rows[mask], np.concatenate(([0], np.cumsum(mask)))[self.offsets])

    def thinned(self, share: float, generator: np.random.Generator) -> Texts:
        """The texts without that share of their rows, chosen at random."""
        return self._only(generator.random(len(self.rows)) >= share)


@dataclass(frozen=True)
class Pairs:
    """Translations of English texts, ordered by the English text.

    Args:
        texts: English and foreign texts.
        english: Number of the English text of each pair.
        foreign: Number of the foreign text of each pair.
        languages: Number of the foreign language of each pair.
        cumulative: Sum of the sampling weights up to each pair.
        firsts: First pair of the same English text, for each pair.
        sizes: How many pairs that English text has, for each pair.
    """

    texts: Texts
    english: Int64s
    foreign: Int64s
    languages: Int64s
    cumulative: Float64s
    firsts: Int64s
    sizes: Int64s

    @classmethod
    def load(cls, folder: Path, kind: str, segmenter: Segmenter) -> Self:
        """Read, cut into pieces and weigh the pairs of one kind."""
        numbers: dict[tuple[int, ...], int] = {}
        segments: list[Int32s] = []
        seen: set[tuple[int, int]] = set()
        pairs: list[tuple[int, int, str, str]] = []

        def number_of(text: str) -> int:
            rows = segmenter.rows(text, MAX_PIECES)
            key = tuple(rows)
            if key not in numbers:
                numbers[key] = len(numbers)
                segments.append(np.array(rows, np.int32))
            return numbers[key]

        for language, english, foreign, source in read_pairs(folder, kind):
            ends = number_of(english), number_of(foreign)
            if all(len(segments[end]) for end in ends) and ends not in seen:
                seen.add(ends)
                pairs.append((*ends, language, source))
        pairs.sort()
        a, b = (np.array([pair[k] for pair in pairs], np.int64) for k in (0, 1))
        names, languages = np.unique([pair[2] for pair in pairs], return_inverse=True)
        texts = Texts.of(segments)
        weights = np.array([_SOURCE_WEIGHT.get(source, 1.0) for *_, source in pairs])
        if kind == "sent":
            weights *= np.clip(np.diff(texts.offsets)[b] / _TYPICAL_PIECES, 0.3, 2.5)
        weights = _flattened(weights, names.tolist(), languages)
        _, firsts, inverse, sizes = np.unique(
            a, return_index=True, return_inverse=True, return_counts=True
        )
        return cls(texts, a, b, languages, np.cumsum(weights), firsts[inverse], sizes[inverse])

    def draw(self, count: int, generator: np.random.Generator) -> tuple[Int64s, Int64s]:
        """Sides x and y of at most `count` pairs with different English texts.

        Some pairs are of two foreign languages that share the English text; the sides
        are swapped at random, so that each side has all languages.
        """
        drawn = generator.random(count * 2) * self.cumulative[-1]
        pairs = np.searchsorted(self.cumulative, drawn, side="right")
        _, first = np.unique(self.english[pairs], return_index=True)
        pairs = pairs[np.sort(first)[:count]]
        others = self.firsts[pairs] + (generator.random(len(pairs)) * self.sizes[pairs]).astype(
            np.int64
        )
        foreign = (generator.random(len(pairs)) < _FOREIGN_SHARE) & (
            self.languages[others] != self.languages[pairs]
        )
        x = np.where(foreign, self.foreign[others], self.english[pairs])
        y = self.foreign[pairs]
        swapped = generator.random(len(pairs)) < 0.5
        return np.where(swapped, y, x), np.where(swapped, x, y)


def _flattened(weights: Float64s, names: list[str], languages: Int64s) -> Float64s:
    """Weights of pairs, such that a language's share grows with the root of its weight."""
    boosts = np.array([_LANGUAGE_WEIGHT.get(name, 1.0) for name in names])
    shares = boosts * np.bincount(languages, weights) ** (_FLATTENING - 1)
    flattened: Float64s = weights * shares[languages]
    return flattened


@dataclass(frozen=True)
class News:
    """News items as two texts each.

    Args:
        titles: Titles.
        leads: First sentences of the bodies.
        english: Numbers of the English items.
        spelled: Titles and leads of these, in that order.
    """

    titles: Texts
    leads: Texts
    english: Int64s
    spelled: tuple[list[str], list[str]]

    @classmethod
    def load(cls, folder: Path, segmenter: Segmenter) -> Self:
        """Read and cut into pieces the news items."""
        titles: list[Int32s] = []
        leads: list[Int32s] = []
        english: list[int] = []
        spelled: tuple[list[str], list[str]] = ([], [])
        for item in read_news(folder):
            title, lead = (
                np.array(segmenter.rows(text, MAX_PIECES), np.int32)
                for text in (item.title, item.lead)
            )
            if len(title) and len(lead):
                if item.language == "en":
                    english.append(len(titles))
                    spelled[0].append(item.title)
                    spelled[1].append(item.lead)
                titles.append(title)
                leads.append(lead)
        return cls(Texts.of(titles), Texts.of(leads), np.array(english, np.int64), spelled)
