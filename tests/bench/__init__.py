"""Figures, as ratios of things measured in one run on one machine."""
