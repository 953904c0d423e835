"""Completion on the command line: what the shells ask, and what they are told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirements import require_program

COMMAND = "import sys; from dedup.cli import main; sys.argv[0] = 'dedup'; main()"


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with a `dedup` for shells to call."""
    script = tmp_path / "dedup"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{COMMAND}" "$@"\n')
    script.chmod(0o755)
    return tmp_path


def asked(scripts: Path, **variables: str) -> str:
    path = f"{scripts}:/usr/bin:/bin"
    environment = {"PATH": path, "PYTHONPATH": ":".join(filter(None, sys.path)), **variables}
    return subprocess.run(
        [str(scripts / "dedup")], env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_asks_dedup(scripts: Path, shell: str) -> None:
    made = asked(scripts, _DEDUP_COMPLETE=f"source_{shell}")
    assert f"_DEDUP_COMPLETE=complete_{shell}" in made
    if which := shutil.which(shell):
        subprocess.run([which, "-n"], input=made, text=True, check=True)


def test_zsh_and_fish_are_told_commands_with_what_they_do(scripts: Path) -> None:
    zsh = asked(scripts, _DEDUP_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="dedup cl")
    fish = asked(
        scripts,
        _DEDUP_COMPLETE="complete_fish",
        _TYPER_COMPLETE_ARGS="dedup cl",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert zsh == (
        """_arguments '*: :(("cluster":"Find copies and stories in files of articles."))'\n"""
    )
    assert fish == "cluster\tFind copies and stories in files of articles.\n"


def test_bash_completes_commands_and_options(scripts: Path) -> None:
    bash = shutil.which("bash") or ""
    require_program("bash", "bash", bool(bash))
    ask = f"""
        export PATH={scripts}:$PATH
        source <(env _DEDUP_COMPLETE=source_bash dedup)
        complete -p dedup
        COMP_WORDS=(dedup ch) COMP_CWORD=1; _dedup_completion dedup; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(dedup cluster --min) COMP_CWORD=2
        _dedup_completion dedup; echo "${{COMPREPLY[@]}}"
    """
    printed = subprocess.run(
        [bash, "-c", ask],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path))},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert printed.splitlines() == [
        "complete -o default -F _dedup_completion dedup",
        "changes check",
        "--min-jaccard --min-probability",
    ]
