"""`dedup bench`: runs that go on after an interruption, how costs grow, and what is said of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dedup.bench.growth import (
    Growth,
    Machine,
    fit_growth,
    fit_seconds,
    linear_growth,
    next_sentence,
)
from dedup.bench.measuring import Job, measure
from dedup.bench.plots import plot_growth
from dedup.bench.report import growth_report, made_by, table, this_machine, total_seconds
from dedup.bench.runs import Run
from dedup.bench.samples import Samples
from dedup.bench.settings import Settings, growing_sizes, sizes_from
from dedup.bench.stages import StageClock
from dedup.cli import app
from dedup.errors import ConfigError, DedupError, InputError

SEEDS = str(Path(__file__).parent.parent / "seeds" / "articles.jsonl")
SIZES = [1_000, 10_000, 100_000, 1_000_000]


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.37, 2.0])
def test_the_exponent_of_a_power_is_found(exponent: float) -> None:
    costs = [3e-4 * size**exponent for size in SIZES]
    grown = fit_growth(SIZES, costs)
    assert grown is not None
    assert grown.exponent == pytest.approx(exponent, abs=1e-4)
    assert grown.low == pytest.approx(exponent, abs=1e-3)
    assert grown.at(1e7) == pytest.approx(3e-4 * 1e7**exponent, rel=1e-2)


def test_the_interval_holds_the_exponent_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        noise = np.exp(0.1 * generator.standard_normal(len(SIZES)))
        grown = fit_growth(
            SIZES, [size**1.2 * each for size, each in zip(SIZES, noise, strict=True)]
        )
        assert grown is not None
        assert grown.low is not None
        assert grown.high is not None
        held += grown.low <= 1.2 <= grown.high
    assert 0.91 < held / 400 < 0.98


def test_what_does_not_grow_is_told_apart() -> None:
    grown = fit_growth(SIZES, [200 + 0.01 * size for size in SIZES], base=200)
    assert grown is not None
    assert grown.exponent == pytest.approx(1)
    assert grown.at(10_000_000) == pytest.approx(100_200, rel=1e-3)
    assert grown.articles_at(100_200) == pytest.approx(10_000_000, rel=1e-3)


def test_memory_is_drawn_on_in_a_straight_line() -> None:
    line = linear_growth(SIZES[:3], [600.0, 600.0, 1500.0])
    assert line is not None
    assert line.at(1_000_000) == pytest.approx(10_500)
    assert line.articles_at(10_500) == pytest.approx(1_000_000)
    level = linear_growth(SIZES[:2], [600.0, 590.0])
    assert level is not None
    assert level.at(1e9) == 590
    assert level.articles_at(1000) == np.inf
    assert linear_growth([1], [1.0]) is None


def test_two_sizes_have_a_slope_and_no_interval_and_one_has_none() -> None:
    grown = fit_growth([10, 100], [1.0, 10.0])
    assert grown == Growth(1.0, None, None, 100, 10.0)
    assert grown.range_at(1000) is None
    assert fit_growth([10], [1.0]) is None
    assert fit_growth([10, 100, 1000], [0.0, 0.0, 5.0]) is None


def test_times_too_short_to_tell_are_left_out() -> None:
    grown = fit_seconds(SIZES, [0.09, 1.0, 10.0, 100.0])
    assert grown is not None
    assert grown.exponent == pytest.approx(1)
    assert fit_seconds([1, 10], [0.001, 0.01]) == fit_growth([1, 10], [0.001, 0.01])


def _linear(cost: float) -> Growth:
    return Growth(1.0, 0.9, 1.1, 100_000, cost)


@pytest.mark.parametrize(
    ("seconds", "memory_mb", "said"),
    [
        (10.0, 500.0, "1,000,000 articles, would take about 100 s (79 s to 2 minutes), most"),
        (10.0, 500.0, "of it in `group`, and 4.9 GB of memory, at its peak in `group`: nothing br"),
        (10.0, 5000.0, "Memory ends first, in `group`, at about 490,000 articles."),
        (9000.0, 500.0, "; time breaks, in `group`."),
    ],
)
def test_the_sentence_says_what_breaks(seconds: float, memory_mb: float, said: str) -> None:
    stages = {"embed": _linear(seconds / 10), "group": _linear(seconds)}
    memory = {"embed": _linear(memory_mb / 2), "group": _linear(memory_mb)}
    machine = Machine(2, 24 * 1024**3)
    assert said in next_sentence(stages, memory, _linear(seconds), machine)


def test_stages_are_told_apart_by_their_names() -> None:
    clock = StageClock("load")
    kept = b"x" * 50_000_000
    clock("read", 0, 10)
    clock("read", 5, 10)
    clock("clean", 0, 10)
    clock.end()
    assert [stage.name for stage in clock.stages] == ["load", "read", "clean"]
    assert all(stage.wall_seconds > 0 and stage.peak_memory_mb > 10 for stage in clock.stages)
    assert clock.stages[0].peak_memory_mb > len(kept) / 2**20


@pytest.mark.parametrize("text", ["ten", "0", "-5", "1.5", "1kk", "1e12"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a number of articles: write 500, 10k or 1M"):
        sizes_from(f"10,{text}")


def test_sizes_of_a_users_files_grow_up_to_all() -> None:
    assert growing_sizes(9000) == (333, 1000, 3000, 9000)
    assert growing_sizes(50) == (50,)


class InThisProcess:
    """Does the jobs of a run without a process for each, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs: list[str] = []
        self.broken = ""
        monkeypatch.setattr(Run, "_run", lambda run, job, size: self._do(job, size))

    def _do(self, job: Job, size: int) -> None:
        self.jobs.append(f"{job.kind} {size}")
        if self.jobs[-1] == self.broken:
            raise KeyboardInterrupt
        measure(job)


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> InThisProcess:
    return InThisProcess(monkeypatch)


def document_of(run: Run) -> dict[str, Any]:
    return growth_report(run.measured(), made_by("dedup bench"), this_machine())


def test_a_run_that_was_interrupted_goes_on(tmp_path: Path, in_this_process: InThisProcess) -> None:
    settings = Settings((60, 120))
    in_this_process.broken = "index 120"
    with pytest.raises(KeyboardInterrupt):
        Run(settings, tmp_path).go()
    first = in_this_process.jobs.copy()
    assert first == ["batch 60", "quality 60", "index 60", "batch 120", "quality 120", "index 120"]
    in_this_process.broken = ""
    run = Run(settings, tmp_path)
    assert run.left_seconds() > 0
    run.go()
    assert in_this_process.jobs[len(first) :] == ["index 120"]
    assert run.left_seconds() == 0
    run.go()
    assert len(in_this_process.jobs) == len(first) + 1
    assert not list(tmp_path.glob("articles-*"))
    assert not list(tmp_path.glob("work-*"))


def test_other_settings_in_one_folder_are_refused(
    tmp_path: Path, in_this_process: InThisProcess
) -> None:
    Run(Settings((40,), index_up_to=0), tmp_path).go()
    with pytest.raises(ConfigError, match="seed = 0, not 1: choose another --output, or --fresh"):
        Run(Settings((40,), seed=1), tmp_path)
    Run(Settings((40,), seed=1, index_up_to=0), tmp_path, fresh=True).go()
    assert in_this_process.jobs == ["batch 40", "quality 40"] * 2


def test_a_report_has_all_stages_and_can_be_drawn(
    tmp_path: Path, in_this_process: InThisProcess
) -> None:
    assert in_this_process.jobs == []
    run = Run(Settings((50, 100, 200)), tmp_path)
    run.go()
    document = document_of(run)
    batch = document["rows"][-1]["batch"]
    names = [stage["name"] for stage in batch["stages"]]
    assert names == [
        *("load", "read", "clean", "near-duplicates", "embed", "profile"),
        *("neighbours", "score", "group", "describe", "write"),
    ]
    assert 0 < total_seconds(batch) < 60
    assert batch["counts"]["articles"] == 200
    assert document["rows"][-1]["quality"]["duplicate"]["b_cubed"]["f1"] > 0.98
    index = document["rows"][-1]["index"]
    # A question is not put in.
    assert index["counts"]["articles"] == 200 - 20
    assert index["bytes_on_disk"] > 100_000
    shown = table(document)
    assert "| 200 |" in shown
    assert "Batch: ten times as many, 2,000 articles, would take about" in shown
    for ending in ("svg", "png"):
        plot_growth(document, tmp_path / f"growth.{ending}")
    assert b"<svg" in (tmp_path / "growth.svg").read_bytes()
    plot_growth(document, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "growth.svg").read_bytes()


def test_the_command_measures_in_processes_of_their_own(tmp_path: Path) -> None:
    command = ["bench", "--sizes", "60", "--index-up-to", "0", "--output", str(tmp_path)]
    shown = CliRunner().invoke(app, [*command, "--quiet", "--json"])
    assert shown.exit_code == 0, shown.output
    document = json.loads(shown.stdout)
    assert document["rows"][0]["batch"]["counts"]["articles"] == 60
    assert document["growth"]["batch"][0]["seconds"] is None
    kept = {path.name for path in tmp_path.iterdir()}
    assert {"results.json", "table.md", "growth.svg", "growth.png", "settings.json"} <= kept
    assert not {"job.json", "job.log"} & kept


def test_a_job_that_fails_says_why_and_keeps_the_others(tmp_path: Path) -> None:
    broken = tmp_path / "curves.toml"
    broken.write_text('[affinity]\nweights = "no such file.json"\n')
    run = Run(Settings((40,), config=str(broken)), tmp_path / "run")
    with pytest.raises(DedupError, match=r"(?s)batch of 40 articles ended.*no such file"):
        run.go()
    assert [list(each) for each in run.measured()] == [["articles", "corpus"]]


def test_files_of_a_user_are_measured_in_growing_samples(
    tmp_path: Path, in_this_process: InThisProcess
) -> None:
    command = ["bench", SEEDS, "--sizes", "50,1000", "--output", str(tmp_path), "-q"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert in_this_process.jobs == ["batch 50", "index 50", "batch 164", "index 164"]
    assert "| 164 |" in shown.stdout
    assert "F1" not in shown.stdout


def test_a_sample_is_the_first_articles_in_time(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    samples = Samples.of([SEEDS], {})
    path = tmp_path / "sample.parquet"
    assert samples.write(path, 50) == 50
    times = pq.read_table(path)["published_at"].to_pylist()
    assert None not in times
    assert max(times).timestamp() <= samples.seconds[50]
    assert samples.days(50) == (max(times) - min(times)).total_seconds() / 86_400
    assert samples.write(path, 1000) == len(samples) == 164
    with pytest.raises(InputError, match="gives no article"):
        empty = tmp_path / "empty.jsonl"
        empty.write_text("")
        Samples.of([str(empty)], {})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sizes", "many"], "'many' is not a number of articles"),
        (["--languages", "en,xx"], "--languages xx: only these can be generated: ar de en"),
        (["-"], "standard input can be read only once"),
        (["--index-up-to", "some"], "'some' is not a number of articles"),
    ],
)
def test_bad_options_are_refused_before_the_work(
    options: list[str], said: str, tmp_path: Path
) -> None:
    shown = CliRunner().invoke(app, ["bench", *options, "--output", str(tmp_path / "none")])
    assert isinstance(shown.exception, ConfigError)
    assert said in str(shown.exception)
    assert not (tmp_path / "none").exists()


def test_without_matplotlib_the_command_to_install_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    shown = CliRunner().invoke(app, ["bench", "--output", str(tmp_path / "none")])
    assert isinstance(shown.exception, DedupError)
    assert "pip install 'story-dedup[bench]'" in str(shown.exception)
    assert not (tmp_path / "none").exists()


def test_a_job_is_plain_values() -> None:
    job = Job("batch", "a.parquet", 3, "found.json", "folder")
    assert Job(**json.loads(json.dumps(asdict(job)))) == job
