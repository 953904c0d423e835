"""Columns in files: what is read is what was written last, or the time before, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.compute.growable import (
    Columns,
    Growable,
    GrowableArray,
    GrowableRows,
    GrowableStrings,
    packed,
    unpacked,
)
from dedup.compute.keyed_rows import KeyedRows
from dedup.index.live import columns as module
from dedup.index.live.arrays.column_dict import ColumnDict
from dedup.index.live.columns import ColumnFiles, Saved

WORDS = ["", "a", "żółć\n", "\0", "\ud800", "普京", ""]
CHOSEN = np.array([0, 3, 5])


class Killed(BaseException):
    """The process is there no more."""


class Growing:
    """Columns that grow, and others that are other ones each time."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.rows: list[int] = []
        self.words: list[str] = []

    def grow(self) -> Saved:
        self.rows += self.random.integers(-9, 9, self.random.integers(4)).tolist()
        self.words += self.random.choice(WORDS, self.random.integers(4)).tolist()
        rows = np.array(self.rows, np.int16)
        grown = {"rows": rows, "pairs": np.stack((rows, -rows), 1), **packed("words", self.words)}
        state = {
            "none": np.empty((0, 3), np.float64),
            "flags": self.random.random(self.random.integers(40)) < 0.5,
            "table": np.asfortranarray(self.random.integers(0, 9, (3, 4))),
        }
        return Saved(grown, state)


def is_of(columns: Columns, saved: Saved) -> bool:
    """Whether columns are what was written, to the type and the last bit."""
    written = {**saved.grown, **saved.state}
    return columns.keys() == written.keys() and all(
        columns[name].dtype == column.dtype and np.array_equal(columns[name], column)
        for name, column in written.items()
    )


def flipped(content: bytes, random: Random) -> bytes:
    bit = random.randrange(8 * len(content))
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_columns_that_grow_come_back_as_they_are(tmp_path: Path, seed: int) -> None:
    growing, files = Growing(seed), ColumnFiles(tmp_path / "columns")
    assert files.read({}) is None
    for number in range(12):
        saved = growing.grow()
        files.write({"number": str(number)}, saved, anew=number % 5 == 4)
        found = ColumnFiles(tmp_path / "columns").read({"number": {str(number)}})
        assert found is not None
        assert found[0] == {"number": str(number)}
        assert is_of(found[1], saved)
        assert unpacked(found[1], "words") == growing.words
        # What is read may be changed, and the files stay as they are.
        found[1]["table"][:] = 7
        if number % 3 == 2:
            files = ColumnFiles(tmp_path / "columns")
            assert files.read({}) is not None


def test_columns_are_appended_and_not_written_again(tmp_path: Path) -> None:
    files = ColumnFiles(tmp_path)
    rows = np.arange(1000)
    files.write({}, Saved({"rows": rows[:900]}, {}), anew=False)
    (file,) = tmp_path.glob("rows.*")
    written: list[int] = []
    put = module._put

    def counted(column: Any, *others: Any) -> None:
        written.append(column.nbytes)
        put(column, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_put", counted)
        files.write({}, Saved({"rows": rows}, {}), anew=False)
    assert [*tmp_path.glob("rows.*")] == [file]
    assert written == [rows[900:].nbytes]


def test_only_columns_that_fit_are_read_the_newest_first(tmp_path: Path) -> None:
    growing, files = Growing(1), ColumnFiles(tmp_path)
    written = {str(number): growing.grow() for number in range(4)}
    for number, saved in written.items():
        files.write({"number": number}, saved, anew=False)
    # Those before the last but one are gone.
    for number, there in (("0", False), ("1", False), ("2", True), ("3", True)):
        found = files.read({"number": {number, "0"}})
        assert (found is not None) == there
        assert found is None or is_of(found[1], written[number])
    assert files.read({"number": {"3"}, "made": {"otherwise"}}) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_file_is_seen_and_the_columns_before_serve(tmp_path: Path, seed: int) -> None:
    random, growing, files = Random(seed), Growing(seed), ColumnFiles(tmp_path)
    before, last = growing.grow(), growing.grow()
    files.write({"number": "1"}, before, anew=False)
    files.write({"number": "2"}, last, anew=False)
    assert files._head is not None
    for file in sorted(tmp_path.iterdir()):
        whole = file.read_bytes()
        size = files._head.sizes.get(file.name, len(whole))
        if not size:
            continue
        counted, room = whole[:size], whole[size:]
        damages = [flipped(counted, random) + room for _ in range(12)]
        for damage in [*damages, b"", whole[: random.randrange(size)], None]:
            file.unlink()
            if damage is not None:
                file.write_bytes(damage)
            found = ColumnFiles(tmp_path).read({})
            # A damage behind what counts for the columns before is none to them.
            if found is not None:
                assert found[0] == {"number": "1"} or file.name in ("head.1", "state.1")
                assert is_of(found[1], last if found[0] == {"number": "2"} else before)
        file.write_bytes(whole)
        if room:
            # The room means nothing.
            file.write_bytes(counted + flipped(room, random))
            found = ColumnFiles(tmp_path).read({})
            assert found is not None
            assert found[0] == {"number": "2"}
            file.write_bytes(whole)
    found = ColumnFiles(tmp_path).read({})
    assert found is not None
    assert is_of(found[1], last)


def test_what_is_mapped_grows_into_its_room_and_the_file_stays(tmp_path: Path) -> None:
    rows = np.arange(3000).reshape(1000, 3)
    ColumnFiles(tmp_path).write({}, Saved({"x": rows}, {}), anew=False)
    files = [ColumnFiles(tmp_path) for _ in range(2)]
    grown = [GrowableArray(np.int64, (3,)) for _ in files]
    for column, folder in zip(grown, files, strict=True):
        found = folder.read({})
        assert found is not None
        column.load(found[1], "x")
    first, second = grown
    mapped, before = first.rows, second.nbytes
    first.extend(rows[:200] + 1)
    second.extend(rows[:100] + 2)
    assert np.shares_memory(first.rows, mapped)
    assert second.nbytes == before > rows.nbytes
    files[0].write({}, Saved({"x": first.rows}, {}), anew=False)
    # Neither what another process appends, nor its own, is seen in the place of the rows.
    assert np.array_equal(first.rows, np.concatenate((rows, rows[:200] + 1)))
    assert np.array_equal(second.rows, np.concatenate((rows, rows[:100] + 2)))
    first.load(files[0].written(), "x")
    first.extend(rows)
    second.extend(rows)
    assert np.array_equal(first.rows, np.concatenate((rows, rows[:200] + 1, rows)))
    assert np.array_equal(second.rows, np.concatenate((rows, rows[:100] + 2, rows)))


def test_a_writer_that_is_killed_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of each write, and what comes after it goes on from there."""
    growing, files = Growing(5), ColumnFiles(tmp_path)
    saved, number, left = growing.grow(), 0, 0
    files.write({"number": "0"}, saved, anew=False)
    put = module._put

    def killing(column: Any, file: BinaryIO, hasher: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            file.write(column.tobytes()[: column.nbytes // 2])
            raise Killed
        put(column, file, hasher)

    for killed_after in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9):
        following, left = growing.grow(), killed_after
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(module, "_put", killing)
            ColumnFiles(tmp_path).write({"number": "lost"}, following, anew=True)
            left = -1
            files.write({"number": "lost"}, following, anew=False)
        files = ColumnFiles(tmp_path)
        found = files.read({})
        assert found is not None
        if found[0] == {"number": str(number)}:
            assert is_of(found[1], saved)
        else:
            assert is_of(found[1], following)
        number, saved = number + 1, growing.grow()
        files.write({"number": str(number)}, saved, anew=False)


def test_files_that_are_gone_or_newer_are_not_continued(tmp_path: Path) -> None:
    growing, files = Growing(7), ColumnFiles(tmp_path)
    files.write({}, growing.grow(), anew=False)
    for file in tmp_path.iterdir():
        file.unlink()
    files.write({}, growing.grow(), anew=False)
    files.write({"number": "2"}, growing.grow(), anew=False)
    earlier = ColumnFiles(tmp_path)
    (tmp_path / "head.3").write_bytes(b"damaged")
    assert earlier.read({"number": {"2"}}) is not None
    before = {file.name for file in tmp_path.iterdir()}
    after = growing.grow()
    earlier.write({}, after, anew=False)
    assert {"rows.4", "state.4"} <= {file.name for file in tmp_path.iterdir()} - before
    found = ColumnFiles(tmp_path).read({})
    assert found is not None
    assert is_of(found[1], after)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing, files = Growing(6), ColumnFiles(tmp_path)
    before = growing.grow()
    files.write({}, before, anew=False)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no space"):
            files.write({}, growing.grow(), anew=False)
    found = ColumnFiles(tmp_path).read({})
    assert found is not None
    assert is_of(found[1], before)
    after = growing.grow()
    files.write({}, after, anew=False)
    found = ColumnFiles(tmp_path).read({})
    assert found is not None
    assert is_of(found[1], after)


def array() -> Iterator[Growable]:
    grown = GrowableArray(np.int32, (2,))
    grown.extend(np.arange(8).reshape(4, 2))
    yield grown
    grown.extend(np.arange(6).reshape(3, 2))
    yield grown


def sparse_rows() -> Iterator[Growable]:
    grown = GrowableRows()
    owners, keys = np.array([0, 0, 2, 3]), np.array([5, 9, 1, 7], np.uint64)
    grown.extend(KeyedRows.of(owners, keys, np.array([3, 1, 4, 1]), 5))
    yield grown
    grown.extend(KeyedRows.of(np.array([0]), keys[:1], np.array([9]), 2))
    yield grown


def strings() -> Iterator[Growable]:
    grown = GrowableStrings(WORDS[:6])
    yield grown
    grown.add(WORDS[6:])
    yield grown


@pytest.mark.parametrize("kind", [array, sparse_rows, strings])
def test_what_grows_is_saved_whole_or_in_part_and_begins_as_before(kind: Any) -> None:
    steps = kind()
    grown: Growable = next(steps)
    before = {name: column.copy() for name, column in grown.saved("x").items()}
    chosen = grown.saved("x", np.array([0, 3]))
    next(steps)
    for name, column in grown.saved("x").items():
        assert np.array_equal(column[: len(before[name])], before[name])
    for columns in (before, chosen):
        other: Growable = next(kind())
        other.load(columns, "x")
        again = other.saved("x")
        assert all(np.array_equal(again[name], column) for name, column in columns.items())
    grown.shrink(4)
    other = next(kind())
    other.load({name: column.copy() for name, column in grown.saved("x").items()}, "x")
    assert all(
        np.array_equal(column, other.saved("x", np.array([0, 3]))[name])
        for name, column in grown.saved("x", np.array([0, 3])).items()
    )


@given(st.lists(st.text(st.characters() | st.sampled_from("\0\ud800\U0001f600"), max_size=4)))
def test_strings_come_back(given_strings: list[str]) -> None:
    columns = packed("s", given_strings)
    assert unpacked(columns, "s") == given_strings
    grown = GrowableStrings(given_strings)
    assert [grown[row] for row in range(len(grown))] == given_strings
    reverse = np.arange(len(grown))[::-1]
    assert unpacked(grown.saved("r", reverse), "r") == given_strings[::-1]


def test_a_dict_of_columns_is_made_when_it_is_looked_at() -> None:
    made: list[int] = []

    def make() -> dict[str, int]:
        made.append(1)
        return {"a": 1, "b": 2}

    numbers = ColumnDict(make)
    assert not made
    assert "a" in numbers
    assert "c" not in numbers
    numbers["c"] = 3
    del numbers["a"]
    assert dict(numbers) == {"b": 2, "c": 3}
    assert len(numbers) == 2
    assert numbers.pop("a", None) is None
    assert made == [1]
