"""Duplicate clusters of articles that are added and removed."""
