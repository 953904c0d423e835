"""Outputs: the same bytes for the same result, complete or absent."""

from __future__ import annotations

import csv
import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dedup.errors import OutputError
from dedup.output.tables import replacing, write_table

COLUMNS = ("id", "published_at", "probability", "members", "texts")
ROWS: list[dict[str, Any]] = [
    {
        "id": "ا",
        "published_at": datetime(2023, 10, 16, 9, 30, tzinfo=UTC),
        "probability": 0.5,
        "members": ["ا", "b c"],
        "texts": 2,
    },
    {"id": "b", "published_at": None, "probability": None, "members": [], "texts": 1},
]
ENDINGS = (".parquet", ".jsonl", ".ndjson", ".csv")


def test_jsonl_keeps_lists_and_writes_times_in_utc(tmp_path: Path) -> None:
    write_table(ROWS, COLUMNS, tmp_path / "a.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert rows[0] == {**ROWS[0], "published_at": "2023-10-16T09:30:00Z"}
    assert rows[1] == ROWS[1]
    assert tuple(rows[0]) == COLUMNS


def test_csv_writes_lists_as_json(tmp_path: Path) -> None:
    write_table(ROWS, COLUMNS, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert json.loads(rows[0]["members"]) == ["ا", "b c"]
    assert rows[1]["published_at"] == rows[1]["probability"] == ""


def test_parquet_keeps_types(tmp_path: Path) -> None:
    write_table(ROWS, COLUMNS, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.to_pylist() == ROWS
    assert str(table.schema.field("published_at").type) == "timestamp[us, tz=UTC]"


def test_parquet_of_no_rows_has_the_columns(tmp_path: Path) -> None:
    write_table([], COLUMNS, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").column_names == list(COLUMNS)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        write_table(ROWS, COLUMNS, tmp_path / (name + ending))
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.faults
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"out{ending}"
    target.write_text("old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"out\..*No space left on device"):
        write_table(ROWS, COLUMNS, target)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == [target.name]  # noqa: PTH208


def test_an_error_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), replacing(tmp_path / "out.csv") as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        write_table(ROWS, COLUMNS, tmp_path / "missing" / "a.csv")


def test_an_unknown_ending_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"'\.xlsx' names no format: use \.parquet"):
        write_table(ROWS, COLUMNS, tmp_path / "a.xlsx")


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    write_table(ROWS, COLUMNS, tmp_path / "a.csv")
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode
