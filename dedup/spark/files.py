"""Files -> files on Spark: what `dedup cluster --engine spark` does.

Everything is written beside the output, in `OUTPUT.unfinished`: the stages, then the result,
which is renamed at the end. So the output is complete or absent, and stages that were finished
before a crash are not computed again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from dedup import __version__
from dedup.config import Config
from dedup.errors import DedupError, EngineError, InputError, OutputError
from dedup.readers.columns import OnColumns, column_use, require_columns, used_columns
from dedup.readers.folders import left_out, partitions_of, standing_of
from dedup.readers.json_rows import is_document, json_lines
from dedup.readers.sniffing import KNOWN_ENDINGS
from dedup.readers.streams import beginning, decompressed, stream_of
from dedup.records import Summary
from dedup.spark.flow import ClusteredRows, cluster_rows
from dedup.spark.reading import INNER, problem_rows
from dedup.spark.rows import DataFrame, SparkSession, functions
from dedup.spark.session import first_line
from dedup.spark.stages import Stages, Storage, StoredFile

UNFINISHED = ".unfinished"
_LINES = (".jsonl", ".ndjson")
_HEAD = 100
_HEAD_BYTES = 1 << 16
_READING_THREADS = 16
# Place of a file below its folder, percent-encoded: scheme and authority are written in many ways.
_INNER = "substring(regexp_replace(_metadata.file_path, '^[A-Za-z0-9+.-]+:(//[^/]*)?', ''), {})"
_SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class WrittenResult:
    """The written result of a run in numbers.

    Args:
        summary: Counts.
        several: How many stories have several texts.
        across: How many have texts in several languages.
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
    records: str = "",
    now: datetime | None = None,
    resume: bool = False,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_columns: OnColumns = lambda use: None,
) -> WrittenResult:
    """Cluster files of articles, and write articles and stories to a folder.

    Args:
        inputs: Files of any format that the batch reads, or folders of these, under addresses that
            Spark reads. Parquet and JSONL are divided, any other file is read by one task.
        output: New folder, with `articles.parquet` and `stories.parquet`, each partitioned by
            `day`, and `summary.json`.
        config: All settings.
        session: Starts the SparkSession.
        columns: The column to take for a field, where its usual names do not fit.
        records: Where the records are in JSON documents, as in `response.docs[]`.
        now: A date later than a day after this is set aside.
        resume: Resume an interrupted run of the same inputs and settings.
        on_stage: Called with the name of each stage that begins.
        on_columns: Told which columns of the tables are used, once for tables that are alike.

    Raises:
        InputError: An input does not exist or is of an unknown kind, or no input gives an article.
        OutputError: The output exists already, or cannot be written.
        EngineError: Spark cannot be started, or gave up.
    """
    target = output if "://" in output else str(Path(output).absolute())
    spark = session()
    stages = Stages(spark, f"{target}{UNFINISHED}", on_stage)
    storage = stages.storage
    if not storage.is_empty(target):
        if resume and storage.exists(f"{target}/{_SUMMARY}"):
            return _parse(storage.read(f"{target}/{_SUMMARY}"))
        raise OutputError(f"{output}: is there already: remove it, or choose another name")
    files = {name: _files(storage, name) for name in inputs}
    settings: dict[str, Any] = {
        "version": __version__,
        "config": config.to_mapping(),
        "columns": dict(columns or {}),
        "records": records,
        "inputs": files,
        "now": now.isoformat() if now else None,
    }
    try:
        if resume:
            settings["now"] = stages.settings().get("now", settings["now"])
        stages.begin(settings, resume=resume)
        begun = datetime.fromisoformat(settings["now"]) if settings["now"] else None
        rows = [
            frame
            for source, listed in files.items()
            for frame in _rows(storage, source, listed, columns, records, on_columns)
        ]
        clusters = cluster_rows(
            rows,
            config,
            stages,
            columns=columns,
            records=records,
            now=begun,
            on_columns=on_columns,
            inputs=", ".join(inputs),
        )
        return _write(clusters, stages, target)
    except DedupError:
        raise
    except Exception as error:  # Spark's own, and those of Python workers
        raise EngineError(
            f"Spark gave up: {first_line(error)}. What was finished is in {stages.folder}: run "
            "the same command with --resume"
        ) from error


def _write(result: ClusteredRows, stages: Stages, target: str) -> WrittenResult:
    """Write the result, rename it to the target, and remove the stages."""
    place = f"{stages.folder}/result"
    stages.begun("result")
    for name, rows, time in (
        ("articles", result.articles, "published_at"),
        ("stories", result.stories, "first_seen"),
    ):
        day = rows.withColumn("day", functions.to_date(time))
        by_day = day.repartition("day").sortWithinPartitions("day", day.columns[0])
        by_day.write.mode("overwrite").partitionBy("day").parquet(f"{place}/{name}.parquet")
    counts = result.stories.selectExpr(
        "count_if(texts > 1) as several", "count_if(size(languages) > 1) as across"
    ).first()
    written = WrittenResult(result.summary, int(counts[0]), int(counts[1]), result.examples)
    stages.storage.write(f"{place}/{_SUMMARY}", json.dumps(asdict(written), indent=1))
    if stages.storage.exists(target):
        stages.storage.remove(target)
    stages.storage.move(place, target)
    stages.storage.remove(stages.folder)
    return written


def _parse(text: str) -> WrittenResult:
    stored = json.loads(text)
    summary = stored["summary"] | {"notes": tuple(stored["summary"]["notes"])}
    examples = [tuple(example) for example in stored["examples"]]
    return WrittenResult(Summary(**summary), stored["several"], stored["across"], examples)


def _files(storage: Storage, source: str) -> list[StoredFile]:
    """Files of an input, without those that are ignored.

    Raises:
        InputError: The input has no such file.
    """
    try:
        files = storage.files(_address(source))
    except OutputError as error:
        raise InputError(f"{source}: there is no such file or folder") from error
    standings = {file.name: standing_of(PurePosixPath(file.inner)) for file in files}
    if "read" not in standings.values():
        raise InputError(f"{source}: holds no files to read: known are {KNOWN_ENDINGS}")
    return [file for file in files if standings[file.name] != "ignored"]


def _address(source: str) -> str:
    return source if "://" in source else str(Path(source).absolute())


def _is_parquet(file: StoredFile) -> bool:
    return file.name.lower().endswith(".parquet")


def _is_lines(file: StoredFile) -> bool:
    return file.name.lower().removesuffix(".gz").endswith(_LINES)


def _rows(
    storage: Storage,
    source: str,
    files: Sequence[StoredFile],
    columns: Mapping[str, str] | None,
    records: str,
    on_columns: OnColumns,
) -> Iterator[DataFrame]:
    """Rows of Parquet under their columns, lines of JSON as bytes, other files whole, problems."""
    spark = storage.spark
    standings = {file: standing_of(PurePosixPath(file.inner)) for file in files}
    if reports := [left_out(kind, f.name) for f, kind in standings.items() if kind != "read"]:
        yield problem_rows(spark, reports)
    read = [file for file in files if standings[file] == "read"]
    parquet = list(filter(_is_parquet, read))
    lines = [] if records else list(filter(_is_lines, read))
    with ThreadPoolExecutor(_READING_THREADS) as threads:
        documents = threads.map(lambda file: _is_document(storage, file.name), lines)
        lines = [file for file, whole in zip(lines, documents, strict=True) if not whole]
    above = storage.encoded_path(_address(source))
    for part, frame_of in ((parquet, _tables), (lines, _lines)):
        if part:
            partitions = dict.fromkeys(name for file in part for name in partitions_of(file.inner))
            place = [f"{_INNER.format(len(above) + 2)} as `{INNER}`"] if partitions else []
            names = [file.name for file in part]
            yield frame_of(spark, source, names, columns, tuple(partitions), place, on_columns)
    if whole := sorted(set(read) - set(parquet) - set(lines)):
        yield _documents(spark, whole)


def _is_document(storage: Storage, name: str) -> bool:
    stream = decompressed(stream_of(storage.head(name, _HEAD_BYTES)), PurePosixPath(name))
    try:
        return is_document(beginning(stream, name, _HEAD_BYTES))
    except InputError:
        return False


def _documents(spark: SparkSession, files: Sequence[StoredFile]) -> DataFrame:
    """Files that cannot be divided, as the batch reads them: CSV, feeds, pages, archives."""
    content = spark.read.format("binaryFile").load([file.name for file in files])
    start = len(files[0].name) - len(files[0].inner) + 1
    return content.select(
        "path", functions.expr(f"substring(path, {start})").alias("inner"), "content"
    )


def _tables(
    spark: SparkSession,
    source: str,
    files: Sequence[str],
    columns: Mapping[str, str] | None,
    partitions: Sequence[str],
    place: Sequence[str],
    on_columns: OnColumns,
) -> DataFrame:
    table = spark.read.option("mergeSchema", "true").parquet(*files)
    present = list(dict.fromkeys([*table.columns, *partitions]))
    require_columns(present, columns, source)
    on_columns(column_use(source, present, columns))
    used = {name for names in used_columns(present, columns).values() for name in names}
    own = [f"`{name}`" for name in table.columns if name in used]
    return table.selectExpr(*own, *place)


def _lines(
    spark: SparkSession,
    source: str,
    files: Sequence[str],
    columns: Mapping[str, str] | None,
    partitions: Sequence[str],
    place: Sequence[str],
    on_columns: OnColumns,
) -> DataFrame:
    lines = spark.read.text(list(files), lineSep="\n")
    lines = lines.selectExpr("cast(value as binary) as line", *place)
    head = [bytes(row[0]) for row in lines.limit(_HEAD).collect()]
    seen = dict.fromkeys(
        name for _, row in json_lines(head, source, lambda problem: None) for name in row
    )
    if seen:
        seen.update(dict.fromkeys(partitions))
        require_columns(seen, columns, source)
        on_columns(column_use(source, seen, columns))
    return lines
