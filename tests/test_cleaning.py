"""The step `clean`: what goes, what stays, and that a clean text stays clean."""

import random
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.cleaning import clean, normalize, repeated_lines
from dedup.config import CleaningConfig
from dedup.records import Article, CleanText

STORY = (
    "The harbour bridge was closed on Monday after engineers found cracks in two of its cables.\n"
    "Drivers were sent over the old road, and the queues reached the edge of the town by noon.\n"
    "The mayor said that the repair would take at least three weeks and cost four million."
)


def cleaned(text: str, title: str = "", *, repeated: frozenset[str] = frozenset()) -> CleanText:
    return clean(Article(id="a", title=title, text=text), repeated=repeated)


def reasons(text: str, title: str = "") -> list[str]:
    return [removal.reason for removal in cleaned(text, title).removed]


# Normalisation


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("العـــربيّة", "العربية"),
        ("هٰذا قُرْآنٌ", "هذا قرآن"),
        ("علی کتاب", "علي كتاب"),
        ("فى المستشفى", "في المستشفي"),
        ("می‌خواهد", "مي خواهد"),
        ("क्‌ष", "क्ष"),
        ("٣٫٥ و ۱۲", "3.5 و 12"),
        ("ＡＢＣ　１２３", "ABC 123"),
        ("co\u00adope\u200bra\ufefftion", "cooperation"),
        ("\u202bא\u202c\u200f", "א"),
        ("“a” ‘b’ «c» — d", '"a" \'b\' "c" - d'),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("  a \t b  \n \n\n\n c ", "a b\n\nc"),
        ("end\x03", "end"),
        ("e\u0301", "é"),
        ("Straße İstanbul", "Straße İstanbul"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_normalize(raw: str, canonical: str) -> None:
    assert normalize(raw) == canonical


AWKWARD = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from(
            "اىیکكيءأ\u0654\u0653\u0655\u064e\u0640\u0670\ufe71\ufc5e\u200c\u200d\u0301\u0307"
            "eéİı\u0345\u1100\u1161\u11a8\ufb01\u3000\xa0\n\r\t\x1c\x85\u00b4\u2026"
        ),
    )
)


@settings(max_examples=500)
@given(AWKWARD)
def test_normalize_is_idempotent(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert unicodedata.is_normalized("NFKC", once)


# One line

LINES = [
    ("advertisement", "ADVERTISEMENT"),
    ("advertisement", "- Advertisement -"),
    ("advertisement", "[AD]"),
    ("advertisement", "Story continues below advertisement"),
    ("advertisement", "إعلان"),
    ("advertisement", "اعلان"),
    ("advertisement", "РЕКЛАМА"),
    ("advertisement", "Реклама:"),
    ("advertisement", "【广告】"),
    ("advertisement", "広告"),
    ("advertisement", "광고"),
    ("advertisement", "PUBLICITÉ"),
    ("advertisement", "Publicite"),
    ("advertisement", "Publicidad"),
    ("advertisement", "Anzeige"),
    ("advertisement", "REKLAM"),
    ("advertisement", "تبلیغات"),
    ("advertisement", "תוכן שיווקי"),
    ("advertisement", "विज्ञापन"),
    ("advertisement", "Advertisement (continue reading below)"),
    ("advertisement", "Publicité – Continuez la lecture"),
    ("advertisement", "Реклама 18+"),
    ("advertisement", "Реклама. ООО «Паром», ИНН 770012"),
    ("advertisement", "Publicidad: sigue leyendo"),
    ("advertisement", "إعلان - تابع القراءة أدناه"),
    ("advertisement", "विज्ञापन के बाद आगे पढ़ें"),
    ("tags", "Tags: bridge, harbour, traffic"),
    ("tags", "كلمات دلالية: الجسر المرفأ حركة السير"),
    ("tags", "الوسوم: الجسر، المرفأ"),
    ("tags", "Теги: мост, гавань"),
    ("tags", "标签：大桥，港口"),
    ("tags", "Mots-clés : pont, port"),
    ("tags", "Etiquetas: puente, puerto"),
    ("tags", "Schlagwörter: Brücke, Hafen"),
    ("tags", "Etiketler: köprü, liman"),
    ("tags", "برچسب‌ها: پل، بندر"),
    ("tags", "#bridge #harbour"),
    ("source line", "المصدر: وكالة المرفأ"),
    ("source line", "Источник: Портовые вести"),
    ("source line", "来源：港口日报"),
    ("source line", "Source : Agence du port"),
    ("source line", "Fuente: Agencia del Puerto"),
    ("source line", "Quelle: Hafenblatt"),
    ("source line", "Kaynak: Liman Ajansı"),
    ("source line", "منبع: خبرگزاری بندر"),
    ("source line", "Photo: A. Porter/Harbour Images"),
    ("source line", "(Фото: Портовые вести)"),
    ("source line", "تاريخ النشر: 3 مايو 2021"),
    ("source line", "© 2021 Harbour Daily"),
    ("source line", "Copyright © 2021 The Harbour Daily, LLC."),
    ("source line", "The Harbour Daily. All rights reserved."),
    ("source line", "Все права защищены, Портовые вести"),
    ("source line", "A. Porter and B. Quay contributed to this report."),
    ("source line", "(END)"),
    ("source line", "-ENDS-"),
    ("source line", "（完）"),
    ("source line", "// انتهى //"),
    ("source line", "انتهای پیام/م"),
    ("share buttons", "Share this article"),
    ("share buttons", "Поделиться"),
    ("share buttons", "Facebook Twitter WhatsApp Telegram"),
    ("share buttons", "فيسبوك تويتر واتساب"),
    ("share buttons", "分享到"),
    ("share buttons", "Teilen"),
    ("share buttons", "Partager sur Facebook"),
    ("share buttons", "Síguenos en Twitter y Facebook"),
    ("share buttons", "Paylaş"),
    ("share buttons", "Follow the Harbour Daily on Twitter"),
    ("share buttons", "Subscribe to our newsletter and never miss a ship"),
    ("share buttons", "Подписывайтесь на наш канал в Telegram"),
    ("share buttons", "Comments (12) | Share | Print"),
    ("share buttons", "انشر: فيسبوك إكس واتساب طباعة"),
    ("share buttons", "Обсудить (7) · Отправить в Telegram"),
    ("share buttons", "Читать в Telegram | Комментарии (7)"),
    ("share buttons", "Поділитися: Фейсбук Вайбер Друк"),
    ("share buttons", "分享到微信微博QQ空间"),
    ("share buttons", "シェア ツイート はてブ LINE"),
    ("share buttons", "공유하기 페이스북 카카오톡"),
    ("share buttons", "Teilen | Merken | Drucken"),
    ("share buttons", "Facebook'ta paylaş | Kaydet | Yorum yap (3)"),
    ("share buttons", "साझा करें: फेसबुक व्हाट्सऐप प्रिंट"),
    ("share buttons", "اشتراک‌گذاری در تلگرام | واتساپ"),
    ("share buttons", "שתפו: פייסבוק וואטסאפ"),
    ("share buttons", "Bagikan ke WhatsApp Telegram"),
    ("read also", "Read also: Ferry prices rise"),
    ("read also", "[Read more: Ferry prices rise]"),
    ("read also", ">> SEE ALSO: Ferry prices rise"),
    ("read also", "اقرأ أيضاً: ارتفاع أسعار العبّارات"),
    ("read also", "إقرأ ايضا | ارتفاع أسعار العبارات"),
    ("read also", "Читайте также: Паром подорожал"),
    ("read also", "相关阅读：渡轮票价上涨"),
    ("read also", "À lire aussi : le ferry augmente"),
    ("read also", "Lire aussi > Le ferry augmente"),
    ("read also", "Lea también: Sube el precio del ferri"),
    ("read also", "Lesen Sie auch: Fähre wird teurer"),
    ("read also", "Leia também: preço da balsa sobe"),
    ("read also", "Leggi anche: traghetto più caro"),
    ("read also", "Baca juga: Tarif feri naik"),
    ("read also", "Czytaj także: Prom drożeje"),
    ("read also", "بیشتر بخوانید: گران شدن بلیت کشتی"),
    ("read also", "Read more"),
    ("read also", "المزيد..."),
    ("page address", "https://harbour.example/2021/bridge?page=2"),
    ("page address", "http : / / harbour . example / 2021 / bridge - closed . html ? id=9"),
    ("page address", "desk@harbour.example"),
]


@pytest.mark.parametrize(("reason", "line"), LINES)
def test_a_line_of_boilerplate_goes_with_its_reason(reason: str, line: str) -> None:
    first, rest = STORY.split("\n", 1)
    found = cleaned(f"{first}\n{line}\n{rest}")
    assert found.text == STORY
    assert [(piece.text, piece.reason) for piece in found.removed] == [(normalize(line), reason)]


@pytest.mark.parametrize(
    "line",
    [
        "Source of the leak found",
        "Advertisement spending fell by a tenth in the second quarter.",
        "Share prices rose",
        "Tags on the cables show when they were last inspected.",
        "Related: the mayor denied that the bridge had been unsafe, and added that it had been "
        "looked at by three different teams since the spring, all of which had passed it.",
        "Breaking news: bridge closed",
        "The source: a leaking pipe under the northern pier that nobody had looked at for years.",
        "Источники в порту сообщили о трещинах.",
        "Реклама парома обошлась городу в миллион.",
        "إعلان الطوارئ في المرفأ",
        "المصدر الوحيد للدخل في المدينة هو المرفأ",
        "广告收入下降了百分之十。",
        "See https://harbour.example for the plans.",
        "He wrote to desk@harbour.example on Monday.",
        "Foto del año para el puente",
        "Facebook, Instagram and Telegram blocked",
        "Share prices, mail and print fall",
        "Comment on this story",
        "WhatsApp против Telegram: что выбрали моряки",
        "Advertising after the closure",
        "Реклама парома после 18 лет",
        "(End of the line)",
        "پایان خبر خوش برای بندر",
        "Copyright law was changed in 2021.",
    ],
)
def test_prose_that_looks_like_boilerplate_stays(line: str) -> None:
    text = f"{STORY}\n{line}"
    assert cleaned(text) == CleanText("", normalize(text))


def test_the_last_word_of_a_wrapped_sentence_stays() -> None:
    text = "The company said that it would pay two dollars for each\nshare\nof the harbour line."
    assert cleaned(text).removed == ()


def test_a_page_that_mixes_languages() -> None:
    lead = "أُغلق جسر المرفأ يوم الاثنين بعد أن وجد المهندسون شقوقاً في اثنين من حباله."
    rest = "وقال رئيس البلدية إن الإصلاح سيستغرق ثلاثة أسابيع على الأقل."
    found = cleaned(f"{lead}\nADVERTISEMENT\n{rest}\nShare\nالمصدر: RT\nТеги: мост")
    assert found.text == normalize(f"{lead}\n{rest}")


def test_tags_below_their_label_go() -> None:
    found = cleaned(f"{STORY}\n\nTags:\nbridge\nharbour\ntraffic\n\nThe repair begins on Tuesday.")
    assert found.text == f"{STORY}\n\nThe repair begins on Tuesday."
    assert [piece.reason for piece in found.removed] == ["tags"]


# The headline


@pytest.mark.parametrize(
    "head",
    [
        "Bridge closed, town cut off",
        "BRIDGE CLOSED,\nTOWN CUT OFF",
        "Bridge closed, town cut off\n\nBy A. Porter, 3 May\nBridge closed, town cut off",
    ],
)
def test_the_headline_is_not_repeated_in_the_body(head: str) -> None:
    found = cleaned(f"{head}\n{STORY}", title="Bridge closed – town cut off")
    assert found.title == "Bridge closed - town cut off"
    assert {piece.reason for piece in found.removed} == {"title repeated"}
    assert found.text.endswith(STORY)


def test_a_later_line_that_equals_the_headline_stays() -> None:
    text = f"{STORY}\nIt began with rain.\nBridge closed"
    assert cleaned(text, title="Bridge closed").text == text


def test_a_body_of_nothing_but_the_headline_stays() -> None:
    assert cleaned("Bridge closed", title="Bridge closed").text == "Bridge closed"


# The head and the end of the page


@pytest.mark.parametrize(
    "line",
    [
        "Home > World",
        "Home » World » Harbours",
        "You are here: Home / News / Local",
        "Главная / Общество / Порты и гавани",
        "الرئيسية » أخبار » مرافئ",
        "首页>国际>正文",
        "Accueil › Monde › Ports",
        "Inicio | Mundo | Puertos",
        "Anasayfa / Dünya",
        "صفحه نخست > جهان",
        "होम / देश / बंदरगाह",
        "Harbour Post → World → The islands",
    ],
)
def test_a_section_path_above_the_prose_goes(line: str) -> None:
    found = cleaned(f"Bridge closed\n{line}\n{STORY}")
    assert found.text == f"Bridge closed\n{STORY}"
    assert [piece.reason for piece in found.removed] == ["section path"]


@pytest.mark.parametrize(
    "line",
    [
        "Bridge / ferry: the town is cut off from both",
        "Home / away: a season in figures for the club",
        "Шторм / паром: что известно",
        "Harbour Co <HBR> and Pier Corp <PIER>",
        "Prices went from 10 > 20 > 30",
        "News | Sport | Video",
    ],
)
def test_a_headline_with_a_slash_or_an_arrow_stays(line: str) -> None:
    assert cleaned(f"{line}\n{STORY}").removed == ()


def test_a_section_path_below_the_prose_or_without_any_stays() -> None:
    assert reasons(f"{STORY}\nHome > World > Harbours") == []
    assert reasons("Home > World > Harbours\nBridge closed") == []


DATELINES = [
    ("en", "Published on Monday, 3 May 2021 at 2:05 pm"),
    ("en", "By A. Porter | 3 May 2021 | 4 min read"),
    ("en", "04/05/2021 9:30"),
    ("ru", "3 мая 2021, 14:05"),
    ("es", "3 de mayo de 2021"),
    ("ar", "أخبار المرفأ - صيدا | الاثنين 3 أيار 2021"),
    ("ar", "كاتب المرفأ3 مايو 2021"),
    ("zh", "2021年5月3日 14:05 来源:港口日报 【字体:大 中 小】"),
    ("fa", "دوشنبه ۱۳ اردیبهشت ۱۴۰۰ - ۱۴:۰۵ | کد خبر: ۵۵۰۱"),
    ("hi", "बंदरगाह डेस्क | 3 मई 2021, 2:05 PM"),
]


@pytest.mark.parametrize(("language", "line"), DATELINES)
def test_a_dateline_at_the_head_goes(language: str, line: str) -> None:
    text = f"Bridge closed\n{line}\n{STORY}"
    found = clean(Article(id="a", text=text, language=language))
    assert found.text == f"Bridge closed\n{STORY}"
    assert [piece.reason for piece in found.removed] == ["dateline"]


def test_a_date_stays_where_it_may_be_a_headline_or_tell_the_story() -> None:
    briefing = "Harbour briefing, 3 May 2021"
    days = "".join(f"{day} May 2021\nShips came in\n" for day in range(3, 8))
    assert reasons(f"{briefing}\n{STORY}") == []
    assert reasons(f"{briefing}\n{STORY}", title="A title") == ["dateline"]
    assert reasons(f"All days\n{days}{STORY}") == []
    assert reasons(f"Bridge closed\n{STORY}\n{STORY}\n3 May 2021\n{STORY}") == []
    assert reasons("Bridge closed\n3 May 2021") == []


def test_a_date_in_hard_wrapped_text_stays() -> None:
    wrapped = "the company said that it would redeem all of its notes on\n" * 6
    assert reasons(f"A headline\n3 May 2021\n{wrapped}the end of it came in the spring.") == []


@pytest.mark.parametrize("mark", ["ENDS", "完", "Конец", "End."])
def test_an_end_without_brackets_goes_below_everything_only(mark: str) -> None:
    assert cleaned(f"{STORY}\n{mark}\nTags: bridge").text == STORY
    assert reasons(f"{STORY}\n{mark}\n{STORY}") == []


def test_a_story_below_an_end_mark_and_a_heading_goes() -> None:
    pasted = OTHER.split("\n", 1)[1]
    assert cleaned(f"{STORY}\n(END)\nRead also:\n{pasted}").text == STORY


# Blocks of links

LINKS = "Ferry prices rise again\nOld road to be widened\nWho pays for the pier?"
OTHER = (
    "Ferry company raises winter prices\nA. Porter\n"
    "The ferry company raises its winter prices from Sunday, it said in a letter to the islands.\n"
    "A crossing will cost nine instead of seven, and the prices are to stay until the spring.\n"
    "Source: Island Post"
)
HEADINGS = [
    "Read also:",
    "إقرأ أيضاً:",
    "Читайте также",
    "相关阅读",
    "À lire aussi",
    "Lea también:",
    "Lesen Sie auch",
    "İlgili haberler",
    "بیشتر بخوانید",
    "مقالات مشابهة",
    "Related articles",
    "Leia também",
    "Lees ook",
    "यह भी पढ़ें",
    "関連記事",
    "관련 기사",
    "קראו גם",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_links_to_the_end_go(heading: str) -> None:
    found = cleaned(f"{STORY}\n\n{heading}\n\n{LINKS}")
    assert found.text == STORY
    assert [piece.reason for piece in found.removed] == ["read also"]


@pytest.mark.parametrize("heading", HEADINGS)
def test_links_amid_the_article_go_and_the_article_goes_on(heading: str) -> None:
    first, rest = STORY.split("\n", 1)
    long_rest = f"{rest}\n{STORY}"
    assert cleaned(f"{first}\n{heading}\n{LINKS}\n{long_rest}").text == f"{first}\n{long_rest}"


@pytest.mark.parametrize("mark", ["Source: Harbour Post", "Tags: bridge, harbour", "المصدر: RT"])
def test_a_story_below_an_end_and_a_heading_goes(mark: str) -> None:
    pasted = OTHER.split("\n", 1)[1]
    found = cleaned(f"{STORY}\n{mark}\nRead also:\n{pasted}")
    assert found.text == STORY
    assert found.removed[-1].text == f"Read also:\n{pasted}"


def test_a_story_under_its_own_headline_goes() -> None:
    assert cleaned(f"{STORY}\nRead also:\n{OTHER}").text == STORY


def test_a_photo_credit_is_not_the_end_of_an_article() -> None:
    text = f"{STORY}\nPhoto: A. Porter\nRead also:\nFerry prices rise\n{STORY}"
    assert cleaned(text).text == f"{STORY}\n{STORY}"


def test_a_cut_that_leaves_too_little_is_not_made() -> None:
    found = cleaned(f"Bridge closed\nSource: RT\nRead also:\n{STORY}")
    assert found.text == f"Bridge closed\n{STORY}"


def test_bullets_at_the_end_are_headlines_unless_introduced() -> None:
    bullets = "\n".join(f"• {line} in the coming winter season" for line in LINKS.split("\n"))
    assert cleaned(f"{STORY}\n{bullets}").text == STORY
    assert reasons(f"{STORY}\n{bullets}") == ["link list"]
    assert reasons(f"{STORY}\nThe plans are:\n{bullets}") == []


# The whole


def test_only_normalised_when_told_so() -> None:
    article = Article(id="a", title="T", text="ADVERTISEMENT\n\n\n\nx")
    config = CleaningConfig(remove_boilerplate=False)
    assert clean(article, config) == CleanText("T", "ADVERTISEMENT\n\nx")
    assert repeated_lines([article], config) == {}


def test_nothing_but_boilerplate_stays_whole() -> None:
    assert cleaned("ADVERTISEMENT\nTags: a, b") == CleanText("", "ADVERTISEMENT\nTags: a, b")


def test_removed_pieces_are_in_reading_order() -> None:
    text = f"ADVERTISEMENT\n{STORY}\nSource: RT\nTags: bridge\nRead also:\n{LINKS}"
    assert reasons(text) == ["advertisement", "source line", "tags", "read also"]


PAGES = st.lists(
    st.one_of(
        st.sampled_from([line for _, line in LINES]),
        st.sampled_from([*HEADINGS, *STORY.split("\n"), *OTHER.split("\n"), "", "•", "A title"]),
        st.sampled_from(["Home > World", "3 May 2021", "Updated 4 May 2021", "END", "(END)"]),
        st.sampled_from(["• one two three four five", "share", "of the pier and of the", "Tags:"]),
        st.text(max_size=30),
    ),
    max_size=25,
).map("\n".join)


@settings(max_examples=400)
@given(text=PAGES, title=st.sampled_from(["", "A title", "Ferry prices rise again", "share"]))
def test_clean_is_idempotent_and_loses_no_word(text: str, title: str) -> None:
    repeated = frozenset({"•", "of the pier and of the"})
    once = clean(Article(id="a", title=title, text=text), repeated=repeated)
    again = clean(Article(id="a", title=once.title, text=once.text), repeated=repeated)
    assert (again.title, again.text) == (once.title, once.text)
    pieces = " ".join([once.text, *(piece.text for piece in once.removed)])
    assert sorted(pieces.split()) == sorted(normalize(text).split())
    wall = {piece.reason for piece in once.removed} == {"body is a wall"}
    assert bool(once.text) == (bool(normalize(text)) and not wall)
    assert title or not wall


@given(text=AWKWARD, title=AWKWARD)
def test_clean_never_raises(text: str, title: str) -> None:
    clean(Article(id="a", title=title, text=text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        "a " * 2_000_000,
        "Read also:\n" * 200_000,
        "follow us on the\n" * 100_000,
        "Read also:\nShort line\n" * 100_000 + "The end of it came on a Monday in May.",
        "Title\n" * 100_000,
        "http : / / " + "a . " * 200_000,
        "facebook " * 60 + "!",
        "3 May 2021\n" * 100_000 + "The end of it came on a Monday in May.",
        "Home > World\n" * 100_000 + "The end of it came on a Monday in May.",
        "Ships\n" + "END\n" * 100_000,
    ],
    ids=[
        "word",
        "line",
        "headings",
        "follow",
        "blocks",
        "titles",
        "address",
        "networks",
        "dates",
        "paths",
        "ends",
    ],
)
def test_time_grows_with_length_only(text: str) -> None:
    start = time.process_time()
    clean(Article(id="a", title="Title", text=text))
    assert time.process_time() - start < 20


# Lines that a source repeats


def page(number: int, *lines: str, source: str = "post") -> Article:
    own = f"Ship number {number} arrived in the harbour with its load on day {number}."
    return Article(id=f"{source}{number}", text="\n".join([own, *lines]), source=source)


def test_lines_on_many_pages_of_a_source_are_found_and_cut() -> None:
    notice = "The Harbour Post is edited on the third floor and reads every letter it gets. " * 3
    articles = [page(number, "Harbour  Post", notice) for number in range(6)]
    found = repeated_lines(articles)
    assert found == {"post": frozenset({"Harbour Post", normalize(notice)})}
    result = clean(articles[3], repeated=found["post"])
    assert result.text == normalize(page(3).text)
    assert [piece.reason for piece in result.removed] == ["repeated line"]


def test_both_limits_count() -> None:
    few = [page(number, "Harbour Post") for number in range(4)]
    assert repeated_lines(few) == {}
    many = [page(n, "Harbour Post") if n < 5 else page(n) for n in range(30)]
    assert repeated_lines(many) == {}
    assert repeated_lines(many[:25]) == {"post": frozenset({"Harbour Post"})}
    config = CleaningConfig(min_repeated_pages=2, min_repeated_share=0.1)
    assert repeated_lines(many, config) == {"post": frozenset({"Harbour Post"})}


def test_reprints_and_revisions_are_one_page() -> None:
    reprints = [Article(id=str(n), text=STORY, source="post") for n in range(9)]
    revisions = [page(n, *STORY.split("\n")) for n in range(9)]
    assert repeated_lines(reprints) == {}
    assert repeated_lines(revisions) == {}


def test_articles_without_source_and_lines_without_letters_are_left_out() -> None:
    assert repeated_lines(page(n, "Harbour Post", source="") for n in range(9)) == {}
    assert repeated_lines(page(n, "* * *") for n in range(9)) == {}


@given(st.lists(st.sampled_from("abcdef"), max_size=40).map(lambda s: "\n".join(s)), st.randoms())
def test_the_order_of_the_articles_does_not_matter(lines: str, rng: random.Random) -> None:
    articles = [page(n, *lines.split("\n")[n::3], source="xy"[n % 2]) for n in range(14)]
    shuffled = rng.sample(articles, len(articles))
    assert repeated_lines(shuffled) == repeated_lines(articles)
