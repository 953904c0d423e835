"""Adding from a stream and following it: processes of their own, signals, a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dedup.cli.add import Adder, ProblemLog, _fed
from dedup.cli.stream import Interruption, LiveStdin
from dedup.errors import InputError, StoreError
from dedup.index.story_index import StoryIndex
from dedup.records import Article
from tests.indexes import PATIENCE

Run = Callable[..., SimpleNamespace]
TEXT = "Krakatau erupted over Banten and Labuan at night; 31 boats are missing. " * 3


def row(number: int) -> str:
    return json.dumps(
        {
            "id": f"k{number}",
            "title": f"Krakatau {number}",
            "text": f"{TEXT} {number}",
            "published_at": "2024-05-01T12:00:00Z",
        }
    )


class Process:
    """A command that runs beside the test; killed at the end if it still runs."""

    def __init__(self, *arguments: object) -> None:
        self.run = subprocess.Popen(
            [sys.executable, "-m", "dedup", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._read = b""

    def say(self, line: str) -> None:
        assert self.run.stdin is not None
        self.run.stdin.write(f"{line}\n".encode())

    def answer(self) -> dict[str, Any]:
        """The next line that it prints, which must come without any further input."""
        assert self.run.stdout is not None
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.run.stdout], [], [], PATIENCE)
            assert ready, "nothing was printed"
            block = self.run.stdout.read(1 << 16)
            assert block, "it has ended"
            self._read += block
        line, _, self._read = self._read.partition(b"\n")
        return dict(json.loads(line))

    def interrupt(self) -> None:
        self.run.send_signal(signal.SIGINT)

    def end(self) -> SimpleNamespace:
        out, err = self.run.communicate(timeout=PATIENCE)
        whole = (self._read + out).decode("utf-8")
        return SimpleNamespace(code=self.run.returncode, out=whole, err=err.decode("utf-8"))

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        if self.run.poll() is None:
            self.run.kill()
        with contextlib.suppress(ValueError):
            self.run.communicate()


def held(folder: Path) -> set[str]:
    with StoryIndex.open(folder, read_only=True) as index:
        events = index.changes()
    return {each for event in events for each in event.added}


def test_a_line_is_in_the_index_while_the_stream_waits(tmp_path: Path) -> None:
    news = tmp_path / "news"
    with Process("add", news, "-", "--json") as adding:
        adding.say(row(1))
        assert adding.answer()["id"] == "k1"
        assert held(news) == {"k1"}
        adding.say(row(2) + "\n{broken\n" + row(3))
        assert [adding.answer()["id"] for _ in range(2)] == ["k2", "k3"]
        assert held(news) == {"k1", "k2", "k3"}
        done = adding.end()
    assert done.code == 0
    last = json.loads(done.out.splitlines()[-1])
    assert last["counts"] == {"added": 3, "updated": 0, "unchanged": 0, "skipped": 1}


def test_a_full_batch_does_not_wait(tmp_path: Path) -> None:
    rows = "\n".join(map(row, range(7))) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "dedup", "add", tmp_path / "news", "-", "--batch", "3"],
        input=rows,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.startswith("7 added, ")


def test_ctrl_c_says_how_far_it_came(tmp_path: Path) -> None:
    news = tmp_path / "news"
    with Process("add", news, "-", "--json") as adding:
        adding.say(row(1))
        assert adding.answer()["id"] == "k1"
        adding.say(row(2))
        adding.interrupt()
        done = adding.end()
    assert done.code == 130
    assert "stopped: " in done.err
    assert "Traceback" not in done.err
    *placements, last = map(json.loads, done.out.splitlines())
    assert {"k1", *(each["id"] for each in placements)} == held(news)
    assert last["counts"]["added"] == len(held(news))


def test_a_second_writer_is_refused_and_readers_are_not(run: Run, tmp_path: Path) -> None:
    news, path = tmp_path / "news", tmp_path / "a.jsonl"
    path.write_text(row(9))
    with Process("add", news, "-", "--json") as adding:
        adding.say(row(1))
        adding.answer()
        for arguments in (("add", news, path), ("remove", news, "k1"), ("rebuild", news)):
            refused = run(*arguments)
            assert refused.code == 1
            lines = [line for line in refused.err.splitlines() if line.strip()]
            assert len(lines) == 1
            assert lines[0].startswith("dedup: error: ")
            assert "Traceback" not in refused.err
        assert "k1" in run("stories", news, "--json").out
        assert run("check", news).code == 0
        assert adding.end().code == 0
    assert run("add", news, path).out.startswith("1 added")


def test_changes_are_followed_until_ctrl_c(run: Run, tmp_path: Path) -> None:
    news, path = tmp_path / "news", tmp_path / "a.jsonl"
    path.write_text(row(1))
    run("add", news, path)
    with Process("changes", news, "--follow", "--json") as following:
        assert following.answer()["added"] == ["k1"]
        path.write_text(row(2))
        run("add", news, path)
        assert "k2" in following.answer()["added"]
        following.interrupt()
        done = following.end()
    assert (done.code, done.out, done.err) == (0, "", "")


class Recorder:
    """In place of an index: keeps what it was given."""

    def __init__(self, on_add: Callable[[], object] = lambda: None) -> None:
        self.batches: list[list[str]] = []
        self._on_add = on_add

    def add(self, articles: Sequence[Article], problems: list[object]) -> list[SimpleNamespace]:
        self._on_add()
        self.batches.append([each.id for each in articles])
        return [SimpleNamespace(status="added") for _ in articles]


def adder_of(recorder: Recorder, size: int) -> Adder:
    adder = Adder(size, ProblemLog())
    adder.begin(recorder, None)  # type: ignore[arg-type]
    return adder


def some(count: int) -> Iterator[Article]:
    return (Article(str(number), "Title") for number in range(count))


def test_ctrl_c_while_a_batch_is_written_finishes_it_and_stops() -> None:
    recorder = Recorder(lambda: signal.raise_signal(signal.SIGINT))
    adder = adder_of(recorder, 3)
    with Interruption() as interruption:
        assert _fed(adder, some(100), interruption) is False
    assert recorder.batches == [["0", "1", "2"]]
    assert adder.counts["added"] == 3


def test_ctrl_c_while_reading_adds_what_was_read() -> None:
    def reading() -> Iterator[Article]:
        yield from some(2)
        signal.raise_signal(signal.SIGINT)
        yield from some(5)

    recorder = Recorder()
    with Interruption() as interruption:
        assert _fed(adder_of(recorder, 10), reading(), interruption) is False
    assert recorder.batches == [["0", "1", "0"]]


def test_a_second_ctrl_c_stops_at_once() -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    recorder = Recorder(twice)
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        _fed(adder_of(recorder, 1), some(3), interruption)
    assert recorder.batches == []
    assert signal.getsignal(signal.SIGINT) is before


def test_what_was_read_before_an_error_is_added() -> None:
    def reading() -> Iterator[Article]:
        yield from some(2)
        raise InputError("torn")

    recorder = Recorder()
    with Interruption() as interruption, pytest.raises(InputError, match="torn"):
        _fed(adder_of(recorder, 10), reading(), interruption)
    assert recorder.batches == [["0", "1"]]


def test_a_store_that_cannot_be_written_ends_it_and_what_was_written_counts() -> None:
    def full() -> None:
        if recorder.batches:
            raise StoreError("no space left")

    recorder = Recorder(full)
    adder = adder_of(recorder, 2)
    with Interruption() as interruption, pytest.raises(StoreError, match="no space left"):
        _fed(adder, some(9), interruption)
    assert recorder.batches == [["0", "1"]]
    assert adder.counts["added"] == 2


def test_what_a_stream_brought_waits_a_second_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    clock = [100.0]
    waited: list[float | None] = []
    ready: list[bool] = []

    def select_(streams: list[int], *rest: Any) -> tuple[list[int], list[int], list[int]]:
        waited.append(rest[-1])
        return (streams if ready.pop(0) else [], [], [])

    pauses: list[int] = []
    with Interruption() as interruption, os.fdopen(writer, "wb", buffering=0) as pipe:
        stdin = LiveStdin(reader, lambda: pauses.append(len(waited)), interruption)
        monkeypatch.setattr("dedup.cli.stream.select.select", select_)
        monkeypatch.setattr("dedup.cli.stream.monotonic", lambda: clock[0])

        def read(line: bytes, *answers: bool) -> None:
            ready[:] = answers
            pipe.write(line)
            assert stdin.read(100) == line

        read(b"one\n", True)
        # A trickle does not put it off: the rest of the second is left, then nothing.
        clock[0] += 0.75
        read(b"two\n", True)
        clock[0] += 0.75
        read(b"three\n", False, True)
        assert waited == [None, 0.25, 0.0, None]
        assert pauses == [3]
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stdin.read(100)
    os.close(reader)


def test_problems_of_an_endless_stream_are_counted_not_kept() -> None:
    from dedup.records import Problem

    log = ProblemLog()
    for number in range(1000):
        log.append(Problem("broken JSON", f"stdin:{number}"))
        log.append(Problem("impossible date", f"stdin:{number}", article_kept=True))
        log.append(Problem("empty file", f"stdin:{number}"))
    assert len(log.examples) == 9
    assert log.counts["broken JSON"] == 1000
    assert log.skipped == 1000


def on_terminal(*arguments: object, columns: int = 80) -> str:
    """What a command prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "dedup", *map(str, arguments)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    os.close(theirs)
    shown = b""
    # Linux says "input/output error" when the other end of a terminal is closed.
    with contextlib.suppress(OSError):
        while block := os.read(ours, 1 << 16):
            shown += block
    assert process.wait(timeout=PATIENCE) == 0
    os.close(ours)
    return shown.decode("utf-8").replace("\r\n", "\n")


def test_on_a_terminal_the_table_fits(run: Run, tmp_path: Path) -> None:
    news, path = tmp_path / "news", tmp_path / "a.jsonl"
    rows = [json.loads(row(number)) for number in range(3)]
    rows[0]["title"] = "A very long headline \x1b]0;x\x07 " + "about boats " * 20
    path.write_text("\n".join(map(json.dumps, rows)))
    run("add", news, path)
    shown = on_terminal("stories", news, columns=90)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    head, line = (each.rstrip() for each in shown.splitlines())
    assert head.split()[0] == "id"
    assert "sources" not in head
    assert len(line) <= 90
    assert line.endswith("…")
    assert "2024-05-01 12:00" in line
    assert "about boats " * 19 in run("stories", news).out
