"""Settings and helpers that the tests share."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from dedup import cli

settings.register_profile("dedup", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("dedup")

SEEDS = Path(__file__).parent.parent / "seeds" / "articles.jsonl"


@pytest.fixture(scope="session")
def seeds_path() -> Path:
    """The demonstration corpus."""
    return SEEDS


@pytest.fixture
def prose() -> Callable[[int, int], str]:
    """Makes reproducible nonsense prose: `prose(seed, words)`."""

    def make(seed: int, words: int) -> str:
        generator = random.Random(seed)
        return " ".join(f"w{generator.randrange(50_000)}" for _ in range(words))

    return make


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., SimpleNamespace]:
    """Runs the command in this process: `run("cluster", "x.jsonl").code`."""

    def make(*arguments: object) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["dedup", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return SimpleNamespace(code=stopped.value.code or 0, out=out, err=err)

    return make
