"""Put real outputs and measured tables into README.md.

    python -m benchmarks.readme

Runs the commands of the `console` blocks in a folder that holds the demonstration corpus, and
fills in the tables from `benchmarks/results/`. `tests/test_docs.py` fails when they are stale.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.quality import table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_QUALITY = re.compile(r"(<!-- quality:[^\n]*\n)(?:[^\n]+\n)+")


def run_block(block: str, folder: Path) -> str:
    """The commands of a block, each followed by what it prints."""
    shown = []
    for line in block.splitlines():
        if line.startswith("$ dedup "):
            command = [sys.executable, "-m", "dedup", *line.split()[2:]]
            done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            printed = "\n".join(each.rstrip() for each in done.stdout.splitlines())
            shown.append(f"{line}\n{printed}\n" if printed else f"{line}\n")
    return f"```console\n{''.join(shown)}```"


def main() -> None:
    """Rewrite README.md."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        shutil.copy(ROOT / "seeds" / "articles.jsonl", folder)
        text = _CONSOLE.sub(lambda found: run_block(found[1], folder), text)
    rows = json.loads((ROOT / "benchmarks" / "results" / "quality.json").read_text("utf-8"))["rows"]
    text = _QUALITY.sub(lambda found: f"{found[1]}{table(rows)}\n", text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
