"""`dedup doctor` as people run it, and its picture."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import dedup
from dedup import cli
from dedup.doctor.panels import MARKS
from dedup.errors import MissingExtraError, OutputError
from dedup.output.figures import INK
from dedup.output.tables import write_table
from dedup.result import ARTICLE_COLUMNS
from tests.requirements import require
from tests.test_doctor import alone, day, row, told


def saved(path: Path, rows: list[dict[str, object]]) -> Path:
    write_table(
        [{"jaccard": 1.0, "copy_type": "original"} | each for each in rows], ARTICLE_COLUMNS, path
    )
    return path


def sick() -> list[dict[str, object]]:
    """A chain, a weak text, a hole, an undated article and a copy in two languages."""
    return [
        *told("chain", [float(n) for n in range(30)]),
        *told("torn", [0, 20], language="ar"),
        row("weak", "chain", probability=0.1, language="ar"),
        row("copy", "torn", representative="torn-0", published_at=day(1)),
        *alone(5),
    ]


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return saved(tmp_path / "result.parquet", sick())


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles.csv"
    names = [f"{each['id']},Rates of \x1b[31mday {n},,bank" for n, each in enumerate(sick())]
    path.write_text("\n".join(["nr,title,text,source", *names]))
    return path


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_every_format_of_a_result_gives_the_same_check_up(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path / f"result.{ending}", sick())
    assert dedup.examine_file(path) == dedup.examine(sick())


def test_problems_are_explained_and_the_exit_code_is_0(result: Path) -> None:
    done = CliRunner().invoke(cli.app, ["doctor", str(result)])
    assert done.exit_code == 0
    shown = " ".join(done.stdout.split())
    assert "problem chains: 1 story is a chain in time and 1 has a hole" in shown
    assert "-> Lower max_gap or raise min_probability." in shown
    assert "unknown series" in shown
    assert "ok copies" in shown
    assert "raise min_jaccard" not in shown


def test_verbose_explains_what_is_in_order_too(result: Path) -> None:
    done = CliRunner().invoke(cli.app, ["doctor", str(result), "-v"])
    assert "raise min_jaccard" in done.stdout
    assert "in several languages" in done.stdout


def test_articles_bring_titles_and_sources(result: Path, articles: Path) -> None:
    done = CliRunner().invoke(
        cli.app, ["doctor", str(result), "--articles", str(articles), "--id-column", "nr"]
    )
    assert "Rates of" in done.stdout
    assert "\x1b" not in done.stdout
    assert "from bank, one every 24 hours, with similar titles" in " ".join(done.stdout.split())


def test_json_has_the_findings(result: Path) -> None:
    done = CliRunner().invoke(cli.app, ["doctor", str(result), "--json", "--max-gap", "30d"])
    found = json.loads(done.stdout)
    assert found == json.loads(json.dumps(dedup.examine_file(result).to_dict())) | {
        "max_gap": "720h",
        "findings": found["findings"],
    }
    assert {each["name"]: each["level"] for each in found["findings"]}["chains"] == "ok"


def test_help_teaches_by_example() -> None:
    shown = CliRunner().invoke(cli.app, ["doctor", "--help"]).stdout
    for word in ("dedup doctor clusters.parquet", "--articles", "--plot", "--json", "exit code"):
        assert word in " ".join(shown.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no articles"),
        ("id,story_group\n", "has no articles"),
        ("id,story_group\na,s\n", "has no column 'duplicate_cluster', 'representative'"),
        ("id,story_group\na\n", "cannot be read"),
    ],
)
def test_a_file_that_is_no_result_is_refused(
    run: Callable[..., SimpleNamespace], tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    done = run("doctor", path)
    assert done.code == 1
    assert str(path) in done.err
    assert message in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.parquet"], 1, "none.parquet"),
        (["{result}", "--articles", "none.jsonl"], 1, "none.jsonl"),
        (["{result}", "--articles", "other.csv"], 1, "none of the given articles"),
        (["{result}", "--max-gap", "soon"], 2, "'soon' is not a duration"),
        (["{result}", "--max-gap", "0d"], 2, "must be above 0"),
        (["{result}", "--plot", "a.pdf"], 2, "ends in .svg or .png"),
        (["{result}", "--plot", "no/such/a.svg"], 1, "folder does not exist"),
    ],
)
def test_exit_codes_and_messages(
    run: Callable[..., SimpleNamespace],
    result: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(result.parent)
    Path("other.csv").write_text("id,title\nx,Title\n")
    done = run("doctor", *(each.format(result=result) for each in arguments))
    assert done.code == code
    assert message in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


def test_a_missing_library_is_named_with_its_extra(
    result: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'story-dedup[plot]'")):
        dedup.plot_checkup(dedup.examine_file(result), tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()


def test_a_picture_has_a_known_ending(result: Path) -> None:
    with pytest.raises(OutputError, match=r"\.svg or \.png"):
        dedup.plot_checkup(dedup.examine_file(result), "a.pdf")


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_same_check_up_gives_the_same_bytes(result: Path, tmp_path: Path, ending: str) -> None:
    require("matplotlib")
    drawn = []
    for name in "ab":
        path = tmp_path / f"{name}.{ending}"
        dedup.plot_checkup(dedup.examine_file(result), path)
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) > 10_000


def test_the_command_draws(
    run: Callable[..., SimpleNamespace], result: Path, tmp_path: Path
) -> None:
    require("matplotlib")
    done = run("doctor", result, "--plot", tmp_path / "a.svg", "--json")
    assert done.code == 0
    assert json.loads(done.out)
    assert "wrote" in done.err
    assert (tmp_path / "a.svg").read_text("utf-8").startswith("<?xml")


def test_the_settings_of_the_user_do_not_change_the_picture(result: Path, tmp_path: Path) -> None:
    mpl = require("matplotlib")
    found = dedup.examine_file(result)
    dedup.plot_checkup(found, tmp_path / "a.svg")
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30, "text.usetex": True}):
        dedup.plot_checkup(found, tmp_path / "b.svg")
        assert mpl.rcParams["axes.facecolor"] == "red"
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_picture_as_svg_has_no_ground_of_its_own(result: Path, tmp_path: Path) -> None:
    require("matplotlib")
    dedup.plot_checkup(dedup.examine_file(result), tmp_path / "a.svg")
    colours = set(re.findall(r"#[0-9a-f]{6}", (tmp_path / "a.svg").read_text("utf-8")))
    assert INK in colours
    assert not {"#ffffff", "#000000"} & colours


@pytest.mark.parametrize("colour", [INK, *(mark[0] for mark in MARKS.values())])
def test_colours_stand_out_on_white_and_on_black(colour: str) -> None:
    """WCAG 2.1, 1.4.11: graphics in a contrast of 3 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    least = 4 if colour == INK else 3
    assert 1.05 / (luminance + 0.05) >= least
    assert (luminance + 0.05) / 0.05 >= least


@pytest.mark.parametrize(
    "rows",
    [
        [row("a")],
        [row("a", "s"), row("b", "s")],
        [row("a", "s", language="\u9f8d$"), row("b", "s", language="en")],
        [row("a", "s", published_at=day(0)), row("b", "s", published_at=day(9000))],
    ],
    ids=["one article", "no dates", "a strange language", "many years"],
)
def test_every_check_up_can_be_drawn(rows: list[dict[str, object]], tmp_path: Path) -> None:
    require("matplotlib")
    dedup.plot_checkup(dedup.examine(rows), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000
