"""The documentation says what is true: its commands and code run, and print what it shows."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from typer.main import get_command

from benchmarks import architecture, readme
from dedup import cli
from dedup.bench.report import peak_mb
from dedup.config import Config, NearDuplicateConfig
from dedup.errors import DedupError
from dedup.result import ARTICLE_COLUMNS, RELATED_COLUMNS, STORY_COLUMNS
from dedup.text.dates.reading import Failure
from tests.on_spark import same_as_batch

pytestmark = pytest.mark.docs
ROOT = readme.ROOT
NAMES = [str(path.relative_to(ROOT)) for path in readme.DOCUMENTS]
SHELL = re.compile(r"[|&;<>$`\"'\\*]")
"""Commands without these are run in this process: a process of their own takes a second."""
MOST_NOT_RUN = 6
ON_SPARK = "--engine spark"


def fences(name: str) -> list[tuple[str, str]]:
    """Kind and body of the blocks of a document."""
    return readme.FENCE.findall((ROOT / name).read_text(encoding="utf-8"))


class Reader:
    """Somebody who does what a document says, in order."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._last_output = ""

    def does(self, kind: str, body: str) -> None:
        if body.startswith(readme.NOT_RUN):
            reason = body.splitlines()[0].removeprefix(readme.NOT_RUN)
            assert reason.startswith(": "), f"say why: {body}"
        elif kind == "console":
            for command in readme.commands_of(body):
                assert f"$ {command}\n{self._printed(command)}" in body
        elif kind == "sh" and not body.startswith("$ "):
            self._runs(body)
        elif kind == "python":
            exec(compile(body, "block", "exec"), {})
            self._last_output = self._capsys.readouterr().out
            assert bool(self._last_output) == ("print(" in body and "file=" not in body)
        elif kind == "output":
            assert body == self._last_output
        elif kind == "toml":
            Config.from_mapping(tomllib.loads(body))
        elif kind not in ("sh", "text"):
            raise AssertionError(f"a block of {kind!r}: nothing runs it")

    def _runs(self, body: str) -> None:
        if "<<" in body:
            readme.run_shell(body, self._folder)
            return
        for line in body.splitlines():
            self._printed(line)

    def _printed(self, command: str) -> str:
        if not command.startswith("dedup ") or SHELL.search(command):
            printed = readme.run_shell(command, self._folder)
        else:
            self._monkeypatch.setattr(sys, "argv", command.split())
            with pytest.raises(SystemExit) as stopped:
                cli.main()
            printed, err = self._capsys.readouterr()
            assert not stopped.value.code, err
        return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())


@pytest.mark.parametrize("name", [name for name in NAMES if fences(name)])
def test_blocks_run_and_print_what_is_shown(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(readme.workplace(ROOT / name, tmp_path))
    reader = Reader(tmp_path, monkeypatch, capsys)
    for kind, body in fences(name):
        if ON_SPARK not in body:
            reader.does(kind, body)


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(ON_SPARK in body for _, body in fences(name))]
)
def test_blocks_on_spark_print_what_is_shown(
    spark: Any,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spark
    monkeypatch.chdir(readme.workplace(ROOT / name, tmp_path))
    reader = Reader(tmp_path, monkeypatch, capsys)
    for kind, body in fences(name):
        if ON_SPARK in body or "cat > articles.jsonl" in body:
            reader.does(kind, body)
    same_as_batch(tmp_path / "clusters", [tmp_path / "articles.jsonl"])


def test_the_readme_is_short() -> None:
    assert len(readme.README.read_bytes()) <= 12_288
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()) <= 92


def test_the_diagram_is_made_of_the_code() -> None:
    drawn = architecture.DIAGRAM.read_text(encoding="utf-8")
    assert drawn == architecture.diagram(), "run `make readme` and look at the diagram"


def test_few_blocks_are_not_run() -> None:
    bodies = [body for name in NAMES for _, body in fences(name)]
    marked = [body for body in bodies if body.startswith(readme.NOT_RUN)]
    assert len(marked) <= MOST_NOT_RUN
    assert len(bodies) >= 5 * len(marked)


@pytest.mark.parametrize("name", NAMES)
def test_measured_tables_are_the_saved_ones(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == readme.fill_tables(text, readme.measured_tables()), "run `make readme`"
    assert text.count("<!-- end -->") == len(readme.BLOCK.findall(text))


def test_a_table_that_is_empty_leaves_the_rest_as_it_is() -> None:
    def document(first: str, second: str) -> str:
        return (
            f"<!-- first: made by `a` -->\n{first}<!-- end -->\nBetween.\n\n"
            f"<!-- second: made by `b` -->\n{second}<!-- end -->\nAfter.\n"
        )

    full, empty = document("| 1 |\n", "| 2 |\n| 3 |\n"), document("", "")
    assert readme.fill_tables(full, {"first": "", "second": ""}) == empty
    assert readme.fill_tables(empty, {"first": "", "second": ""}) == empty
    assert readme.fill_tables(empty, {"first": "| 1 |", "second": "| 2 |\n| 3 |"}) == full


def test_every_saved_result_is_shown_with_what_it_holds_for() -> None:
    blocks = readme.measured_tables()
    shown = {
        block[1]
        for path in readme.DOCUMENTS
        for block in readme.BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    assert shown == set(blocks)
    for name, table in blocks.items():
        line = table.splitlines()[-1]
        for pattern in (r"Made by `python -m benchmarks\.", r"on \d{4}-\d\d-\d\d", "corpus: ."):
            assert re.search(pattern, line), name
        assert re.search(r"machine: .*cores?; Python \d.*numpy \d", line), name


def test_figures_in_the_text_are_the_saved_ones() -> None:
    saved = {path.stem: json.loads(path.read_text("utf-8")) for path in readme.RESULTS.iterdir()}
    *_, hundred, million = saved["corpus_size"]["rows"]
    assert (hundred["articles"], million["articles"]) == (100_000, 1_000_000)
    tenths = [row for row in saved["affinity"]["rows"] if "kind" in row]
    believed = {(row["kind"], row["low"]): row for row in tenths}
    doubtful = believed["cross language", 0.4]
    size = next(row for row in saved["encoders"]["rows"] if row["encoder"] == "bundled")
    text = readme.README.read_text(encoding="utf-8")
    for sentence in (
        f"{hundred['articles']:,} articles of {hundred['corpus']['days']:.0f} days "
        f"in nine languages take {peak_mb(hundred['batch']) / 1024:.1f} GB, "
        f"a million of three months {peak_mb(million['batch']) / 1024:.0f} GB "
        f"and {million['batch']['wall_seconds'] / 60:.0f} minutes",
        f"what they call {doubtful['predicted']:.0%} was {doubtful['observed']:.0%}".replace(
            "%", " %"
        ),
        f"ships with the package ({size['speed']['files_mb']:.0f} MB)",
    ):
        assert sentence in " ".join(text.split())


def test_the_s_curve_is_the_formula() -> None:
    text = (ROOT / "docs" / "near_duplicates.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (0\.\d) \| (\d+) x (\d+) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == 4
    for min_jaccard, bands, rows_of_band, values in rows:
        chosen = NearDuplicateConfig(min_jaccard=float(min_jaccard)).banding(128)
        assert chosen == (int(bands), int(rows_of_band))
        for similarity, value in zip(
            (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), values.split("|"), strict=True
        ):
            curve = 1 - (1 - similarity ** chosen[1]) ** chosen[0]
            assert float(value) == pytest.approx(curve, abs=6e-4)


def test_every_command_is_documented_and_has_help() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in readme.DOCUMENTS)
    group = get_command(cli.app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"dedup {name}" in texts
        assert command.help
        for option in command.params:
            assert getattr(option, "help", None), f"{name}: {option.name}"


@pytest.mark.parametrize("columns", [ARTICLE_COLUMNS, STORY_COLUMNS, RELATED_COLUMNS])
def test_the_columns_of_the_outputs_are_documented(columns: tuple[str, ...]) -> None:
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    assert f"`{', '.join(columns)}`" in " ".join(text.split())


def test_every_problem_is_explained() -> None:
    rows = re.findall(
        r"^\| ([a-zA-Z ,]+) \| .+ \|$",
        (ROOT / "docs" / "reading.md").read_text(encoding="utf-8").partition("| problem |")[2],
        re.MULTILINE,
    )
    explained = {kind for row in rows for kind in row.split(", ")}
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "dedup").rglob("*.py")))
    reported = set(re.findall(r"\bProblem\(\s*\"([^\"]+)\"", code))
    assert reported | set(filter(None, get_args(Failure))) <= explained
    for kind in explained:
        assert f'"{kind}"' in code, kind


def headings(path: Path) -> set[str]:
    """Anchors of the headings of a document, as the hosting site makes them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_docs_link_exists(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^):]+)\)", text) + re.findall(r"(?:src|srcset)=\"([^\"]+)\"", text)
    for target in targets:
        file, _, anchor = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.exists(), target
        assert not anchor or anchor in headings(linked), target


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_modules_and_names_in_the_developers_documents_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    homes = (ROOT / "dedup", ROOT)
    paths = r"\b([a-z_]+(?:/[a-z_]+)*\.(?:py|toml|npz|json|jinja2))\b(?::(\w+))?"
    for module, member in re.findall(paths, text):
        files = [home / module for home in homes if (home / module).is_file()]
        assert files, module
        assert not member or member in files[0].read_text(encoding="utf-8"), member
    for folder in re.findall(r"`((?:[a-z_]+/)+)`", text):
        assert any((home / folder).is_dir() for home in homes), folder
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "dedup").rglob("*.py")))
    code += "".join(path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("*.py")))
    for word in re.findall(r"`([a-zA-Z_]+_[a-zA-Z_]+)`", text):
        assert re.search(rf"\b{word}\b", code), word


def test_every_error_is_drawn_in_the_tree() -> None:
    import dedup.errors

    tree = dedup.errors.__doc__ or ""
    for name, value in vars(dedup.errors).items():
        if isinstance(value, type) and issubclass(value, DedupError):
            assert name in tree


def test_figures_of_the_weights_are_those_of_the_files() -> None:
    weights = ROOT / "dedup" / "weights"
    text = (weights / "README.md").read_text(encoding="utf-8")
    with np.load(weights / "term_weights.npz") as terms:
        assert f"for {len(terms['weights']):,} hashed terms" in text
        assert f"{len(terms['texts']) - 1} languages" in text
    with np.load(ROOT / "dedup" / "encoders" / "bundled" / "weights.npz") as pieces:
        assert round(len(pieces["scales"]), -5) == 200_000
        assert 2 * pieces["nibbles"].shape[1] == 256
    for path in weights.glob("affinity_*.json"):
        curves = json.loads(path.read_text("utf-8"))["curves"].values()
        points = sum(len(points) for kind in curves for points in kind.values())
        assert f"some {round(points, -1)} numbers" in text


def test_every_source_of_the_weights_is_named_with_its_licence() -> None:
    text = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    licence = (ROOT / "dedup" / "encoders" / "bundled" / "LICENSE").read_text(encoding="utf-8")
    sources = re.findall(r"^    (\S.*?)  +(\S.*)$", licence, re.MULTILINE)
    assert len(sources) >= 17
    rows = dict(re.findall(r"^\| (\S.*?) \| (.*) \|$", text, re.MULTILINE))
    for source, terms in sources:
        name = source.split(" (")[0]
        own = next(row for row in rows if row.startswith(name))
        assert terms.split(",")[0].removesuffix(" and public domain:") in rows[own], source
