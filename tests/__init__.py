"""Tests; `tests/` mirrors `dedup/`."""
