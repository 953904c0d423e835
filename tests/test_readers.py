from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from dedup.errors import InputError
from dedup.readers.encodings import decode_page, shown_encoding
from dedup.readers.files import read_articles, total_bytes
from dedup.readers.pages import text_page
from dedup.records import Article, Problem
from tests.requirements import require

ROWS: list[dict[str, object]] = [
    {
        "id": "1",
        "title": "Fire in Rome",
        "text": "A fire, in\nRome.",
        "lang": "en",
        "date": "2023-10-18",
    },
    {
        "id": "2",
        "title": "Пожар в Риме",
        "text": "Пожар.",
        "lang": "ru",
        "date": "2023-10-19T12:00Z",
    },
]
ARTICLES = [
    Article(
        id="1",
        title="Fire in Rome",
        text="A fire, in\nRome.",
        published_at=datetime(2023, 10, 18, tzinfo=UTC),
        language="en",
        date_precision="day",
    ),
    Article(
        id="2",
        title="Пожар в Риме",
        text="Пожар.",
        published_at=datetime(2023, 10, 19, 12, tzinfo=UTC),
        language="ru",
        date_precision="minute",
    ),
]
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def read(*inputs: Path | str, **options: Any) -> list[Article]:
    """Articles of inputs in which nothing is wrong."""
    met: list[Problem] = []
    articles = list(read_articles(inputs, on_problem=met.append, **options))
    assert met == []
    return articles


def delimited(separator: str) -> bytes:
    sink = io.BytesIO()
    options = arrow_csv.WriteOptions(delimiter=separator)
    arrow_csv.write_csv(pa.Table.from_pylist(ROWS), sink, options)
    return sink.getvalue()


# Formats


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "A.JSONL"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(JSONL)
    assert read(tmp_path / name) == ARTICLES


def test_a_json_array(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS, indent=2), encoding="utf-8")
    assert read(path) == ARTICLES


def test_a_json_object_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS[0], indent=2), encoding="utf-8")
    assert read(path) == ARTICLES[:1]


@pytest.mark.parametrize(
    ("name", "separator"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "|"), ("a.tsv", "\t")]
)
def test_delimited_text(tmp_path: Path, name: str, separator: str) -> None:
    (tmp_path / name).write_bytes(delimited(separator))
    assert read(tmp_path / name) == ARTICLES


def test_a_csv_field_may_be_longer_than_the_default_of_python(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,lang\n1," + "word " * 100_000 + ",en\n", encoding="utf-8")
    assert len(read(path)[0].text) == 500_000


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pylist(ROWS), path)
    assert read(path) == ARTICLES


def test_parquet_of_several_batches_keeps_the_order(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ids = [f"{number}" for number in range(2_500)]
    table = pa.table({"id": ids, "text": ids, "lang": ["en"] * len(ids)})
    parquet.write_table(table, path, row_group_size=700)
    assert [article.id for article in read(path)] == ids


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("ending", _COMPRESS)
def test_compressed_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(_COMPRESS[ending](JSONL))
    assert read(path) == ARTICLES


@pytest.mark.parametrize("ending", _COMPRESS)
def test_compressed_files_of_several_parts(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(b"".join(map(_COMPRESS[ending], JSONL.splitlines(keepends=True))))
    assert read(path) == ARTICLES


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_byte_order_marks(tmp_path: Path, name: str, encoding: str) -> None:
    content = delimited(",") if name == "a.csv" else JSONL
    (tmp_path / name).write_text(content.decode(), encoding=encoding, newline="")
    assert read(tmp_path / name) == ARTICLES


def test_standard_input_is_json_lines() -> None:
    assert read("-", stdin=io.BytesIO(JSONL)) == ARTICLES


def test_rows_of_a_stream_come_as_they_arrive() -> None:
    class Pipe(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return self.readline()

    pipe = Pipe(JSONL)
    articles = read_articles(["-"], stdin=pipe)
    assert next(articles) == ARTICLES[0]
    assert pipe.tell() < len(JSONL)


def test_chosen_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,kop,lang\n1,ignored,Headline,en\n", encoding="utf-8")
    assert read(path, columns={"title": "kop"}) == [
        Article(id="1", title="Headline", language="en")
    ]


def test_columns_of_a_json_file_are_those_of_its_first_hundred_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows: list[dict[str, object]] = [{"id": "1", "title": "T", "lang": "en"}] * 50
    late = {"id": "2", "kop": "Late", "lang": "en"}
    path.write_text("\n".join(map(json.dumps, [*rows, late])), encoding="utf-8")
    assert read(path, columns={"text": "kop"})[-1].text == "Late"


# Folders


def write_tree(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Title of the page\n\nThe text of {name} is here.\n", encoding="utf-8")


def test_a_folder_is_read_recursively_in_sorted_order(tmp_path: Path) -> None:
    write_tree(tmp_path, ["b.txt", "a/z.txt", "a/b/c.txt", "A.TXT"])
    assert [article.id for article in read(tmp_path)] == ["A.TXT", "a/b/c.txt", "a/z.txt", "b.txt"]


def test_other_and_hidden_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    write_tree(tmp_path, ["a.txt", "README.md", "picture.png", ".hidden.txt", ".git/b.txt", "x.gz"])
    met: list[Problem] = []
    articles = list(read_articles([tmp_path], on_problem=met.append))
    assert [article.id for article in articles] == ["a.txt"]
    assert [(problem.kind, Path(problem.where).name) for problem in met] == [
        ("unknown ending", "README.md"),
        ("unknown ending", "picture.png"),
        ("unknown ending", "x.gz"),
    ]


def test_a_table_without_articles_in_a_folder_is_passed_over_and_reported(tmp_path: Path) -> None:
    write_tree(tmp_path, ["b.txt"])
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    met: list[Problem] = []
    articles = list(read_articles([tmp_path], on_problem=met.append))
    assert [article.id for article in articles] == ["b.txt"]
    assert [(p.kind, p.where) for p in met] == [
        ("no title or text column", str(tmp_path / "a.csv"))
    ]


def test_several_inputs_in_the_order_given(tmp_path: Path) -> None:
    write_tree(tmp_path, ["b.txt", "sub/a.txt"])
    articles = read(tmp_path / "b.txt", "-", tmp_path / "sub", stdin=io.BytesIO(JSONL))
    assert [article.id for article in articles] == ["b.txt", "1", "2", "a.txt"]


def test_chosen_columns_do_not_concern_pages(tmp_path: Path) -> None:
    write_tree(tmp_path, ["a.txt"])
    assert read(tmp_path, columns={"title": "kop"})[0].title == "Title of the page"


# Progress


def test_all_bytes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(JSONL))
    (tmp_path / "b.csv").write_bytes(delimited(","))
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "c.parquet")
    write_tree(tmp_path, ["d.txt", "notes.md"])
    counted: list[int] = []
    list(read_articles([tmp_path], on_bytes=counted.append))
    assert sum(counted) == total_bytes([tmp_path])


def test_the_size_of_standard_input_is_unknown(tmp_path: Path) -> None:
    assert total_bytes([tmp_path, "-"]) is None


# Pages of text


@pytest.mark.parametrize(
    ("page", "row"),
    [
        ("Title\n\nText\nmore\n", {"title": "Title", "text": "Text\nmore"}),
        ("\n\n  Title \r\nText", {"title": "Title", "text": "Text"}),
        ("Only a line", {"text": "Only a line"}),
        ("x" * 201 + "\nText", {"text": "x" * 201 + "\nText"}),
        ("x" * 200 + "\nText", {"title": "x" * 200, "text": "Text"}),
        ("", {"text": ""}),
    ],
)
def test_the_first_line_of_a_page_is_its_title_if_short(page: str, row: dict[str, str]) -> None:
    assert text_page(page) == row


def test_a_page_is_completed_from_its_text(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text(
        "Президент встретился с главой Китая\n18 октября 2023, 14:05\n\nВстреча прошла в Пекине.",
        encoding="utf-8",
    )
    (article,) = read(path)
    assert article.id == "page.txt"
    assert article.language == "ru"
    assert article.published_at == datetime(2023, 10, 18, 14, 5, tzinfo=UTC)


# Pages of HTML

HTML = """<!doctype html>
<html lang="{lang}"><head><meta charset="{charset}"><title>Fire in Rome - Example Times</title>
<meta property="og:title" content="Großer Brand in Rom">
<meta property="og:site_name" content="Example Times">
<link rel="canonical" href="https://www.example.org/news/fire">
{head}</head><body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>Großer Brand in Rom</h1>{body}
<p>Ein großer Brand ist am Mittwoch in einem Lagerhaus am Rande von Rom ausgebrochen.
Die Feuerwehr war mit vielen Wagen im Einsatz, verletzt wurde nach ersten Angaben niemand.</p>
<p>Die Ursache ist noch nicht bekannt. Die Polizei sperrte mehrere Straßen in der Umgebung
und bat die Anwohner, die Fenster geschlossen zu halten, bis der Rauch sich verzogen hat.</p>
</article><footer>Imprint</footer></body></html>"""


def html_article(
    tmp_path: Path, *, head: str = "", body: str = "", charset: str = "utf-8"
) -> Article:
    require("trafilatura")
    path = tmp_path / "fire.html"
    page = HTML.format(lang="de-AT", charset=charset, head=head, body=body)
    path.write_text(page, encoding=charset)
    (article,) = read(path)
    return article


def test_the_fields_of_an_html_page(tmp_path: Path) -> None:
    article = html_article(tmp_path)
    assert article.id == "fire.html"
    assert article.title == "Großer Brand in Rom"
    assert article.text.startswith("Ein großer Brand ist am Mittwoch")
    assert "Imprint" not in article.text
    assert article.source == "Example Times"
    assert article.language == "de"
    assert article.url == "https://www.example.org/news/fire"


def test_the_declared_encoding_of_an_html_page_counts(tmp_path: Path) -> None:
    article = html_article(tmp_path, charset="iso-8859-1")
    assert article.title == "Großer Brand in Rom"
    assert "mehrere Straßen" in article.text


_LD = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (_LD.format('{"@type": "NewsArticle", "datePublished": "2023-10-18T16:05:00+02:00"}'), ""),
        (
            _LD.format(
                '{"@graph": [{"@type": "WebPage", "datePublished": "2020-01-01"},'
                ' {"@type": ["NewsArticle"], "datePublished": "2023-10-18T14:05:00Z"}]}'
            ),
            "",
        ),
        ('<meta property="article:published_time" content="2023-10-18T14:05:00Z">', ""),
        ("", '<time itemprop="datePublished" datetime="2023-10-18T14:05:00Z">today</time>'),
        (
            '<meta name="dcterms.date" content="2023-10-18">',
            '<time datetime="2023-10-18T14:05:00Z">Wednesday</time>',
        ),
    ],
)
def test_the_full_time_of_an_html_page(tmp_path: Path, head: str, body: str) -> None:
    article = html_article(tmp_path, head=head, body=body)
    assert article.published_at == datetime(2023, 10, 18, 14, 5, tzinfo=UTC)


def test_broken_metadata_of_an_html_page_is_passed_over(tmp_path: Path) -> None:
    assert html_article(tmp_path, head=_LD.format("{not json")).published_at is None


def test_an_html_page_without_an_article_is_empty(tmp_path: Path) -> None:
    require("trafilatura")
    (tmp_path / "a.html").write_text("<html><body></body></html>", encoding="utf-8")
    met: list[Problem] = []
    with pytest.raises(InputError, match=r"a\.html: gives no article: empty article"):
        list(read_articles([tmp_path / "a.html"], on_problem=met.append))
    assert [problem.kind for problem in met] == ["empty article"]


# Cost


def test_reading_does_not_import_heavy_libraries() -> None:
    heavy = "pyarrow babel py3langid trafilatura lxml numpy"
    code = f"import sys, dedup.readers; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_SENTENCES = {
    "cp1251": "Паром сел на мель у острова Бренн рано утром во вторник.",
    "koi8-r": "Паром сел на мель у острова Бренн рано утром во вторник.",
    "cp1253": "Πλοίο προσάραξε κοντά στο νησί Μπρεν νωρίς την Τρίτη το πρωί.",
    "cp932": "火曜日の早朝、島の近くでフェリーが座礁し、乗客が救助されました。",
    "gb18030": "周二清晨，一艘渡轮在布伦岛附近搁浅，乘客被救生艇救走。",
    "cp949": "화요일 이른 아침 브렌섬 인근에서 여객선이 좌초해 승객이 구조됐다.",
    "cp1250": "Prom osiadł na mieliźnie w pobliżu wyspy Brenn we wtorek wcześnie rano.",
    "cp1252": "Un traversier s’est échoué près de l’île de Brenn tôt mardi.",
}


@pytest.mark.parametrize("encoding", _SENTENCES)
def test_the_encoding_of_a_page_that_declares_none_is_guessed(
    tmp_path: Path, encoding: str
) -> None:
    sentence = _SENTENCES[encoding]
    (tmp_path / "a.txt").write_bytes(sentence.encode(encoding))
    body = f"<html><body><article><p>{sentence * 3}</p></article></body></html>"
    (tmp_path / "b.html").write_bytes(body.encode(encoding))
    problems: list[Problem] = []
    articles = list(read_articles([tmp_path], on_problem=problems.append))
    assert [sentence in article.text for article in articles] == [True, True]
    assert {(p.kind, p.value, p.article_kept) for p in problems} == {
        ("encoding guessed", f"read as {shown_encoding(encoding)}", True)
    }


def test_a_page_says_its_encoding_in_several_ways() -> None:
    french = _SENTENCES["cp1252"]
    declared = f"<html><head><meta charset=iso-8859-1></head>{french}"
    assert decode_page(declared.encode("cp1252"), markup=True) == (declared, "", True)
    assert decode_page(french.encode("utf-16"))[:2] == (french, "")
    wrong = f"<html lang=fr><meta charset='utf-8'>{french}"
    assert decode_page(wrong.encode("cp1252"), markup=True) == (wrong, "cp1252", True)
    russian = _SENTENCES["cp1251"].encode("cp1251")
    assert decode_page(russian, declared="text/html; charset=windows-1251").guess == ""
    one = french * 9
    assert decode_page(one.encode() + b"\xe9").text == f"{one}\ufffd"
