"""Compiled inner loops of the near-duplicate steps, imported for large inputs only."""
