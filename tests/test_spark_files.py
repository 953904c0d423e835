"""`dedup cluster --engine spark`: files in, a folder out, complete or absent."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.spark_cluster import Cluster
from dedup import __version__
from dedup.config import Config
from dedup.errors import EngineError, OutputError
from dedup.readers.columns import ColumnUse
from dedup.readers.files import read_articles
from dedup.records import Article, Problem
from tests import on_spark
from tests.indexes import rows_of
from tests.news_streams import World
from tests.on_spark import QUICK_JAVA, divided, same_as_batch
from tests.requirements import require

Run = Callable[..., SimpleNamespace]
pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def jsonl(path: Path, articles: list[Article]) -> Path:
    """A file of these, with a line that is no JSON at its end."""
    lines = map(json.dumps, rows_of(articles))
    path.write_text("\n".join([*lines, "{broken", ""]), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Resumed:
    """A run that crashed, and the run that went on: in one partition, but for what is written.

    Args:
        folder: Where the inputs are, and what was written.
        inputs: JSONL with a broken line, and Parquet.
        begun: Stages of the first run.
        after: Stages of the second.
    """

    folder: Path
    inputs: list[Path]
    begun: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def resumed(java: None, tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    from dedup.spark.files import cluster_files

    folder = tmp_path_factory.mktemp("resumed")
    articles = World(Random(5), 60, crowd=12).articles
    (folder / "in").mkdir()
    inputs = [jsonl(folder / "in" / "a.jsonl", articles[:30]), folder / "in" / "b.parquet"]
    pq.write_table(table_of(jsonl(folder / "rest.jsonl", articles[30:])), inputs[1])
    begun: list[str] = []

    def crash(stage: str) -> None:
        begun.append(stage)
        if stage == "clusters":
            raise RuntimeError("the power went")

    out = folder / "out"
    given = [str(folder / "in")], str(out)
    after: list[str] = []
    with divided(1) as spark:
        with pytest.raises(EngineError, match=r"the power went.*--resume"):
            cluster_files(*given, Config(), lambda: spark, on_stage=crash)
        assert not out.exists()
        half = folder / "out.unfinished" / "clusters"
        half.mkdir()
        (half / "part-0.parquet").write_bytes(b"half")
        other = Config().replace(stories={"min_probability": 0.6})
        with pytest.raises(OutputError, match="other inputs, settings"):
            cluster_files(*given, other, lambda: spark, resume=True)
        cluster_files(*given, Config(), lambda: spark, resume=True, on_stage=after.append)
    return Resumed(folder, inputs, begun, after)


def test_a_run_that_crashed_goes_on(resumed: Resumed) -> None:
    assert resumed.after[0] == "clusters"
    assert not set(resumed.begun[:-1]) & set(resumed.after)
    same_as_batch(resumed.folder / "out", resumed.inputs)


def test_files_become_a_folder_by_day(resumed: Resumed) -> None:
    out = resumed.folder / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "articles.parquet", "stories.parquet", "summary.json",
    ]  # fmt: skip
    days = [path.name for path in (out / "articles.parquet").iterdir() if path.is_dir()]
    assert sum(day.startswith("day=2024-") for day in days) > 5
    assert all(re.fullmatch(r"day=\d{4}-\d\d-\d\d", day) for day in days)
    assert list(resumed.folder.glob("*.unfinished")) == []


def test_what_is_there_already_is_left_and_told_again(resumed: Resumed, run: Run) -> None:
    command = ("cluster", resumed.folder / "in", "--engine", "spark", "-o", resumed.folder / "out")
    again = run(*command)
    assert again.code == 1
    assert "is there already" in again.err
    done = run(*command, "--resume")
    assert done.code == 0, done.err
    assert "60 articles" in done.out
    assert "skipped: broken JSON, 1" in done.err


def table_of(path: Path) -> Any:
    import pyarrow.json as pj

    good = path.with_suffix(".good")
    good.write_text(path.read_text("utf-8").replace("{broken\n", ""), "utf-8")
    return pj.read_json(good)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.jsonl", "-o", "out"], "no such file"),
        (["notes.docx", "-o", "out"], "holds no files to read: known are .jsonl"),
        (["columns.jsonl", "-o", "out"], "no title or text column"),
        (["empty.csv", "-o", "out"], "empty.csv: gives no article: empty file (1): check that"),
        (["good.jsonl", "-o", "notes.txt/out"], "cannot be"),
    ],
)
def test_what_cannot_be_read_or_written(
    arguments: list[str], said: str, spark: Any, run: Run, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert spark
    monkeypatch.chdir(tmp_path)
    for name in ("notes.docx", "notes.txt"):
        Path(name).write_text("x")
    Path("columns.jsonl").write_text('{"a": 1}\n')
    Path("empty.csv").write_text("id,title\n")
    Path("good.jsonl").write_text('{"title": "Fire", "text": "A fire."}\n')
    done = run("cluster", *arguments, "--engine", "spark")
    assert done.code == 1
    assert said in done.err
    assert not Path("out").exists()


def test_every_format_is_read_as_the_batch_reads_it(spark: Any, tmp_path: Path) -> None:
    from dedup.spark.files import cluster_files

    folder = tmp_path / "in"
    (folder / "pages").mkdir(parents=True)
    told = [article.text for article in World(Random(5), 4, crowd=2).articles]
    (folder / "a.csv").write_text(f'id;title;text;date\n1;Fire;"{told[0]}";25/12/2024\n')
    (folder / "b.tsv.gz").write_bytes(gzip.compress(f"id\ttext\n2\t{told[1]}\n".encode("utf-16")))
    (folder / "c.rss").write_text(
        '<rss version="2.0"><channel><item><guid>3</guid><title>Fire</title>'
        f"<description>{told[2]}</description></item></channel></rss>"
    )
    (folder / "pages" / "d.txt").write_text(told[3])
    (folder / "e.csv.gz").write_bytes(b"not compressed")
    (folder / "i.csv").write_bytes("id;text\n8;Il a neigé près d’Orléans.\n".encode("cp1252"))
    (folder / "f.jsonl").write_text(json.dumps([{"id": "5", "text": told[0]}], indent=1))
    (folder / "g.jsonl.gz").write_bytes(gzip.compress(b'{\n "id": "6", "text": "Rain."}\n'))
    (folder / "h.jsonl").write_text('{"id": "7", "text": "Snow."}\n')
    written = cluster_files([str(folder)], str(tmp_path / "out"), Config(), lambda: spark)
    assert written.summary.articles == 8
    assert written.summary.problems == {"encoding guessed": 1, "unreadable file": 1}
    same_as_batch(tmp_path / "out", [folder])


def test_folders_add_columns_and_what_is_not_read_is_named(spark: Any, tmp_path: Path) -> None:
    from dedup.spark.files import cluster_files

    folder = tmp_path / "in"
    texts = [article.text for article in World(Random(5), 5, crowd=2).articles]
    rows: list[dict[str, Any]] = [
        {"id": f"{n}", "text": text, "note": "x"} for n, text in enumerate(texts)
    ]
    places = [
        folder / "paper=Il%20Faro + co" / "lang=en" / "date=2024-03-05",
        folder / "paper=Il%20Faro + co" / "lang=it" / "date=2024-03-06",
        folder / "lang=__HIVE_DEFAULT_PARTITION__" / "in",
        folder / "_delta_log",
    ]
    for place in places:
        place.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows[:1]), places[0] / "a.parquet")
    own = {"lang": "de", "date": None}
    pq.write_table(pa.Table.from_pylist([rows[1] | own]), places[1] / "a.parquet")
    (places[1] / "b.jsonl").write_text(f"{json.dumps(rows[2])}\n\n{json.dumps(rows[3] | own)}\n")
    (places[1] / "c.csv").write_text(f'id,text,note\n4,"{texts[4]}",x\n')
    (places[2] / "d.txt").write_text("A ferry ran aground near the island early on Tuesday.")
    for name in (places[3] / "0.json", folder / "_e.jsonl", folder / "f.docx", folder / "_SUCCESS"):
        name.write_text('{"id": "7", "text": "Snow."}')
    uses: list[ColumnUse] = []
    written = cluster_files(
        [str(folder)],
        str(tmp_path / "out"),
        Config(),
        lambda: spark,
        columns={"source": "paper"},
        on_columns=uses.append,
    )
    assert written.summary.problems == {"hidden file": 2, "unknown ending": 1}
    assert [(use.name.rpartition("/")[2], use.unused) for use in uses] == [
        ("in", ("note",)), ("in", ("note",)), ("c.csv", ("note",)),
    ]  # fmt: skip
    problems: list[Problem] = []
    articles = list(
        read_articles([folder], columns={"source": "paper"}, on_problem=problems.append)
    )
    assert Counter(problem.kind for problem in problems) == written.summary.problems
    known = {article.id: (article.language, article.source) for article in articles}
    assert known == {
        "0": ("en", "Il Faro + co"), "1": ("de", "Il Faro + co"), "2": ("it", "Il Faro + co"),
        "3": ("de", "Il Faro + co"), "4": ("it", "Il Faro + co"),
        "lang=__HIVE_DEFAULT_PARTITION__/in/d.txt": ("en", ""),
    }  # fmt: skip
    days = {article.id: str(article.published_at)[:10] for article in articles}
    assert [days[id] for id in "01234"] == ["2024-03-05", *["2024-03-06"] * 4]
    same_as_batch(tmp_path / "out", articles)


def test_every_file_of_lines_is_looked_at(spark: Any, tmp_path: Path) -> None:
    from dedup.spark.files import cluster_files

    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(120):
        (folder / f"{number:03}.jsonl").write_text(f'{{"id": "{number}", "text": "Rain {number}"}}')
    (folder / "999.jsonl").write_text('[\n{"id": "999",\n "text": "Snow"}\n]')
    written = cluster_files([str(folder)], str(tmp_path / "out"), Config(), lambda: spark)
    assert (written.summary.articles, written.summary.problems) == (121, {})


def test_records_are_where_they_are_said_to_be(
    spark: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spark
    monkeypatch.chdir(tmp_path)
    news = {"id": "2", "text": "A fire.", "date": "2024-05-06"}
    document = {"ads": [{"id": "1", "text": "Buy."}], "news": [news]}
    Path("a.json").write_text(json.dumps(document))
    done = run("cluster", "a.json", "--records", "news[]", "--engine", "spark", "--output", "out")
    assert done.code == 0, done.err
    articles = pq.read_table(tmp_path / "out" / "articles.parquet")
    assert articles["id"].to_pylist() == ["2"]


def test_a_guessed_order_of_dates_is_reported(spark: Any, tmp_path: Path) -> None:
    from dedup.spark.files import cluster_files

    lines = [{"id": f"{n}", "text": f"A fire, {n}.", "date": f"0{n}/05/2024"} for n in range(1, 5)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    written = cluster_files([str(path)], str(tmp_path / "out"), Config(), lambda: spark)
    assert written.summary.problems == {"day and month guessed": 1}
    same_as_batch(tmp_path / "out", [path])


def test_workers_with_another_version_are_refused(
    spark: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spark
    path = jsonl(tmp_path / "a.jsonl", World(Random(5), 20, crowd=4).articles)
    # Workers are other processes, where it is what it was.
    monkeypatch.setattr("dedup.spark.rows.__version__", "0.0.1")
    done = run("cluster", path, "--engine", "spark", "--output", tmp_path / "out")
    assert done.code == 1
    assert f"a worker has story-dedup {__version__}, the driver 0.0.1: install one" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.jsonl", "--engine", "spark"], "give --output DIR"),
        (["a.jsonl", "--engine", "spark", "-o", "x", "--related", "t.jsonl"], "--related"),
        (["a.jsonl", "--resume"], "--engine spark"),
        (["a.jsonl", "--master", "yarn"], "--engine spark"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str, run: Run) -> None:
    done = run("cluster", *arguments)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("version", ["", "1.8.0_292", "11.0.2"])
def test_without_java_the_error_says_what_to_install(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("pyspark")
    from dedup.spark.session import check_java

    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if version:
        program = tmp_path / "bin" / "java"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020' >&2\n")
        program.chmod(0o755)
    with pytest.raises(EngineError, match=r"install Java 17 or newer.*openjdk-17-jre-headless"):
        check_java()


def test_without_pyspark_the_error_names_the_extra(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith("dedup.spark")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    done = run("cluster", "a.jsonl", "--engine", "spark", "--output", "out")
    assert done.code == 1
    assert "pip install 'story-dedup[spark]'" in done.err


@pytest.mark.faults
def test_an_executor_that_is_killed_in_the_shuffle_changes_nothing(
    spark: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real cluster: a master and two workers, each with a process for its executor."""
    from dedup.spark.stages import Stages

    # The same Java serves another master, and has all its classes.
    spark.stop()
    source = jsonl(tmp_path / "a.jsonl", World(Random(7), 200, crowd=50).articles)
    out, local = tmp_path / "out", tmp_path / "local"
    with Cluster(tmp_path, 2, local, java=QUICK_JAVA) as here, ThreadPoolExecutor(1) as thread:
        killed: list[Future[int]] = []
        ended = threading.Event()
        begun = Stages.begun

        def begins(stages: Stages, name: str) -> None:
            begun(stages, name)
            if name == "candidates":
                killed.append(thread.submit(kill_who_shuffles, here, local, shuffled(local), ended))

        monkeypatch.setattr(Stages, "begun", begins)
        command = ("cluster", source, "--engine", "spark", "--master", here.master)
        done = run(*command, "--output", out)
        ended.set()
        gone = reasons_of_loss()
        on_spark.stop()
    assert done.code == 0, done.err
    assert killed[0].result()
    assert [reason for reason in gone if "137" in reason], gone
    same_as_batch(out, [source])


def kill_who_shuffles(here: Cluster, local: Path, before: set[Path], ended: threading.Event) -> int:
    """Kill the first executor that writes what others will fetch; its process id."""
    while not (new := shuffled(local) - before):
        assert not ended.wait(0.01), "nothing was shuffled"
    executors = here.executors()
    assert len(executors) == 2
    (chosen,) = (id for id, folder in executors.items() if folder in min(new).parents)
    os.kill(chosen, signal.SIGKILL)
    return chosen


def shuffled(local: Path) -> set[Path]:
    """Files of what was shuffled."""
    found = ((folder, name) for folder, _, names in os.walk(local) for name in names)
    return {
        Path(folder, name)
        for folder, name in found
        if name.startswith("shuffle_") and name.endswith(".data")
    }


def reasons_of_loss() -> list[str]:
    """Why executors of the session are gone."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    known = session.sparkContext._jsc.sc().statusStore().executorList(False)
    every = [known.apply(number) for number in range(known.size())]
    return [each.removeReason().get() for each in every if not each.isActive()]
