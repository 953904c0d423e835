"""Walls: what a site shows instead of an article says nothing, and the headline stands for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import dedup
from dedup.cleaning import clean_articles
from dedup.cleaning.walls import is_foreign, wall_key
from dedup.config import CleaningConfig
from dedup.doctor import examine
from dedup.records import Article

START = datetime(2024, 3, 5, 8, tzinfo=UTC)
HEADLINES = {
    "en": (
        "Ferry aground off Brenn",
        "Ostland raises rates again",
        "Port strike enters third week",
    ),
    "ru": (
        "Паром сел на мель",
        "Банк поднял ключевую ставку",
        "Забастовка портовиков продолжается",
    ),
    "ar": (
        "جنوح عبارة قبالة الجزيرة",
        "المصرف المركزي يرفع الفائدة",
        "إضراب الميناء يدخل أسبوعه الثالث",
    ),
    "ko": ("여객선 좌초로 승객 대피", "중앙은행 기준금리 인상", "항구 파업 셋째 주 돌입"),
    "zh": ("渡轮在布伦附近搁浅", "央行上调基准利率", "港口罢工进入第三周"),
}
OFFERS = {
    "en": "The Gazette is made by thirty people. Give them three crowns and get all they write.",
    "ru": "Газету делают тридцать человек. Поддержите нас тремя кронами и читайте всё без границ.",
    "ar": "هذه الصحيفة يصنعها ثلاثون صحفيا. ادعمهم بثلاث قطع كل شهر واحصل على كل ما نكتبه.",
    "ko": "이 신문은 서른 명의 기자가 만듭니다. 매달 후원하시면 모든 기사를 받아보실 수 있습니다.",
    "zh": "本报由三十名记者制作。每月支持三元，即可获得我们的全部报道，无论纸质版还是手机版。",
}


def pages(
    titles: tuple[str, ...], *bodies: str, source: str = "Gazette", url: str = ""
) -> list[Article]:
    """One page for each headline, with the only body, or each with its own."""
    return [
        Article(
            str(row),
            title,
            bodies[row % len(bodies)],
            source,
            START + timedelta(hours=row),
            url=url,
        )
        for row, title in enumerate(titles)
    ]


@pytest.mark.parametrize("language", HEADLINES)
def test_one_body_under_three_headlines_is_a_wall(language: str) -> None:
    articles = pages(HEADLINES[language], OFFERS[language])
    texts = clean_articles(articles)
    assert all(text.is_wall and text.text == "" for text in texts.values())
    result = dedup.cluster(articles)
    assert len(result.duplicate_clusters) == len(result.story_groups) == 3
    assert result.summary.removals == {"body is a wall": 3}


@pytest.mark.parametrize("language", HEADLINES)
def test_two_headlines_are_too_few(language: str) -> None:
    texts = clean_articles(pages(HEADLINES[language][:2], OFFERS[language]))
    assert not any(text.is_wall for text in texts.values())


def test_nearly_equal_bodies_are_one_wall() -> None:
    offer = "You have seen {} of the ten pieces that are free. Help us with a few crowns a month."
    titles = HEADLINES["en"]
    counted = pages(titles, *(offer.format(number) for number in range(3)))
    named = pages(titles, *(f"{title}\n“{title}” is for our friends only." for title in titles))
    for articles in (counted, named):
        assert all(text.is_wall for text in clean_articles(articles).values())


def test_other_names_of_a_host_are_one_outlet() -> None:
    hosts = ("www.daily.example", "m.daily.example", "amp.daily.example")
    articles = [
        Article(str(row), title, OFFERS["en"], url=f"https://{host}/{row}")
        for row, (title, host) in enumerate(zip(HEADLINES["en"], hosts, strict=True))
    ]
    assert all(text.is_wall for text in clean_articles(articles).values())
    others = [replace(one, url=f"https://{one.id}.example/") for one in articles]
    assert not any(text.is_wall for text in clean_articles(others).values())


def test_a_text_printed_under_several_headlines_is_no_wall() -> None:
    wire = (
        "A dam above the town of Keltra gave way on Tuesday after four days of rain, and 6,200 "
        "people were told to leave their homes, the governor Amadou Sorel said."
    )
    titles = (
        "Dam above Keltra gives way",
        "Thousands flee Keltra",
        "Governor: 6,200 people must leave homes",
        "Keltra under water",
    )
    articles = pages(titles, wire)
    assert not any(text.removed for text in clean_articles(articles).values())
    assert len(dedup.cluster(articles).duplicate_clusters) == 1


def test_bodies_of_figures_are_no_walls() -> None:
    titles = ("Acme first quarter results", "Brenn Mills second quarter", "Orrin Foods half year")
    bodies = [f"Shr {n} cts vs {n + 3} cts\nNet {n}.4 mln vs {n}.1 mln" for n in (12, 45, 78)]
    texts = clean_articles(pages(titles, *bodies))
    assert [text.text for text in texts.values()] == bodies


@pytest.mark.parametrize(
    "line",
    [
        "This content is for members only. Log in, or choose a plan to go on reading.",
        "Please enable JavaScript to see this page.",
        "Um weiterzulesen, wählen Sie ein Abonnement.",
        "Cet article est réservé aux abonnés.",
        "Этот материал доступен только подписчикам.",
        "この記事は有料会員限定です。",
        "Para seguir leyendo, elige un plan.",
    ],
)
def test_phrases_show_a_wall_on_one_page(line: str) -> None:
    (text,) = clean_articles(pages(("Water ice under Tolvar",), line)).values()
    assert text.is_wall
    (untitled,) = clean_articles(pages(("",), line)).values()
    assert untitled.text == line
    (below,) = clean_articles(
        pages(("Water ice",), f"Ice was found under the crater of Tolvar, a probe shows.\n{line}")
    ).values()
    assert not below.is_wall
    assert [piece.reason for piece in below.removed] == ["wall"]


def test_an_offer_behind_a_sentence_takes_it_not_along() -> None:
    text = "The bank raised its rate by a quarter point. Subscribe to continue reading."
    (clean,) = clean_articles(pages(("Rate raised",), text)).values()
    assert clean.text == text


def test_walls_are_counted_and_told() -> None:
    result = dedup.cluster(pages(HEADLINES["en"], OFFERS["en"]))
    assert "Both bodies are walls" in result.why("0", "1").sentence
    finding = examine(result).finding("walls")
    assert finding.level == "problem"
    assert finding.message == "Body is a wall: 3 articles (100 %): Gazette 3."


def test_nothing_is_looked_for_where_boilerplate_stays() -> None:
    articles = pages(HEADLINES["en"], OFFERS["en"])
    texts = clean_articles(articles, CleaningConfig(remove_boilerplate=False))
    assert not any(text.is_wall for text in texts.values())


def test_what_stands_for_a_wall() -> None:
    lines = ["Fire in Ostland", "Fire in Ostland: read 3 of the 5 texts that are free this month."]
    assert wall_key(lines, "Fire in Ostland") == ": read 0 of the 0 texts that are free this month."
    assert wall_key(["Net 3 vs 5"], "T") == "Net 3 vs 5"
    assert not is_foreign("Fire", "nothing of it")
    assert is_foreign("Fire destroys market hall", "nothing of it")
