"""What `dedup bench` measures, saved for the README.

    python -m benchmarks.corpus_size [--articles 1k,10k,100k] [--save FILE.json] [--plot FILE.svg]

Batch and index on generated corpora of growing size, each in a process of its own. A run that was
interrupted goes on in its folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dedup.bench.plots import plot_growth
from dedup.bench.progress import shown_progress
from dedup.bench.report import growth_report, made_by, table, this_machine
from dedup.bench.runs import Run
from dedup.bench.settings import Settings, sizes_from


def main() -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", default="1k,3k,10k,30k,100k")
    parser.add_argument("--index-up-to", default="100k")
    parser.add_argument("--folder", type=Path, default=Path("out/corpus_size"))
    parser.add_argument("--save", type=Path)
    parser.add_argument("--plot", type=Path, action="append", default=[])
    given = parser.parse_args()
    up_to = max(sizes_from(given.index_up_to))
    run = Run(Settings(sizes_from(given.articles), index_up_to=up_to), given.folder)
    with shown_progress() as tell:
        run.go(tell)
    arguments = f"--articles {given.articles} --index-up-to {given.index_up_to}"
    command = f"python -m benchmarks.corpus_size {arguments}"
    document = growth_report(run.measured(), made_by(command), this_machine())
    print(table(document))
    if given.save:
        given.save.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for path in given.plot:
        plot_growth(document, path)


if __name__ == "__main__":
    main()
