"""Duplicate clusters, kept up to date."""
