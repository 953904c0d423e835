"""What an index was made with, and must not change while it lives."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dedup.config import Config
from dedup.encoders import Encoder
from dedup.errors import StoreError


def made_with(config: Config, encoder: Encoder) -> dict[str, str]:
    """What must not change while an index lives."""
    return {
        "encoder": encoder.name,
        "encoder_revision": encoder.revision,
        "dimensions": str(encoder.dim),
        "prefix": config.encoder.prefix,
        "config": json.dumps(config.to_mapping(), sort_keys=True),
        "config_digest": config.digest(),
    }


def refuse_other(location: str, stored: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refuse to open an index with another encoder or configuration than it was made with.

    Args:
        location: Where the index is.
        stored: What it was made with, as `made_with` gives it.
        now: What it would be opened with.

    Raises:
        StoreError: They differ; the message says in what.
    """
    for name, value in now.items():
        if name not in ("config", "config_digest") and stored.get(name) != value:
            raise StoreError(
                f"{location}: the index was made with {name} {stored.get(name)!r}, "
                f"not {value!r}: open it with that one, or `dedup rebuild` it"
            )
    if stored.get("config_digest") != now["config_digest"]:
        old, new = json.loads(stored["config"]), json.loads(now["config"])
        for settings in (old, new):
            settings.pop("index", None)
        differing = sorted(
            f"{section}.{name}"
            for section in {*old, *new}
            for name in {*old.get(section, {}), *new.get(section, {})}
            if old.get(section, {}).get(name) != new.get(section, {}).get(name)
        )
        raise StoreError(
            f"{location}: the index was made with other settings ({', '.join(differing)}): "
            "open it without a configuration to use its own, or `dedup rebuild` it"
        )
