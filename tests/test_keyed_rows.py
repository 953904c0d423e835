"""Rows of hashes: any texts can be taken out and put together."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.compute.keyed_rows import KeyedRows

Row = dict[int, int]
rows_lists = st.lists(
    st.dictionaries(st.integers(0, 2**64 - 1), st.integers(1, 2**31 - 1), max_size=5), max_size=8
)


def rows_of(rows: list[Row]) -> KeyedRows:
    """Through entries in reversed order."""
    entries = [(number, *item) for number, row in enumerate(rows) for item in row.items()][::-1]
    owners, keys, values = (np.array([each[k] for each in entries], object) for k in range(3))
    return KeyedRows.of(
        owners.astype(np.int64), keys.astype(np.uint64), values.astype(np.int64), len(rows)
    )


def listed(rows: KeyedRows) -> list[list[tuple[int, int]]]:
    edges = rows.offsets.tolist()
    entries = list(zip(rows.keys.tolist(), rows.values.tolist(), strict=True))
    return [entries[a:b] for a, b in itertools.pairwise(edges)]


@given(rows_lists)
def test_rows_hold_their_entries_in_the_order_of_keys(rows: list[Row]) -> None:
    made = rows_of(rows)
    assert listed(made) == [sorted(row.items()) for row in rows]
    assert len(made) == len(rows)
    types = [str(each.dtype) for each in (made.offsets, made.keys, made.values)]
    assert types == ["int64", "uint64", "int32"]
    assert made.counts.tolist() == [len(row) for row in rows]
    assert made.owners.tolist() == [number for number, row in enumerate(rows) for _ in row]


@given(rows_lists, st.data())
def test_taken_rows_are_those_rows(rows: list[Row], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9)) if rows else []
    taken = rows_of(rows).take(np.array(numbers, np.int64))
    assert listed(taken) == [sorted(rows[number].items()) for number in numbers]


@given(rows_lists, st.data())
def test_joined_parts_are_the_whole(rows: list[Row], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    edges = [0, *cuts, len(rows)]
    parts = [rows_of(rows[a:b]) for a, b in itertools.pairwise(edges)]
    assert listed(KeyedRows.joined(parts)) == listed(rows_of(rows))


def test_nothing_joined_is_no_rows() -> None:
    assert listed(KeyedRows.joined([])) == []


@given(rows_lists, st.integers(1, 2**31 - 1))
def test_small_values_are_left_out(rows: list[Row], least: int) -> None:
    assert listed(rows_of(rows).at_least(least)) == [
        sorted((key, value) for key, value in row.items() if value >= least) for row in rows
    ]


@given(rows_lists)
def test_the_matrix_has_a_column_for_each_key(rows: list[Row]) -> None:
    made = rows_of(rows).sparse()
    keys = sorted({key for row in rows for key in row})
    assert made.shape == (len(rows), max(1, len(keys)))
    expected = [[row.get(key, 0) for key in keys or [0]] for row in rows]
    assert made.toarray().tolist() == expected


@given(st.lists(st.dictionaries(st.integers(0, 9), st.integers(1, 99), max_size=5), max_size=8))
def test_squares_are_summed_by_row(rows: list[Row]) -> None:
    assert rows_of(rows).squares().tolist() == [
        sum(value**2 for value in row.values()) for row in rows
    ]
