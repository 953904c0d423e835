"""What happens to input that is not as it should be: the exact report or message."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from dedup.config import ReadingConfig
from dedup.errors import InputError, MissingExtraError
from dedup.readers.files import read_articles
from dedup.records import Article, Problem

GOOD = {"id": "1", "title": "T", "text": "x", "lang": "en"}
LINE = json.dumps(GOOD)


def read(*inputs: Path | str, **options: Any) -> tuple[list[Article], list[Problem]]:
    """The articles of inputs, of which none may give any, and the problems."""
    met: list[Problem] = []
    articles: list[Article] = []
    try:
        articles.extend(read_articles(inputs, on_problem=met.append, **options))
    except InputError as error:
        if "gives no article" not in str(error):
            raise
    return articles, met


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


def refused(*inputs: Path | str, **options: Any) -> str:
    """The message with which inputs are refused."""
    with pytest.raises(InputError) as caught:
        read(*inputs, **options)
    return str(caught.value)


# Nothing there


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet", "a.txt", "a.html"]
)
def test_an_empty_file_is_reported(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    assert read(path) == ([], [Problem("empty file", str(path))])


def test_an_empty_compressed_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b""))
    assert read(path) == ([], [Problem("empty file", str(path))])


def test_a_file_of_blank_lines_is_empty(jsonl: Path) -> None:
    jsonl.write_text("\n \n", encoding="utf-8")
    assert read(jsonl) == ([], [Problem("empty file", str(jsonl))])


def test_a_csv_file_without_rows_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title\n", encoding="utf-8")
    assert read(path) == ([], [Problem("empty file", str(path))])


def test_blank_lines_above_a_table_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n\nid,title\n1\n2,T\n", encoding="utf-8")
    articles, met = read(path)
    assert [article.id for article in articles] == ["2"]
    assert [problem.where for problem in met] == [f"{path}:4"]


def test_a_path_that_is_too_long_for_the_system() -> None:
    path = "x" * 5_000 + ".jsonl"
    assert refused(path) == f"{path}: cannot be opened: File name too long"


def test_a_parquet_file_without_rows_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    assert read(path) == ([], [Problem("empty file", str(path))])


def test_an_article_without_title_and_text_is_skipped(jsonl: Path) -> None:
    jsonl.write_text(f'{LINE}\n{{"id": "7", "title": " ", "text": "\\n"}}\n', encoding="utf-8")
    articles, met = read(jsonl)
    assert len(articles) == 1
    assert met == [Problem("empty article", f"{jsonl}:2", "7")]


def test_a_page_of_white_space_is_an_empty_article(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n \n", encoding="utf-8")
    assert read(path) == ([], [Problem("empty article", str(path), "a.txt")])


# Too much


def test_a_text_of_10_megabytes_is_skipped(jsonl: Path) -> None:
    long = json.dumps({**GOOD, "text": "word " * 2_000_000})
    jsonl.write_text(f"{long}\n{LINE}\n", encoding="utf-8")
    articles, met = read(jsonl)
    assert len(articles) == 1
    assert met == [Problem("too long", f"{jsonl}:1", "10000001 characters")]


def test_a_text_of_10_megabytes_is_read_if_allowed(jsonl: Path) -> None:
    jsonl.write_text(json.dumps({**GOOD, "text": "word " * 2_000_000}), encoding="utf-8")
    articles, met = read(jsonl, config=ReadingConfig(max_article_chars=20_000_000))
    assert (len(articles[0].text), met) == (10_000_000, [])


def test_a_page_of_10_megabytes_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"word " * 2_000_000)
    assert read(path) == ([], [Problem("too long", str(path), "more than 8000000 bytes")])


# Bad characters


def test_null_bytes_are_removed(jsonl: Path) -> None:
    jsonl.write_text('{"title": "a\0b", "text": "c\\u0000", "lang": "en"}\n', encoding="utf-8")
    articles, met = read(jsonl)
    assert (articles[0].title, articles[0].text) == ("ab", "c")
    where = f"{jsonl}:1"
    assert met == [Problem("null bytes", where, "1 removed", article_kept=True)] * 2


def test_a_lone_surrogate_is_replaced(jsonl: Path) -> None:
    jsonl.write_text('{"title": "a\\ud83d", "lang": "en"}', encoding="utf-8")
    articles, met = read(jsonl)
    assert (articles[0].title, met) == ("a\ufffd", [])


def test_a_line_in_a_wrong_encoding_is_skipped(jsonl: Path) -> None:
    jsonl.write_bytes(f'{LINE}\n{{"title": "café"}}\n'.encode("latin-1"))
    articles, met = read(jsonl)
    assert len(articles) == 1
    assert [(p.kind, p.where, p.article_kept) for p in met] == [
        ("wrong encoding", f"{jsonl}:2", False)
    ]


def test_a_page_in_a_wrong_encoding_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(range(128, 256)) * 3)
    assert read(path) == ([], [Problem("wrong encoding", str(path))])


def test_a_table_whose_encoding_is_not_sure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,title\n1,Café\n".encode("mac-roman"))
    assert refused(path) == (
        f"{path}: is not UTF-8: line 2, byte 14: convert it first, "
        "as in `iconv -f WINDOWS-1252 -t UTF-8 a.csv`"
    )


# Bad rows


def test_broken_json_is_reported_with_its_line(jsonl: Path) -> None:
    lines = [LINE] * 7_040 + ['{"title": "cut of'] + [LINE] * 9
    jsonl.write_text("\n".join(lines), encoding="utf-8")
    articles, met = read(jsonl)
    assert len(articles) == 7_049
    assert met == [Problem("broken JSON", f"{jsonl}:7041", '{"title": "cut of')]


@pytest.mark.parametrize("line", ["[" * 100_000, "1" * 5_000, "{'title': 'T'}"])
def test_json_that_python_does_not_read_is_broken(jsonl: Path, line: str) -> None:
    jsonl.write_text(f"{LINE}\n{line}\n", encoding="utf-8")
    articles, met = read(jsonl)
    assert len(articles) == 1
    assert [(p.kind, p.where, len(p.value) <= 80) for p in met] == [
        ("broken JSON", f"{jsonl}:2", True)
    ]


@pytest.mark.parametrize("line", ['["T", 1]', '"T"', "7", "null"])
def test_json_that_is_not_an_object_is_skipped(jsonl: Path, line: str) -> None:
    jsonl.write_text(f"{LINE}\n{line}\n", encoding="utf-8")
    articles, met = read(jsonl)
    assert len(articles) == 1
    assert [(p.kind, p.where) for p in met] == [("not an object", f"{jsonl}:2")]


def test_an_item_of_a_json_array_that_is_not_an_object(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f"[{LINE}, 7]", encoding="utf-8")
    articles, met = read(path)
    assert len(articles) == 1
    assert met == [Problem("not an object", f"{path}: item 2", "7")]


def test_a_broken_json_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f"[{LINE},", encoding="utf-8")
    assert refused(path).startswith(f"{path}: is not a valid JSON array: ")


def test_a_broken_first_line_of_a_json_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"title": \n{LINE}\n', encoding="utf-8")
    articles, met = read(path)
    assert len(articles) == 1
    assert met == [Problem("broken JSON", f"{path}:1", '{"title":')]


@pytest.mark.parametrize(("row", "found"), [("1,2,3", 3), ("1", 1)])
def test_a_row_with_a_wrong_number_of_fields_is_skipped(
    tmp_path: Path, row: str, found: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'id,title\n1,"two\nlines"\n{row}\n\n2,U\n', encoding="utf-8")
    articles, met = read(path)
    assert [article.id for article in articles] == ["1", "2"]
    assert met == [Problem("wrong number of fields", f"{path}:4", f"{found} fields, 2 columns")]


def test_bad_lines_of_standard_input_name_it() -> None:
    articles, met = read("-", stdin=io.BytesIO(f"{LINE}\n{{\n".encode()))
    assert len(articles) == 1
    assert met == [Problem("broken JSON", "stdin:2", "{")]


# Bad dates


def test_an_impossible_date_is_set_aside(jsonl: Path) -> None:
    jsonl.write_text(json.dumps({**GOOD, "date": "2023-02-30"}), encoding="utf-8")
    articles, met = read(jsonl)
    assert articles[0].published_at is None
    assert met == [Problem("impossible date", f"{jsonl}:1", "2023-02-30", article_kept=True)]


def test_a_date_in_the_future_is_set_aside(jsonl: Path) -> None:
    jsonl.write_text(json.dumps({**GOOD, "date": "2033-01-01"}), encoding="utf-8")
    articles, met = read(jsonl, now=datetime(2023, 10, 18, tzinfo=UTC))
    assert articles[0].published_at is None
    assert met == [Problem("date in the future", f"{jsonl}:1", "2033-01-01", article_kept=True)]


# Bad files


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    assert refused(path) == f"{path}: there is no such file or folder"


def test_an_unknown_ending(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.touch()
    assert refused(path) == (
        f"{path}: unknown ending '.docx': known are .jsonl .ndjson .json .geojson .csv .tsv "
        ".tab .parquet .xml .rss .atom .rdf .nitf .newsml .html .htm .xhtml .txt .warc .wet .arc, "
        "all but .parquet also with .gz .zst .xz .bz2"
    )


def test_a_folder_without_files_to_read(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    assert refused(tmp_path).startswith(f"{tmp_path}: holds no files to read: known are .jsonl")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.txt"])
def test_a_file_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"PAR1")

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(path) == f"{path}: cannot be opened: Permission denied"


def test_a_file_that_cannot_be_read_to_its_end(
    jsonl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    jsonl.touch()
    monkeypatch.setattr(Path, "open", lambda *args, **options: Broken())
    assert refused(jsonl) == f"{jsonl}: cannot be read: Input/output error"


def test_an_unreadable_file_of_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"title\ncaf\x8e\n")
    (tmp_path / "b.jsonl").write_text(LINE, encoding="utf-8")
    articles, met = read(tmp_path)
    assert [article.id for article in articles] == ["1"]
    assert [(p.kind, p.where) for p in met] == [("unreadable file", str(tmp_path / "a.csv"))]


def test_what_can_be_read_of_a_truncated_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    rows = (json.dumps({**GOOD, "id": f"{n}", "text": f"{n * n}"}) for n in range(20_000))
    whole = gzip.compress("\n".join(rows).encode())
    path.write_bytes(whole[: len(whole) // 2])
    articles, met = read(path)
    assert 1_000 < len(articles) < 20_000
    where = f"{path}:{len(articles) + 1}"
    assert [(p.kind, p.where) for p in met] == [("damaged file", where)]


@pytest.mark.parametrize("kind", [".jsonl", ".csv", ".tsv", ".txt", ".rss"])
@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2", ".zst"])
def test_a_file_that_is_not_compressed_as_it_says(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"a{kind}{ending}"
    path.write_text(LINE, encoding="utf-8")
    assert re.fullmatch(
        re.escape(f"{path}: cannot be decompressed: ")
        + ".*: check that the file is complete and that its ending says how it is compressed",
        refused(path),
    )


@pytest.mark.parametrize("content", [b"not parquet", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_not_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    message = refused(path)
    assert message.startswith(f"{path}: cannot be read as Parquet: ")
    assert message.endswith("is the file complete?")


def test_a_truncated_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pylist([GOOD]), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert refused(path).startswith(f"{path}: cannot be read as Parquet: ")


# Bad columns


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.parquet"])
def test_a_table_without_title_and_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        parquet.write_table(pa.table({"x": ["1"], "y": ["2"]}), path)
    elif name in ("a.jsonl", "a.json"):
        path.write_text('{"x": 1, "y": 2}\n' * 150, encoding="utf-8")
    else:
        path.write_text(
            "x,y\n1,2\n".replace(",", "\t" if name == "a.tsv" else ","), encoding="utf-8"
        )
    assert refused(path) == (
        f"{path}: no title or text column; columns found: 'x', 'y': "
        "name one with --text-column NAME or --title-column NAME "
        "(in Python, columns={'text': NAME})"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_chosen_column_that_does_not_exist(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("title\nT\n" if name == "a.csv" else '{"title": "T"}', encoding="utf-8")
    assert refused(path, columns={"text": "body"}) == (
        f"{path}: no column 'body' (wanted for text); columns found: 'title'"
    )


def test_a_chosen_field_that_does_not_exist(jsonl: Path) -> None:
    assert refused(jsonl, columns={"body": "text"}) == (
        "'body' is not a field of an article: "
        "use id, title, text, source, published_at, language, url"
    )


# Missing packages


@pytest.fixture
def without_trafilatura(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    return iter(())


@pytest.mark.usefixtures("without_trafilatura")
def test_html_without_the_extra_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'story-dedup[html]'")):
        read(tmp_path)
