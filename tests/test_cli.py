"""The command as people run it: in a process of its own where it matters, else in this one."""

from __future__ import annotations

import inspect
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.text import Text
from typer.main import get_command

from dedup import cli
from dedup.config import Config
from dedup.result import ARTICLE_COLUMNS, MATCH_COLUMNS, RELATED_COLUMNS, STORY_COLUMNS

COMMANDS: dict[str, Any] = get_command(cli.app).commands  # type: ignore[attr-defined]


@pytest.fixture
def articles(tmp_path: Path, seeds_path: Path) -> Path:
    """The first 40 demonstration articles."""
    path = tmp_path / "articles.jsonl"
    lines = seeds_path.read_text(encoding="utf-8").splitlines()[:40]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_new_user_sees_help_that_names_the_commands(run: Callable[..., SimpleNamespace]) -> None:
    shown = run("--help")
    assert shown.code == 0
    for name in COMMANDS:
        assert f" {name} " in shown.out


def test_help_of_cluster_teaches_by_example(run: Callable[..., SimpleNamespace]) -> None:
    shown = run("cluster", "--help").out
    assert "dedup cluster articles.jsonl" in shown
    for option in ("--output", "--stories", "--report", "--config", "--encoder", "--title-column"):
        assert option in shown


def test_help_keeps_square_brackets(run: Callable[..., SimpleNamespace]) -> None:
    """Rich takes what stands in brackets for markup and leaves it out: "story-dedup[spark]"."""
    for name, command in COMMANDS.items():
        helps = [command.help, *(getattr(param, "help", "") for param in command.params)]
        for text in filter(None, helps):
            bracketed = text.replace("[bold]", "").replace("[/bold]", "").count("[")
            assert Text.from_markup(text).plain.count("[") == bracketed, f"{name}: {text}"
    for name, bracketed in (
        *(("cluster", "story-dedup[spark]"), ("cluster", "local[4]"), ("add", "[index]")),
        *(("serve", "story-dedup[server]"), ("doctor", "story-dedup[plot]")),
        ("calibrate", "[affinity]"),
    ):
        assert bracketed in run(name, "--help").out


def test_lines_of_help_are_not_broken_on_a_terminal() -> None:
    """On 80 columns, with a margin of one on both sides."""
    for name, command in COMMANDS.items():
        for line in inspect.cleandoc(command.help).splitlines():
            assert len(Text.from_markup(line).plain) <= 78, f"{name}: {line}"


ONE_MEANING = {
    "--config": "ettings",
    "--encoder": "ncoder|sentence-transformers",
    "--json": "Print .*JSON",
    "--limit": "Maximum number of",
    "--max-gap": "published further apart|max_gap",
    "--output": "row per article|File for|Folder of|to a file",
    "--since": "since then: 2023-06-03, ",
    # Of what is made, or of what is asked.
    "--title": "Title of the",
    "--verbose": "every problem|findings that are ok",
    "--with": "beside those of --output",
}
"""What the help says of options that mean the same in each command, in words of each."""


def options() -> Iterator[tuple[str, str, Any]]:
    """Name of the command, name of the option and the option, of all commands."""
    for command, made in COMMANDS.items():
        for param in made.params:
            for name in param.opts:
                if name.startswith("--"):
                    yield command, name, param


def test_an_option_of_one_name_is_one_option_in_all_commands() -> None:
    kinds: dict[str, set[str]] = {}
    helps: dict[str, set[str]] = {}
    for _, name, param in options():
        if name == "--help":
            continue
        assert param.help, name
        helps.setdefault(name, set()).add(param.help)
        # FILE, FILE.json and FOLDER are paths; TIME|NUMBER takes a time.
        metavar = re.split(r"[.|]", param.metavar or "flag or choice")[0]
        kinds.setdefault(name, set()).add({"FOLDER": "FILE"}.get(metavar, metavar))
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}
    several = {name: texts for name, texts in helps.items() if len(texts) > 1}
    assert set(several) == set(ONE_MEANING)
    for name, pattern in ONE_MEANING.items():
        assert [text for text in several[name] if not re.search(pattern, text)] == [], name


def test_what_is_meant_by_one_help_has_one_name() -> None:
    names: dict[str, set[str]] = {}
    for _, name, param in options():
        names.setdefault(param.help or "", set()).add(name)
    assert [found for found in names.values() if len(found) > 1] == []


def test_an_option_looks_the_same_in_help_and_in_the_call(
    run: Callable[..., SimpleNamespace],
) -> None:
    for command, name, param in options():
        shown = run(command, "--help").out
        assert name in shown, f"{command} {name}"
        if param.metavar:
            assert param.metavar in shown, f"{command} {name}"


def test_short_names_of_options_stand_for_one_long_name() -> None:
    short: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for param in command.params:
            longs = [name for name in param.opts if name.startswith("--")]
            for name in param.opts:
                if not name.startswith("--") and longs:
                    short.setdefault(name, set()).add(longs[0])
    assert short == {
        "-o": {"--output"},
        "-q": {"--quiet"},
        "-v": {"--verbose"},
        "-f": {"--follow"},
    }


def test_settings_are_written_to_a_file(
    run: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    assert run("config", "-o", path).code == 0
    assert path.read_text(encoding="utf-8") == run("config").out
    assert run("config", "-o", tmp_path / "none" / "own.toml").code == 1


def test_fields_that_no_article_has_are_pointed_at(
    run: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "odd.jsonl"
    rows = [{"title": f"a title of {n} words", "when": "2024-03-05", "paper": "P"} for n in "ab"]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    shown = run("cluster", path).err
    assert "--published-at-column" in shown
    assert "--source-column" in shown
    named = run("cluster", path, "--published-at-column", "when", "--source-column", "paper").err
    assert "note:" not in named


def test_all_outputs_are_written(
    run: Callable[..., SimpleNamespace], articles: Path, tmp_path: Path
) -> None:
    out, stories, ties, matches, report = (
        tmp_path / name for name in ("a.parquet", "s.jsonl", "t.csv", "m.csv", "r.html")
    )
    done = run(
        "cluster",
        articles,
        "-o",
        out,
        "--stories",
        stories,
        "--related",
        ties,
        "--matches",
        matches,
        "--report",
        report,
    )
    assert done.code == 0
    assert tuple(pq.read_table(out).column_names) == ARTICLE_COLUMNS
    assert tuple(json.loads(stories.read_text("utf-8").splitlines()[0])) == STORY_COLUMNS
    assert tuple(ties.read_text("utf-8").splitlines()[0].split(",")) == RELATED_COLUMNS
    assert tuple(matches.read_text("utf-8").splitlines()[0].split(",")) == MATCH_COLUMNS
    assert "</html>" in report.read_text("utf-8")
    assert "40 articles" in done.out


def test_the_same_input_gives_the_same_bytes(
    run: Callable[..., SimpleNamespace],
    articles: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a", "b"):
        run(
            "cluster",
            articles,
            "-q",
            "-o",
            tmp_path / f"{name}.parquet",
            "--report",
            tmp_path / f"{name}.html",
        )
    for ending in ("parquet", "html"):
        first, second = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("a", "b"))
        assert first == second
    assert b"2023-11-14" in (tmp_path / "a.html").read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    done = run("cluster", articles, "--report", tmp_path / "c.html")
    assert done.code == 2
    assert "SOURCE_DATE_EPOCH is 'soon'" in done.err


def test_rows_on_stdout_are_alone_there(
    run: Callable[..., SimpleNamespace], articles: Path
) -> None:
    done = run("cluster", articles, "-o", "-")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert len(rows) == 40
    assert tuple(rows[0]) == ARTICLE_COLUMNS
    assert "40 articles" in done.err


def test_stdin_is_read(
    run: Callable[..., SimpleNamespace], articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(articles.read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert len(run("cluster", "-", "-o", "-").out.splitlines()) == 40


def test_quiet_says_nothing(run: Callable[..., SimpleNamespace], articles: Path) -> None:
    done = run("cluster", articles, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_problems_are_counted_and_listed(
    run: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "One"}\n{broken\n{"id": 3}\n' + "{oops\n" * 4)
    done = run("cluster", path)
    assert done.code == 0
    assert "skipped: broken JSON, 5" in done.err
    assert f"{path}:2" in done.err
    assert "and 2 more" in done.err
    assert f"{path}:7" in run("cluster", path, "--verbose").err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["cluster"], 2, "Missing argument"),
        (["cluster", "a.jsonl", "--nonsense"], 2, "No such option"),
        (["cluster", "a.jsonl", "-o", "a.xlsx"], 2, "names no format"),
        (["cluster", "a.jsonl", "--report", "a.txt"], 2, "the report is a .html file"),
        (["cluster", "a.jsonl", "--min-probability", "2"], 2, "min_probability = 2.0"),
        (["cluster", "a.jsonl", "--max-gap", "soon"], 2, "for --max-gap: 'soon' is not a duration"),
        (["cluster", "a.jsonl", "--with", "title"], 2, "--with needs a FILE in --output"),
        (["cluster", "a.jsonl", "--unique-by", "story"], 2, "needs a FILE in --unique"),
        (["cluster", "a.jsonl", "--format", "csv"], 2, "in --output or --stories or --related"),
        (["cluster", "a.jsonl", "--config", "none.toml"], 2, "none.toml: there is no such file"),
        (["cluster", "a.jsonl", "--config", "none.toml"], 2, "none.toml"),
        (["cluster", "missing.jsonl"], 1, "missing.jsonl"),
        (["cluster", "a.jsonl", "-o", "no/such/folder/a.csv"], 1, "folder does not exist"),
        (["evaluate", "none.csv", "none.jsonl"], 1, "none.csv"),
    ],
)
def test_exit_codes_and_messages(
    run: Callable[..., SimpleNamespace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "One"}\n')
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.code == code
    assert message in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


def test_options_win_over_the_configuration_file(
    run: Callable[..., SimpleNamespace], articles: Path, tmp_path: Path
) -> None:
    path = tmp_path / "dedup.toml"
    path.write_text("[stories]\nmin_probability = 0.7\n")
    rows = run("cluster", articles, "-o", "-", "--config", path, "--min-jaccard", "0.9").out
    expected = Config().replace(
        stories={"min_probability": 0.7}, near_duplicates={"min_jaccard": 0.9}
    )
    assert json.loads(rows.splitlines()[0])["config_digest"] == expected.digest()


def test_columns_can_be_named(run: Callable[..., SimpleNamespace], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nr,kop,inhoud\n7,Title,Some text\n")
    done = run(
        "cluster",
        path,
        "--id-column",
        "nr",
        "--title-column",
        "kop",
        "--text-column",
        "inhoud",
        "-o",
        "-",
    )
    assert json.loads(done.out)["id"] == "7"


def test_evaluate_shows_all_measures(
    run: Callable[..., SimpleNamespace], articles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.csv"
    run("cluster", articles, "-q", "-o", out)
    shown = run("evaluate", out, articles).out
    for name in ("B-cubed", "pairwise", "CEAF-e", "Rand", "mutual", "V-measure", "cross language"):
        assert name in shown
    scores = json.loads(run("evaluate", out, articles, "--level", "duplicate", "--json").out)
    assert scores["pairwise"]["precision"] == 1.0


def test_config_prints_a_file_that_can_be_used(
    run: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "dedup.toml"
    path.write_text(run("config").out, encoding="utf-8")
    assert Config.from_toml(path) == Config()


def test_terminal_control_characters_are_not_printed(
    run: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    text = "Krakatau erupts over Banten and Labuan. " * 4
    rows = [
        {"id": str(i), "title": f"\x1b[31mKrakatau {i}\x07", "text": f"{text}{'more ' * i * 40}"}
        for i in range(2)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert "\x1b" not in run("cluster", path).out


def test_the_installed_command_works_and_imports_little(tmp_path: Path) -> None:
    code = "import sys, dedup, dedup.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    heavy = {
        "numpy",
        "scipy",
        "loky",
        "faiss",
        "pyarrow",
        "numba",
        "torch",
        "jinja2",
        "datasketch",
        "matplotlib",
    }
    assert not heavy & set(done.stdout.split())
    version = subprocess.run(
        [sys.executable, "-m", "dedup", "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("dedup ")


def test_a_story_in_many_languages_stays_on_one_line(
    run: Callable[..., SimpleNamespace], seeds_path: Path
) -> None:
    shown = run("cluster", seeds_path, "--limit", 1).out.splitlines()
    assert shown[1].split("  ")[-2:] == [
        "ar en fa fr +2",
        "Xi and Putin talk for three hours as Belt and…",
    ]
    assert shown[2] == ""
