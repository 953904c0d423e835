"""Reports of measurements for people: one JSON document, tables and sentences."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dedup.bench.growth import (
    MIN_SECONDS,
    NEXT,
    Growth,
    Machine,
    fit_seconds,
    linear_growth,
    next_sentence,
    size_of,
    span_of,
)
from dedup.compute.threads import available_cores

LIBRARIES = ("story-dedup", "numpy", "scipy", "numba", "faiss-cpu", "pyarrow")
_LOAD = "load"
_SINGLE = ("add one", "query", "open")
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
_BYTES_PER_MB = 1024**2


def made_by(command: str, libraries: Sequence[str] = LIBRARIES, **more: str) -> dict[str, Any]:
    """The origin of figures: command, date, machine, and versions.

    Args:
        command: The command that makes the figures.
        libraries: Libraries whose versions are noted; null for one that is not installed.
        more: Further facts.
    """
    return {
        "command": command,
        **more,
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {available_cores()} cores",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in libraries},
    }


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def this_machine() -> Machine:
    """Cores and memory that a process may use here."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        memory = min(memory, int(_MEMORY_LIMIT.read_text()))
    return Machine(available_cores(), memory)


def growth_report(
    measured: Sequence[Mapping[str, Any]], origin: Mapping[str, Any], machine: Machine
) -> dict[str, Any]:
    """The measurements with how they grow, as one JSON document.

    Args:
        measured: Sizes with their parts, as `Run.measured` gives them.
        origin: As `made_by` gives it.
        machine: The machine that ten times as many articles have to fit into.
    """
    document: dict[str, Any] = {
        "made_by": {**origin, "memory_gb": round(machine.memory_bytes / 1024**3, 1)},
        "rows": [dict(row) for row in measured],
        "growth": {},
        "next": {},
    }
    for kind in ("batch", "index"):
        rows = [row for row in measured if kind in row]
        if not rows:
            continue
        seconds, memory = growths(rows, kind)
        document["growth"][kind] = [
            {
                "stage": name,
                "seconds": _plain(seconds.get(name)),
                "memory_mb": _plain(memory.get(name)),
            }
            for name in stage_names(rows, kind)
        ]
        stages = {name: growth for name, growth in seconds.items() if name not in _SINGLE}
        total = total_growth(rows, kind)
        if total and stages:
            document["next"][kind] = next_sentence(stages, memory, total, machine)
    return document


def _plain(growth: Growth | None) -> dict[str, Any] | None:
    return asdict(growth) if growth else None


def _sizes(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    return [row["articles"] for row in rows]


def stage_names(rows: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """The stages of a batch or an index, in their order, without loading the program."""
    return [stage["name"] for stage in rows[-1][kind]["stages"] if stage["name"] != _LOAD]


def stage_of(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A stage of a measurement; zeros if it did not run."""
    none = {"wall_seconds": 0.0, "cpu_seconds": 0.0, "peak_memory_mb": 0.0}
    return next((stage for stage in part["stages"] if stage["name"] == name), none)


def total_seconds(part: Mapping[str, Any], measure: str = "wall_seconds") -> float:
    """Seconds of all stages together, without loading and without single operations."""
    left_out = (_LOAD, *_SINGLE)
    return float(sum(stage[measure] for stage in part["stages"] if stage["name"] not in left_out))


def peak_mb(part: Mapping[str, Any]) -> float:
    """Peak memory of a measurement, in MiB."""
    return float(max(stage["peak_memory_mb"] for stage in part["stages"]))


def growths(
    rows: Sequence[Mapping[str, Any]], kind: str
) -> tuple[dict[str, Growth], dict[str, Growth]]:
    """How time and peak memory of each stage grow, without stages that two sizes do not show.

    Memory grows along the straight line through the two largest sizes. Time grows from the wall
    time of the largest size as CPU time does, which does not depend on the load of the machine.
    """
    seconds, memory = {}, {}
    for name in stage_names(rows, kind):
        stages = [stage_of(row[kind], name) for row in rows]
        if growth := _time_growth(_sizes(rows), stages, 0.0 if name in _SINGLE else MIN_SECONDS):
            seconds[name] = growth
        if growth := linear_growth(_sizes(rows), [stage["peak_memory_mb"] for stage in stages]):
            memory[name] = growth
    return seconds, memory


def _time_growth(
    sizes: Sequence[int], stages: Sequence[Mapping[str, Any]], least: float = MIN_SECONDS
) -> Growth | None:
    growth = fit_seconds(sizes, [stage["cpu_seconds"] for stage in stages], least)
    return replace(growth, cost=stages[-1]["wall_seconds"]) if growth else None


def total_growth(rows: Sequence[Mapping[str, Any]], kind: str) -> Growth | None:
    """How the time of all stages together grows, without loading and single operations."""
    measures = ("wall_seconds", "cpu_seconds")
    totals = [{measure: total_seconds(row[kind], measure) for measure in measures} for row in rows]
    return _time_growth(_sizes(rows), totals)


def table(document: Mapping[str, Any]) -> str:
    """The measurements as Markdown: sizes, then stages, each with its projection."""
    return f"{sizes_table(document)}\n\n{stages_tables(document)}"


def sizes_table(document: Mapping[str, Any]) -> str:
    """A row for each size, and the needs of ten times as many articles as the largest."""
    rows = document["rows"]
    graded = any("quality" in row for row in rows)
    head = ["articles", "days", "texts", "stories", "batch: wall", "CPU", "peak memory", "corpus"]
    head += ["copies F1", "stories F1"] if graded else []
    head += ["index: articles/s", "one more", "query", "on disk"]
    lines = [f"| {' | '.join(head)} |", "|" + "--:|" * len(head)]
    lines += [f"| {' | '.join(_size_cells(row, graded))} |" for row in rows]
    needs = [f"{kind.capitalize()}: {text}" for kind, text in document["next"].items()]
    return "\n\n".join(["\n".join(lines), *needs])


def stages_tables(document: Mapping[str, Any]) -> str:
    """The stages of batch and index, with how each grows."""
    rows = document["rows"]
    return "\n\n".join(
        "\n".join(_stages_table([row for row in rows if kind in row], kind, growth))
        for kind, growth in document["growth"].items()
    )


def _size_cells(row: Mapping[str, Any], graded: bool) -> Iterator[str]:
    yield f"{row['articles']:,}"
    yield f"{row['corpus']['days']:.0f}"
    if batch := row.get("batch"):
        yield f"{batch['counts']['texts']:,}"
        yield f"{batch['counts']['stories']:,}"
        yield span_of(total_seconds(batch))
        yield span_of(total_seconds(batch, "cpu_seconds"))
        yield size_of(peak_mb(batch) * _BYTES_PER_MB)
    else:
        yield from ["-"] * 5
    yield size_of(row["corpus"]["bytes"])
    if graded:
        for level in ("duplicate", "story"):
            scores = row.get("quality", {}).get(level)
            yield f"{scores['b_cubed']['f1']:.3f}" if scores else "-"
    if index := row.get("index"):
        yield f"{index['counts']['articles'] / total_seconds(index):,.0f}"
        yield span_of(stage_of(index, "add one")["wall_seconds"])
        yield span_of(stage_of(index, "query")["wall_seconds"])
        yield size_of(index["bytes_on_disk"])
    else:
        yield from ["-"] * 4


def _stages_table(
    rows: Sequence[Mapping[str, Any]], kind: str, growth: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    sizes = [f"{row['articles']:,}" for row in rows]
    projected = NEXT * rows[-1]["articles"]
    head = [*(f"{size}: wall" for size in sizes), "CPU", "peak memory", "grows as n to the"]
    yield f"| {kind}: stage | {' | '.join(head)} | then {projected:,} |"
    yield "|---|" + "--:|" * (len(head) + 1)
    for line in growth:
        stages = [stage_of(row[kind], line["stage"]) for row in rows]
        cells = [span_of(stage["wall_seconds"]) for stage in stages]
        cells.append(span_of(stages[-1]["cpu_seconds"]))
        cells.append(size_of(stages[-1]["peak_memory_mb"] * _BYTES_PER_MB))
        time = Growth(**line["seconds"]) if line["seconds"] else None
        cells.append(_exponent(time))
        cells.append(span_of(time.at(projected)) if time else "-")
        yield f"| {line['stage']} | {' | '.join(cells)} |"


def _exponent(growth: Growth | None) -> str:
    if growth is None:
        return "-"
    if growth.low is None or growth.high is None:
        return f"{growth.exponent:.2f}"
    return f"{growth.exponent:.2f} ({growth.low:.2f} to {growth.high:.2f})"
