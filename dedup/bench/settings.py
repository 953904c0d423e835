"""Settings of a run: sizes of corpora, generated or sampled from a user's files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dedup import __version__
from dedup.bench.plan import LANGUAGES
from dedup.config import Config
from dedup.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run.

    Args:
        sizes: Numbers of articles, ascending.
        days: Days of a generated corpus; 0 for `usual_days` of each size.
        languages: Share of each language of a generated corpus.
        seed: Of a generated corpus.
        inputs: Files to take samples of; empty to generate.
        columns: Columns by field, where the usual names do not fit the inputs.
        index_up_to: The largest size that an index is measured with.
        config: File of settings; empty for the defaults.
        encoder: Name of the encoder; empty for that of the settings.
    """

    sizes: tuple[int, ...]
    days: float = 0
    languages: Mapping[str, float] = field(default_factory=lambda: dict(LANGUAGES))
    seed: int = 0
    inputs: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    index_up_to: int = 100_000
    config: str = ""
    encoder: str = ""

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1 or list(self.sizes) != sorted({*self.sizes}):
            raise ConfigError(f"sizes {self.sizes}: give different, growing numbers of articles")

    def fixed(self) -> dict[str, Any]:
        """The settings that all measurements of a folder must share, as JSON values."""
        values = asdict(self)
        for name in ("sizes", "index_up_to"):
            del values[name]
        config = Config.from_toml(Path(self.config)) if self.config else Config()
        plain: dict[str, Any] = json.loads(json.dumps({**values, "config": config.digest()}))
        return {**plain, "version": __version__}


def sizes_from(text: str) -> tuple[int, ...]:
    """Sizes as people write them: `1k,10k,100k,1M`.

    Raises:
        ConfigError: One of them is not a number of articles.

    >>> sizes_from("500, 1k, 2.5M")
    (500, 1000, 2500000)
    """
    return tuple(sorted({_size(part.strip()) for part in text.split(",") if part.strip()}))


def _size(text: str) -> int:
    units = {"k": 1000, "m": 1_000_000}
    unit = units.get(text[-1].lower(), 1)
    try:
        size = float(text[:-1] if unit > 1 else text) * unit
    except ValueError:
        size = 0.0
    if not 1 <= size < 1e10 or size != int(size):
        raise ConfigError(f"{text!r} is not a number of articles: write 500, 10k or 1M")
    return int(size)


def growing_sizes(count: int) -> tuple[int, ...]:
    """Sizes up to that of a corpus, each about three times the previous one."""
    sizes: Sequence[int] = [count // 3**step for step in range(4)]
    return tuple(sorted({size for size in sizes if size >= 100} or {count}))
