"""Reads and questions go on while a long batch is written."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from dedup.index.fair_lock import FairLock
from dedup.index.live.live import LiveIndex
from dedup.records import Article
from dedup.server.app import create_app
from dedup.store import Placement
from tests.indexes import PATIENCE, check_index, opened
from tests.served import running


def test_who_waits_for_a_turn_is_served_before_the_next_step() -> None:
    turns = FairLock()
    order: list[str] = []
    waiting = threading.Event()

    def ask() -> None:
        waiting.set()
        with turns.acquired(), turns.acquired():
            order.append("asked")

    with ThreadPoolExecutor(1) as thread:
        with turns.acquired():
            asking = thread.submit(ask)
            assert waiting.wait(PATIENCE)
            while not turns.is_wanted:
                pass
        with turns.acquired():
            order.append("worked")
        asking.result(PATIENCE)
    assert order == ["asked", "worked"]


class Steps:
    """Takes no step of a batch before somebody waits for a turn, or all have been answered.

    Args:
        monkeypatch: Puts it in the way of `LiveIndex.apply`.
        turns: Of the index.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, turns: FairLock) -> None:
        self.taken = 0
        self.answered_after = -1
        self.begun = threading.Event()
        self.answered = threading.Event()
        apply = LiveIndex.apply

        def applied(live: LiveIndex, *args: Any) -> Any:
            self.taken += 1
            self.begun.set()
            # With what is in memory in hand: who asks for it cannot go on now.
            until = time.monotonic() + PATIENCE
            while not turns.is_wanted and not self.answered.wait(0.001):
                assert time.monotonic() < until, "nobody asks"
            if self.answered.is_set() and self.answered_after < 0:
                self.answered_after = self.taken
            return apply(live, *args)

        monkeypatch.setattr(LiveIndex, "apply", applied)


def test_a_question_is_answered_between_two_steps_of_a_batch(
    tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, step=2) as index, ThreadPoolExecutor(1) as thread:
        index.add(pool[:5])
        steps = Steps(monkeypatch, index._memory._fair_lock)
        adding: Future[list[Placement]] = thread.submit(index.add, pool[5:45])
        assert steps.begun.wait(PATIENCE)
        assert index.query(pool[0]).duplicates[0].a == pool[0].id
        steps.answered.set()
        assert len(adding.result(PATIENCE)) == 40
        assert steps.taken == 20
        assert 0 < steps.answered_after < 20
        monkeypatch.undo()
        assert index.changes()[0].number == 1
        check_index(index)


def test_a_step_that_fails_undoes_the_batch(
    tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, step=2) as index:
        index.add(pool[:5])
        before = index.changes(), index.query(pool[7])
        steps = Steps(monkeypatch, index._memory._fair_lock)
        apply = LiveIndex.apply

        def fail_later(live: LiveIndex, *args: Any) -> Any:
            if steps.taken == 3:
                raise MemoryError
            return apply(live, *args)

        steps.answered.set()
        monkeypatch.setattr(LiveIndex, "apply", fail_later)
        with pytest.raises(MemoryError):
            index.add(pool[5:15])
        monkeypatch.undo()
        assert (index.changes(), index.query(pool[7])) == before
        check_index(index)


def test_the_server_answers_while_a_batch_is_written(
    tmp_path: Path, pool: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": item.id, "text": item.text or "."} for item in pool[:40]]
    with opened(tmp_path, step=2) as index, running(create_app(index)) as address:
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            assert client.post("/v1/articles", json=rows[:4]).status_code == 201
            steps = Steps(monkeypatch, index._memory._fair_lock)

            def ask(text: str) -> httpx.Response:
                return client.post("/v1/query", json={"text": text})

            with ThreadPoolExecutor(12) as threads:
                adding = threads.submit(client.post, "/v1/articles", json=rows[4:])
                assert steps.begun.wait(PATIENCE)
                asking = [threads.submit(ask, pool[number].text) for number in range(6)]
                assert client.get("/v1/stories").status_code == 200
                assert client.get(f"/v1/articles/{pool[0].id}").status_code == 200
                assert asking[0].result(PATIENCE).status_code == 200
                assert not adding.done()
                steps.answered.set()
                assert {item.result(PATIENCE).status_code for item in asking} == {200}
                assert adding.result(PATIENCE).status_code == 201
        monkeypatch.undo()
        check_index(index)
