"""Make the reference from the docstrings, as HTML.

    python -m benchmarks.reference [FOLDER]

By pdoc (extra `docs`). A docstring or annotation that it cannot make sense of is an error.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path

import dedup

ROOT = Path(__file__).parent.parent
MODULES = (
    "dedup",
    "dedup.calibration",
    "dedup.config",
    "dedup.duplicates",
    "dedup.encoders",
    "dedup.evaluation",
    "dedup.pipeline",
    "dedup.readers",
    "dedup.server",
    "dedup.spark",
    "dedup.store",
    "dedup.stories",
)
"""What programs may use: the public names first, then the steps behind them."""


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    import pdoc

    # The public names are loaded when first used, and pdoc looks only at what is loaded.
    for module in map(import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            vars(module)[name] = getattr(module, name)
    pdoc.render.configure(
        docformat="google",
        show_source=False,
        footer_text=f"dedup {dedup.__version__}",
        template_directory=ROOT / "docs" / "reference",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pdoc.pdoc(*MODULES, output_directory=folder)
    print(f"open {folder / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/docs"))
