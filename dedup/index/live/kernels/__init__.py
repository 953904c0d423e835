"""Compiled inner loops of the live index."""
