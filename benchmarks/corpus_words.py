"""Make `dedup/bench/words.json`, the words of generated articles, from the bundled encoder.

    python -m benchmarks.corpus_words

Of each language: its most frequent words (written by hand, below), some hundred general words,
and concepts. A concept is an English word with the nearest word of each other language in the
space of the encoder, so that texts of one event in two languages are about as alike as real
ones. Neighbouring concepts are alike: a stretch of them is a topic.

Words that the table of term weights does not know are left out: a text full of them would be
full of what looks like names. Which language a word belongs to is guessed from the word alone,
so that some stand in the wrong one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from scipy.cluster.hierarchy import leaves_list, linkage

import dedup.bench
from dedup.compute.arrays import Float32s
from dedup.encoders.bundled import BundledEncoder
from dedup.encoders.whole_vectors import SCALE, whole_vectors
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, unseen_weights
from dedup.text.terms import count_terms, weights_of

FILE = Path(dedup.bench.__file__).parent / "words.json"
FREQUENT = {
    "en": "the of and to in that for on was with said is it by as at from has have be were are an "
    "but not its they their this who will had after which been more would his about",
    "es": "de la que el en los del se las por un para con no una su al lo como más pero sus le ha "
    "este entre cuando muy sin sobre también hasta hay donde desde todo nos durante todos",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il "
    "sont avec son aux ont cette mais comme ou leur être deux été selon après fait",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch "
    "es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi sonra kadar ise olduğu en ancak "
    "yeni her göre son var ne değil büyük iki ilk diye tarafından oldu dedi ama üzerinde",
    "ru": "и в не на что с по как это из для от за его но к был также года все было при же до о "
    "так после они уже еще только который может или сообщил время более мы которые",
    "ar": "في من على إلى أن التي عن مع هذا الذي هذه بعد بين ما لا كان وقال خلال قد كما لم حتى كل "
    "أو كانت منذ ذلك يوم عند إن قبل عام أكثر وفي بها غير حيث",
    "zh": "的 了 在 和 是 有 中 对 不 为 这 上 我们 与 也 将 年 月 日 等 人 就 说 并 到 还 于 他 "
    "以 一个 地 表示 他们 但 要 被 从 而 已经",
    "hi": "के में की है से और का को पर ने कि एक यह लिए हैं इस नहीं था भी कर हो ही गया साथ "
    "बाद तक थे या वह करने कहा अपने जो कुछ दिया किया थी रहा अब दो",
}
_LETTERS = {"ru": "а-я", "ar": "\u0621-\u064a", "zh": "\u4e00-\u9fff", "hi": "\u0900-\u0963"}
_LATIN = "a-zà-ÿğışçöü"
_NEARBY = {
    "ru": "ru uk bg sr kk be mk",
    "ar": "ar fa ur ku ps",
    "zh": "zh ja",
    "hi": "hi mr ne",
    "latin": "en es fr de tr pt it nl id tl sv ro hu fi",
}
_SURE = {"en": 0.2, "es": 0.12, "fr": 0.12, "de": 0.12, "tr": 0.12}
_BITS = {"zh": (2.5, 13.0), "en": (5.0, 13.0)}
_USUAL_BITS = (4.5, 13.0)
_GENERAL = 1_200
_MIN_COSINE = 0.35
_MIN_TRANSLATIONS = 5


def words_of(language: str, vocabulary: Sequence[str]) -> list[str]:
    """Words that are probably of a language, the more frequent ones first."""
    letters = _LETTERS.get(language, _LATIN)
    shortest = 2 if language == "zh" else 4
    fitting = [word for word in vocabulary if re.fullmatch(f"[{letters}]{{{shortest},14}}", word)]
    guess = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    guess.set_languages(_NEARBY.get(language, _NEARBY["latin"]).split())
    sure = _SURE.get(language, 0.0)
    own = [w for w, (code, p) in zip(fitting, map(guess.classify, fitting), strict=True)
           if code == language and p >= sure]  # fmt: skip
    lowest, highest = _BITS.get(language, _USUAL_BITS)
    fitting_bits = [(bits, word) for bits, word in zip(_bits(own, language), own, strict=True)
            if lowest <= bits <= highest]  # fmt: skip
    return [word for _, word in sorted(fitting_bits)]


def _bits(words: Sequence[str], language: str) -> list[float]:
    """Rarity of each word: that of its rarest term, infinite where the table lacks one."""
    terms, _ = count_terms(words)
    weights = weights_of(terms, [language] * len(words))
    unseen = int(unseen_weights(language_numbers([language]))[0])
    bits = np.where(weights < unseen, weights * WEIGHT_UNIT, np.inf)
    ends = np.cumsum(terms.counts).tolist()
    return [
        float(bits[end - count : end].max()) if count else np.inf
        for end, count in zip(ends, terms.counts.tolist(), strict=True)
    ]


def concepts(words: dict[str, list[str]], encoder: BundledEncoder) -> list[dict[str, str]]:
    """English words with their nearest in the other languages, alike ones together."""
    english = words["en"]
    vectors = whole_vectors(encoder.encode(english))
    translations: list[dict[str, str]] = [{"en": word} for word in english]
    for language in words:
        if language != "en":
            _translate(translations, vectors, language, words[language], encoder)
    rows = [row for row, concept in enumerate(translations) if len(concept) > _MIN_TRANSLATIONS]
    order = leaves_list(linkage(vectors[rows], "average", "cosine")).tolist()
    return [translations[rows[place]] for place in order]


def _translate(
    translations: list[dict[str, str]],
    vectors: Float32s,
    language: str,
    words: Sequence[str],
    encoder: BundledEncoder,
) -> None:
    cosines = vectors @ whole_vectors(encoder.encode(words)).T / (SCALE * SCALE)
    for concept, best, cosine in zip(translations, cosines.argmax(1), cosines.max(1), strict=True):
        if cosine >= _MIN_COSINE:
            concept[language] = words[best]


def main() -> None:
    """Write the file."""
    encoder = BundledEncoder()
    words = {language: words_of(language, encoder.vocabulary[0]) for language in FREQUENT}
    general = {
        language: own[:: max(1, len(own) // _GENERAL)][:_GENERAL] for language, own in words.items()
    }
    document = {
        "frequent": FREQUENT,
        "general": {language: " ".join(own) for language, own in general.items()},
        "concepts": [
            " ".join(concept.get(code, "-") for code in FREQUENT)
            for concept in concepts(words, encoder)
        ],
    }
    FILE.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print({name: len(own) for name, own in general.items()}, len(document["concepts"]))


if __name__ == "__main__":
    main()
