"""Tables that are no UTF-8: read in the right code page, or refused, never misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedup.errors import InputError
from dedup.readers.code_pages import code_page_of
from dedup.readers.files import read_articles
from dedup.records import Problem

TEXTS = {
    "en": "The governor’s office said “we don’t know yet” – and Beyoncé didn’t comment.\n"
    "A café near São Paulo was closed.",
    "fr": "Un traversier s’est échoué près de l’île de Brenn tôt mardi.\nL’été a été très chaud "
    "dans le Midi ; la ministre française a promis des aides.",
    "de": "Die Fähre lief am frühen Dienstag vor der Insel Brenn auf Grund.\nDer Bürgermeister "
    "sagte, über 140 Fahrgäste seien gerettet worden – „ein Glück“.",
    "es": "El transbordador encalló cerca de la isla de Brenn el martes por la mañana.\n"
    "¿Qué pasará mañana? La decisión se tomó después de una reunión.",
    "sv": "Färjan gick på grund utanför ön Brenn på tisdagsmorgonen.\nAlla räddades, säger "
    "räddningstjänsten på ön.",
    "pl": "Prom osiadł na mieliźnie w pobliżu wyspy Brenn we wtorek wcześnie rano.\nPremier "
    "powiedział, że rząd pomoże; łącznie ewakuowano sześćdziesiąt osób.",
    "cs": "Trajekt v úterý brzy ráno najel na mělčinu u ostrova Brenn.\nPrezident řekl, že "
    "všichni cestující byli zachráněni; příčina není známa.",
    "hu": "A komp kedden kora reggel zátonyra futott a sziget közelében.\nA miniszterelnök "
    "közölte, hogy az összes utast kimentették, és a hősies őrség jól dolgozott.",
    "tr": "Feribot salı sabahı erken saatlerde ada yakınlarında karaya oturdu.\nİstanbul "
    "Büyükşehir Belediyesi, yolcuların kurtarıldığını açıkladı; güçlü fırtına bekleniyor.",
    "lt": "Keltas antradienio rytą užplaukė ant seklumos prie salos.\nMinistrė pranešė, kad visi "
    "keleiviai išgelbėti, o įgula liko laive.",
    "ru": "Паром сел на мель у острова Бренн рано утром во вторник.\nПрезидент заявил: «Все "
    "пассажиры спасены», сообщает агентство.",
    "uk": "Пором сів на мілину біля острова рано вранці у вівторок.\nПрезидент заявив, що всіх "
    "пасажирів врятовано; їхні рідні чекали.",
    "el": "Πλοίο προσάραξε κοντά στο νησί Μπρεν νωρίς την Τρίτη το πρωί.\nΟ υπουργός δήλωσε ότι "
    "όλοι οι επιβάτες είναι ασφαλείς.",
    "he": "מעבורת עלתה על שרטון סמוך לאי ברן מוקדם בבוקר יום שלישי.\nראש העיר אמר כי כל הנוסעים "
    "חולצו בשלום.",
    "ar": "جنحت عبارة قرب جزيرة برين في وقت مبكر من صباح الثلاثاء.\nوقال الحاكم إن جميع الركاب "
    "بخير، والسبب مجهول.",
    "zh": "周二清晨，一艘渡轮在布伦岛附近搁浅，乘客被救生艇救走。\n市长说，所有人都是安全的，"
    "起因正在调查之中。",
    "zh-Hant": "週二清晨，一艘渡輪在布倫島附近擱淺，乘客被救生艇救走。\n市長說，所有人都是"
    "安全的，起因正在調查之中。",
    "ja": "火曜日の早朝、島の近くでフェリーが座礁し、乗客が救助されました。\n市長は全員が無事だと"
    "述べた。",
    "ko": "화요일 이른 아침 브렌섬 인근에서 여객선이 좌초해 승객이 구조됐다.\n시장은 모두 "
    "무사하다고 말했다.",
}
READ = {
    "cp1252": ("en", "fr", "de", "es", "sv"),
    "cp1250": ("pl", "cs", "hu"),
    "iso8859-2": ("pl",),
    "cp1254": ("tr",),
    "cp1257": ("lt",),
    "cp1251": ("ru", "uk"),
    "koi8-r": ("ru",),
    "cp1253": ("el",),
    "cp1255": ("he",),
    "cp1256": ("ar",),
    "gb18030": ("zh",),
    "big5": ("zh-Hant",),
    "cp932": ("ja",),
    "cp949": ("ko",),
}
OLD = (
    *("mac-roman", "mac-latin2", "mac-cyrillic", "mac-greek", "mac-turkish", "cp437", "cp850"),
    *("cp852", "cp866", "cp737", "cp775", "cp857", "cp862", "cp864", "iso8859-2", "iso8859-5"),
    *("iso8859-6", "iso8859-15", "koi8-u", "cp1250", "gb18030"),
)
"""Encodings that are not tried, or that are others' in part."""


@pytest.mark.parametrize(
    ("encoding", "language"),
    [(encoding, language) for encoding, languages in READ.items() for language in languages],
)
def test_the_code_page_that_letters_show(encoding: str, language: str) -> None:
    lines = [line.encode(encoding, "ignore") for line in TEXTS[language].split("\n")]
    name = code_page_of(lines)
    assert [line.decode(name) for line in lines] == [line.decode(encoding) for line in lines]


@pytest.mark.parametrize("language", TEXTS)
def test_no_code_page_is_mistaken_for_another(language: str) -> None:
    text = TEXTS[language].translate({ord(mark): None for mark in "«»“”„’–"})
    for encoding in (*OLD, "euc_jp") if language == "ja" else OLD:
        try:
            lines = [line.encode(encoding) for line in text.split("\n")]
        except UnicodeEncodeError:
            continue
        name = code_page_of(lines)
        assert not name or [line.decode(name) for line in lines] == text.split("\n"), encoding


def test_a_few_letters() -> None:
    assert code_page_of(["Café".encode("latin-1")]) == "cp1252"
    assert code_page_of(["Lech Wałęsa was a shipyard electrician".encode("cp1250")]) == "cp1250"
    assert code_page_of(["Café".encode("mac-roman")]) == ""
    assert code_page_of([b"\x81\xff\x00\x9d"]) == ""


def test_a_table_of_a_spreadsheet_is_read_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"{n};Ferry {n};A ferry.\n" for n in range(200))
    french = "200;Été;« L’île était bloquée », a déclaré le préfet.\n201;Fin;Une après-midi.\n"
    path.write_bytes(f"id;title;text\n{rows}{french}".encode("cp1252"))
    problems: list[Problem] = []
    articles = list(read_articles([path], on_problem=problems.append))
    assert len(articles) == 202
    assert (articles[200].title, articles[200].text[-10:]) == ("Été", "le préfet.")
    assert problems == [
        Problem("encoding guessed", str(path), "read as windows-1252", article_kept=True)
    ]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["1,Käse".encode(), "2,Käse".encode("cp1252")], "line 3, byte 20"),
        (
            ["1,Käse".encode("cp1252"), *["2," + "Brot " * 280] * 1000, b"3,K\x9dse"],
            "line 2, byte 12",
        ),
    ],
)
def test_a_table_in_two_encodings_is_refused(
    tmp_path: Path, rows: list[bytes | str], fault: str
) -> None:
    path = tmp_path / "a.csv"
    lines = ["id,title", *rows]
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    with pytest.raises(InputError, match=f"is not UTF-8: {fault}.*iconv"):
        list(read_articles([path]))
