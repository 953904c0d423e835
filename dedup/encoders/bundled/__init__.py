"""The encoder that ships with the package, its weights, their card and their licence."""

from dedup.encoders.bundled.encoder import BundledEncoder

__all__ = ["BundledEncoder"]
