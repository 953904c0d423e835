"""Values of a TOML file -> dataclasses of `dedup.config`, with errors that help."""

from __future__ import annotations

import difflib
import re
import typing
from datetime import timedelta
from typing import Any

from dedup.errors import ConfigError

_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> timedelta:
    """A duration written as a whole number and a unit: `36h`, `7d`, `2w`, `90m`, `30s`.

    Raises:
        ConfigError: The text is not such a duration.

    >>> parse_duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    match = re.fullmatch(r"\s*(\d{1,9})\s*([smhdw])\s*", text)
    if match is None:
        raise ConfigError(
            f"{text!r} is not a duration: write a number and s, m, h, d or w, as in 7d"
        )
    return timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})


RENAMED = {
    "storylines": "related_stories",
    "remove_furniture": "remove_boilerplate",
    "repeated_line_pages": "min_repeated_pages",
    "repeated_line_share": "min_repeated_share",
    "per_language": "neighbors_per_language",
    "min_shared_bits": "min_shared_idf_bits",
    "exact_texts": "max_exact_texts",
    "floor_probability": "min_link_probability",
    "max_component": "max_component_texts",
    "min_component_density": "min_link_density",
    "round_up_links": "roundup_min_links",
    "round_up_cohesion": "roundup_max_clustering",
    "max_ties": "max_related",
    "keep": "memory_window",
}
"""Former names of sections and settings, with the names that replaced them."""
DROPPED = {
    "medoid_probability": "max_odds_ratio does its work",
    "min_medoid_probability": "max_odds_ratio does its work",
}
"""Former settings that nothing replaced, and why."""


def with_new_names(values: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Nested settings in which former names are replaced, as of an index made before."""
    return {
        RENAMED.get(section, section): {
            RENAMED.get(name, name): value
            for name, value in settings.items()
            if name not in DROPPED
        }
        for section, settings in values.items()
    }


def refuse_unknown(names: dict[str, Any], known: dict[str, Any], what: str) -> None:
    """Refuse an unknown name.

    Raises:
        ConfigError: A name is unknown; the message has its new name, or the closest known one.
    """
    for name in names:
        if name not in known:
            if RENAMED.get(name) in known:
                raise ConfigError(f"{name!r} is not a {what} any more: write {RENAMED[name]!r}")
            if name in DROPPED:
                raise ConfigError(f"{name!r} is not a {what} any more: {DROPPED[name]}")
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ConfigError(f"{name!r} is not a {what}: {hint}")


def section_from(kind: type, section: str, values: dict[str, Any]) -> Any:  # noqa: ANN401
    """A section of the configuration from its values; durations can be given as text."""
    hints = typing.get_type_hints(kind)
    refuse_unknown(values, hints, f"setting of [{section}]")
    return kind(**{name: _coerce(name, value, hints[name]) for name, value in values.items()})


def _coerce(name: str, value: Any, hint: Any) -> Any:  # noqa: ANN401
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ConfigError(f"{name} = {value!r}: must be a list of texts")
        return tuple(value)
    kinds = [kind for kind in (typing.get_args(hint) or (hint,)) if kind is not type(None)]
    if timedelta in kinds and isinstance(value, str):
        return parse_duration(value)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) not in kinds:
        names = " or ".join(
            "a duration such as 7d" if k is timedelta else k.__name__ for k in kinds
        )
        raise ConfigError(f"{name} = {value!r}: must be {names}")
    return value


def require(holds: bool, name: str, value: object, rule: str) -> None:
    """Raise `ConfigError` for a value that breaks a rule."""
    if not holds:
        raise ConfigError(f"{name} = {value!r}: must be {rule}")


def require_at_least(config: object, **limits: float) -> None:
    """Raise `ConfigError` for a setting below its limit; None is allowed."""
    for name, limit in limits.items():
        value = getattr(config, name)
        require(value is None or value >= limit, name, value, f">= {limit}")


def require_share(config: object, *names: str) -> None:
    """Raise `ConfigError` for a setting that is no share above 0."""
    for name in names:
        value = getattr(config, name)
        require(0.0 < value <= 1.0, name, value, "above 0 and at most 1")
