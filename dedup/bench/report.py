"""From measurements to what people read: one JSON document, tables, and sentences."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dedup.bench.growth import (
    MIN_SECONDS,
    NEXT,
    Growth,
    Machine,
    fitted_seconds,
    in_line,
    next_sentence,
    size_of,
    span_of,
)
from dedup.compute.threads import available_cores

LIBRARIES = ("story-dedup", "numpy", "scipy", "numba", "faiss-cpu", "pyarrow")
_LOAD = "load"
_SINGLE = ("add one", "query", "open")
_MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"),)
_BYTES_PER_MB = 1024**2


def made_by(command: str, libraries: Sequence[str] = LIBRARIES, **more: str) -> dict[str, Any]:
    """What figures hold for: command, date, machine, and versions.

    Args:
        command: Which makes them.
        libraries: Whose versions are noted; null for one that is not installed.
        more: What else is to be said of how they were made.
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
    for path in _MEMORY_LIMITS:
        try:
            memory = min(memory, int(path.read_text()))
        except (OSError, ValueError):
            continue
    return Machine(available_cores(), memory)


def reported(
    measured: Sequence[Mapping[str, Any]], made: Mapping[str, Any], machine: Machine
) -> dict[str, Any]:
    """The measurements with how they grow, as one JSON document.

    Args:
        measured: Sizes with their parts, as `Run.measured` gives them.
        made: What they hold for, as `made_by` gives it.
        machine: What the next ten times have to fit into.
    """
    document: dict[str, Any] = {
        "made_by": {**made, "memory_gb": round(machine.memory_bytes / 1024**3, 1)},
        "rows": [dict(each) for each in measured],
        "growth": {},
        "next": {},
    }
    for kind in ("batch", "index"):
        rows = [each for each in measured if kind in each]
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
        lasting = {name: each for name, each in seconds.items() if name not in _SINGLE}
        total = total_growth(rows, kind)
        if total and lasting:
            document["next"][kind] = next_sentence(lasting, memory, total, machine)
    return document


def _plain(growth: Growth | None) -> dict[str, Any] | None:
    return asdict(growth) if growth else None


def _sizes(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    return [row["articles"] for row in rows]


def stage_names(rows: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """The stages of a batch or an index, in their order, without the loading of the program."""
    return [each["name"] for each in rows[-1][kind]["stages"] if each["name"] != _LOAD]


def stage_of(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A stage of a measurement; of one that did not run, zeros."""
    none = {"wall_seconds": 0.0, "cpu_seconds": 0.0, "peak_memory_mb": 0.0}
    return next((each for each in part["stages"] if each["name"] == name), none)


def total_seconds(part: Mapping[str, Any], measure: str = "wall_seconds") -> float:
    """Seconds of all stages together, without loading and without single operations."""
    left_out = (_LOAD, *_SINGLE)
    return float(sum(each[measure] for each in part["stages"] if each["name"] not in left_out))


def peak_mb(part: Mapping[str, Any]) -> float:
    """Peak memory of a measurement, in MiB."""
    return float(max(each["peak_memory_mb"] for each in part["stages"]))


def growths(
    rows: Sequence[Mapping[str, Any]], kind: str
) -> tuple[dict[str, Growth], dict[str, Growth]]:
    """How time and peak memory of each stage grow; stages of which two sizes do not tell lack.

    Memory is drawn on in a straight line through the two largest sizes. Time is taken to grow as
    CPU time does, which does not depend on what else the machine did meanwhile; from the wall time
    of the largest size on.
    """
    seconds, memory = {}, {}
    for name in stage_names(rows, kind):
        stages = [stage_of(row[kind], name) for row in rows]
        if found := _of_work(_sizes(rows), stages, 0.0 if name in _SINGLE else MIN_SECONDS):
            seconds[name] = found
        if found := in_line(_sizes(rows), [each["peak_memory_mb"] for each in stages]):
            memory[name] = found
    return seconds, memory


def _of_work(
    sizes: Sequence[int], stages: Sequence[Mapping[str, Any]], least: float = MIN_SECONDS
) -> Growth | None:
    found = fitted_seconds(sizes, [each["cpu_seconds"] for each in stages], least)
    return replace(found, cost=stages[-1]["wall_seconds"]) if found else None


def total_growth(rows: Sequence[Mapping[str, Any]], kind: str) -> Growth | None:
    """How the time of all stages together grows, without loading and single operations."""
    measures = ("wall_seconds", "cpu_seconds")
    totals = [{each: total_seconds(row[kind], each) for each in measures} for row in rows]
    return _of_work(_sizes(rows), totals)


def table(document: Mapping[str, Any]) -> str:
    """The measurements as Markdown: sizes, then stages, each with what comes next in words."""
    return f"{sizes_table(document)}\n\n{stages_tables(document)}"


def sizes_table(document: Mapping[str, Any]) -> str:
    """A row for each size, and what ten times as many as the largest would need."""
    blocks = [_sizes_table(document["rows"])]
    blocks += [f"{kind.capitalize()}: {said}" for kind, said in document["next"].items()]
    return "\n\n".join(blocks)


def stages_tables(document: Mapping[str, Any]) -> str:
    """The stages of batch and index, with how each grows."""
    rows = document["rows"]
    return "\n\n".join(
        "\n".join(_stages_table([row for row in rows if kind in row], kind, growth))
        for kind, growth in document["growth"].items()
    )


def _sizes_table(rows: Sequence[Mapping[str, Any]]) -> str:
    graded = any("quality" in row for row in rows)
    head = ["articles", "days", "texts", "stories", "batch: wall", "CPU", "peak memory", "corpus"]
    head += ["copies F1", "stories F1"] if graded else []
    head += ["index: articles/s", "one more", "query", "on disk"]
    lines = [f"| {' | '.join(head)} |", "|" + "--:|" * len(head)]
    lines += [f"| {' | '.join(_size_cells(row, graded))} |" for row in rows]
    return "\n".join(lines)


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
    following = NEXT * rows[-1]["articles"]
    head = [*(f"{size}: wall" for size in sizes), "CPU", "peak memory", "grows as n to the"]
    yield f"| {kind}: stage | {' | '.join(head)} | then {following:,} |"
    yield "|---|" + "--:|" * (len(head) + 1)
    for each in growth:
        stages = [stage_of(row[kind], each["stage"]) for row in rows]
        cells = [span_of(stage["wall_seconds"]) for stage in stages]
        cells.append(span_of(stages[-1]["cpu_seconds"]))
        cells.append(size_of(stages[-1]["peak_memory_mb"] * _BYTES_PER_MB))
        grown = Growth(**each["seconds"]) if each["seconds"] else None
        cells.append(_exponent(grown))
        cells.append(span_of(grown.at(following)) if grown else "-")
        yield f"| {each['stage']} | {' | '.join(cells)} |"


def _exponent(growth: Growth | None) -> str:
    if growth is None:
        return "-"
    if growth.low is None or growth.high is None:
        return f"{growth.exponent:.2f}"
    return f"{growth.exponent:.2f} ({growth.low:.2f} to {growth.high:.2f})"
