"""Parts of a job in other processes: the same results, errors, and what a dead process costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dedup.bench.corpus import generate
from dedup.cleaning import clean_articles
from dedup.compute.arrays import Float32s
from dedup.compute.processes import LIMIT, MIN_ITEMS, MIN_POOLED_ITEMS, spread, worker_pool
from dedup.config import Config
from dedup.description.key_terms import calendar_terms
from dedup.description.names import story_names
from dedup.encoders.bundled import BundledEncoder
from dedup.encoders.embedding import embed
from dedup.errors import MissingExtraError
from dedup.pipeline import profiles_of
from tests.indexes import PATIENCE
from tests.parts import Unsendable, dead, failed, printed, refused, squared


def test_many_parts_are_done_in_other_processes_in_their_order() -> None:
    with spread(MIN_ITEMS, processes=2) as mapped:
        done = list(mapped(squared, range(20)))
    assert [square for square, _ in done] == [number**2 for number in range(20)]
    assert os.getpid() not in {process for _, process in done}


def test_jobs_share_a_pool_of_processes() -> None:
    with worker_pool(MIN_POOLED_ITEMS - 1, processes=2), spread(MIN_ITEMS - 1) as mapped:
        assert list(mapped(squared, [3])) == [(9, os.getpid())]
    seen: list[set[int]] = []
    with worker_pool(MIN_POOLED_ITEMS, processes=2):
        for _ in range(2):
            with spread(MIN_ITEMS // 2) as mapped:
                seen.append({process for _, process in mapped(squared, range(200))})
        with spread(1) as mapped:
            assert list(mapped(squared, [3])) == [(9, os.getpid())]
    assert os.getpid() not in seen[0] | seen[1]
    assert len(seen[0] | seen[1]) <= 2
    with spread(MIN_ITEMS - 1) as mapped:
        assert list(mapped(squared, [3])) == [(9, os.getpid())]


def test_few_are_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with spread(MIN_ITEMS - 1, processes=2) as mapped:
        assert list(mapped(squared, [3])) == [(9, os.getpid())]
    monkeypatch.setenv(LIMIT, "1")
    with spread(MIN_ITEMS) as mapped:
        assert list(mapped(squared, [3])) == [(9, os.getpid())]


def test_what_the_work_prints_does_not_come_between() -> None:
    with spread(MIN_ITEMS, processes=2) as mapped:
        assert list(mapped(printed, range(5))) == list(range(5))


def test_an_error_of_the_work_is_raised_here() -> None:
    with spread(MIN_ITEMS, processes=2) as mapped, pytest.raises(ValueError, match="no 2"):
        list(mapped(failed, range(5)))


def test_errors_that_are_made_in_their_own_way_are_raised_too() -> None:
    with spread(MIN_ITEMS, processes=2) as mapped:
        with pytest.raises(
            MissingExtraError, match=r"run `make && pip install 'story-dedup\[plot\]"
        ) as met:
            list(mapped(refused, [1]))
        assert met.value.extra == "plot"
        assert "in refused" in str(met.value.__cause__)
    with (
        spread(MIN_ITEMS, processes=2) as mapped,
        pytest.raises(Unsendable, match="one and two"),
    ):
        list(mapped(refused, [0]))


@pytest.mark.faults
def test_the_part_of_a_process_that_dies_is_done_here() -> None:
    with spread(MIN_ITEMS, processes=2) as mapped:
        assert list(mapped(partial(dead, home=os.getpid()), range(12))) == list(range(12))


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from dedup.compute.processes import spread\n"
        "print('run')\n"
        "with spread(10**6, processes=2) as mapped:\n"
        "    print(list(mapped(abs, [-1, 2])))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "run\n[1, 2]\n"


def test_an_interrupt_ends_the_workers_and_says_nothing_else(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from dedup.compute.processes import spread\n"
        "with spread(10**6, processes=2) as mapped:\n"
        "    print('begun', flush=True)\n"
        "    list(mapped(time.sleep, [0.2] * 300))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "always", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert output == ""
    assert errors.count("Traceback") == 1
    assert "Warning" not in errors


def test_articles_cleaned_in_processes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [each.article for each in generate(400, seed=2)]
    alone = clean_articles(articles)
    monkeypatch.setattr("dedup.compute.processes.MIN_ITEMS", 10)
    monkeypatch.setattr("dedup.cleaning.articles._AT_ONCE", 64)
    told: list[int] = []
    spread_out = clean_articles(articles, on_progress=told.append, processes=2)
    assert spread_out == alone
    assert list(spread_out) == list(alone)
    assert told[-1] == 400
    assert any(text.removed for text in alone.values())


def test_profiles_and_vectors_made_in_processes_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    articles = [each.article for each in generate(300, seed=2)]
    texts = clean_articles(articles)
    alone = profiles_of(articles, texts, BundledEncoder(), Config())
    for name in (
        "compute.processes.MIN_ITEMS",
        "stories.profiles._AT_ONCE",
        "encoders.embedding._AT_ONCE",
    ):
        monkeypatch.setattr(f"dedup.{name}", 64)
    monkeypatch.setattr("dedup.compute.processes.available_cores", lambda: 2)
    spread_out = profiles_of(articles, texts, BundledEncoder(), Config())
    assert alone.vectors.tolist() == spread_out.vectors.tolist()
    assert alone.title_vectors.tolist() == spread_out.title_vectors.tolist()
    for rows in ("terms", "title_terms", "names", "numbers", "dates"):
        for values in ("offsets", "keys", "values"):
            one, other = (getattr(getattr(each, rows), values) for each in (alone, spread_out))
            assert one.dtype == other.dtype
            assert one.tolist() == other.tolist()


def test_names_found_in_processes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [each.article for each in generate(300, seed=2)]
    told = [
        (
            [each.text for each in articles[k : k + 3]],
            [each.language for each in articles[k : k + 3]],
        )
        for k in range(0, 300, 3)
    ]
    alone = story_names(told, calendar_terms)
    monkeypatch.setattr("dedup.compute.processes.MIN_ITEMS", 10)
    monkeypatch.setattr("dedup.description.names._STORIES_AT_ONCE", 7)
    monkeypatch.setattr("dedup.compute.processes.available_cores", lambda: 2)
    assert story_names(told, calendar_terms) == alone
    assert any(alone)


def test_an_encoder_of_ones_own_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.compute.processes.MIN_ITEMS", 1)
    monkeypatch.setattr("dedup.compute.processes.available_cores", lambda: 2)

    class Own:
        name, revision, dim = "own", "1", 2

        def encode(self, texts: Sequence[str]) -> Float32s:
            return np.tile(np.array([[0.6, 0.8]], np.float32), (len(texts), 1))

    whole, heads = embed(Own(), ["a", "b"], ["c", "d"], ["en", ""])
    assert whole.tolist() == heads.tolist() == [[2400, 3200]] * 2
