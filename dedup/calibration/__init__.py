"""Curves of the affinity for any encoder, fitted to labelled pairs or to pairs that are sure."""

from dedup.calibration.calibrate import Calibration, calibrate

__all__ = ["Calibration", "calibrate"]
