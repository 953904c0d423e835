"""Run the notebooks and store what they print and draw.

    python -m benchmarks.notebooks [NOTEBOOK ...]

Edit a notebook, then run this (needs the extras `docs` and `plot`). Each is run from its first
cell to its last in a fresh kernel, in the root of the repository; what would differ from run
to run is left out. `tests/test_notebooks.py` fails when what is stored is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
_KEPT_METADATA = ("kernelspec", "language_info")


def main(paths: Sequence[str]) -> None:
    """Run these notebooks, or all."""
    import nbformat
    from nbclient import NotebookClient

    for path in map(Path, paths or sorted(map(str, FOLDER.glob("*.ipynb")))):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook,
            timeout=300,
            resources={"metadata": {"path": str(ROOT)}},
            record_timing=False,
        ).execute()
        simplify(notebook)
        nbformat.write(notebook, path)
        print(path.name)


def simplify(notebook: dict[str, Any]) -> None:
    """Remove what differs from run to run: versions, names of objects, timings.

    Args:
        notebook: As nbformat reads it; changed in place.
    """
    metadata = notebook["metadata"]
    for name in set(metadata) - set(_KEPT_METADATA):
        del metadata[name]
    metadata["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell["outputs"] = _join_prints(cell["outputs"])


def _join_prints(outputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs with consecutive prints joined: a kernel sends them in arbitrary pieces."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        output.get("data", {}).pop("text/plain", None)
        if (
            output["output_type"] == "stream"
            and joined
            and joined[-1].get("name") == output["name"]
        ):
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def printed_text(cell: dict[str, Any]) -> str:
    """What a cell of a stored notebook prints."""
    return "".join(
        "".join(output["text"])
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream"
    )


def picture_count(cell: dict[str, Any]) -> int:
    """How many pictures a cell of a stored notebook shows."""
    return sum("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))


if __name__ == "__main__":
    main(sys.argv[1:])
