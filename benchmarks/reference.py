"""Make the reference from the docstrings, as HTML.

    python -m benchmarks.reference [FOLDER]

By pdoc (extra `docs`). A docstring or annotation that it cannot make sense of is an error. A
module whose extra is not installed is left out, and a printed line says how to install it.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path

import dedup
from dedup.errors import MissingExtraError

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


def loadable_modules() -> list[str]:
    """The modules whose extra is installed, with all their public names loaded.

    The public names are loaded when first used, and pdoc looks only at what is loaded.
    """
    loaded = []
    for name in MODULES:
        try:
            module = import_module(name)
            for public in getattr(module, "__all__", ()):
                vars(module)[public] = getattr(module, public)
        except MissingExtraError as error:
            print(f"left out: {name}. {error}")
        else:
            loaded.append(name)
    return loaded


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    import pdoc

    names = loadable_modules()
    pdoc.render.configure(
        docformat="google",
        show_source=False,
        footer_text=f"dedup {dedup.__version__}",
        template_directory=ROOT / "docs" / "reference",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pdoc.pdoc(*names, output_directory=folder)
    print(f"open {folder / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/docs"))
