"""Training of the bundled encoder: `python -m benchmarks.encoder_training`."""
