"""Files -> files on Spark: what `dedup cluster --engine spark` does.

Everything is written beside the output, in `OUTPUT.unfinished`: the stages, then the result,
which is given its name at the end. So the output is complete or absent, and what was finished
before a crash need not be done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dedup import __version__
from dedup.config import Config
from dedup.errors import DedupError, EngineError, InputError, OutputError
from dedup.readers.columns import require_columns, used_columns
from dedup.readers.rows import json_lines
from dedup.result import Summary
from dedup.spark.flow import Found, clustered
from dedup.spark.rows import DataFrame, SparkSession, functions
from dedup.spark.session import first_line
from dedup.spark.stages import Stages, Storage

UNFINISHED = ".unfinished"
_LINES = (".jsonl", ".ndjson")
_PACKED = (".gz",)
_HEAD = 100
_SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What a run wrote.

    Args:
        summary: Counts.
        several: How many stories have several texts.
        across: How many are told in several languages.
        examples: A problem of each kind: kind, place, value, and whether the article was kept.
    """

    summary: Summary
    several: int
    across: int
    examples: Sequence[tuple[str, str, str, bool]]


def cluster_files(
    inputs: Sequence[str],
    output: str,
    config: Config,
    session: Callable[[], SparkSession],
    *,
    columns: Mapping[str, str] | None = None,
    now: datetime | None = None,
    resume: bool = False,
    told: Callable[[str], None] = lambda stage: None,
) -> Written:
    """Cluster files of articles, and write what was found to a folder.

    Args:
        inputs: Parquet and JSONL files, or folders of these, under addresses that Spark reads.
        output: Folder to make, with `articles.parquet` and `stories.parquet`, each partitioned by
            `day`, and `summary.json`.
        config: All settings.
        session: Makes the SparkSession.
        columns: The column to take for a field, where its usual names do not fit.
        now: A date later than a day after this is set aside.
        resume: Go on with what a run of the same inputs and settings left.
        told: Called with the name of each stage that begins.

    Raises:
        InputError: An input is not there, or of no kind that Spark is given.
        OutputError: The output is there already, or cannot be written.
        EngineError: Spark cannot be started, or gave up.
    """
    target = output if "://" in output else str(Path(output).absolute())
    spark = session()
    stages = Stages(spark, f"{target}{UNFINISHED}", told)
    storage = stages.storage
    if not storage.is_empty(target):
        if resume and storage.exists(f"{target}/{_SUMMARY}"):
            return _parsed(storage.read(f"{target}/{_SUMMARY}"))
        raise OutputError(f"{output}: is there already: remove it, or choose another name")
    found = {each: _files(storage, each) for each in inputs}
    settings: dict[str, Any] = {
        "version": __version__,
        "config": config.to_mapping(),
        "columns": dict(columns or {}),
        "inputs": {each: files for each, (files, _) in found.items()},
        "now": now.isoformat() if now else None,
    }
    try:
        if resume:
            settings["now"] = stages.settings().get("now", settings["now"])
        stages.begin(settings, resume=resume)
        begun = datetime.fromisoformat(settings["now"]) if settings["now"] else None
        rows = _rows(spark, found, columns)
        made = clustered(rows, config, stages, columns=columns, now=begun)
        return _write(made, stages, target)
    except DedupError:
        raise
    except Exception as error:  # Spark's own, and those that Python workers raised
        raise EngineError(
            f"Spark gave up: {first_line(error)}. What was finished is in {stages.folder}: run "
            "the same command with --resume"
        ) from error


def _write(found: Found, stages: Stages, target: str) -> Written:
    """The result in its place, and the stages gone."""
    place = f"{stages.folder}/result"
    stages.begun("result")
    for name, rows, time in (
        ("articles", found.articles, "published_at"),
        ("stories", found.stories, "first_seen"),
    ):
        day = rows.withColumn("day", functions.to_date(time))
        by_day = day.repartition("day").sortWithinPartitions("day", day.columns[0])
        by_day.write.mode("overwrite").partitionBy("day").parquet(f"{place}/{name}.parquet")
    counts = found.stories.selectExpr(
        "count_if(texts > 1) as several", "count_if(size(languages) > 1) as across"
    ).first()
    written = Written(found.summary, int(counts[0]), int(counts[1]), found.examples)
    stages.storage.write(f"{place}/{_SUMMARY}", json.dumps(asdict(written), indent=1))
    if stages.storage.exists(target):
        stages.storage.remove(target)
    stages.storage.move(place, target)
    stages.storage.remove(stages.folder)
    return written


def _parsed(text: str) -> Written:
    stored = json.loads(text)
    summary = stored["summary"] | {"notes": tuple(stored["summary"]["notes"])}
    examples = [tuple(each) for each in stored["examples"]]
    return Written(Summary(**summary), stored["several"], stored["across"], examples)


def _files(storage: Storage, given: str) -> tuple[list[list[Any]], tuple[bool, bool]]:
    """Files of an input with size and time of change; whether there are Parquet files, and lines.

    Raises:
        InputError: There are none.
    """
    address = given if "://" in given else str(Path(given).absolute())
    try:
        files = storage.files(address)
    except OutputError as error:
        raise InputError(f"{given}: there is no such file or folder") from error
    known = [each for each in files if _is_parquet(each[0]) or _is_lines(each[0])]
    if not known:
        raise InputError(
            f"{given}: holds nothing that the engine spark reads: give .parquet, .jsonl or "
            ".jsonl.gz files, or folders of these; without --engine spark other formats are read"
        )
    kinds = any(_is_parquet(name) for name, *_ in known), any(_is_lines(n) for n, *_ in known)
    return [list(each) for each in known], kinds


def _is_parquet(name: str) -> bool:
    return name.lower().endswith(".parquet")


def _is_lines(name: str) -> bool:
    return name.lower().removesuffix(_PACKED[0]).endswith(_LINES)


def _rows(
    spark: SparkSession, found: Mapping[str, Any], columns: Mapping[str, str] | None
) -> list[DataFrame]:
    """Rows of Parquet under their columns, lines of JSON as bytes."""
    frames = []
    for given, (files, kinds) in found.items():
        parquet = [name for name, *_ in files if _is_parquet(name)]
        lines = [name for name, *_ in files if _is_lines(name)]
        if kinds[0]:
            frames.append(_tables(spark, given, parquet, columns))
        if kinds[1]:
            frames.append(_lines(spark, given, lines, columns))
    return frames


def _tables(
    spark: SparkSession,
    given: str,
    files: Sequence[str],
    columns: Mapping[str, str] | None,
) -> DataFrame:
    table = spark.read.option("mergeSchema", "true").parquet(*files)
    require_columns(table.columns, columns, given)
    wanted = {name for used in used_columns(table.columns, columns).values() for name in used}
    return table.select(*(f"`{name}`" for name in table.columns if name in wanted))


def _lines(
    spark: SparkSession,
    given: str,
    files: Sequence[str],
    columns: Mapping[str, str] | None,
) -> DataFrame:
    lines = spark.read.text(list(files), lineSep="\n").selectExpr("cast(value as binary) as line")
    head = [bytes(row[0]) for row in lines.limit(_HEAD).collect()]
    seen = dict.fromkeys(
        name for _, row in json_lines(head, given, lambda problem: None) for name in row
    )
    if seen:
        require_columns(seen, columns, given)
    return lines
