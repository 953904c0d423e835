"""Compiled inner loops of the story steps; imported when they are worth compiling."""
