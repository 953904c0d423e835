"""Language codes: normalised where an article has one, detected where it has none.

Detection looks at the script first. Most scripts name one language; where a
script is shared (Latin, Cyrillic, Arabic, ...) a naive Bayes model chooses
among the languages of news in that script only, which keeps one-sentence
items away from the rare languages of the model. The words of a longer text then say whether
it is that language, another one, or none that is known.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import lru_cache

# Characters by which the script is counted, and characters that the model is given: it takes
# 1 microsecond a byte, and a lead is as reliable as a page.
_SCRIPT_CHARS = 1_000
_MODEL_CHARS = 400
# Without a lock, threads that call it first at the same time would each load the model.
_ONE_AT_A_TIME = threading.Lock()

# First and last code point of the blocks in which a script's letters lie.
_SCRIPT_BLOCKS = (
    (0x0041, 0x024F, "latin"),
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "arabic"),
    (0x0780, 0x07BF, "dv"),
    (0x08A0, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x0F00, 0x0FFF, "bo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x1800, 0x18AF, "mn"),
    (0x1C90, 0x1CBF, "ka"),
    (0x1E00, 0x1EFF, "latin"),
    (0x1F00, 0x1FFF, "el"),
    (0x3040, 0x30FF, "kana"),
    (0x3105, 0x312F, "han"),
    (0x3130, 0x318F, "ko"),
    (0x31F0, 0x31FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "han"),
    (0xFB1D, 0xFB4F, "he"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFC, "arabic"),
    (0xFF21, 0xFF5A, "latin"),
    (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x323AF, "han"),
)
_BLOCK_STARTS = [first for first, _, _ in _SCRIPT_BLOCKS]
# One character of these says as much as several letters of others.
_LETTERS_PER_CHARACTER = {"han": 3, "kana": 2, "ko": 3}
_MIN_KANA_SHARE = 0.1

# Languages of news, by script, among those that the model knows.
_PLAUSIBLE = {
    "latin": (
        "af az bs ca cs cy da de en es et eu fi fr ga hr ht hu id is it ku lt lv mg ms mt"
        " nl no pl pt ro so sk sl sq sr sv sw tl tr uz vi zu"
    ),
    "cyrillic": "be bg kk ky mk mn ru sr tg tt uk",
    "arabic": "ar fa ps ug ur",
    "devanagari": "hi mr ne",
    "bengali": "as bn",
}
_PLAUSIBLE_CODES = {script: frozenset(codes.split()) for script, codes in _PLAUSIBLE.items()}
KNOWN_LANGUAGES = frozenset().union(
    *_PLAUSIBLE_CODES.values(),
    (script for _, _, script in _SCRIPT_BLOCKS if len(script) == 2),
)
"""Codes of the languages of news that are told apart by letters; Chinese and Japanese have none."""
# Letters that only one language of a script uses, and the share of them that decides for it: for
# languages that the model does not know or confuses.
_LETTERS_OF_ONE_LANGUAGE = (
    # Before Kurdish, with which Uyghur shares some of its letters.
    ("arabic", "ug", re.compile("[ۈۇۋ]"), 0.03),
    ("arabic", "ckb", re.compile("[ڕڵێۆە]"), 0.03),
    # Arabic papers type Persian yeh and kaf, but only Arabic has these.
    ("arabic", "ar", re.compile("[ةأإ]"), 0.02),
    ("arabic", "sd", re.compile("[ڄڃڇڏٺڀٿڊڦڪڻ]"), 0.03),
    ("cyrillic", "uk", re.compile("[їєґЇЄҐ]"), 0.005),
)

# Where CLDR's aliases name another language, or keep apart codes that news does not.
_OWN_CODES = {"tl": "tl", "fil": "tl", "nb": "no", "no": "no", "yue": "zh", "wuu": "zh"}
# "nan" is the code of Min Nan, but in a column it is what pandas writes for no value.
_NOT_A_LANGUAGE = frozenset({"und", "mul", "zxx", "mis", "root", "nan"})


@lru_cache(maxsize=4096)
def normalize_language(value: str) -> str:
    """The ISO 639-1 code (639-3 where there is no shorter one) that `value` means.

    Args:
        value: A code with or without script and region, of two or three
            letters, or the language's name in English or in itself.

    Returns:
        The code, or an empty string if there is no such language.

    >>> [normalize_language(v) for v in ("eng", "en-US", "zh_Hant", "русский", "klingonese")]
    ['en', 'en', 'zh', 'ru', '']
    """
    tag = unicodedata.normalize("NFC", value).strip().casefold().replace("_", "-")
    if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9-]*)?", tag):
        code = _known_code(tag.split("-")[0])
        if code:
            return code
    return _codes_by_name().get(tag, "") if 1 < len(tag) <= 40 else ""


def _known_code(code: str) -> str:
    if code in _NOT_A_LANGUAGE:
        return ""
    if code in _OWN_CODES:
        return _OWN_CODES[code]
    names, aliases = _cldr()
    short = aliases.get(code, code).replace("-", "_").split("_")[0]
    return _OWN_CODES.get(short, short) if short in names else ""


@lru_cache(maxsize=1)
def _cldr() -> tuple[dict[str, str], dict[str, str]]:
    """English names by code, and codes that stand for other codes."""
    from babel import Locale
    from babel.core import get_global

    return dict(Locale("en").languages), dict(get_global("language_aliases"))


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    from babel import Locale
    from babel.localedata import locale_identifiers

    names = {name.casefold(): code for code, name in _cldr()[0].items() if "_" not in code}
    for code in locale_identifiers():
        if "_" not in code:
            name = Locale(code).get_language_name(code)
            if name:
                names.setdefault(name.casefold(), code)
    return {name: known for name, code in names.items() if (known := _known_code(code))}


def detect_language(text: str) -> str:
    """The language of the first 1,000 characters of `text`.

    Returns:
        A normalised code; empty if there are no letters of a known script.

    >>> detect_language("Президент Росії зустрівся з головою Китаю")
    'uk'
    """
    head = text[:_SCRIPT_CHARS]
    letters = _letters_by_script(head)
    if not letters:
        return ""
    script = max(letters, key=lambda name: (letters[name], name))
    if script in ("han", "kana"):
        # Chinese quotes a kana now and then; Japanese cannot do without.
        both = letters["han"] / 3 + letters["kana"] / 2
        return "ja" if letters["kana"] / 2 >= _MIN_KANA_SHARE * both else "zh"
    for of_script, language, pattern, share in _LETTERS_OF_ONE_LANGUAGE:
        if script == of_script and len(pattern.findall(head)) >= share * letters[script]:
            return language
    likely = _most_likely(head, _PLAUSIBLE_CODES[script]) if script in _PLAUSIBLE_CODES else script
    # Here, since NumPy takes a tenth of a second.
    from dedup.text.normalization import normalize
    from dedup.text.sure_languages import likeliest_language

    # The model knows a hundred languages, and takes each of the others for one of them.
    return likeliest_language(normalize(head), likely)


def _letters_by_script(text: str) -> Counter[str]:
    """Number of letters by script, in the weight of alphabetic letters."""
    letters: Counter[str] = Counter()
    for character, times in Counter(text).items():
        script = _script(character)
        if script:
            letters[script] += times * _LETTERS_PER_CHARACTER.get(script, 1)
    return letters


@lru_cache(maxsize=65_536)
def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    block = bisect_right(_BLOCK_STARTS, ord(character)) - 1
    if block < 0:
        return ""
    _, last, script = _SCRIPT_BLOCKS[block]
    return script if ord(character) <= last else ""


def _most_likely(text: str, plausible: frozenset[str]) -> str:
    import py3langid

    # `rank` and a filter, not `set_languages`: that would change the model
    # for everybody in the process.
    with _ONE_AT_A_TIME:
        ranked = py3langid.rank(text[:_MODEL_CHARS])
    return next((code for code, _ in ranked if code in plausible), "")
