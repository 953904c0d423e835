"""Markup in a field is read as markup, and plain text is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.readers.fields import as_articles
from dedup.readers.markup import without_markup
from dedup.readers.mojibake import without_mojibake
from dedup.records import Problem

PLAIN = (
    "Brenn’s harbour won’t open before June, the port’s office said. “We lost a crane,” it said."
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two &amp; three.</p>", "One.\nTwo & three."),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<div><h2>Head</h2>Body <b>bold</b>, <i>slanted</i></div>", "Head\nBody bold, slanted"),
        ("<script>var a = '<p>';</script><style>p {}</style>Text<br>more", "Text\nmore"),
        ('<img src="a.jpg" alt="A &gt; B" /><p>Flood.</p>', "Flood."),
        ("<!-- advert -->Text", "Text"),
        ("<b>Flood</b> <svg onload='x()'>in Ghent", "Flood in Ghent"),
        ("<![CDATA[<em>Rain</em> ahead]]>", "Rain ahead"),
        ("Port&#8217;s crane &#x2014; lost", "Port’s crane — lost"),
        ("Port&amp;#8217;s crane", "Port’s crane"),
        ("&lt;p&gt;Escaped.&lt;/p&gt;&lt;p&gt;Twice.&lt;/p&gt;", "Escaped.\nTwice."),
        ("&amp;lt;p&amp;gt;Three times.&amp;lt;/p&amp;gt;", "Three times."),
        ("<p>Write &lt;br&gt; for a line</p>", "Write <br> for a line"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<p>a\n  b</p>", "a b"),
        ("first line\nsecond <b>line</b>", "first line\nsecond line"),
        ("<pre>one\ntwo</pre><p>x</p>", "one\ntwo\nx"),
        ("**Breaking** [Source](https://e.example/a_(b)) now", "Breaking Source now"),
        ("![photo](https://e.example/p.jpg)**Rain**", "Rain"),
        ("**A**\n# Head\n> quoted\n__under__ \\*star", "A\nHead\nquoted\nunder *star"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert without_markup(markup) == text


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 & 7 > 3",
        "if a<b and c>d then",
        "I <3 news",
        "R&D, AT&T & Co;",
        "Profit &copy 2024",
        "2 ** 3 ** 4",
        "**kwargs",
        "see [1] (page 3)",
        "array[i](x)",
        "use the <b> tag",
        "a <scr",
        "#hashtag",
        "* a list\n* of two",
        "<name> and <address>",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert without_markup(text) is text


@given(st.text(alphabet=st.characters(exclude_characters="<&*[]\\"), max_size=200))
def test_text_without_marks_is_never_touched(text: str) -> None:
    assert without_markup(text) is text


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<br>", "&amp;", "&lt;", "<b", "**", "[a](", "x ", ")"])
    )
)
def test_any_mixture_is_read(parts: list[str]) -> None:
    assert isinstance(without_markup("".join(parts)), str)


def as_html(text: str, escapes: int = 0) -> str:
    html = (
        "<p>"
        + text.replace("’", "&#8217;").replace("“", "&#8220;").replace("”", "&#8221;")
        + "</p>"
    )
    for _ in range(escapes):
        html = html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return html


@pytest.mark.parametrize("escapes", [0, 1, 2])
def test_the_same_text_with_markup_is_a_copy(escapes: int) -> None:
    rows = [
        {"id": "plain", "title": "Harbour shut", "text": PLAIN},
        {"id": "feed", "title": "Harbour shut", "text": as_html(PLAIN, escapes)},
    ]
    result = dedup.cluster(rows)
    assert len(result.duplicate_clusters) == 1
    assert {member.copy_type for member in result.duplicate_clusters[0].members} == {
        "original",
        "exact",
    }


def test_markup_is_counted() -> None:
    problems: list[Problem] = []
    rows = [{"title": "A &amp; B", "text": "<p>x</p>"}, {"title": "A", "text": "y"}]
    articles = list(dedup.readers.as_articles(rows, on_problem=problems.append))
    assert [article.title for article in articles] == ["A & B", "A"]
    assert problems == [Problem("markup removed", "item 1", "title and text", article_kept=True)]


@pytest.mark.parametrize("code_page", ["cp1252", "latin-1"])
def test_mojibake_is_mended(code_page: str) -> None:
    damaged = PLAIN.encode().decode(code_page, "replace")
    assert "harbour won’t open" in without_mojibake(damaged)
    rows = [{"id": "a", "text": PLAIN}, {"id": "b", "text": damaged}]
    assert len(dedup.cluster(rows).duplicate_clusters) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Ação em São Paulo",
        "Ärger über Öl in Åre",
        "İstanbul’da şimşek",
        "ΕΛΛΑΔΑ και Κύπρος",
        "РОССИЯ и СССР",
        "日本語の見出し",
        "naïve café – “déjà vu”",
    ],
)
def test_letters_of_all_languages_stay(text: str) -> None:
    assert without_mojibake(text) is text


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        (
            "tr",
            "İstanbul’da sabah ısıtma sistemi arızalandı; içeride kimse kalmadı, yollar açıldı.",
            "İSTANBUL’DA SABAH ISITMA SİSTEMİ ARIZALANDI; İÇERİDE KİMSE KALMADI, YOLLAR AÇILDI.",
        ),
        (
            "el",
            "Η κυβέρνηση ανακοίνωσε νέα μέτρα για την ενέργεια μετά από συζήτηση στη Βουλή.",
            "Η ΚΥΒΕΡΝΗΣΗ ΑΝΑΚΟΙΝΩΣΕ ΝΕΑ ΜΕΤΡΑ ΓΙΑ ΤΗΝ ΕΝΕΡΓΕΙΑ ΜΕΤΑ ΑΠΟ ΣΥΖΗΤΗΣΗ ΣΤΗ ΒΟΥΛΗ.",
        ),
        (
            "fr",
            "L’État a décidé de réduire l’aide à l’élevage après l’été, a annoncé le ministère.",
            "L’ETAT A DECIDE DE REDUIRE L’AIDE A L’ELEVAGE APRES L’ETE, A ANNONCE LE MINISTERE.",
        ),
        (
            "ro",
            "Primăria a închis şcoala după ce inspectorii au găsit o scurgere lângă centrală.",
            "Primăria a închis școala după ce inspectorii au găsit o scurgere lângă centrală.",
        ),
    ],
)
def test_letters_that_readers_take_for_the_same_are_copies(
    language: str, one: str, other: str
) -> None:
    rows = [
        {"id": str(k), "text": text, "language": language} for k, text in enumerate((one, other))
    ]
    (cluster,) = dedup.cluster(rows).duplicate_clusters
    assert [member.copy_type for member in cluster.members] in (
        ["original", "exact"],
        ["original", "near"],
    )


def test_other_scripts_keep_their_marks() -> None:
    rows = [{"id": "1", "text": "мой ёж"}, {"id": "2", "text": "мои еж"}]
    assert len(dedup.cluster(rows).duplicate_clusters) == 2


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('A ferry ran aground. <a href="https://e.example/f', "A ferry ran aground."),
        ("<font color=red>Flood", "Flood"),
        ("One<hr noshade>two", "One\ntwo"),
        ("<TABLE><TR><TD>One<TD>Two<TABLE><TR><TD>in</TABLE></TABLE>", "One\nTwo\nin"),
        ('<p title="a > b" onclick="if(a<b){}">Text</p>', "Text"),
        ("<o:p></o:p>Text", "Text"),
        ("[quote=Ann]It [b]sank[/b].[/quote] [url=https://e.example]more[/url]", "It sank. more"),
        ("[img]https://e.example/i.png[/img]Ferry [i]x[/i]", "Ferry x"),
    ],
)
def test_markup_of_other_writers(markup: str, text: str) -> None:
    assert without_markup(markup) == text


@pytest.mark.parametrize(
    "text",
    [
        "f(**names) and g(**others)",
        "2**3**4 is large",
        "vector<int> x; if (a<b and c>d)",
        "and [/etc/hosts] or [b] and [1]",
        "mail <ann@e.example> or <https://e.example/x>",
    ],
)
def test_code_is_no_markup(text: str) -> None:
    assert without_markup(text) == text


def test_an_outlet_behind_a_title_and_the_mark_of_a_cut_text_go() -> None:
    row = {
        "title": "Ferry aground - Echo",
        "content": "A ferry ran aground… [+1234 chars]",
        "source": {"id": None, "name": "Echo"},
    }
    (article,) = as_articles([row])
    assert (article.title, article.text) == ("Ferry aground", "A ferry ran aground")
    (other,) = as_articles([{"title": "The Echo", "text": "x", "source": "Echo"}])
    assert other.title == "The Echo"
