"""Curves of the affinity for any encoder, fitted to labelled or to sure pairs."""

from dedup.calibration.calibrate import Calibration, calibrate

__all__ = ["Calibration", "calibrate"]
