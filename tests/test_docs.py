"""The documentation says what is true: its commands and code run, and print what it shows."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from dedup import cli
from dedup.config import NearDuplicateConfig
from dedup.errors import DedupError

ROOT = Path(__file__).parent.parent
DOCS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/near_duplicates.md",
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the README's commands find their input."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copy(ROOT / "seeds" / "articles.jsonl", tmp_path / "articles.jsonl")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed_by(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    out, err = capsys.readouterr()
    assert not stopped.value.code, err
    return out


def test_readme_commands_print_what_is_shown(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workplace.is_dir()
    commands = 0
    for block in blocks("README.md", "console"):
        shown = ""
        printed = ""
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                printed += printed_by(line[2:].strip(), monkeypatch, capsys)
                commands += 1
            else:
                shown += line
        assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()
    assert commands >= 3


@pytest.mark.parametrize(("name", "printed"), [("README.md", "text_cosine"), (DOCS[-1], "first")])
def test_python_blocks_run(
    name: str, printed: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workplace.is_dir()
    for block in blocks(name, "python"):
        exec(compile(block, name, "exec"), {})
    assert printed in capsys.readouterr().out


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


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    group = get_command(cli.app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert f"dedup {name}" in readme
        assert command.help
        for option in command.params:
            assert getattr(option, "help", None), f"{name}: {option.name}"


@pytest.mark.parametrize("name", DOCS)
def test_files_that_the_docs_link_exist(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_modules_that_the_architecture_names_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in re.findall(r"\b([a-z_]+(?:/[a-z_]+)*\.py)\b", text):
        found = [ROOT / "dedup" / name, ROOT / name]
        assert name == "utils.py" or any(path.is_file() for path in found), name
    for name in re.findall(r"`([a-z_]+/)`", text):
        assert (ROOT / "dedup" / name).is_dir() or (ROOT / name).is_dir(), name


def test_the_table_of_quality_is_the_saved_one() -> None:
    from benchmarks.quality import table

    saved = json.loads((ROOT / "benchmarks" / "results" / "quality.json").read_text("utf-8"))
    assert table(saved["rows"]) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_the_encoder_are_the_saved_ones() -> None:
    from benchmarks.encoder_tables import goals_table, languages_table

    saved = json.loads((ROOT / "benchmarks" / "results" / "encoders.json").read_text("utf-8"))
    card = (ROOT / "dedup" / "encoders" / "bundled" / "MODEL_CARD.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert goals_table(saved) in card
    assert goals_table(saved) in readme
    assert languages_table(saved) in card


def test_the_tables_of_stories_are_the_saved_ones() -> None:
    from benchmarks.story_scale import table
    from benchmarks.story_tables import reliability_table, stories_block

    results = ROOT / "benchmarks" / "results"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    stories, scale, affinity = (
        json.loads((results / f"{name}.json").read_text("utf-8"))
        for name in ("stories", "story_scale", "affinity")
    )
    assert stories_block(stories) in readme
    assert table(scale["rows"]) in readme
    assert reliability_table(affinity["rows"]) in readme


def test_the_tables_of_corpus_size_are_the_saved_ones() -> None:
    from dedup.bench.report import table

    saved = json.loads((ROOT / "benchmarks" / "results" / "corpus_size.json").read_text("utf-8"))
    assert table(saved) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_near_duplicates_are_the_saved_ones() -> None:
    from benchmarks.readme import near_duplicate_tables

    results = ROOT / "benchmarks" / "results"
    saved = json.loads((results / "near_duplicates.json").read_text("utf-8"))
    start_up = json.loads((results / "start_up.json").read_text("utf-8"))
    assert near_duplicate_tables(saved, start_up) in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_run(path: Path, workplace: Path) -> None:
    assert workplace.is_dir()
    names: dict[str, object] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), path.name, "exec"), names)


def test_every_error_is_drawn_in_the_tree() -> None:
    import dedup.errors

    tree = dedup.errors.__doc__ or ""
    for name, value in vars(dedup.errors).items():
        if isinstance(value, type) and issubclass(value, DedupError):
            assert name in tree
