"""Put real outputs and measured tables into the documentation.

    python -m benchmarks.readme [DOCUMENT ...]

Runs the blocks of code of each document, or of these, in a folder of its own (see `workplace`),
fills in the tables from `benchmarks/results/`, which stand between `<!-- NAME: ... -->` and
`<!-- end -->` (the names are in `measured_tables`), and draws the diagram of the architecture.
`tests/test_docs.py` fails when anything is stale.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    affair,
    architecture,
    encoder_tables,
    index,
    near_duplicate_tables,
    neighbors,
    quality,
    series,
    story_scale,
    story_tables,
    unrelated,
)
from benchmarks import scale as spark_scale
from benchmarks.rule_costs import rule_table
from benchmarks.saved import made_line
from dedup.bench.report import sizes_table, stages_tables

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"
DOCUMENTS = (
    README,
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "dedup" / "encoders" / "bundled" / "MODEL_CARD.md",
    ROOT / "dedup" / "weights" / "README.md",
    ROOT / "seeds" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
"""All that people read; they may hold blocks of code, and measured tables."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(
    r"^(<!-- ([a-z-]+): made by [^\n]* -->\n)(.*?)^(<!-- end -->)", re.MULTILINE | re.DOTALL
)
"""The opening line, the name, the lines that were made, the closing line."""
NOT_RUN = "# Not run in CI"
"""A block whose first line begins so is left alone; the line says why."""


def measured_tables() -> dict[str, str]:
    """Every measured table by name, each with what its figures hold for below it."""
    saved = {path.stem: json.loads(path.read_text("utf-8")) for path in RESULTS.glob("*.json")}
    near, start_up, encoders = saved["near_duplicates"], saved["start_up"], saved["encoders"]
    size, generated = saved["corpus_size"], "generated articles in nine languages, seeded"
    machines = saved["scale"]
    stories, scale, affinity = saved["stories"], saved["story_scale"], saved["affinity"]
    return {
        "quality": _with_line(
            quality.table(saved["quality"]["rows"]),
            saved["quality"],
            "the sets of the table, each in a process of its own",
        ),
        "stories": _with_line(
            story_tables.overall_table(stories["rows"]), stories, "the sets of the table"
        ),
        "stories-short": _with_line(
            columns(story_tables.overall_table(stories["rows"]), (0, 1, 2, 4, 8, 9, 11)).replace(
                ", bundled", ""
            ),
            _brief(stories),
            "the sets of the table",
        ),
        "systems": _with_line(
            story_tables.systems_table(stories["rows"]), stories, "the sets of the table"
        ),
        "reliability": _with_line(
            story_tables.reliability_table(affinity["rows"]),
            affinity,
            "candidate pairs of the sets that the curves are fitted on, each by the others",
        ),
        "reliability-by-language": _with_line(
            story_tables.language_table(affinity["rows"]),
            affinity,
            "pairs of one language, as above",
        ),
        "unrelated": _with_line(
            unrelated.unrelated_table(saved["unrelated"]["rows"]),
            saved["unrelated"],
            "NTREX, the half that no table was made of",
        ),
        "scale": _with_line(
            story_scale.table(scale["rows"]),
            scale,
            "the articles of `dedup bench` without copies, seed 0",
        ),
        "neighbor-search": _with_line(
            neighbors.search_table(saved["neighbors"]["rows"]),
            saved["neighbors"],
            "the articles of `dedup bench` without copies, seed 0",
        ),
        "candidate-rules": _with_line(
            neighbors.rule_table(saved["neighbors"]["rows"]),
            saved["neighbors"],
            "the sets of the table; curves that have seen them",
        ),
        "engines": _with_line(spark_scale.table(machines["rows"]), machines, generated),
        "engine-stages": _with_line(
            spark_scale.stages_table(machines["rows"]), machines, generated
        ),
        "corpus-size": _with_line(sizes_table(size), size, generated),
        "corpus-size-short": _with_line(
            columns(sizes_table(size), (0, 1, 4, 6, 8, 9), rows=(-4, -2, -1)),
            _brief(size),
            generated,
        ),
        "corpus-stages": _with_line(stages_tables(size), size, generated),
        "index": _with_line(index.table(saved["index"]["rows"]), saved["index"], generated),
        "encoders": _with_line(
            encoder_tables.goals_table(encoders), encoders, "NTREX, ITN and AllSides"
        ),
        "languages": _with_line(encoder_tables.languages_table(encoders), encoders, "NTREX"),
        "rules": _with_line(
            rule_table(near["rules"]), near, "articles of SaudiNewsNet and of Reuters"
        ),
        "compared": _with_line(
            near_duplicate_tables.compared_table(near, stories),
            near,
            f"planted texts; stories by `{stories['made_by']['command']}`, "
            f"{stories['made_by']['date']}, on the labelled sets",
        ),
        "peers": _with_line(
            near_duplicate_tables.peers_tables(near),
            near,
            "planted texts (generated, seed 1), SaudiNewsNet, Reuters-21578",
        ),
        "affair": _with_line(
            affair.affair_table(saved["affair"]["rows"]),
            saved["affair"],
            "made-up news of one affair, 30 days in six languages, seeded",
        ),
        "series": _with_line(
            series.series_table(saved["series"]["rows"]),
            saved["series"],
            "made-up series of 12 templates in 7 languages, and small edits, seeded",
        ),
        "near-duplicates": _with_line(
            near_duplicate_tables.goals_table(near, start_up),
            near,
            "as named; the last row `" + start_up["made_by"]["command"] + "` on the demonstration "
            f"corpus, {start_up['made_by']['date']}",
        ),
    }


def _with_line(table: str, saved: Mapping[str, Any], corpus: str) -> str:
    return f"{table}\n\n{made_line(saved['made_by'], corpus)}"


def _brief(saved: Mapping[str, Any]) -> dict[str, Any]:
    """A saved result that names fewer versions; the full table beside it in `docs/` names all."""
    provenance = dict(saved["made_by"])
    versions = {name: provenance["versions"][name] for name in ("story-dedup", "numpy")}
    return {**saved, "made_by": provenance | {"versions": versions}}


def columns(table: str, chosen: Sequence[int], rows: Sequence[int] | None = None) -> str:
    """Some columns, and some rows, of the first Markdown table in a text."""
    first = table.split("\n\n")[0].splitlines()
    cells = [line.strip("| ").split(" | ") for line in first if not line.startswith("|--")]
    cells = [cells[0], *(cells[1:] if rows is None else [cells[1:][row] for row in rows])]
    rule = first[1].strip("|").split("|")
    lines = [" | ".join(line[column] for column in chosen) for line in cells]
    lines.insert(1, "|".join(rule[column] for column in chosen))
    return "\n".join(f"|{line}|" if k == 1 else f"| {line} |" for k, line in enumerate(lines))


def fill_tables(text: str, blocks: Mapping[str, str]) -> str:
    """A document with its measured tables replaced by these.

    Raises:
        KeyError: It has a block of another name.
    """

    def fill(block: re.Match[str]) -> str:
        table = blocks[block[2]]
        return block[1] + (f"{table}\n" if table else "") + block[4]

    return BLOCK.sub(fill, text)


def run_blocks(text: str, folder: Path) -> str:
    """A document with what its commands print now.

    All of its blocks are run in order, as a reader would: `console` blocks hold commands after
    `$ `, each followed by what it prints, `sh` and `python` blocks only what is run; an `output`
    block holds what the `python` block before it prints. Blocks of `sh` with `$ ` are sessions
    with a server, which `tests/test_server_docs.py` runs.

    Args:
        text: Markdown.
        folder: Where they are run.

    Raises:
        SystemExit: A command failed.
    """
    printed = ""

    def run(block: re.Match[str]) -> str:
        nonlocal printed
        kind, body = block.groups()
        if not body.startswith((NOT_RUN, "$ ")):
            if kind == "python":
                printed = run_shell(f"python - <<'END OF PYTHON'\n{body}END OF PYTHON\n", folder)
            elif kind == "sh":
                run_shell(body, folder)
        if kind == "output":
            body = printed
        if kind == "console":
            body = "".join(_run_line(line, folder) for line in commands_of(body))
        return f"```{kind}\n{body}```"

    return FENCE.sub(run, text)


def commands_of(block: str) -> list[str]:
    """The commands of a `console` block, without what they print."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def _run_line(command: str, folder: Path) -> str:
    printed = "".join(f"{line.rstrip()}\n" for line in run_shell(command, folder).splitlines())
    return f"$ {command}\n{printed}"


def run_shell(script: str, folder: Path) -> str:
    """What a script of bash prints in a folder.

    `dedup` and `python` are those beside this Python; of `make` it is only seen whether there is
    such a target.

    Raises:
        SystemExit: It failed.
    """
    make = f'make() {{ command make -n -C {shlex.quote(str(ROOT))} "$@" >/dev/null; }}; set -e\n'
    environment = os.environ | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    process = subprocess.run(
        ["bash", "-o", "pipefail", "-c", make + script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if process.returncode:
        raise SystemExit(
            f"{script}\nfailed with {process.returncode}:\n{process.stdout}{process.stderr}"
        )
    return process.stdout


def workplace(document: Path, folder: Path) -> Path:
    """The folder that the commands of a document are run in.

    Empty for the README, whose reader has nothing yet; for all others with the demonstration
    corpus, as `seeds/` and as `articles.jsonl`.
    """
    if document != README:
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        shutil.copy(ROOT / "seeds" / "articles.jsonl", folder)
    return folder


def main(names: Sequence[str]) -> None:
    """Rewrite these documents, or all, and the diagram."""
    architecture.main()
    blocks = measured_tables()
    for path in [ROOT / name for name in names] or DOCUMENTS:
        with tempfile.TemporaryDirectory() as name:
            text = run_blocks(path.read_text(encoding="utf-8"), workplace(path, Path(name)))
        path.write_text(fill_tables(text, blocks), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
