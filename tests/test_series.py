"""Series: texts of one source that fill in one template, and what is none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import dedup
from benchmarks.series_texts import Labelled, labelled_texts
from dedup.cleaning import clean_articles
from dedup.description.series import series_of, template_around, template_of
from dedup.duplicates.series import Origin, in_series
from dedup.index import StoryIndex
from dedup.records import Article, CleanText
from dedup.report import render_report
from dedup.stories.series import MOST_COMPARED, SERIES_LOG_ODDS
from dedup.text.outlines import (
    DAY,
    FAR,
    NAME,
    NUMBER,
    OUTLINE_CHARS,
    SLOTS,
    WORD,
    _signature,
    agreeing,
    details_of,
    of_one_series,
    outline,
)
from tests.news_streams import START, HashingEncoder

TEXTS = labelled_texts(8)
REPORTS = {f"report {language}" for language in ("en", "de", "es", "ru", "ar", "zh")}
GOLDEN = [65436, 37776, 34477, 33893]
QUAKE = (
    "A magnitude {} earthquake struck {} km north of {} at {} on Friday, according to the national "
    "seismological service. The quake occurred at a depth of {} km."
)
QUAKES = [
    Article("ferrol", "Quake strikes near Ferrol", QUAKE.format("3.4", 12, "Ferrol", "04:11", 8)),
    Article("duneth", "Quake strikes near Duneth", QUAKE.format("4.9", 31, "Duneth", "17:42", 22)),
    Article("orrin", "Quake strikes near Orrin", QUAKE.format("5.2", 44, "Orrin", "19:03", 15)),
]
QUAKES = [
    replace(one, source="Coast Times", published_at=START + timedelta(hours=row), language="en")
    for row, one in enumerate(QUAKES)
]


def origin(one: Labelled | Article) -> Origin:
    article = one.article if isinstance(one, Labelled) else one
    return Origin.of(article, CleanText(article.title, article.text))


def test_series_are_told_from_edits() -> None:
    """No report and what became of it are one, nearly all texts of one template are."""
    pairs = [
        (a, b)
        for a, b in combinations(TEXTS, 2)
        if a.article.source == b.article.source and a.article.language == b.article.language
    ]
    edits = [(a, b) for a, b in pairs if a.event == b.event and a.article.id in REPORTS]
    assert len(edits) == 17
    assert not [(a, b) for a, b in edits if in_series(origin(a), origin(b))]
    others = [in_series(origin(a), origin(b)) for a, b in pairs if a.event != b.event]
    assert len(others) > 300
    assert sum(others) > 0.98 * len(others)


def test_copies_and_stories_of_made_up_series() -> None:
    result = dedup.cluster([one.article for one in TEXTS if one.event != "report"])
    event_of = {one.article.id: one.event for one in TEXTS}
    for cluster in result.duplicate_clusters:
        assert len({event_of[member.id] for member in cluster.members}) == 1


def test_the_texts_of_a_template_are_counted_as_defined() -> None:
    """Those of its source that are of a series with a text, 30 days before and after it."""
    chosen = [one.article for one in TEXTS if one.article.language in ("en", "zh")]
    articles = [
        replace(one, published_at=None)
        if row % 7 == 0
        else replace(one, published_at=START + timedelta(days=row % 5 * 20))
        for row, one in enumerate(chosen)
    ]
    result = dedup.cluster(articles, encoder=HashingEncoder())
    evidences = result.evidences
    texts = [one for one in articles if evidences.representative_of(one.id) == one.id]
    wanted = {}
    for one in texts:
        near = [
            other
            for other in texts
            if (one.published_at is None) == (other.published_at is None)
            and (
                one.published_at is None
                or other.published_at is None
                or abs(one.published_at - other.published_at) <= timedelta(days=30)
            )
            and in_series(origin(one), origin(other))
        ]
        if near:
            wanted[one.id] = template_of(one.source, len(near) + 1)
    assert len(wanted) > 20
    assert len(set(wanted.values())) > 3
    assert evidences.templates == wanted


def test_the_texts_of_a_long_series_are_counted_up_to_a_limit() -> None:
    towns = [f"A{a}o{b}ol" for a in "bcdfghkl" for b in "mnprstvz"]
    articles = [
        replace(
            QUAKES[0],
            id=town,
            title=f"Quake strikes near {town}",
            text=QUAKE.format(f"{row % 9}.{row}", row, town, f"04:{row}", 900 + row),
            published_at=START + timedelta(minutes=row),
        )
        for row, town in enumerate(towns)
    ]
    templates = dedup.cluster(articles, encoder=HashingEncoder()).evidences.templates
    assert templates.keys() == set(towns)
    counts = [int(one.split()[5]) for one in templates.values() if one.endswith(" or more")]
    assert len(counts) == len(towns)
    assert 40 < min(counts) <= max(counts) == MOST_COMPARED + 1


def test_the_report_names_the_template_of_a_text() -> None:
    other = Article(
        "t", "The harbour bridge opens", f"{'The harbour bridge is open. ' * 9}", "Coast Times"
    )
    page = render_report(dedup.cluster([*QUAKES, other]))
    assert page.count("<bdi>one template of Coast Times: 3 texts</bdi>") == 3
    # In a story of several articles the text itself tells it.
    later = START + timedelta(hours=9)
    copy = replace(QUAKES[0], id="copy", source="Another Paper", published_at=later)
    page = render_report(dedup.cluster([*QUAKES, copy]))
    assert page.count("<bdi>one template of Coast Times: 3 texts</bdi>") == 2
    assert page.count("<bdi>One template of Coast Times: 3 texts. They differ") == 1
    anonymous = [replace(one, source="") for one in QUAKES]
    assert "one template of" not in render_report(dedup.cluster(anonymous)).lower()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_quakes_of_one_day_are_no_copies_and_no_story(order: tuple[int, ...]) -> None:
    config = dedup.Config.from_mapping({"near_duplicates": {"min_jaccard": 0.2}})
    result = dedup.cluster([QUAKES[row] for row in order], config)
    assert len(result.duplicate_clusters) == len(result.story_groups) == 3
    assert not result.matches
    anonymous = [replace(one, source="") for one in QUAKES]
    assert len(dedup.cluster(anonymous, config).duplicate_clusters) < 3


def test_who_published_it_decides() -> None:
    first, second, _ = map(origin, QUAKES)
    assert in_series(first, second)
    assert not in_series(first, replace(second, source="Gazette"))
    assert not in_series(replace(first, source=""), replace(second, source=""))
    hosts = [
        replace(one, source="", url=f"https://{name}.coast.example/{one.id}")
        for one, name in zip(QUAKES, ("www", "m", "amp"), strict=True)
    ]
    assert in_series(origin(hosts[0]), origin(hosts[1]))


def test_the_first_article_with_a_text_decides() -> None:
    """Another outlet had the second text first: it is no text of the series of Coast Times."""
    earlier = replace(QUAKES[1], id="wire", source="Wire", published_at=START - timedelta(hours=1))
    config = dedup.Config.from_mapping({"near_duplicates": {"min_jaccard": 0.2}})
    result = dedup.cluster([*QUAKES[:2], earlier], config)
    assert [match.b for match in result.matches if match.a == "wire"] == ["ferrol", "duneth"]


def test_rates_of_one_bank_differ_by_the_day() -> None:
    text = (
        "The central bank set its rates for the dollar, the euro and the pound at {}, {} and {} "
        "crowns. They hold until the next working day and are used by customs and tax offices."
    )
    monday = outline("Exchange rates", text.format("4.51", "4.90", "5.77"), "en")
    tuesday = outline("Exchange rates", text.format("4.53", "4.88", "5.79"), "en")
    corrected = outline("Exchange rates", text.format("4.51", "4.90", "5.78"), "en")
    assert of_one_series(monday, tuesday, 86_400)
    assert not of_one_series(monday, tuesday, 3_600)
    assert not of_one_series(monday, tuesday, None)
    assert not of_one_series(monday, corrected, 86_400)


def test_a_paragraph_more_makes_no_series() -> None:
    """It pushes the end of a long text out of what counts; the rest of it is in both."""
    body = " ".join(
        f"Then Minister Abel{n}son of Town{n}ville said {n} things about it on day {n}, and people "
        "of the place heard him and wrote it down for all who were not there."
        for n in range(10, 40)
    )
    assert len(body) > 2 * OUTLINE_CHARS
    added = f"Governor Piet Maran spoke in Lindmar of 417 cases before all others. {body}"
    assert not of_one_series(outline("Town", body, "en"), outline("Town", added, "en"), 3_600)


def test_details_of_scripts_with_and_without_capitals() -> None:
    def kinds(text: str, language: str, kind: int) -> list[str]:
        return [d.spelled for d in details_of("", text, language) if d.kind > 0 and d.kind & kind]

    english = "The mayor of Ferrol, Anna Olin, met 3,400 people on Friday at 04:11."
    assert kinds(english, "en", NAME) == ["Ferrol", "Anna", "Olin"]
    assert kinds(english, "en", NUMBER) == ["3,400", "04:11"]
    assert kinds(english, "en", DAY) == ["Friday"]
    assert kinds("En Ferrol, el jueves, habló Ana.", "es", DAY) == ["jueves"]
    assert kinds("ضرب زلزال يوم الخميس مدينة فرول", "ar", NAME) == []
    assert kinds("ضرب زلزال يوم الخميس مدينة فرول", "ar", DAY) == ["الخميس"]
    assert kinds("MAYOR ANNA OLIN OF FERROL SPOKE", "en", NAME) == []


words = st.lists(st.sampled_from([f"word{n}" for n in range(40)]), min_size=12, max_size=30)
details = st.lists(st.sampled_from(["Ferrol", "Duneth", "12", "4.9", "Friday", "Anna"]), max_size=5)


@settings(max_examples=150)
@given(
    one=words, other=words, ours=details, theirs=details, gap=st.sampled_from([None, 60, 90_000])
)
def test_the_rule_is_symmetric_and_no_text_is_of_a_series_with_itself(
    one: list[str], other: list[str], ours: list[str], theirs: list[str], gap: int | None
) -> None:
    a = outline("Title", " ".join([*one[:6], *ours, *one[6:]]), "en")
    b = outline("Title", " ".join([*other[:6], *theirs, *other[6:]]), "en")
    assert of_one_series(a, b, gap) == of_one_series(b, a, gap)
    assert not of_one_series(a, a, gap)


SCRIPTS = {
    "en": (
        "the old harbour by sea was closed again as rain fell on it",
        "Ferrol Duneth Anna Orrin",
    ),
    "ru": ("старый порт у моря снова закрыт потому что шёл дождь весь день", "Феррол Дунет Анна"),
    "ar": ("ضرب زلزال ساحل البلاد ليلا دون خسائر كما قالت هيئة الرصد امس", "فرول دونث انا"),
    "zh": ("昨 夜 海 边 的 港 口 因 雨 关 闭 多 日", "北京 上海 东京"),
}
FILLED = ["12", "4.9", "04:11", "3,400", "17", "8", "Friday", "monday", "الخميس", "周五"]


@st.composite
def filled_templates(draw: st.DrawFn) -> tuple[Origin, Origin]:
    """Two texts of a source: one template, or two that are alike, with other details."""
    language = draw(st.sampled_from(sorted(SCRIPTS)))
    written, names = (part.split() for part in SCRIPTS[language])
    length = draw(st.integers(10, 40))
    words = draw(st.lists(st.sampled_from(written), min_size=length, max_size=length))
    texts = []
    for _ in range(2):
        text = list(words)
        for fill in draw(st.lists(st.sampled_from(names + FILLED), min_size=2, max_size=8)):
            text.insert(draw(st.integers(0, 12)), fill)
        for dropped in draw(st.lists(st.integers(0, 9), max_size=1)):
            text.pop(dropped)
        texts.append(draw(st.sampled_from([" ", ". "])).join([" ".join(text), *text[:3]]))
    titles = [draw(st.sampled_from(["", names[0], texts[0][:30]])) for _ in texts]
    hour = draw(st.sampled_from([0, 3_600, 90_000]))
    first, second = (
        Origin("Post", seconds, language, title, text)
        for seconds, title, text in zip((1, 1 + hour), titles, texts, strict=True)
    )
    return first, second


@settings(max_examples=400)
@given(pair=filled_templates())
def test_no_series_is_lost_by_what_is_looked_at_before_the_outlines(
    pair: tuple[Origin, Origin],
) -> None:
    a, b = pair
    whole = of_one_series(a.outline, b.outline, abs(a.seconds - b.seconds))
    assert in_series(a, b) == whole
    event(f"a series: {whole}")


@settings(max_examples=300)
@given(pair=filled_templates())
def test_an_outline_is_made_of_the_details_of_all_words(pair: tuple[Origin, Origin]) -> None:
    for one in pair:
        words: set[int] = set()
        kinds: dict[int, int] = {}
        for detail in details_of(one.title, one.text, one.language):
            if detail.kind > 0 and detail.kind & (NAME | NUMBER | DAY):
                known = kinds.get(detail.key, detail.kind)
                kinds[detail.key] = (known | detail.kind) & ~(FAR & ~(known & detail.kind))
            elif detail.kind >= 0:
                words.add(detail.key)
                if detail.kind & WORD:
                    kinds[detail.key] = detail.kind
        found = outline(one.title, one.text, one.language)
        assert found.details == kinds
        assert found.signature.tolist() == _signature(words).tolist()


def test_signatures_are_those_of_every_machine_and_release() -> None:
    """They are stored: other values are another `FORMAT` of profiles."""
    signature = outline("", "a report of an old harbour by the sea that was closed again").signature
    assert signature[:4].tolist() == GOLDEN


def test_agreement_estimates_the_jaccard_similarity_of_the_words() -> None:
    errors = []
    letters = str.maketrans("0123456789", "klmnopqrtu")
    for shared in range(0, 100, 5):
        first = [f"s{n}" for n in range(shared)] + [f"a{n}" for n in range(100 - shared)]
        second = [f"s{n}" for n in range(shared)] + [f"b{n}" for n in range(100 - shared)]
        # Without digits, which would be numbers.
        spelled = (" ".join(text).translate(letters) for text in (first, second))
        a, b = (outline("", text) for text in spelled)
        exact = shared / (200 - shared)
        errors.append(agreeing(a.signature, b.signature) / SLOTS - exact)
    assert abs(float(np.mean(errors))) < 0.1
    assert max(map(abs, errors)) < 0.3


def test_why_tells_the_series_in_the_batch_and_in_the_index(tmp_path: Path) -> None:
    result = dedup.cluster(QUAKES)
    sentence = result.why("ferrol", "duneth").sentence
    assert sentence.startswith(
        "Apart: one template of Coast Times: 3 texts; these two differ in 3.4/4.9, 12/31, "
        "Ferrol/Duneth, 04:11/17:42, 8/22; P(same event)"
    )
    link = result.why("ferrol", "duneth").link
    assert link is not None
    assert {e.name: e.log_odds for e in link.evidence}["series"] == SERIES_LOG_ODDS / 1000
    with StoryIndex.open(tmp_path / "index") as index:
        index.add(QUAKES)
        assert index.why("ferrol", "duneth").sentence == sentence


def test_articles_without_a_source_are_of_the_outlet_of_their_address(tmp_path: Path) -> None:
    articles = [
        replace(QUAKES[0], source="coast.example"),
        replace(QUAKES[1], source="", url="https://www.coast.example/2"),
        replace(QUAKES[2], source="", url="https://coast.example/3"),
    ]
    with StoryIndex.open(tmp_path / "index") as index:
        index.add(articles)
        sentence = index.why("ferrol", "duneth").sentence
        assert sentence.startswith("Apart: one template of coast.example: 3 texts;")
        assert [remark.kind for remark in index.remarks("orrin")] == ["series"]
        assert sentence == dedup.cluster(articles).why("ferrol", "duneth").sentence


def test_the_template_around_a_text_has_all_texts_of_its_series() -> None:
    origins = [origin(one) for one in TEXTS]
    for one in origins[::7]:
        others = [other for other in origins if other is not one and other.source == one.source]
        texts = {other.text for other in others if in_series(one, other)}
        found = template_around(one, others)
        assert (f"{len(texts) + 1} texts" in found) if texts else not found


def test_texts_of_no_series_have_none() -> None:
    articles = [one.article for one in TEXTS if one.event == "report"]
    texts = clean_articles(articles)
    origins = [Origin.of(article, texts[article.id]) for article in articles[:2]]
    assert series_of(origins[0], origins[1], origins) is None
