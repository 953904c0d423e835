"""CSV and TSV as spreadsheets, databases and hands write them; folders with partitions."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.readers.delimited import delimited_rows
from dedup.readers.files import read_articles
from dedup.readers.streams import stream_of
from dedup.records import Article, Problem

CELLS = st.text(
    alphabet=st.characters(
        codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters='\n\t",;'
    ),
    max_size=12,
)


def rows_of(content: str, *, tabs: bool = False) -> tuple[list[dict[str, object]], list[Problem]]:
    problems: list[Problem] = []
    rows = delimited_rows(stream_of(content.encode()), "t", problems.append, tabs=tabs)
    return [dict(row) for _, row in rows], problems


def read(path: Path, problems: list[Problem] | None = None) -> list[Article]:
    return list(read_articles([path], on_problem=(problems if problems is not None else []).append))


def test_a_quote_mark_in_a_tsv_file_swallows_nothing() -> None:
    lines = [
        "id\ttitle\ttext",
        'a\t"We will not pay\tThe ministry refused.',
        "b\tFerry\tA ferry.",
        'c\tUnion: "we won"\tDockers.',
        'd\t"Quoted whole"\tText.',
        'e\tOpen" end\tText.',
    ]
    rows, problems = rows_of("\n".join(lines), tabs=True)
    assert [row["title"] for row in rows] == [
        '"We will not pay',
        "Ferry",
        'Union: "we won"',
        "Quoted whole",
        'Open" end',
    ]
    assert problems == []


def test_two_open_quotes_in_a_tsv_file_are_two_rows() -> None:
    rows, problems = rows_of('id\ttitle\na\t"One\nb\tTwo\nc\tThree"\nd\tFour\n', tabs=True)
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert problems == []


def test_an_open_quote_in_a_csv_file_costs_no_other_row() -> None:
    rows, problems = rows_of('id,title,text\na,"Open,text\nb,Ferry,"One, two"\nc,5" pipe,x\n')
    assert [row["title"] for row in rows] == ['"Open', "Ferry", '5" pipe']
    assert problems == []


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nid;title;text\n1;A;B, C\n",
        'id,title,text,\n1,A,"B, C",\n',
        'id,title,text\n1,A,"B, C",,\n',
        "id|title|text\n1|A|B, C\n",
        'id,title,text\r1,A,"B, C"\r',
        'id,title,text\r\n1,A,"B, C"\r\n',
        "\n\nid;title;text\n1;A;B, C\n",
        '\ufeffid,title,text\n1,A,"B, C"\n',
    ],
)
def test_usual_ways_to_write_one_row(content: str) -> None:
    rows, problems = rows_of(content)
    assert rows == [{"id": "1", "title": "A", "text": "B, C"}]
    assert problems == []


def test_quotes_escaped_by_a_backslash() -> None:
    rows, problems = rows_of('id,title,text\n1,"He said \\"no\\", twice","x"\n2,A,B\n')
    assert [row["title"] for row in rows] == ['He said "no", twice', "A"]
    assert problems == []


def test_a_row_that_does_not_fit_is_reported_with_its_line() -> None:
    rows, problems = rows_of('id,title\n1,"a\nb"\n2\n3,c\n')
    assert [row["id"] for row in rows] == ["1", "3"]
    assert problems == [Problem("wrong number of fields", "t:4", "1 fields, 2 columns")]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), st.sampled_from(",;"))
def test_what_python_writes_is_read_back(cells: list[tuple[str, str]], separator: str) -> None:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("title", "text"), *cells])
    if "\\" in sink.getvalue():
        return  # Whether a backslash escapes a quote cannot be known.
    rows, _ = rows_of(sink.getvalue())
    assert [(row["title"], row["text"]) for row in rows] == [
        pair for pair in cells if "".join(pair).strip() or "\n" not in "".join(pair)
    ]


def test_blanks_behind_separators_are_no_part_of_quotes() -> None:
    rows, problems = rows_of('id, title, text\n1, "A, B", x\n2, B, "y ""z"""\n')
    assert [str(row["title"]).strip() for row in rows] == ["A, B", "B"]
    assert rows[1]["text"] == 'y "z"'
    assert problems == []


def test_the_ending_of_a_table_does_not_decide_its_separator() -> None:
    assert rows_of("id,title\n1,Ferry\n", tabs=True)[0] == [{"id": "1", "title": "Ferry"}]
    assert rows_of("title\nFerry, aground\n", tabs=True)[0] == [{"title": "Ferry, aground"}]
    assert [row["id"] for row in rows_of('id\ttitle\na\t"One\nb\tTwo\n')[0]] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id;title\n1;L’été\n"),
        ("a.jsonl", '{"id": 1, "title": "L’été"}\n'),
        ("a.txt", "L’été\n\nA ferry ran aground."),
    ],
)
def test_utf_16_needs_no_byte_order_mark(
    tmp_path: Path, name: str, content: str, encoding: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    problems: list[Problem] = []
    assert [article.title for article in read(path, problems)] == ["L’été"]
    with path.open("rb") as stream:
        if name != "a.txt":
            assert [a.title for a in read_articles(["-"], stdin=stream)] == ["L’été"]
    assert problems == []


def test_folders_of_partitions_are_columns(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [1, 2],
            "title": ["Ferry", "Rate"],
            "lang": ["en", "en"],
            "date": ["2024-03-05", "2024-03-06"],
        }
    )
    pq.write_to_dataset(table, tmp_path, partition_cols=["lang", "date"])
    articles = sorted(read(tmp_path), key=lambda article: article.id)
    assert [str(article.published_at)[:10] for article in articles] == ["2024-03-05", "2024-03-06"]
    assert {article.language for article in articles} == {"en"}


def test_folders_add_columns_to_every_kind_of_file(tmp_path: Path) -> None:
    folder = tmp_path / "desk=Wire%20room" / "lang=it"
    other = tmp_path / "desk=__HIVE_DEFAULT_PARTITION__" / "lang=it"
    for place in (folder, other):
        place.mkdir(parents=True)
        (place / "a.csv").write_text("id,title\na,Ferry\n")
        (place / "b.jsonl").write_text('{"id": "b", "title": "Ferry", "lang": "de"}\n')
        (place / "c.json").write_text('[{"id": "c", "title": "Ferry", "lang": null}]')
        (place / "d.txt").write_text("Ferry\n\nA ferry ran aground.")
    problems: list[Problem] = []
    columns = {"source": "desk", "title": "title"}
    articles = list(read_articles([folder.parents[1]], columns=columns, on_problem=problems.append))
    assert [(article.id[-5:], article.language, article.source) for article in articles] == [
        ("a", "it", "Wire room"),
        ("b", "de", "Wire room"),
        ("c", "it", "Wire room"),
        ("d.txt", "it", ""),
        ("d.txt", "it", ""),
    ]
    # Without a value for the desk, the column that was named is missing.
    assert [problem.kind for problem in problems] == ["no title or text column"] * 3


def test_files_of_bookkeeping_are_reported_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "_delta_log").mkdir()
    for name in ("a.jsonl", "_delta_log/0.json", "_b.jsonl", "_SUCCESS", ".c.jsonl"):
        (tmp_path / name).write_text('{"id": "1", "title": "Ferry"}')
    problems: list[Problem] = []
    assert len(read(tmp_path, problems)) == 1
    assert [(p.kind, Path(p.where).name) for p in problems] == [
        ("hidden file", "_b.jsonl"),
        ("hidden file", "0.json"),
    ]


def test_the_order_of_day_and_month_is_that_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "us.csv"
    path.write_text(
        "id,title,date\na,A,03/12/2024 9:05 PM\nb,B,03/13/2024 7:15 AM\nc,C,04/05/2024\n"
    )
    problems: list[Problem] = []
    assert [str(article.published_at)[:10] for article in read(path, problems)] == [
        "2024-03-12",
        "2024-03-13",
        "2024-04-05",
    ]
    assert problems == []


def test_an_order_that_had_to_be_guessed_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "A", "date": "03/12/2024"}\n')
    problems: list[Problem] = []
    assert str(read(path, problems)[0].published_at)[:10] == "2024-12-03"
    assert [problem.kind for problem in problems] == ["day and month guessed"]


def test_columns_of_one_name_and_quotes_that_are_not_doubled() -> None:
    rows, problems = rows_of("id,title,title\n1,Ferry,\n2,,Rate\n")
    assert rows == [{"id": "1", "title": "Ferry"}, {"id": "2", "title": "Rate"}]
    rows, more = rows_of('id,title\n1,"Bad "inner" quote"\n')
    assert rows == [{"id": "1", "title": 'Bad "inner" quote'}]
    assert problems == more == []
