from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.text.languages import detect_language, normalize_language


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("en-US", "en"),
        ("en_US.UTF-8", ""),
        ("zh_Hant", "zh"),
        ("zh-yue", "zh"),
        ("cmn", "zh"),
        ("arb", "ar"),
        ("fre", "fr"),
        ("ger", "de"),
        ("iw", "he"),
        ("nb", "no"),
        ("nn", "nn"),
        ("fil", "tl"),
        ("ckb", "ckb"),
        ("English", "en"),
        (" русский ", "ru"),
        ("العربية", "ar"),
        ("日本語", "ja"),
        ("und", ""),
        ("nan", ""),
        ("xx", ""),
        ("Klingonese", ""),
        ("", ""),
        ("1", ""),
    ],
)
def test_codes_and_names_become_one_code(value: str, code: str) -> None:
    assert normalize_language(value) == code


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(value: str) -> None:
    code = normalize_language(value)
    assert normalize_language(code) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The prime minister resigned on Monday after a vote of no confidence", "en"),
        ("Le premier ministre a démissionné lundi après un vote de défiance", "fr"),
        ("Der Ministerpräsident ist am Montag nach einem Misstrauensvotum zurückgetreten", "de"),
        ("Президент России встретился в Пекине с председателем КНР", "ru"),
        ("Президент Росії зустрівся в Пекіні з головою Китаю", "uk"),
        ("Прэзідэнт Расіі сустрэўся ў Пекіне са старшынёй КНР", "be"),
        ("التقى الرئيس الروسي نظيره الصيني في بكين يوم الأربعاء", "ar"),
        ("رئیس جمهور روسیه روز چهارشنبه در پکن با همتای چینی خود دیدار کرد", "fa"),
        ("روس کے صدر نے بدھ کو بیجنگ میں اپنے چینی ہم منصب سے ملاقات کی", "ur"),
        ("سەرۆکی ڕووسیا لە پەکین لەگەڵ هاوتا چینییەکەی کۆبووەوە", "ckb"),
        ("俄罗斯总统在北京会见了中国国家主席", "zh"),
        ("OpenAI发布新模型", "zh"),
        ("ロシア大統領が北京で中国の国家主席と会談した", "ja"),
        ("러시아 대통령이 베이징에서 중국 국가주석을 만났다", "ko"),
        ("נשיא רוסיה נפגש בבייג'ינג עם נשיא סין", "he"),
        ("Ο πρόεδρος της Ρωσίας συναντήθηκε στο Πεκίνο", "el"),
        ("ประธานาธิบดีรัสเซียพบกับประธานาธิบดีจีนที่ปักกิ่ง", "th"),
        ("रूस के राष्ट्रपति ने बीजिंग में चीन के राष्ट्रपति से मुलाकात की", "hi"),
        ("", ""),
        ("12:30 – 45 % …", ""),
    ],
)
def test_the_language_of_a_sentence(text: str, code: str) -> None:
    assert detect_language(text) == code


def test_persian_letters_in_an_arabic_text_do_not_make_it_persian() -> None:
    text = "زیارة الرئیس الروسي خطوة مهمة في تعزیز التعاون الإستراتیجي بین موسكو وبکین"
    assert detect_language(text) == "ar"


def test_only_the_beginning_is_looked_at() -> None:
    assert detect_language("俄罗斯总统在北京。" * 200 + "english words " * 10_000) == "zh"


@given(st.text(max_size=50))
def test_a_detected_language_is_a_normalised_one(text: str) -> None:
    code = detect_language(text)
    assert normalize_language(code) == code
