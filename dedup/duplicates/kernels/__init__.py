"""Compiled inner loops of the near-duplicate steps; imported when they are worth compiling."""
