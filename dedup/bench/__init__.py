"""Costs of batch and index on growing corpora, generated or sampled, and how they grow."""
