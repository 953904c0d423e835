"""Invented names that are spelled in the script of each language, as news agencies spell them.

`dedup.text.consonant_keys` reduces names of every script to eight classes of consonants: names with
few consonants would agree by chance, and relate most stories to each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Syllable = tuple[int, int, int]
"""Numbers of its consonant, vowel and closing consonant, which may be none."""

_CONSONANTS = [*"bdfgklmnprstvz", "ch", "sh"]
_VOWELS = "aeiou"
_CLOSING = ["", *"nrskdptf"]
_CYRILLIC = dict(zip([*_CONSONANTS, *_VOWELS], "бдфгклмнпрствзчшаеиоу", strict=True))
_ARABIC = dict(zip([*_CONSONANTS, *_VOWELS], "بدفغكلمنبرستفزچشاييوو", strict=True))
_DEVANAGARI = dict(zip([*_CONSONANTS, *_VOWELS], "बदफगकलमनपरसतवजचशािेोु", strict=True))
_HAN = (
    "巴贝比博布达德迪多杜法费菲福富加格吉戈古"
    "卡凯基科库拉莱利洛卢马梅米莫穆纳内尼诺努"
    "帕佩皮波普拉雷里罗鲁萨塞西索苏塔泰蒂托图"
    "瓦韦维沃武扎泽齐佐祖查切奇乔丘沙谢希肖舒"
)
"""The syllable of each consonant and vowel, consonant after consonant."""
_HAN_CLOSING = ["", *"恩尔斯克德普特夫"]
_SILENT_VOWEL = "्"


def random_name(generator: np.random.Generator, syllables: int) -> tuple[Syllable, ...]:
    """A name of so many syllables; all but the last have a closing consonant."""
    parts = generator.integers((len(_CONSONANTS), len(_VOWELS), len(_CLOSING)), size=(syllables, 3))
    parts[:-1, 2] = np.maximum(parts[:-1, 2], 1)
    return tuple((int(a), int(b), int(c)) for a, b, c in parts)


def spell(name: Sequence[Syllable], language: str) -> str:
    """A name in the script of a language; in Latin letters for other languages than these.

    >>> [spell(((4, 0, 2), (6, 3, 1)), code) for code in ("en", "ru", "ar", "zh", "hi")]
    ['Karmon', 'Кармон', 'كارمون', '卡尔莫恩', 'कार्मोन']
    """
    if language == "zh":
        return "".join(_HAN[len(_VOWELS) * c + v] + _HAN_CLOSING[end] for c, v, end in name)
    if language == "hi":
        return "".join(map(_devanagari, name)).removesuffix(_SILENT_VOWEL)
    letters = {"ru": _CYRILLIC, "ar": _ARABIC}.get(language, {})
    parts = [(_CONSONANTS[c], _VOWELS[v], _CLOSING[end]) for c, v, end in name]
    return "".join(letters.get(sound, sound) for part in parts for sound in part).capitalize()


def _devanagari(syllable: Syllable) -> str:
    consonant, vowel, closing = syllable
    open_syllable: str = _DEVANAGARI[_CONSONANTS[consonant]] + _DEVANAGARI[_VOWELS[vowel]]
    return (
        open_syllable + _DEVANAGARI[_CLOSING[closing]] + _SILENT_VOWEL if closing else open_syllable
    )
