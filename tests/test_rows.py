"""Rows of the input that go out again: in its order, with its columns, without copies."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup.result import ARTICLE_COLUMNS

Run = Callable[..., SimpleNamespace]

MILL = (
    "A fire destroyed the paper mill of Haslund overnight, chief fire officer Karin Olstad said; "
    "nobody was hurt and the cause was unknown."
)
BANK = (
    "The central bank of Ostland kept its interest rate; governor Piet Maran said that inflation "
    "was still too high for a cut this year."
)
ROWS: list[dict[str, object]] = [
    {"Headline": "Mill burns", "Body": MILL, "Desk": "north", "Paid": 1, "Date": "2024-03-06"},
    {"Headline": "Bank holds", "Body": BANK, "Desk": "money", "Paid": None, "Date": "2024-03-09"},
    {"Headline": "", "Body": "", "Desk": "nobody", "Paid": 0, "Date": ""},
    {
        "Headline": "Fire in Haslund",
        "Body": MILL.replace("overnight", "on Tuesday night"),
        "Desk": "late, with a comma",
        "Paid": 0,
        "Date": "2024-03-05",
    },
]


def written(path: Path) -> Path:
    """The rows as a file of the format that its name says."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ROWS[0])
            writer.writeheader()
            writer.writerows(ROWS)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture(params=["rows.jsonl", "rows.csv", "rows.parquet"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return written(tmp_path / request.param)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_output_has_the_order_of_the_input_and_its_place(run: Run, rows: Path) -> None:
    out = lines_of(run("cluster", rows, "-o", "-", "--with", "title,Desk").out)
    assert [row["title"] for row in out] == ["Mill burns", "Bank holds", "Fire in Haslund"]
    assert [row["Desk"] for row in out] == ["north", "money", "late, with a comma"]
    assert [(row["file"], row["row"]) for row in out] == [(str(rows), n) for n in (1, 2, 4)]
    assert tuple(out[0]) == (*ARTICLE_COLUMNS, "file", "row", "title", "Desk")
    assert out[0]["duplicate_cluster"] == out[2]["duplicate_cluster"]


def test_all_columns_come_along_and_none_is_overwritten(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    values = {
        "id": " m1 ",
        "title": "Mill",
        "text": MILL,
        "language": "English",
        "n": [1, {"a": 2}],
    }
    path.write_text(json.dumps(values), encoding="utf-8")
    (row,) = lines_of(run("cluster", path, "-o", "-", "--with", "all").out)
    assert (row["id"], row["input_id"]) == ("m1", " m1 ")
    assert (row["language"], row["input_language"]) == ("en", "English")
    assert (row["title"], row["text"], row["n"]) == ("Mill", MILL, [1, {"a": 2}])
    # An id of its own says where a row is from.
    assert "file" not in row
    (placed,) = lines_of(run("cluster", path, "-o", "-", "--with", "row").out)
    assert placed["row"] == 1


def test_unique_rows_are_those_of_the_input(run: Run, rows: Path, tmp_path: Path) -> None:
    """One of each text, as they were: the earlier one of the two copies is the last row."""
    done = run("cluster", rows, "--unique", "-", "--format", "jsonl", "--quiet")
    kept = lines_of(done.out)
    assert [row["Headline"] for row in kept] == ["Bank holds", "Fire in Haslund"]
    expected: list[dict[str, object]] = [ROWS[1], ROWS[3]]
    if rows.suffix == ".csv":
        expected = [{k: "" if v is None else str(v) for k, v in row.items()} for row in expected]
    assert kept == expected
    for ending in (".csv", ".parquet"):
        path = tmp_path / f"unique{ending}"
        assert run("cluster", rows, "--unique", path, "--quiet").code == 0
        if ending == ".parquet":
            assert pq.read_table(path).to_pylist() == expected
        else:
            table = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
            assert [row["Desk"] for row in table] == ["money", "late, with a comma"]
            assert list(table[0]) == list(ROWS[0])


def test_unique_by_story_has_one_row_of_each_story(run: Run, seeds_path: Path) -> None:
    by_text = lines_of(run("cluster", seeds_path, "--unique", "-", "--quiet").out)
    by_story = run("cluster", seeds_path, "--unique", "-", "--unique-by", "story", "--quiet")
    stories = lines_of(run("cluster", seeds_path, "--stories", "-", "--quiet").out)
    firsts = {story["first_article"] for story in stories}
    assert {row["id"] for row in lines_of(by_story.out)} == firsts
    assert len(firsts) < len(by_text) < 164
    given = lines_of(seeds_path.read_text(encoding="utf-8"))
    assert [row for row in given if row in by_text] == by_text


def test_values_of_several_types_go_into_parquet(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "u.parquet"
    odd: list[object] = [1, "two", None, {"three": [3]}, "\ud800", 2**80]
    texts = [f"{MILL} {word}" * 2 for word in ("kestrel", "tower", "pool", "ferry", "bus", "canal")]
    rows = [{"id": str(n), "text": text, "odd": odd[n]} for n, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("cluster", path, "-o", out, "--with", "odd", "--quiet").code == 0
    assert pq.read_table(out)["odd"].to_pylist() == [
        "1", "two", None, '{"three": [3]}', "?", str(2**80),
    ]  # fmt: skip


def test_rows_are_numbered_as_they_stand_in_their_files(run: Run, tmp_path: Path) -> None:
    """Records that cannot be read, or hold nothing, count; each file begins with 1."""
    folder = tmp_path / "in"
    folder.mkdir()
    good = [json.dumps({"text": f"{MILL} {n}"}) for n in range(3)]
    lines = ["{broken", good[0], '{"text": ""}', "[1]", good[1]]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "b.jsonl").write_text(good[2], encoding="utf-8")
    (folder / "c.csv").write_text(f'text,n\n"{BANK}\nmore",1\nx,y,z\n"{BANK} {MILL}",2\n')
    out = lines_of(run("cluster", folder, "-o", "-").out)
    assert [(Path(row["file"]).name, row["row"]) for row in out] == [
        ("a.jsonl", 2), ("a.jsonl", 5), ("b.jsonl", 1), ("c.csv", 1), ("c.csv", 3),
    ]  # fmt: skip


def test_of_one_id_the_row_of_the_article_in_use_goes_out(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        {"id": "a", "text": MILL, "date": "2024-03-05", "version": 1},
        {"id": "b", "text": BANK, "date": "2024-03-05", "version": 1},
        {"id": "a", "text": f"{MILL} More later.", "date": "2024-03-06", "version": 2},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = lines_of(run("cluster", path, "-o", "-", "--with", "version").out)
    assert [(row["id"], row["version"]) for row in out] == [("b", 1), ("a", 2)]
    unique = lines_of(run("cluster", path, "--unique", "-", "--quiet").out)
    assert unique == rows[1:]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-o", "-", "--with", "Dsk"), 1, "no column 'Dsk': did you mean 'Desk'?"),
        (("-o", "-", "--unique", "-"), 2, "--output and --unique are both '-'"),
        (("--unique", "out.txt"), 2, "the ending '.txt' names no format"),
        (("--stories", "nowhere/x.csv"), 1, "its folder does not exist"),
        (("--unique", "u.csv", "--engine", "spark", "-o", "x"), 2, "--unique is not available on"),
        (("--against", "rows.csv", "--stories", "s.csv"), 2, "--stories needs stories"),
        (("--against", "nothing.csv"), 1, "there is no such file"),
    ],
)
def test_what_cannot_be_written_is_said(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "rows.csv")
    done = run("cluster", "rows.csv", *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in " ".join(done.err.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_stdout_takes_every_format(run: Run, rows: Path) -> None:
    table = list(
        csv.DictReader(io.StringIO(run("cluster", rows, "-o", "-", "--format", "csv").out))
    )
    assert len(table) == 3
    assert tuple(table[0]) == (*ARTICLE_COLUMNS, "file", "row")
    assert len(lines_of(run("cluster", rows, "--stories", "-").out)) == 2


def test_articles_that_copy_another_set_are_found(run: Run, rows: Path, tmp_path: Path) -> None:
    """Test data against training data: no stories, the copies one way and the rest the other."""
    train = tmp_path / "train.jsonl"
    copied = {"id": "t1", "title": "Old", "text": MILL}
    train.write_text(json.dumps(copied), encoding="utf-8")
    done = run("cluster", rows, "--against", train, "-o", "-", "--with", "Desk")
    copies = lines_of(done.out)
    assert [(row["copy_of"], row["row"]) for row in copies] == [("t1", 1), ("t1", 4)]
    assert all(row["jaccard"] > 0.7 and row["Desk"] for row in copies)
    assert "3 articles: 2 copies of texts in" in done.err
    for form in ("jsonl", "csv"):
        path = tmp_path / f"clean.{form}"
        assert run("cluster", rows, "--against", train, "--unique", path).code == 0
        assert path.read_text(encoding="utf-8").count("Bank holds") == 1
        assert "Mill" not in path.read_text(encoding="utf-8")
    shown = run("cluster", rows, "--against", train).out
    assert "2 copies" in shown
    assert "copies t1 (Jaccard" in shown


def test_an_index_is_another_set_too(run: Run, rows: Path, tmp_path: Path) -> None:
    news = tmp_path / "news"
    old = tmp_path / "old.jsonl"
    old.write_text(json.dumps({"id": "t1", "text": MILL, "date": "2020-01-01"}), encoding="utf-8")
    assert run("add", news, old, "--quiet").code == 0
    against_file = lines_of(run("cluster", rows, "--against", old, "-o", "-").out)
    against_index = lines_of(run("cluster", rows, "--against", news, "-o", "-").out)
    assert against_file == against_index
    assert [row["copy_of"] for row in against_index] == ["t1", "t1"]
