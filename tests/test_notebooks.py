"""The notebooks run, and what is stored in them is what they print and draw."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.notebooks import FOLDER, ROOT, picture_count, printed_text
from tests.requirements import require

pytestmark = pytest.mark.notebooks
REFRESH = "run `make notebooks` and look at what changed"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_print_and_draw_what_is_stored(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    matplotlib = require("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    with matplotlib.rc_context():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), path.name, "exec"), names)
                assert capsys.readouterr().out == printed_text(cell), REFRESH
                for number in plt.get_fignums():
                    plt.figure(number).canvas.draw()
                assert len(plt.get_fignums()) == picture_count(cell), REFRESH
                plt.close("all")


def test_notebooks_are_stored_plainly() -> None:
    for path in FOLDER.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert notebook["metadata"]["language_info"] == {"name": "python"}
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1)), REFRESH
        assert not any(
            output["output_type"] == "error" for cell in code for output in cell["outputs"]
        )
