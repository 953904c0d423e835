"""What it costs: a corpus is generated or sampled, the work on it measured, its growth fitted."""
