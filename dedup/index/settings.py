"""What an index was made with, and must not change while it lives."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

import xxhash

from dedup.config import Config
from dedup.encoders import Encoder, load_encoder
from dedup.errors import StoreError
from dedup.settings import with_new_names
from dedup.store import Store
from dedup.stories.affinity import AffinityModel
from dedup.stories.chance import NAMES_BY_CHANCE
from dedup.stories.serialization import VERSION
from dedup.text.shingles import FORMAT_VERSION

_MADE = (
    "encoder", "encoder_revision", "dimensions", "prefix", "affinity", "tables", "formats",
    "config_digest",
)  # fmt: skip


def made_with(config: Config, encoder: Encoder, model: AffinityModel) -> dict[str, str]:
    """All that decides what an index holds, as it is stored with it."""
    return {
        "encoder": encoder.name,
        "encoder_revision": encoder.revision,
        "dimensions": str(encoder.dim),
        "prefix": config.encoder.prefix,
        "affinity": xxhash.xxh3_64_hexdigest(model.to_json("").encode()),
        "tables": _tables(),
        "formats": f"shingles {FORMAT_VERSION}, profiles {VERSION}",
        "config": json.dumps(config.to_mapping(), sort_keys=True),
        "config_digest": config.digest(),
    }


def digest_of_made(meta: Mapping[str, str]) -> str:
    """Digest of what `made_with` noted in the settings of a store, but for the window.

    Columns of another one are not those of this index.
    """
    made = [meta.get(name) for name in _MADE]
    return xxhash.xxh3_64_hexdigest(json.dumps(made).encode())


@cache
def _tables() -> str:
    """Digest of the tables that come with the package and that every text is read with."""
    files = resources.files("dedup.weights")
    digest = xxhash.xxh3_64()
    for name in ("characters.npz", "names.npz", NAMES_BY_CHANCE, "term_weights.npz"):
        digest.update(files.joinpath(name).read_bytes())
    return digest.hexdigest()


def agreed(
    store: Store,
    location: str,
    config: Config | None,
    encoder: Encoder | None,
    affinity: AffinityModel | None,
    *,
    read_only: bool,
    rebuild: bool,
) -> tuple[Config, Encoder, AffinityModel]:
    """Settings, encoder and curves to open an index with; a new index is made with them.

    Args:
        store: That of the index.
        location: Where the index is, for messages.
        config: Settings to open it with; None: those it was made with.
        encoder: None: the one that the settings name.
        affinity: None: the one that the settings name.
        read_only: Whether nothing may be written.
        rebuild: Whether others than it was made with are welcome.

    Raises:
        StoreError: The index was made with others, or is empty and cannot be written.
    """
    stored = store.meta()
    old = _stored_config(stored)
    config = config or old
    if config.index.memory_window is None:
        config = config.replace(index={"memory_window": old.index.memory_window})
    if not config.output.headline_languages:
        config = dataclasses.replace(config, output=old.output)
    encoder = encoder or load_encoder(config.encoder)
    model = affinity or AffinityModel.load(config.affinity.weights, encoder.name)
    settings = made_with(config, encoder, model)
    if not stored and read_only:
        raise StoreError(f"{location}: the index is empty: there is nothing to read")
    if stored and not rebuild:
        _refuse_other(location, stored, settings)
    differs = any(stored.get(name) != value for name, value in settings.items())
    if not read_only and not (stored and rebuild) and differs:
        store.set_meta(settings if stored else {**settings, "generation": "0"})
    return config, encoder, model


def _stored_config(stored: Mapping[str, str]) -> Config:
    """The settings that an index was made with, also under names of before the first release."""
    return Config.from_mapping(with_new_names(json.loads(stored.get("config", "{}"))))


def _refuse_other(location: str, stored: Mapping[str, str], now: Mapping[str, str]) -> None:
    for name, value in now.items():
        # An index of before may not say what it was made with.
        if name not in ("config", "config_digest") and stored.get(name, value) != value:
            raise StoreError(
                f"{location}: the index was made with {name} {stored.get(name)!r}, "
                f"not {value!r}: open it with that one, or `dedup rebuild` it"
            )
    config = _stored_config(stored)
    if config.digest() != now["config_digest"]:
        old = json.loads(json.dumps(config.to_mapping()))
        new = json.loads(now["config"])
        differing = sorted(
            f"{section}.{name}"
            for section in {*old, *new} - {"index", "output"}
            for name in {*old.get(section, {}), *new.get(section, {})}
            if old.get(section, {}).get(name) != new.get(section, {}).get(name)
        )
        raise StoreError(
            f"{location}: the index was made with other settings ({', '.join(differing)}): "
            "open it without a configuration to use its own, or `dedup rebuild` it"
        )
